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
	springName = regexp.MustCompile(`(?m)^\s*spring\.application\.name\s*=\s*(\S+)`)
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
	l.ownNames()
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

// ownNames adds the names by which programs announce themselves: Spring's application name.
func (l *look) ownNames() {
	for _, file := range l.view.chosen[forConfig] {
		c := l.nearest(file)
		base := strings.ToLower(path.Base(file))
		if c == nil || !strings.HasPrefix(base, "application.") && !strings.HasPrefix(base, "bootstrap.") {
			continue
		}
		text, name := l.view.text(file), ""
		if strings.HasSuffix(base, ".properties") {
			if m := springName.FindStringSubmatch(text); m != nil {
				name = m[1]
			}
		} else {
			for _, d := range documents(text) {
				name += str(get(d, "spring", "application", "name"))
				break
			}
		}
		if name = strings.ToLower(name); onlyHost.MatchString(name) && !slices.Contains(c.part.names, name) {
			c.part.names = append(c.part.names, name)
		}
	}
}

// nearest is the component that is built in the folder that a file is in, or in the nearest above it.
func (l *look) nearest(file string) *component {
	for _, dir := range above(file) {
		if i := slices.IndexFunc(l.components, func(o *component) bool { return o.part != nil && o.part.dir == dir }); i >= 0 {
			return l.components[i]
		}
	}
	return nil
}

// settings looks for addresses of others in the settings of programs, and in clients that name them.
func (l *look) settings(use func(*component, string, spot)) {
	for _, file := range l.view.chosen[forConfig] {
		c := l.nearest(file)
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
