package httpx

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
)

// Permission names a right, as Backstage does ("catalog.entity.read"), with the action that
// policies and token restrictions match on.
type Permission struct {
	Name   string
	Action string // "read", "create", "update", "delete", or "" where none fits
}

// Access is the rule on a route. The zero value is no rule, and a route without one stops the boot.
type Access struct {
	public     string
	permission Permission
}

// Public lets anyone in, signed in or not. The reason is shown by `portico routes`.
func Public(reason string) Access { return Access{public: reason} }

// Require lets in who has the permission.
func Require(p Permission) Access { return Access{permission: p} }

// Permission returns the permission asked for; ok is false on a public route.
func (a Access) Permission() (p Permission, ok bool) { return a.permission, a.permission.Name != "" }

func (a Access) String() string {
	if a.public != "" {
		return "public (" + a.public + ")"
	}
	return a.permission.Name
}

// Audit says what the audit log calls what a route does, or why nothing is recorded of it.
type Audit struct {
	action string
	why    string
}

// Audited is a route that records what it does under the name of an action, in the transaction that does it.
func Audited(action string) Audit { return Audit{action: action} }

// Unaudited is a route that changes nothing, although its permission sounds so.
func Unaudited(why string) Audit { return Audit{why: why} }

// Action is the name in the audit log; ok is false where nothing is recorded.
func (a Audit) Action() (name string, ok bool) { return a.action, a.action != "" }

// HandlerFunc answers a request or returns why it cannot. It must not have begun to write the answer
// when it returns an error.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Route is one line of the registry.
type Route struct {
	// Pattern is "METHOD /path" in the syntax of http.ServeMux.
	Pattern string
	Access  Access
	Handler HandlerFunc
	// FrontEnds lets pages of other origins send the request with the browser's own authority, where CORS names the origin
	// itself and lets credentials along, and the page's script marks it as Backstage's do.
	FrontEnds bool
	// Signed says that each request carries a signature over its body, which the handler verifies before all else: programs
	// send it, without a page of ours, and whatever else lets the caller in counts for nothing. Only a public route may be.
	Signed bool
	// SignsIn says that each request begins a sign-in, of which an address may begin a number a minute; from within another
	// page none begins.
	SignsIn bool
	// TooMany answers where something is refused for how often it was asked for, and returns nil, or the error that is to
	// be answered. It may be nil.
	TooMany func(w http.ResponseWriter, r *http.Request, err error) error
	// Audit must be given where the permission is to create, update or delete.
	Audit Audit
}

// changes reports whether the route's permission is to change something, or that is not known.
func (rt *Route) changes() bool {
	p, ok := rt.Access.Permission()
	return ok && p.Action != "read" && p.Action != ""
}

// Registry collects the routes of all domains. Its zero value is ready to use.
type Registry struct {
	routes []Route
}

// Add registers routes.
func (g *Registry) Add(routes ...Route) { g.routes = append(g.routes, routes...) }

// Routes returns all routes, sorted by path and then method.
func (g *Registry) Routes() []Route {
	out := append([]Route(nil), g.routes...)
	sort.SliceStable(out, func(i, j int) bool {
		mi, pi, _ := strings.Cut(out[i].Pattern, " ")
		mj, pj, _ := strings.Cut(out[j].Pattern, " ")
		if pi != pj {
			return pi < pj
		}
		return mi < mj
	})
	return out
}

// check refuses what must not start: a route without a rule or a handler, without a method, one that
// changes something and does not say how it is audited, or two routes that differ only in case.
func (g *Registry) check() error {
	seen := map[string]string{}
	for _, rt := range g.routes {
		method, path, ok := strings.Cut(rt.Pattern, " ")
		switch {
		case !ok || method == "" || !strings.HasPrefix(path, "/"):
			return fmt.Errorf("route %q: write it as \"METHOD /path\"", rt.Pattern)
		case rt.Access == Access{}:
			return fmt.Errorf("route %q has no access rule: give it httpx.Public(reason) or httpx.Require(permission)", rt.Pattern)
		case rt.Handler == nil:
			return fmt.Errorf("route %q has no handler", rt.Pattern)
		case rt.Signed && rt.Access.public == "":
			return fmt.Errorf("route %q is signed and asks for a permission, which is the caller's: it can be one of both", rt.Pattern)
		case rt.changes() && rt.Audit == Audit{}:
			return fmt.Errorf("route %q says nothing of the audit log: give it httpx.Audited(action) or httpx.Unaudited(reason)", rt.Pattern)
		}
		key := method + " " + foldPath(path)
		if other, dup := seen[key]; dup {
			return fmt.Errorf("routes %q and %q differ only in case or in the names of their parameters", other, rt.Pattern)
		}
		seen[key] = rt.Pattern
	}
	return nil
}

// foldPath lower-cases a path pattern and forgets the names of its parameters.
func foldPath(path string) string {
	var b strings.Builder
	for path != "" {
		i := strings.IndexByte(path, '{')
		if i < 0 {
			b.WriteString(strings.ToLower(path))
			break
		}
		b.WriteString(strings.ToLower(path[:i]))
		j := strings.IndexByte(path[i:], '}')
		if j < 0 {
			b.WriteString(path[i:])
			break
		}
		switch name := path[i+1 : i+j]; {
		case name == "$":
			b.WriteString("{$}")
		case strings.HasSuffix(name, "..."):
			b.WriteString("{...}")
		default:
			b.WriteString("{}")
		}
		path = path[i+j+1:]
	}
	return b.String()
}
