package policy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/identity/policy/policytest"
)

// What policies do not know of an entity is passed over, and nothing else.
func TestEssentials(t *testing.T) {
	texts := []string{
		`{"kind":"A","metadata":{"name":"n","description":"} ] , \" \\","tags":["a","b"],"labels":{"x":{"y":[1,2]}}},"spec":{"definition":"{\"a\":\"\\\\\"}","type":"t"}}`,
		` { "KIND" : "a" , "Metadata" : { "NAME" : "n" , "x" : { "tags" : [ "no" ] } , "tags":[] } , "spec":{"TYPE":1.0,"Type":true,"lifecycle":null} , "relations":[{"type":"ownedBy"}]} `,
		`{"\u006bind":"a","metadata":{"n\u0061me":"n"},"spec":{"t\u0079pe":"x","a\\":{},"b\\\"":"\\\\"}}`,
		`{"kind":"a","kind":"b","metadata":{"name":"n"},"metadata":{"tags":["x"]},"spec":{"type":"a"},"spec":{"lifecycle":"b"}}`,
		`{"kind":["a",{}],"metadata":null,"spec":null}`, `{"ſpec":{"type":"x"},"Kind":"k"}`, `{}`, `{"metadata":{},"spec":{}}`, `{"spec":{"other":1}}`,
		`{"metadata":{"name":"` + strings.Repeat(`\\`, 1000) + `","annotations":{"a.b/c":"d=e"}}}`,
		`{"kind":"a"} {"kind":"b"}`, `{"kind":"a","metadata":"text"}`, `{"spec":[]}`,
		`[]`, `null`, `"a"`, ``, `{`, `{"kind"`, `{"kind":}`, `{"kind":"a",}`, `{"kind" "a"}`, `{"spec":{"type":"a"}`, `{"metadata":{"name":"n}}`, `{a:1}`,
	}
	rng := rand.New(rand.NewPCG(9, 9))
	for n := range 500 {
		_, declared, _ := policytest.Entity(rng, n)
		texts = append(texts, string(declared))
	}
	for _, text := range texts {
		got, err := NewResource("component:default/a", []byte(text), []string{"group:default/g"})
		want, wrong := resourceOf("component:default/a", []byte(text), []string{"group:default/g"})
		if (err == nil) != (wrong == nil) {
			t.Errorf("%s: %v, want %v", text, err, wrong)
			continue
		}
		if err != nil {
			continue
		}
		if d := cmp.Diff(want.values, got.values) + cmp.Diff(want.items, got.items); d != "" {
			t.Errorf("%s became %s\n(-all of it +the part) %s", text, essentials([]byte(text)), d)
		}
	}
	large := fmt.Sprintf(`{"kind":"API","metadata":{"name":"n","description":%q},"spec":{"type":"openapi","definition":%q,"more":[{"a":%q}]}}`,
		strings.Repeat("x", 1e5), strings.Repeat("y\n\"", 1e5), strings.Repeat("{[", 1e5))
	if got, want := string(essentials([]byte(large))), `{"kind":"API","metadata":{"name":"n"},"spec":{"type":"openapi"}}`; got != want {
		t.Errorf("of a large one %.200s is left", got)
	}
}

// FuzzEssentials compares the part with the whole, for every text.
func FuzzEssentials(f *testing.F) {
	f.Add(`{"kind":"A","metadata":{"name":"n","tags":["a"]},"spec":{"definition":"{\"","type":"t"}}`)
	f.Add(`{"a":"\\","spec":{"type":[1,{"x":null}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		want, err := resourceOf("component:default/a", []byte(text), nil)
		if err != nil {
			return
		}
		got, err := NewResource("component:default/a", []byte(text), nil)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, essentials([]byte(text)), err)
		}
		if d := cmp.Diff(want.values, got.values) + cmp.Diff(want.items, got.items); d != "" {
			t.Fatalf("%q became %q\n%s", text, essentials([]byte(text)), d)
		}
	})
}
