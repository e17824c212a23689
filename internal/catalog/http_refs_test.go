package catalog

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlainRefs(t *testing.T) {
	tests := []struct {
		text string
		want []string
		ok   bool
	}{
		{`{"entityRefs":["component:default/a","b"]}`, []string{"component:default/a", "b"}, true},
		{" {\n \"entityRefs\" : [ \"a\" , \" b \" ]\t}\n", []string{"a", " b "}, true},
		{`{"entityRefs":[]}`, []string{}, true},
		{`{"entityRefs":["a"],"fields":["kind"]}`, nil, false},
		{`{"entityRefs":["a\u0062"]}`, nil, false},
		{`{"entityRefs":["ä"]}`, nil, false},
		{`{"entityRefs":["a",]}`, nil, false},
		{`{"entityRefs":["a" "b"]}`, nil, false},
		{`{"entityRefs":["a"]}}`, nil, false},
		{`{"entityRefs":["a`, nil, false},
		{`{"entityRefs":null}`, nil, false},
		{`{"EntityRefs":["a"]}`, nil, false},
		{``, nil, false},
	}
	for _, tt := range tests {
		got, ok := plainRefs(tt.text)
		if ok != tt.ok || ok && cmp.Diff(tt.want, got) != "" {
			t.Errorf("%s: got %q, %t", tt.text, got, ok)
		}
	}
}

// What is read by hand is what the decoder would read.
func FuzzPlainRefs(f *testing.F) {
	f.Add(`{"entityRefs":["component:default/a","b"]}`)
	f.Add(`{ "entityRefs" : [ "a" ] }`)
	f.Fuzz(func(t *testing.T, text string) {
		refs, ok := plainRefs(text)
		if !ok {
			return
		}
		var body refsBody
		if err := json.Unmarshal([]byte(text), &body); err != nil {
			t.Fatalf("%q is not JSON, and was read: %v", text, err)
		}
		if d := cmp.Diff(body.EntityRefs, refs); d != "" {
			t.Errorf("%q (-decoder +by hand):\n%s", text, d)
		}
	})
}
