package infer

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"portico/internal/catalog/layer"
)

// relation is that a component uses something else.
type relation struct {
	to    *component
	store *store
	ref   string
	at    spot
}

var (
	schemeHost = regexp.MustCompile(`(?:[a-z][a-z0-9+.]{0,20}:)?//(?:[^\s/@"']{1,100}@)?([A-Za-z0-9](?:[A-Za-z0-9.-]{0,80}[A-Za-z0-9])?)`)
	hostPort   = regexp.MustCompile(`(?:^|[,;\s=])([A-Za-z0-9](?:[A-Za-z0-9.-]{0,80}[A-Za-z0-9])?):[0-9]{2,5}(?:$|[,;/\s])`)
	onlyHost   = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,80}[A-Za-z0-9])?$`)
	hostName   = regexp.MustCompile(`(?i)(^|_)(host|hostname|addr|address|url|uri|server|servers|endpoint|service|broker|brokers)$`)
	feign      = regexp.MustCompile(`@FeignClient\([^)]{0,200}?(?:name|value)?\s*=?\s*"([A-Za-z0-9._-]+)"`)
)

// hosts are the names of hosts that a variable's value names.
func hosts(name, value string) (list []string) {
	if len(value) > 2_000 {
		return nil
	}
	for _, re := range []*regexp.Regexp{schemeHost, hostPort} {
		for _, m := range re.FindAllStringSubmatch(value, 10) {
			list = append(list, m[1])
		}
	}
	if len(list) == 0 && hostName.MatchString(name) && onlyHost.MatchString(value) {
		list = append(list, value)
	}
	for i := range list {
		list[i], _, _ = strings.Cut(strings.ToLower(list[i]), ".")
	}
	return list
}

// relate finds which component uses which, and which store: only where a line names the other.
func (l *look) relate() {
	byHost := map[string]*component{}
	stores := map[string]*store{}
	for _, s := range l.stores {
		for _, h := range append([]string{strings.ToLower(s.name)}, s.hosts...) {
			if stores[h] == nil {
				stores[h] = s
			}
		}
	}
	byBuild := map[string]*component{}
	for _, c := range l.components {
		if c.part == nil {
			continue
		}
		for _, h := range c.part.names {
			if byHost[h] == nil {
				byHost[h] = c
			}
		}
		for _, b := range c.part.projects {
			if b.name != "" && !b.solution && byBuild[b.name] == nil {
				byBuild[b.name] = c
			}
		}
	}
	use := func(c *component, host string, at spot) {
		if s := stores[host]; s != nil {
			c.needs(relation{store: s, at: at})
		} else if o := byHost[host]; o != nil && o != c {
			c.calls(o, at)
		}
	}
	for _, c := range l.components {
		if c.part == nil {
			continue
		}
		for _, w := range c.part.loads {
			if w.rank >= 20 {
				continue
			}
			sets := map[string]map[string]bool{} // what a set that many get names: of two addresses, one may be for others
			for _, e := range w.env {
				for _, h := range hosts(e.name, e.value) {
					if e.shared && (byHost[h] != nil || stores[h] != nil) {
						if sets[e.file] == nil {
							sets[e.file] = map[string]bool{}
						}
						sets[e.file][h] = true
					}
				}
			}
			for _, e := range append(slices.Clone(w.env), w.args...) {
				if e.shared && len(sets[e.file]) > 1 {
					continue
				}
				sure, says := layer.Stated, "sets "+e.name+" of "+w.says()+" to "
				if e.name == "" {
					says = "starts " + w.says() + " with "
				}
				if e.shared {
					sure, says = layer.Guess, "is a setting that "+w.says()+" gets with others: "+e.name+" is "
				}
				for _, h := range hosts(e.name, e.value) {
					use(c, h, spot{e.file, e.line, says + h, sure})
				}
			}
			for _, a := range w.after {
				use(c, strings.ToLower(a.text), spot{w.file, a.line, "starts " + w.says() + " after " + a.text, layer.Likely})
			}
		}
		for _, b := range c.part.projects {
			for _, name := range sortedKeys(b.deps) {
				if o := byBuild[name]; o != nil && o != c && o.kind == "library" {
					c.needs(relation{to: o, at: spot{b.file, b.deps[name], "depends on " + name, layer.Stated}})
				}
			}
		}
	}
	l.settings(use)
	for _, s := range l.stores {
		for _, at := range s.setUp {
			if c := l.componentAt(at.file); c != nil && c.part != nil {
				c.needs(relation{store: s, at: at})
			}
		}
	}
	for _, ch := range l.charts {
		for _, c := range l.components {
			if l.mono && norm(c.plain) != norm(ch.name) || aside(ch.file) {
				continue
			}
			for _, d := range ch.deps {
				if s := stores[strings.ToLower(d.text)]; s != nil {
					c.needs(relation{store: s, at: spot{ch.file, d.line, "brings the chart " + d.text, layer.Likely}})
				}
			}
		}
	}
}

// settings looks for addresses of others in the settings of programs, and in clients that name them.
func (l *look) settings(use func(*component, string, spot)) {
	for _, file := range l.view.chosen[forConfig] {
		var c *component
		for _, dir := range above(file) {
			if i := slices.IndexFunc(l.components, func(o *component) bool { return o.part != nil && o.part.dir == dir }); i >= 0 {
				c = l.components[i]
				break
			}
		}
		if c == nil {
			continue
		}
		text := l.view.text(file)
		n := 0
		for t := range strings.Lines(text) {
			if n++; n > 3_000 || len(t) > 2_000 {
				continue
			}
			trimmed := strings.TrimSpace(t)
			if strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, "*") {
				continue
			}
			for _, m := range schemeHost.FindAllStringSubmatch(t, 10) {
				h, _, _ := strings.Cut(strings.ToLower(m[1]), ".")
				use(c, h, spot{file, n, "names the address of " + h, layer.Likely})
			}
			for _, m := range feign.FindAllStringSubmatch(t, 2) {
				use(c, strings.ToLower(m[1]), spot{file, n, "is a client of " + m[1], layer.Stated})
			}
		}
	}
}

// calls notes that c uses another component: its API where it has exactly one, else itself.
func (c *component) calls(o *component, at spot) {
	r := relation{to: o, at: at}
	if len(o.apis) == 1 {
		r.ref = o.apis[0].ref
		if !slices.ContainsFunc(c.consume, func(x relation) bool { return x.ref == r.ref }) {
			c.consume = append(c.consume, r)
		}
		return
	}
	c.needs(r)
}

func (c *component) needs(r relation) {
	for i, x := range c.depends {
		if x.to == r.to && x.store == r.store {
			if surer(r.at.sure, x.at.sure) {
				c.depends[i].at = r.at
			}
			return
		}
	}
	c.depends = append(c.depends, r)
}

func surer(a, b string) bool {
	order := []string{layer.Guess, layer.Likely, layer.Stated}
	return slices.Index(order, a) > slices.Index(order, b)
}

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

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
