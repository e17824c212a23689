package security

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// S8: nor does any that is made while the portal runs, by itself or by a provider: once it is handed over, no answer, log
// or row has it, however it is used.
func TestS8WhatIsMadeIsNotKept(t *testing.T) {
	i := &provider{t: t, asked: map[string]int{}}
	idp := httptest.NewServer(i)
	defer idp.Close()
	i.at = idp.URL
	p := start(t, setup{
		config: []string{fmt.Sprintf("portico: {reading: {allowPrivateHosts: [%q]}, policies: {roles: {admin: [user:default/ann]}}}\nauth: {providers: {oidc: {development: {metadataUrl: '%s/.well-known/openid-configuration'}}}}\n", strings.TrimPrefix(idp.URL, "http://"), idp.URL)},
	})
	cookies := i.goThrough(p)
	secrets := i.secrets
	var browser option
	for _, cookie := range cookies {
		pair, _, _ := strings.Cut(cookie, ";")
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case value == "":
			continue // it is taken away
		case strings.Contains(name, "portico-session"):
			browser = func(r *http.Request) { r.Header.Set("Cookie", pair); sameOrigin(r) }
			secrets["session's cookie"] = value
		default:
			secrets["cookie of the sign-in"] = value
		}
	}
	if browser == nil || len(secrets) != 7 {
		t.Fatalf("nobody is signed in, or the sign-in had other secrets: %d", len(secrets))
	}
	made := func(what, path, body string) {
		var got struct {
			Token, Code       string
			BackstageIdentity struct{ Token string }
		}
		p.answer(p.do("POST", path, body, browser, with("X-Requested-With", "XMLHttpRequest")), &got)
		if secrets[what] = got.Token + got.Code + got.BackstageIdentity.Token; len(secrets[what]) < 40 {
			t.Fatalf("no %s is made: %q", what, secrets[what])
		}
	}
	challenge := sha256.Sum256([]byte("wall-verifier"))
	made("personal token", "/api/portico/me/tokens", `{"name":"wall","scopes":["catalog:read"]}`)
	made("token of a service", "/api/portico/tokens", `{"name":"wall-service","scopes":["catalog:read"]}`)
	made("code of a program's login", "/api/portico/me/login", rawText(map[string]any{"name": "wall", "scopes": []string{"catalog:read"}, "challenge": b64(challenge[:])}))
	made("user's token", "/api/auth/oidc/refresh", "")
	for _, name := range []string{"personal token", "token of a service", "user's token"} {
		if got := p.do("GET", "/api/catalog/entities?limit=1", "", bearer(secrets[name])); got.status != http.StatusOK {
			t.Fatalf("the %s is none: %d %s", name, got.status, got.body)
		}
	}
	// They are used as they are meant, in other places, and spoilt.
	var answers strings.Builder
	asked := 0
	for what, s := range secrets {
		for _, o := range []option{bearer(s), bearer(s + "x"), with("Authorization", "Basic "+b64([]byte("x:"+s))), with("Cookie", "portico-session="+s+"x"), with("X-Portico-Token", s)} {
			for _, at := range []string{"GET /api/catalog/entities?limit=1", "GET /api/portico/session", "GET /api/portico/me/tokens", "GET /api/portico/audit?limit=200", "POST /api/portico/token", "POST /api/catalog/refresh", "GET /api/auth/v1/userinfo", "GET /api/auth/oidc/handler/frame?state=x&code=x"} {
				method, path, _ := strings.Cut(at, " ")
				body := ""
				if method == "POST" {
					body = rawText(map[string]any{"code": s, "verifier": s, "entityRef": "component:default/lighthouse"})
				}
				got := p.do(method, path, body, o)
				if path == "/api/portico/token" && got.status/100 == 2 {
					t.Errorf("the %s is redeemed", what)
				}
				_ = got.header.Write(&answers)
				answers.Write(got.body)
				asked++
			}
		}
	}
	for _, q := range questions() {
		if q.method == "GET" {
			got := p.do("GET", q.path, "", browser)
			if !strings.Contains(q.path, "/refresh") && !strings.HasSuffix(q.path, "/cookie") { // they hand out what was made anew
				answers.Write(got.body)
			}
			asked++
		}
	}
	hits := 0
	for where, text := range map[string]string{"an answer": answers.String(), "the log": p.log.String(), "the database": p.dump()} {
		if len(text) < 1000 {
			t.Errorf("%s is %d bytes: nothing was looked through", where, len(text))
		}
		for what, s := range secrets {
			for how, needle := range needles(s) {
				if strings.Contains(text, needle) {
					hits++
					t.Errorf("%s has the %s, %s", where, what, how)
				}
			}
		}
	}
	count(t, "S8", "secrets made while it runs × encodings", len(secrets)*12)
	count(t, "S8", "answers looked through", asked)
	count(t, "S8", "hits", hits)
}
