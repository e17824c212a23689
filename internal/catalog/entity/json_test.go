package entity

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseJSON(t *testing.T) {
	tests := []struct{ name, in, want string }{ // verdict, then the problems
		{"one line", `{"apiVersion":"backstage.io/v1alpha1","kind":"User","metadata":{"name":"a"},"spec":{"memberOf":[]}}`, "valid"},
		{"tabs and escapes in pairs", "{\n\t\"apiVersion\": \"backstage.io/v1alpha1\",\n\t\"kind\": \"User\",\n\t\"metadata\": {\"name\": \"a\", \"title\": \"\\ud83d\\ude00 \\/\"},\n\t\"spec\": {\"memberOf\": []}\n}\n", "valid"},
		{"places", "{\n  \"apiVersion\": \"backstage.io/v1alpha1\",\n  \"kind\": \"User\",\n  \"metadata\": {\"name\": 7},\n  \"spec\": {\"memberOf\": [null]}\n}", "invalid 4:24 metadata.name 5:25 spec.memberOf.0"},
		{"the last of repeated keys", `{"apiVersion":"x/v1","kind":"K","kind":"User","apiVersion":"backstage.io/v1alpha1","metadata":{"name":"a"},"spec":{"memberOf":[]}}`, "valid"},
		{"a list", `[]`, "invalid 1:1 "},
		{"null", `null`, "empty"},
		{"cut off", "{\n \"a\":", "unreadable 2:6 "},
		{"not JSON", "{\n a: b}", "unreadable 2:2 "},
		{"two values", `{} {}`, "unreadable 1:5 "},
		{"nothing", ``, "unreadable 1:1 "},
		{"deep", strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100), "unreadable 1:66 "},
		{"a closing bracket", `]`, "unreadable 1:1 "},
		{"the wrong bracket", `{"a":[}`, "unreadable 1:7 "},
		{"keys that are no text", `{1:2}`, "unreadable 1:2 "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := ParseJSON("entity", []byte(tt.in))
			d.Validate()
			got := string(d.Verdict)
			for _, p := range d.Problems {
				got += fmt.Sprintf(" %d:%d %s", p.Line, p.Column, p.Path)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q (%+v)", got, tt.want, d.Problems)
			}
			if d.Usable() {
				encodes(t, d)
			}
		})
	}
}
