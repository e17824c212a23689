package infer

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"portico/internal/catalog/layer"
)

// component writes what is known of a component, but for its relations.
func (l *look) component(c *component) *draft {
	d := l.draft("Component", c.decl, c.dir)
	if c.decl == nil {
		at := l.nameSpot()
		if !c.root {
			at = spot{file: c.why.file, says: "is in the folder " + c.dir, sure: layer.Likely}
			if b := c.part.build(); b != nil && c.part.member && b.nameLine > 0 && b.name == c.plain {
				at = spot{b.file, b.nameLine, "is called so", layer.Stated}
			}
		}
		d.name(c.name, at)
	}
	if c.root {
		l.front(d)
	} else {
		l.partFront(d, c)
	}
	if c.kind != "" {
		d.spec("type", c.kind, c.why)
	}
	l.lifecycle(d, c)
	d.owned(anyFile(c.dir))
	d.inSystem()
	l.tags(d, c)
	l.docs(d, c)
	l.cluster(d, c)
	if s := l.source(c.dir); s != "" && d.notes["backstage.io/source-location"] == nil {
		d.notes["backstage.io/source-location"] = s
	}
	return d
}

// partFront is what a part's own README and build file say of it.
func (l *look) partFront(d *draft, c *component) {
	if c.plain != d.entity.Name && c.decl == nil { // who declares it has called it something
		d.meta("title", c.plain, spot{file: c.why.file, says: "is in the folder " + c.dir, sure: layer.Likely})
	}
	dirs := []string{c.dir}
	if c.part.dir != c.dir {
		dirs = append(dirs, c.part.dir)
	}
	for _, dir := range dirs {
		for _, name := range l.view.in[dir] {
			if !isReadme(strings.ToLower(name)) {
				continue
			}
			file := path.Join(dir, name)
			r := parseReadme(l.view.text(file))
			if r.deep {
				continue // what stands in a section is of that
			}
			d.meta("description", r.text, spot{file, r.textLine, "is the first paragraph", layer.Likely})
		}
	}
	for _, b := range c.part.projects {
		d.meta("description", b.about, spot{b.file, b.aboutLine, "is the description of the package", layer.Stated})
	}
	if l.slug != "" {
		d.notes[slugAnnotation(l.host)] = l.slug
		d.metadata["links"] = []map[string]string{{"url": "https://" + l.host + "/" + l.slug, "title": "Repository"}}
		d.say("metadata.annotations."+slugAnnotation(l.host), l.slug, spot{says: "the remote origin", sure: layer.Stated})
	}
}

// lifecycle: archived or given up is deprecated; deployed, or released as 1.0 or later, is in production; the rest is an
// experiment as far as anybody can see.
func (l *look) lifecycle(d *draft, c *component) {
	set := func(v string, s spot, sure string) {
		s.sure = sure
		d.spec("lifecycle", v, s)
	}
	if l.in.Archived {
		set("deprecated", spot{says: "the host says that the repository is archived"}, layer.Stated)
		return
	}
	if l.in.Activity == Dormant {
		set("deprecated", spot{says: "the host says that nobody has pushed for long"}, layer.Guess)
		return
	}
	if p := c.part; p != nil {
		for _, w := range p.loads {
			if w.kind != "compose" && w.rank < 20 {
				set("production", spot{file: w.file, line: w.line, says: "runs as " + w.says()}, layer.Likely)
				return
			}
		}
		if p.built.seen() {
			set("production", p.built, layer.Guess)
		}
	}
	if l.release.deploys.seen() {
		set("production", l.release.deploys, layer.Likely)
	}
	for _, ch := range l.charts {
		if c.root && !aside(ch.file) || norm(ch.name) == norm(c.plain) {
			set("production", spot{file: ch.file, says: "is a Helm chart of it"}, layer.Likely)
		}
	}
	if p := c.part; p != nil {
		for _, b := range p.projects {
			if b.released.seen() && b.published {
				set("production", b.released, layer.Likely)
			}
		}
	}
	if c.kind == "library" || c.kind == "tool" || c.root || l.mono {
		if l.release.versions.seen() {
			set("production", l.release.versions, layer.Likely)
		}
	}
	if l.release.ships.seen() {
		set("production", l.release.ships, layer.Guess)
	}
	if c.why.seen() {
		set("experimental", spot{file: c.why.file, says: "is built here, and nothing shows that it is deployed or released"}, layer.Guess)
	}
}

// tags are topics that the host has, and languages.
func (l *look) tags(d *draft, c *component) {
	var tags []string
	add := func(tag, field string, s spot) {
		for _, t := range tags {
			if t == tag {
				return
			}
		}
		if len(tag) <= 63 && tagRule.MatchString(tag) && len(tags) < 20 {
			tags = append(tags, tag)
			d.say("metadata.tags", tag, s)
		}
	}
	if c.root {
		for _, t := range l.in.Topics {
			add(strings.ToLower(t), t, spot{says: "a topic of the repository at its host", sure: layer.Stated})
		}
	}
	var shown []string
	langs := l.view.languages(c.dir)
	if len(langs) == 0 && c.root {
		langs = hostLanguages(l.in.Languages)
	}
	for i, lang := range langs {
		s := spot{says: "the languages of its files: " + lang.example, sure: layer.Likely}
		s.file = lang.file
		if i < 3 {
			add(strings.ToLower(lang.Name), "", s)
		}
		shown = append(shown, fmt.Sprintf("%s %d%%", lang.Name, lang.Percent))
	}
	if len(shown) > 0 {
		d.notes["portico.dev/languages"] = strings.Join(shown, ", ")
		d.say("metadata.annotations.portico.dev/languages", d.notes["portico.dev/languages"].(string), spot{file: langs[0].file, says: langs[0].example, sure: layer.Likely})
	}
	if len(tags) > 0 {
		d.metadata["tags"] = tags
	}
}

// docs: the book of a part is the mkdocs.yml in it, else its folder docs, else its README.
func (l *look) docs(d *draft, c *component) {
	v := l.view
	ref := func(dir string) string { // relative to the source location, which is the component's folder
		if dir == c.dir {
			return "dir:."
		}
		return "dir:./" + strings.TrimPrefix(dir, c.dir+"/")
	}
	set := func(dir, file, says string) {
		d.note("backstage.io/techdocs-ref", ref(dir), spot{file, 0, says, layer.Likely})
	}
	for _, base := range []string{"mkdocs.yml", "mkdocs.yaml"} {
		if f := path.Join(c.dir, base); v.has(f) {
			set(c.dir, f, "is the head of a book")
			return
		}
	}
	if c.root && !l.mono {
		for _, base := range []string{"mkdocs.yml", "mkdocs.yaml"} {
			for _, f := range v.byBase[base] {
				if strings.Count(f, "/") == 1 && !aside(f) && !notOurs(f) {
					set(path.Dir(f), f, "is the head of a book")
					return
				}
			}
		}
	}
	docs := path.Join(c.dir, "docs")
	for _, name := range v.in[docs] {
		if strings.HasSuffix(strings.ToLower(name), ".md") {
			set(c.dir, path.Join(docs, name), "is a page of documentation")
			return
		}
	}
	for _, name := range v.in[c.dir] {
		if l := strings.ToLower(name); strings.HasPrefix(l, "readme.") && strings.HasSuffix(l, "md") {
			set(c.dir, path.Join(c.dir, name), "is all there is to read")
			return
		}
	}
}

// cluster is how its workloads are found in a cluster: by the label made for that, else by the label that its pods have.
func (l *look) cluster(d *draft, c *component) {
	if c.part == nil {
		return
	}
	for _, w := range c.part.loads {
		if w.portal.text != "" {
			d.note("backstage.io/kubernetes-id", w.portal.text, spot{w.file, w.portal.line, "is the label that " + w.says() + " carries for it", layer.Stated})
			return
		}
	}
	for _, w := range c.part.loads {
		if len(w.labels) > 0 && w.rank < 20 {
			d.note("backstage.io/kubernetes-label-selector", w.labels[0].text, spot{w.file, w.labels[0].line, "is a label of the pods of " + w.says(), layer.Likely})
			return
		}
	}
}

// relations are written last: they name what else was found.
func (l *look) relations(d *draft, c *component) {
	for _, a := range c.apis {
		d.list("providesApis", short(a.ref), a.provides)
	}
	for _, r := range c.consume {
		d.list("consumesApis", short(r.ref), r.at)
	}
	for _, r := range c.depends {
		ref := r.ref
		if r.to != nil {
			ref = r.to.ref
		}
		d.list("dependsOn", ref, r.at)
	}
}

// short is a ref without the kind that its field implies, and without the namespace that is everybody's.
func short(ref string) string {
	_, ref, _ = strings.Cut(ref, ":")
	return strings.TrimPrefix(ref, "default/")
}

// maxInline bounds a definition that is put together of several files.
const maxInline = 192 << 10

func (l *look) writeAPI(a *api) {
	dir := "."
	if a.by != nil {
		dir = a.by.dir
	}
	d := l.draft("API", a.decl, dir)
	if a.decl == nil {
		d.name(a.name, spot{a.at.file, a.at.line, a.at.says, layer.Likely})
	}
	title := a.title
	switch {
	case title != "":
	case a.kind == "grpc":
		title = d.entity.Name
	}
	if !strings.EqualFold(title, d.entity.Name) {
		d.meta("title", title, a.titleAt)
	}
	d.meta("description", a.about, spot{a.at.file, a.titleAt.line, "is the description of the API", layer.Stated})
	d.spec("type", a.kind, spot{a.at.file, a.at.line, a.at.says, layer.Stated})
	d.owned(a.files[0].file)
	d.inSystem()
	if a.by != nil {
		s := a.at
		s.says, s.sure = "is as far as "+a.by.plain+", which has it", layer.Guess
		for _, e := range l.out {
			if e.Ref == a.by.ref {
				spec, _ := e.Object["spec"].(map[string]any)
				if v, _ := spec["lifecycle"].(string); v != "" && v != Unknown {
					d.spec("lifecycle", v, s)
				}
			}
		}
	}
	l.define(d, a)
	if s := l.source(path.Dir(a.files[0].file)); s != "" && a.decl == nil {
		d.notes["backstage.io/source-location"] = s
	}
	l.done(d)
}

// define sets the definition: the file, by a placeholder that the catalog reads, or all files of a package of protobuf one
// after the other.
func (l *look) define(d *draft, a *api) {
	first := a.files[0]
	if len(a.files) == 1 {
		d.specs["definition"] = map[string]string{"$text": "./" + first.file}
		d.say("spec.definition", first.file, spot{first.file, first.line, "holds the definition", layer.Stated})
		return
	}
	var b strings.Builder
	whole := true
	for _, f := range a.files {
		text := l.view.text(f.file)
		if b.Len()+len(text) > maxInline {
			whole = false
			continue
		}
		fmt.Fprintf(&b, "// %s\n\n%s\n", f.file, strings.TrimSpace(printable(text)))
	}
	says := "is one of " + itoa(len(a.files)) + " files of the definition"
	if !whole {
		says = "is the largest of " + itoa(len(a.files)) + " files, which are too long together"
		for _, f := range a.files {
			if f.calls > first.calls {
				first = f
			}
		}
		d.specs["definition"] = map[string]string{"$text": "./" + first.file}
		d.say("spec.definition", first.file, spot{first.file, first.line, says, layer.Guess})
		return
	}
	d.specs["definition"] = b.String()
	for _, f := range a.files {
		d.say("spec.definition", f.file, spot{f.file, f.line, says, layer.Stated})
	}
}

var control = regexp.MustCompile(`[\x00-\x08\x0b-\x1f\x7f]`)

func printable(s string) string { return control.ReplaceAllString(s, "") }
