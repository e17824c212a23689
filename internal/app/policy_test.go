package app

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/policy"
	"portico/internal/identity/policy/policytest"
)

// knownGroups is a directory that does not change.
type knownGroups map[string][]string

func (g knownGroups) Groups(user string) []string { return g[user] }
func (g knownGroups) Version() uint64             { return 1 }

// byOwners derives relations from spec.owners.
func byOwners(_ entity.Ref, values func(string) []string) (edges []entity.Edge) {
	for _, o := range values("owners") {
		edges = append(edges, entity.Edge{Type: "ownedBy", Inverse: "ownerOf", Target: strings.ToLower(o)})
	}
	return edges
}

// What lists show of the read model is what is decided of each entity, for policies and entities of every kind.
func TestRestrictionsAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	seen, hidden := 0, 0
	for round := range 150 {
		x := index.New(index.Options{Edges: byOwners})
		var rows []index.Row
		for n := range 80 {
			ref, declared, _ := policytest.Entity(rng, n)
			rows = append(rows, index.Row{UID: strconv.Itoa(n), Ref: ref, Revision: 1, JSON: declared})
		}
		snapshot := x.Apply(rows, 1)
		file := filepath.Join(t.TempDir(), "rules.cedar")
		text := policytest.Policies(rng)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := policy.New(policy.Options{
			Paths: []string{file}, Directory: knownGroups(policytest.Groups), Compile: compileFilter,
			Assignments: policy.Assignments{SignedIn: []string{}},
		})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, who := range policytest.People {
			s := policy.Subject{Type: "user", Ref: who, Role: policy.Author}
			v, err := e.View(s)
			if err != nil {
				t.Fatal(err)
			}
			var r *index.Restriction
			if !v.All {
				r = v.Filter.(*index.Restriction)
			}
			listed := map[string]bool{}
			page, _, err := snapshot.List(index.Filters{}, nil, 0, 1000, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, doc := range page {
				listed[doc.Ref()] = true
			}
			for doc := range snapshot.All() {
				res, err := resourceOf(doc)
				if err != nil {
					t.Fatal(err)
				}
				d := e.Decide(s, policy.EntityRead, res)
				if d.Allowed != listed[doc.Ref()] {
					t.Fatalf("round %d: %s reading %s: decided %v (%s), listed %v\n%s\n%s\n%s", round, who, doc.Ref(), d.Allowed, d.Why(), listed[doc.Ref()], doc.JSON(), v.Predicate, text)
				}
				if d.Allowed {
					seen++
				} else {
					hidden++
				}
			}
		}
	}
	if seen < 2000 || hidden < 2000 {
		t.Errorf("%d seen and %d hidden: that shows little", seen, hidden)
	}
}

// More than one filter holds is refused when policies are loaded, also where it is about a few people only.
func TestPoliciesThatNoFilterHolds(t *testing.T) {
	text := `forbid (principal in Group::"group:default/few", action == Action::"catalog.entity.read", resource is Entity) when { false`
	for i := range 17 {
		text += ` || resource.name like "start-` + strconv.Itoa(i) + `*"`
	}
	file := filepath.Join(t.TempDir(), "rules.cedar")
	if err := os.WriteFile(file, []byte(text+" };"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := policy.New(policy.Options{Paths: []string{file}, Compile: compileFilter}); !errs.Is(err, errs.Invalid) || !strings.Contains(errs.Sentence(err), "more than one filter") {
		t.Errorf("seventeen prefixes: %v", err)
	}
}

// Every permission of a route can be named in a policy, with what it does.
func TestPoliciesKnowEveryPermission(t *testing.T) {
	all := permissions()
	for _, r := range Routes() {
		if p, ok := r.Access.Permission(); ok {
			all = append(all, p)
		}
	}
	for _, p := range all {
		if known, ok := policy.ByName(p.Name); !ok || known.Permission != p {
			t.Errorf("%s (%s) is not in the permissions of internal/identity/policy, or does something else there: %+v", p.Name, p.Action, known)
		}
	}
	for _, p := range policy.Permissions() {
		if !slices.Contains(all, p.Permission) {
			t.Errorf("%s can be named in a policy, and no route needs it", p.Name)
		}
	}
}

// The guard is what the catalog asks, for the caller that the gate let in.
func TestGuard(t *testing.T) {
	x := index.New(index.Options{})
	s := x.Apply([]index.Row{
		{UID: "1", Ref: "component:default/shop", Revision: 1, JSON: []byte(`{"kind":"Component","metadata":{"name":"shop"},"spec":{"type":"service","owner":"user:ana"}}`)},
		{UID: "2", Ref: "component:default/vault", Revision: 1, JSON: []byte(`{"kind":"Component","metadata":{"name":"vault","tags":["Secret"]},"spec":{"type":"service","owner":"payments"}}`)},
	}, 1)
	file := filepath.Join(t.TempDir(), "rules.cedar")
	text := `@id("secrets") forbid (principal, action == Action::"catalog.entity.read", resource is Entity) when { resource.tags.contains("secret") } unless { principal is Service };`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := policy.New(policy.Options{Paths: []string{file}, Compile: compileFilter, Assignments: policy.Assignments{SignedIn: []string{"viewer", "owner"}}})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := identity.NewGate(&identity.Guest{Ref: "user:default/guest"}, []identity.StaticToken{
		{Token: "wide-token", Subject: "ci"}, {Token: "narrow-token", Subject: "reader", Restrictions: []identity.Restriction{{Plugin: "catalog", Actions: []string{"read"}}}},
	}, nil, personal{"ana-token", &identity.Principal{Type: "user", Ref: "user:default/ana", DisplayName: "Ana", Role: identity.Author}})
	if err != nil {
		t.Fatal(err)
	}
	gate.Rules = e
	remove := httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
	g := guard{e}
	for _, tt := range []struct {
		token       string
		sees        int
		shop, vault string // what the refusal to remove says; "" is none
	}{
		{"", 1, "no policy permits it", "no policy permits it"},
		{"ana-token", 1, "", "no policy permits it"},
		{"wide-token", 2, "", ""},
		{"narrow-token", 2, "the token was not made for", "the token was not made for"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if tt.token != "" {
			r.Header.Set("Authorization", "Bearer "+tt.token)
		}
		c, err := gate.Admit(r, httpx.Require(policy.EntityRead))
		if err != nil {
			t.Fatal(err)
		}
		ctx := httpx.WithCaller(t.Context(), c)
		docs, _, err := s.List(index.Filters{}, nil, 0, 10, g.Seen(ctx))
		if err != nil || len(docs) != tt.sees {
			t.Errorf("%q sees %d entities (%v), want %d", tt.token, len(docs), err, tt.sees)
		}
		for ref, says := range map[string]string{"component:default/shop": tt.shop, "component:default/vault": tt.vault} {
			err := g.May(ctx, remove, s.ByRef(ref, nil))
			if (err == nil) != (says == "") || err != nil && (!errs.Is(err, errs.Forbidden) || !strings.Contains(errs.Sentence(err), says) || errs.Remedy(err) == "") {
				t.Errorf("%q removing %s: %v, want %q", tt.token, ref, err, says)
			}
		}
	}
	if docs, _, err := s.List(index.Filters{}, nil, 0, 10, g.Seen(t.Context())); err != nil || len(docs) != 0 {
		t.Errorf("nobody sees %d entities: %v", len(docs), err)
	}
	if err := g.May(t.Context(), remove, nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("nobody may: %v", err)
	}
}

// personal knows one token.
type personal struct {
	token string
	is    *identity.Principal
}

func (p personal) Bearer(_ context.Context, token string) (*identity.Principal, error) {
	if token != p.token {
		return nil, nil
	}
	return p.is, nil
}

func TestGroupsIn(t *testing.T) {
	x := index.New(index.Options{})
	s := x.Apply([]index.Row{
		{UID: "1", Ref: "user:default/ana", Revision: 1, JSON: []byte(`{"kind":"User","metadata":{"name":"ana"},"spec":{"memberOf":["Payments"]}}`)},
		{UID: "2", Ref: "group:default/payments", Revision: 1, JSON: []byte(`{"kind":"Group","metadata":{"name":"payments"},"spec":{"parent":"division","children":[]}}`)},
		{UID: "3", Ref: "group:default/division", Revision: 1, JSON: []byte(`{"kind":"Group","metadata":{"name":"division"},"spec":{"parent":"payments","children":[]}}`)},
		{UID: "4", Ref: "group:default/guild", Revision: 1, JSON: []byte(`{"kind":"Group","metadata":{"name":"guild"},"spec":{"children":[],"members":["ana"]}}`)},
	}, 1)
	got := groupsIn(s, "user:default/ana", nil)
	slices.Sort(got)
	if strings.Join(got, " ") != "group:default/division group:default/guild group:default/payments" {
		t.Errorf("groups %v", got)
	}
	if got := groupsIn(s, "user:default/nobody", nil); got != nil {
		t.Errorf("somebody who is not there is in %v", got)
	}
}

// What a person declares cannot make a catalog pass for one that was, in which they belonged to a group.
func TestGroupsHangOnNoContent(t *testing.T) {
	x := index.New(index.Options{})
	g := groupsOf{&App{index: x}}
	user := func(member string) []index.Row {
		return []index.Row{{UID: "u", Ref: "user:default/ann", Revision: 1, JSON: []byte(
			`{"apiVersion":"backstage.io/v1alpha1","kind":"User","metadata":{"name":"ann","namespace":"default"},"spec":{"memberOf":[` + member + `]}}`)}}
	}
	x.Apply([]index.Row{{UID: "g", Ref: "group:default/pilots", Revision: 1, JSON: []byte(
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Group","metadata":{"name":"pilots","namespace":"default"},"spec":{"type":"team","children":[]}}`)}}, 1)
	versions := map[uint64]bool{g.Version(): true}
	first := x.Apply(user(`"pilots"`), 2).Digest()
	versions[g.Version()] = true
	if got := g.Groups("user:default/ann"); !slices.Equal(got, []string{"group:default/pilots"}) {
		t.Fatalf("ann belongs to %v", got)
	}
	x.Apply(user(""), 3)
	versions[g.Version()] = true
	if got := g.Groups("user:default/ann"); len(got) > 0 {
		t.Fatalf("ann belongs to %v", got)
	}
	if again := x.Apply(user(`"pilots"`), 4).Digest(); again != first {
		t.Fatal("the same content has another digest: this test shows nothing")
	}
	versions[g.Version()] = true
	if len(versions) != 4 {
		t.Errorf("four snapshots have %d versions", len(versions))
	}
}
