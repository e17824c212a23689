package signin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewcomer(t *testing.T) {
	t.Parallel()
	some := &Creation{Domains: []string{"A.example"}}
	anyone := new(Creation)
	person := func(email, username string) Person {
		return Person{Issuer: "i", Subject: "s", Email: email, Username: username, Name: "Ana"}
	}
	tests := []struct {
		name  string
		c     *Creation
		p     Person
		want  string // the name; "" for nobody
		email string
	}{
		{"by address", anyone, person("Ana.Paz@a.example", "other"), "ana.paz", "ana.paz@a.example"},
		{"an address of the domain", some, person("ana@a.EXAMPLE", ""), "ana", "ana@a.example"},
		{"an address of another", some, person("ana@b.example", "ana"), "", ""},
		{"a domain that ends so", some, person("ana@evila.example", "ana"), "", ""},
		{"an address that is not verified, where a domain is asked for", some, Person{Unverified: "ana@a.example", Username: "ana"}, "", ""},
		{"an address that is not verified", anyone, Person{Unverified: "root@a.example", Username: "ana"}, "ana", ""},
		{"by username", anyone, person("", "Ana_Paz@host"), "ana_paz", ""},
		{"two addresses in one", anyone, person("ana@b.example@a.example", ""), "", ""},
		{"signs", anyone, person("ana+x--y@a.example", ""), "ana-x-y", "ana+x--y@a.example"},
		{"letters that look like others", anyone, person("", "аna"), "na", ""},
		{"dots and more", anyone, person("", "..a..b._c-."), "a-b-c", ""},
		{"long", anyone, person("", strings.Repeat("ab.", 40)), strings.Repeat("ab.", 20) + "ab", ""},
		{"nothing", anyone, person("", ""), "", ""},
		{"signs only", anyone, person("", "---"), "", ""},
	}
	for _, tt := range tests {
		n, ok := tt.c.newcomer(tt.p)
		if ok != (tt.want != "") || ok && (n.Name != tt.want || n.Email != tt.email) {
			t.Errorf("%s: %+v %t, want %q", tt.name, n, ok, tt.want)
		}
	}
	for picture, want := range map[string]string{
		"https://a.example/p.png": "https://a.example/p.png", "http://a.example/p.png": "", "javascript:alert(1)": "", "https://u:p@a.example/p": "", "data:image/png;base64,x": "",
	} {
		p := person("ana@a.example", "")
		p.Picture = picture
		if n, _ := anyone.newcomer(p); n.Picture != want {
			t.Errorf("%s: %q", picture, n.Picture)
		}
	}
	if n, _ := anyone.newcomer(person("ana@a.example", "")); cmp.Diff(Newcomer{Issuer: "i", Subject: "s", Name: "ana", DisplayName: "Ana", Email: "ana@a.example"}, n) != "" {
		t.Errorf("%+v", n)
	}
}
