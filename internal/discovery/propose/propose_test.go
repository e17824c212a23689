package propose

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/discovery/crawl"
	"portico/internal/errs"
)

func raws(in map[string][]byte) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for k, v := range in {
		out[k] = v
	}
	return out
}

const commented = `# The shop, as everybody knows it.
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: shop
  tags:
    - java # since 2019
spec:
  type: service   # not a website
  lifecycle: production
  owner: nobody
---
# Its database.
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: shop-db}
spec: {type: database, owner: nobody}
`

// open is Open, which is to work.
func (w *world) open(ref string) (*catalog.Proposal, bool) {
	w.t.Helper()
	made, existing, err := w.Open(w.t.Context(), ref, false, "", ann)
	if err != nil {
		w.t.Fatalf("%v; %s", err, errs.Remedy(err))
	}
	return made, existing
}

func (w *world) wantNothing(ref string) {
	w.t.Helper()
	if v, err := w.Preview(w.t.Context(), ref, false); !errs.Is(err, errs.Conflict) || !strings.Contains(errs.Sentence(err), "nothing to propose") {
		w.t.Errorf("%v is left to be proposed: %v", v, err)
	}
}

func TestFieldsOfADeclaredEntity(t *testing.T) {
	w := newWorld(t, "fields", "", crawl.Filters{})
	w.gitea.Organization(t, "fields", false)
	w.gitea.Repository(t, "fields", "shop", map[string]string{"deploy/catalog-info.yaml": commented})
	w.crawl()
	const ref = "component:default/shop"
	w.wantNothing(ref)
	w.overlay(ref, map[string]string{"metadata.description": `"What we sell"`, "spec.system": `"trade"`, "metadata.tags": `["core"]`})

	first, existing := w.open(ref)
	if existing || first.Number != 1 || first.URL != w.gitea.URL+"/fields/shop/pulls/1" || first.Branch != "portico/component-default-shop" {
		t.Errorf("the first is %+v, existing: %v", first, existing)
	}
	want := strings.NewReplacer(
		"  name: shop\n  tags:\n    - java # since 2019\n", "  name: shop\n  description: What we sell\n  tags:\n    - java # since 2019\n    - core\n",
		"  owner: nobody\n---", "  owner: nobody\n  system: trade\n---").Replace(commented)
	if d := cmp.Diff(want, w.gitea.File(t, "fields/shop", first.Branch, "deploy/catalog-info.yaml")); d != "" {
		t.Errorf("the file (-want +got):\n%s", d)
	}
	open := w.pulls("shop", "open")
	if len(open) != 1 || open[0].Title != "Set description, tags, system of shop" {
		t.Fatalf("open are %+v", open)
	}
	for _, says := range []string{"`metadata.description`: `What we sell` — set in the portal by `user:default/ann` on 20", "`deploy/catalog-info.yaml`"} {
		if !strings.Contains(open[0].Body, says) {
			t.Errorf("the body does not say %q:\n%s", says, open[0].Body)
		}
	}
	if p := w.provenance(ref); p == nil || p.Number != 1 || p.By != ann.Name {
		t.Errorf("shown is %+v", p)
	}

	w.overlay(ref, map[string]string{"metadata.description": `"What we sell, and to whom"`})
	second, existing := w.open(ref)
	if !existing || second.Number != 1 || len(w.pulls("shop", "all")) != 1 {
		t.Errorf("the second is %+v, existing: %v", second, existing)
	}
	want = strings.Replace(want, "What we sell", "What we sell, and to whom", 1)
	if d := cmp.Diff(want, w.gitea.File(t, "fields/shop", first.Branch, "deploy/catalog-info.yaml")); d != "" {
		t.Errorf("the file after the second (-want +got):\n%s", d)
	}

	w.merge("shop", 1, "squash")
	w.wantNothing(ref) // the head says it, before the catalog has read it
	w.crawl()
	l, err := w.Store.LayersOf(t.Context(), ref)
	if err != nil || !strings.Contains(string(l.Parts.Base), "and to whom") {
		t.Errorf("declared is %s: %v", l.Parts.Base, err)
	}
	w.wantNothing(ref)
	if p := w.provenance(ref); p != nil {
		t.Errorf("%+v is shown as open", p)
	}

	// The branch of what was merged went other ways than main, so the next is another one's.
	w.overlay(ref, map[string]string{"metadata.title": `"Shop"`})
	third, existing := w.open(ref)
	if existing || third.Number != 2 || third.Branch != "portico/component-default-shop-after-1" {
		t.Errorf("the third is %+v, existing: %v", third, existing)
	}
	w.merge("shop", 2, "merge")
	if got := w.gitea.File(t, "fields/shop", "main", "deploy/catalog-info.yaml"); got != strings.Replace(want, "shop\n", "shop\n  title: Shop\n", 1) {
		t.Errorf("the file in the end:\n%s", got)
	}
}

// merge merges a pull request, once Gitea has found out that it can.
func (w *world) merge(repo string, number int, how string) {
	w.t.Helper()
	w.gitea.Call(w.t, w.gitea.Token, "POST", fmt.Sprintf("/repos/%s/%s/pulls/%d/merge", w.org, repo, number), map[string]any{"Do": how, "merge_when_checks_succeed": false}, nil)
}

// provenance is what the page of an entity shows of its pull request.
func (w *world) provenance(ref string) *catalog.Proposal {
	w.t.Helper()
	p, err := w.Store.ProposalShown(w.t.Context(), ref)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

var monorepo = map[string]string{
	"README.md":                  "# Trade\n\nAll of it.\n",
	"CODEOWNERS":                 "/cart/ @mono/checkout\n",
	"cart/go.mod":                "module example.com/cart\n\ngo 1.22\n",
	"cart/main.go":               "package main\n\nfunc main() {}\n",
	"cart/Dockerfile":            "FROM scratch\n",
	"cart/api/openapi.yaml":      "openapi: 3.0.0\ninfo: {title: Cart, version: '1'}\npaths: {}\n",
	"web/package.json":           `{"name": "web", "description": "ping @everybody, fixes #1 <img src=x> ![x](http://evil.test/x)"}`,
	"web/Dockerfile":             "FROM scratch\n",
	"inventory/catalog-info.yml": "# Kept by hand.\napiVersion: backstage.io/v1alpha1\nkind: Resource\nmetadata: {name: stock-db}\nspec: {type: database, owner: nobody}\n",
	"inventory/openapi.yaml":     "openapi: 3.0.0\ninfo: {title: Inventory, version: '1'}\npaths: {}\n",
}

func TestPartOfAMonorepo(t *testing.T) {
	w := newWorld(t, "mono", "", crawl.Filters{})
	w.gitea.Organization(t, "mono", false)
	w.gitea.Repository(t, "mono", "trade", monorepo)
	w.crawl()
	const ref = "component:default/trade-cart"
	w.overlay(ref, map[string]string{"metadata.description": `"Holds what people want"`})
	v, err := w.Preview(t.Context(), ref, true)
	if err != nil {
		t.Fatal(err)
	}
	if v.Path != "cart/catalog-info.yaml" || !v.IsNew || v.Before != "" || v.Base != "main" || v.Repository != "mono/trade" || len(v.Also) != 0 {
		t.Errorf("the preview is %+v", v)
	}
	for _, is := range []string{"name: trade-cart\n", "description: Holds what people want\n", "owner: group:checkout\n", "- trade-cart-api\n"} {
		if !strings.Contains(v.After, is) {
			t.Errorf("the file lacks %q:\n%s", is, v.After)
		}
	}
	for _, not := range []string{"portico.dev/", "backstage.io/source-location", "managed-by", "---"} {
		if strings.Contains(v.After, not) {
			t.Errorf("the file has %q:\n%s", not, v.After)
		}
	}
	t.Run("beside what is there", func(t *testing.T) {
		made, _, err := w.Open(t.Context(), "api:default/trade-trade-api", false, "", ann)
		if err != nil {
			t.Fatal(err)
		}
		had := monorepo["inventory/catalog-info.yml"]
		if got := w.gitea.File(t, "mono/trade", made.Branch, "inventory/catalog-info.yml"); !strings.HasPrefix(got, had+"---\n") || !strings.Contains(got, "$text: ./openapi.yaml\n") {
			t.Errorf("the file is\n%s", got)
		}
	})
	made, _ := w.open(ref)
	got := w.gitea.File(t, "mono/trade", made.Branch, "cart/catalog-info.yaml")
	if !strings.HasPrefix(got, v.After) || !strings.Contains(got, "kind: API") || !strings.Contains(got, "$text: ./api/openapi.yaml\n") || strings.Contains(got, "openapi: 3.0.0") {
		t.Errorf("with its API the file is\n%s", got)
	}
	w.merge("trade", made.Number, "merge")
	w.crawl()
	for _, ref := range []string{ref, "api:default/trade-cart-api"} {
		l, err := w.Store.LayersOf(t.Context(), ref)
		if err != nil || l.Guessed || !strings.HasSuffix(l.Location, "/cart/catalog-info.yaml") {
			t.Errorf("%s is at %+v: %v", ref, l, err)
			continue
		}
		if strings.HasPrefix(ref, "api:") && !strings.Contains(string(l.Parts.Base), "openapi: 3.0.0") {
			t.Errorf("the definition is not read: %s", l.Parts.Base)
		}
	}
	w.wantNothing(ref)
	if p := w.provenance(ref); p != nil {
		t.Errorf("%+v is shown as open", p)
	}

	t.Run("hostile words", func(t *testing.T) {
		made, _, err := w.Open(t.Context(), "component:default/trade-web", false, "@all *look* at #1\n# Heading", ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range w.pulls("trade", "open") {
			if p.Number != made.Number {
				continue
			}
			text := regexp.MustCompile("`[^`]*`").ReplaceAllString(p.Body, "")
			for _, not := range []string{"@e", "@a", "\n# ", "#1", " *look", "<", "]("} {
				if strings.Contains(text, not) || strings.Contains(p.Body, "@e") {
					t.Errorf("the body says %q:\n%s", not, p.Body)
				}
			}
			if !strings.Contains(text, "look") || !strings.Contains(p.Body, "fixes #1") {
				t.Errorf("the body lacks what it quotes:\n%s", p.Body)
			}
			return
		}
		t.Error("it is not open")
	})
	t.Run("it was declared meanwhile", func(t *testing.T) {
		w.gitea.Commit(t, "mono/trade", "main", "By hand", map[string]string{"web/catalog-info.yaml": "kind: Component # ours\napiVersion: backstage.io/v1alpha1\nmetadata: {name: trade-web}\nspec: {type: website, lifecycle: production, owner: web}\n"})
		w.wantNothing("component:default/trade-web")
		w.overlay("component:default/trade-web", map[string]string{"metadata.title": `"Web"`})
		v, err := w.Preview(t.Context(), "component:default/trade-web", false)
		if err != nil || v.IsNew || v.Adds || v.Path != "web/catalog-info.yaml" || !strings.Contains(v.After, "# ours") || !strings.Contains(v.After, "title: Web") {
			t.Errorf("the preview is %+v: %v", v, err)
		}
	})
}

// Where the provider reads a descriptor at the top alone, all is declared there, and says where its source is.
func TestAtTheTop(t *testing.T) {
	w := newWorld(t, "top", "", crawl.Filters{CatalogPath: "/catalog-info.yaml"})
	w.gitea.Organization(t, "top", false)
	w.gitea.Repository(t, "top", "trade", monorepo)
	const root = "# The whole.\napiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: whole}\nspec: {owner: nobody}\n"
	w.gitea.Repository(t, "top", "other", map[string]string{"catalog-info.yaml": root, "spec/openapi.yaml": monorepo["cart/api/openapi.yaml"]})
	w.crawl()
	for _, tt := range []struct {
		ref, before string
		has         []string
	}{
		{"component:default/trade-cart", "", []string{"backstage.io/source-location: url:" + w.gitea.URL + "/top/trade/src/branch/main/cart/\n", "$text: ./cart/api/openapi.yaml\n"}},
		{"api:default/other-other-api", root, []string{"backstage.io/source-location: url:" + w.gitea.URL + "/top/other/src/branch/main/spec/\n", "$text: ./spec/openapi.yaml\n"}},
	} {
		v, err := w.Preview(t.Context(), tt.ref, false)
		if err != nil {
			t.Errorf("%s: %v", tt.ref, err)
			continue
		}
		if v.Path != "catalog-info.yaml" || v.IsNew != (tt.before == "") || v.Adds != (tt.before != "") || v.Before != tt.before || tt.before != "" && !strings.HasPrefix(v.After, tt.before+"---\n") {
			t.Errorf("the preview is %+v", v)
		}
		for _, is := range tt.has {
			if !strings.Contains(v.After, is) {
				t.Errorf("%s: the file lacks %q:\n%s", tt.ref, is, v.After)
			}
		}
	}
	providers := w.Crawler.Providers
	w.Crawler.Providers = nil // as of a folder: what is there cannot be told, and it is written for the folder of the part
	if v, err := w.Preview(t.Context(), "component:default/trade-cart", false); err != nil || v.Path != "cart/catalog-info.yaml" || !strings.Contains(v.Why, "copy the file") || strings.Contains(v.After, "/cart/\n") || !strings.Contains(v.After, "$text: ./api/openapi.yaml\n") {
		t.Errorf("without a provider: %+v, %v", v, err)
	}
	w.Crawler.Providers = providers
	w.gitea.Commit(t, "top/other", "main", "Break it", map[string]string{"catalog-info.yaml": "a: [\n"})
	if v, err := w.Preview(t.Context(), "api:default/other-other-api", false); !errs.Is(err, errs.Conflict) || !strings.Contains(errs.Sentence(err), "cannot be read as YAML") {
		t.Errorf("added to what cannot be read: %+v, %v", v, err)
	}
}

func TestRefusals(t *testing.T) {
	s := newWorld(t, "refuses", "", crawl.Filters{})
	s.gitea.Organization(t, "refuses", false)
	s.gitea.Repository(t, "refuses", "app", map[string]string{"catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: app}\nspec: {type: service, lifecycle: production, owner: nobody}\n"})
	s.gitea.User(t, "reader", "Reader")
	w := newWorld(t, "refuses", s.gitea.UserToken(t, "reader", "read:repository", "read:organization"), crawl.Filters{})
	w.crawl()
	const ref = "component:default/app"
	w.overlay(ref, map[string]string{"metadata.title": `"App"`})
	_, _, err := w.Open(t.Context(), ref, false, "", ann)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(errs.Sentence(err), "the portal may not open pull requests in refuses/app") || !strings.Contains(errs.Remedy(err), "write:repository") {
		t.Errorf("a credential that only reads: %v; %s", err, errs.Remedy(err))
	}
	if p, err := w.Store.ProposalOf(t.Context(), ref); p != nil || err != nil {
		t.Errorf("kept is %+v: %v", p, err)
	}
	if _, _, err := w.Open(t.Context(), ref, false, strings.Repeat("x", maxNote+1), ann); !errs.Is(err, errs.Invalid) || !strings.HasPrefix(errs.Sentence(err), "note:") {
		t.Errorf("a long note: %v", err)
	}

	w.Hides = func(_ context.Context, refs []string) bool { return strings.Join(refs, " ") == ref }
	if _, err := w.Preview(t.Context(), ref, false); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a file with what is hidden: %v", err)
	}
	w.Hides = nil

	w.Crawler.Providers = nil // it is no longer in the configuration
	v, err := w.Preview(t.Context(), ref, false)
	if err != nil || v.Why == "" || !strings.Contains(v.After, "title: App") {
		t.Errorf("without a provider: %+v, %v", v, err)
	}
	if _, _, err := w.Open(t.Context(), ref, false, "", ann); !errs.Is(err, errs.Conflict) || !strings.Contains(errs.Remedy(err), "copy the file") {
		t.Errorf("opening without a provider: %v; %s", err, errs.Remedy(err))
	}
	if _, err := w.Preview(t.Context(), "component:default/none", false); !errs.Is(err, errs.NotFound) {
		t.Errorf("none: %v", err)
	}
}
