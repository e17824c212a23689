package org

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Directory is groups and people as somebody else keeps them.
type Directory struct {
	Groups, People []*Entry
	// LeftOut says, a sentence each, who could not be taken and what to do.
	LeftOut []string
}

// Entry is a group or a person.
type Entry struct {
	// Key tells it apart in its directory for good: the number that a host gave it, a DN.
	Key string
	// Where is what its directory calls it in a sentence; the key when "".
	Where string
	// Label is what it is to be called: any text.
	Label string
	// Chosen is set where the people themselves chose the label.
	Chosen bool
	// Namespace of the entity; "" is the default one.
	Namespace string
	// Fields are those of the entity: metadata without name and namespace, and spec without relations.
	Fields map[string]any
	// Within are, of a person, the groups that they are a member of; of a group, those that it is part of.
	Within []*Entry

	name string
}

// Entity is one as it is declared.
type Entity struct {
	Ref    string // "user:default/ana", in lower case
	Fields map[string]any
}

const defaultNamespace = "default"

func (e *Entry) namespace() string { return cmp.Or(e.Namespace, defaultNamespace) }

// Entities returns what the directory declares, in the order of their refs. It may be called once.
func (d *Directory) Entities() []Entity {
	oldestFirst(d.Groups)
	oldestFirst(d.People)
	d.LeftOut = append(d.LeftOut, called("group", d.Groups)...)
	d.LeftOut = append(d.LeftOut, called("user", d.People)...)
	parts := ordered(d.Groups)
	out := make([]Entity, 0, len(d.Groups)+len(d.People))
	for _, g := range d.Groups {
		if g.name == "" {
			continue
		}
		spec := child(g.Fields, "spec")
		spec["children"] = refsFrom(g, parts[g])
		// Several can be above a group in a directory, and one in an entity. Each of them names it as its child.
		if above := refsFrom(g, g.Within); len(above) == 1 {
			spec["parent"] = above[0]
		}
		out = append(out, g.entity("Group"))
	}
	for _, p := range d.People {
		if p.name == "" {
			continue
		}
		spec := child(p.Fields, "spec")
		if list := refsFrom(p, p.Within); len(list) > 0 || spec["memberOf"] == nil {
			spec["memberOf"] = list
		}
		out = append(out, p.entity("User"))
	}
	slices.SortStableFunc(out, func(a, b Entity) int { return strings.Compare(a.Ref, b.Ref) })
	return out
}

func (e *Entry) entity(kind string) Entity {
	metadata := child(e.Fields, "metadata")
	metadata["name"] = e.name
	if e.Namespace != "" && e.Namespace != defaultNamespace {
		metadata["namespace"] = e.Namespace
	}
	e.Fields["apiVersion"], e.Fields["kind"] = "backstage.io/v1alpha1", kind
	return Entity{Ref: e.ref(strings.ToLower(kind)), Fields: e.Fields}
}

func (e *Entry) ref(kind string) string {
	return kind + ":" + strings.ToLower(e.namespace()+"/"+e.name)
}

// child returns the object at key, made where there is none.
func child(m map[string]any, key string) map[string]any {
	if c, ok := m[key].(map[string]any); ok {
		return c
	}
	c := map[string]any{}
	m[key] = c
	return c
}

// oldestFirst sorts by key; of numbers the smaller is the older.
func oldestFirst(list []*Entry) {
	slices.SortStableFunc(list, func(a, b *Entry) int {
		if digits(a.Key) && digits(b.Key) && len(a.Key) != len(b.Key) {
			return len(a.Key) - len(b.Key)
		}
		return strings.Compare(a.Key, b.Key)
	})
}

func digits(s string) bool {
	return s != "" && s[0] != '0' && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// refFrom is how from names the group.
func refFrom(from, group *Entry) string {
	if strings.EqualFold(from.namespace(), group.namespace()) {
		return group.name
	}
	return "group:" + group.namespace() + "/" + group.name
}

func refsFrom(from *Entry, groups []*Entry) []any {
	unique := map[string]bool{}
	for _, g := range groups {
		if g.name != "" {
			unique[refFrom(from, g)] = true
		}
	}
	out := []any{}
	for _, ref := range slices.Sorted(maps.Keys(unique)) {
		out = append(out, ref)
	}
	return out
}

// ordered takes away what makes a group part of itself, over any number of others, and returns which groups each has below.
// Which of the lines of a circle goes depends on the groups alone, and not on the order in which they came.
func ordered(groups []*Entry) map[*Entry][]*Entry {
	const onTheWay, done = 1, 2
	state := make(map[*Entry]int, len(groups))
	for _, g := range groups {
		oldestFirst(g.Within)
	}
	type step struct {
		at   *Entry
		next int
	}
	for _, g := range groups {
		if state[g] != 0 {
			continue
		}
		state[g] = onTheWay
		for stack := []step{{at: g}}; len(stack) > 0; {
			top := &stack[len(stack)-1]
			if top.next == len(top.at.Within) {
				state[top.at] = done
				stack = stack[:len(stack)-1]
				continue
			}
			above := top.at.Within[top.next]
			switch state[above] {
			case onTheWay:
				top.at.Within = slices.Delete(top.at.Within, top.next, top.next+1)
			case done:
				top.next++
			default:
				top.next++
				state[above] = onTheWay
				stack = append(stack, step{at: above})
			}
		}
	}
	below := map[*Entry][]*Entry{}
	for _, g := range groups {
		if g.name == "" {
			continue
		}
		for _, above := range g.Within {
			below[above] = append(below[above], g)
		}
	}
	return below
}

// called gives every entry its name, and says of whom that was not possible.
func called(kind string, list []*Entry) (leftOut []string) {
	// Who gets a name first: what a directory gave, then what had to be cleaned of what people chose, which has a digest
	// that nobody can choose, then what people chose, and what was cleaned of the rest.
	var given, digested, chosen, cleaned []*Entry
	for _, e := range list {
		name, changed := Name(e.Label)
		switch {
		case e.Label == "":
			leftOut = append(leftOut, fmt.Sprintf("the %s %s has no name", kind, e.shown()))
			continue
		case name == "":
			e.name = kind + "-" + e.digest(6)
			digested = append(digested, e)
			continue
		}
		e.name = name
		switch {
		case changed && e.Chosen:
			e.name = e.withDigest(6)
			digested = append(digested, e)
		case changed:
			cleaned = append(cleaned, e)
		case e.Chosen:
			chosen = append(chosen, e)
		default:
			given = append(given, e)
		}
	}
	taken := make(map[string]*Entry, len(list))
	for _, class := range [][]*Entry{given, digested, chosen, cleaned} {
		for _, e := range class {
			other := taken[e.ref(kind)]
			if other == nil {
				taken[e.ref(kind)] = e
				continue
			}
			if kind == "user" && !e.Chosen && !other.Chosen {
				// One of two people would be taken for the other.
				leftOut = append(leftOut, fmt.Sprintf("the user %s would be called %s, as %s is", e.shown(), e.name, other.shown()))
				e.name = ""
				continue
			}
			e.name = e.withDigest(6)
			if taken[e.ref(kind)] != nil {
				e.name = e.withDigest(24)
			}
			taken[e.ref(kind)] = e
		}
	}
	return leftOut
}

const maxName = 63

var validName = regexp.MustCompile(`^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$`)

// Name makes a name that an entity may have of any text, and says whether it differs. It is "" where the text has no letter
// and no digit of ASCII.
func Name(text string) (name string, changed bool) {
	if len(text) <= maxName && validName.MatchString(text) {
		return text, false
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '.', r == '-':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 4*maxName {
			break
		}
	}
	return cut(strings.Trim(b.String(), "-_."), maxName), true
}

func cut(name string, most int) string {
	return strings.TrimRight(name[:min(len(name), most)], "-_.")
}

// NamespaceOf makes a namespace that an entity may be in of any text; "" where nothing is left.
func NamespaceOf(text string) string {
	name, _ := Name(strings.ToLower(text))
	return strings.Trim(strings.Map(func(r rune) rune {
		if r == '_' || r == '.' {
			return '-'
		}
		return r
	}, name), "-")
}

func (e *Entry) digest(n int) string {
	sum := sha256.Sum256([]byte(e.Key))
	return hex.EncodeToString(sum[:])[:n]
}

func (e *Entry) withDigest(n int) string {
	name, _ := Name(e.Label)
	return cut(name, maxName-1-n) + "-" + e.digest(n)
}

func (e *Entry) shown() string { return shown(cmp.Or(e.Where, e.Key)) }

// shown is a text of somebody else's in a sentence of ours.
func shown(s string) string { return fmt.Sprintf("%q", Text(s, 100)) }
