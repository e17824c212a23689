package infer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
)

// draft is an entity that is being written. Each field is set with what shows it.
type draft struct {
	l        *look
	entity   Entity
	ref      string
	metadata map[string]any
	specs    map[string]any
	notes    map[string]any // annotations
}

func (l *look) draft(kind string, decl *declared, dir string) *draft {
	d := &draft{l: l, metadata: map[string]any{}, specs: map[string]any{}, notes: map[string]any{}}
	d.entity = Entity{Kind: kind, Path: dir}
	if decl != nil {
		d.entity.Name, d.entity.DeclaredIn, d.ref = decl.ref.Name, decl.file, decl.ref.String()
	} else {
		d.notes["portico.dev/inferred"] = "true"
	}
	return d
}

func (d *draft) say(field, value string, s spot) {
	d.entity.Evidence = append(d.entity.Evidence, layer.Evidence{Field: field, Value: value, File: s.file, Line: s.line, Says: s.says, Sure: s.sure})
}

func (d *draft) name(name string, s spot) {
	d.entity.Name = name
	d.ref = entity.Ref{Kind: d.entity.Kind, Name: name}.String()
	d.metadata["name"] = name
	d.say("metadata.name", name, s)
}

func (d *draft) meta(key, value string, s spot) {
	if value != "" && d.metadata[key] == nil {
		d.metadata[key] = value
		d.say("metadata."+key, value, s)
	}
}

func (d *draft) spec(key string, value string, s spot) {
	if value != "" && d.specs[key] == nil {
		d.specs[key] = value
		d.say("spec."+key, value, s)
	}
}

func (d *draft) note(key, value string, s spot) {
	if value != "" && d.notes[key] == nil {
		d.notes[key] = value
		d.say("metadata.annotations."+key, value, s)
	}
}

func (d *draft) list(key, ref string, s spot) {
	had, _ := d.specs[key].([]string)
	if slices.Contains(had, ref) || ref == "" {
		return
	}
	d.specs[key] = append(had, ref)
	d.say("spec."+key+"["+ref+"]", ref, s)
}

// owned sets the owner of a path.
func (d *draft) owned(p string) {
	if d.l.owners != nil {
		if r, ok := d.l.owners.Owner(p); ok {
			if ref, written := ownerRef(r.Owners); ref != "" {
				d.spec("owner", ref, spot{d.l.ownerFile, r.OwnersLine, "names " + strings.Join(r.Owners[:min(len(r.Owners), 3)], ", ") + " for " + r.Pattern, layer.Stated})
				if e := d.entity.Evidence; len(e) > 0 && e[len(e)-1].Field == "spec.owner" {
					e[len(e)-1].As = oneLine(written)
				}
			}
		}
	}
	if d.specs["owner"] == nil && len(d.l.in.Teams) == 1 && d.l.in.Teams[0].Team != "" {
		t := d.l.in.Teams[0]
		d.spec("owner", "group:"+strings.ToLower(CleanName(path.Base(t.Team))), spot{says: "the host says that " + oneLine(t.Team) + " is the only team that may write", sure: layer.Likely})
	}
	if d.entity.Kind == "Component" && d.entity.DeclaredIn == "" {
		d.notes["portico.dev/owner-inferred"] = fmt.Sprint(d.specs["owner"] != nil)
	}
}

func (d *draft) inSystem() {
	if d.l.system != "" {
		d.spec("system", d.l.system, d.l.systemAt())
	}
}

// done finishes an entity. What a kind must have and nothing shows is unknown, but not where a descriptor has it.
func (l *look) done(d *draft) {
	if d.entity.DeclaredIn != "" && len(d.entity.Evidence) == 0 {
		return // nothing was seen of it
	}
	if d.entity.DeclaredIn == "" {
		for _, key := range required[d.entity.Kind] {
			if d.specs[key] == nil {
				d.specs[key] = Unknown
				if key == "type" {
					d.specs[key] = "other"
				}
			}
		}
	}
	if len(d.notes) > 0 {
		d.metadata["annotations"] = d.notes
	}
	d.entity.Ref = d.ref
	d.entity.Object = map[string]any{"metadata": d.metadata, "spec": d.specs}
	l.out = append(l.out, d.entity)
}

var required = map[string][]string{"Component": {"type", "lifecycle", "owner"}, "API": {"type", "lifecycle", "owner"}, "Resource": {"type", "owner"}, "System": {"owner"}}

func (l *look) systemAt() spot {
	if l.in.System != "" {
		return spot{says: "the host's groups or topics say so", sure: layer.Likely}
	}
	return spot{file: l.systemFile(), says: "is of the same repository", sure: layer.Guess}
}

// systemFile is what shows that the repository is a system: the build file that names the parts, else the README.
func (l *look) systemFile() string {
	for _, b := range l.projects {
		if b.dir == "." && len(b.members) > 0 {
			return b.file
		}
	}
	if l.readme.file != "" {
		return l.readme.file
	}
	if len(l.components) > 0 {
		return l.components[0].why.file
	}
	return ""
}

// write makes entities of all that was found. This is the only place where there are any.
func (l *look) write() {
	if l.declared.dirs["."] && len(l.declared.list) == 0 {
		return // there is a descriptor at the top, and nobody knows what it means to say
	}
	l.writeSystem()
	var parts []*draft
	for _, c := range l.components {
		parts = append(parts, l.component(c))
	}
	l.writeResources() // gives relations their refs
	resources := l.out
	l.out = nil
	if len(resources) > 0 && resources[0].Kind == "System" {
		l.out, resources = resources[:1:1], resources[1:]
	}
	for i, c := range l.components {
		l.relations(parts[i], c)
		l.done(parts[i])
	}
	for _, a := range l.apis {
		if a.ref != "" {
			l.writeAPI(a)
		}
	}
	l.out = append(l.out, resources...)
}

func (l *look) writeSystem() {
	switch {
	case l.in.System != "":
		l.system = strings.ToLower(CleanName(l.in.System))
		return
	case !l.mono || len(l.components)+len(l.stores) < 2:
		return
	}
	decl := l.declared.of("System", ".", l.name)
	if decl == nil && (l.declared.any("System") || l.declared.dirs["."]) {
		return
	}
	d := l.draft("System", decl, ".")
	if decl == nil {
		d.name(l.names.unique("system", l.name), l.nameSpot())
	}
	d.say("kind", "", spot{l.systemFile(), 0, "the repository holds " + itoa(len(l.components)) + " components", layer.Likely})
	l.front(d)
	d.owned(anyFile("."))
	l.system = short(d.ref)
	l.done(d)
}

func (l *look) nameSpot() spot {
	switch {
	case l.in.Name != "":
		return spot{says: "the name of the repository", sure: layer.Stated}
	case l.slug != "":
		return spot{says: "the remote origin", sure: layer.Stated}
	}
	return spot{says: "the name of the folder", sure: layer.Likely}
}

// anyFile is a file in a folder of which nothing is known but that: who owns it, owns the folder.
func anyFile(dir string) string { return path.Join(dir, "any") }

// front is what README and host say of the repository.
func (l *look) front(d *draft) {
	if t := l.readme.title; t != "" && !strings.EqualFold(t, d.entity.Name) {
		d.meta("title", t, spot{l.readme.file, l.readme.titleLine, "is the heading", layer.Stated})
	}
	d.meta("description", l.readme.text, spot{l.readme.file, l.readme.textLine, "is the first paragraph", layer.Likely})
	for _, b := range l.projects {
		if b.dir == "." {
			d.meta("description", b.about, spot{b.file, b.aboutLine, "is the description of the package", layer.Stated})
		}
	}
	if about := prose(l.in.Description); about != "" {
		d.meta("description", about, spot{says: "the host's description of the repository", sure: layer.Stated})
	}
	for _, c := range l.charts {
		if norm(c.name) == norm(l.name) {
			d.meta("description", shorten(plain(c.about)), spot{c.file, c.aboutLine, "is the description of the chart", layer.Stated})
		}
	}
	if l.slug != "" {
		d.notes[slugAnnotation(l.host)] = l.slug
		d.metadata["links"] = []map[string]string{{"url": "https://" + l.host + "/" + l.slug, "title": "Repository"}}
		d.say("metadata.annotations."+slugAnnotation(l.host), l.slug, spot{says: "the remote origin", sure: layer.Stated})
	}
	if l.in.SourceLocation != "" {
		d.notes["backstage.io/source-location"] = l.in.SourceLocation
	}
}

// source is where the source of a folder is.
func (l *look) source(dir string) string {
	at := l.in.SourceLocation
	if at == "" || dir == "." {
		return at
	}
	if strings.HasPrefix(at, "url:") {
		var b strings.Builder
		for s := range strings.SplitSeq(dir, "/") {
			b.WriteString(url.PathEscape(s) + "/")
		}
		return at + b.String()
	}
	return at + dir + "/"
}

// document is an entity as a descriptor.
func (e *Entity) document() map[string]any {
	doc := map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": e.Kind}
	for k, v := range e.Object {
		doc[k] = v
	}
	return doc
}

// YAML is what was found and is not declared, as descriptors: one document each. The evidence is in the layers.
func (r *Result) YAML() ([]byte, error) {
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	for i := range r.Entities {
		e := &r.Entities[i]
		if e.DeclaredIn != "" {
			continue
		}
		if err := enc.Encode(e.document()); err != nil {
			return nil, err
		}
	}
	if buf.Len() == 0 {
		return nil, nil // all is declared
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Layers are the inferred layers of all that was found, declared or not.
func (r *Result) Layers() []layer.Layer {
	var list []layer.Layer
	for i := range r.Entities {
		e := &r.Entities[i]
		data, err := json.Marshal(e.Object)
		if err != nil {
			continue // of strings, maps and lists: it cannot be
		}
		list = append(list, layer.Layer{Ref: e.Ref, Entity: data, Evidence: e.Evidence})
	}
	return list
}
