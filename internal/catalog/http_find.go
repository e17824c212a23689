package catalog

import (
	"encoding/json"
	"net/http"
	"strings"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// shownFields are what a row of an entity shows: never a definition, which may be large.
var shownFields = func() *index.Fields {
	f, err := index.ParseFields([]string{"kind,metadata.name,metadata.namespace,metadata.title,metadata.description,metadata.tags",
		"spec.profile.displayName,spec.type,spec.lifecycle,spec.owner,spec.system,spec.target,spec.targets"})
	if err != nil {
		panic(err)
	}
	return f
}()

// findScopes are the kinds that a search can be narrowed to.
var findScopes = map[string]struct{ only, never []string }{
	"":        {},
	"all":     {},
	"catalog": {never: []string{"api", "group", "user"}},
	"apis":    {only: []string{"api"}},
	"people":  {only: []string{"group", "user"}},
}

// getFind looks for entities by parts of what they are called.
func (h *Handler) getFind(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	scope, known := findScopes[q.Get("scope")]
	if !known {
		return errs.New(errs.Invalid, `scope must be "all", "catalog", "apis" or "people", not %q`, cut(q.Get("scope")))
	}
	limit, err := intParam(r, "limit", 20, 0, 50)
	if err != nil {
		return err
	}
	mine, err := ownersOf(q, false)
	if err != nil {
		return err
	}
	f := index.Find{Only: scope.only, Never: scope.never, Mine: mine, Limit: int(limit)}
	if kind := q.Get("kind"); kind != "" {
		f.Only, f.Never = []string{strings.ToLower(kind)}, nil
	}
	for word := range strings.FieldsSeq(q.Get("q")) {
		if tag, ok := strings.CutPrefix(word, "#"); ok {
			f.Tags = append(f.Tags, tag)
		} else {
			f.Words = append(f.Words, word)
		}
	}
	if len(f.Words)+len(f.Tags) == 0 {
		return errs.New(errs.Invalid, "q is missing; write parts of a name: q=pay+led")
	}
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	found, err := snap.Find(f, h.seen(r.Context()))
	if err != nil {
		return err
	}
	counts := map[string]int{"all": 0, "catalog": 0, "apis": 0, "people": 0}
	for kind, n := range found.ByKind {
		counts["all"] += n
		counts[scopeOf(kind)] += n
	}
	items := make([]json.RawMessage, len(found.Docs))
	for i, doc := range found.Docs {
		items[i] = doc.AppendFields(nil, shownFields)
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"revision": snap.Revision(), "total": found.Total, "counts": counts, "kinds": found.ByKind, "items": items})
	return nil
}

func scopeOf(kind string) string {
	switch kind {
	case "api":
		return "apis"
	case "group", "user":
		return "people"
	}
	return "catalog"
}
