package catalog

import (
	"strings"
	"testing"

	"portico/internal/identity/audit"
)

// A URL that carries a credential is not registered, nor looked at, and what is answered and recorded does not repeat it.
// One that the configuration names is recorded without it.
func TestNoCredentialInTheAuditLog(t *testing.T) {
	t.Parallel()
	a := newAudited(t, false)
	for _, target := range []string{
		"https://ann:canary@example.com/x.yaml", "https://canary@example.com/x.yaml", "https://example.com/x.yaml?token=canary",
		"https://example.com/x.yaml?X-Amz-Signature=canary", "https://example.com/x.yaml#access_token=canary", "//ann:canary@example.com", "https://example com/?private_token=canary",
	} {
		for _, c := range []change{
			{pattern: "POST ", path: "/api/catalog/locations", body: `{"type":"url","target":"` + target + `"}`},
			{pattern: "POST ", path: "/api/catalog/locations?dryRun=true", body: `{"type":"url","target":"` + target + `"}`},
			{pattern: "PUT ", path: "/api/catalog/locations/" + a.gone.LocationID.String(), body: `{"type":"url","target":"` + target + `"}`},
			{pattern: "POST ", path: "/api/catalog/analyze-location", body: `{"location":{"type":"url","target":"` + target + `"}}`},
		} {
			rec := a.send(c, byOperator, operatorToken)
			if rec.Code != 400 || strings.Contains(rec.Body.String(), "canary") || !strings.Contains(rec.Body.String(), "integrations") {
				t.Errorf("%s%s %s: %d %s", c.pattern, c.path, target, rec.Code, rec.Body)
			}
		}
	}
	if list := a.records(); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	declared := Location{Type: "url", Target: "https://example.com/declared.yaml?token=canary"}
	ids, err := a.store.SetDeclared(t.Context(), FromTrial, []Declared{{Location: declared}})
	if err != nil {
		t.Fatal(err)
	}
	if rec := a.send(change{pattern: "POST ", path: "/api/catalog/sources/" + ids[0] + "/refresh"}, byOperator, operatorToken); rec.Code != 202 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if list := a.records(); len(list) != 1 || list[0].Target != "url:https://example.com/declared.yaml?token=…" {
		t.Errorf("%+v", list)
	}
	lines, err := audit.Lines(a.records())
	if err != nil || strings.Contains(string(lines), "canary") {
		t.Errorf("%s %v", lines, err)
	}
}
