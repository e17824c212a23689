package ldap

import (
	"context"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// Options configure a Server. What is said of defaults is Backstage's, unless it is said to be ours.
type Options struct {
	Target string // "ldaps://ds.example.net", "ldap://127.0.0.1:3890"
	Bind   *Bind  // nil: without
	TLS    TLS
	// Users and Groups are where to look; any number.
	Users, Groups []Search
	Vendor        Vendor
	// Dial connects to host and port. It is the guard's: see internal/outbound.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout bounds one reading; ten minutes when 0.
	Timeout time.Duration
}

// Bind is as whom the directory is read.
type Bind struct{ DN, Secret string }

// TLS is for targets that begin with ldaps:.
type TLS struct {
	Insecure    bool   // rejectUnauthorized: false
	Certs, Keys string // files with the certificate to show, and its key
	CA          string // ours: a file with the authorities to trust, instead of the system's
}

// Vendor names attributes that servers call differently.
type Vendor struct {
	// DNAttribute is where an entry says its DN; the DN that the protocol brings with each entry when "".
	DNAttribute string
	// UUIDAttribute is where an entry has what it keeps for good. When "" it is entryUUID, objectGUID of Active Directory, or
	// ipaUniqueID of FreeIPA, whichever an entry has.
	UUIDAttribute string
	// LowerDN writes DNs in lower case into annotations: dnCaseSensitive. DNs are always compared without case.
	LowerDN bool
}

// Search is what to look for, and what to make of it.
type Search struct {
	DN     string
	Scope  string // "base", "one" or "sub"; "one" when ""
	Filter string // (objectClass=*) when ""
	// Attributes to ask for; those that Map and Vendor name when empty, because * brings photographs.
	Attributes []string
	// PageSize is entries of one answer: 500 when 0, which is ours, and not paged when below 0.
	PageSize int
	// SizeLimit and TimeLimit, in seconds, are asked of the server; 0 is none. An answer that they cut short is an error.
	SizeLimit, TimeLimit int
	DerefAliases         int // 0 never, 1 in searching, 2 finding the base, 3 always
	// Set are values by the path of their field: "metadata.namespace", `metadata.annotations["x.example/y"]`.
	Set map[string]any
	Map Map
}

// Map names the attribute that a field is taken from. What is "" is taken from the usual one.
type Map struct {
	RDN, Name, Description, DisplayName, Email, Picture string
	MemberOf                                            string
	Type, Members                                       string // of groups
}

var (
	usualUser  = Map{RDN: "uid", Name: "uid", DisplayName: "cn", Email: "mail", MemberOf: "memberOf"}
	usualGroup = Map{RDN: "cn", Name: "cn", Description: "description", DisplayName: "cn", Type: "groupType", MemberOf: "memberOf", Members: "member"}
)

func (m Map) or(usual Map) Map {
	for _, f := range []struct{ have, usual *string }{
		{&m.RDN, &usual.RDN}, {&m.Name, &usual.Name}, {&m.Description, &usual.Description}, {&m.DisplayName, &usual.DisplayName},
		{&m.Email, &usual.Email}, {&m.Picture, &usual.Picture}, {&m.MemberOf, &usual.MemberOf}, {&m.Type, &usual.Type}, {&m.Members, &usual.Members},
	} {
		if *f.have == "" {
			*f.have = *f.usual
		}
	}
	return m
}

// MapOf reads map as it is written: by the names that Backstage gives the fields. Errors: errs.Invalid.
func MapOf(written map[string]string) (m Map, err error) {
	fields := map[string]*string{
		"rdn": &m.RDN, "name": &m.Name, "description": &m.Description, "displayName": &m.DisplayName, "email": &m.Email,
		"picture": &m.Picture, "memberOf": &m.MemberOf, "type": &m.Type, "members": &m.Members,
	}
	for _, key := range slices.Sorted(maps.Keys(written)) {
		if fields[key] == nil {
			return Map{}, errs.WithRemedy(errs.New(errs.Invalid, "map has %q, which is no field", key), "write one of "+strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		*fields[key] = written[key]
	}
	return m, nil
}

func (m Map) names() []string {
	return []string{m.RDN, m.Name, m.Description, m.DisplayName, m.Email, m.Picture, m.MemberOf, m.Type, m.Members}
}

const usualPage = 500

// Server is a directory. It is safe for concurrent use: each reading has a connection of its own.
type Server struct {
	o             Options
	host, address string
	tls           bool
}

// New returns a server, without a word to it. Errors: errs.Invalid, with the key at fault.
func New(o Options) (*Server, error) {
	u, err := target(o.Target)
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, host: u.Hostname(), address: address(u), tls: u.Scheme == "ldaps"}
	if s.o.Timeout <= 0 {
		s.o.Timeout = 10 * time.Minute
	}
	switch {
	case o.Dial == nil:
		return nil, errs.New(errs.Invalid, "nothing connects to %s", s.address)
	case len(o.Users)+len(o.Groups) == 0:
		return nil, errs.New(errs.Invalid, "users, or groups, must say where to look")
	case o.Bind != nil && (o.Bind.DN == "" || o.Bind.Secret == ""):
		// A server takes a name without a password for nobody, and shows what nobody may see.
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "bind needs a dn and a secret"), "set both, or leave bind out to read without")
	case (o.TLS.Certs == "") != (o.TLS.Keys == ""):
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "tls has one of certs and keys"), "set both; authorities to trust belong to tls.ca")
	}
	s.o.Users, s.o.Groups = slices.Clone(o.Users), slices.Clone(o.Groups)
	for _, kind := range []struct {
		key   string
		list  []Search
		usual Map
	}{{"users", s.o.Users, usualUser}, {"groups", s.o.Groups, usualGroup}} {
		for i := range kind.list {
			search := &kind.list[i]
			search.Map = search.Map.or(kind.usual)
			if err := search.complete(o.Vendor); err != nil {
				return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s[%d]: %s", kind.key, i, errs.Sentence(err)), errs.Remedy(err))
			}
		}
	}
	return s, nil
}

var scopes = map[string]int{"base": ldap.ScopeBaseObject, "one": ldap.ScopeSingleLevel, "sub": ldap.ScopeWholeSubtree}

func (s *Search) complete(v Vendor) error {
	if _, err := ldap.ParseDN(s.DN); err != nil || s.DN == "" {
		return errs.WithRemedy(errs.New(errs.Invalid, "dn %q is not a distinguished name", s.DN), "write it as ou=people,dc=example,dc=net")
	}
	if s.Scope == "" {
		s.Scope = "one"
	}
	if _, ok := scopes[s.Scope]; !ok {
		return errs.New(errs.Invalid, "options.scope is %q; it is base, one or sub", s.Scope)
	}
	s.Filter = oneLine(s.Filter)
	if _, err := ldap.CompileFilter(s.Filter); err != nil {
		return errs.WithRemedy(errs.New(errs.Invalid, "options.filter %q is not a filter", s.Filter), "write it as (&(objectClass=person)(!(disabled=TRUE)))")
	}
	if s.SizeLimit < 0 || s.TimeLimit < 0 || s.DerefAliases < 0 || s.DerefAliases > 3 {
		return errs.New(errs.Invalid, "options has a limit below 0, or a derefAliases that is not 0 to 3")
	}
	if s.PageSize == 0 {
		s.PageSize = usualPage
	}
	if len(s.Attributes) == 0 {
		asked := map[string]bool{}
		for _, name := range append(s.Map.names(), v.names()...) {
			asked[name] = true
		}
		delete(asked, "")
		s.Attributes = slices.Sorted(maps.Keys(asked))
	}
	_, err := s.fields()
	return err
}

// oneLine joins a filter that was written over several lines.
func oneLine(filter string) string {
	filter = strings.TrimSpace(filter)
	if filter == "" {
		return "(objectClass=*)"
	}
	var lines []string
	for line := range strings.Lines(filter) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "")
}

func (v Vendor) names() []string {
	uuid := usualUUIDs
	if v.UUIDAttribute != "" {
		uuid = []string{v.UUIDAttribute}
	}
	return append([]string{v.DNAttribute}, uuid...)
}

func target(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || u.Scheme != "ldap" && u.Scheme != "ldaps" || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "target is not the address of a directory"), "write it as ldaps://ds.example.net, with :port where it is not the usual one")
	}
	return u, nil
}

func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"ldap": "389", "ldaps": "636"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// Rule opens the host of a target for the guard. Private is whether it may be inside one's own network, where nearly all are.
func Rule(raw string, private bool) (outbound.Rule, error) {
	u, err := target(raw)
	if err != nil {
		return outbound.Rule{}, err
	}
	return outbound.Rule{Host: address(u), AllowPrivate: private}, nil
}
