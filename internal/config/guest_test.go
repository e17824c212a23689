package config

import (
	"strings"
	"testing"
)

// Guests are for development, as in Backstage, and whoever lets everybody read is told so.
func TestGuestOutsideDevelopment(t *testing.T) {
	const far = "the portal's address is portal.example.com, and everybody who can reach the portal reads the catalog without signing in"
	tests := []struct {
		name, text string
		guest      bool
		notice     string // "": none
	}{
		{"development on this machine", "auth: {providers: {guest: {}}}", true, ""},
		{"development by name, on this machine", "app: {baseUrl: 'http://localhost:7007'}\nbackend: {listen: '127.0.0.1:7007'}\nauth: {environment: development, providers: {guest: {}}}", true, ""},
		{"development on every interface", "backend: {listen: ':7007'}\nauth: {providers: {guest: {}}}", true,
			"a.yaml:2:27: auth.providers.guest: the portal listens on every interface, and everybody who can reach the portal reads"},
		{"development on one address", "backend: {listen: '10.0.0.7:7007'}\nauth: {providers: {guest: {}}}", true, "the portal listens on 10.0.0.7, and everybody"},
		{"development behind a proxy", "app: {baseUrl: 'https://portal.example.com'}\nauth: {providers: {guest: {}}}", true, far},
		{"production", "auth: {environment: production, providers: {guest: {}}}", false,
			"a.yaml:1:45: auth.providers.guest: auth.environment is production, and guests are for development, so nobody comes in as a guest; remove it, or write dangerouslyAllowOutsideDevelopment: true"},
		{"production with the key off", "auth: {environment: production, providers: {guest: {dangerouslyAllowOutsideDevelopment: false}}}", false, "nobody comes in as a guest"},
		{"an environment of another name", "auth: {environment: staging, providers: {guest: {}}}", false, "auth.environment is staging"},
		{"production and meant, on this machine", "auth: {environment: production, providers: {guest: {dangerouslyAllowOutsideDevelopment: true}}}", true, ""},
		{"production and meant", "backend: {baseUrl: 'https://portal.example.com'}\nauth: {environment: production, providers: {guest: {dangerouslyAllowOutsideDevelopment: true}}}", true, far + "; dangerouslyAllowOutsideDevelopment asks for that"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := files{"a.yaml": tt.text}.mustLoad(t)
			if (cfg.Auth.Guest != nil) != tt.guest {
				t.Errorf("the guest is %+v", cfg.Auth.Guest)
			}
			notices := cfg.Notices()
			if tt.notice == "" && len(notices) != 0 || tt.notice != "" && (len(notices) != 1 || !strings.Contains(notices[0].String(), tt.notice)) {
				t.Errorf("notices %v, want %q", notices, tt.notice)
			}
		})
	}
}
