package ownership

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// Overlays sets fields of entities in the portal: catalog.Store.
type Overlays interface {
	// SetOverlayTx lays fields over what was inferred of an entity, and returns the revision at which the catalog shows it. A
	// field that is null is taken away again. The author is recorded by the caller.
	SetOverlayTx(ctx context.Context, tx pgx.Tx, ref string, set map[string]json.RawMessage, by audit.Author) (revision int64, err error)
}

// ownerField is the field that a confirmation sets.
const ownerField = "spec.owner"

// Guard says what whoever makes a request may see and decide, entity by entity.
type Guard interface {
	// Seen is what they may see: nil is everything.
	Seen(ctx context.Context) *index.Restriction
	// May returns nil, or an errs.Forbidden with the reason, for an entity as it would be if the owner owned it.
	May(ctx context.Context, p httpx.Permission, doc *index.Doc, owner string) error
	// Mine are the refs that whoever asks answers for: their own, their teams' and those of the teams above.
	Mine(ctx context.Context) []string
}

// Desk is where claims are made and decided.
type Desk struct {
	DB       *pg.Pool
	Index    *index.Index
	Book     *Book
	Proposer *Proposer
	Overlays Overlays
	Guard    Guard
	// VerifyEvery is how long a confirmation holds.
	VerifyEvery time.Duration
	Now         func() time.Time // nil: time.Now
}

func (d *Desk) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

// What one can say to a claim.
const (
	confirm = "confirm"
	pass    = "pass"
	reject  = "reject"
)

// Decision is what somebody says to a claim.
type Decision struct {
	What string // confirm, pass or reject
	To   string // whose it is instead, of pass
	Note string
}

// Outcome is what came of a decision or a claim.
type Outcome struct {
	Claim Claim `json:"claim"`
	// Next is the claim that is open instead: of whom it was passed to, or of the next who may own it.
	Next *Claim `json:"next,omitempty"`
	// StillDeclared is the owner that the entity's file declares, where that is another than the one confirmed: a file wins.
	StillDeclared string `json:"stillDeclared,omitempty"`

	revision int64 // of the catalog; 0 where it did not change
}

func noClaim(id int64) error { return errs.New(errs.NotFound, "there is no claim %d", id) }

// Decide answers a claim, in the name of who is asked. Errors: errs.NotFound also where its entity is not to be seen,
// errs.Forbidden, errs.Conflict where it was answered already.
func (d *Desk) Decide(ctx context.Context, id int64, dec Decision, by audit.Author) (out *Outcome, err error) {
	defer errs.Wrap(&err, "ownership: decide claim %d", id)
	snap, seen := d.Index.Snapshot(), d.Guard.Seen(ctx)
	err = pg.Transact(ctx, d.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		out = &Outcome{}
		ref, err := refOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := lockRef(ctx, tx, ref); err != nil {
			return err
		}
		open, err := lockOpen(ctx, tx, []string{ref})
		if err != nil {
			return err
		}
		doc := snap.ByRef(ref, seen)
		if doc == nil {
			return noClaim(id)
		}
		at := slices.IndexFunc(open[ref], func(c Claim) bool { return c.ID == id })
		if at < 0 {
			return d.decidedAlready(ctx, tx, doc, id)
		}
		c := &open[ref][at]
		if err := d.Guard.May(ctx, claimDecide, doc, c.Asked); err != nil {
			return err
		}
		now := d.now()
		c.DecidedBy, c.DecidedAt, c.Note = by.Name, &now, dec.Note
		others := slices.Delete(slices.Clone(open[ref]), at, at+1)
		switch dec.What {
		case confirm:
			err = d.confirm(ctx, tx, snap, doc, c, others, by, out)
		case pass:
			err = d.pass(ctx, tx, snap, seen, c, dec.To, by, out)
		case reject:
			err = d.reject(ctx, tx, snap, doc, c, by, out)
		default:
			err = errs.New(errs.Invalid, `decision must be "confirm", "pass" or "reject", not %q`, cut(dec.What, 100))
		}
		if err != nil {
			return err
		}
		out.Claim = *c
		if err := tell(ctx, tx, ref); err != nil {
			return err
		}
		return by.Record(ctx, tx, ref, recorded(dec.What, c, out))
	})
	return out, d.shown(ctx, out, err)
}

// recorded is what the audit log says of a decision.
func recorded(what string, c *Claim, out *Outcome) map[string]any {
	more := map[string]any{"claim": c.ID, "decision": what, "owner": c.Owner, "asked": c.Asked, "reason": c.Reason}
	if c.Note != "" {
		more["note"] = c.Note
	}
	if c.PassedTo != "" {
		more["to"] = c.PassedTo
	}
	if out.revision != 0 {
		more["revision"] = out.revision
	}
	return more
}

// shown has this replica know what was decided before whoever decided it is told.
func (d *Desk) shown(ctx context.Context, out *Outcome, err error) error {
	if err != nil {
		return err
	}
	return d.Book.Load(ctx, []string{out.Claim.Ref})
}

func refOf(ctx context.Context, db pg.DB, id int64) (ref string, err error) {
	err = pg.Err(db.QueryRow(ctx, `SELECT ref FROM ownership_claims WHERE id = $1`, id).Scan(&ref))
	if errs.Is(err, errs.NotFound) {
		return "", noClaim(id)
	}
	return ref, err
}

// decidedAlready says what became of a claim that is not open, to those who might have decided it.
func (d *Desk) decidedAlready(ctx context.Context, tx pgx.Tx, doc *index.Doc, id int64) error {
	list, err := byID(ctx, tx, []int64{id})
	if err != nil || len(list) == 0 {
		return noClaim(id)
	}
	c := list[0]
	if err := d.Guard.May(ctx, claimDecide, doc, c.Asked); err != nil {
		return err
	}
	what := map[string]string{"confirmed": "confirmed", "passed": "passed on", "rejected": "rejected", "withdrawn": "taken back"}[c.State]
	say := fmt.Sprintf("claim %d was %s already", id, what)
	if c.State != "withdrawn" {
		say += " by " + c.DecidedBy
	} else if c.Note != "" {
		say += ": " + c.Note
	}
	return errs.WithRemedy(errs.New(errs.Conflict, "%s", say), "look at the entity's page for who owns it now; who is to own it can claim it there")
}

// confirm makes the owner of a claim the entity's, where they are not yet for sure, and takes back what else was asked.
func (d *Desk) confirm(ctx context.Context, tx pgx.Tx, snap *index.Snapshot, doc *index.Doc, c *Claim, others []Claim, by audit.Author, out *Outcome) error {
	last, err := decisions(ctx, tx, []string{c.Ref})
	if err != nil {
		return err
	}
	s := Of(snap, doc, last[c.Ref], *c.DecidedAt)
	until := c.DecidedAt.Add(d.VerifyEvery)
	c.State, c.Until = "confirmed", &until
	same := s.Owner == c.Owner // then the confirmation says enough, and the overlay only keeps it if the guess changes
	if !same || inferredIn(doc) && !overlaid(last[c.Ref], c.Owner) && d.Overlays != nil {
		if d.Overlays == nil {
			return errs.WithRemedy(errs.New(errs.Unavailable, "this portal keeps no fields of entities, so the owner of %s cannot be set here", c.Ref), "write spec.owner in its descriptor")
		}
		value, err := json.Marshal(c.Owner)
		if err != nil {
			return err
		}
		if out.revision, err = d.Overlays.SetOverlayTx(ctx, tx, c.Ref, map[string]json.RawMessage{ownerField: value}, by.Quiet()); err != nil {
			return err
		}
		c.setsOwner = true
		if s.Owner != "" && s.Owner != c.Owner && s.State == Declared && !overlaid(last[c.Ref], s.Owner) {
			out.StillDeclared = s.Owner
		}
	}
	for i := range others {
		if o := &others[i]; o.Reason != Claimed {
			if err := withdraw(ctx, tx, o, c.Owner+" was confirmed as its owner", *c.DecidedAt); err != nil {
				return err
			}
		}
	}
	if c.ID == 0 {
		return insert(ctx, tx, c)
	}
	return settle(ctx, tx, c)
}

// overlaid reports whether an owner is one that somebody confirmed in the portal.
func overlaid(last []decided, owner string) bool {
	return slices.ContainsFunc(last, func(d decided) bool { return d.owner == owner && d.answer != nil })
}

// pass has somebody else be asked.
func (d *Desk) pass(ctx context.Context, tx pgx.Tx, snap *index.Snapshot, seen *index.Restriction, c *Claim, to string, by audit.Author, out *Outcome) error {
	if c.Reason == Claimed {
		return errs.WithRemedy(errs.New(errs.Invalid, "%s asks for %s; that can be confirmed or rejected, and not passed on", c.Owner, c.Ref), "confirm that it is theirs, or reject it")
	}
	known, err := aliasesIn(ctx, tx)
	if err != nil {
		return err
	}
	owner, err := ownerAsked("to", to, known, snap, seen)
	if err != nil {
		return err
	}
	if owner == c.Owner {
		return errs.New(errs.Invalid, "to is %s, who is asked already; name another team", owner)
	}
	c.State, c.PassedTo = "passed", owner
	if err := settle(ctx, tx, c); err != nil {
		return err
	}
	if err := d.release(ctx, tx, c, by, out); err != nil {
		return err
	}
	next := Claim{Ref: c.Ref, Owner: owner, Asked: owner, Reason: Passed, State: "open", ProposedBy: by.Name, digest: c.digest,
		Evidence: append([]layer.Evidence{{Field: ownerField, Value: owner, Says: passedSays(c, by.Name), Sure: layer.Stated}}, c.Evidence...)}
	if err := insert(ctx, tx, &next); err != nil {
		return err
	}
	if next.ID != 0 {
		out.Next = &next
	}
	return nil
}

func passedSays(c *Claim, by string) string {
	says := "passed on by " + by + " of " + c.Asked
	if c.Note != "" {
		says += ": " + c.Note
	}
	return says
}

// reject has the next who may own it be asked.
func (d *Desk) reject(ctx context.Context, tx pgx.Tx, snap *index.Snapshot, doc *index.Doc, c *Claim, by audit.Author, out *Outcome) error {
	c.State = "rejected"
	if err := settle(ctx, tx, c); err != nil {
		return err
	}
	if c.Reason == Claimed {
		return nil
	}
	if err := d.release(ctx, tx, c, by, out); err != nil {
		return err
	}
	if err := d.Proposer.judgeAll(ctx, tx, snap, []string{doc.Ref()}); err != nil {
		return err
	}
	open, err := lockOpen(ctx, tx, []string{c.Ref})
	for _, o := range open[c.Ref] {
		if o.Reason != Claimed {
			out.Next = &o
		}
	}
	return err
}

// release takes back the owner that an earlier confirmation set, when that one says that it is not theirs any more.
func (d *Desk) release(ctx context.Context, tx pgx.Tx, c *Claim, by audit.Author, out *Outcome) (err error) {
	if !c.setsOwner || c.Reason != Verify || d.Overlays == nil {
		return nil
	}
	out.revision, err = d.Overlays.SetOverlayTx(ctx, tx, c.Ref, map[string]json.RawMessage{ownerField: json.RawMessage("null")}, by.Quiet())
	return err
}

// Claim says that an entity is a team's. Where nobody can be asked that is so at once; else its owner is asked.
func (d *Desk) Claim(ctx context.Context, ref, owner, note string, by audit.Author) (out *Outcome, err error) {
	defer errs.Wrap(&err, "ownership: claim %s", ref)
	snap, seen := d.Index.Snapshot(), d.Guard.Seen(ctx)
	r, err := entity.ParseRef(ref, entity.Ref{})
	if err != nil {
		return nil, err
	}
	doc := snap.ByRef(r.String(), seen)
	if doc == nil {
		return nil, errs.New(errs.NotFound, "there is no entity %s", cut(ref, 200))
	}
	ref = doc.Ref()
	if !Ownable(ref) {
		return nil, errs.New(errs.Invalid, "refs names %s: nobody owns a team, a person or a location", ref)
	}
	known, err := aliasesIn(ctx, d.DB)
	if err != nil {
		return nil, err
	}
	if owner, err = ownerAsked("owner", owner, known, snap, seen); err != nil {
		return nil, err
	}
	if err := d.Guard.May(ctx, claimCreate, doc, owner); err != nil {
		return nil, err
	}
	err = pg.Transact(ctx, d.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		out = &Outcome{}
		if err := lockRef(ctx, tx, ref); err != nil {
			return err
		}
		open, err := lockOpen(ctx, tx, []string{ref})
		if err != nil {
			return err
		}
		last, err := decisions(ctx, tx, []string{ref})
		if err != nil {
			return err
		}
		now := d.now()
		s := Of(snap, doc, last[ref], now)
		c := Claim{Ref: ref, Owner: owner, Asked: owner, Reason: Claimed, State: "open", ProposedBy: by.Name, Note: note,
			Evidence: []layer.Evidence{{Field: ownerField, Value: owner, Says: "claimed by " + by.Name, Sure: layer.Stated}}}
		others := open[ref]
		if at := slices.IndexFunc(others, func(o Claim) bool { return o.Owner == owner }); at >= 0 {
			if others[at].Reason == Claimed && s.Answerable() && s.Owner != owner {
				return errs.WithRemedy(errs.New(errs.Conflict, "%s was asked already whether %s is %s's", s.Owner, ref, owner), "wait for them, or talk to them")
			}
			c = others[at] // it is answered by this
			others = slices.Delete(slices.Clone(others), at, at+1)
		}
		what := confirm
		if s.Answerable() && s.Owner != owner {
			c.Asked, what = s.Owner, "ask"
			if c.ID != 0 { // they were asked themselves, and now ask the owner
				if err := withdraw(ctx, tx, &c, "they claim it", now); err != nil {
					return err
				}
				c = Claim{Ref: ref, Owner: owner, Asked: s.Owner, Reason: Claimed, State: "open", ProposedBy: by.Name, Note: note, Evidence: c.Evidence}
			}
			err = insert(ctx, tx, &c)
		} else {
			c.DecidedBy, c.DecidedAt, c.Note = by.Name, &now, note
			err = d.confirm(ctx, tx, snap, doc, &c, others, by, out)
		}
		if err != nil {
			return err
		}
		out.Claim = c
		if err := tell(ctx, tx, ref); err != nil {
			return err
		}
		return by.Record(ctx, tx, ref, recorded(what, &c, out))
	})
	return out, d.shown(ctx, out, err)
}

// ownerAsked reads the ref of a team or a person who is there to be asked. One that is hidden is not there, and an old name
// is that of who stands for it.
func ownerAsked(field, text string, known aliases, snap *index.Snapshot, seen *index.Restriction) (string, error) {
	if strings.ContainsRune(text, 0) {
		return "", errs.New(errs.Invalid, "%s holds bytes that are no text; write group:default/a", field)
	}
	ref, err := entity.ParseRef(text, entity.Ref{Kind: "Group"})
	if err != nil {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s must name a team, such as group:default/a, not %q", field, cut(text, 100)), "write group:default/a")
	}
	kind := strings.ToLower(ref.Kind)
	doc := snap.ByRef(known.of(ref.String()), seen)
	if kind != "group" && kind != "user" || doc == nil {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s names %s, which is no team or person of the catalog", field, cut(text, 100)), "name one that is in the catalog")
	}
	return doc.Ref(), nil
}
