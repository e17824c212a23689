package app

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/identity/policy"
	"portico/internal/identity/policy/policytest"
)

// byMembers derives relations from spec.owners and spec.memberOf.
func byMembers(self entity.Ref, values func(string) []string) []entity.Edge {
	edges := byOwners(self, values)
	for _, g := range values("memberOf") {
		edges = append(edges, entity.Edge{Type: "memberOf", Inverse: "hasMember", Target: strings.ToLower(g)})
	}
	return edges
}

// TestSeenAfterChanges changes a portal at random: entities get other owners, namespaces and tags, go and come back, people
// change groups, policies are loaded anew. What people see after each step, whoever asked meanwhile and whoever did not, is
// what a portal shows that begins with what there is then.
func TestSeenAfterChanges(t *testing.T) {
	compared, shown, hidden, moved, loaded := 0, 0, 0, 0, 0
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 11))
		x := index.New(index.Options{Edges: byMembers})
		rows := map[string]index.Row{}
		revision := int64(0)
		put := func(batch ...index.Row) {
			revision++
			for i := range batch {
				batch[i].Revision = revision
				if batch[i].Deleted {
					delete(rows, batch[i].Ref)
				} else {
					rows[batch[i].Ref] = batch[i]
				}
			}
			x.Apply(batch, revision)
		}
		some := func(n int) index.Row {
			_, declared, _ := policytest.Entity(rng, n)
			return index.Row{UID: strconv.Itoa(n), Ref: "component:default/e-" + strconv.Itoa(n), JSON: declared}
		}
		person := func(who string) index.Row {
			groups := []string{}
			for _, g := range []string{"payments", "platform", "division", "other"} {
				if rng.IntN(3) == 0 {
					groups = append(groups, `"group:default/`+g+`"`)
				}
			}
			_, name, _ := strings.Cut(who, "/")
			return index.Row{UID: who, Ref: who, JSON: []byte(`{"kind":"User","metadata":{"name":"` + name + `"},"spec":{"memberOf":[` + strings.Join(groups, ",") + `]}}`)}
		}
		for n := range 40 {
			put(some(n))
		}
		file := filepath.Join(t.TempDir(), "rules.cedar")
		write := func() {
			if err := os.WriteFile(file, []byte(policytest.Policies(rng)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write()
		engine := func(x *index.Index) *policy.Engine {
			e, err := policy.New(policy.Options{Paths: []string{file}, Directory: groupsOf{&App{index: x}}, Compile: compileFilter, Assignments: policy.Assignments{SignedIn: []string{}}})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		e := engine(x)
		for range 60 {
			switch rng.IntN(12) {
			case 0, 1:
				put(person(policytest.People[rng.IntN(len(policytest.People))]))
				moved++
			case 2:
				write()
				if err := e.Load(); err != nil {
					t.Fatal(err)
				}
				loaded++
			case 3, 4:
				put(index.Row{Ref: "component:default/e-" + strconv.Itoa(rng.IntN(50)), Deleted: true})
			default:
				put(some(rng.IntN(50)), some(rng.IntN(50)))
			}
			var fresh *index.Index
			for _, who := range policytest.People {
				if rng.IntN(3) == 0 {
					continue
				}
				if fresh == nil {
					fresh = index.New(index.Options{Edges: byMembers})
					fresh.Apply(slices.Collect(maps.Values(rows)), revision)
				}
				s := policy.Subject{Type: "user", Ref: who, Role: policy.Author}
				got, want := sightOf(t, x, e, s), sightOf(t, fresh, engine(fresh), s)
				if !bytes.Equal(got, want) {
					t.Fatalf("seed %d, revision %d: %s sees\n%s\nand of a portal that begins here\n%s", seed, revision, who, got, want)
				}
				compared++
				n := bytes.Count(got, []byte("\n"))
				shown, hidden = shown+n, hidden+len(rows)-n
			}
		}
	}
	t.Logf("%d compared, %d entities shown and %d hidden, %d times somebody changed groups, %d times policies were loaded", compared, shown, hidden, moved, loaded)
	if compared < 500 || shown < 1000 || hidden < 1000 || moved < 50 || loaded < 20 {
		t.Error("this shows little")
	}
}

// sightOf is all that somebody sees, an entity a line, and facets and a page of it in the last.
func sightOf(t *testing.T, x *index.Index, e *policy.Engine, who policy.Subject) []byte {
	t.Helper()
	s, r := x.Snapshot(), guard{e}.seenBy(who)
	docs, _, err := s.List(index.Filters{}, nil, 0, -1, r)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, d := range docs {
		out = append(d.AppendJSON(out), '\n')
	}
	page, err := s.Query(index.Query{Order: []index.Order{{Field: "metadata.name"}}, Limit: 5, Text: index.TextQuery{Term: "e", Fields: []string{"metadata.name", "relations.ownedby"}}}, r)
	if err != nil {
		t.Fatal(err)
	}
	out = index.AppendPage(out, &page, nil, nil)
	return index.AppendFacets(out, s.Facets([]string{"metadata.tags", "relations.ownedBy", "relations.hasMember"}, index.Filters{}, r))
}
