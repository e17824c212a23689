package ldap

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"portico/internal/catalog/entity"
	"portico/internal/discovery/org"
)

// usualUUIDs are where servers keep what an entry has for good: OpenLDAP and most others, Active Directory, FreeIPA.
var usualUUIDs = []string{"entryUUID", "objectGUID", "ipaUniqueID"}

// maker makes entries of an organisation of those of a directory. It is pure.
type maker struct {
	vendor         Vendor
	people, groups []*read
	partial        []string // groups of which the server showed only some members
}

// read is an entry, and what it says of others.
type read struct {
	*org.Entry
	dn, uuid, rdn string
	memberOf      []string
	members       []string
}

func (m *maker) user(q *Search, e *ldap.Entry) error {
	r, _, err := m.entry(q, e)
	if err != nil {
		return err
	}
	r.memberOf = values(e, q.Map.MemberOf)
	m.people = append(m.people, r)
	return nil
}

func (m *maker) group(q *Search, e *ldap.Entry) error {
	r, spec, err := m.entry(q, e)
	if err != nil {
		return err
	}
	r.memberOf, r.members = values(e, q.Map.MemberOf), values(e, q.Map.Members)
	for _, a := range e.Attributes {
		// Active Directory shows the members of a large group in pieces.
		if name, piece, ok := strings.Cut(strings.ToLower(a.Name), ";range="); ok && name == strings.ToLower(q.Map.Members) {
			r.members = append(r.members, a.Values...)
			if !strings.HasSuffix(piece, "*") {
				m.partial = append(m.partial, e.DN)
			}
		}
	}
	if typ := org.Text(m.one(e, q.Map.Type), org.MaxTitle); typ != "" {
		spec["type"] = typ
	}
	if spec["type"] == nil {
		spec["type"] = "unknown"
	}
	m.groups = append(m.groups, r)
	return nil
}

// entry makes what people and groups have in common.
func (m *maker) entry(q *Search, e *ldap.Entry) (*read, map[string]any, error) {
	fields, err := q.fields()
	if err != nil {
		return nil, nil, err
	}
	metadata, spec := fields["metadata"].(map[string]any), fields["spec"].(map[string]any)
	annotations, profile := object(metadata, "annotations"), object(spec, "profile")
	r := &read{dn: e.DN, uuid: m.uuid(e), rdn: m.one(e, q.Map.RDN)}
	if m.vendor.DNAttribute != "" {
		if dn := m.one(e, m.vendor.DNAttribute); dn != "" {
			r.dn = dn
		}
	}
	shownDN := r.dn
	if m.vendor.LowerDN {
		shownDN = strings.ToLower(shownDN)
	}
	put(annotations, entity.AnnotationLDAPDN, org.Text(shownDN, org.MaxDescription))
	put(annotations, entity.AnnotationLDAPUUID, org.Text(r.uuid, org.MaxTitle))
	put(annotations, entity.AnnotationLDAPRDN, org.Text(r.rdn, org.MaxTitle))
	put(metadata, "description", org.Text(m.one(e, q.Map.Description), org.MaxDescription))
	put(profile, "displayName", org.Text(m.one(e, q.Map.DisplayName), org.MaxTitle))
	put(profile, "email", org.Email(m.one(e, q.Map.Email)))
	put(profile, "picture", org.Link(m.one(e, q.Map.Picture)))
	namespace, _ := metadata["namespace"].(string)
	label := m.one(e, q.Map.Name)
	if label == "" {
		label, _ = metadata["name"].(string)
	}
	r.Entry = &org.Entry{Key: r.uuid, Where: r.dn, Label: label, Namespace: namespace, Fields: fields}
	if r.Key == "" {
		r.Key = folded(r.dn)
	}
	return r, spec, nil
}

func object(m map[string]any, key string) map[string]any {
	if o, ok := m[key].(map[string]any); ok {
		return o
	}
	o := map[string]any{}
	m[key] = o
	return o
}

func put(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// values are those that are text, in an order of their own: a server may send them in any.
func values(e *ldap.Entry, name string) (out []string) {
	if name == "" {
		return nil
	}
	for _, v := range e.GetEqualFoldAttributeValues(name) {
		if v != "" && utf8.ValidString(v) && !strings.ContainsRune(v, 0) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// one is the value of an attribute: of several, the one that the entry is called by, else the first by the alphabet.
func (m *maker) one(e *ldap.Entry, name string) string {
	list := values(e, name)
	if len(list) == 0 {
		return ""
	}
	if dn, err := ldap.ParseDN(e.DN); len(list) > 1 && err == nil && len(dn.RDNs) > 0 {
		for _, a := range dn.RDNs[0].Attributes {
			if strings.EqualFold(a.Type, name) && slices.Contains(list, a.Value) {
				return a.Value
			}
		}
	}
	return list[0]
}

func (m *maker) uuid(e *ldap.Entry) string {
	names := usualUUIDs
	if m.vendor.UUIDAttribute != "" {
		names = []string{m.vendor.UUIDAttribute}
	}
	for _, name := range names {
		if strings.EqualFold(name, "objectGUID") {
			if raw := e.GetEqualFoldRawAttributeValue(name); len(raw) == 16 {
				return guid(raw)
			}
		}
		if v := m.one(e, name); v != "" {
			return v
		}
	}
	return ""
}

// guid is how Active Directory shows the 16 bytes: the first three numbers have their lowest byte first.
func guid(b []byte) string {
	b = []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// folded is a DN such that equal ones are the same text. What is no DN stays, in lower case.
func folded(dn string) string {
	if parsed, err := ldap.ParseDN(dn); err == nil {
		dn = parsed.String()
	}
	return strings.ToLower(dn)
}

// byName finds entries by what others call them: DN, UUID, or the value of the attribute in their RDN.
type byName map[string]*read

func namesOf(list []*read) byName {
	out := byName{}
	rdns := map[string]int{}
	for _, r := range list {
		rdns[strings.ToLower(r.rdn)]++
	}
	for _, r := range list {
		// Two entries in different places may have one, and then it says neither.
		if rdn := strings.ToLower(r.rdn); rdn != "" && rdns[rdn] == 1 {
			out[rdn] = r
		}
	}
	for _, r := range list {
		if r.uuid != "" {
			out[strings.ToLower(r.uuid)] = r
		}
	}
	for _, r := range list {
		out[folded(r.dn)] = r
	}
	return out
}

func (b byName) find(name string) *read {
	if r := b[folded(name)]; r != nil {
		return r
	}
	// uniqueMember may have a bit string behind the DN.
	if at := strings.LastIndex(name, "#'"); at > 0 && strings.HasSuffix(name, "'B") {
		return b[folded(name[:at])]
	}
	return nil
}

// directory connects who is a member of what: servers say it with the member, with the group, or with both.
func (m *maker) directory() *org.Directory {
	people, groups := namesOf(m.people), namesOf(m.groups)
	d := &org.Directory{}
	said := false
	for _, p := range m.people {
		said = said || len(p.memberOf) > 0
		for _, name := range p.memberOf {
			if g := groups.find(name); g != nil {
				p.Within = append(p.Within, g.Entry)
			}
		}
		d.People = append(d.People, p.Entry)
	}
	for _, g := range m.groups {
		for _, name := range g.memberOf {
			if above := groups.find(name); above != nil {
				g.Within = append(g.Within, above.Entry)
			}
		}
		for _, name := range g.members {
			if p := people.find(name); p != nil {
				p.Within = append(p.Within, g.Entry)
			} else if below := groups.find(name); below != nil {
				below.Within = append(below.Within, g.Entry)
			}
		}
		d.Groups = append(d.Groups, g.Entry)
	}
	if !said && len(m.partial) > 0 {
		slices.Sort(m.partial)
		d.LeftOut = append(d.LeftOut, fmt.Sprintf("members of %d groups, of which the directory shows a part and whose members do not say where they are in, the first being %q",
			len(m.partial), org.Text(m.partial[0], org.MaxTitle)))
	}
	return d
}
