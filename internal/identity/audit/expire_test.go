package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// expire forgets what is before a time, and says which records there are then, oldest first: "6 7 8:expire(1-5)".
func (b *book) expire(before time.Time, want string) {
	b.t.Helper()
	if _, err := b.Expire(b.t.Context(), before); err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, r := range b.list() {
		s := fmt.Sprint(r.Seq)
		if r.Action == expireAction {
			var e expiry
			mustDecode(b.t, r.Detail, &e)
			s += fmt.Sprintf(":expire(%d-%d)", e.From, e.UpTo)
			if e.OnTrust {
				s += "!"
			}
		}
		got = append([]string{s}, got...)
	}
	if s := strings.Join(got, " "); s != want {
		b.t.Errorf("the log is %s, want %s", s, want)
	}
}

// at is when the record was written.
func (b *book) at(seq int64) time.Time {
	b.t.Helper()
	for _, r := range b.list() {
		if r.Seq == seq {
			return r.At
		}
	}
	b.t.Fatalf("there is no record %d", seq)
	return time.Time{}
}

func (b *book) broken(what string, seq int64, problem string) {
	b.t.Helper()
	if rep := b.verify(); rep.OK || rep.Broken == nil || rep.Broken.Seq != seq || rep.Broken.Problem != problem {
		b.t.Errorf("%s: %+v %+v, want %d %s", what, rep, rep.Broken, seq, problem)
	}
}

func (b *book) holds(what string, first, upTo int64) {
	b.t.Helper()
	if rep := b.verify(); !rep.OK || rep.OnTrust || rep.First != first || rep.UpTo != upTo || rep.Records != upTo-first+1 {
		b.t.Errorf("%s: %+v %+v, want %d to %d", what, rep, rep.Broken, first, upTo)
	}
}

const cutAt5 = `UPDATE audit_head SET anchor_seq = 5, anchor_digest = (SELECT digest FROM audit_log WHERE seq = 5); DELETE FROM audit_log WHERE seq <= 5`

func TestExpiryKeepsTheChain(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	b.fill(5)
	b.expire(b.at(4), "4 5 6:expire(1-3)")
	b.holds("after expiry", 4, 6)
	if r := b.list()[0]; r.Actor != "system:retention" || r.Principal != "system" || r.Action != "audit.expire" || r.Outcome != Allowed {
		t.Errorf("%+v", r)
	}
	// All of it, the record of the last expiry too, and on from there.
	b.expire(b.at(6).Add(time.Hour), "7:expire(4-6)")
	b.holds("all but how it ended", 7, 7)
	b.fill(3)
	b.holds("and on", 7, 10)
	// What does not verify is evidence, and stays.
	b.exec(`DELETE FROM audit_log WHERE seq = 8`)
	b.broken("a gap", 8, "deleted")
	if n, err := b.Expire(t.Context(), b.at(10).Add(time.Hour)); !errs.Is(err, errs.Conflict) || n != 0 || len(b.list()) != 3 {
		t.Errorf("expired a broken log: %d, %v", n, err)
	}
}

// Where nothing happens but expiry, nothing is recorded, however often somebody looks.
func TestExpiryDoesNotFeedItself(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	b.fill(2)
	later := b.at(2).Add(time.Hour)
	b.expire(later, "3:expire(1-2)")
	b.expire(later, "3:expire(1-2)")
	b.fill(1)
	b.expire(b.at(4), "3:expire(1-2) 4")
	b.expire(later, "5:expire(3-4)")
	b.holds("at the end", 5, 5)
}

// Each batch says what it took: there is no moment at which something is missing that nothing names.
func TestExpiryGoesBatchByBatch(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	err := pg.Transact(t.Context(), b.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		for range batch + 2 {
			if err := author("service:ci", "x").Record(t.Context(), tx, "y", nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.expire(b.at(batch+2), fmt.Sprintf("%d %d:expire(1-%d) %d:expire(%d-%d)", batch+2, batch+3, batch, batch+4, batch+1, batch+1))
	b.holds("after two batches", batch+2, batch+4)
}

// A beginning that is missing must be one that expired.
func TestTheBeginningMustHaveExpired(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sql string
		seq       int64
		problem   string
	}{
		{"cut farther", cutAt5, 4, "deleted"},
		{"cut at the record of the expiry", `UPDATE audit_head SET anchor_seq = 10, anchor_digest = digest; DELETE FROM audit_log`, 1, "deleted"},
		{"another digest", `UPDATE audit_head SET anchor_digest = sha256('x')`, 3, "edited"},
		{"the record of it edited", `UPDATE audit_log SET detail = '{"from":1,"upTo":5}' WHERE seq = 10; ` + cutAt5, 5, "edited"},
		{"the record of it edited, with the digest", `UPDATE audit_log SET detail = json_build_object('from', 1, 'upTo', 5, 'digest', (SELECT encode(digest, 'hex') FROM audit_log WHERE seq = 5)) WHERE seq = 10; ` + cutAt5, 10, "edited"},
		{"made another's", `UPDATE audit_log SET actor = 'service:ci' WHERE seq = 10`, 1, "deleted"},
		{"put back", `UPDATE audit_head SET anchor_seq = 0, anchor_digest = decode(repeat('00', 32), 'hex')`, 1, "inserted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook(t)
			b.fill(9)
			b.expire(b.at(4), "4 5 6 7 8 9 10:expire(1-3)")
			b.exec(tt.sql)
			b.broken(tt.name, tt.seq, tt.problem)
			// Nor does retention make it good.
			b.fill(1)
			kept := len(b.list())
			if n, err := b.Expire(t.Context(), time.Now().Add(time.Hour)); !errs.Is(err, errs.Conflict) || n != 0 || len(b.list()) != kept {
				t.Errorf("expired: %d, %v", n, err)
			}
		})
	}
}

// Of what expired before expiry was recorded nothing says so. It is trusted once.
func TestABeginningFromBefore(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	b.fill(9)
	b.exec(cutAt5)
	b.exec(`UPDATE audit_head SET trusted_seq = anchor_seq`) // as the migration does
	if rep := b.verify(); !rep.OK || !rep.OnTrust || rep.First != 6 {
		t.Errorf("%+v %+v", rep, rep.Broken)
	}
	b.expire(b.at(7), "7 8 9 10:expire(6-6)!")
	b.holds("after the next expiry", 7, 10)
	b.exec(`UPDATE audit_head SET anchor_seq = 8, anchor_digest = (SELECT digest FROM audit_log WHERE seq = 8); DELETE FROM audit_log WHERE seq <= 8`)
	b.broken("cut", 7, "deleted")
}

// A row whose time was edited takes nothing along that is not due.
func TestExpiryTakesAPrefix(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	b.fill(4)
	b.exec(`UPDATE audit_log SET at = at - interval '10 years' WHERE seq = 3`)
	if n, err := b.Expire(t.Context(), b.list()[0].At.Add(-time.Hour)); n != 0 || err != nil || len(b.list()) != 4 {
		t.Errorf("%d, %v", n, err)
	}
}
