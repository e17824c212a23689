package policy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// groups is a directory that does not change.
type groups map[string][]string

func (g groups) Groups(user string) []string { return g[user] }
func (g groups) Version() uint64             { return 1 }

func written(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.cedar")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// engine is one with the policies of a text beside the shipped ones.
func engine(t testing.TB, text string, o Options) *Engine {
	t.Helper()
	if text != "" {
		o.Paths = []string{written(t, text)}
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func entity(t testing.TB, ref, json string, owners ...string) *Resource {
	t.Helper()
	r, err := NewResource(ref, []byte(json), owners)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	guest = Subject{Type: "guest", Ref: "user:default/guest", Role: Viewer}
	here  = Subject{Type: "guest", Ref: "user:default/guest", Role: Admin}
	ana   = Subject{Type: "user", Ref: "user:default/ana", Role: Author}
	bob   = Subject{Type: "user", Ref: "user:default/Bob", Role: Author}
	ci    = Subject{Type: "service", Ref: "service:ci", Role: Admin}
)

func perm(t testing.TB, name string) httpx.Permission {
	t.Helper()
	p, ok := ByName(name)
	if !ok {
		t.Fatalf("no permission %s", name)
	}
	return p.Permission
}

// Without a file of one's own, everybody may what they might before there were policies.
func TestShipped(t *testing.T) {
	e := Default()
	everybody := []Subject{guest, ana, here, ci}
	for name, want := range map[string][]Subject{
		"catalog.entity.read":      everybody,
		"catalog.location.read":    everybody,
		"catalog.ingestion.read":   {ana, here, ci},
		"portico.audit.read":       {ana, here, ci},
		"portico.policy.read":      {here, ci},
		"portico.policy.explain":   {here, ci},
		"catalog.entity.refresh":   {ana, here, ci},
		"catalog.entity.validate":  everybody,
		"catalog.location.create":  {ana, here, ci},
		"catalog.location.analyze": {ana, here, ci},
		"catalog.location.delete":  {here, ci},
		"catalog.entity.delete":    {here, ci},
		"catalog.ingestion.manage": {here, ci},
	} {
		for _, who := range everybody {
			if got := e.Allow(who, perm(t, name)).Allowed; got != slices.Contains(want, who) {
				t.Errorf("%s %s as %s: %v", who.Ref, name, who.Role, got)
			}
		}
	}
	for _, who := range everybody {
		if v, err := e.View(who); err != nil || !v.All {
			t.Errorf("%s as %s does not see everything: %v", who.Ref, who.Role, err)
		}
	}
	if e.Allow(Subject{Type: "user", Ref: "user:default/x"}, EntityRead).Allowed {
		t.Error("who has no role reads")
	}
	unknown := httpx.Permission{Name: "techdocs.page.read", Action: "read"}
	if !e.Allow(guest, unknown).Allowed || e.Allow(guest, httpx.Permission{Name: "techdocs.page.read"}).Allowed {
		t.Error("a permission that policies cannot name is decided by what it does")
	}
}

func TestRoles(t *testing.T) {
	o := Options{
		Assignments: Assignments{
			Roles:    map[string][]string{Operator: {"group:default/Platform"}, Admin: {"user:default/ana"}, Owner: {"group:default/everyone"}, "auditor": {"service:ci"}},
			SignedIn: []string{Viewer},
		},
		Directory: groups{"user:default/bob": {"group:default/platform"}, "user:default/cem": {"group:default/team", "group:default/everyone"}},
	}
	e := engine(t, `permit (principal in Role::"auditor", action == Action::"portico.audit.read", resource);`, o)
	cem := Subject{Type: "user", Ref: "user:default/cem", Role: Author}
	tests := []struct {
		name string
		who  Subject
		perm string
		res  *Resource
		want bool
	}{
		{"an admin by name", ana, "portico.policy.read", nil, true},
		{"an operator by group, in another case", bob, "catalog.location.delete", nil, true},
		{"an operator is no admin", bob, "portico.policy.read", nil, true},
		{"signed in, and a viewer", cem, "catalog.location.create", nil, false},
		{"an owner, by a group", cem, "catalog.entity.delete", entity(t, "component:default/a", `{"kind":"Component"}`, "group:default/Team"), true},
		{"an owner, by themselves", cem, "catalog.entity.delete", entity(t, "component:default/a", `{"kind":"Component"}`, "user:default/cem"), true},
		{"what others own", cem, "catalog.entity.delete", entity(t, "component:default/a", `{"kind":"Component"}`, "group:default/platform"), false},
		{"a role of one's own", Subject{Type: "service", Ref: "service:ci"}, "portico.audit.read", nil, true},
		{"a role of one's own, no more", Subject{Type: "service", Ref: "service:ci"}, "catalog.ingestion.read", nil, false},
		{"a guest belongs to nobody", Subject{Type: "guest", Ref: "user:default/ana", Role: Viewer}, "catalog.location.delete", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := e.Decide(tt.who, perm(t, tt.perm), tt.res); got.Allowed != tt.want {
				t.Errorf("%v (%s), want %v", got.Allowed, got.Why(), tt.want)
			}
		})
	}
	if got := strings.Join(e.RolesThat(cem, perm(t, "catalog.location.delete"), nil), " "); got != "operator admin" {
		t.Errorf("the roles that would: %s", got)
	}
}

// moving is a directory whose people move.
type moving struct {
	version uint64
	now     groups
}

func (m *moving) Groups(user string) []string { return m.now[user] }
func (m *moving) Version() uint64             { return m.version }

// Who joins a group, or leaves it, may at once what its members may, and no longer.
func TestGroupsChange(t *testing.T) {
	dir := &moving{version: 1, now: groups{}}
	e := engine(t, `
		permit (principal in Group::"group:default/platform", action == Action::"catalog.location.delete", resource);
		forbid (principal, action == Action::"catalog.entity.read", resource is Entity) unless { principal in Group::"group:default/platform" };`,
		Options{Directory: dir, Assignments: Assignments{Roles: map[string][]string{Operator: {"group:default/operators"}}}})
	remove := perm(t, "catalog.location.delete")
	view := func() *View {
		t.Helper()
		v, err := e.View(ana)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := view()
	if e.Allow(ana, remove).Allowed || before.All {
		t.Fatal("a stranger may")
	}
	dir.version++
	if view() != before {
		t.Error("a change that does not concern somebody makes their view anew")
	}
	dir.version, dir.now = 3, groups{"user:default/ana": {"group:default/Platform"}}
	if !e.Allow(ana, remove).Allowed || !view().All {
		t.Error("a new member may not")
	}
	dir.version, dir.now = 4, groups{"user:default/ana": {"group:default/operators"}}
	if !e.Allow(ana, remove).Allowed || view().All {
		t.Error("a role by a new group does not count, or the old group does")
	}
	dir.version, dir.now = 5, groups{}
	if e.Allow(ana, remove).Allowed || view().All {
		t.Error("who left may still")
	}
}

func TestForbidWins(t *testing.T) {
	e := engine(t, `
		@id("no-secrets") @description("payments keeps these to itself")
		forbid (principal, action == Action::"catalog.entity.read", resource is Entity)
		when { resource.labels.contains("Visibility=secret") } unless { principal in resource.owners };`, Options{
		Directory: groups{"user:default/bob": {"group:default/payments"}},
	})
	secret := entity(t, "component:default/vault", `{"kind":"Component","metadata":{"name":"vault","labels":{"visibility":"Secret"}}}`, "group:default/payments")
	d := e.Decide(here, EntityRead, secret)
	if d.Allowed || len(d.Because) != 1 || !strings.Contains(d.Why(), `the policy "no-secrets"`) || !strings.Contains(d.Why(), "keeps these to itself") {
		t.Errorf("a forbid does not win over an admin, or does not say why: %s", d.Why())
	}
	if d := e.Decide(bob, EntityRead, secret); !d.Allowed {
		t.Errorf("an owner does not see it: %s", d.Why())
	}
	v, err := e.View(ana)
	if err != nil || v.All || !strings.Contains(string(v.Predicate), `"metadata.labels.visibility":{"$in":["secret"]}`) {
		t.Errorf("view %s: %v", v.Predicate, err)
	}
}

// What has no counterpart in the read model is asked of Cedar, beside what has.
func TestWhatFiltersCannotSay(t *testing.T) {
	e := engine(t, `
		@id("web") permit (principal is User, action == Action::"catalog.entity.delete", resource is Entity) when { resource.name like "*-WEB" };
		@id("prod") forbid (principal, action == Action::"catalog.entity.delete", resource is Entity) when { resource.name like "*prod*" };
		@id("tagged") forbid (principal, action == Action::"catalog.entity.delete", resource is Entity) when { resource.tags.contains("keep") };`, Options{})
	remove := perm(t, "catalog.entity.delete")
	for _, tt := range []struct {
		who  Subject
		name string
		tags string
		want string
	}{
		{ana, "shop-web", "[]", "web"}, {ana, "shop", "[]", ""}, {ana, "prod-web", "[]", "prod"}, {here, "prod-web", `["keep"]`, "prod tagged"},
		{ana, "shop-web", `["keep"]`, "tagged"}, {here, "Shop-Web", "[]", "operator admin"},
	} {
		res := entity(t, "component:default/"+tt.name, `{"kind":"Component","metadata":{"name":"`+tt.name+`","tags":`+tt.tags+`}}`)
		d := e.Decide(tt.who, remove, res)
		var by []string
		for _, p := range d.Because {
			by = append(by, p.ID)
		}
		if got := strings.Join(by, " "); got != tt.want || d.Allowed != (got == "web" || got == "operator admin") {
			t.Errorf("%s removing %s %s: %v by %q, want by %q", tt.who.Ref, tt.name, tt.tags, d.Allowed, got, tt.want)
		}
	}
	if remove := perm(t, "catalog.location.delete"); !e.Decide(here, remove, entity(t, "location:default/x", `{"kind":"Location"}`)).Allowed || e.Decide(ana, remove, entity(t, "location:default/x", `{"kind":"Location"}`)).Allowed {
		t.Error("a permission on the portal hangs on an entity")
	}
	if !e.Allow(ana, remove).Allowed || e.Allow(guest, remove).Allowed {
		t.Error("whether there can be any is told wrongly")
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"not Cedar", "permit (principal, action);", ":1:"},
		{"an unknown permission", "\npermit (principal, action == Action::\"catalog.entity.reed\", resource);", ":2: unrecognized action"},
		{"an unknown type", `permit (principal is Person, action, resource);`, "Person"},
		{"an unknown attribute", `forbid (principal, action == Action::"catalog.entity.delete", resource) when { resource.colour == "red" };`, "colour"},
		{"what may be missing", `forbid (principal, action == Action::"catalog.entity.delete", resource) when { resource.type == "x" };`, "type"},
		{"an unknown role", `permit (principal in Role::"boss", action, resource);`, `there is no role "boss"`},
		{"no ref", `permit (principal in Group::"payments", action, resource);`, `Group::"group:default/payments"`},
		{"no service", `permit (principal == Service::"ci", action, resource);`, `Service::"service:ci"`},
		{"an @id twice", `@id("viewer") permit (principal, action, resource);`, `(shipped)`},
		{"what lists cannot show", `forbid (principal, action, resource is Entity) when { resource.name like "*-prod" };`, "no exact counterpart"},
		{"two attributes compared", `forbid (principal, action, resource is Entity) when { resource.name == resource.kind };`, "no exact counterpart"},
		{"behind what is never so", `forbid (principal in Group::"group:default/x", action, resource is Entity) when { false && resource.name like "*-prod" };`, "no exact counterpart"},
		{"a long text", `forbid (principal, action, resource is Entity) when { resource.name == "` + strings.Repeat("x", 161) + `" };`, "longer than 160"},
		{"deep", "\npermit (principal, action, resource) when { " + strings.Repeat("(", 1<<19), ":2: brackets are nested"},
		{"many nots", `permit (principal, action, resource) when { ` + strings.Repeat("! ", 5) + `true };`, ":1: more than 4 times !"},
		{"long", `permit (principal, action, resource) when { ` + strings.Repeat("true ||\n", 3000) + `true };`, "a policy is longer"},
		{"times", `forbid (principal, action, resource) when { datetime("2024-10-15") < datetime("2024-10-16") };`, "is not understood here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(Options{Paths: []string{written(t, tt.text)}})
			if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.Sentence(err), tt.want) || !strings.Contains(errs.Sentence(err), "rules.cedar:") {
				t.Errorf("%v, want a sentence with %q", err, tt.want)
			}
		})
	}
	if _, err := New(Options{Paths: []string{t.TempDir()}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an empty folder: %v", err)
	}
	engine(t, `forbid (principal, action == Action::"catalog.entity.delete", resource) when { resource.name like "*-prod" };`, Options{})
}

func TestLoadKeepsTheLast(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.cedar")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`forbid (principal, action == Action::"catalog.location.create", resource);`)
	e, err := New(Options{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	create := perm(t, "catalog.location.create")
	if e.Allow(ana, create).Allowed {
		t.Fatal("the forbid does not count")
	}
	write(`forbid (`)
	if err := e.Load(); err == nil || e.Allow(ana, create).Allowed || e.Status().Error == "" || e.Status().Generation != 1 {
		t.Errorf("a bad file: %v, %+v", err, e.Status())
	}
	write(`// nothing`)
	if err := e.Load(); err != nil || !e.Allow(ana, create).Allowed || e.Status().Error != "" || e.Status().Generation != 2 {
		t.Errorf("a good file again: %v, %+v", err, e.Status())
	}
	if err := e.Load(); err != nil || e.Status().Generation != 2 {
		t.Errorf("the same file: %v, %+v", err, e.Status())
	}
}
