package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/errs"
)

// A token for an https address never travels over plain http, wherever the portal sends it.
func TestEncryptedStaysEncrypted(t *testing.T) {
	reached := 0
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
	defer plain.Close()
	for scheme, want := range map[string]int{"https://": 0, "http://": 1} {
		p, err := openPortal(scheme + strings.TrimPrefix(plain.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, plain.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		reached = 0
		resp, err := p.client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		if reached != want || (err == nil) != (want == 1) {
			t.Errorf("opened as %s: %d requests over plain http: %v", scheme, reached, err)
		}
	}
}

// What a portal says is shown, and does nothing to the terminal.
func TestWordsOfThePortal(t *testing.T) {
	const bad, shown = "A\x1b[2J\u009b1mé\u202eB\u2028\n", `A\x1b[2J\u009b1mé\u202eB\u2028\n`
	answers := map[string]string{
		"/api/portico/session": `{"signedIn":true,"principal":{"ref":%q,"displayName":%[1]q},"token":{"name":%[1]q,"scopes":[%[1]q]}}`,
		"/refused":             `{"error":{"name":"NotAllowedError","message":%q,"remedy":%[1]q}}`,
	}
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refused" {
			w.WriteHeader(http.StatusForbidden)
		}
		text := strings.NewReplacer("\x1b", `\u001b`, "\n", `\n`).Replace(bad)
		fmt.Fprint(w, strings.NewReplacer("%[1]q", `"`+text+`"`, "%q", `"`+text+`"`).Replace(answers[r.URL.Path]))
	}))
	defer portal.Close()
	p, err := openPortal(portal.URL)
	if err != nil {
		t.Fatal(err)
	}
	who, err := p.whoami(t.Context(), "portico_x")
	if err != nil {
		t.Fatal(err)
	}
	if got := who.String(); !strings.HasPrefix(got, shown+" ("+shown+") at ") || !strings.Contains(got, "the scopes "+shown+",") || who.Token.Name != shown {
		t.Errorf("whoami says %q", got)
	}
	err = p.call(t.Context(), http.MethodGet, "/refused", "portico_x", nil, nil)
	if got := errs.Sentence(err); got != portal.URL+" says: "+shown || errs.Remedy(err) != shown {
		t.Errorf("a refusal says %q, %q", got, errs.Remedy(err))
	}
}
