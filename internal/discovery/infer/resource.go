package infer

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"portico/internal/catalog/layer"
)

// findStores makes one resource of each store, however often it is mentioned: of the same name is the same, and what is run
// in earnest tells more than a variant of it.
func (l *look) findStores() {
	mine := map[*workload]bool{}
	for _, c := range l.components {
		if c.part != nil {
			for _, w := range c.part.loads {
				mine[w] = true
			}
		}
	}
	for _, w := range l.loads {
		if mine[w] || w.rank >= 20 || w.kind == "compose" && l.onlyLibrary() || w.kind == "Job" || w.kind == "CronJob" {
			continue
		}
		if s := storeOf(w); s != nil {
			l.stores = append(l.stores, s)
		}
	}
	for _, c := range l.charts {
		for _, d := range c.deps {
			if e, ok := storeNamed(d.text); ok && !aside(c.file) {
				l.stores = append(l.stores, &store{name: d.text, engine: e, at: spot{c.file, d.line, "brings the chart " + d.text, layer.Likely}, dir: c.dir, hosts: []string{strings.ToLower(d.text), strings.ToLower(c.name + "-" + d.text)}, rank: strings.Count(c.file, "/")})
			}
		}
	}
	l.stores = append(l.stores, l.tf...)
	l.stores = append(l.stores, l.view.storeFolders()...)
	slices.SortStableFunc(l.stores, func(a, b *store) int { return a.rank - b.rank })
	var list []*store
	byName := map[string]*store{}
	for _, s := range l.stores {
		if had := byName[norm(s.name)]; had != nil {
			had.hosts = append(had.hosts, s.hosts...)
			if len(had.setUp) < maxParts {
				had.setUp = append(had.setUp, s.setUp...)
			}
			continue
		}
		byName[norm(s.name)] = s
		list = append(list, s)
	}
	list = l.joinStores(list)
	l.stores = list[:min(len(list), maxOfAKind)]
	slices.SortStableFunc(l.stores, func(a, b *store) int { return strings.Compare(a.name, b.name) })
}

// storeFolders finds folders that are called after a store and hold what sets one up: postgresql/init.sql.
func (v *view) storeFolders() (list []*store) {
	for _, dir := range sortedKeys(v.in) {
		e, ok := engines[strings.ToLower(path.Base(dir))]
		if !ok || aside(dir+"/x") || notOurs(dir+"/x") || v.isProject(dir) || len(list) >= maxOfAKind || v.choice(dir) {
			continue
		}
		for _, name := range v.in[dir] {
			switch ext := path.Ext(name); ext {
			case ".sql", ".cql", ".cnf", ".conf":
				at := spot{path.Join(dir, name), 0, "sets up " + e.title, layer.Likely}
				list = append(list, &store{name: path.Base(dir), engine: e, dir: dir, setUp: []spot{at}, at: at, rank: 8 + strings.Count(dir, "/"), hosts: []string{strings.ToLower(path.Base(dir))}})
			default:
				continue
			}
			break
		}
	}
	return list
}

// choice reports whether a folder called after a store stands beside such of others: then the program can be used with any
// of them, and nothing shows with which it is.
func (v *view) choice(dir string) bool {
	up, n := path.Dir(dir), 0
	for _, word := range []string{"mysql", "mariadb", "postgres", "postgresql", "sqlite", "sqlite3", "hsqldb", "h2", "mssql", "sqlserver", "oracle", "cockroachdb", "mongodb", "memory"} {
		if len(v.in[path.Join(up, word)]) > 0 {
			n++
		}
	}
	return n > 1
}

// joinStores takes for one what stands in several ways of running the same thing: the cache of the chart, and that of the
// manifests. It is one where each way has exactly one store of the engine.
func (l *look) joinStores(list []*store) []*store {
	type way struct{ area, of string }
	count := map[way]map[string]int{} // engine → way → number
	for _, s := range list {
		key := way{l.area(s), s.engine.title}
		if count[key] == nil {
			count[key] = map[string]int{}
		}
		count[key][l.wayOf(s)]++
	}
	first := map[way]*store{}
	return slices.DeleteFunc(list, func(s *store) bool {
		key := way{l.area(s), s.engine.title}
		for _, n := range count[key] {
			if n > 1 {
				return false
			}
		}
		if had := first[key]; had != nil {
			had.hosts = append(had.hosts, append(s.hosts, strings.ToLower(s.name))...)
			return true
		}
		first[key] = s
		return false
	})
}

// area is the component whose folder a store is in, "." for the repository's.
func (l *look) area(s *store) string {
	if c := l.componentAt(path.Join(s.dir, "x")); c != nil {
		return c.dir
	}
	return "."
}

// wayOf is the way of running things that a store is of: a chart, a compose file, manifests, Terraform, a folder to build.
func (l *look) wayOf(s *store) string {
	base := strings.ToLower(path.Base(s.at.file))
	for _, c := range l.charts {
		if below(s.at.file, c.dir) {
			return "chart " + c.dir
		}
	}
	switch {
	case isCompose(base):
		return "compose " + s.at.file
	case s.cloud:
		return "terraform"
	case isImage(base):
		return "folder"
	case path.Ext(base) != ".yaml" && path.Ext(base) != ".yml":
		return "set up"
	}
	top, _, _ := strings.Cut(s.at.file, "/")
	return "manifests " + top
}

// onlyLibrary is true where what compose runs is for tests alone.
func (l *look) onlyLibrary() bool {
	return !l.mono && len(l.components) == 1 && l.components[0].kind == "library"
}

// storeOf is the store that a workload is, nil where it is none.
func storeOf(w *workload) *store {
	if w.kind == "Pod" || beside(w.name) {
		return nil // somebody's client
	}
	s := &store{name: w.name, dir: path.Dir(w.file), hosts: []string{strings.ToLower(w.name)}, rank: w.rank}
	for _, img := range w.images {
		if e, ok := storeNamed(img.text); ok {
			shown := img.text
			if strings.Contains(shown, unknownValue) {
				shown = shown[strings.LastIndexByte(shown, '/')+1:]
				shown, _, _ = strings.Cut(shown, ":")
			}
			s.engine, s.at = e, spot{w.file, img.line, "runs the image " + shown, layer.Stated}
			return s
		}
	}
	if w.context != "" {
		return nil
	}
	if e, v := storeByEnv(w.variable); v != nil && !v.shared && w.keeps() {
		s.engine, s.at = e, spot{v.file, v.line, "sets " + v.name + " for " + w.says(), layer.Likely}
		return s
	}
	if e, ok := storeNamed(w.name); ok && len(w.images) > 0 && strings.Contains(w.images[0].text, unknownValue) {
		s.engine, s.at = e, spot{w.file, w.line, "is called " + w.name, layer.Guess}
		return s
	}
	return nil
}

// keeps reports whether a workload looks as if it kept data: programs that use a store know its variables too.
func (w *workload) keeps() bool {
	_, named := storeNamed(w.name)
	l := strings.ToLower(w.name)
	return named || w.kind == "StatefulSet" || strings.HasSuffix(l, "db") || strings.HasSuffix(l, "database")
}

// writeResources writes what stores there are. Those of a name that is declared are layers of that; where a repository
// declares any, no other is added.
func (l *look) writeResources() {
	declares := l.declared.any("Resource")
	for _, s := range l.stores {
		decl := l.declared.of("Resource", "", s.name, CleanName(l.name+"-"+s.name))
		if decl == nil && declares {
			continue
		}
		d := l.draft("Resource", decl, ".")
		if decl == nil {
			d.name(l.names.of("resource", s.name), s.at)
		}
		title := s.engine.title
		if norm(s.name) != norm(s.engine.name) && norm(s.name) != norm(title) {
			title = s.name + " (" + title + ")"
		}
		d.meta("title", title, s.at)
		d.spec("type", s.engine.kind, s.at)
		d.owned(s.at.file)
		d.inSystem()
		l.done(d)
		for _, c := range l.components {
			for i := range c.depends {
				if c.depends[i].store == s {
					c.depends[i].ref = d.ref
				}
			}
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
