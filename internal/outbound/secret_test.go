package outbound_test

import (
	"strings"
	"testing"

	"portico/internal/outbound"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want, masked string }{
		{"https://h/o/r/blob/main/catalog-info.yaml", "", ""},
		{"https://h/o/r/raw?at=refs/heads/main&path=%2Fcatalog-info.yaml&version=GBmain", "", ""},
		{"https://h/p#main", "", ""},
		{"https://h/p@v2?token=", "", ""},
		{"/srv/a@b/x.yaml", "", ""},
		{"https://ann:canary@h/p", "a password", "https://…@h/p"},
		{"https://canary@h/p", "a user name", "https://…@h/p"},
		{"//canary@h", "a user name", "//…@h"},
		{"https://h/p?ref=main&token=canary", `the parameter "token"`, "https://h/p?ref=main&token=…"},
		{"https://h/p?access_token=canary#x", `the parameter "access_token"`, "https://h/p?access_token=…#x"},
		{"https://h/p?PRIVATE-TOKEN=canary", `the parameter "PRIVATE-TOKEN"`, "https://h/p?PRIVATE-TOKEN=…"},
		{"https://h/p?X-Amz-Signature=canary", `the parameter "X-Amz-Signature"`, "https://h/p?X-Amz-Signature=…"},
		{"https://h/p?sv=1&sig=canary", `the parameter "sig"`, "https://h/p?sv=1&sig=…"},
		{"https://h/p?%74oken=canary", `the parameter "token"`, "https://h/p?%74oken=…"},
		{"https://h/p?a=1;api_key=canary", `the parameter "api_key"`, "https://h/p?a=1;api_key=…"},
		{"https://h/p#id_token=canary", `the parameter "id_token"`, "https://h/p#id_token=…"},
		{"https://h h/%zz?token=canary&token=canary", `the parameter "token"`, "https://h h/%zz?token=…&token=…"},
	}
	for _, tt := range tests {
		if got := outbound.Secret(tt.in); got != tt.want {
			t.Errorf("Secret(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if tt.masked == "" {
			tt.masked = tt.in
		}
		if got := outbound.Masked(tt.in); got != tt.masked || strings.Contains(got, "canary") {
			t.Errorf("Masked(%q) = %q, want %q", tt.in, got, tt.masked)
		}
	}
}

// Nothing that Secret finds is left after Masked, whatever the URL looks like.
func FuzzMasked(f *testing.F) {
	for _, s := range []string{"https://a:b@h/p?token=x", "https://h?sig=1&sig=12", "//@/?%74oken=a;b#secret=c", "x?token=a&xtoken=a=…"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		_ = outbound.Secret(outbound.Masked(raw)) // the marker itself counts as a value
		if outbound.Secret(raw) == "" && outbound.Masked(raw) != raw {
			t.Errorf("%q has no secret and became %q", raw, outbound.Masked(raw))
		}
	})
}
