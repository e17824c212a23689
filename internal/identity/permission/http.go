// Package permission answers who may do what: why one can or cannot, which policies count, and Backstage's clients, who
// ask before they show a button. What it answers is no more than policies decide; nothing is allowed here.
package permission

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/policy"
)

var (
	readPolicy    = httpx.Permission{Name: "portico.policy.read", Action: "read"}
	explainOthers = httpx.Permission{Name: "portico.policy.explain"}
)

// Permissions lists them, for whoever tells callers what they may do.
func Permissions() []httpx.Permission { return []httpx.Permission{readPolicy, explainOthers} }

// Handler serves the questions.
type Handler struct {
	Policies *policy.Engine
	// Guest is the ref of whoever comes in without signing in; "" where nobody does.
	Guest string
	// Entity finds an entity that the caller may read by its ref, nil where there is none such.
	Entity func(ctx context.Context, ref string) (*policy.Resource, error)
	// Groups are those of a user of which the caller may see that the user belongs to them.
	Groups func(ctx context.Context, user string) []string
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	ask := httpx.Require(policy.EntityRead)
	g.Add(
		httpx.Route{Pattern: "GET /api/portico/policy", Access: httpx.Require(readPolicy), Handler: h.getStatus},
		httpx.Route{Pattern: "GET /api/portico/policy/explain", Access: httpx.Public("whoever is signed in is told why they may or may not, were it nothing"), Handler: h.getExplanation},
		httpx.Route{Pattern: "POST /api/permission/authorize", Access: httpx.Public("whoever is signed in is told what they may do, were it nothing"), Handler: h.authorize},
		httpx.Route{Pattern: "GET /api/permission/health", Access: httpx.Public("probe"), Handler: h.getHealth},
		httpx.Route{Pattern: "GET /api/catalog/.well-known/backstage/permissions/metadata", Access: ask, Handler: h.getMetadata},
	)
}

func (h *Handler) getStatus(w http.ResponseWriter, _ *http.Request) error {
	httpx.JSON(w, http.StatusOK, h.Policies.Status())
	return nil
}

func (h *Handler) getHealth(w http.ResponseWriter, _ *http.Request) error {
	httpx.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

// getExplanation answers ?permission=…&entity=…&principal=….
func (h *Handler) getExplanation(w http.ResponseWriter, r *http.Request) error {
	me, err := caller(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	perm, err := named(q.Get("permission"))
	if err != nil {
		return err
	}
	who := me.Subject()
	other := q.Get("principal")
	if other != "" && !strings.EqualFold(other, me.Ref) {
		if err := me.MayOn(explainOthers, nil); err != nil {
			return err
		}
		if who, err = h.subject(other); err != nil {
			return err
		}
	}
	var res *policy.Resource
	if ref := q.Get("entity"); ref != "" {
		if !perm.Entity {
			return errs.WithRemedy(errs.New(errs.Invalid, "%s is not about an entity", perm.Name), "leave the parameter entity out")
		}
		if res, err = h.Entity(r.Context(), ref); err != nil {
			return err
		}
		if res == nil || !me.CanOn(policy.EntityRead, res) { // a token need not be made for reading
			return errs.WithRemedy(errs.New(errs.NotFound, "there is no entity %q that you can see", ref), "write its ref as kind:namespace/name, such as component:default/checkout")
		}
	}
	x := h.Policies.Explain(who, perm.Permission, res)
	var known []string
	if me.May(policy.EntityRead) {
		known = h.Groups(r.Context(), strings.ToLower(who.Ref))
	}
	x.Groups = slices.DeleteFunc(x.Groups, func(g string) bool { return !strings.EqualFold(g, who.Ref) && !slices.Contains(known, g) })
	switch {
	case who == me.Subject() && !me.Reaches(perm.Permission):
		x.Allowed = false
		x.Why = fmt.Sprintf("this token was not made for %s; without its restrictions: %s", perm.Name, x.Why)
	case who.Type == "service" && identity.ForPeople(perm.Permission):
		x.Allowed = false
		x.Why = fmt.Sprintf("%s is for people in their browser, and for no token; policies alone: %s", perm.Name, x.Why)
	case who != me.Subject() && who.Type == "service" && x.Allowed:
		x.Why += "; accessRestrictions of its token may narrow that"
	}
	httpx.JSON(w, http.StatusOK, x)
	return nil
}

// subject is somebody by their ref. The guest's looks like a user's.
func (h *Handler) subject(ref string) (policy.Subject, error) {
	if h.Guest != "" && (strings.EqualFold(ref, h.Guest) || strings.EqualFold(ref, "guest")) {
		return policy.Subject{Type: "guest", Ref: h.Guest, Role: policy.Viewer}, nil
	}
	return policy.ParseSubject(ref)
}

func named(name string) (policy.Permission, error) {
	p, ok := policy.ByName(name)
	if ok {
		return p, nil
	}
	var names []string
	for _, p := range policy.Permissions() {
		names = append(names, p.Name)
	}
	what := "the parameter permission is missing"
	if name != "" {
		what = fmt.Sprintf("there is no permission %.80q", name)
	}
	return p, errs.WithRemedy(errs.New(errs.Invalid, "%s", what), "name one of "+strings.Join(names, ", "))
}

// A question as Backstage's clients put it. Keys that are not ours to know are let pass.
type question struct {
	ID         string `json:"id"`
	Permission struct {
		Type         string `json:"type"` // basic or resource
		Name         string `json:"name"`
		ResourceType string `json:"resourceType"`
	} `json:"permission"`
	ResourceRef json.RawMessage `json:"resourceRef"` // absent, a ref, or a list of refs
}

type answer struct {
	ID     string `json:"id"`
	Result any    `json:"result"` // ALLOW or DENY; for a list of refs, a list
}

// Most that one request asks.
const (
	maxQuestions = 500
	maxRefs      = 2000
)

// caller is whoever makes the request. Errors: errs.Unauthenticated for nobody, and why it cannot be told now.
func caller(ctx context.Context) (*identity.Principal, error) {
	if err := identity.Unknown(ctx); err != nil {
		return nil, err
	}
	if me := identity.Of(ctx); me != nil {
		return me, nil
	}
	return nil, errs.WithRemedy(errs.New(errs.Unauthenticated, "nobody is signed in"), "sign in, or send `Authorization: Bearer TOKEN` with the token of a user")
}

// authorize answers ALLOW or DENY and never on which conditions: those are the operator's own.
func (h *Handler) authorize(w http.ResponseWriter, r *http.Request) error {
	me, err := caller(r.Context())
	if err != nil {
		return err
	}
	if me.Type == "service" {
		return errs.WithRemedy(errs.New(errs.Forbidden, "services do not ask here: what a token may do, its requests show"), "ask as the person for whom it matters")
	}
	var body struct {
		Items []question `json:"items"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return errs.WithRemedy(errs.Public(errs.Invalid, "the body is not a JSON object with items", err), authorizeRemedy)
	}
	if body.Items == nil {
		return errs.WithRemedy(errs.New(errs.Invalid, "items is missing"), authorizeRemedy)
	}
	if len(body.Items) > maxQuestions {
		return errs.WithRemedy(errs.New(errs.Invalid, "%d items are more than %d", len(body.Items), maxQuestions), "ask in several requests")
	}
	refs := make([][]string, len(body.Items))
	lists := make([]bool, len(body.Items))
	total := 0
	for i, q := range body.Items {
		var err error
		if refs[i], lists[i], err = q.refs(i); err != nil {
			return err
		}
		if total += len(refs[i]); total > maxRefs {
			return errs.WithRemedy(errs.New(errs.Invalid, "the items name more than %d entities", maxRefs), "ask in several requests")
		}
	}
	out := make([]answer, len(body.Items))
	asked := inquiry{h: h, me: me, known: map[string]*policy.Resource{}, told: map[[2]string]string{}}
	for i, q := range body.Items {
		out[i] = answer{ID: q.ID}
		if !lists[i] && len(refs[i]) == 0 {
			out[i].Result = verdict(may(me, q.Permission.Name, nil))
			continue
		}
		results := make([]string, len(refs[i]))
		for j, ref := range refs[i] {
			var err error
			if results[j], err = asked.about(r.Context(), q.Permission.Name, strings.ToLower(ref)); err != nil {
				return err
			}
		}
		if out[i].Result = any(results); !lists[i] {
			out[i].Result = results[0]
		}
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": out})
	return nil
}

const authorizeRemedy = `send {"items":[{"id":"1","permission":{"type":"basic","name":"catalog.location.create","attributes":{"action":"create"}}}]}`

// refs reads what a question is about.
func (q *question) refs(i int) (refs []string, list bool, err error) {
	at := fmt.Sprintf("items[%d]", i)
	if q.ID == "" || q.Permission.Name == "" {
		return nil, false, errs.WithRemedy(errs.New(errs.Invalid, "%s has no id, or no permission with a name", at), authorizeRemedy)
	}
	raw := bytes.TrimSpace(q.ResourceRef)
	known, ours := policy.ByName(q.Permission.Name)
	resource := q.Permission.Type == "resource" || ours && known.Entity
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		if resource {
			return nil, false, errs.WithRemedy(errs.New(errs.Invalid, "%s: the permission %s is about a resource, and no resourceRef says which", at, q.Permission.Name),
				`add "resourceRef":"component:default/checkout"`)
		}
		return nil, false, nil
	case !resource:
		return nil, false, errs.WithRemedy(errs.New(errs.Invalid, "%s: the permission %s is not about a resource, and has a resourceRef", at, q.Permission.Name), "leave resourceRef out")
	case raw[0] == '[':
		list = true
		err = json.Unmarshal(raw, &refs)
	default:
		refs = []string{""}
		err = json.Unmarshal(raw, &refs[0])
	}
	if err != nil {
		return nil, false, errs.WithRemedy(errs.Public(errs.Invalid, at+".resourceRef is neither a text nor a list of texts", err), `write "component:default/checkout", or a list of such`)
	}
	return refs, list, nil
}

// inquiry is what one request asks about entities. Each is looked at once, however often it is named.
type inquiry struct {
	h     *Handler
	me    *identity.Principal
	known map[string]*policy.Resource // by ref in lower case; nil where there is none
	told  map[[2]string]string        // by permission and ref
}

func (a *inquiry) about(ctx context.Context, permission, ref string) (string, error) {
	if v, ok := a.told[[2]string{permission, ref}]; ok {
		return v, nil
	}
	if err := ctx.Err(); err != nil { // nobody waits for the answer
		return "", err
	}
	res, ok := a.known[ref]
	if !ok {
		var err error
		if res, err = a.h.Entity(ctx, ref); err != nil {
			return "", err
		}
		a.known[ref] = res
	}
	// What is not there, and what the caller cannot see, get the same answer.
	v := verdict(res != nil && may(a.me, permission, res))
	a.told[[2]string{permission, ref}] = v
	return v, nil
}

// may decides for a person. Of a permission that nothing here has, only what allows everything is a yes.
func may(p *identity.Principal, name string, res *policy.Resource) bool {
	known, ok := policy.ByName(name)
	if !ok {
		known = policy.Permission{Permission: httpx.Permission{Name: name}}
	}
	return p.CanOn(known.Permission, res)
}

func verdict(allowed bool) string {
	if allowed {
		return "ALLOW"
	}
	return "DENY"
}

type metadata struct {
	Permissions []metadataPermission `json:"permissions"`
	Rules       []any                `json:"rules"` // none: conditions are written in Cedar
}

type metadataPermission struct {
	Type         string            `json:"type"`
	Name         string            `json:"name"`
	Attributes   map[string]string `json:"attributes"`
	ResourceType string            `json:"resourceType,omitempty"`
}

// getMetadata lists the catalog's permissions in Backstage's form.
func (h *Handler) getMetadata(w http.ResponseWriter, _ *http.Request) error {
	m := metadata{Permissions: []metadataPermission{}, Rules: []any{}}
	for _, p := range policy.Permissions() {
		if !strings.HasPrefix(p.Name, "catalog.") {
			continue
		}
		one := metadataPermission{Type: "basic", Name: p.Name, Attributes: map[string]string{}}
		if p.Action != "" {
			one.Attributes["action"] = p.Action
		}
		if p.Entity {
			one.Type, one.ResourceType = "resource", policy.ResourceEntity
		}
		m.Permissions = append(m.Permissions, one)
	}
	httpx.JSON(w, http.StatusOK, m)
	return nil
}
