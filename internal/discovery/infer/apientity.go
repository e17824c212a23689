package infer

import (
	"path"
	"slices"
	"strings"

	"portico/internal/catalog/layer"
)

// api is an API in the making.
type api struct {
	kind, plain, title, about string
	name, ref                 string
	by                        *component // who provides it, nil where nothing tells
	files                     []*definition
	at, provides, titleAt     spot
	decl                      *declared
}

// findAPIs makes APIs of definitions. The rules:
//
//   - A definition belongs to the component whose folder it is in; in a repository of one component, to that.
//   - A service of protobuf belongs to the component of its name, whoever else has a copy of the file.
//   - A description outside of all components belongs to the one that its file or its folder is called after.
//   - The files of one package of protobuf are one API. Where a component has many packages beside one another, all are one.
func (l *look) findAPIs() {
	groups := map[string]*api{}
	seen := map[string]bool{}
	add := func(key string, a *api, d *definition) {
		if had := groups[key]; had != nil {
			had.files = append(had.files, d)
			return
		}
		a.files = []*definition{d}
		groups[key] = a
		if len(l.apis) < maxOfAKind {
			l.apis = append(l.apis, a)
		}
	}
	for _, d := range l.defs {
		c := l.componentAt(d.file)
		if d.kind == "grpc" && l.mono {
			if l.protoByName(d, c, seen) {
				continue
			}
			if c == nil {
				continue // nobody serves it
			}
		}
		provides := d.spot()
		if c == nil && l.mono {
			if c = l.calledAfter(d); c != nil {
				provides.sure, provides.says = layer.Guess, d.why+" and is called after "+c.plain
			}
		}
		a := &api{kind: d.kind, by: c, title: d.title, about: d.about, at: d.spot(), provides: provides, titleAt: spot{d.file, d.titleLine, "is the title of the description", layer.Stated}}
		owner := l.name
		if c != nil {
			owner = c.plain
		}
		switch d.kind {
		case "grpc":
			if seen["svc:"+d.pkg+"."+d.services[0].text] {
				continue
			}
			seen["svc:"+d.pkg+"."+d.services[0].text] = true
			a.plain, a.title = owner+"-grpc", ""
			add("grpc:"+owner+":"+d.pkg, a, d)
		case "graphql":
			a.plain = owner + "-graphql"
			add("graphql:"+owner, a, d)
		case "asyncapi":
			a.plain = owner + "-events"
			add("asyncapi:"+d.file, a, d)
		default:
			a.plain = owner + "-api"
			add("openapi:"+d.file, a, d)
		}
	}
	l.joinPackages()
	l.tellApart()
	for _, a := range l.apis {
		l.nameAPI(a)
	}
}

func (l *look) componentAt(file string) *component {
	if !l.mono {
		if len(l.components) == 1 {
			return l.components[0]
		}
		return nil
	}
	for _, dir := range above(file) {
		for _, c := range l.components {
			if c.part != nil && c.part.dir == dir && dir != "." {
				return c
			}
		}
	}
	return nil
}

// protoByName gives the services of a file to the components that are called after them; false where there is none.
func (l *look) protoByName(d *definition, at *component, seen map[string]bool) bool {
	any := false
	for _, s := range d.services {
		for _, c := range l.components {
			if bare(c.plain) != bare(s.text) {
				continue
			}
			any = true
			if c.part.speaksOther() {
				break
			}
			key := "svc:" + s.text + ":" + c.ref
			if seen[key] {
				break
			}
			seen[key] = true
			why := spot{d.file, s.line, "defines " + s.text + ", as " + c.plain + " is called", layer.Likely}
			l.apis = append(l.apis, &api{kind: "grpc", plain: c.plain + "-grpc", title: s.text, by: c, at: spot{d.file, s.line, "defines the service " + s.text, layer.Stated}, provides: why, titleAt: why, files: []*definition{d}})
			break
		}
	}
	return any
}

func (l *look) calledAfter(d *definition) *component {
	stem := strings.TrimSuffix(path.Base(d.file), path.Ext(d.file))
	for _, suffix := range []string{".openapi", "-openapi", "_openapi", ".swagger", "-api", "_api", ".api"} {
		stem = strings.TrimSuffix(stem, suffix)
	}
	for _, name := range []string{stem, path.Base(d.dir)} {
		for _, c := range l.components {
			if bare(c.plain) == bare(name) {
				return c
			}
		}
	}
	return nil
}

// joinPackages makes one API of the many packages of a component: a folder of small .proto files is read as one.
func (l *look) joinPackages() {
	count := map[*component][]*api{}
	for _, a := range l.apis {
		if a.kind == "grpc" && a.by != nil && a.title == "" {
			count[a.by] = append(count[a.by], a)
		}
	}
	gone := map[*api]bool{}
	for _, list := range count {
		if len(list) < 2 {
			continue
		}
		slices.SortStableFunc(list, func(a, b *api) int { return strings.Compare(a.files[0].file, b.files[0].file) })
		top := path.Dir(list[0].files[0].dir)
		for _, a := range list[1:] {
			if path.Dir(a.files[0].dir) != top && a.files[0].dir != list[0].files[0].dir {
				list = nil
				break
			}
		}
		if len(list) < 3 {
			continue
		}
		for _, a := range list[1:] {
			list[0].files = append(list[0].files, a.files...)
			gone[a] = true
		}
	}
	l.apis = slices.DeleteFunc(l.apis, func(a *api) bool { return gone[a] })
}

// tellApart names what would be called the same: by the folder or the file of each.
func (l *look) tellApart() {
	same := map[string][]*api{}
	for _, a := range l.apis {
		same[a.plain] = append(same[a.plain], a)
	}
	for _, list := range same {
		if len(list) < 2 {
			continue
		}
		for _, a := range list {
			f := a.files[0]
			word := strings.TrimSuffix(path.Base(f.file), path.Ext(f.file))
			if f.kind == "grpc" {
				word = strings.ReplaceAll(f.pkg, ".", "-")
			} else if norm(word) == "openapi" || norm(word) == "swagger" || norm(word) == "asyncapi" || norm(word) == "api" || norm(word) == "schema" {
				word = path.Base(f.dir)
			}
			if word != "" && word != "." {
				a.plain = strings.TrimSuffix(a.plain[:strings.LastIndexByte(a.plain, '-')]+"-"+kebab(word), "-") + a.plain[strings.LastIndexByte(a.plain, '-'):]
			}
		}
	}
}

func (l *look) nameAPI(a *api) {
	a.decl = l.declared.of("API", "", a.plain, CleanName(l.name+"-"+a.plain), strings.TrimSuffix(a.plain, "-api"))
	switch {
	case a.decl != nil:
		a.name, a.ref = a.decl.ref.Name, a.decl.ref.String()
	case l.declared.any("API"):
		return // where a repository declares APIs, it declares all
	default:
		a.name = l.names.of("api", a.plain)
		a.ref = "api:default/" + strings.ToLower(a.name)
	}
	if a.by != nil {
		a.by.apis = append(a.by.apis, a)
	}
}

// speaksOther reports whether a build file names what the part depends on, and none of it speaks gRPC: then it is only
// called as a service of the file is.
func (p *part) speaksOther() bool {
	named := false
	for _, b := range p.projects {
		for d := range b.deps {
			d = strings.ToLower(d)
			for _, lib := range []string{"grpc", "connectrpc", "@connectrpc", "twirp", "tonic", "protobuf", "prost"} {
				if strings.Contains(d, lib) {
					return false
				}
			}
			named = true
		}
	}
	return named
}
