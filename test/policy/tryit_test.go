package policy

import (
	"strings"
	"testing"
)

// A server that is listed for certain APIs is named to those who see one of them, and only with those.
func TestServersToTryAreNamedWithTheAPIsThatOneSees(t *testing.T) {
	t.Parallel()
	p := startWith(t, files(true), rules, strings.Replace(configuration, "portico:\n", "portico:\n  apis:\n    tryIt:\n    - https://all.example\n    - {origin: https://some.example, apis: [API:default/by-group, api:default/nobody]}\n", 1))
	ann, ben := p.signIn("ann"), p.signIn("ben")
	p.do("GET", "/api/portico/session", "", ann).is(200, `"tryIt":[{"origin":"https://all.example"},{"origin":"https://some.example","apis":["api:default/by-group"]}]`)
	p.do("GET", "/api/portico/session", "", ben).is(200, `"tryIt":[{"origin":"https://all.example"}]`)
	if body := p.do("GET", "/api/portico/session", "").ok().body; strings.Contains(body, "tryIt") {
		t.Errorf("who is not signed in is told %s", body)
	}
}
