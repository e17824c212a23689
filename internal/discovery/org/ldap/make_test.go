package ldap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
)

func search(t *testing.T, usual Map, m Map) *Search {
	t.Helper()
	s := &Search{DN: "dc=x", Map: m.or(usual)}
	if err := s.complete(Vendor{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// What only other servers than the one of the tests say, and what hostile ones may.
func TestEntriesOfOthers(t *testing.T) {
	t.Parallel()
	users, groups := search(t, usualUser, Map{Name: "sAMAccountName", RDN: "cn"}), search(t, usualGroup, Map{})
	m := &maker{vendor: Vendor{LowerDN: true}}
	add := func(q *Search, into func(*Search, *ldap.Entry) error, dn string, attributes map[string][]string) {
		t.Helper()
		if err := into(q, ldap.NewEntry(dn, attributes)); err != nil {
			t.Fatal(err)
		}
	}
	add(users, m.user, "CN=Ann,OU=a,DC=x", map[string][]string{
		"samaccountname": {"ann"}, "objectGUID": {"\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff"}, "cn": {"Z", "Ann", "A"},
		"mail": {"\xff\x00"}, "thumbnailPhoto": {"\xff\xd8"},
	})
	add(users, m.user, "CN=Bob,OU=a,DC=x", map[string][]string{"sAMAccountName": {"bob"}, "cn": {"Bob"}})
	add(users, m.user, "CN=Bob,OU=b,DC=x", map[string][]string{"sAMAccountName": {"bob2"}, "cn": {"Bob"}})
	add(users, m.user, "CN=None,OU=b,DC=x", map[string][]string{"cn": {"None"}})
	add(groups, m.group, "CN=large,DC=x", map[string][]string{"cn": {"large"}, "member;range=0-1": {"cn=ann,ou=A,dc=x", "cn=Bob,ou=b,dc=x"}})
	add(groups, m.group, "CN=last,DC=x", map[string][]string{"cn": {"last"}, "member;range=0-*": {"cn = ANN,ou=a , dc=x", "Bob", "", "no dn"}})
	add(groups, m.group, "CN=bits,DC=x", map[string][]string{"cn": {"bits"}, "member": {"cn=ann,ou=a,dc=x#'0101'B"}})
	add(groups, m.group, "CN=uuid,DC=x", map[string][]string{"cn": {"uuid"}, "member": {"00112233-4455-6677-8899-AABBCCDDEEFF"}})
	d := m.directory()
	got := map[string]any{}
	for _, e := range d.Entities() {
		if list, ok := e.Fields["spec"].(map[string]any)["memberOf"]; ok {
			got[e.Ref] = list
		}
		if e.Ref == "user:default/ann" {
			want := map[string]any{"backstage.io/ldap-dn": "cn=ann,ou=a,dc=x", "backstage.io/ldap-rdn": "Ann", "backstage.io/ldap-uuid": "00112233-4455-6677-8899-aabbccddeeff"}
			if d := cmp.Diff(want, e.Fields["metadata"].(map[string]any)["annotations"]); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		}
	}
	want := map[string]any{"user:default/ann": []any{"bits", "large", "last", "uuid"}, "user:default/bob": []any{}, "user:default/bob2": []any{"large"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	slices.Sort(d.LeftOut)
	if d := cmp.Diff([]string{
		`members of 1 groups, of which the directory shows a part and whose members do not say where they are in, the first being "CN=large,DC=x"`,
		`the user "CN=None,OU=b,DC=x" has no name`,
	}, d.LeftOut); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path string
		want []string
	}{
		{"a", []string{"a"}}, {"a.b.c", []string{"a", "b", "c"}}, {`a["b.c/d"]`, []string{"a", "b.c/d"}}, {`a['b'].c`, []string{"a", "b", "c"}},
		{"a[b][c]", []string{"a", "b", "c"}}, {"a..b", []string{"a", "", "b"}}, {"a.", nil}, {"a[b", nil}, {"", nil},
	} {
		if d := cmp.Diff(tt.want, steps(tt.path)); d != "" {
			t.Errorf("%q (-want +got):\n%s", tt.path, d)
		}
	}
	shared := map[string]any{"k": []any{"v"}}
	s := &Search{Set: map[string]any{"spec.x.y": shared, "metadata.labels": map[string]any{"a": "b"}}}
	one, err := s.fields()
	if err != nil {
		t.Fatal(err)
	}
	one["spec"].(map[string]any)["x"].(map[string]any)["y"].(map[string]any)["k"] = "changed"
	two, err := s.fields()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"profile": map[string]any{}, "x": map[string]any{"y": map[string]any{"k": []any{"v"}}}}, two["spec"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMapOf(t *testing.T) {
	t.Parallel()
	m, err := MapOf(map[string]string{
		"rdn": "1", "name": "2", "description": "3", "displayName": "4", "email": "5", "picture": "6", "memberOf": "7", "type": "8", "members": "9",
	})
	if d := cmp.Diff(Map{RDN: "1", Name: "2", Description: "3", DisplayName: "4", Email: "5", Picture: "6", MemberOf: "7", Type: "8", Members: "9"}, m); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if _, err := MapOf(map[string]string{"mail": "x"}); !errs.Is(err, errs.Invalid) || !strings.Contains(errs.Remedy(err), "displayName, email,") {
		t.Errorf("%v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	good := func() Options {
		return Options{
			Target: "ldaps://ds.example.net/", Bind: &Bind{"cn=x,dc=x", "y"}, Users: []Search{{DN: "ou=people,dc=x"}}, Groups: []Search{{DN: "ou=groups,dc=x"}},
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF },
		}
	}
	s, err := New(good())
	if err != nil || s.address != "ds.example.net:636" || !s.tls {
		t.Fatalf("%+v, %v", s, err)
	}
	want := []string{"cn", "entryUUID", "ipaUniqueID", "mail", "memberOf", "objectGUID", "uid"}
	if d := cmp.Diff(want, s.o.Users[0].Attributes); d != "" {
		t.Errorf("asked for (-want +got):\n%s", d)
	}
	for _, tt := range []struct {
		says string
		set  func(*Options)
	}{
		{"target", func(o *Options) { o.Target = "https://ds.example.net" }},
		{"target", func(o *Options) { o.Target = "ldaps://user:secret@ds.example.net" }},
		{"target", func(o *Options) { o.Target = "ldaps://ds.example.net/dc=x" }},
		{"target", func(o *Options) { o.Target = "" }},
		{"nothing connects", func(o *Options) { o.Dial = nil }},
		{"users, or groups", func(o *Options) { o.Users, o.Groups = nil, nil }},
		{"bind needs", func(o *Options) { o.Bind.Secret = "" }},
		{"bind needs", func(o *Options) { o.Bind.DN = "" }},
		{"certs and keys", func(o *Options) { o.TLS.Certs = "x" }},
		{`users[0]: dn "people"`, func(o *Options) { o.Users[0].DN = "people" }},
		{"groups[0]: dn", func(o *Options) { o.Groups[0].DN = "" }},
		{"users[1]: options.scope", func(o *Options) { o.Users = append(o.Users, Search{DN: "dc=x", Scope: "tree"}) }},
		{"groups[0]: options.filter", func(o *Options) { o.Groups[0].Filter = "(cn=" }},
		{"groups[0]: options has a limit", func(o *Options) { o.Groups[0].SizeLimit = -1 }},
		{`users[0]: set has "name"`, func(o *Options) { o.Users[0].Set = map[string]any{"name": "x"} }},
		{`users[0]: set has "kind.x"`, func(o *Options) { o.Users[0].Set = map[string]any{"kind.x": "x"} }},
		{"users[0]: set.spec.profile is not an object", func(o *Options) { o.Users[0].Set = map[string]any{"spec.profile": "x"} }},
		{"users[0]: set.metadata.annotations is not an object", func(o *Options) { o.Users[0].Set = map[string]any{"metadata.annotations": nil} }},
		{"users[0]: set.spec.x has a value", func(o *Options) { o.Users[0].Set = map[string]any{"spec.x": func() {}} }},
	} {
		o := good()
		tt.set(&o)
		if _, err := New(o); !errs.Is(err, errs.Invalid) || !strings.Contains(errs.Sentence(err), tt.says) || strings.Contains(fmt.Sprint(err), "secret@") {
			t.Errorf("want %q: %v", tt.says, err)
		}
	}
}

// A server that speaks another protocol, none, or sends without end is an error and takes no memory.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		sends func(net.Conn) error
	}{
		{"nothing", func(net.Conn) error { return nil }},
		{"another protocol", func(c net.Conn) error { _, err := io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); return err }},
		{"a message of two gigabytes", func(c net.Conn) error {
			if _, err := c.Write([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x04, 0x84, 0x7f, 0xff, 0xff, 0xf0}); err != nil {
				return err
			}
			zeros := make([]byte, 1<<16)
			for n := 0; n < 2*maxEntry; n += len(zeros) {
				if _, err := c.Write(zeros); err != nil {
					return err
				}
			}
			return errors.New("all of it was read")
		}},
		{"an answer that is none", func(c net.Conn) error {
			_, err := c.Write([]byte{0x30, 0x05, 0x02, 0x01, 0x01, 0x61, 0x00})
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			sent := make(chan error, 1)
			go func() {
				_, err := theirs.Read(make([]byte, 1024))
				if err == nil {
					err = tt.sends(theirs)
				}
				sent <- err
				_ = theirs.Close()
			}()
			s, err := New(Options{
				Target: "ldap://ds.example.net", Bind: &Bind{"cn=x,dc=x", "a secret"}, Users: []Search{{DN: "dc=x"}},
				Dial: func(context.Context, string, string) (net.Conn, error) { return ours, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if d, err := s.Directory(t.Context()); !errs.Is(err, errs.Unavailable) || d != nil || strings.Contains(err.Error(), "a secret") {
				t.Errorf("%+v, %v", d, err)
			}
			if err := <-sent; err != nil && err.Error() == "all of it was read" {
				t.Error(err)
			}
		})
	}
	b := &bounded{Conn: conn{Reader: strings.NewReader("0123456789")}, left: 4}
	if got, err := io.ReadAll(b); string(got) != "0123" || !errors.Is(err, errTooMuch) {
		t.Errorf("%q, %v", got, err)
	}
}

type conn struct {
	net.Conn
	io.Reader
}

func (c conn) Read(p []byte) (int, error) { return c.Reader.Read(p) }
