//go:build unix

package ldap

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/discovery/org"
	"portico/internal/discovery/org/ldap/slapdtest"
	"portico/internal/errs"
	"portico/internal/outbound"
)

const (
	people = "ou=people," + slapdtest.Suffix
	groups = "ou=groups," + slapdtest.Suffix
)

// filled is a directory with people in two places, and groups of both kinds that are in use.
func filled(t *testing.T) *slapdtest.Server {
	s := slapdtest.Start(t)
	for _, ou := range []string{people, "ou=berlin," + people, groups} {
		s.Add(ou, "objectClass: organizationalUnit")
	}
	s.Person("ann", people, "mail: ann@marrowby.example", "cn: Ann O'Brien", "employeeType: staff", "description: on call", "labeledURI: https://marrowby.example/ann.png")
	s.Person("bob", people, "mail: not an address", "labeledURI: javascript:alert(1)")
	s.Person("cleo", "ou=berlin,"+people, "employeeType: staff")
	s.Person("Dora Müller", people, "employeeType: staff")
	s.Add("cn=Quay Team,"+groups, "objectClass: groupOfNames", "description: ships things",
		"member: uid=ann,"+people, "member: UID=Cleo , ou=berlin,"+people, "member: uid=gone,"+people)
	s.Add("cn=all,"+groups, "objectClass: groupOfNames", "member: cn=Quay Team,"+groups, "member: uid=bob,"+people)
	s.Add("cn=unix,"+groups, "objectClass: posixGroup", "gidNumber: 7", "memberUid: bob", "memberUid: somebody")
	return s
}

// options read all of a filled directory.
func options(t *testing.T, s *slapdtest.Server) Options {
	t.Helper()
	return Options{
		Target: s.Plain, Bind: &Bind{slapdtest.Reader, slapdtest.Password}, Dial: guard(t, s.Plain, s.TLS).DialContext,
		Users: []Search{{DN: people}}, Groups: []Search{{DN: groups}},
	}
}

func guard(t *testing.T, targets ...string) *outbound.Client {
	t.Helper()
	var o outbound.Options
	for _, target := range targets {
		rule, err := Rule(target, true)
		if err != nil {
			t.Fatal(err)
		}
		o.Allow = append(o.Allow, rule)
	}
	c, err := outbound.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readAll(t *testing.T, o Options) (*org.Directory, error) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s.Directory(t.Context())
}

// made is what a directory becomes: by ref, some of its fields.
func made(t *testing.T, o Options) map[string]string {
	t.Helper()
	d, err := readAll(t, o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range d.Entities() {
		spec := e.Fields["spec"].(map[string]any)
		if list, ok := spec["memberOf"]; ok {
			out[e.Ref] = fmt.Sprint(list)
		} else {
			out[e.Ref] = fmt.Sprint(spec["type"], " ", spec["parent"], " ", spec["children"])
		}
	}
	return out
}

// One server for what reads alone; each case is a way of asking it.
func TestSlapd(t *testing.T) {
	t.Parallel()
	s := filled(t)
	tests := []struct {
		name string
		set  func(*Options)
		want map[string]string
	}{
		{"one level, as is usual", func(*Options) {}, map[string]string{
			"group:default/quay-team": "unknown all []", "group:default/all": "unknown <nil> [Quay-Team]", "group:default/unix": "unknown <nil> []",
			"user:default/ann": "[Quay-Team]", "user:default/bob": "[all]", "user:default/dora-m-ller": "[]",
		}},
		{"the whole tree", func(o *Options) { o.Users[0].Scope = "sub" }, map[string]string{
			"group:default/quay-team": "unknown all []", "group:default/all": "unknown <nil> [Quay-Team]", "group:default/unix": "unknown <nil> []",
			"user:default/ann": "[Quay-Team]", "user:default/bob": "[all]", "user:default/cleo": "[Quay-Team]", "user:default/dora-m-ller": "[]",
		}},
		{"two places, a filter over lines, and no groups", func(o *Options) {
			o.Users = []Search{{DN: people, Filter: "(&\n  (employeeType=staff)\n  (!(uid=dora*))\n)"}, {DN: "ou=berlin," + people}}
			o.Groups = nil
		}, map[string]string{"user:default/ann": "[]", "user:default/cleo": "[]"}},
		{"members by their uid", func(o *Options) {
			o.Groups = []Search{{DN: groups, Filter: "(objectClass=posixGroup)", Map: Map{Members: "memberUid"}}}
			o.Users[0].Filter = "(uid=bob)"
		}, map[string]string{"group:default/unix": "unknown <nil> []", "user:default/bob": "[unix]"}},
		{"what people say alone", func(o *Options) { o.Groups[0].Map.Members = "none" }, map[string]string{
			"group:default/quay-team": "unknown all []", "group:default/all": "unknown <nil> [Quay-Team]", "group:default/unix": "unknown <nil> []",
			"user:default/ann": "[Quay-Team]", "user:default/bob": "[all]", "user:default/dora-m-ller": "[]",
		}},
		{"what groups say alone", func(o *Options) { o.Groups[0].Map.MemberOf, o.Users[0].Map.MemberOf = "none", "none" }, map[string]string{
			"group:default/quay-team": "unknown all []", "group:default/all": "unknown <nil> [Quay-Team]", "group:default/unix": "unknown <nil> []",
			"user:default/ann": "[Quay-Team]", "user:default/bob": "[all]", "user:default/dora-m-ller": "[]",
		}},
		{"set and map", func(o *Options) {
			o.Groups[0].Filter = "(cn=quay team)"
			o.Groups[0].Set = map[string]any{"metadata.namespace": "ldap", "spec.type": "squad"}
			o.Users[0].Filter, o.Users[0].Map.Name = "(uid=ann)", "mail"
		}, map[string]string{"group:ldap/quay-team": "squad <nil> []", "user:default/ann-marrowby.example": "[group:ldap/Quay-Team]"}},
		{"all attributes, and no pages", func(o *Options) {
			o.Users[0].Attributes, o.Users[0].PageSize, o.Groups[0].Filter = []string{"*", "+"}, -1, "(cn=all)"
		}, map[string]string{"group:default/all": "unknown <nil> []", "user:default/ann": "[]", "user:default/bob": "[all]", "user:default/dora-m-ller": "[]"}},
		{"over TLS", func(o *Options) {
			o.Target, o.TLS.CA, o.Users[0].Filter, o.Groups = s.TLS, s.CA, "(uid=ann)", nil
		}, map[string]string{"user:default/ann": "[]"}},
		{"over TLS without a look at the certificate", func(o *Options) {
			o.Target, o.TLS.Insecure, o.Users[0].Filter, o.Groups = s.TLS, true, "(uid=ann)", nil
		}, map[string]string{"user:default/ann": "[]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, s)
			tt.set(&o)
			if d := cmp.Diff(tt.want, made(t, o)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	t.Run("a whole entity", func(t *testing.T) {
		o := options(t, s)
		o.Users[0].Map.Picture = "labeledURI"
		o.Users[0].Map.Description = "description"
		o.Users[0].Set = map[string]any{`metadata.annotations["x.example/y"]`: "z"}
		d, err := readAll(t, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range d.Entities() {
			metadata, profile := e.Fields["metadata"].(map[string]any), e.Fields["spec"].(map[string]any)["profile"]
			annotations := metadata["annotations"].(map[string]any)
			switch e.Ref {
			case "user:default/ann":
				uuid, _ := annotations[entity.AnnotationLDAPUUID].(string)
				want := map[string]any{"x.example/y": "z", entity.AnnotationLDAPDN: "uid=ann," + people, entity.AnnotationLDAPRDN: "ann", entity.AnnotationLDAPUUID: uuid}
				if d := cmp.Diff(want, annotations); d != "" || len(uuid) != 36 || metadata["description"] != "on call" {
					t.Errorf("%+v (-want +got):\n%s", metadata, d)
				}
				// Of several names, the alphabet decides: a server sends them in any order.
				if d := cmp.Diff(map[string]any{"displayName": "Ann O'Brien", "email": "ann@marrowby.example", "picture": "https://marrowby.example/ann.png"}, profile); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			case "user:default/bob":
				if d := cmp.Diff(map[string]any{"displayName": "bob"}, profile); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			}
		}
	})
}

// What is no answer is an error that says what to do, and holds no secret.
func TestSlapdSaysNo(t *testing.T) {
	t.Parallel()
	s := filled(t)
	s.Add("cn=elsewhere,"+slapdtest.Suffix, "objectClass: referral", "objectClass: extensibleObject", "ref: ldap://other.example/dc=other")
	nowhere, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nowhere.Close()
	other := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(other, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		set  func(*Options)
		kind errs.Kind
		says string
	}{
		{"a wrong password", func(o *Options) { o.Bind.Secret = "not the secret" }, errs.Forbidden, "refuses the account of bind"},
		{"an account that is not there", func(o *Options) { o.Bind.DN = "cn=nobody," + slapdtest.Suffix }, errs.Forbidden, "refuses the account of bind"},
		{"nobody signed in", func(o *Options) { o.Bind = nil }, errs.Invalid, "shows no such entry"},
		{"an entry that is not there", func(o *Options) { o.Users[0].DN = "ou=nowhere," + slapdtest.Suffix }, errs.Invalid, "shows no such entry"},
		{"what may not be seen", func(o *Options) { o.Users[0].DN = slapdtest.Hidden }, errs.Invalid, "shows no such entry"},
		{"a filter that nobody passes", func(o *Options) { o.Users[0].Filter = "(uid=zoe)" }, errs.Unavailable, "shows no users below"},
		{"no group", func(o *Options) { o.Groups[0].Filter = "(cn=zoe)" }, errs.Unavailable, "shows no groups below"},
		{"a limit that cuts it short", func(o *Options) { o.Users[0].SizeLimit, o.Users[0].PageSize = 2, -1 }, errs.Unavailable, "cut its answer short"},
		{"another server", func(o *Options) { o.Users[0].DN = "ou=x,cn=elsewhere," + slapdtest.Suffix }, errs.Unavailable, "refers to another one"},
		{"an authority that is not known", func(o *Options) { o.Target = s.TLS }, errs.Unavailable, "certificate that is not trusted"},
		{"an authority that is none", func(o *Options) { o.Target, o.TLS.CA = s.TLS, other }, errs.Invalid, "no certificate in PEM form"},
		{"a key that is none", func(o *Options) { o.Target, o.TLS.CA, o.TLS.Certs, o.TLS.Keys = s.TLS, s.CA, other, other }, errs.Invalid, "tls.certs and tls.keys"},
		{"no TLS there", func(o *Options) { o.Target = strings.Replace(s.Plain, "ldap:", "ldaps:", 1) }, errs.Unavailable, "does not answer"},
		{"nothing there", func(o *Options) {
			o.Target = "ldap://" + nowhere.Addr().String()
			o.Dial = guard(t, o.Target).DialContext
		}, errs.Unavailable, "does not answer"},
		{"a host that no rule opens", func(o *Options) { o.Target = "ldap://10.0.0.1" }, errs.Forbidden, "no rule opens the host 10.0.0.1:389"},
		{"a host inside, where that is not allowed", func(o *Options) {
			rule, err := Rule(s.Plain, false)
			if err != nil {
				t.Fatal(err)
			}
			c, err := outbound.New(outbound.Options{Allow: []outbound.Rule{rule}})
			if err != nil {
				t.Fatal(err)
			}
			o.Dial = c.DialContext
		}, errs.Forbidden, "a loopback address"},
		{"too little time", func(o *Options) { o.Timeout = 1 }, errs.Unavailable, "was not read within 1ns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, s)
			tt.set(&o)
			d, err := readAll(t, o)
			if !errs.Is(err, tt.kind) || !strings.Contains(errs.Sentence(err), tt.says) || d != nil {
				t.Errorf("%+v, %v", d, err)
			}
			if tt.kind != errs.Forbidden && errs.Remedy(err) == "" && !strings.Contains(tt.name, "that is none") {
				t.Errorf("%v says nothing of what to do", err)
			}
			if err != nil && (strings.Contains(err.Error(), slapdtest.Password) || strings.Contains(err.Error(), "not the secret")) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("whoever asked is gone", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		server, err := New(options(t, s))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.Directory(ctx); err != context.Canceled {
			t.Errorf("%v", err)
		}
	})
}

// More people than the server sends in one answer come in pages; without them the limit is an error. A server that ends in
// the middle is one, too.
func TestSlapdPages(t *testing.T) {
	t.Parallel()
	s := slapdtest.Start(t)
	s.Add(people, "objectClass: organizationalUnit")
	const many = 1200
	for i := range many {
		s.Person(fmt.Sprintf("p%04d", i), people)
	}
	o := options(t, s)
	o.Groups = nil
	d, err := readAll(t, o)
	if err != nil || len(d.People) != many {
		t.Fatalf("%v", err)
	}
	got := d.Entities()
	if len(got) != many || got[0].Ref != "user:default/p0000" || got[many-1].Ref != "user:default/p1199" {
		t.Errorf("%d entities", len(got))
	}
	o.Users = []Search{{DN: people, PageSize: -1}}
	if _, err := readAll(t, o); !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), "cut its answer short") {
		t.Errorf("%v", err)
	}

	// The server ends once it has sent a page.
	o.Users = []Search{{DN: people, PageSize: 100}}
	var brought atomic.Int64
	var dial = o.Dial
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return &counted{c, func(n int) {
			if brought.Add(int64(n)) > 20_000 {
				s.Kill()
			}
		}}, err
	}
	if d, err := readAll(t, o); !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.Sentence(err), "does not answer") || d != nil {
		t.Errorf("%v", err)
	}
	if brought.Load() < 20_000 {
		t.Errorf("it ended after %d bytes", brought.Load())
	}
}

type counted struct {
	net.Conn
	count func(int)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.count(n)
	return n, err
}

// A group in a circle of groups, and one that is in two: the one has no circle any more, the other no parent, but both above
// name it.
func TestSlapdNestedGroups(t *testing.T) {
	t.Parallel()
	s := slapdtest.Start(t)
	s.Add(groups, "objectClass: organizationalUnit")
	in := func(name string, members ...string) {
		var list []string
		for _, m := range members {
			list = append(list, "member: cn="+m+","+groups)
		}
		s.Add("cn="+name+","+groups, append(list, "objectClass: groupOfNames")...)
	}
	in("a", "b")
	in("b", "c")
	in("c", "a")
	in("x", "both")
	in("y", "both")
	in("both", "nobody")
	o := options(t, s)
	o.Users = nil
	got := made(t, o)
	var circle []string
	for _, name := range []string{"a", "b", "c"} {
		circle = append(circle, strings.Fields(got["group:default/"+name])[1])
	}
	slices.Sort(circle)
	if circle[0] != "<nil>" || circle[1] == "<nil>" {
		t.Errorf("%v", got)
	}
	if got["group:default/both"] != "unknown <nil> []" || got["group:default/x"] != "unknown <nil> [both]" || got["group:default/y"] != "unknown <nil> [both]" {
		t.Errorf("%v", got)
	}
}
