package index

import (
	"bytes"
	"slices"
	"testing"
)

// TestCarriedVeils changes a catalog at random and asks it meanwhile as readers with restrictions, some of them not of every
// snapshot. What is made of an earlier veil must be what judging everything makes, documents without their hidden relations
// among it.
func TestCarriedVeils(t *testing.T) {
	carried, flipped, kept, covered := 0, 0, 0, 0
	for seed := range uint64(60) {
		c := newCatalog(seed)
		c.change(40)
		var readers []*Restriction
		for range 12 {
			readers = append(readers, Restrict(mustPredicate(t, c.g.cond(2))))
		}
		readers = append(readers, Restrict(nil))
		for range 40 {
			c.change(1 + c.g.r.IntN(4))
			s := c.x.Snapshot()
			for _, r := range readers {
				if c.g.r.IntN(3) == 0 {
					continue // not asked this time
				}
				before := s.memo.carried[r.allow.key]
				v := s.veil(r)
				want := s.every([]*expr{r.allow.root}, nil)
				if got := v.visible.list(); !slices.Equal(got, want.list()) || v.visible.n != want.n {
					t.Fatalf("seed %d, restriction %s: seen are %v (%d), and of nothing %v", seed, r.allow.json, got, v.visible.n, want.list())
				}
				if before.veil != nil {
					carried++
					if v.covers == before.covers {
						kept++
					} else {
						flipped++
					}
				}
				for id := range want.all() {
					d := s.docs.get(id)
					got := v.doc(d)
					anew := (&veil{visible: want, covers: new(covers)}).doc(d)
					if !bytes.Equal(got.JSON(), anew.JSON()) {
						t.Fatalf("seed %d, restriction %s: %s is\n%s, and of nothing\n%s", seed, r.allow.json, d.ref, got.JSON(), anew.JSON())
					}
					if got != d {
						covered++
					}
				}
			}
			c.sides(t, s)
		}
	}
	t.Logf("%d veils made of earlier ones, %d of them seeing the same, and %d documents without some relations", carried, kept, covered)
	if carried == 0 || kept == 0 || flipped == 0 || covered == 0 {
		t.Error("this tests nothing")
	}
}

// sides checks what fields know of who gives relations.
func (c *catalog) sides(t *testing.T, s *Snapshot) {
	t.Helper()
	own, given := map[fieldID][]uint32{}, map[fieldID][]uint32{}
	for id := range s.live.all() {
		for _, r := range s.docs.get(id).rels {
			in := given
			if r.from == declared {
				in = own
			}
			if l := in[r.typ.field]; len(l) == 0 || l[len(l)-1] != id {
				in[r.typ.field] = append(l, id)
			}
		}
	}
	for i, f := range s.fields {
		if f == nil {
			continue
		}
		id := fieldID(i)
		if !slices.Equal(f.own.list(), own[id]) || !slices.Equal(f.given.list(), given[id]) {
			t.Fatalf("field %d: own %v, should be %v; given %v, should be %v", id, f.own.list(), own[id], f.given.list(), given[id])
		}
	}
}

// A veil that nobody asks for is not carried for ever, and neither are more of them than a portal has readers.
func TestCarriedVeilsAreBounded(t *testing.T) {
	c := newCatalog(1)
	c.change(30)
	ask := func(s *Snapshot, kind string) {
		s.ByRef("component:default/n1", Restrict(mustPredicate(t, condIn{"kind", []string{kind}})))
	}
	for i := range 3 * maxCarried {
		ask(c.change(1), string(rune('a'+i%26))+string(rune('a'+i/26)))
		if n := len(c.x.Snapshot().memo.carried); n > maxCarried {
			t.Fatalf("%d veils are carried", n)
		}
	}
	if n := len(c.x.Snapshot().memo.carried); n < maxCarried/2 {
		t.Errorf("%d veils are carried: this tests nothing", n)
	}
	for range 2 * maxChanged {
		for _, v := range c.change(1).memo.carried {
			if len(v.changed) > maxChanged {
				t.Fatalf("%d changed documents are carried", len(v.changed))
			}
		}
	}
	if n := len(c.x.Snapshot().memo.carried); n > 0 {
		t.Errorf("%d veils are carried that nobody asked for", n)
	}
}
