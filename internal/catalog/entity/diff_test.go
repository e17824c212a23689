package entity

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	tests := []struct{ name, before, after, want string }{
		{"equal", `{"a":1}`, `{"a":1}`, `null`},
		{"key order", `{"a":1,"b":{"c":1,"d":2}}`, `{"b":{"d":2,"c":1},"a":1}`, `null`},
		{"key order within a list", `{"a":[{"x":1,"y":2}]}`, `{"a":[{"y":2,"x":1}]}`, `null`},
		{"changed", `{"spec":{"owner":"a","type":"x"}}`, `{"spec":{"owner":"b","type":"x"}}`, `[{"path":"spec.owner","from":"a","to":"b"}]`},
		{"added and gone", `{"spec":{"a":1,"b":2}}`, `{"spec":{"c":null,"b":2}}`, `[{"path":"spec.c","to":null},{"path":"spec.a","from":1}]`},
		{"list as a whole", `{"t":["a","b"]}`, `{"t":["b","a"]}`, `[{"path":"t","from":["a","b"],"to":["b","a"]}]`},
		{"another type", `{"a":{"b":1}}`, `{"a":["b"]}`, `[{"path":"a","from":{"b":1},"to":["b"]}]`},
		{"a map that is new stands as one", `{}`, `{"metadata":{"labels":{"a":"b"}}}`, `[{"path":"metadata","to":{"labels":{"a":"b"}}}]`},
		{"key with dots", `{"annotations":{"a.b/c":"1"}}`, `{"annotations":{"a.b/c":"2"}}`, `[{"path":"annotations.a.b/c","from":"1","to":"2"}]`},
		{"created", ``, `{"a":1}`, `[{"path":"","to":{"a":1}}]`},
		{"removed", `{"a":1}`, ``, `[{"path":"","from":{"a":1}}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(Diff([]byte(tt.before), []byte(tt.after)))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, string(got)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	long := strings.Repeat("é", 3000)
	quoted := `"` + long + `"`
	tests := []struct{ name, value, want string }{
		{"absent", ``, ``},
		{"short", `"a"`, `"a"`},
		{"as long as may be", `"` + strings.Repeat("a", 4094) + `"`, `"` + strings.Repeat("a", 4094) + `"`},
		{"text", quoted, fmt.Sprintf(`{"truncated":true,"bytes":%d,"start":"%s"}`, len(quoted), strings.Repeat("é", 512))},
		{"text that a cut would break", `"a` + long + `"`, fmt.Sprintf(`{"truncated":true,"bytes":%d,"start":"a%s"}`, len(quoted)+1, strings.Repeat("é", 511))},
		{"a list", `["` + long + `"]`, fmt.Sprintf(`{"truncated":true,"bytes":%d,"start":"[\"%s"}`, len(quoted)+2, strings.Repeat("é", 511))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changes := []FieldChange{{From: json.RawMessage(tt.value)}, {To: json.RawMessage(tt.value)}}
			Shorten(changes)
			for _, got := range []json.RawMessage{changes[0].From, changes[1].To} {
				if d := cmp.Diff(tt.want, string(got)); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
			}
		})
	}
}
