package catalog

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// What a question to the graph may hold.
const (
	graphNodes     = 200 // when limit is left out
	maxGraphNodes  = 500
	maxGraphDepth  = 8
	maxGraphRoots  = 50
	maxRelations   = 50
	maxRelationLen = 200
	maxAvoided     = 50

	pathLooks   = 50_000 // entities that a search for a path looks at
	impactLooks = 20_000
	goesShown   = 500 // entities that go, and losses, that are listed
)

// getGraph is GET /graph: the neighbourhood of one or more entities.
func (h *Handler) getGraph(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
	if err != nil || rd.again() {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	var query index.GraphQuery
	if query.Depth, err = within(q, "depth", 1, 1, maxGraphDepth); err != nil {
		return err
	}
	if query.Limit, err = within(q, "limit", graphNodes, 1, maxGraphNodes); err != nil {
		return err
	}
	if query.Relations, err = relationsOf(q, "relation"); err != nil {
		return err
	}
	if query.Direction, err = directionOf(q); err != nil {
		return err
	}
	switch refs := q["ref"]; {
	case len(refs) == 0:
		return errs.New(errs.Invalid, "ref is missing; write ref=component:default/a")
	case len(refs) > maxGraphRoots:
		return errs.WithRemedy(errs.New(errs.Invalid, "ref comes %d times; a graph begins at %d entities at most", len(refs), maxGraphRoots), "begin at fewer, and go deeper")
	case len(refs) > query.Limit:
		return errs.New(errs.Invalid, "ref comes %d times, which is more than the limit of %d entities", len(refs), query.Limit)
	default:
		for _, ref := range refs {
			doc, err := rd.named("ref", ref)
			if err != nil {
				return err
			}
			query.Roots = append(query.Roots, doc.Ref())
		}
	}
	if !rd.unchanged() {
		g := rd.snap.Graph(query, rd.seen)
		rd.answer(func(b []byte, _ index.Spill) []byte { return index.AppendGraph(b, g, rd.snap.Revision()) })
	}
	return nil
}

// named finds the entity that a parameter names.
func (rd *reading) named(param, value string) (*index.Doc, error) {
	ref, err := parseRef(param, strings.TrimSpace(value))
	if err != nil {
		return nil, err
	}
	doc := rd.snap.ByRef(ref.String(), rd.seen)
	if doc == nil {
		return nil, notFound(ref)
	}
	return doc, nil
}

// within reads a whole number between two others; absent gives def.
func within(q url.Values, name string, def, low, high int) (int, error) {
	n, err := number(q, name, def)
	if err != nil {
		return 0, errs.New(errs.Invalid, "%s must be a whole number from %d to %d, not %q", name, low, high, cut(q.Get(name)))
	}
	if n < low || n > high {
		return 0, errs.New(errs.Invalid, "%s must be from %d to %d, not %d", name, low, high, n)
	}
	return n, nil
}

// relationsOf reads the types of relations that a parameter names. There may be types that only this catalog's entities
// have, so that one which nobody has is no fault.
func relationsOf(q url.Values, param string) ([]string, error) {
	types := commaList(q[param])
	if len(types) > maxRelations {
		return nil, errs.New(errs.Invalid, "%s names %d types; at most %d are read", param, len(types), maxRelations)
	}
	for _, t := range types {
		if len(t) > maxRelationLen {
			return nil, errs.New(errs.Invalid, "%s names a type of %d bytes; write a name such as dependsOn", param, len(t))
		}
	}
	return types, nil
}

// avoidedOf reads the entities that a way is not to lead through. One that is not there, or not for whoever asks to see,
// is in no way already.
func avoidedOf(q url.Values) ([]string, error) {
	if n := len(q["avoid"]); n > maxAvoided {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "avoid comes %d times; at most %d are read", n, maxAvoided), "leave out a type of relation with without=ownedBy")
	}
	var refs []string
	for _, value := range q["avoid"] {
		ref, err := parseRef("avoid", strings.TrimSpace(value))
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref.String())
	}
	return refs, nil
}

func directionOf(q url.Values) (index.Direction, error) {
	switch d := index.Direction(q.Get("direction")); d {
	case "":
		return index.Both, nil
	case index.Both, index.Upstream, index.Downstream:
		return d, nil
	default:
		return "", errs.New(errs.Invalid, `direction must be "upstream" (who needs it), "downstream" (what it needs) or "both", not %q`, cut(string(d)))
	}
}

// getPath is GET /graph/path: the shortest way between two entities.
func (h *Handler) getPath(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
	if err != nil || rd.again() {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	query := index.PathQuery{Most: pathLooks}
	if query.Relations, err = relationsOf(q, "relation"); err != nil {
		return err
	}
	if query.Without, err = relationsOf(q, "without"); err != nil {
		return err
	}
	if query.Avoid, err = avoidedOf(q); err != nil {
		return err
	}
	switch d := q.Get("direction"); d {
	case "", "any":
	case "along":
		query.Along = true
	default:
		return errs.New(errs.Invalid, `direction must be "along" (from who needs to what it needs) or "any", not %q`, cut(d))
	}
	from, err := rd.named("from", q.Get("from"))
	if err != nil {
		return err
	}
	to, err := rd.named("to", q.Get("to"))
	if err != nil {
		return err
	}
	if rd.unchanged() {
		return nil
	}
	query.From, query.To = from.Ref(), to.Ref()
	p, err := rd.snap.Path(r.Context(), query, rd.seen)
	if err != nil {
		return err
	}
	rd.answer(func(b []byte, _ index.Spill) []byte { return index.AppendPath(b, p, rd.snap.Revision()) })
	return nil
}

// getConsequences is …/consequences: what unregistering takes out of the catalog, and who then lacks something.
func (h *Handler) getConsequences(w http.ResponseWriter, r *http.Request) error {
	rd, err := h.read(w, r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	of := h.consequencesOf
	switch what := q.Get("of"); what {
	case "", "entity":
	case "location":
		of = h.consequencesOfLocation
	default:
		return errs.New(errs.Invalid, `of must be "entity" (it alone is removed) or "location" (what it comes from is unregistered), not %q`, cut(what))
	}
	doc := rd.snap.ByRef(refOf(r).String(), rd.seen)
	if doc == nil {
		return notFound(refOf(r))
	}
	var c *Consequences
	var m *index.Impact
	if err := h.asJudged(r.Context(), doc.Ref(), func(ctx context.Context, v *sight) (err error) {
		if c, err = of(ctx, doc.Ref(), v); err != nil {
			return err
		}
		snap, seen := h.Index.Snapshot(), rd.seen
		if v != nil {
			snap, seen = v.snap, v.seen
		}
		m = snap.Impact(index.ImpactQuery{Goes: c.Goes, Limit: goesShown, Most: impactLooks}, seen)
		return nil
	}); err != nil {
		return err
	}
	head, err := json.Marshal(struct {
		Ref     string      `json:"ref"`
		Returns *DeclaredAt `json:"returns"`
		Passes  *DeclaredAt `json:"passes,omitempty"`
	}{doc.Ref(), c.Returns, c.Passes})
	if err != nil {
		return err
	}
	b := append(head[:len(head)-1], ',')
	b = append(index.AppendGoing(b, m, goesShown), ',')
	httpx.RawFor(w, r, http.StatusOK, append(index.AppendLosses(b, m), '}'))
	return nil
}
