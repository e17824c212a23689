package app

import (
	"slices"
	"strings"
	"testing"
)

// unrecorded are the routes whose method or permission is one of changes, and that change nothing: each is argued here.
var unrecorded = map[string]string{
	"POST /api/catalog/entities/by-query":            "a read with its question in the body",
	"POST /api/catalog/entities/by-refs":             "a read with its question in the body",
	"POST /api/catalog/entity-facets":                "a read with its question in the body",
	"POST /api/catalog/locations/by-query":           "a read with its question in the body",
	"POST /api/catalog/validate-entity":              "it checks what it is sent",
	"POST /api/catalog/analyze-location":             "it looks at a repository, and stores nothing",
	"POST /api/auth/{provider}/refresh":              "it makes a token for whoever asks, as the GET of the same path does",
	"DELETE /api/{plugin}/.backstage/auth/v1/cookie": "it takes a cookie of the browser that asks",
	"POST /api/permission/authorize":                 "a question whose body says what is asked",
	"GET /api/portico/tokens":                        "it lists, to those who manage them",

	"GET /api/portico/entities/{kind}/{namespace}/{name}/proposal": "it shows what would be proposed, to those who may",

	"POST /api/portico/webhooks/{provider}": "a host tells of changes that are made there; what comes of them is in the history of entities",
	"POST /api/events/http/{topic}":         "the same",

	"PUT /api/user-settings/buckets/{bucket}/keys/{key}":    "what somebody chooses for their own pages is nobody else's business",
	"DELETE /api/user-settings/buckets/{bucket}/keys/{key}": "the same",
	"POST /api/user-settings/multiget":                      "a read with its question in the body",
}

// forAll are the routes that are audited and open to everybody.
var forAll = map[string]string{
	"GET /api/auth/{provider}/handler/frame": "who signs in is nobody until then",
	"POST /api/auth/{provider}/logout":       "it ends a session of whoever asks",
	"POST /api/portico/session/end":          "it ends sessions of whoever asks",
}

// openReads are the permissions of reads of which a refusal is not recorded, because they are no operators' rooms.
var openReads = []string{"catalog.entity.read", "catalog.entity.edit", "catalog.entity.validate", "catalog.location.read", "ownership.claim.read", "portico.me.read", "portico.settings.read"}

// Whether a refused read is recorded is decided for each permission.
func TestWhichReadsAreGuarded(t *testing.T) {
	rooms := map[string]bool{}
	for _, r := range Routes() {
		p, ok := r.Access.Permission()
		if !strings.HasPrefix(r.Pattern, "GET ") || !ok {
			continue
		}
		if rooms[p.Name] = guarded(p); guarded(p) == slices.Contains(openReads, p.Name) {
			t.Errorf("%s: name %s in guarded (internal/app/audit.go), or in openReads here", r.Pattern, p.Name)
		}
	}
	for _, name := range []string{"catalog.ingestion.read", "portico.audit.read", "portico.policy.read", "portico.token.manage"} {
		if !rooms[name] {
			t.Errorf("a refused read of %s is not recorded", name)
		}
	}
}

// A new route that changes something cannot be forgotten: it names its action in the audit log, or is argued above.
func TestEveryRouteThatChangesIsAudited(t *testing.T) {
	left := map[string]bool{}
	for pattern := range unrecorded {
		left[pattern] = true
	}
	for pattern := range forAll {
		left[pattern] = true
	}
	actions := 0
	for _, r := range Routes() {
		method, _, _ := strings.Cut(r.Pattern, " ")
		p, guarded := r.Access.Permission()
		reads := method == "GET" && (!guarded || p.Action == "read")
		action, audited := r.Audit.Action()
		switch {
		case audited:
			actions++
			if !guarded && forAll[r.Pattern] == "" || strings.Count(action, ".") != 2 {
				t.Errorf("%s: the action %q of the audit log is not of the form catalog.location.register, or the route is public", r.Pattern, action)
			}
			if unrecorded[r.Pattern] != "" {
				t.Errorf("%s is audited, and argued not to be", r.Pattern)
			}
		case !reads && unrecorded[r.Pattern] == "":
			t.Errorf("%s changes something and is not audited: give the route httpx.Audited(action), or argue here why nothing is recorded", r.Pattern)
		}
		delete(left, r.Pattern)
	}
	for pattern := range left {
		t.Errorf("%s is argued here, and is no route", pattern)
	}
	if actions < 14 {
		t.Errorf("only %d routes are audited", actions)
	}
}
