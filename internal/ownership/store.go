package ownership

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/layer"
	"portico/internal/errs"
	"portico/internal/pg"
)

var claimColumns = `id, ref, ` + standsFor("owner_ref") + `, ` + standsFor("asked_ref") + `, reason, state, evidence, digest, proposed_by, proposed_at, decided_by,
	decided_at, note, passed_to, sets_owner, verify_until`

func scanClaim(row pgx.CollectableRow) (c Claim, err error) {
	var evidence []byte
	if err := row.Scan(&c.ID, &c.Ref, &c.Owner, &c.Asked, &c.Reason, &c.State, &evidence, &c.digest, &c.ProposedBy, &c.ProposedAt,
		&c.DecidedBy, &c.DecidedAt, &c.Note, &c.PassedTo, &c.setsOwner, &c.Until); err != nil {
		return c, err
	}
	return c, json.Unmarshal(evidence, &c.Evidence)
}

// decisions are the last ones about each entity and owner, by entity; of all entities where refs is nil. That a claim was
// refused says nothing of who owns the entity. What an owner decided under an old name they decided.
func decisions(ctx context.Context, db pg.DB, refs []string) (map[string][]decided, error) {
	type row struct {
		ref, by string
		state   string
		at      *time.Time
		until   *time.Time
		decided
	}
	rows, err := pg.Collect(ctx, db, func(r pgx.CollectableRow) (d row, err error) {
		err = r.Scan(&d.ref, &d.owner, &d.state, &d.digest, &d.by, &d.at, &d.until)
		return d, err
	}, `
		SELECT DISTINCT ON (ref, owner) ref, coalesce(new_ref, owner_ref) AS owner, state, digest, decided_by, decided_at, verify_until
		FROM ownership_claims
		LEFT JOIN owner_aliases ON old_ref = owner_ref
		WHERE ($1::text[] IS NULL OR ref = ANY($1))
		  AND (state = 'confirmed' OR state IN ('passed', 'rejected') AND reason <> 'claimed')
		ORDER BY ref, owner, decided_at DESC, id DESC`, refs)
	if err != nil {
		return nil, err
	}
	out := map[string][]decided{}
	for _, r := range rows {
		d := r.decided
		if d.rejected = r.state != "confirmed"; !d.rejected {
			d.answer = &Answer{By: r.by}
			if r.at != nil {
				d.answer.At = *r.at
			}
			if r.until != nil {
				d.answer.Until = *r.until
			}
		}
		out[r.ref] = append(out[r.ref], d)
	}
	return out, nil
}

// lockOpen returns the open claims of some entities, by entity, and keeps others from deciding them. Everybody locks in the
// same order.
func lockOpen(ctx context.Context, tx pgx.Tx, refs []string) (map[string][]Claim, error) {
	list, err := pg.Collect(ctx, tx, scanClaim, `
		SELECT `+claimColumns+`
		FROM ownership_claims
		WHERE ref = ANY($1) AND state = 'open'
		ORDER BY id
		FOR UPDATE`, refs)
	out := map[string][]Claim{}
	for _, c := range list {
		out[c.Ref] = append(out[c.Ref], c)
	}
	return out, err
}

// insert adds a claim. It does nothing, and id stays 0, where an open one asks the same.
func insert(ctx context.Context, tx pgx.Tx, c *Claim) error {
	evidence, err := marshalEvidence(c.Evidence)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO ownership_claims (ref, owner_ref, asked_ref, reason, state, evidence, digest, proposed_by, decided_by, decided_at, note, sets_owner, verify_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (ref, owner_ref) WHERE state = 'open' DO NOTHING
		RETURNING id, proposed_at`,
		c.Ref, c.Owner, c.Asked, c.Reason, c.State, evidence, c.digest, c.ProposedBy, c.DecidedBy, c.DecidedAt, c.Note, c.setsOwner, c.Until,
	).Scan(&c.ID, &c.ProposedAt)
	if errs.Is(pg.Err(err), errs.NotFound) {
		return nil
	}
	return err
}

func marshalEvidence(list []layer.Evidence) ([]byte, error) {
	return json.Marshal(emptyNotNull(bounded(list)))
}

// settle writes what was decided of a claim.
func settle(ctx context.Context, tx pgx.Tx, c *Claim) error {
	_, err := tx.Exec(ctx, `
		UPDATE ownership_claims
		SET state = $2, decided_by = $3, decided_at = $4, note = $5, passed_to = $6, sets_owner = $7, verify_until = $8
		WHERE id = $1`, c.ID, c.State, c.DecidedBy, c.DecidedAt, c.Note, c.PassedTo, c.setsOwner, c.Until)
	return err
}

// withdraw takes a claim back, and says why.
func withdraw(ctx context.Context, tx pgx.Tx, c *Claim, why string, now time.Time) error {
	c.State, c.DecidedBy, c.DecidedAt, c.Note = "withdrawn", proposer, &now, why
	return settle(ctx, tx, c)
}

// tell has all replicas read what was decided of an entity, once the transaction is over.
func tell(ctx context.Context, tx pgx.Tx, ref string) error {
	_, err := tx.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, ref)
	return err
}

// lockRef keeps others from claiming the entity until the transaction is over.
func lockRef(ctx context.Context, tx pgx.Tx, ref string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('portico ownership ' || $1, 0))`, ref)
	return err
}

// waiting is an open claim, as far as lists count it.
type waiting struct {
	ID                int64
	Ref, Owner, Asked string
	Reason            Reason
}

// maxWaiting bounds what an inbox counts: a list of everything, of a catalog that was just discovered.
const maxWaiting = 20_000

// open lists what waits for the owners, for everybody where asked is nil, by who is asked and then by entity.
func open(ctx context.Context, db pg.DB, asked []string) (_ []waiting, err error) {
	defer errs.Wrap(&err, "ownership: what waits")
	return pg.Collect(ctx, db, func(row pgx.CollectableRow) (w waiting, err error) {
		err = row.Scan(&w.ID, &w.Ref, &w.Owner, &w.Asked, &w.Reason)
		return w, err
	}, `
		SELECT id, ref, `+standsFor("owner_ref")+`, coalesce(new_ref, asked_ref) AS asked, reason
		FROM ownership_claims
		LEFT JOIN owner_aliases ON old_ref = asked_ref
		WHERE state = 'open' AND ($1::text[] IS NULL OR asked_ref = ANY(`+calledSo("$1::text[]")+`) AND coalesce(new_ref, asked_ref) = ANY($1))
		ORDER BY coalesce(new_ref, asked_ref) COLLATE "C", ref COLLATE "C", id
		LIMIT $2`, asked, maxWaiting)
}

// byID returns claims in the order of their ids.
func byID(ctx context.Context, db pg.DB, ids []int64) (_ []Claim, err error) {
	defer errs.Wrap(&err, "ownership: %d claims", len(ids))
	return pg.Collect(ctx, db, scanClaim, `SELECT `+claimColumns+` FROM ownership_claims WHERE id = ANY($1) ORDER BY id`, ids)
}

// ofRef returns the claims of an entity: all that are open, and the last that are not, newest first.
func ofRef(ctx context.Context, db pg.DB, ref string) (_ []Claim, err error) {
	defer errs.Wrap(&err, "ownership: claims of %s", ref)
	const most = 30
	return pg.Collect(ctx, db, scanClaim, `
		SELECT `+claimColumns+`
		FROM ownership_claims
		WHERE ref = $1
		ORDER BY state = 'open' DESC, id DESC
		LIMIT $2`, ref, most)
}

// inferredEvidence is what the inferred layers of entities say of their owners.
func inferredEvidence(ctx context.Context, db pg.DB, refs []string) (map[string][]layer.Evidence, error) {
	type row struct {
		ref  string
		list []layer.Evidence
	}
	rows, err := pg.Collect(ctx, db, func(r pgx.CollectableRow) (one row, err error) {
		var raw []byte
		if err := r.Scan(&one.ref, &raw); err != nil {
			return one, err
		}
		return one, json.Unmarshal(raw, &one.list)
	}, `SELECT ref, evidence FROM catalog_layers WHERE layer = 'inferred' AND ref = ANY($1)`, refs)
	out := map[string][]layer.Evidence{}
	for _, r := range rows {
		for _, e := range r.list {
			if e.Field == "spec.owner" {
				out[r.ref] = append(out[r.ref], e)
			}
		}
	}
	return out, err
}

// writers is which teams may write to a repository, and which does most.
type writers struct {
	Provider, Name, URL string
	Teams               []struct{ Team, Permission string }
	Committers          []layer.Evidence
}

// writersOf finds repositories by their names, in lower case; by name, as several hosts may have one of that name.
func writersOf(ctx context.Context, db pg.DB, names []string) (map[string][]writers, error) {
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := pg.Collect(ctx, db, func(r pgx.CollectableRow) (w writers, err error) {
		var teams, committers []byte
		if err := r.Scan(&w.Provider, &w.Name, &w.URL, &teams, &committers); err != nil {
			return w, err
		}
		if committers != nil {
			if err := json.Unmarshal(committers, &w.Committers); err != nil {
				return w, err
			}
		}
		return w, json.Unmarshal(teams, &w.Teams)
	}, `
		SELECT provider, lower(name), url, teams, committers
		FROM forge_repositories
		WHERE lower(name) = ANY($1) AND (teams::text <> '[]' OR committers IS NOT NULL)
		ORDER BY provider, repo_id`, names)
	out := map[string][]writers{}
	for _, w := range rows {
		out[w.Name] = append(out[w.Name], w)
	}
	return out, err
}

func emptyNotNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
