package catalog

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
	"portico/internal/outbound"
)

// locationJSON is Backstage's Location.
type locationJSON struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Target    string `json:"target"`
	EntityRef string `json:"entityRef"`
}

func toLocationJSON(s *Source) locationJSON {
	return locationJSON{ID: s.LocationID.String(), Type: s.Location.Type, Target: s.Location.Target, EntityRef: s.EntityRef()}
}

// checkRegistrable refuses locations that a user may not register. Files of this machine are for the
// operator, who names them in the configuration, or opens folders: see registrable.
func checkRegistrable(l Location) error {
	switch {
	case l.Target == "":
		return errs.New(errs.Invalid, "target is missing; write the URL of a catalog-info.yaml")
	case l.Type != "url" && l.Type != "git":
		return errs.WithRemedy(errs.New(errs.Invalid, "a location of type %q cannot be registered", l.Type),
			"register a `url` or a `git` location; files of the server are named in catalog.locations of its configuration, which can open folders for registering in portico.catalog.registerPaths")
	}
	if what := outbound.Secret(l.Target); what != "" {
		return errs.WithRemedy(errs.New(errs.Invalid, "target carries %s, which everybody who reads the catalog would see", what),
			"register the address without it; the operator gives the host's credentials under `integrations`, or opens it in `backend.reading.allow`")
	}
	u, err := url.Parse(l.Target)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errs.New(errs.Invalid, "target %q is not an absolute http or https URL", l.Target)
	}
	return checkLocation(l)
}

func (h *Handler) checkWritable() error {
	if h.Readonly {
		return errs.WithRemedy(errs.New(errs.Forbidden, "this catalog is read-only"), "locations are changed in the configuration (catalog.readonly is set)")
	}
	return nil
}

func (h *Handler) createLocation(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Type     string `json:"type"`
		Target   string `json:"target"`
		Presence string `json:"presence"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	q := r.URL.Query()
	onConflict := q.Get("onConflict")
	switch {
	case onConflict != "" && onConflict != "refresh" && onConflict != "reject":
		return errs.New(errs.Invalid, `onConflict must be "refresh" or "reject", not %q`, onConflict)
	case body.Presence != "" && body.Presence != "required" && body.Presence != "optional":
		return errs.New(errs.Invalid, `presence must be "required" or "optional", not %q`, body.Presence)
	}
	ctx := r.Context()
	loc, err := h.registrable(ctx, Location{Type: body.Type, Target: strings.TrimSpace(body.Target)})
	if err != nil {
		return err
	}
	dry, err := yes("dryRun", q.Get("dryRun"))
	if err != nil {
		return err
	}
	plan, err := yes("plan", q.Get("plan"))
	switch {
	case err != nil:
		return err
	case plan && !dry:
		return errs.WithRemedy(errs.New(errs.Invalid, "plan is part of a dry run"), "send dryRun=true too, or leave plan out to register")
	}
	if err := h.sight(ctx).mayRegister(ctx, locationCreate, loc); err != nil {
		return err
	}
	if dry {
		return h.previewLocation(w, r, loc, onConflict, plan)
	}
	if err := h.checkWritable(); err != nil {
		return err
	}
	by := audit.Of(r)
	src, exists, err := h.Store.Register(ctx, loc, body.Presence == "optional", by)
	if err != nil {
		return err
	}
	if exists && onConflict != "refresh" {
		return errs.WithRemedy(errs.New(errs.Conflict, "Location %s:%s already exists", loc.Type, loc.Target), "send ?onConflict=refresh to read it again")
	}
	if !exists {
		by = by.Quiet()
	}
	if err := h.Requests.Refresh(ctx, []string{src.ID}, by, loc.Shown()); err != nil {
		return err
	}
	out := map[string]any{"location": toLocationJSON(src), "entities": []any{}}
	if exists {
		out["exists"] = true
	}
	httpx.JSON(w, http.StatusCreated, out)
	return nil
}

// yes reads dryRun with the words that Backstage takes. Any other is refused: who meant to try must not register.
func yes(name, v string) (bool, error) {
	switch strings.ToLower(v) {
	case "true", "1", "yes", "y", "on", "t":
		return true, nil
	case "", "false", "0", "no", "n", "off", "f":
		return false, nil
	}
	return false, errs.New(errs.Invalid, "%s must be true or false, not %q", name, cut(v))
}

// previewLocation says what registering would create, and writes nothing. With a plan a document that cannot be used is
// part of the answer; Backstage's clients expect an error.
func (h *Handler) previewLocation(w http.ResponseWriter, r *http.Request, loc Location, onConflict string, plan bool) error {
	sources, err := h.Store.Sources(r.Context())
	if err != nil {
		return err
	}
	exists := false
	for _, s := range sources {
		exists = exists || s.Location == loc
	}
	if exists && onConflict == "reject" {
		return errs.New(errs.Conflict, "Location %s:%s already exists", loc.Type, loc.Target)
	}
	out := map[string]any{
		"exists":   exists,
		"location": locationJSON{ID: loc.String(), Type: loc.Type, Target: loc.Target, EntityRef: "location:default/" + generatedName(loc)},
	}
	if plan {
		out["plan"], out["entities"], err = h.Refresher.Plan(r.Context(), loc, h.sight(r.Context()))
	} else {
		out["entities"], err = h.Refresher.Preview(r.Context(), loc)
	}
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusCreated, out)
	return nil
}

// registered returns the sources that Backstage would call locations, of those that the caller sees.
func (h *Handler) registered(ctx context.Context) ([]*Source, error) {
	all, err := h.Store.Sources(ctx)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, s := range all {
		if s.Origin == FromRegister {
			out = append(out, s)
		}
	}
	return h.sight(ctx).sources(out)
}

func (h *Handler) getLocations(w http.ResponseWriter, r *http.Request) error {
	list, err := h.registered(r.Context())
	if err != nil {
		return err
	}
	out := make([]map[string]locationJSON, len(list))
	for i, s := range list {
		out[i] = map[string]locationJSON{"data": toLocationJSON(s)}
	}
	httpx.JSON(w, http.StatusOK, out)
	return nil
}

// queryLocations pages through the registered locations that match a predicate over id, type,
// target and entityRef, by id. The cursor holds the question and the last id, so that nobody is
// passed over when locations come and go between two pages.
func (h *Handler) queryLocations(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Cursor string          `json:"cursor"`
		Limit  *int            `json:"limit"`
		Query  json.RawMessage `json:"query"`
	}
	if r.ContentLength != 0 {
		if err := httpx.Decode(r, &body); err != nil {
			return err
		}
	}
	cur := locationCursor{Limit: 1000, Query: body.Query}
	if body.Cursor != "" {
		cur = locationCursor{}
		b, err := base64.StdEncoding.DecodeString(body.Cursor)
		if err != nil || json.Unmarshal(b, &cur) != nil || cur.Limit < 1 {
			return errs.WithRemedy(errs.New(errs.Invalid, "the cursor is not one that this catalog gave out"),
				"send a cursor exactly as pageInfo of the previous answer gave it, or none to begin at the first page")
		}
	}
	if body.Limit != nil {
		if cur.Limit = *body.Limit; cur.Limit < 1 {
			return errs.New(errs.Invalid, "limit must be 1 or more, not %d", cur.Limit)
		}
	}
	match, err := locationPredicate(cur.Query)
	if err != nil {
		return err
	}
	list, err := h.registered(r.Context())
	if err != nil {
		return err
	}
	items := []locationJSON{}
	for _, s := range list {
		if l := toLocationJSON(s); match(l) {
			items = append(items, l)
		}
	}
	total := len(items)
	slices.SortFunc(items, func(a, b locationJSON) int { return strings.Compare(a.ID, b.ID) })
	from, _ := slices.BinarySearchFunc(items, cur.AfterID+"\x00", func(l locationJSON, id string) int { return strings.Compare(l.ID, id) })
	items = items[from:]
	page := map[string]string{}
	if cur.Limit < len(items) {
		items = items[:cur.Limit]
		cur.AfterID = items[len(items)-1].ID
		b, err := json.Marshal(cur)
		if err != nil {
			return err
		}
		page["nextCursor"] = base64.StdEncoding.EncodeToString(b)
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": items, "totalItems": total, "pageInfo": page})
	return nil
}

type locationCursor struct {
	Limit   int             `json:"limit"`
	AfterID string          `json:"afterId,omitempty"`
	Query   json.RawMessage `json:"query,omitempty"`
}

func (h *Handler) getLocation(w http.ResponseWriter, r *http.Request) error {
	src, err := h.locationByID(r)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, toLocationJSON(src))
	return nil
}

// locationByID finds any source, registered or not: by-entity gives out the ids of all.
func (h *Handler) locationByID(r *http.Request) (*Source, error) {
	id, err := pathUUID(r, "id", "location")
	if err != nil {
		return nil, err
	}
	list, err := h.Store.Sources(r.Context())
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if s.LocationID != id {
			continue
		}
		if list, err = h.sight(r.Context()).sources([]*Source{s}); err != nil || len(list) > 0 {
			return s, err
		}
	}
	return nil, noLocation(id)
}

func noLocation(id uuid.UUID) error {
	return errs.New(errs.NotFound, "there is no location %s", id)
}

// updateLocation takes one location away and registers another under its id, so it asks for both: the permission of the
// route, on the old one, and to register the new one.
func (h *Handler) updateLocation(w http.ResponseWriter, r *http.Request) error {
	if err := h.checkWritable(); err != nil {
		return err
	}
	var body struct {
		Type   string `json:"type"`
		Target string `json:"target"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	ctx := r.Context()
	loc, err := h.registrable(ctx, Location{Type: body.Type, Target: strings.TrimSpace(body.Target)})
	if err != nil {
		return err
	}
	old, err := h.locationByID(r)
	if err != nil {
		return err
	}
	v := h.sight(ctx)
	if err := v.mayChangeSource(ctx, locationDelete, old, noLocation(old.LocationID)); err != nil {
		return err
	}
	if err := v.mayRegister(ctx, locationCreate, loc); err != nil {
		return err
	}
	if old.Origin != FromRegister {
		return errs.WithRemedy(errs.New(errs.Forbidden, "this location comes from the configuration, not from a registration"),
			"change it in catalog.locations and restart")
	}
	by := audit.Of(r)
	src, err := h.Store.Retarget(ctx, old.LocationID, loc, by)
	if err != nil {
		return err
	}
	if err := h.Requests.Refresh(ctx, []string{src.ID}, by.Quiet(), loc.Shown()); err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, toLocationJSON(src))
	return nil
}

func (h *Handler) deleteLocation(w http.ResponseWriter, r *http.Request) error {
	if err := h.checkWritable(); err != nil {
		return err
	}
	id, err := pathUUID(r, "id", "location")
	if err != nil {
		return err
	}
	if v := h.sight(r.Context()); v != nil {
		// Not by what it brings, which may not all be seen: who may take a location away may take a file away.
		src, err := h.locationByID(r)
		if err != nil {
			return err
		}
		if err := v.mayChangeSource(r.Context(), locationDelete, src, noLocation(id)); err != nil {
			return err
		}
	}
	rev, err := h.Store.Unregister(r.Context(), id, audit.Of(r))
	if err != nil {
		return err
	}
	h.wrote(w, r, rev)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) getLocationByEntity(w http.ResponseWriter, r *http.Request) error {
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	ref := refOf(r)
	doc := snap.ByRef(ref.String(), h.seen(r.Context()))
	if doc == nil {
		return notFound(ref)
	}
	var e struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(doc.JSON(), &e); err != nil {
		return err
	}
	origin := e.Metadata.Annotations[entity.AnnotationManagedByOriginLocation]
	list, err := h.Store.Sources(r.Context())
	if err != nil {
		return err
	}
	if list, err = h.sight(r.Context()).sources(list); err != nil {
		return err
	}
	for _, s := range list {
		if s.Location.String() == origin {
			httpx.JSON(w, http.StatusOK, toLocationJSON(s))
			return nil
		}
	}
	return errs.New(errs.NotFound, "no location of this catalog declares %s", ref)
}

func (h *Handler) refreshEntity(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		EntityRef          string `json:"entityRef"`
		AuthorizationToken string `json:"authorizationToken"` // accepted as Backstage does; the caller is who it is
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	ref, err := parseRef("entityRef", body.EntityRef)
	if err != nil {
		return err
	}
	v := h.sight(r.Context())
	if v != nil {
		if err := v.mayChange(r.Context(), entityRefresh, v.snap.ByRef(ref.String(), v.seen), noSource(ref.String())); err != nil {
			return err
		}
	}
	id, err := h.Store.SourceOf(r.Context(), ref.String())
	if err != nil {
		return err
	}
	if err := h.Requests.Refresh(r.Context(), []string{id}, audit.Of(r), ref.String()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (h *Handler) validateEntity(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Entity   json.RawMessage `json:"entity"`
		Location string          `json:"location"`
	}
	type fault struct {
		Name    string `json:"name"`
		Message string `json:"message"`
	}
	faults := []fault{}
	refuse := func(message string) { faults = append(faults, fault{errs.Invalid.Name(), message}) }
	if err := httpx.Decode(r, &body); err != nil {
		if !errs.Is(err, errs.Invalid) || errs.Sentence(err) == "" {
			return err
		}
		// A 400 of this operation is a list, whatever is wrong; who expects the envelope finds it too.
		refuse(errs.Sentence(err))
		httpx.JSON(w, http.StatusBadRequest, struct {
			Errors []fault `json:"errors"`
			httpx.ErrorBody
		}{faults, httpx.ErrorBody{
			Error:    httpx.ErrorDetail{Name: errs.Invalid.Name(), Message: errs.Sentence(err), Remedy: errs.Remedy(err)},
			Request:  &httpx.ErrorRequest{Method: r.Method, URL: r.URL.RequestURI()},
			Response: httpx.ErrorResponse{StatusCode: http.StatusBadRequest},
		}})
		return nil
	}
	if typ, target, ok := strings.Cut(body.Location, ":"); !ok || typ == "" || target == "" {
		refuse(fmt.Sprintf("location must be written as type:target, for example url:https://github.com/o/r/blob/main/catalog-info.yaml, not %q", body.Location))
	}
	doc := entity.ParseJSON("entity", body.Entity)
	if doc.Verdict == entity.Empty {
		refuse("entity must be one object")
	} else {
		doc.Validate()
		for _, p := range doc.Problems {
			if p.Level == entity.Error {
				m := p.Message
				if p.Remedy != "" {
					m += "; " + p.Remedy
				}
				refuse(m)
			}
		}
	}
	if len(faults) > 0 {
		httpx.JSON(w, http.StatusBadRequest, map[string]any{"errors": faults})
		return nil
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (h *Handler) analyzeLocation(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Location struct {
			Type   string `json:"type"`
			Target string `json:"target"`
		} `json:"location"`
		CatalogFilename string `json:"catalogFilename"`
		CatalogFileName string `json:"catalogFileName"` // the specification's spelling; clients send the other
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	loc, err := h.registrable(r.Context(), Location{Type: body.Location.Type, Target: strings.TrimSpace(body.Location.Target)})
	if err != nil {
		return err
	}
	if err := h.sight(r.Context()).mayRegister(r.Context(), locationAnalyze, loc); err != nil {
		return err
	}
	name := body.CatalogFilename
	if name == "" {
		name = body.CatalogFileName
	}
	a, err := h.analyze(r.Context(), loc, name)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, a)
	return nil
}
