package infer

import (
	"path"
	"slices"
	"strings"

	"portico/internal/catalog/layer"
)

// part is a folder that is built or shipped by itself: a candidate for a component.
type part struct {
	dir      string
	projects []*project
	images   []recipe
	loads    []*workload
	built    spot // by what it is built or deployed, where a file says so of its folder
	member   bool // a workspace names it
	program  spot // what it starts with
	maybe    spot // what it may start with, if it is shipped
	own      bool // the program is called as the part is, or is at its top
	code     bool // of Go, there is any
	pkg      bool // it can be imported: of Go, there is a package at its top
	page     spot // index.html of a site without a build file
	folded   *part
	names    []string // by which others reach it, lower case
}

// plain is the part's own name.
func (p *part) plain() string {
	for _, b := range p.projects {
		if (b.tool == "maven" || b.tool == "gradle") && !b.solution && b.name != "" && p.member {
			return b.name
		}
	}
	dir := p.dir
	for path.Dir(dir) != "." && plainFolder[path.Base(dir)] {
		dir = path.Dir(dir)
	}
	return path.Base(dir)
}

// plainFolder are names of folders that say nothing of what is in them.
var plainFolder = map[string]bool{"src": true, "app": true, "source": true, "code": true, "html": true}

// ships reports whether the part is run by itself, and what shows it.
func (p *part) ships() (spot, bool) {
	if len(p.images) > 0 {
		return spot{p.images[0].file, p.images[0].starts, "has the recipe of a container image", layer.Likely}, true
	}
	if p.built.seen() {
		return p.built, true
	}
	for _, w := range p.loads {
		return spot{w.file, w.line, "runs as " + w.says(), layer.Likely}, true
	}
	for _, b := range p.projects {
		if b.tool == "platform" {
			return spot{b.file, 1, "tells a platform how to run it", layer.Likely}, true
		}
		if b.tool == "serverless" && b.kind != "" {
			return b.why, true
		}
	}
	return spot{}, false
}

// itself reports whether a part at the top is something itself, and not only the head of others.
func (p *part) itself() bool {
	if p.program.seen() {
		return true
	}
	for _, b := range p.projects {
		if b.solution || len(b.members) > 0 {
			return false
		}
	}
	return len(p.projects) > 0
}

func (w *workload) says() string {
	if w.kind == "compose" {
		return "the service " + w.name + " of compose"
	}
	return "the " + w.kind + " " + w.name
}

// build is the part's build file that says most.
func (p *part) build() *project {
	var best *project
	for _, b := range p.projects {
		if b.solution && best != nil {
			continue
		}
		if best == nil || best.solution || best.kind == "" && b.kind != "" {
			best = b
		}
	}
	return best
}

// norm is a name without the signs and capitals in which people write the same word differently.
func norm(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// bare is a norm without the word service.
func bare(s string) string {
	n := norm(s)
	for _, suffix := range []string{"service", "svc", "microservice"} {
		if b := strings.TrimSuffix(n, suffix); b != n && len(b) >= 2 {
			return b
		}
	}
	return n
}

// parts finds the candidates: folders with a build file or the recipe of an image, where what belongs together is one.
func (l *look) parts() {
	byDir := map[string]*part{}
	at := func(dir string) *part {
		if byDir[dir] == nil {
			byDir[dir] = &part{dir: dir}
		}
		return byDir[dir]
	}
	for _, b := range l.projects {
		at(b.dir).projects = append(at(b.dir).projects, b)
	}
	for _, img := range l.images {
		dir := img.dir
		// build/Dockerfile is the recipe of what lies around it, unless it is one of several.
		for !l.hasProject(dir) && dir != "." && recipeFolder[strings.ToLower(path.Base(dir))] {
			dir = path.Dir(dir)
		}
		at(dir).images = append(at(dir).images, img)
	}
	for _, a := range l.artifacts {
		if p := byDir[a.dir]; p != nil && !p.built.seen() {
			p.built = a.at
			p.built.sure = layer.Likely
			p.names = append(p.names, strings.ToLower(a.name))
		}
	}
	for _, b := range l.projects {
		for _, pattern := range b.members {
			l.markMembers(byDir, b, pattern)
		}
		// A pom.xml below another is a module of it, also where the one above cannot be read.
		if b.tool == "maven" && b.dir != "." {
			for _, up := range above(b.dir) {
				if !slices.Contains(l.view.in[up], "pom.xml") || byDir[up] == nil {
					continue
				}
				byDir[b.dir].member = true
				for _, head := range byDir[up].projects {
					if head.tool == "maven" && len(head.members) == 0 {
						head.members = []string{b.dir}
					}
				}
			}
		}
	}
	l.all = nil
	for _, p := range byDir {
		l.all = append(l.all, p)
	}
	slices.SortFunc(l.all, func(a, b *part) int { return strings.Compare(a.dir, b.dir) })
	l.lift(byDir)
	slices.SortFunc(l.all, func(a, b *part) int { return strings.Compare(a.dir, b.dir) })
	l.starts()
	l.claimWorkloads()
	l.fold()
}

// recipeFolder are folders in which the recipe of the folder above lies.
var recipeFolder = map[string]bool{"docker": true, ".docker": true, "build": true, "deploy": true, "deployment": true, "container": true, "containers": true, "package": true, "packaging": true, "dist": true, "scripts": true, "ops": true, "infra": true, "genproto": true, "images": true}

func (l *look) hasProject(dir string) bool {
	for _, name := range l.view.in[dir] {
		if isBuildFile(strings.ToLower(name)) {
			return true
		}
	}
	return false
}

// markMembers marks what a workspace names, by folder or by pattern.
func (l *look) markMembers(byDir map[string]*part, head *project, pattern string) {
	if !strings.ContainsAny(pattern, "*?[{!") {
		if p := byDir[pattern]; p != nil && p.dir != head.dir {
			p.member = true
		}
		return
	}
	if strings.HasPrefix(path.Base(pattern), "!") || len(pattern) > 200 || len(byDir) > 5_000 {
		return
	}
	deep := strings.HasSuffix(pattern, "/**")
	short := strings.TrimSuffix(strings.TrimSuffix(pattern, "/**"), "/*")
	for dir, p := range byDir {
		if p.dir == head.dir {
			continue
		}
		ok, err := path.Match(pattern, dir)
		if ok && err == nil || deep && below(dir, short) && dir != short {
			p.member = true
		}
	}
}

// lift moves a part out of a folder that is called src or so to the one above, where nothing else is there.
func (l *look) lift(byDir map[string]*part) {
	for _, p := range slices.Clone(l.all) {
		for plainFolder[strings.ToLower(path.Base(p.dir))] && p.dir != "." {
			up := path.Dir(p.dir)
			alone := true
			for _, o := range l.all {
				if o != p && below(o.dir, up) && !below(o.dir, p.dir) && (o.dir != up || up == "." && len(o.projects) > 0) {
					alone = false
				}
			}
			if !alone || up == "." && !l.onlyBelow(p) {
				break
			}
			if o := byDir[up]; o != nil && o != p {
				o.projects, o.images = append(o.projects, p.projects...), append(o.images, p.images...)
				o.member = o.member || p.member
				if !o.built.seen() {
					o.built = p.built
				}
				o.names = append(o.names, p.names...)
				l.all = slices.DeleteFunc(l.all, func(x *part) bool { return x == p })
				break
			}
			delete(byDir, p.dir)
			p.dir = up
			byDir[up] = p
		}
	}
}

func (l *look) onlyBelow(p *part) bool {
	for _, o := range l.all {
		if !below(o.dir, p.dir) {
			return false
		}
	}
	return true
}

// starts finds what each part starts with: a main package, an Application class. Each file counts for the part nearest
// above it.
func (l *look) starts() {
	byDir := map[string]*part{}
	for _, p := range l.all {
		byDir[p.dir] = p
	}
	rank := map[*part]int{}
	for _, f := range l.view.Files {
		if notOurs(f.Path) || aside(f.Path) {
			continue
		}
		var p *part
		for _, dir := range above(f.Path) {
			if p = byDir[dir]; p != nil {
				break
			}
		}
		if p == nil {
			continue
		}
		rel := f.Path
		if p.dir != "." {
			rel = f.Path[len(p.dir)+1:]
		}
		says, r := start(rel)
		if dir := path.Base(path.Dir(rel)); norm(dir) == norm(l.name) || norm(dir) == norm(p.plain()) {
			r-- // cmd/ledger of ledger, beside cmd/ledgerctl
		}
		if path.Ext(rel) == ".go" && !strings.HasSuffix(rel, "_test.go") {
			base := path.Base(rel)
			p.code = true
			switch {
			case says == "" && (base == "main.go" || base == "server.go" || base == "app.go"):
				p.maybe = spot{f.Path, 0, "may be a main package", layer.Guess}
			case base == "main.go" && base == rel:
				p.own = true
			}
			p.pkg = p.pkg || base == rel && base != "main.go"
		}
		if dir := path.Base(path.Dir(rel)); says != "" && (norm(dir) == norm(p.plain()) || norm(dir) == norm(l.name)) {
			p.own = true
		}
		if says != "" && (rank[p] == 0 || r < rank[p]) {
			rank[p] = r
			p.program = spot{f.Path, 0, says, layer.Likely}
		}
		if strings.ToLower(path.Base(rel)) == "index.html" && strings.Count(rel, "/") <= 2 && !p.page.seen() {
			p.page = spot{f.Path, 0, "is a page", layer.Likely}
		}
	}
}

// start tells whether a file is what a program begins with; a smaller number is a better one.
func start(rel string) (says string, rank int) {
	base, dir := path.Base(rel), path.Dir(rel)
	ext := path.Ext(base)
	deep := strings.Count(rel, "/")
	switch {
	case base == "main.go" && (dir == "." || strings.HasPrefix(dir, "cmd/") && deep <= 2 || dir == "cmd"), ext == ".go" && dir == "cmd" && !strings.HasSuffix(base, "_test.go"):
		return "has a main package", 1 + deep
	case (ext == ".java" || ext == ".kt" || ext == ".scala") && strings.HasPrefix(rel, "src/main/") && (strings.HasSuffix(base, "Application"+ext) || strings.EqualFold(base, "main"+ext) || strings.HasSuffix(base, "Main"+ext)):
		return "has a class that starts it", 1 + deep
	case rel == "src/main.rs" || rel == "main.rs" || strings.HasPrefix(rel, "src/bin/") && ext == ".rs":
		return "has a main program", 1 + deep
	case base == "Program.cs" && deep <= 1, base == "Program.fs" && deep <= 1:
		return "has a main program", 1 + deep
	case ext == ".py" && deep <= 1 && (base == "manage.py" || base == "app.py" || base == "main.py" || base == "wsgi.py" || base == "asgi.py" || base == "run.py" || base == "server.py" || base == "__main__.py" || strings.HasSuffix(base, "_server.py") || base == "locustfile.py" && deep == 0):
		return "has a program", 2 + deep
	case ext == ".rb" && deep == 0 && (base == "app.rb" || base == "server.rb" || strings.HasSuffix(base, "_server.rb")), base == "config.ru" && deep == 0:
		return "has a program", 2 + deep
	case base == "index.php" && deep <= 1:
		return "has a page of PHP", 3 + deep
	case deep <= 1 && (base == "server.js" || base == "server.ts" || base == "app.js" || base == "main.ts" || base == "main.js" || deep == 0 && base == "index.js"):
		return "has a program", 4 + deep
	case deep <= 1 && (base == "main.cpp" || base == "main.c" || base == "main.cc" || base == "server.cpp"):
		return "has a main program", 2 + deep
	case strings.HasPrefix(rel, "lib/") && base == "application.ex":
		return "has an application", 2 + deep
	}
	return "", 0
}

// claimWorkloads gives workloads to the parts that they run: by the folder that the image is built from, by the name of
// the workload or of its image, in this order of trust. The same workload in several files is one.
func (l *look) claimWorkloads() {
	for _, w := range l.loads {
		if p := l.partOf(w); p != nil {
			p.loads = append(p.loads, w)
			for _, n := range []string{strings.ToLower(w.name)} {
				if !slices.Contains(p.names, n) {
					p.names = append(p.names, n)
				}
			}
		}
	}
	for _, p := range l.all {
		slices.SortStableFunc(p.loads, func(a, b *workload) int { return a.rank - b.rank })
		if n := strings.ToLower(p.plain()); p.dir != "." && !slices.Contains(p.names, n) {
			p.names = append(p.names, n)
		}
	}
}

func (l *look) partOf(w *workload) *part {
	if w.context != "" {
		for _, p := range l.all {
			if p.dir == w.context {
				return p
			}
		}
		if up := path.Dir(w.context); plainFolder[path.Base(w.context)] {
			for _, p := range l.all {
				if p.dir == up {
					return p
				}
			}
		}
	}
	names := []string{w.name}
	for _, img := range w.images {
		name := img.text[strings.LastIndexByte(img.text, '/')+1:]
		name, _, _ = strings.Cut(name, "@")
		name, _, _ = strings.Cut(name, ":")
		if !strings.Contains(name, unknownValue) && name != "" {
			names = append(names, name)
		}
	}
	for _, a := range l.artifacts {
		if slices.Contains(names, a.name) {
			for _, p := range l.all {
				if p.dir == a.dir {
					return p
				}
			}
		}
	}
	for _, same := range []func(string, string) bool{strings.EqualFold, func(a, b string) bool { return norm(a) == norm(b) }, func(a, b string) bool { return bare(a) == bare(b) }} {
		for _, n := range names {
			for _, p := range l.all {
				if p.dir != "." && same(p.plain(), n) {
					return p
				}
			}
		}
	}
	// The repository's own image.
	for _, n := range names[1:] {
		if norm(n) == norm(l.name) {
			for _, p := range l.all {
				if p.dir == "." {
					return p
				}
			}
		}
	}
	return nil
}

// fold makes parts of parts what they are: pieces of the one above, unless they are shipped by themselves or a workspace
// names them.
func (l *look) fold() {
	for _, p := range l.all {
		if p.dir == "." {
			continue
		}
		_, ships := p.ships()
		for _, dir := range above(p.dir) {
			i := slices.IndexFunc(l.all, func(o *part) bool { return o.dir == dir })
			if i < 0 {
				continue
			}
			up := l.all[i]
			_, upShips := up.ships()
			runs := upShips || up.program.seen() && len(up.projects) > 0
			if !ships && !p.member && runs || !ships && up.dir != "." && upShips {
				p.folded = up
			}
			break
		}
	}
}
