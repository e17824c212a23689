package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever may answer for a held removal lets nothing go that a policy forbids them to remove; that nobody permits them to
// remove by hand does not matter.
func TestHeldRemovalOfTheForbidden(t *testing.T) {
	t.Parallel()
	component := func(i int) string {
		tags := ""
		if i < 2 {
			tags = ", tags: [vital]"
		}
		return fmt.Sprintf("---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: c%02d%s}\nspec: {type: website, lifecycle: production, owner: others}\n", i, tags)
	}
	const mias = "---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: mia}\nspec: {memberOf: []}\n"
	vital, rest := component(0)+component(1), ""
	for i := 2; i < 14; i++ {
		rest += component(i)
	}
	g := startGuarded(t, `
@id("answers") permit (principal == User::"user:default/mia", action == Action::"catalog.ingestion.manage", resource);
@id("keep") @description("what others build on stays") forbid (principal, action == Action::"catalog.entity.delete", resource is Entity) when { resource.tags.contains("vital") };
`, "", mias+vital+rest)
	declare := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(g.dir, "people.yaml"), []byte(leavingPeople+mias+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var source struct {
		ID   string
		Held *struct {
			Missing int
			Digest  string
		}
	}
	held := func(missing int) {
		t.Helper()
		g.until(fmt.Sprintf("%d are held", missing), func() bool {
			var list struct{ Items []json.RawMessage }
			if _, text := g.call("GET", "/api/catalog/sources", operators, nil); json.Unmarshal([]byte(text), &list) != nil {
				return false
			}
			for _, item := range list.Items {
				if source.Held = nil; json.Unmarshal(item, &source) == nil && source.Held != nil && source.Held.Missing == missing {
					return true
				}
			}
			return false
		})
	}
	decide := func(who any, decision string) (int, string) {
		return g.call("POST", "/api/catalog/sources/"+source.ID+"/held", who, map[string]any{"decision": decision, "digest": source.Held.Digest})
	}
	mia := g.signIn("mia")
	declare("")
	held(14)
	for name, who := range map[string]any{"mia": mia, "an admin": operators} {
		status, text := decide(who, "apply")
		for _, want := range []string{"of the 14 entities that would go you may not remove 2, the first of which is component:default/c00", `the policy \"keep\" forbids it`, "what others build on stays"} {
			if status != http.StatusForbidden || !strings.Contains(text, want) {
				t.Errorf("%s: %d %s, want %s", name, status, text, want)
			}
		}
	}
	var gone int
	if err := g.pool.QueryRow(t.Context(), `SELECT count(*) FROM catalog_entities WHERE state <> 'active'`).Scan(&gone); err != nil || gone != 0 {
		t.Errorf("%d entities went, %v", gone, err)
	}
	declare(vital)
	held(12)
	if status, text := decide(mia, "apply"); status != http.StatusOK {
		t.Errorf("the others: %d %s", status, text)
	}
	declare("")
	g.until("what is vital is missing, being few", func() bool {
		var n int
		return g.pool.QueryRow(t.Context(), `SELECT count(*) FROM catalog_entities WHERE state = 'missing'`).Scan(&n) == nil && n == 14
	})
}
