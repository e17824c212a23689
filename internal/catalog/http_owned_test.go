package catalog

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// asked answers one request of a handler.
func asked(t *testing.T, fn httpx.HandlerFunc, query string, into any) error {
	t.Helper()
	rec := httptest.NewRecorder()
	err := fn(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/"+query, nil))
	if err == nil {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	return err
}

// The rows of Home are true: what is broken comes first, says where, and what changed around it is told of it and of what
// it needs, also of what is no more.
func TestOwnedAndAround(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	service := func(name, more string) string {
		return doc("Component", name, false, "type: service, lifecycle: production, owner: group:default/payments"+more)
	}
	w.set("/a/ledger.yaml", service("ledger", `, dependsOn: ["component:default/db", "component:default/gone"]`))
	w.set("/a/calm.yaml", service("calm", ""))
	w.set("/a/broken.yaml", service("broken", ""))
	w.set("/a/db.yaml", doc("Component", "db", false, "type: service, lifecycle: deprecated, owner: group:default/platform"))
	w.set("/a/gone.yaml", doc("Component", "gone", false, "type: service, lifecycle: production, owner: group:default/platform"))
	w.set("/a/far.yaml", doc("Component", "far", false, "type: service, lifecycle: production, owner: group:default/platform"))
	src := w.source("/a/*.yaml")[0]
	w.refresh(src)
	w.set("/a/broken.yaml", doc("Component", "broken", false, "type: service"))
	w.set("/a/db.yaml", doc("Component", "db", false, "type: database, lifecycle: deprecated, owner: group:default/platform"))
	w.set("/a/far.yaml", doc("Component", "far", false, "type: database, lifecycle: production, owner: group:default/platform"))
	w.refresh(src)
	w.removeByHand("component:default/gone")
	w.catchUp()
	h := w.operator()

	var owned struct {
		Total  int
		Kinds  map[string]int
		Levels map[string]int
		Items  []struct {
			Entity    struct{ Metadata struct{ Name string } }
			ChangedAt string
			Level     int
			Needs     []struct{ What, Ref, Message string }
		}
	}
	if err := asked(t, h.getOwned, "?owner=group:default/payments&limit=2", &owned); err != nil {
		t.Fatal(err)
	}
	if owned.Total != 3 || owned.Kinds["component"] != 3 || owned.Levels["bad"] != 1 || owned.Levels["warn"] != 1 || len(owned.Items) != 2 {
		t.Fatalf("%+v", owned)
	}
	first, second := owned.Items[0], owned.Items[1]
	if first.Entity.Metadata.Name != "broken" || first.Level != 3 || first.ChangedAt == "" || !strings.Contains(first.Needs[0].Message, "broken.yaml:") {
		t.Errorf("the first is %+v", first)
	}
	if second.Entity.Metadata.Name != "ledger" || len(second.Needs) != 2 || second.Needs[0].What != "absent" || second.Needs[1].What != "deprecated" {
		t.Errorf("the second is %+v", second)
	}

	var around struct {
		Items []struct {
			Ref, Op string
			Own     bool
			For     []string
		}
	}
	if err := asked(t, h.getOwnedChanges, "?owner=group:default/payments", &around); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, c := range around.Items {
		told = append(told, strings.TrimPrefix(c.Ref, "component:default/")+" "+c.Op)
		if own := slices.Contains([]string{"ledger", "calm", "broken"}, strings.TrimPrefix(c.Ref, "component:default/")); own != c.Own || !own && !slices.Equal(c.For, []string{"component:default/ledger"}) {
			t.Errorf("%+v", c)
		}
	}
	for _, want := range []string{"gone removed", "db updated", "ledger created", "broken updated"} {
		if !slices.Contains(told, want) {
			t.Errorf("%q is not told: %v", want, told)
		}
	}
	if slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, "far") }) || told[0] != "gone removed" {
		t.Errorf("told: %v", told)
	}
	w.exec(`UPDATE catalog_changes SET at = now() - interval '8 days' WHERE op = 'created'`)
	around.Items = nil
	if err := asked(t, h.getOwnedChanges, "?owner=group:default/payments", &around); err != nil || len(around.Items) == 0 || slices.ContainsFunc(around.Items, func(c struct {
		Ref, Op string
		Own     bool
		For     []string
	}) bool {
		return c.Op == "created"
	}) {
		t.Errorf("older than a week: %+v, %v", around.Items, err)
	}
	for name, q := range map[string]string{"no owner": "", "no ref": "?owner=payments", "too many": "?" + strings.Repeat("owner=group:default/a&", 101), "a text": "?owner=group:default/a&limit=x"} {
		if err := asked(t, h.getOwned, q, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindByRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("/a.yaml", doc("Component", "payments-ledger", false, "type: service, lifecycle: production, owner: group:default/payments")+
		"---\n"+doc("API", "payments-v1", false, "type: openapi, lifecycle: production, owner: group:default/payments, definition: a long one")+
		"---\n"+doc("Group", "payments", false, "type: team, children: []"))
	w.refresh(w.source("/a.yaml")[0])
	h := w.operator()
	var found struct {
		Total  int
		Counts map[string]int
		Kinds  map[string]int
		Items  []struct {
			Kind     string
			Metadata struct{ Name string }
			Spec     map[string]any
		}
	}
	if err := asked(t, h.getFind, "?q=pay&scope=apis", &found); err != nil {
		t.Fatal(err)
	}
	if found.Total != 1 || len(found.Items) != 1 || found.Items[0].Metadata.Name != "payments-v1" || found.Items[0].Spec["definition"] != nil {
		t.Errorf("%+v", found)
	}
	if c := found.Counts; c["all"] != c["catalog"]+c["apis"]+c["people"] || c["apis"] != 1 || c["people"] != 1 {
		t.Errorf("%v", c)
	}
	if err := asked(t, h.getFind, "?q=pay&scope=apis&kind=Group", &found); err != nil || found.Total != 1 || len(found.Items) != 1 || found.Items[0].Kind != "Group" {
		t.Errorf("of one kind: %+v (%v)", found, err)
	}
	if k := found.Kinds; k["component"] != 1 || k["api"] != 1 || k["group"] != 1 {
		t.Errorf("by kind: %v", k)
	}
	for name, q := range map[string]string{"no words": "", "blanks": "?q=+", "no scope": "?q=a&scope=docs", "many words": "?q=a+b+c+d+e+f+g+h+i"} {
		if err := asked(t, h.getFind, q, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
