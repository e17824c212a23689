package catalog

import (
	"net/http"
	"net/url"
	"strings"

	"portico/internal/catalog/index"
	"portico/internal/errs"
)

// What a question to the graph may hold.
const (
	graphNodes     = 200 // when limit is left out
	maxGraphNodes  = 500
	maxGraphDepth  = 8
	maxGraphRoots  = 50
	maxRelations   = 50
	maxRelationLen = 200
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
	if query.Relations, err = relationsOf(q); err != nil {
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

// relationsOf reads the types of relations to go along. There may be types that only this catalog's entities have, so
// that one which nobody has is no fault.
func relationsOf(q url.Values) ([]string, error) {
	types := commaList(q["relation"])
	if len(types) > maxRelations {
		return nil, errs.New(errs.Invalid, "relation names %d types; at most %d are read", len(types), maxRelations)
	}
	for _, t := range types {
		if len(t) > maxRelationLen {
			return nil, errs.New(errs.Invalid, "relation names a type of %d bytes; write a name such as dependsOn", len(t))
		}
	}
	return types, nil
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
