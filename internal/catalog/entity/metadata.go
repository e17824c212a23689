package entity

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

func (v *validator) apiVersion(n *yaml.Node) {
	s := text(n)
	if validAPIVersion(s) {
		return
	}
	message := fmt.Sprintf("apiVersion %s is not of the form domain/version", quote(s))
	switch prefix, version, slash := strings.Cut(s, "/"); {
	case slash && prefix != strings.ToLower(prefix):
		message = fmt.Sprintf("the domain of apiVersion %s is not in lower case", quote(s))
	case slash && version == "":
		message = fmt.Sprintf("apiVersion %s has no version after the /", quote(s))
	case slash && prefix == "":
		message = fmt.Sprintf("apiVersion %s has no domain before the /", quote(s))
	}
	v.fail(n, &place{key: "apiVersion"}, message, "write apiVersion: backstage.io/v1alpha1")
}

func (v *validator) kind(n *yaml.Node) {
	s := text(n)
	if validKind(s) {
		return
	}
	remedy := "write one word of letters and digits that starts with a letter, at most 63 characters: kind: Component"
	if s := suggest(s, kindNames); s != "" {
		remedy = "did you mean kind: " + s + "?"
	}
	v.fail(n, &place{key: "kind"}, fmt.Sprintf("kind %s is not a word of letters and digits", quote(s)), remedy)
}

// metadata checks the second half of the envelope.
func (v *validator) metadata(root, meta *yaml.Node) {
	at := &place{key: "metadata"}
	if meta == nil || !v.object(meta, at, "indent the name below it: name: my-service") {
		return
	}
	k, _ := pair(root, "metadata")
	name := get(meta, "name")
	v.required(k, at, "name", name, "every entity needs one, unique among its kind", "add below metadata: name: my-service")
	// The fields in one walk, so that a large metadata costs one walk.
	m := deref(meta)
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, n := m.Content[i], m.Content[i+1]
		p := &place{up: at, key: keyText(k)}
		switch p.key {
		case "name":
			if v.text(n, p, false, "my-service") {
				v.name(n, p)
			}
		case "namespace":
			if v.text(n, p, false, DefaultNamespace) && !validLabel(text(n)) {
				v.fail(n, p, fmt.Sprintf("namespace %s may hold only lower-case letters, digits and hyphens between them, at most %d characters", quote(text(n)), maxName),
					"write "+line(p, or(mended(strings.ToLower(text(n)), isLowAlnum, validLabel), DefaultNamespace)))
			}
		case "uid", "etag":
			if v.text(n, p, false, "") {
				v.warn(k, p, p.key+" is given by the catalog; the one written here is not used", "remove the line")
			}
		case "title":
			v.text(n, p, false, "My service")
		case "description":
			v.text(n, p, true, "What it is for")
		case "labels":
			v.labels(n, p)
		case "annotations":
			v.annotations(n, p)
		case "tags":
			v.tags(n, p)
		case "links":
			v.links(n, p)
		default:
			v.unknownMetadata(k, p)
		}
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (v *validator) name(n *yaml.Node, p *place) {
	s := text(n)
	if validName(s) {
		return
	}
	message := fmt.Sprintf("name %s may hold only letters, digits and - _ . and has to start and end with a letter or digit", quote(s))
	if len(s) > maxName && all(s, isNameChar) {
		message = fmt.Sprintf("name %s is %d characters long; at most %d fit", quote(s), len(s), maxName)
	}
	remedy := "write " + line(p, or(mended(s, isNameChar, validName), "my-service"))
	if strings.ContainsAny(s, " ") {
		remedy += ", and keep the readable form as title: " + s
	}
	v.fail(n, p, message, remedy)
}

func (v *validator) labels(n *yaml.Node, p *place) {
	if !v.object(n, p, "write labels as a map: example.com/tier: gold") {
		return
	}
	m := deref(n)
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, n := m.Content[i], m.Content[i+1]
		p := &place{up: p, key: keyText(k)}
		v.key(k, p, "label")
		if v.text(n, p, true, "gold") && text(n) != "" && !validName(text(n)) {
			v.fail(n, p, fmt.Sprintf("the label value %s may hold only letters, digits and - _ . and has to start and end with a letter or digit", quote(text(n))),
				"write "+line(p, or(mended(text(n), isNameChar, validName), "gold"))+", or make it an annotation, which holds any text")
		}
	}
}

// key checks the key of a label or an annotation.
func (v *validator) key(k *yaml.Node, p *place, what string) {
	s := p.key
	if validKey(s) {
		return
	}
	if s == "" {
		p.key = `""`
	}
	message := fmt.Sprintf("the %s key %s is not of the form domain/name or name", what, quote(s))
	prefix, name, slash := strings.Cut(s, "/")
	switch {
	case slash && strings.Contains(name, "/"):
		message = fmt.Sprintf("the %s key %s has more than one /", what, quote(s))
	case slash && !validDomain(prefix) && validDomain(strings.ToLower(prefix)):
		message = fmt.Sprintf("the domain %s of the %s key %s is not in lower case", quote(prefix), what, quote(s))
	case slash && !validDomain(prefix):
		message = fmt.Sprintf("%s before the / of the %s key %s is not a domain name", quote(prefix), what, quote(s))
	case slash && name == "":
		message = fmt.Sprintf("the %s key %s has no name after the /", what, quote(s))
	case max(len(s), len(name)) > maxName && len(strings.TrimPrefix(s, prefix+"/")) > maxName:
		message = fmt.Sprintf("the name in the %s key %s is longer than %d characters", what, quote(s), maxName)
	}
	fix := mended(s, isNameChar, validName)
	if slash {
		prefix = mended(strings.ToLower(prefix), func(c byte) bool { return isLowAlnum(c) || c == '.' }, validDomain)
		fix = or(prefix, "example.com") + "/" + or(mended(name, isNameChar, validName), "name")
	}
	v.fail(k, p, message, "write a key like "+or(fix, "example.com/name")+": letters, digits and - _ . after an optional domain")
}

func (v *validator) annotations(n *yaml.Node, p *place) {
	if !v.object(n, p, "write annotations as a map: backstage.io/techdocs-ref: dir:.") {
		return
	}
	m := deref(n)
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, n := m.Content[i], m.Content[i+1]
		p := &place{up: p, key: keyText(k)}
		if !validKey(p.key) {
			v.key(k, p, "annotation")
		}
		if v.text(n, p, true, "a value") && unsafeAnnotation(p.key, text(n)) && !written[p.key] {
			v.warn(n, p, fmt.Sprintf("the annotation %s holds an address that is not safe to follow; it is left empty", p.key), "write an http or https address")
		}
	}
}

func (v *validator) tags(n *yaml.Node, p *place) {
	if !v.list(n, p, "java, payments") {
		return
	}
	for i, t := range deref(n).Content {
		p := &place{up: p, index: i}
		if !v.text(t, p, false, "java") || validTag(text(t)) {
			continue
		}
		s := text(t)
		message := fmt.Sprintf("tag %s may hold only lower-case letters, digits and + # : in words joined by single hyphens", quote(s))
		if len(s) > maxName {
			message = fmt.Sprintf("tag %s is %d characters long; at most %d fit", quote(s), len(s), maxName)
		}
		v.fail(t, p, message, "write "+line(p, or(mended(strings.ToLower(s), isTagChar, validTag), "java")))
	}
}

func (v *validator) links(n *yaml.Node, p *place) {
	const example = "{url: \"https://example.com\", title: Dashboard}"
	if !v.list(n, p, example) {
		return
	}
	for i, l := range deref(n).Content {
		p := &place{up: p, index: i}
		if !v.object(l, p, "write a link as a map: "+example) {
			continue
		}
		url := get(l, "url")
		v.required(l, p, "url", url, "a link leads somewhere", "add to the link: url: https://example.com")
		if at := (&place{up: p, key: "url"}); v.text(url, at, false, "https://example.com") {
			v.linkURL(url, at)
		}
		for _, f := range [...]string{"title", "icon", "type"} {
			n := get(l, f)
			if at := (&place{up: p, key: f}); v.text(n, at, false, "dashboard") && f != "type" && blank(text(n)) {
				v.fail(n, at, at.name()+" holds nothing but blanks", "write a value, or remove the line")
			}
		}
	}
}

func (v *validator) linkURL(n *yaml.Node, p *place) {
	s := text(n)
	switch {
	case !validURL(s):
		remedy := "write a whole address, with https:// in front: url: https://example.com/runbook"
		if host := strings.TrimLeft(s, "/"); validURL("https://"+host) && strings.ContainsRune(host, '.') && !strings.ContainsAny(host, " <>{") {
			remedy = "write the whole address: url: https://" + host
		}
		v.fail(n, p, fmt.Sprintf("url %s is not an address that a browser can open", quote(s)), remedy)
	case !SafeURL(s):
		v.warn(n, p, fmt.Sprintf("url %s is not safe to follow; the link is shown without it", quote(s)), "write an http or https address")
	}
}

// unknownMetadata warns of keys that are one letter away from a known one, or that belong to spec.
func (v *validator) unknownMetadata(k *yaml.Node, p *place) {
	if s := suggest(p.key, metadataFields); s != "" {
		v.warn(k, p, fmt.Sprintf("metadata has no field %s; it is kept, and nothing reads it", quote(p.key)), "did you mean "+s+"?")
		return
	}
	if slices.Contains([]string{"owner", "lifecycle", "system", "domain"}, p.key) {
		v.warn(k, p, p.key+" is not read from metadata", "move it below spec")
	}
}
