package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// newcomers is the location of the source of those users whom their first sign-in made. Each is a unit below it.
var newcomers = Location{Type: "sign-in", Target: "users"}

// AnnotationSignInProvider names, in a User whom a sign-in made, the provider that knows them.
const AnnotationSignInProvider = "portico.dev/sign-in-provider"

func newcomerLocation(name string) Location {
	return Location{Type: newcomers.Type, Target: newcomers.Target + "/" + name}
}

func ofNewcomer(location string) bool { return strings.HasPrefix(location, newcomers.String()+"/") }

func newcomerRef(name string) string { return "user:default/" + name }

// Newcomer is somebody whom a provider knows and the catalog did not.
type Newcomer struct {
	Issuer, Subject string // who it is
	Provider        string
	Name            string // that the User entity is to have, in lower case
	// DisplayName, Email and Picture are of the profile; "" where there is none.
	DisplayName, Email, Picture string
}

// descriptor declares the User entity. Texts are JSON, which is YAML.
func (n *Newcomer) descriptor() string {
	quote := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			panic(fmt.Errorf("catalog: encode a text: %w", err)) // texts can be encoded
		}
		return string(b)
	}
	var b strings.Builder
	b.WriteString("# Made by the first sign-in of this person.\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n")
	fmt.Fprintf(&b, "  name: %s\n  annotations:\n    %s: %s\nspec:\n", quote(n.Name), AnnotationSignInProvider, quote(n.Provider))
	profile := ""
	for _, f := range []struct{ key, value string }{{"displayName", n.DisplayName}, {"email", n.Email}, {"picture", n.Picture}} {
		if f.value != "" {
			profile += fmt.Sprintf("    %s: %s\n", f.key, quote(f.value))
		}
	}
	if profile != "" {
		b.WriteString("  profile:\n" + profile)
	}
	b.WriteString("  memberOf: []\n")
	return b.String()
}

func newcomerFile(name, descriptor string) File {
	sum := sha256.Sum256([]byte(descriptor))
	return File{Location: newcomerLocation(name), Name: "first sign-in of " + name, Data: []byte(descriptor), Revision: hex.EncodeToString(sum[:8])}
}

// SetNewcomers adds the source of users whom sign-ins make where they are asked for or there are some, and returns its
// id, or nothing. Who was made stays when nobody asks for more.
func (s *Store) SetNewcomers(ctx context.Context, asked bool) (_ []string, err error) {
	defer errs.Wrap(&err, "catalog: set the source of newcomers")
	var some bool
	if err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM catalog_newcomers)`).Scan(&some); err != nil {
		return nil, err
	}
	var declared []Declared
	if asked || some {
		declared = []Declared{{Location: newcomers, Rules: []Rule{{Kind: "User"}}}}
	}
	return s.SetDeclared(ctx, FromSignIn, declared)
}

// newcomerRow is what is known of somebody who signed in before.
type newcomerRow struct {
	name, descriptor string
	state            string // of the entity: "" where there is none
	mine             bool   // the entity is the one that the sign-in made
}

func (s *Store) newcomer(ctx context.Context, db pg.DB, n *Newcomer) (newcomerRow, error) {
	return pg.Collect1(ctx, db, func(row pgx.CollectableRow) (r newcomerRow, err error) {
		var location string
		err = row.Scan(&r.name, &r.descriptor, &r.state, &location)
		r.mine = location == newcomerLocation(r.name).String()
		return r, err
	}, `
		SELECT n.name, n.descriptor, coalesce(e.state, ''), coalesce(e.location, '')
		FROM catalog_newcomers AS n
		LEFT JOIN catalog_entities AS e ON e.ref = 'user:default/' || n.name
		WHERE n.issuer = $1 AND n.subject = $2`, n.Issuer, n.Subject)
}

var errTaken = errs.New(errs.Conflict, "the catalog has, or had, another user of this name")

// Admit returns the User that the person's first sign-in made, and makes it where this is the first: its entity is there
// at the revision. Nobody becomes a user who was there before, or was removed and can still be restored: that is
// errs.Conflict, as is a name that is reserved. Errors also: errs.Gone where somebody removed the user by hand, errs.Invalid where the name is none,
// errs.NotFound where newcomers were not asked for. What it makes is recorded as of the author of the ref.
func (s *Store) Admit(ctx context.Context, n Newcomer, by func(ref string) audit.Author) (ref string, revision int64, err error) {
	defer errs.Wrap(&err, "catalog: admit a newcomer as %s", n.Name)
	if got, err := s.newcomer(ctx, s.db, &n); err == nil && got.mine && got.state == "active" {
		return newcomerRef(got.name), 0, nil
	}
	// One at a time, and not in the turns of those who write units: a reading of the source waits for a turn with the lock
	// that this waits for.
	select {
	case s.admitting <- struct{}{}:
		defer func() { <-s.admitting }()
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
	var src *Source
	err = pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) (err error) {
		src, err = pg.Collect1(ctx, tx, scanSource, `SELECT `+sourceColumns+` FROM catalog_sources WHERE type = $1 AND target = $2`, newcomers.Type, newcomers.Target)
		if err != nil {
			return err
		}
		// A reading of the source that is under way would not see the row, and take the unit for one that is gone.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, sourceLock(src.ID)); err != nil {
			return err
		}
		rev, err := lockRevision(ctx, tx)
		if err != nil {
			return err
		}
		got, err := s.newcomer(ctx, tx, &n)
		switch {
		case errs.Is(err, errs.NotFound):
			if got.name, got.descriptor, err = n.Name, n.descriptor(), n.insert(ctx, tx); err != nil {
				return err
			}
			if err := s.free(ctx, tx, got.name, n, rev); err != nil {
				return err
			}
		case err != nil:
			return err
		case got.state == "": // what was forgotten of them, others may have written of somebody else since
			if err := s.free(ctx, tx, got.name, n, rev); err != nil {
				return err
			}
		case got.mine && got.state == "active":
			ref, revision = newcomerRef(got.name), rev
			return nil
		case got.mine && got.state == "removed":
			return errs.New(errs.Gone, "%s was removed", newcomerRef(got.name))
		case got.state != "" && !got.mine:
			return errTaken
		}
		u, err := newcomerUnit(src, got.name, got.descriptor)
		if err != nil {
			return err
		}
		unitID, owned, err := putUnit(ctx, tx, u)
		if err == nil && !owned {
			err = errTaken
		}
		if err != nil {
			return err
		}
		ref = newcomerRef(got.name)
		author := by(ref)
		a := applier{ctx: ctx, tx: tx, unit: u, unitID: unitID, actor: author.Name, rev: rev, now: time.Now().UTC()}
		if err := a.run(new(Applied)); err != nil {
			return err
		}
		if err := advance(ctx, tx, a.rev); err != nil {
			return err
		}
		revision = a.rev
		return author.Record(ctx, tx, ref, map[string]any{"provider": n.Provider, "issuer": n.Issuer, "subject": n.Subject, "revision": revision})
	})
	if err != nil {
		return "", 0, err
	}
	s.retally(ctx, map[string]bool{src.ID: true})
	return ref, revision, nil
}

// insert takes the name, unless it is or was somebody's.
func (n *Newcomer) insert(ctx context.Context, tx pgx.Tx) error {
	tag, err := tx.Exec(ctx, `
		INSERT INTO catalog_newcomers (name, issuer, subject, descriptor)
		SELECT $1, $2, $3, $4
		WHERE NOT EXISTS (SELECT FROM catalog_entities WHERE ref = 'user:default/' || $1)
		ON CONFLICT (name) DO NOTHING`, n.Name, n.Issuer, n.Subject, n.descriptor())
	if err == nil && tag.RowsAffected() == 0 {
		return errTaken
	}
	return err
}

// free refuses a name of which something is said already, so that nobody comes by what is another's with their name.
func (s *Store) free(ctx context.Context, tx pgx.Tx, name string, n Newcomer, revision int64) error {
	if s.Reserved == nil {
		return nil
	}
	why, err := s.Reserved(ctx, tx, newcomerRef(name), n, revision)
	if err == nil && why != "" {
		err = errs.New(errs.Conflict, "nobody may become %s: %s", newcomerRef(name), why)
	}
	return err
}

// Admitted reports whether the user is one that a first sign-in made, that of issuer and subject where these are given.
// Until the end of the transaction another source does not get the name.
func (s *Store) Admitted(ctx context.Context, tx pgx.Tx, ref, issuer, subject string) (_ bool, err error) {
	defer errs.Wrap(&err, "catalog: look for the newcomer %s", ref)
	_, err = pg.Collect1(ctx, tx, pgx.RowTo[string], `
		SELECT n.name
		FROM catalog_newcomers AS n
		JOIN catalog_entities AS e ON e.ref = 'user:default/' || n.name
		WHERE e.ref = $1 AND e.state = 'active' AND ($2 = '' OR (n.issuer, n.subject) = ($2, $3))
		FOR SHARE OF n`, ref, issuer, subject)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// MadeBySignIn reports whether an entity of this origin, as its annotation says it, is a user that a first sign-in made.
func MadeBySignIn(origin string) bool { return origin == newcomers.String() }

// newcomerUnit is the unit as reading the source would make it.
func newcomerUnit(src *Source, name, descriptor string) (*Unit, error) {
	f := newcomerFile(name, descriptor)
	w := &walk{Refresher: new(Refresher), src: src, rules: src.Rules}
	u, _ := w.declare(context.Background(), target{loc: newcomers, parent: src.EntityRef()}, &f) // it has nothing that would be read
	if len(u.Asserted) != 1 || u.Asserted[0].Entity.Ref.String() != newcomerRef(name) {
		return nil, errs.New(errs.Invalid, "%q cannot be the name of a User", name)
	}
	return u, nil
}

// displace forgets the newcomers whose names another source declares: it wins, and who signed in as them does not become
// whom it declares.
func (s *Store) displace(ctx context.Context, tx pgx.Tx, refs []string) error {
	if len(refs) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `DELETE FROM catalog_newcomers WHERE 'user:default/' || name = ANY($1)`, refs)
	if err != nil || s.Displace == nil {
		return err
	}
	return s.Displace(ctx, tx, refs)
}

func (s *Store) signOut(ctx context.Context, tx pgx.Tx, refs []string) error {
	if s.SignOut == nil {
		return nil
	}
	return s.SignOut(ctx, tx, refs)
}

// WithNewcomers is a reader that also reads the users whom sign-ins made.
func WithNewcomers(r Reader, s *Store) Reader { return &newcomerReader{r, s} }

type newcomerReader struct {
	Reader
	store *Store
}

// Read implements Reader.
func (r *newcomerReader) Read(ctx context.Context, loc Location, known Known) (*Reading, error) {
	if loc != newcomers {
		return r.Reader.Read(ctx, loc, known)
	}
	files, err := pg.Collect(ctx, r.store.db, func(row pgx.CollectableRow) (File, error) {
		var name, descriptor string
		err := row.Scan(&name, &descriptor)
		f := newcomerFile(name, descriptor)
		if known.Has(&f) {
			f.Unchanged, f.Data = true, nil
		}
		return f, err
	}, `SELECT name, descriptor FROM catalog_newcomers ORDER BY name`)
	if err != nil {
		return nil, errs.Public(errs.Unavailable, "the users whom sign-ins made could not be read from the database", err)
	}
	return &Reading{Files: files}, nil
}
