package entity

import (
	"strings"
	"testing"

	"portico/internal/errs"
)

func TestParseRef(t *testing.T) {
	tests := []struct {
		name, in string
		def      Ref
		want     Ref // zero: an error
		str      string
	}{
		{"whole", "Component:Shop/Billing", Ref{}, Ref{"Component", "Shop", "Billing"}, "component:shop/billing"},
		{"kind from the default", "billing", Ref{Kind: "API"}, Ref{"API", "default", "billing"}, "api:default/billing"},
		{"namespace from the default", "billing", Ref{Kind: "API", Namespace: "shop"}, Ref{"API", "shop", "billing"}, "api:shop/billing"},
		{"namespace and name", "shop/billing", Ref{Kind: "Group"}, Ref{"Group", "shop", "billing"}, "group:shop/billing"},
		{"kind and name", "user:jane", Ref{Kind: "Group"}, Ref{"user", "default", "jane"}, "user:default/jane"},
		{"an address as a name", "jane@example.com", Ref{Kind: "Group"}, Ref{"Group", "default", "jane@example.com"}, "group:default/jane@example.com"},
		{"a colon after the slash belongs to the name", "a/b:c", Ref{Kind: "Group"}, Ref{"Group", "a", "b:c"}, "group:a/b:c"},
		{"blanks are kept", "Supply Chain & Co", Ref{Kind: "Group"}, Ref{"Group", "default", "Supply Chain & Co"}, "group:default/supply chain & co"},
		{"more slashes belong to the name", "a/b/c", Ref{Kind: "Group"}, Ref{"Group", "a", "b/c"}, "group:a/b/c"},
		{"kind needed", "billing", Ref{}, Ref{}, ""},
		{"empty", "", Ref{Kind: "Group"}, Ref{}, ""},
		{"empty kind", ":billing", Ref{Kind: "Group"}, Ref{}, ""},
		{"empty name", "group:", Ref{Kind: "Group"}, Ref{}, ""},
		{"empty namespace", "group:/billing", Ref{Kind: "Group"}, Ref{}, ""},
		{"only a slash", "/", Ref{Kind: "Group"}, Ref{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseRef(tt.in, tt.def)
			if got != tt.want || (err != nil) != (tt.want == Ref{}) {
				t.Fatalf("ParseRef(%q) = %+v, %v; want %+v", tt.in, got, err, tt.want)
			}
			if err != nil {
				if !errs.Is(err, errs.Invalid) || errs.Remedy(err) == "" {
					t.Errorf("error %v is not fit to be shown", err)
				}
				return
			}
			if got.String() != tt.str {
				t.Errorf("String() = %q, want %q", got.String(), tt.str)
			}
		})
	}
	if s := (Ref{Kind: "API", Name: "X"}).String(); s != "api:default/x" {
		t.Errorf("a ref without namespace is %q", s)
	}
}

func FuzzRef(f *testing.F) {
	for _, s := range []string{"component:default/a", "a", "a/b:c", ":", "/", "K:N/İ", "\xff:a"} {
		f.Add(s, "Group", "default")
	}
	f.Fuzz(func(t *testing.T, s, kind, namespace string) {
		r, err := ParseRef(s, Ref{Kind: kind, Namespace: namespace})
		if err != nil {
			if r != (Ref{}) {
				t.Fatalf("%q: an error and %+v", s, r)
			}
			return
		}
		if r.Kind == "" || r.Namespace == "" || r.Name == "" {
			t.Fatalf("%q: parts are missing in %+v", s, r)
		}
		// A canonical ref of plain parts reads back as itself.
		if c := r.String(); !strings.ContainsAny(r.Kind, ":/") && !strings.ContainsAny(r.Namespace, ":/") {
			again, err := ParseRef(c, Ref{})
			if err != nil || again.String() != c {
				t.Fatalf("%q became %q and then %+v, %v", s, c, again, err)
			}
		}
	})
}
