package me

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func proof(verifier string) string {
	d := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(d[:])
}

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(true)
	ann := r.enter("ann")
	allow := func(more string) map[string]string {
		var answer map[string]string
		body := fmt.Sprintf(`{"name":"Portico CLI on quay","scopes":["catalog:read"],"days":10,"challenge":%q%s}`, proof("the verifier"), more)
		if err := json.Unmarshal([]byte(r.want(201, ann, "POST", "/api/portico/me/login", body)), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	to, err := url.Parse(allow(`,"port":40123,"state":"a state&x=y"`)["redirect"])
	if err != nil || to.Scheme != "http" || to.Host != "127.0.0.1:40123" || to.Path != "/callback" || to.Query().Get("state") != "a state&x=y" {
		t.Fatalf("the browser is sent to %s", to)
	}
	code := as{token: to.Query().Get("code")}
	r.want(403, code, "GET", "/api/catalog.entity.read", "") // it is good for one thing
	r.want(403, code, "GET", mine, "")
	var m made
	if err := json.Unmarshal([]byte(r.want(201, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)), &m); err != nil {
		t.Fatal(err)
	}
	r.want(200, as{token: m.Secret}, "GET", "/api/catalog.entity.read", "")
	if left := time.Until(m.ExpiresAt); left < 9*day || left > 10*day {
		t.Errorf("the token lasts %s, want 10 days", left)
	}
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)
	// Whoever has the code and not the proof gets nothing, and has spoilt it.
	code = as{token: allow("")["code"]}
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"another"}`)
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)
	code = as{token: allow("")["code"]}
	w.exec(`UPDATE identity_grants SET expires_at = now() - interval '1 second'`)
	r.want(401, code, "POST", "/api/portico/token", `{"verifier":"the verifier"}`)
	if a, c := w.records("identity.login.allow"), w.records("identity.token.create"); a != 3 || c != 1 {
		t.Errorf("%d records of consent and %d of tokens, want 3 and 1", a, c)
	}
}

// The browser is sent to a port that any program of a person may listen on, and to no other: not to a server of the machine.
func TestLoginPorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.replica(false)
	ann := r.enter("ann")
	for _, tt := range []struct {
		more string
		want int
	}{
		{`"port":0`, 201},
		{`"port":1024`, 201},
		{`"port":65535`, 201},
		{`"port":-1`, 400},
		{`"port":1`, 400},
		{`"port":80`, 400},
		{`"port":1023`, 400},
		{`"port":65536`, 400},
		{`"port":"80@evil.example"`, 400},
		{`"port":40123,"state":"` + strings.Repeat("x", 100) + `"`, 201},
		{`"port":40123,"state":"` + strings.Repeat("x", 101) + `"`, 400},
	} {
		body := fmt.Sprintf(`{"name":"x","scopes":["catalog:read"],"challenge":%q,%s}`, proof("the verifier"), tt.more)
		if status, text := r.do(ann, "POST", "/api/portico/me/login", body); status != tt.want || status != 201 && strings.Contains(text, "redirect") {
			t.Errorf("%s: status %d, want %d: %s", tt.more, status, tt.want, text)
		}
	}
	if n := w.records("identity.login.allow"); n != 4 {
		t.Errorf("%d records of consent", n)
	}
}
