package keyring

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
	"portico/internal/secret"
)

var columns = []Column{{"notes", "body", "id"}, {"other", "value", "name"}}

func newWorld(t *testing.T) *pg.Pool {
	t.Helper()
	pool := pgtest.New(t)
	for _, table := range []string{`CREATE TABLE notes (id bigint PRIMARY KEY, body bytea)`, `CREATE TABLE other (name text PRIMARY KEY, value bytea NOT NULL)`} {
		if _, err := pool.Exec(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

func keys(t *testing.T, texts ...string) secret.Keys {
	t.Helper()
	k, err := secret.ParseKeys(secret.New(strings.Join(texts, " ")))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func note(id int64) secret.Place {
	return secret.Place{Table: "notes", Column: "body", Row: fmt.Sprint(id)}
}

func write(ctx context.Context, k *Keyring, id int64, text string) error {
	return pg.Transact(ctx, k.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		sealed, err := k.Seal(ctx, tx, note(id), []byte(text))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO notes (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body`, id, sealed)
		return err
	})
}

func read(ctx context.Context, k *Keyring, id int64) (string, error) {
	sealed, err := pg.Collect1(ctx, k.DB, pgx.RowTo[[]byte], `SELECT body FROM notes WHERE id = $1`, id)
	if err != nil {
		return "", err
	}
	plain, err := k.Open(ctx, k.DB, note(id), sealed)
	return string(plain), err
}

func TestSealAndOpen(t *testing.T) {
	pool, key := newWorld(t), secret.NewKey()
	one, two := &Keyring{DB: pool, Keys: keys(t, key)}, &Keyring{DB: pool, Keys: keys(t, key)}
	if err := write(t.Context(), one, 1, "hush"); err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), two, 2, "hush too"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int64]string{1: "hush", 2: "hush too"} {
		for _, k := range []*Keyring{one, two} {
			if got, err := read(t.Context(), k, id); err != nil || got != want {
				t.Errorf("note %d is %q, %v", id, got, err)
			}
		}
	}
	st, err := one.Status(t.Context(), columns)
	if err != nil || len(st.DataKeys) != 1 || st.DataKeys[0].Values != 2 || !st.DataKeys[0].Opens || st.DataKeys[0].Key != st.Keys[0] {
		t.Errorf("the status is %+v, %v", st, err)
	}
}

func TestWithoutTheOperatorsKey(t *testing.T) {
	pool := newWorld(t)
	none := &Keyring{DB: pool}
	if err := none.Check(t.Context()); err != nil {
		t.Errorf("where nothing is sealed no key is needed: %v", err)
	}
	if err := write(t.Context(), none, 1, "x"); !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Remedy(err), "portico secrets key") {
		t.Errorf("sealing without a key: %v", err)
	}
	if err := write(t.Context(), &Keyring{DB: pool, Keys: keys(t, secret.NewKey())}, 1, "x"); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*Keyring{"none": none, "another": {DB: pool, Keys: keys(t, secret.NewKey())}} {
		if _, err := read(t.Context(), k, 1); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: reading: %v", name, err)
		}
		if err := k.Check(t.Context()); !errs.Is(err, errs.Unavailable) || errs.Remedy(err) == "" {
			t.Errorf("%s: check: %v", name, err)
		}
		if st, err := k.Status(t.Context(), columns); err != nil || st.DataKeys[0].Opens {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
	}
}

// Whoever writes into the table cannot move a secret to where they may read it.
func TestMovedValues(t *testing.T) {
	k := &Keyring{DB: newWorld(t), Keys: keys(t, secret.NewKey())}
	for id := range int64(2) {
		if err := write(t.Context(), k, id, fmt.Sprint(id)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.DB.Exec(t.Context(), `UPDATE notes SET body = (SELECT body FROM notes WHERE id = 1) WHERE id = 0`); err != nil {
		t.Fatal(err)
	}
	if got, err := read(t.Context(), k, 0); err == nil {
		t.Errorf("a value of another row opens: %q", got)
	}
	if _, err := k.Rotate(t.Context(), columns); err == nil {
		t.Error("a rotation takes a value that does not open")
	}
	if got, err := read(t.Context(), k, 1); err != nil || got != "1" {
		t.Errorf("after it the other value is %q, %v", got, err)
	}
}

func TestRotate(t *testing.T) {
	const many = 2*batch + 7
	key := secret.NewKey()
	k := &Keyring{DB: newWorld(t), Keys: keys(t, key)}
	for id := range int64(many) {
		if err := write(t.Context(), k, id, fmt.Sprint(id)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.DB.Exec(t.Context(), `INSERT INTO notes (id) VALUES (-1)`); err != nil {
		t.Fatal(err)
	}
	// Another replica seals and opens all the while, with what it knows.
	ctx, cancel := context.WithCancel(t.Context())
	done, begun := make(chan error, 1), make(chan struct{})
	var written int64
	go func() {
		other := &Keyring{DB: k.DB, Keys: keys(t, key)}
		for ; ctx.Err() == nil; written++ {
			err := write(context.WithoutCancel(ctx), other, many+written%batch, "meanwhile")
			if err == nil {
				_, err = read(context.WithoutCancel(ctx), other, written%many)
			}
			if err != nil {
				done <- err
				return
			}
			if written == 3 {
				close(begun)
			}
		}
		done <- nil
	}()
	<-begun
	for round := int64(2); round < 5; round++ {
		out, err := k.Rotate(t.Context(), columns)
		if errs.Is(err, errs.Conflict) { // the other one sealed at the last moment; it is said what to do
			out, err = k.Rotate(t.Context(), columns)
		}
		if err != nil || out.DataKey != round || out.Removed != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	fresh := &Keyring{DB: k.DB, Keys: keys(t, key)}
	all := many + min(written, batch)
	for id := range all {
		want := fmt.Sprint(id)
		if id >= many {
			want = "meanwhile"
		}
		if got, err := read(t.Context(), fresh, id); err != nil || got != want {
			t.Fatalf("note %d is %q, %v", id, got, err)
		}
	}
	if st, err := fresh.Status(t.Context(), columns); err != nil || len(st.DataKeys) != 1 || st.DataKeys[0].Values != int(all) {
		t.Errorf("%+v, %v", st, err)
	}
}

// A rotation that was killed after any of its transactions is ended by the next.
func TestRotateResumes(t *testing.T) {
	k := &Keyring{DB: newWorld(t), Keys: keys(t, secret.NewKey())}
	for id := range int64(batch + 5) {
		if err := write(t.Context(), k, id, fmt.Sprint(id)); err != nil {
			t.Fatal(err)
		}
	}
	id, err := k.create(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := k.reseal(t.Context(), columns[0], id); n != batch || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	out, err := k.Rotate(t.Context(), columns)
	if err != nil || !out.Resumed || out.DataKey != id || out.Resealed["notes.body"] != 5 || out.Removed != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	if got, err := read(t.Context(), &Keyring{DB: k.DB, Keys: k.Keys}, 3); err != nil || got != "3" {
		t.Errorf("%q, %v", got, err)
	}
}

// Nothing is lost when somebody seals under the old key after all values were sealed anew.
func TestOldKeyStaysWhileItIsUsed(t *testing.T) {
	k := &Keyring{DB: newWorld(t), Keys: keys(t, secret.NewKey())}
	if err := write(t.Context(), k, 1, "one"); err != nil {
		t.Fatal(err)
	}
	id, err := k.create(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	out := Rotated{DataKey: id}
	if err := k.remove(t.Context(), columns, &out); out.Removed != 0 || !errs.Is(err, errs.Conflict) {
		t.Errorf("%d, %v", out.Removed, err)
	}
	if got, err := read(t.Context(), &Keyring{DB: k.DB, Keys: k.Keys}, 1); err != nil || got != "one" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRotateOperatorsKey(t *testing.T) {
	before, after := secret.NewKey(), secret.NewKey()
	pool := newWorld(t)
	if err := write(t.Context(), &Keyring{DB: pool, Keys: keys(t, before)}, 1, "one"); err != nil {
		t.Fatal(err)
	}
	out, err := (&Keyring{DB: pool, Keys: keys(t, after, before)}).Rotate(t.Context(), columns)
	if err != nil || out.Rewrapped != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if got, err := read(t.Context(), &Keyring{DB: pool, Keys: keys(t, after)}, 1); err != nil || got != "one" {
		t.Errorf("with the new key alone: %q, %v", got, err)
	}
	if _, err := read(t.Context(), &Keyring{DB: pool, Keys: keys(t, before)}, 1); !errs.Is(err, errs.Unavailable) {
		t.Errorf("with the old key alone: %v", err)
	}
}

// What is lost goes, and nothing else; what was done is recorded in the transaction that does it.
func TestForget(t *testing.T) {
	lost, other := secret.NewKey(), secret.NewKey()
	pool := newWorld(t)
	replica := &Keyring{DB: pool, Keys: keys(t, lost)}
	if err := write(t.Context(), replica, 1, "one"); err != nil {
		t.Fatal(err)
	}
	var recorded []string
	fail := false
	k := &Keyring{DB: pool, Keys: keys(t, other), Record: func(_ context.Context, _ pgx.Tx, action string, detail any) error {
		recorded = append(recorded, fmt.Sprintf("%s %+v", action, detail))
		if fail {
			return errs.New(errs.Unavailable, "not now")
		}
		return nil
	}}
	if _, err := (&Keyring{DB: pool}).Forget(t.Context(), columns, false); !errs.Is(err, errs.Invalid) {
		t.Errorf("without a key: %v", err)
	}
	looked, err := k.Forget(t.Context(), columns, true)
	if err != nil || looked.DataKeys != 1 || looked.Values["notes.body"] != 1 || len(recorded) != 0 {
		t.Errorf("looking: %+v, %v, recorded %v", looked, err, recorded)
	}
	fail = true
	if _, err := k.Forget(t.Context(), columns, false); err == nil {
		t.Error("what cannot be recorded is done")
	}
	if got, err := read(t.Context(), &Keyring{DB: pool, Keys: keys(t, lost)}, 1); err != nil || got != "one" {
		t.Errorf("it is gone: %q, %v", got, err)
	}
	fail = false
	if out, err := k.Forget(t.Context(), columns, false); err != nil || out.String() != looked.String() || len(out.Keys) != 1 || out.Keys[0] != keys(t, lost).IDs()[0] {
		t.Errorf("%+v, %v", out, err)
	}
	if len(recorded) != 2 || !strings.HasPrefix(recorded[1], "secret.forget ") {
		t.Errorf("recorded: %v", recorded)
	}
	if _, err := read(t.Context(), k, 1); !errs.Is(err, errs.NotFound) {
		t.Errorf("the note is there: %v", err)
	}
	if err := write(t.Context(), k, 2, "two"); err != nil {
		t.Fatal(err)
	}
	// A replica that goes on with the lost key does not take the new data key for the one it knows.
	if err := write(t.Context(), replica, 3, "three"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a replica with the lost key: %v", err)
	}
	if out, err := k.Forget(t.Context(), columns, false); err != nil || out.Any() || len(recorded) != 2 {
		t.Errorf("where all opens: %+v, %v", out, err)
	}
	if got, err := read(t.Context(), &Keyring{DB: pool, Keys: keys(t, other)}, 2); err != nil || got != "two" {
		t.Errorf("what opens: %q, %v", got, err)
	}
	if _, err := k.Rotate(t.Context(), columns); err != nil || len(recorded) != 3 || !strings.HasPrefix(recorded[2], "secret.rotate ") || strings.Contains(recorded[2], other) {
		t.Errorf("a rotation: %v, recorded %v", err, recorded)
	}
	fail = true
	if _, err := k.Rotate(t.Context(), columns); err == nil {
		t.Error("a rotation that cannot be recorded ends")
	}
}
