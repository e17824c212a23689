package catalog

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
)

// entityEdit is the permission to set fields of an entity in the portal.
var entityEdit = httpx.Permission{Name: "catalog.entity.edit", Action: "update"}

// layerRoutes are those of where fields come from, of setting them, and of the old names of owners.
func (h *Handler) layerRoutes(c, byName string) []httpx.Route {
	return []httpx.Route{
		{Pattern: "GET " + byName + "/provenance", Access: httpx.Require(entityRead), Handler: h.getProvenance},
		{Pattern: "PATCH " + byName + "/overlay", Access: httpx.Require(entityEdit), Handler: h.patchOverlay, Audit: httpx.Audited("catalog.entity.edit")},
		{Pattern: "GET " + c + "/owner-aliases", Access: httpx.Require(ingestionRead), Handler: h.getAliases},
		{Pattern: "PUT " + c + "/owner-aliases", Access: httpx.Require(ingestionManage), Handler: h.putAlias, Audit: httpx.Audited("catalog.alias.set")},
		{Pattern: "DELETE " + c + "/owner-aliases/{kind}/{namespace}/{name}", Access: httpx.Require(ingestionManage), Handler: h.deleteAlias, Audit: httpx.Audited("catalog.alias.remove")},
	}
}

func (h *Handler) getProvenance(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.snapshot(r); err != nil { // whoever demands to see a write
		return err
	}
	ref := refOf(r).String()
	p, err := h.provenanceOf(r, ref)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, p)
	return nil
}

func (h *Handler) provenanceOf(r *http.Request, ref string) (p *Provenance, err error) {
	err = h.asJudged(r.Context(), ref, func(ctx context.Context, v *sight) (err error) {
		p, err = h.Store.provenance(ctx, ref, v)
		return err
	})
	return p, err
}

// patchOverlay sets fields of an entity, and answers where each comes from then: of a field that its file declares, the
// file's value with what was set as a difference.
func (h *Handler) patchOverlay(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Fields map[string]json.RawMessage `json:"fields"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	if len(body.Fields) == 0 {
		return errs.WithRemedy(errs.New(errs.Invalid, "fields is missing"), `send {"fields": {"spec.owner": "group:default/team-a"}}, with null for what is to be taken away`)
	}
	ref := refOf(r)
	var rev int64
	err := h.asJudged(r.Context(), ref.String(), func(ctx context.Context, v *sight) (err error) {
		judged := ""
		if v != nil {
			doc := v.snap.ByRef(ref.String(), v.seen)
			if err := v.mayChange(ctx, entityEdit, doc, notFound(ref)); err != nil {
				return err
			}
			judged = doc.Declared()
		}
		rev, err = h.Store.setOverlay(ctx, ref.String(), judged, body.Fields, audit.Of(r))
		return err
	})
	if err != nil {
		return err
	}
	h.wrote(w, r, rev)
	p, err := h.provenanceOf(r, ref.String())
	if errs.Is(err, errs.NotFound) { // it was set, and whoever set it does not see it any more
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, p)
	return nil
}

func (h *Handler) getAliases(w http.ResponseWriter, r *http.Request) error {
	list, err := h.Store.Aliases(r.Context())
	if err != nil {
		return err
	}
	if v := h.sight(r.Context()); v.restricted() {
		// An old ref is a text in files, whether or not there is still somebody of that name.
		list = slices.DeleteFunc(list, func(a Alias) bool { return v.hides(a.NewRef) })
	} else if err := h.Store.tallyAliases(r.Context(), list); err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": emptyNotNull(list)})
	return nil
}

// hides reports whether there is an entity of the ref that is not seen.
func (v *sight) hides(ref string) bool {
	return v.restricted() && v.snap.ByRef(ref, nil) != nil && v.snap.ByRef(ref, v.seen) == nil
}

// handed is what an alias changed; how many entities that is, is told to those who see all of them.
type handed struct {
	OldRef   string `json:"oldRef"`
	NewRef   string `json:"newRef,omitempty"`
	Entities *int   `json:"entities,omitempty"`
}

func (h *Handler) putAlias(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		OldRef string `json:"oldRef"`
		NewRef string `json:"newRef"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	v := h.sight(r.Context())
	newRef, err := ownerRef("newRef", body.NewRef)
	if err != nil {
		return err
	}
	if !v.restricted() && h.Index.Snapshot().ByRef(newRef, nil) == nil || v.restricted() && !v.hasRef(newRef) {
		return errs.WithRemedy(errs.New(errs.Invalid, "newRef: there is no entity %s", newRef), "name a Group or a User of the catalog; what it owned would be nobody's")
	}
	n, rev, err := h.Store.SetAlias(r.Context(), body.OldRef, newRef, audit.Of(r))
	if err != nil {
		return err
	}
	return h.handed(w, r, rev, handed{OldRef: body.OldRef, NewRef: newRef}, n, v)
}

func (h *Handler) deleteAlias(w http.ResponseWriter, r *http.Request) error {
	old := entity.Ref{Kind: r.PathValue("kind"), Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}.String()
	v := h.sight(r.Context())
	if v.restricted() {
		list, err := h.Store.Aliases(r.Context())
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(a Alias) bool { return a.OldRef == old && v.hides(a.NewRef) }) {
			return noAlias(old)
		}
	}
	n, rev, err := h.Store.RemoveAlias(r.Context(), old, audit.Of(r))
	if err != nil {
		return err
	}
	return h.handed(w, r, rev, handed{OldRef: old}, n, v)
}

func (h *Handler) handed(w http.ResponseWriter, r *http.Request, rev int64, what handed, n int, v *sight) error {
	h.wrote(w, r, rev)
	if !v.restricted() {
		what.Entities = &n
	}
	httpx.JSON(w, http.StatusOK, what)
	return nil
}
