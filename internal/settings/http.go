package settings

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/policy"
)

// Handler serves the routes: Backstage's of /api/user-settings, and two of Portico's own.
type Handler struct {
	Store *Store
	News  *News
	// Seen reports whether whoever makes the request of ctx may see the entity of a ref.
	Seen func(ctx context.Context, ref string) bool
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	const one = "/api/user-settings/buckets/{bucket}/keys/{key}"
	read, manage := httpx.Require(identity.SettingsRead), httpx.Require(identity.SettingsManage)
	own := httpx.Unaudited("what somebody chooses for their own pages is nobody else's business")
	g.Add(
		httpx.Route{Pattern: "GET " + one, Access: read, Handler: h.get},
		httpx.Route{Pattern: "PUT " + one, Access: manage, Handler: h.put, Audit: own},
		httpx.Route{Pattern: "DELETE " + one, Access: manage, Handler: h.delete, Audit: own},
		httpx.Route{Pattern: "POST /api/user-settings/multiget", Access: read, Handler: h.multiget},
		httpx.Route{Pattern: "GET /api/portico/me/settings", Access: read, Handler: h.all},
		httpx.Route{Pattern: "GET /api/catalog/entities/by-name/{kind}/{namespace}/{name}/stars", Access: httpx.Require(policy.EntityRead), Handler: h.stars},
	)
}

// asked is whose setting a request is about, and which.
func asked(r *http.Request) (Owner, Place, error) {
	p := Place{Bucket: r.PathValue("bucket"), Key: r.PathValue("key")}
	return ownerOf(identity.Of(r.Context())), p, p.check()
}

func (h *Handler) get(w http.ResponseWriter, r *http.Request) error {
	o, p, err := asked(r)
	if err != nil {
		return err
	}
	value, err := h.Store.Get(r.Context(), o, p)
	if errs.Is(err, errs.NotFound) {
		return errs.Public(errs.NotFound, fmt.Sprintf("Unable to find '%s' in bucket '%s'", p.Key, p.Bucket), err)
	}
	if err != nil {
		return err
	}
	return answer(w, r, Setting{p, value})
}

func (h *Handler) put(w http.ResponseWriter, r *http.Request) error {
	o, p, err := asked(r)
	if err != nil {
		return err
	}
	// Backstage's own backend looks at nothing but value, so other fields are no fault.
	var body map[string]json.RawMessage
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	value, ok := body["value"]
	if !ok {
		return errs.New(errs.Invalid, `Missing required field "value"`)
	}
	if value, err = compact(value); err != nil {
		return err
	}
	if err := h.Store.Set(r.Context(), o, Setting{p, value}); err != nil {
		return err
	}
	return answer(w, r, Setting{p, value})
}

func (h *Handler) delete(w http.ResponseWriter, r *http.Request) error {
	o, p, err := asked(r)
	if err != nil {
		return err
	}
	if err := h.Store.Delete(r.Context(), o, p); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) multiget(w http.ResponseWriter, r *http.Request) error {
	o := ownerOf(identity.Of(r.Context()))
	var body struct {
		Items []Place `json:"items"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	if len(body.Items) > mostSettings {
		return errs.New(errs.Invalid, "items has %d settings; ask for at most %d", len(body.Items), mostSettings)
	}
	for _, p := range body.Items {
		if err := p.check(); err != nil {
			return err
		}
	}
	found, err := h.Store.Some(r.Context(), o, body.Items)
	if err != nil {
		return err
	}
	values := make(map[Place]*Setting, len(found))
	for i := range found {
		values[found[i].Place] = &found[i]
	}
	items, size := make([]*Setting, len(body.Items)), 0
	for i, p := range body.Items {
		if items[i] = values[p]; items[i] != nil {
			size += len(items[i].Value)
		}
	}
	if size > mostBytes { // it names some more than once
		return errs.New(errs.Invalid, "the settings asked for have more than %d bytes; ask for each once", mostBytes)
	}
	return answer(w, r, map[string]any{"items": items})
}

func (h *Handler) all(w http.ResponseWriter, r *http.Request) error {
	o := ownerOf(identity.Of(r.Context()))
	buckets := r.URL.Query()["bucket"]
	const most = 100
	if len(buckets) > most {
		return errs.New(errs.Invalid, "there are %d buckets; name at most %d, or none for all", len(buckets), most)
	}
	for _, bucket := range buckets {
		if err := (Place{Bucket: bucket, Key: "any"}).check(); err != nil {
			return err
		}
	}
	items, err := h.Store.All(r.Context(), o, buckets)
	if err != nil {
		return err
	}
	return answer(w, r, map[string]any{"items": items})
}

// answer is for settings: for whom they are alone, and as they were written.
func answer(w http.ResponseWriter, r *http.Request, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("settings: encode: %w", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	httpx.RawFor(w, r, http.StatusOK, b.Bytes())
	return nil
}

func (h *Handler) stars(w http.ResponseWriter, r *http.Request) error {
	kind, namespace, name := r.PathValue("kind"), r.PathValue("namespace"), r.PathValue("name")
	ref := strings.ToLower(kind + ":" + namespace + "/" + name)
	if !h.Seen(r.Context(), ref) {
		return errs.New(errs.NotFound, "No entity named '%s' found, with kind '%s' in namespace '%s'", short(name), short(kind), short(namespace))
	}
	people, err := h.Store.Stars(r.Context(), ref)
	if err != nil {
		return err
	}
	mine := false
	if p := identity.Of(r.Context()); p.May(identity.SettingsRead) {
		value, err := h.Store.Get(r.Context(), ownerOf(p), starred)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		mine = starsIn(value)[ref]
	}
	httpx.JSON(w, http.StatusOK, struct {
		Ref    string `json:"ref"`
		People int    `json:"people"`
		Mine   bool   `json:"mine"` // whether whoever asks is one of them
	}{ref, people, mine})
	return nil
}

// short keeps what an error repeats of a request from filling it.
func short(text string) string {
	const most = 100
	if clean := strings.ToValidUTF8(text, "�"); len([]rune(clean)) > most {
		return string([]rune(clean)[:most]) + "…"
	}
	return strings.ToValidUTF8(text, "�")
}

// Follow has the stream of whoever makes the request of ctx tell of their settings; nil for whom there are none to tell of.
func (h *Handler) Follow(ctx context.Context) *Follower {
	p := identity.Of(ctx)
	if !p.May(identity.SettingsRead) {
		return nil
	}
	return h.News.Follow(ownerOf(p))
}
