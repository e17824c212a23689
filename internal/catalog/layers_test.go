package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"portico/internal/catalog/layer"
	"portico/internal/errs"
	"portico/internal/identity/audit"
)

// guess makes a repository of the folder one of which something was inferred: entities of its own, and layers.
func (w *world) guess(dir, data string, layers ...layer.Layer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.guesses == nil {
		w.guesses = map[string][]File{}
	}
	if data == "" && layers == nil {
		delete(w.guesses, dir)
		return
	}
	text := []byte(data)
	if data == "" {
		text = nil
	}
	w.guesses[dir] = []File{{
		Location: Location{Type: typeInferred, Target: dir}, Name: strings.TrimPrefix(dir, "/"), Data: text, Layers: layers,
		Revision: fmt.Sprintf("%x", xxhash.Sum64String(data+fmt.Sprint(layers))),
	}}
}

func inferred(ref, entity string, evidence ...layer.Evidence) layer.Layer {
	return layer.Layer{Ref: ref, Entity: json.RawMessage(entity), Evidence: evidence}
}

// fact is a field of an entity: its value and the layer that it is from, "declared" or "set by user:default/ines".
func (w *world) facts(ref string) map[string]string {
	w.t.Helper()
	p, err := w.store.provenance(w.t.Context(), ref, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range p.Fields {
		text := strings.Trim(string(f.Value), `"`) + " " + f.Layer
		if f.By != "" {
			text += " by " + f.By
		}
		for _, e := range f.Evidence {
			if e.File != "" {
				text += fmt.Sprintf(" %s:%d", e.File, e.Line)
			}
		}
		if f.Alias != nil {
			text += " for " + f.Alias.Says
		}
		for _, d := range f.Differs {
			text += " ≠ " + strings.Trim(string(d.Value), `"`) + " " + d.Layer
		}
		out[f.Path] = text
	}
	return out
}

func (w *world) wantFacts(ref string, want map[string]string) {
	w.t.Helper()
	got := w.facts(ref)
	for path := range got {
		if _, asked := want[path]; !asked {
			delete(got, path)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		w.t.Errorf("facts of %s (-want +got):\n%s", ref, d)
	}
}

func (w *world) field(ref, path string) string {
	w.t.Helper()
	d := w.ix.Snapshot().ByRef(ref, nil)
	if d == nil {
		w.t.Fatalf("%s is not there", ref)
	}
	var v any
	if err := json.Unmarshal(d.JSON(), &v); err != nil {
		w.t.Fatal(err)
	}
	for key := range strings.SplitSeq(path, "|") {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (w *world) layerRows() (rows []string) {
	w.t.Helper()
	list, err := w.store.db.Query(w.t.Context(), `SELECT ref || ' ' || layer FROM catalog_layers ORDER BY 1`)
	if err != nil {
		w.t.Fatal(err)
	}
	for list.Next() {
		var s string
		if err := list.Scan(&s); err != nil {
			w.t.Fatal(err)
		}
		rows = append(rows, s)
	}
	return rows
}

func (w *world) wantRows(want ...string) {
	w.t.Helper()
	if d := cmp.Diff(want, w.layerRows()); d != "" {
		w.t.Errorf("rows of catalog_layers (-want +got):\n%s", d)
	}
}

func (w *world) overlay(ref, set string) error {
	w.t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(set), &fields); err != nil {
		w.t.Fatal(err)
	}
	_, err := w.store.SetOverlay(w.t.Context(), ref, fields, audit.System("user:default/ines"))
	w.catchUp()
	return err
}

func (w *world) mustOverlay(ref, set string) {
	w.t.Helper()
	if err := w.overlay(ref, set); err != nil {
		w.t.Fatal(err)
	}
}

const (
	shop      = "component:default/shop"
	shopGuess = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: shop\n  description: Guessed\n  tags: [go]\n  annotations: {portico.dev/inferred: \"true\", portico.dev/owner-inferred: \"true\"}\n" +
		"spec: {type: service, lifecycle: experimental, owner: team-guess}\n"
)

func shopLayer() layer.Layer {
	return inferred(shop, `{"metadata":{"description":"Guessed","tags":["go"],"annotations":{"backstage.io/techdocs-ref":"dir:."}},"spec":{"owner":"team-guess","system":"web"}}`,
		layer.Evidence{Field: "metadata.description", File: "README.md", Line: 3, Says: "the first paragraph", Sure: layer.Stated},
		layer.Evidence{Field: "spec.system", File: "go.mod", Line: 1, Says: "its group", Sure: layer.Guess})
}

func TestWhatIsDeclaredAloneHasNoLayers(t *testing.T) {
	w := newWorld(t)
	w.set("/d/a.yaml", component("shop", ""))
	w.refresh(w.source("/d/*.yaml")[0])
	w.wantRows()
	w.wantFacts(shop, map[string]string{"spec.owner": "team-a declared a.yaml:8", "spec.type": "service declared a.yaml:6"})
}

func TestInferredUnderDeclared(t *testing.T) {
	w := newWorld(t)
	w.set("/d/a.yaml", component("shop", ""))
	w.guess("/d", "", shopLayer())
	src := w.source("/d/*.yaml")[0]
	if o := w.refresh(src); o.State != "current" {
		t.Fatalf("a file of layers alone is a fault: %+v", o)
	}
	w.wantRows(shop+" declared", shop+" inferred")
	w.wantOps(shop, "created", "updated")
	w.wantFacts(shop, map[string]string{
		"metadata.description": "Guessed inferred README.md:3", "spec.system": "web inferred go.mod:1", "metadata.tags[go]": "go inferred",
		"spec.owner": "team-a declared a.yaml:8 ≠ team-guess inferred",
	})
	if got := w.field(shop, "spec|owner") + w.field(shop, "metadata|annotations|portico.dev/owner-inferred") + w.field(shop, "metadata|annotations|portico.dev/inferred"); got != "team-a" {
		t.Errorf("owner and what is said of it: %q", got)
	}

	// Nothing moved: no revision, no change.
	rev := w.ix.Snapshot().Revision()
	w.refresh(src)
	if now := w.ix.Snapshot().Revision(); now != rev {
		t.Errorf("a reading of the same made revision %d of %d", now, rev)
	}

	// The layer changes: the entity of the other unit does, in the name of the inferred one.
	w.guess("/d", "", inferred(shop, `{"metadata":{"description":"Better"}}`))
	w.refresh(src)
	if got := w.field(shop, "metadata|description") + w.field(shop, "spec|system"); got != "Better" {
		t.Errorf("description and system: %q", got)
	}
	changes, err := w.store.History(t.Context(), shop, 0, 1)
	if err != nil || changes[0].Source != "inferred:/d" || changes[0].Actor != "test" {
		t.Errorf("the change: %+v, %v", changes, err)
	}

	// The file changes: what is under it stays.
	w.set("/d/a.yaml", component("shop", "  title: Shop\n"))
	w.refresh(src)
	if got := w.field(shop, "metadata|title") + w.field(shop, "metadata|description"); got != "ShopBetter" {
		t.Errorf("title and description: %q", got)
	}
	w.set("/d/a.yaml", component("shop", "  description: Declared\n"))
	w.refresh(src)
	w.wantFacts(shop, map[string]string{"metadata.description": "Declared declared a.yaml:5 ≠ Better inferred"})

	// A unit that fails keeps its layers; one that is gone does not.
	w.set("/d/a.yaml", component("shop", ""))
	w.mu.Lock()
	w.guesses["/d"][0].Err = errs.New(errs.Unavailable, "the disk is slow")
	w.guesses["/d"][0].Revision = "x"
	w.mu.Unlock()
	w.refresh(src)
	if got := w.field(shop, "metadata|description"); got != "Better" {
		t.Errorf("of a unit that fails: %q", got)
	}
	w.guess("/d", "")
	w.refresh(src)
	w.wantRows()
	if got := w.field(shop, "metadata|description"); got != "" {
		t.Errorf("of a unit that is gone: %q", got)
	}
}

func TestDeclaredTakesOverWhatWasInferred(t *testing.T) {
	w := newWorld(t)
	w.guess("/d", shopGuess, inferred(shop, `{}`, layer.Evidence{Field: "spec.owner", File: "CODEOWNERS", Line: 2, Says: "owns *", Sure: layer.Stated}))
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	w.wantRows(shop + " inferred")
	w.wantFacts(shop, map[string]string{"spec.owner": "team-guess inferred CODEOWNERS:2", "metadata.description": "Guessed inferred"})
	if got := w.field(shop, "metadata|annotations|portico.dev/inferred"); got != "true" {
		t.Errorf("inferred: %q", got)
	}
	uid := w.get(shop).Metadata.UID
	w.mustOverlay(shop, `{"metadata.title":"The shop"}`)

	w.set("/d/a.yaml", component("shop", ""))
	w.guess("/d", "", shopLayer())
	w.refresh(src)
	w.wantRows(shop+" declared", shop+" inferred", shop+" overlay")
	w.wantFacts(shop, map[string]string{
		"spec.owner": "team-a declared a.yaml:8 ≠ team-guess inferred", "metadata.title": "The shop overlay by user:default/ines", "spec.system": "web inferred go.mod:1",
	})
	if got := w.get(shop).Metadata.UID; got != uid {
		t.Errorf("another entity: %s, was %s", got, uid)
	}
	if in := w.inbox(); len(in.Conflicts) != 0 {
		t.Errorf("conflicts: %+v", in.Conflicts)
	}

	// The file goes: what is inferred has it again, and the overlay stays.
	w.remove("/d/a.yaml")
	w.guess("/d", shopGuess, inferred(shop, `{}`))
	w.refresh(src)
	w.wantFacts(shop, map[string]string{"spec.owner": "team-guess inferred", "metadata.title": "The shop overlay by user:default/ines"})
	if got := w.get(shop).Metadata.UID; got != uid {
		t.Errorf("another entity: %s, was %s", got, uid)
	}
}

func TestOverlay(t *testing.T) {
	w := newWorld(t)
	w.set("/d/a.yaml", component("shop", "  tags: [java]\n"))
	w.guess("/d", "", shopLayer())
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	declared := w.field(shop, "metadata|annotations|backstage.io/managed-by-location")

	w.mustOverlay(shop, `{"metadata.description":"Said","metadata.tags":["new","java"],"metadata.links":[{"url":"https://a.example","title":"A"}],"spec.owner":"group:default/other"}`)
	w.wantFacts(shop, map[string]string{
		"metadata.description": "Said overlay by user:default/ines ≠ Guessed inferred",
		"metadata.tags[new]":   "new overlay by user:default/ines", "metadata.tags[java]": "java declared a.yaml:5",
		"spec.owner": "team-a declared a.yaml:9 ≠ group:default/other overlay ≠ team-guess inferred",
	})
	if got := w.field(shop, "metadata|tags") + w.field(shop, "spec|owner"); got != "[java new]team-a" {
		t.Errorf("tags and owner: %q", got)
	}
	if got := w.field(shop, "metadata|annotations|backstage.io/managed-by-location"); got != declared {
		t.Errorf("it comes from %q", got)
	}

	// Taken away, all is as it was.
	w.mustOverlay(shop, `{"metadata.description":null,"metadata.tags":null,"metadata.links":null,"spec.owner":null,"spec.type":null}`)
	w.wantRows(shop+" declared", shop+" inferred")
	if got := w.field(shop, "metadata|description") + w.field(shop, "metadata|tags"); got != "Guessed[java go]" {
		t.Errorf("without an overlay: %q", got)
	}

	// It survives that the entity vanishes and returns, and goes when that is gone for good.
	w.mustOverlay(shop, `{"metadata.title":"The shop"}`)
	w.guess("/d", "")
	w.remove("/d/a.yaml")
	w.refresh(src)
	w.mustOverlay(shop, `{"spec.system":"missing-still"}`)
	w.set("/d/a.yaml", component("shop", ""))
	w.refresh(src)
	if got := w.field(shop, "metadata|title") + w.field(shop, "spec|system"); got != "The shopmissing-still" {
		t.Errorf("what returned: %q", got)
	}
	if _, err := w.store.Remove(t.Context(), uuid.MustParse(w.get(shop).Metadata.UID), "", audit.System("test")); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	if err := w.overlay(shop, `{"metadata.title":"x"}`); !errs.Is(err, errs.NotFound) {
		t.Errorf("of a removed entity: %v", err)
	}
	w.wantRows(shop+" declared", shop+" overlay")
	if err := w.store.Expire(t.Context(), Retention{Grace: time.Hour, Removed: -time.Hour, ChangeAge: time.Hour, ChangeCount: 100}); err != nil {
		t.Fatal(err)
	}
	w.wantRows()
}

// An overlay of what nobody declares makes it no guess any more, and knows what it lies over.
func TestOverlayOfAGuess(t *testing.T) {
	w := newWorld(t)
	w.guess("/d", shopGuess)
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	w.wantRows()
	w.mustOverlay(shop, `{"spec.owner":"group:default/team-a","metadata.tags":[]}`)
	w.wantRows(shop+" inferred", shop+" overlay")
	if got := w.field(shop, "metadata|annotations|portico.dev/owner-inferred") + w.field(shop, "metadata|tags") + w.field(shop, "metadata|annotations|portico.dev/inferred"); got != "true" {
		t.Errorf("owner-inferred, tags and inferred: %q", got)
	}
	w.guess("/d", strings.Replace(shopGuess, "Guessed", "Better", 1))
	w.refresh(src)
	w.wantFacts(shop, map[string]string{"spec.owner": "group:default/team-a overlay by user:default/ines ≠ team-guess inferred", "metadata.description": "Better inferred"})
	w.mustOverlay(shop, `{"spec.owner":null,"metadata.tags":null}`)
	if got := w.field(shop, "spec|owner") + w.field(shop, "metadata|tags") + w.field(shop, "metadata|annotations|portico.dev/owner-inferred"); got != "team-guess[go]true" {
		t.Errorf("taken away: %q", got)
	}
}

func TestOverlayIsChecked(t *testing.T) {
	w := newWorld(t)
	w.set("/d/a.yaml", component("shop", "")+"---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: pat}\nspec: {memberOf: []}\n")
	w.refresh(w.source("/d/*.yaml")[0])
	for _, tt := range []struct{ name, ref, set, want string }{
		{"another field", shop, `{"metadata.name":"x"}`, "metadata.name cannot be set"},
		{"a field below one", shop, `{"metadata.tags.0":"x"}`, "metadata.tags.0 cannot be set"},
		{"of another kind", "user:default/pat", `{"spec.owner":"group:default/x"}`, "spec.owner: a user has none"},
		{"no text", shop, `{"metadata.title":7}`, "metadata.title: it is no text"},
		{"empty", shop, `{"spec.lifecycle":" "}`, "spec.lifecycle: it is empty"},
		{"too long", shop, `{"metadata.title":"` + strings.Repeat("x", 300) + `"}`, "metadata.title: it has 300 characters"},
		{"a tag", shop, `{"metadata.tags":["A B"]}`, "metadata.tags: tag \"A B\" may hold"},
		{"a tag that is none", shop, `{"metadata.tags":[1]}`, "metadata.tags: tags are a list"},
		{"a link that runs", shop, `{"metadata.links":[{"url":"javascript:x()"}]}`, "metadata.links: \"javascript:x()\" is not"},
		{"an owner", shop, `{"spec.owner":":x"}`, "spec.owner: \":x\" is no reference"},
		{"bytes", shop, `{"metadata.title":"a\u0000b"}`, "metadata.title: it holds bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := w.overlay(tt.ref, tt.set)
			if !errs.Is(err, errs.Invalid) || !strings.HasPrefix(errs.Sentence(err), tt.want) {
				t.Errorf("%v: %q", err, errs.Sentence(err))
			}
		})
	}
	if err := w.overlay("component:default/none", `{"metadata.title":"x"}`); !errs.Is(err, errs.NotFound) {
		t.Errorf("of nobody: %v", err)
	}
	w.wantRows()
}

// A layer that would make the entity none is left out, with a problem of its unit; the rest stays.
func TestLayerThatDoesNotFit(t *testing.T) {
	w := newWorld(t)
	w.set("/d/a.yaml", component("shop", ""))
	w.guess("/d", "", inferred(shop, `{"metadata":{"description":"Guessed","tags":["No Tag"]}}`), inferred("component:default/x", `nonsense`))
	src := w.source("/d/*.yaml")[0]
	if o := w.refresh(src); o.State != "current" {
		t.Errorf("the source: %+v", o)
	}
	if got := w.field(shop, "metadata|description") + w.field(shop, "spec|owner"); got != "team-a" {
		t.Errorf("description and owner: %q", got)
	}
	w.mustOverlay(shop, `{"metadata.title":"The shop"}`)
	if got := w.field(shop, "metadata|title") + w.field(shop, "metadata|description"); got != "The shop" {
		t.Errorf("title and description: %q", got)
	}
	var messages []string
	for _, p := range w.inbox().Errors {
		messages = append(messages, p.Location+" "+p.Message)
	}
	slices.Sort(messages)
	want := []string{
		"inferred:/d component:default/shop is shown without what was inferred of it: tag \"No Tag\" may hold only lower-case letters, digits and + # : in words joined by single hyphens",
		"inferred:/d what was inferred of 1 entity is not taken: it is too much, or no JSON",
	}
	if d := cmp.Diff(want, messages); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
	w.guess("/d", "", inferred(shop, `{"metadata":{"description":"Guessed","tags":["tag"]}}`))
	w.refresh(src)
	if in := w.inbox(); len(in.Errors) != 0 || w.field(shop, "metadata|description") != "Guessed" {
		t.Errorf("mended: %+v", in.Errors)
	}
}

// Who declares somebody's ref in vain has no say in what theirs is, whoever comes first.
func TestLayersOfAnotherRepository(t *testing.T) {
	w := newWorld(t)
	w.guess("/evil", "", inferred(shop, `{"metadata":{"description":"Evil","annotations":{"k8s":"evil"}}}`))
	w.guess("/d", "", inferred(shop, `{"metadata":{"description":"Mine"}}`))
	w.set("/d/a.yaml", component("shop", ""))
	srcs := w.source("/evil/*.yaml", "/d/*.yaml")
	for range 2 {
		for _, s := range srcs {
			w.refresh(s)
		}
	}
	if got := w.field(shop, "metadata|description") + w.field(shop, "metadata|annotations|k8s"); got != "Mine" {
		t.Errorf("description and annotation: %q", got)
	}

	folder := func(s string) whence { return whence{folder: s, sourceID: "same"} }
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"url:https://h/o/r/tree/main/", "url:https://h/o/r/tree/main/services/a/", true},
		{"url:https://h/o/r/tree/main/", "url:https://h/o/r2/tree/main/", false},
		{"url:https://h/o/r/tree/main/", "url:https://h/o/r/tree/main2/", false},
		{"", "url:https://h/o/r/tree/main/", true},
	} {
		if got := folder(tt.from).lends(folder(tt.to)); got != tt.want {
			t.Errorf("%q lends to %q: %t", tt.from, tt.to, got)
		}
	}
}

func TestAliases(t *testing.T) {
	w := newWorld(t)
	w.set("/d/a.yaml", component("shop", "")+"---\n"+component("till", ""))
	w.guess("/d", "", inferred(shop, `{"metadata":{"description":"Guessed"}}`))
	src := w.source("/d/*.yaml")[0]
	w.refresh(src)
	by := audit.System("user:default/ines")
	set := func(from, to string, want int) {
		t.Helper()
		n, _, err := w.store.SetAlias(t.Context(), from, to, by)
		if err != nil || n != want {
			t.Fatalf("%s → %s: %d, %v", from, to, n, err)
		}
		w.catchUp()
	}
	owners := func() string {
		return w.field(shop, "spec|owner") + " " + w.field("component:default/till", "spec|owner")
	}
	set("group:default/team-a", "group:default/team-b", 2)
	if got := owners(); got != "group:default/team-b group:default/team-b" {
		t.Errorf("owners: %s", got)
	}
	w.wantFacts("component:default/till", map[string]string{"spec.owner": "group:default/team-b declared a.yaml:17 for team-a"})
	changes, err := w.store.History(t.Context(), shop, 0, 1)
	if err != nil || changes[0].Source != "alias:group:default/team-a" || changes[0].Actor != "user:default/ines" || string(changes[0].Diff[0].To) != `"group:default/team-b"` {
		t.Errorf("the change: %+v, %v", changes, err)
	}

	// What is read later, and once more what was there, belongs to the new one.
	w.set("/d/b.yaml", component("new", ""))
	w.set("/d/a.yaml", component("shop", "  title: Shop\n")+"---\n"+component("till", ""))
	w.refresh(src)
	if got := owners() + " " + w.field("component:default/new", "spec|owner"); got != "group:default/team-b group:default/team-b group:default/team-b" {
		t.Errorf("read later: %s", got)
	}

	// A chain is one step, a circle is refused.
	set("group:default/team-b", "group:default/team-c", 3)
	if got := owners(); got != "group:default/team-c group:default/team-c" {
		t.Errorf("a chain: %s", got)
	}
	for _, bad := range []struct{ from, to, want string }{
		{"group:default/team-c", "group:default/team-a", "stands for group:default/team-a already"},
		{"group:default/team-c", "group:default/team-c", "newRef: "},
		{"component:default/x", "group:default/y", "oldRef: "},
		{"group:default/x", "nonsense", "newRef: "},
	} {
		if _, _, err := w.store.SetAlias(t.Context(), bad.from, bad.to, by); !strings.Contains(errs.Sentence(err), bad.want) {
			t.Errorf("%s → %s: %v", bad.from, bad.to, err)
		}
	}
	list, err := w.store.Aliases(t.Context())
	if err != nil || len(list) != 2 || list[0].NewRef != "group:default/team-c" {
		t.Errorf("aliases: %+v, %v", list, err)
	}
	if err := w.store.tallyAliases(t.Context(), list); err != nil || *list[0].Entities != 3 || *list[1].Entities != 0 {
		t.Errorf("entities by alias: %d %d, %v", *list[0].Entities, *list[1].Entities, err)
	}
	for _, old := range []string{"group:default/team-a", "group:default/team-b"} {
		if _, _, err := w.store.RemoveAlias(t.Context(), old, by); err != nil {
			t.Fatal(err)
		}
	}
	w.catchUp()
	if got := owners(); got != "team-a team-a" {
		t.Errorf("without aliases: %s", got)
	}
	w.wantRows(shop+" declared", shop+" inferred")
	if _, _, err := w.store.RemoveAlias(t.Context(), "group:default/team-a", by); !errs.Is(err, errs.NotFound) {
		t.Errorf("once more: %v", err)
	}
}

func TestAtHost(t *testing.T) {
	for _, tt := range []struct {
		folder, file string
		line         int
		want         string
	}{
		{"url:https://github.com/o/r/tree/main/", "a b/go.mod", 3, "https://github.com/o/r/blob/main/a%20b/go.mod#L3"},
		{"url:https://gitlab.example/g/r/-/tree/main/", "go.mod", 0, "https://gitlab.example/g/r/-/blob/main/go.mod"},
		{"url:https://gitea.example/o/r/src/branch/main/", "go.mod", 1, "https://gitea.example/o/r/src/branch/main/go.mod#L1"},
		{"url:https://github.com/o/r/tree/main/", "%2e%2e/x#y", 1, "https://github.com/o/r/blob/main/%252e%252e/x%23y#L1"},
		{"url:https://github.com/o/r/tree/main/", "../x", 1, ""},
		{"url:javascript:x()", "go.mod", 1, ""},
		{"file:/srv/x/", "go.mod", 1, ""},
	} {
		if got := atHost(tt.folder, tt.file, tt.line); got != tt.want {
			t.Errorf("%s of %s: %q, not %q", tt.file, tt.folder, got, tt.want)
		}
	}
}

func TestSettable(t *testing.T) {
	for _, tt := range []struct{ kind, want string }{
		{"Component", strings.Join(overlayFields, " ")},
		{"location", "metadata.title metadata.description metadata.tags metadata.links"},
		{"Machine", strings.Join(overlayFields, " ")},
	} {
		if got := strings.Join(Settable(tt.kind), " "); got != tt.want {
			t.Errorf("%s: %s", tt.kind, got)
		}
	}
}
