package index

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
)

// namedRows makes a snapshot of entities: ref, then members of metadata, then of spec.
func namedRows(t testing.TB, list ...[3]string) *Snapshot {
	t.Helper()
	rows := make([]Row, len(list))
	for i, e := range list {
		kind, rest, _ := strings.Cut(e[0], ":")
		namespace, name, _ := strings.Cut(rest, "/")
		meta := fmt.Sprintf(`"name":%q,"namespace":%q`, name, namespace)
		if e[1] != "" {
			meta += "," + e[1]
		}
		rows[i] = Row{
			UID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Ref: e[0], Revision: int64(i + 1),
			JSON: fmt.Appendf(nil, `{"apiVersion":"v1","kind":%q,"metadata":{%s},"spec":{%s}}`, kind, meta, e[2]),
		}
	}
	return New(Options{}).Apply(rows, int64(len(rows)))
}

func TestFind(t *testing.T) {
	s := namedRows(t,
		[3]string{"component:default/payments-ledger", `"tags":["java","pci"]`, `"type":"service","owner":"group:default/payments"`},
		[3]string{"component:default/ledger-export", `"description":"Takes payments out of the ledger."`, `"owner":"group:default/freight"`},
		[3]string{"component:default/ledger", "", ""},
		[3]string{"component:default/myledgers", "", ""},
		[3]string{"component:default/alpha-ledger", "", `"owner":"group:default/freight"`},
		[3]string{"component:default/gamma-ledger", "", `"owner":"group:default/payments"`},
		[3]string{"api:default/ledger.v1", `"title":"The ledger of payments","tags":["grpc"]`, ""},
		[3]string{"resource:default/x", `"description":"about the ledger"`, ""},
		[3]string{"user:default/ines", "", `"profile":{"displayName":"Ines Led"}`},
		[3]string{"group:default/payments", "", `"type":"team","children":[]`},
		[3]string{"location:default/ledger-files", "", `"target":"a"`},
		[3]string{"resource:default/wire", `"title":"Plain TCP/IP"`, ""},
	)
	tests := []struct {
		name string
		find Find
		want string
	}{
		{"the whole name, its beginning, a word, a part, the description", Find{Words: []string{"ledger"}},
			"component:default/ledger component:default/ledger-export api:default/ledger.v1 location:default/ledger-files component:default/alpha-ledger component:default/gamma-ledger component:default/payments-ledger component:default/myledgers resource:default/x"},
		{"several words in any order", Find{Words: []string{"LED", "pay"}}, "component:default/payments-ledger api:default/ledger.v1 component:default/ledger-export"},
		{"all words in one name before some in each", Find{Words: []string{"led", "pay"}, Only: []string{"component", "api"}, Limit: 2}, "component:default/payments-ledger api:default/ledger.v1"},
		{"somebody who types all of it means it", Find{Words: []string{"payments", "ledger"}, Limit: 1}, "component:default/payments-ledger"},
		{"mine first among equals", Find{Words: []string{"ledger"}, Mine: []string{"group:default/payments"}, Only: []string{"component"}},
			"component:default/ledger component:default/ledger-export component:default/gamma-ledger component:default/payments-ledger component:default/alpha-ledger component:default/myledgers"},
		{"a displayed name", Find{Words: []string{"ines", "led"}}, "user:default/ines"},
		{"a single letter where a word begins", Find{Words: []string{"e"}}, "component:default/ledger-export"},
		{"a tag by its beginning", Find{Tags: []string{"PC"}}, "component:default/payments-ledger"},
		{"a tag and a word", Find{Tags: []string{"gr"}, Words: []string{"led"}}, "api:default/ledger.v1"},
		{"never", Find{Words: []string{"payments"}, Never: []string{"group", "api"}}, "component:default/payments-ledger component:default/ledger-export"},
		{"a ref, in any case", Find{Words: []string{"Component:default/LEDGER"}}, "component:default/ledger component:default/ledger-export component:default/alpha-ledger component:default/gamma-ledger component:default/payments-ledger component:default/myledgers"},
		{"a ref without its namespace", Find{Words: []string{"api:ledger"}}, "api:default/ledger.v1"},
		{"a kind alone", Find{Words: []string{"group:"}}, "group:default/payments"},
		{"a namespace and a word", Find{Words: []string{"default/led", "java"}}, ""},
		{"what only looks like a ref", Find{Words: []string{"tcp/ip"}}, "resource:default/wire"},
		{"nothing", Find{Words: []string{"ledger", "none"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.find.Limit == 0 {
				tt.find.Limit = 20
			}
			found, err := s.Find(tt.find, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(docRefs(found.Docs), " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
	found, err := s.Find(Find{Words: []string{"ledger"}, Only: []string{"api"}, Limit: 0}, nil)
	if diff := cmp.Diff(map[string]int{"component": 6, "api": 1, "resource": 1, "location": 1}, found.ByKind); diff != "" || found.Total != 1 || len(found.Docs) != 0 || err != nil {
		t.Errorf("total %d, %d shown, %v: %s", found.Total, len(found.Docs), err, diff)
	}
	for name, f := range map[string]Find{"long": {Words: []string{strings.Repeat("x", 201)}}, "many": {Words: strings.Fields("a b c d e f g h i")}} {
		if _, err := s.Find(f, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every entity is found by its own name, first of its kind: whatever the ranking, nothing may be out of reach.
func TestFindReachesEverything(t *testing.T) {
	s := New(Options{}).Apply(synth(2000), 1)
	n := 0
	for d := range s.All() {
		_, rest, _ := strings.Cut(d.Ref(), ":")
		_, name, _ := strings.Cut(rest, "/")
		found, err := s.Find(Find{Words: []string{name}, Limit: 3}, nil)
		if err != nil || !strings.Contains(strings.Join(docRefs(found.Docs), " "), "/"+name) {
			t.Fatalf("%s: %v %v", d.Ref(), docRefs(found.Docs), err)
		}
		n++
	}
	if n < 1000 {
		t.Errorf("only %d were looked for", n)
	}
}

// BenchmarkFind looks for names as somebody types them.
func BenchmarkFind(b *testing.B) {
	forSizes(b, func(b *testing.B, n int) {
		s := benchIndex(b, n).Snapshot()
		only, err := ParseFilters([]string{"kind=component", "kind=api"})
		if err != nil {
			b.Fatal(err)
		}
		r := Restrict(only)
		for _, typed := range []string{"p", "pa", "payment", "pay led", "ledger worker api", "none-such"} {
			for who, see := range map[string]*Restriction{"all": nil, "some": r} {
				b.Run(strings.ReplaceAll(typed, " ", "+")+"/"+who, func(b *testing.B) {
					for b.Loop() {
						if _, err := s.Find(Find{Words: strings.Fields(typed), Limit: 20}, see); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	})
}
