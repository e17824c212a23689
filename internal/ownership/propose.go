package ownership

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"portico/internal/catalog/index"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
	"portico/internal/pg"
)

// Queue is the River queue of this package's jobs.
const Queue = "ownership"

// ProposeArgs asks for what changed to be looked at: who is to be asked whether something is theirs.
type ProposeArgs struct{}

// Kind names the job.
func (ProposeArgs) Kind() string { return "ownership_propose" }

// InsertOpts puts the job into a queue of its own.
func (ProposeArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: Queue, MaxAttempts: 1}
}

// ProposeEvery is the time between two looks.
const ProposeEvery = 5 * time.Second

// ProposeWorker runs ProposeArgs.
type ProposeWorker struct {
	river.WorkerDefaults[ProposeArgs]
	Proposer *Proposer
}

// Timeout bounds one look.
func (w *ProposeWorker) Timeout(*river.Job[ProposeArgs]) time.Duration { return 5 * time.Minute }

// Work proposes.
func (w *ProposeWorker) Work(ctx context.Context, _ *river.Job[ProposeArgs]) error {
	return w.Proposer.Run(ctx)
}

// Proposer makes claims of evidence, and takes them back when their reason is gone. Running it twice is as good as once.
type Proposer struct {
	DB    *pg.Pool
	Index *index.Index
	Now   func() time.Time // nil: time.Now
}

func (p *Proposer) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

const (
	batch      = 500       // entities that are judged in one transaction
	mostRun    = 200       // batches in one run; the next goes on
	wholeEvery = time.Hour // teams' permissions at hosts change without the catalog changing
)

// Run looks at what changed since the last time, at everything once an hour and when an owner got another name, and asks again what was confirmed too long ago.
// One replica does it at a time; another returns at once.
func (p *Proposer) Run(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "ownership: propose")
	for range mostRun {
		more, err := p.follow(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if err := p.whole(ctx); err != nil {
		return err
	}
	return p.again(ctx)
}

// follow judges the next entities that changed, and those that hang on them, and reports whether there may be more.
func (p *Proposer) follow(ctx context.Context) (more bool, err error) {
	snap := p.Index.Snapshot()
	err = pg.Transact(ctx, p.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		more = false
		done, mine, err := turn(ctx, tx)
		if err != nil || !mine {
			return err
		}
		if done.revision > snap.Revision() { // the database was restored: begin anew
			done.revision = 0
		}
		type change struct {
			Ref      string
			Revision int64
		}
		changes, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[change], `
			SELECT ref, revision FROM catalog_entities
			WHERE revision > $1 AND revision <= $2
			ORDER BY revision
			LIMIT $3`, done.revision, snap.Revision(), batch)
		if err != nil || len(changes) == 0 {
			return err
		}
		// Entities of one revision are judged together: the next look begins after it.
		more = len(changes) == batch
		upTo := changes[len(changes)-1].Revision
		if more {
			rest, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[change], `
				SELECT ref, revision FROM catalog_entities WHERE revision = $1 LIMIT $2`, upTo, maxWaiting)
			if err != nil {
				return err
			}
			changes = append(changes, rest...)
		} else {
			upTo = snap.Revision()
		}
		refs := map[string]bool{}
		var owners []string
		for _, c := range changes {
			if Ownable(c.Ref) {
				refs[c.Ref] = true
			} else if !strings.HasPrefix(c.Ref, "location:") {
				owners = append(owners, c.Ref)
			}
		}
		if err := hanging(ctx, tx, snap, owners, refs); err != nil {
			return err
		}
		if err := p.judgeAll(ctx, tx, snap, slices.Sorted(maps.Keys(refs))); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE ownership_state SET revision = $1`, upTo)
		return err
	})
	return more, err
}

// hanging adds what is to be judged anew because an owner came, changed or went.
func hanging(ctx context.Context, tx pgx.Tx, snap *index.Snapshot, owners []string, refs map[string]bool) error {
	if len(owners) == 0 {
		return nil
	}
	asked, err := pg.Collect(ctx, tx, pgx.RowTo[string], `
		SELECT DISTINCT ref FROM ownership_claims
		WHERE state = 'open' AND (owner_ref = ANY(`+calledSo("$1::text[]")+`) OR asked_ref = ANY(`+calledSo("$1::text[]")+`))
		LIMIT $2`, owners, maxWaiting)
	if err != nil {
		return err
	}
	for _, ref := range asked {
		refs[ref] = true
	}
	for _, owner := range owners {
		doc := snap.ByRef(owner, nil)
		if doc == nil {
			continue
		}
		for _, r := range doc.Relations() {
			if r.Type == "ownerOf" && len(refs) < maxWaiting {
				refs[r.TargetRef] = true
			}
		}
	}
	return nil
}

// progress is how far proposals have followed.
type progress struct {
	revision int64
	wholeAt  *time.Time
	renamed  bool // the old names of owners are others than they were then
}

// aliasesNow is the expression of SQL for all old names of owners, as long as they change nothing.
const aliasesNow = `(SELECT coalesce(md5(string_agg(old_ref || ' ' || new_ref, ',' ORDER BY old_ref)), '') FROM owner_aliases)`

// turn takes the one turn that there is; mine is false where another has it.
func turn(ctx context.Context, tx pgx.Tx) (done progress, mine bool, err error) {
	rows, err := pg.Collect(ctx, tx, func(row pgx.CollectableRow) (d progress, err error) {
		err = row.Scan(&d.revision, &d.wholeAt, &d.renamed)
		return d, err
	}, `SELECT revision, whole_at, aliases <> `+aliasesNow+` FROM ownership_state FOR UPDATE SKIP LOCKED`)
	if err != nil || len(rows) == 0 {
		return done, false, err
	}
	return rows[0], true, nil
}

// whole judges, where that is due, all that nobody owns for sure, a batch a transaction.
func (p *Proposer) whole(ctx context.Context) error {
	now := p.now()
	due := false
	err := pg.Transact(ctx, p.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		done, mine, err := turn(ctx, tx)
		due = err == nil && mine && (done.wholeAt == nil || now.Sub(*done.wholeAt) >= wholeEvery || done.renamed)
		if !due {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE ownership_state SET whole_at = $1, aliases = `+aliasesNow, now)
		return err
	})
	if err != nil || !due {
		return err
	}
	snap := p.Index.Snapshot()
	last, err := decisions(ctx, p.DB, nil)
	if err != nil {
		return err
	}
	t, err := tableOf(snap, last, now, nil)
	if err != nil {
		return err
	}
	unsure := map[string]bool{}
	for s := range t.All() {
		if s.State == None || s.State == Inferred {
			unsure[s.Ref] = true
		}
	}
	waiting, err := open(ctx, p.DB, nil)
	if err != nil {
		return err
	}
	for _, w := range waiting {
		unsure[w.Ref] = true
	}
	for refs := range slices.Chunk(slices.Sorted(maps.Keys(unsure)), batch) {
		if err := pg.Transact(ctx, p.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
			if _, mine, err := turn(ctx, tx); err != nil || !mine {
				return err
			}
			return p.judgeAll(ctx, tx, snap, refs)
		}); err != nil {
			return err
		}
	}
	return nil
}

// again asks anew what was confirmed too long ago by who still owns it.
func (p *Proposer) again(ctx context.Context) error {
	snap, now := p.Index.Snapshot(), p.now()
	return pg.Transact(ctx, p.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if _, mine, err := turn(ctx, tx); err != nil || !mine {
			return err
		}
		over, err := pg.Collect(ctx, tx, scanClaim, `
			SELECT `+claimColumns+`
			FROM ownership_claims AS c
			WHERE state = 'confirmed' AND verify_until <= $1
			  AND NOT EXISTS (
				SELECT FROM ownership_claims AS later
				WHERE later.ref = c.ref AND `+standsFor("later.owner_ref")+` = `+standsFor("c.owner_ref")+` AND later.id <> c.id
				  AND (later.state = 'open' OR later.state <> 'withdrawn' AND later.decided_at > c.decided_at)
			  )
			ORDER BY verify_until
			LIMIT $2`, now, batch)
		if err != nil {
			return err
		}
		for _, c := range over {
			doc := snap.ByRef(c.Ref, nil)
			if doc == nil || ownerOf(doc) != c.Owner || snap.ByRef(c.Owner, nil) == nil {
				continue
			}
			says := "last confirmed by " + c.DecidedBy
			if c.DecidedAt != nil {
				says += " on " + c.DecidedAt.UTC().Format("2 January 2006")
			}
			one := Claim{Ref: c.Ref, Owner: c.Owner, Asked: c.Owner, Reason: Verify, State: "open", ProposedBy: proposer,
				Evidence: []layer.Evidence{{Field: "spec.owner", Value: c.Owner, Says: says, Sure: layer.Stated}}}
			one.setsOwner = c.setsOwner
			if err := insert(ctx, tx, &one); err != nil {
				return err
			}
		}
		return nil
	})
}

// judgeAll brings the claims of entities in line with what is known of them.
func (p *Proposer) judgeAll(ctx context.Context, tx pgx.Tx, snap *index.Snapshot, refs []string) error {
	for refs := range slices.Chunk(refs, batch) {
		open, err := lockOpen(ctx, tx, refs)
		if err != nil {
			return err
		}
		last, err := decisions(ctx, tx, refs)
		if err != nil {
			return err
		}
		standings := make([]*Standing, len(refs))
		places := make([]placed, len(refs))
		var unsure, names []string
		for i, ref := range refs {
			doc := snap.ByRef(ref, nil)
			if doc == nil || !Ownable(ref) {
				continue
			}
			s := Of(snap, doc, last[ref], p.now())
			standings[i] = &s
			if s.State == None || s.State == Inferred {
				places[i] = placeOf(doc)
				unsure = append(unsure, ref)
				if places[i].name != "" {
					names = append(names, places[i].name)
				}
			}
		}
		said, err := inferredEvidence(ctx, tx, unsure)
		if err != nil {
			return err
		}
		repos, err := writersOf(ctx, tx, names)
		if err != nil {
			return err
		}
		known, err := aliasesIn(ctx, tx)
		if err != nil {
			return err
		}
		for i, ref := range refs {
			if err := p.judge(ctx, tx, snap, ref, judged{
				standing: standings[i], open: open[ref], last: last[ref], said: said[ref], at: places[i], repos: repos[places[i].name], aliases: known,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// judged is what is known of one entity.
type judged struct {
	standing *Standing // nil: it is not in the catalog
	open     []Claim
	last     []decided
	said     []layer.Evidence
	at       placed
	repos    []writers
	aliases  aliases
}

func (p *Proposer) judge(ctx context.Context, tx pgx.Tx, snap *index.Snapshot, ref string, k judged) error {
	var list []candidate
	if s := k.standing; s != nil && (s.State == None || s.State == Inferred) {
		list = candidates(snap, s, k.said, k.at, k.repos, k.aliases)
	}
	waits := false // somebody is being asked already
	for i := range k.open {
		c := &k.open[i]
		why := overdue(snap, c, k.standing, list)
		if why == "" && slices.ContainsFunc(k.open[:i], func(o Claim) bool { return o.State == "open" && o.Owner == c.Owner }) {
			why = c.Owner + " is asked already, under the name that it had before"
		}
		if why != "" {
			if err := withdraw(ctx, tx, c, why, p.now()); err != nil {
				return err
			}
			continue
		}
		waits = waits || c.Reason != Claimed
		if at := slices.IndexFunc(list, func(one candidate) bool { return one.owner == c.Owner }); c.Reason == Proposed && at >= 0 && c.digest != digestOf(list[at].evidence) {
			if err := renew(ctx, tx, c, list[at].evidence); err != nil {
				return err
			}
		}
	}
	if waits {
		return nil
	}
	for _, one := range list {
		digest := digestOf(one.evidence)
		if slices.ContainsFunc(k.last, func(d decided) bool { return d.owner == one.owner && d.rejected && d.digest == digest }) {
			continue
		}
		return insert(ctx, tx, &Claim{
			Ref: ref, Owner: one.owner, Asked: one.owner, Reason: Proposed, State: "open",
			Evidence: one.evidence, digest: digest, ProposedBy: proposer,
		})
	}
	return nil
}

// overdue says why nobody needs to answer an open claim any more; "" where somebody does.
func overdue(snap *index.Snapshot, c *Claim, s *Standing, list []candidate) string {
	switch {
	case s == nil:
		return c.Ref + " is no longer in the catalog"
	case snap.ByRef(c.Owner, nil) == nil:
		return c.Owner + " is no longer in the catalog"
	case snap.ByRef(c.Asked, nil) == nil:
		return c.Asked + ", who was asked, is no longer in the catalog"
	}
	sure := s.State == Declared || s.State == Verified
	switch c.Reason {
	case Proposed, Passed:
		if sure {
			return fmt.Sprintf("%s is %s as its owner", s.Owner, s.State)
		}
		if c.Reason == Proposed && !slices.ContainsFunc(list, func(one candidate) bool { return one.owner == c.Owner }) {
			return "what spoke for it is gone"
		}
	case Claimed:
		if s.Owner == c.Owner && sure {
			return fmt.Sprintf("%s is %s as its owner", s.Owner, s.State)
		}
	case Verify:
		if s.Owner != c.Owner {
			return "it has another owner now"
		}
	}
	return ""
}

// renew gives an open claim the evidence that there is now.
func renew(ctx context.Context, tx pgx.Tx, c *Claim, evidence []layer.Evidence) error {
	raw, err := marshalEvidence(evidence)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE ownership_claims SET evidence = $2, digest = $3 WHERE id = $1`, c.ID, raw, digestOf(evidence))
	return err
}
