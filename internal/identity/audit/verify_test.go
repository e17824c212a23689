package audit

import (
	"testing"
	"time"
)

// Whoever writes to the database can make a chain that holds. The head that was kept elsewhere shows it.
func TestExpectedHead(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	b.fill(9)
	expect := func(what string, m Mark, seq int64, problem string) {
		t.Helper()
		if rep := b.verify(); !rep.OK {
			t.Fatalf("%s: the chain does not hold by itself: %+v", what, rep.Broken)
		}
		rep, err := b.Verify(t.Context(), &m)
		switch {
		case err != nil:
			t.Fatal(err)
		case problem == "":
			if !rep.OK {
				t.Errorf("%s: %+v", what, rep.Broken)
			}
		case rep.OK || rep.Broken == nil || rep.Broken.Seq != seq || rep.Broken.Problem != problem:
			t.Errorf("%s: %+v %+v, want %d %s", what, rep, rep.Broken, seq, problem)
		}
	}
	list := b.list() // newest first
	mark := func(seq int64) Mark { return Mark{seq, list[9-seq].Digest} }
	head := b.verify().Head
	if head.String() != mark(9).String() {
		t.Fatalf("the head is %s", head)
	}
	var again Mark
	if text, err := head.MarshalText(); err != nil || again.UnmarshalText(text) != nil || again.String() != head.String() {
		t.Errorf("%s became %s: %v", head, again, err)
	}
	expect("the head", head, 0, "")
	expect("a record on the way", mark(4), 0, "")
	expect("the beginning", Mark{0, make(Digest, 32)}, 0, "")
	expect("another beginning", Mark{0, head.Digest}, 0, "edited")
	// The end cut off, and the head set back.
	b.exec(`DELETE FROM audit_log WHERE seq > 7`)
	b.exec(`UPDATE audit_head SET seq = 7, digest = (SELECT digest FROM audit_log WHERE seq = 7)`)
	expect("cut off", head, 8, "deleted")
	expect("an older head", mark(7), 0, "")
	// As many records more hide that from nobody.
	b.fill(2)
	expect("cut off, and gone on", head, 9, "edited")
	// A record edited, and all digests from there on computed anew.
	now := b.list()
	prev := mark(3).Digest
	for seq := int64(4); seq <= 9; seq++ {
		r := now[9-seq]
		if seq == 4 {
			r.Actor = "service:innocent"
		}
		r.Prev = prev
		prev = r.sum(r.Prev)
		b.exec(`UPDATE audit_log SET actor = $2, prev = $3, digest = $4 WHERE seq = $1`, seq, r.Actor, []byte(r.Prev), []byte(prev))
	}
	b.exec(`UPDATE audit_head SET digest = $1`, []byte(prev))
	expect("written anew", Mark{9, now[0].Digest}, 9, "edited")
	expect("written anew, by an older head", mark(5), 5, "edited")
	expect("before that", mark(3), 0, "")
	// What is no longer kept proves nothing, but the last that went.
	if n, err := b.Expire(t.Context(), now[4].At.Add(time.Microsecond)); err != nil || n != 5 {
		t.Fatal(n, err)
	}
	expect("the last that was removed", Mark{5, b.list()[4].Prev}, 0, "")
	expect("not kept", mark(3), 3, "deleted")
}

func TestMarksThatAreNone(t *testing.T) {
	for _, text := range []string{"", "4", "4:", "4:zz", "4:04be", ":04be", "-1:0000000000000000000000000000000000000000000000000000000000000000", "x:0000000000000000000000000000000000000000000000000000000000000000"} {
		if err := new(Mark).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
