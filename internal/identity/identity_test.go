package identity

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"portico/internal/errs"
	"portico/internal/httpx"
)

var (
	read   = httpx.Permission{Name: "catalog.entity.read", Action: "read"}
	remove = httpx.Permission{Name: "catalog.entity.delete", Action: "delete"}
	rooms  = httpx.Permission{Name: "catalog.ingestion.read", Action: "read"}
	render = httpx.Permission{Name: "techdocs.page.read", Action: "read"}
)

func TestAdmit(t *testing.T) {
	tokens := []StaticToken{
		{Token: "wide-token-1", Subject: "ci"},
		{Token: "narrow-token", Subject: "reader", Restrictions: []Restriction{{Plugin: "catalog", Actions: []string{"read"}}}},
	}
	tests := []struct {
		name   string
		guest  *Guest
		header []string
		perm   httpx.Permission
		by     string
		want   errs.Kind // Internal stands for "admitted"
	}{
		{"no guest, nothing sent", nil, nil, read, "", errs.Unauthenticated},
		{"guest reads", &Guest{Ref: "user:default/guest"}, nil, read, "user:default/guest", errs.Internal},
		{"guest does not change", &Guest{Ref: "user:default/guest"}, nil, remove, "user:default/guest", errs.Forbidden},
		{"guest does not see the operators' rooms", &Guest{Ref: "user:default/guest"}, nil, rooms, "user:default/guest", errs.Forbidden},
		{"guest of a trial sees them", &Guest{Ref: "user:default/guest", Operator: true}, nil, rooms, "user:default/guest", errs.Internal},
		{"guest of a trial changes", &Guest{Ref: "user:default/guest", Operator: true}, nil, remove, "user:default/guest", errs.Internal},
		{"token", nil, []string{"Bearer wide-token-1"}, remove, "service:ci", errs.Internal},
		{"scheme in any case", nil, []string{"bearer wide-token-1"}, remove, "service:ci", errs.Internal},
		{"unknown token is not a guest", &Guest{Ref: "user:default/guest"}, []string{"Bearer wide-token-2"}, read, "", errs.Unauthenticated},
		{"empty token", nil, []string{"Bearer "}, read, "", errs.Unauthenticated},
		{"other scheme", nil, []string{"Basic d2lkZQ=="}, read, "", errs.Unauthenticated},
		{"two headers", nil, []string{"Bearer wide-token-1", "Bearer narrow-token"}, read, "", errs.Unauthenticated},
		{"narrow token reads", nil, []string{"Bearer narrow-token"}, read, "service:reader", errs.Internal},
		{"narrow token does not delete", nil, []string{"Bearer narrow-token"}, remove, "service:reader", errs.Forbidden},
		{"narrow token stays in its plugin", nil, []string{"Bearer narrow-token"}, render, "service:reader", errs.Forbidden},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, err := NewGate(tt.guest, tokens, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Authorization"] = tt.header
			if tt.header == nil {
				r.Header.Del("Authorization")
			}
			c, err := g.Admit(r, httpx.Require(tt.perm))
			if got := errs.KindOf(err); got != tt.want || (err == nil) != (tt.want == errs.Internal) {
				t.Errorf("Admit: %v (kind %s), want kind %s", err, got.Name(), tt.want.Name())
			}
			if c.Name != tt.by {
				t.Errorf("caller %q, want %q", c.Name, tt.by)
			}
			if _, err := g.Admit(r, httpx.Public("test")); err != nil {
				t.Errorf("a public route refused: %v", err)
			}
		})
	}
}

// A proxy on the same machine passes on requests of the whole world: they come from loopback, and nobody knows from where.
func TestAnOperatorGuestComesStraight(t *testing.T) {
	g, err := NewGate(&Guest{Ref: "user:default/guest", Operator: true}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for header, value := range map[string]string{
		"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "127.0.0.1:7007", "X-Forwarded-Proto": "https",
		"Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9", "Via": "1.1 proxy", "x-forwarded-for": "",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set(header, value)
		if _, err := g.Admit(r, httpx.Require(remove)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: a change got %v", header, err)
		}
		if _, err := g.Admit(r, httpx.Require(rooms)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: the operators' rooms got %v", header, err)
		}
		if _, err := g.Admit(r, httpx.Require(read)); err != nil {
			t.Errorf("%s: reading got %v", header, err)
		}
	}
}

func TestNewGateRefuses(t *testing.T) {
	if _, err := NewGate(nil, []StaticToken{{Token: "short", Subject: "x"}}, nil); err == nil {
		t.Error("a short token was accepted")
	}
	if _, err := NewGate(nil, []StaticToken{{Token: "same-token", Subject: "x"}, {Token: "same-token", Subject: "y"}}, nil); err == nil {
		t.Error("a token given twice was accepted")
	}
}
