package infer

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"portico/internal/catalog/layer"
)

// component is a component in the making.
type component struct {
	part    *part // nil where nothing is built or shipped
	dir     string
	root    bool // it stands for the repository
	plain   string
	name    string
	kind    string
	why     spot
	decl    *declared
	ref     string
	apis    []*api
	depends []relation
	consume []relation
}

// decide makes components of parts. The rules:
//
//   - Folders of stores (mysql/, ledger-db/) are resources, and those of products that nobody here writes (grafana/) are
//     nothing.
//   - Where two or more parts are shipped by themselves, or a workspace has two or more that say what they are, each is a
//     component, and the repository is a system. What stands at the top is one more if it is shipped too.
//   - Otherwise the repository is one component, whatever folder its program is in.
//   - A descriptor at the top speaks for the repository: nothing is added to what it declares but evidence for that.
func (l *look) decide() {
	var subs, shipping, typed []*part
	for _, p := range l.all {
		switch {
		case p.folded != nil:
		case p.dir == ".":
			l.root = p
		case l.isStore(p):
		case len(p.projects) == 0 && !p.program.seen() && (products[strings.ToLower(p.plain())] || l.fromProduct(p)):
		default:
			subs = append(subs, p)
		}
	}
	rootRuns := false
	if l.root != nil {
		_, ships := l.root.ships()
		rootRuns = ships || l.root.program.seen() && len(l.root.projects) > 0
	}
	for _, p := range subs {
		kind, _ := l.kindOf(p)
		switch _, ships := p.ships(); {
		case ships:
			shipping = append(shipping, p)
		case kind != "" && (kind != "library" || p.member) && !(rootRuns && kind == "library"):
			typed = append(typed, p)
		}
	}
	members := 0 // of a workspace that are programs
	for _, p := range append(slices.Clone(shipping), typed...) {
		if kind, _ := l.kindOf(p); p.member && kind != "library" {
			members++
		}
	}
	rootShips := rootRuns && len(l.root.images) > 0 && l.root.itself()
	l.mono = len(shipping) >= 2 || members >= 2 || len(shipping) == 1 && (rootShips || len(typed) > 0) || !rootRuns && len(typed) >= 2
	switch {
	case l.mono:
		parts := append(shipping, typed...)
		slices.SortFunc(parts, func(a, b *part) int { return strings.Compare(a.dir, b.dir) })
		if rootShips {
			l.add(&component{part: l.root, dir: ".", root: true, plain: l.name})
		}
		for _, p := range parts[:min(len(parts), maxParts)] {
			l.add(&component{part: p, dir: p.dir, plain: p.plain()})
		}
		l.spread()
	default:
		p := l.root
		if kind, _ := l.kindOf(p); len(subs) > 0 && !rootRuns && kind == "" {
			if len(shipping)+len(typed) > 0 {
				p = append(shipping, typed...)[0]
			} else if p == nil || p.build() == nil || p.build().solution {
				p = subs[0]
			}
		}
		l.add(&component{part: p, dir: ".", root: true, plain: l.name})
	}
	l.nameAll()
}

func (l *look) add(c *component) {
	if c.kind, c.why = l.kindOf(c.part); c.kind == "" {
		c.kind, c.why = l.leftover()
	}
	l.components = append(l.components, c)
}

// spread gives parts of the same name the names of the folders above in front.
func (l *look) spread() {
	count := map[string]int{}
	for _, c := range l.components {
		count[strings.ToLower(c.plain)]++
	}
	for _, c := range l.components {
		if up := path.Base(path.Dir(c.dir)); count[strings.ToLower(c.plain)] > 1 && up != "." && !c.root {
			c.plain = up + "-" + c.plain
		}
	}
}

// nameAll gives components their names and refs: those of descriptors where these declare them.
func (l *look) nameAll() {
	atTop := l.declared.dirs["."]
	var kept []*component
	for _, c := range l.components {
		names := []string{c.plain, CleanName(l.name + "-" + c.plain)}
		dir := c.dir
		if c.root {
			names = []string{l.name}
		}
		c.decl = l.declared.of("Component", dir, names...)
		if c.decl == nil && c.root && !l.mono {
			c.decl = l.declared.only("Component")
		}
		switch {
		case c.decl != nil:
			c.name, c.ref = c.decl.ref.Name, c.decl.ref.String()
			l.names.taken["component\x00"+strings.ToLower(c.name)] = true
		case atTop, l.declared.dirs[c.dir] && !c.root:
			continue // its descriptor says that it is something else, or cannot be read
		case c.root && !l.mono && (l.declared.any("Component") || c.part == nil && len(l.declared.dirs) > 0):
			continue // what there is stands in the descriptors of its folders
		}
		kept = append(kept, c)
	}
	for _, c := range kept {
		switch {
		case c.decl != nil:
		case c.root:
			c.name = l.names.unique("component", l.name)
		default:
			c.name = l.names.of("component", c.plain)
		}
		if c.ref == "" {
			c.ref = "component:default/" + strings.ToLower(c.name)
		}
	}
	l.components = kept
}

// isStore tells whether a folder is the recipe of a store, and if so makes it one.
func (l *look) isStore(p *part) bool {
	if len(p.projects) > 0 || p.program.seen() || len(p.images) == 0 {
		return false
	}
	plain, img := p.plain(), p.images[0]
	e, ok := storeNamed(plain)
	at := spot{img.file, 0, "has the recipe of a container image called " + plain, layer.Likely}
	if b, is := storeNamed(img.base); is {
		e, ok, at = b, true, spot{img.file, img.baseLine, "starts from the image " + img.base, layer.Stated}
	}
	for _, w := range p.loads {
		if ok {
			break
		}
		if b, v := storeByEnv(w.variable); v != nil {
			e, ok, at = b, true, spot{v.file, v.line, "sets " + v.name + " for " + w.says(), layer.Likely}
		}
	}
	if ok {
		l.stores = append(l.stores, &store{name: plain, engine: e, at: at, dir: p.dir, hosts: p.names, rank: 0})
	}
	return ok
}

func (l *look) fromProduct(p *part) bool {
	for _, img := range p.images {
		name := img.base[strings.LastIndexByte(img.base, '/')+1:]
		name, _, _ = strings.Cut(name, ":")
		if products[strings.ToLower(name)] {
			return true
		}
	}
	return false
}

var (
	loadMaker  = regexp.MustCompile(`(?i)(^|[-_])load[-_]?(gen|generator|test|tester)s?$|^k6$`)
	pageMaker  = regexp.MustCompile(`(?i)(^|[-_.])(frontend|front|web|webapp|website|site|ui|gui|spa)$`)
	goServers  = []string{"github.com/gin-gonic/gin", "github.com/labstack/echo", "github.com/gofiber/fiber", "github.com/go-chi/chi", "github.com/gorilla/mux", "google.golang.org/grpc", "connectrpc.com/connect", "github.com/julienschmidt/httprouter", "github.com/prometheus/client_golang", "github.com/go-openapi/runtime"}
	goCommands = []string{"github.com/spf13/cobra", "github.com/urfave/cli", "github.com/alecthomas/kong"}
)

// kindOf is the type of component that a part is, and why; "" where nothing tells.
func (l *look) kindOf(p *part) (string, spot) {
	if p == nil {
		return "", spot{}
	}
	of := map[string]spot{}
	for _, b := range p.projects {
		if _, ok := of[b.kind]; b.kind != "" && !ok {
			of[b.kind] = b.why
		}
	}
	shown, ships := p.ships()
	plain := p.plain()
	if p.dir == "." {
		plain = l.name
	}
	if w, ok := of["mobile-app"]; ok {
		return "mobile-app", w
	}
	if loadMaker.MatchString(plain) {
		if w, ok := of["tool"]; ok {
			return "tool", w
		}
		return "tool", spot{cmpSpot(shown, p.program).file, cmpSpot(shown, p.program).line, "is called " + plain, layer.Guess}
	}
	if w, ok := of["documentation"]; ok && of["service"].file == "" {
		return "documentation", w
	}
	if job := l.jobOf(p); job.seen() {
		return "job", job
	}
	if w, ok := of["website"]; ok && (of["service"].file == "" || !ships) {
		return "website", w
	}
	if ships && len(p.projects) == 0 && p.page.seen() {
		return "website", spot{p.page.file, 0, "is a page, and " + shown.file + " ships it", layer.Likely}
	}
	if ships && p.dir != "." && pageMaker.MatchString(plain) {
		return "website", spot{shown.file, shown.line, "is called " + plain + " and " + shown.says, layer.Guess}
	}
	if w, ok := of["service"]; ok {
		if p.program.seen() || ships || w.sure == layer.Likely {
			return "service", w
		}
	}
	if kind, why := l.goKind(p, ships, shown); kind != "" {
		return kind, why
	}
	if ships {
		if p.program.seen() {
			return "service", spot{shown.file, shown.line, shown.says + ", and " + p.program.file + " starts it", layer.Likely}
		}
		sure := layer.Likely
		if len(p.projects) == 0 && len(p.loads) == 0 {
			sure = layer.Guess
		}
		return "service", spot{shown.file, shown.line, shown.says, sure}
	}
	for _, kind := range []string{"tool", "library"} {
		if w, ok := of[kind]; ok {
			return kind, w
		}
	}
	return l.byLanguage(p)
}

// cmpSpot is the first of two that was seen.
func cmpSpot(a, b spot) spot {
	if a.seen() {
		return a
	}
	return b
}

// jobOf is where all that a part runs as are jobs.
func (l *look) jobOf(p *part) spot {
	var at spot
	for _, w := range p.loads {
		if w.kind != "Job" && w.kind != "CronJob" {
			return spot{}
		}
		if !at.seen() {
			at = spot{w.file, w.line, "runs as " + w.says(), layer.Likely}
		}
	}
	return at
}

// goKind tells commands from servers: both have main packages, and images often too.
func (l *look) goKind(p *part, ships bool, shown spot) (string, spot) {
	b := p.build()
	if b == nil || b.tool != "go" || b.solution {
		return "", spot{}
	}
	uses := func(list []string) (string, int) {
		for _, dep := range list {
			for d, line := range b.deps {
				if d == dep || strings.HasPrefix(d, dep+"/") {
					return d, line
				}
			}
		}
		return "", 0
	}
	server, line := uses(goServers)
	command, commandLine := uses(goCommands)
	exposes := slices.ContainsFunc(p.images, func(r recipe) bool { return r.exposes > 0 })
	runs := len(p.loads) > 0 || p.built.seen()
	deployed := p.built.seen() || slices.ContainsFunc(p.loads, func(w *workload) bool { return w.kind != "compose" })
	library := spot{b.file, max(b.nameLine, 1), "is a module without a main package", layer.Likely}
	switch {
	case !p.program.seen() && !ships:
		return "library", library
	case !p.program.seen() && !deployed && !exposes && !p.maybe.seen() && p.code:
		library.sure = layer.Guess // whatever its image is for
		return "library", library
	case !ships && p.pkg && !p.own:
		return "library", spot{b.file, max(b.nameLine, 1), "is a module with a package at its top, beside programs", layer.Likely}
	case !ships && server != "" && (p.own || serverFolder[path.Base(path.Dir(p.program.file))]):
		return "service", spot{b.file, line, "depends on " + server + ", and " + p.program.file + " is a main package", layer.Likely}
	case !ships:
		return "tool", spot{p.program.file, 0, p.program.says, layer.Likely}
	case server == "" && !runs && !exposes && command != "":
		return "tool", spot{b.file, commandLine, "depends on " + command, layer.Guess}
	case server == "" && !runs && !exposes && l.view.first(".goreleaser.yml", ".goreleaser.yaml") != "":
		return "tool", spot{l.view.first(".goreleaser.yml", ".goreleaser.yaml"), 0, "releases programs for people to install", layer.Guess}
	case p.program.seen():
		return "service", spot{shown.file, shown.line, shown.says + ", and " + p.program.file + " is a main package", layer.Likely}
	case p.maybe.seen():
		return "service", spot{shown.file, shown.line, shown.says + ", and " + p.maybe.file + " may start it", layer.Likely}
	}
	return "", spot{}
}

// serverFolder are folders of cmd in which servers lie.
var serverFolder = map[string]bool{"server": true, "api": true, "app": true, "web": true, "service": true, "main": true, "cmd": true, "http": true, "apiserver": true, "controller": true, "manager": true}

// byLanguage is the last resort: what such build files are usually of.
func (l *look) byLanguage(p *part) (string, spot) {
	b := p.build()
	if b == nil || b.solution && !p.program.seen() {
		return "", spot{}
	}
	switch b.tool {
	case "cargo":
		if lib := path.Join(p.dir, "src/lib.rs"); !p.program.seen() && l.view.has(lib) {
			return "library", spot{lib, 0, "is the root of a crate", layer.Likely}
		}
	case "maven", "gradle", "python", "composer", "mix", "ruby", "dotnet":
		if p.program.seen() {
			return "service", spot{p.program.file, 0, p.program.says, layer.Guess}
		}
		if b.tool != "python" && b.tool != "ruby" && l.view.text(b.file) != "" && !p.member {
			return "library", spot{b.file, max(b.nameLine, 1), "builds something that has no program", layer.Guess}
		}
		return "", spot{}
	}
	if p.program.seen() {
		return "tool", spot{p.program.file, 0, p.program.says, layer.Guess}
	}
	return "", spot{}
}

// leftover is the type of a repository in which nothing is built.
func (l *look) leftover() (string, spot) {
	v := l.view
	if f := v.first("docusaurus.config.js", "docusaurus.config.ts", "hugo.toml", "hugo.yaml", "_config.yml", "index.html"); f != "" {
		return "website", spot{f, 0, "is the head of a site", layer.Likely}
	}
	if l.tfFirst.seen() {
		return "infrastructure", l.tfFirst
	}
	if len(l.charts) > 0 {
		return "infrastructure", spot{l.charts[0].file, 0, "is a Helm chart, and nothing is built here", layer.Likely}
	}
	if l.kube.first.seen() {
		f := l.kube.first
		f.says, f.sure = "is a manifest, and nothing is built here", layer.Likely
		return "infrastructure", f
	}
	for _, w := range l.loads {
		if w.kind == "compose" && w.rank < 20 {
			return "infrastructure", spot{w.file, w.line, "composes services, and nothing is built here", layer.Guess}
		}
	}
	if f := v.first("mkdocs.yml", "mkdocs.yaml"); f != "" {
		return "documentation", spot{f, 0, "is the head of a book", layer.Likely}
	}
	return "", spot{}
}
