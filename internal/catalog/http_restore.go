package catalog

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
)

func (h *Handler) restoreEntity(w http.ResponseWriter, r *http.Request) error {
	uid, err := pathUUID(r, "uid", "entity with the uid")
	if err != nil {
		return err
	}
	v := h.sight(r.Context())
	doc, err := h.entityOf(r, v, uid)
	if err != nil {
		return err
	}
	if err := v.mayChange(r.Context(), ingestionManage, doc, nothingToRestore(uid)); err != nil {
		return err
	}
	ref, rev, err := h.Store.Restore(r.Context(), uid, audit.Of(r))
	if err != nil {
		return err
	}
	h.wrote(w, r, rev)
	if doc := h.Index.Snapshot().ByRef(ref, h.seen(r.Context())); doc != nil {
		httpx.Raw(w, http.StatusOK, doc.JSON())
		return nil
	}
	// Removed again meanwhile, or this replica is behind. It was restored, and must not be told otherwise.
	body, err := h.Store.body(r.Context(), uid)
	if err != nil {
		return err
	}
	httpx.Raw(w, http.StatusOK, body)
	return nil
}

// getRemoved pages through what can be restored, the latest first. Its cursor is the last entity of a page,
// so that nobody is missed while others are restored or removed.
func (h *Handler) getRemoved(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, err := intParam(r, "limit", 100, 1, inboxShown)
	if err != nil {
		return err
	}
	part := removedPart{text: q.Get("q"), limit: int(limit)}
	if strings.IndexByte(part.text, 0) >= 0 || !utf8.ValidString(part.text) {
		return errs.New(errs.Invalid, "q holds bytes that are no text; write a part of a ref, such as cart")
	}
	if c := q.Get("cursor"); c != "" {
		b, err := base64.RawURLEncoding.DecodeString(c)
		if err != nil || json.Unmarshal(b, &part.after) != nil || part.after == nil || strings.IndexByte(part.after.Ref, 0) >= 0 {
			return errs.WithRemedy(errs.New(errs.Invalid, "the cursor is not one that this catalog gave out"),
				"send a cursor exactly as nextCursor of the previous answer gave it, or none to begin at the first page")
		}
	}
	items, next, err := h.Store.removedSeen(r.Context(), h.Retention, part, h.sight(r.Context()))
	if err != nil {
		return err
	}
	var cursor *string
	if next != nil {
		b, err := json.Marshal(next)
		if err != nil {
			return err
		}
		s := base64.RawURLEncoding.EncodeToString(b)
		cursor = &s
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": items, "nextCursor": cursor})
	return nil
}

func (h *Handler) restoreRemoved(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		RemovedAt *time.Time `json:"removedAt"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	if body.RemovedAt == nil {
		return errs.WithRemedy(errs.New(errs.Invalid, "removedAt is missing"), "send removedAt of an entity exactly as the list of removed entities has it")
	}
	n, rev, err := h.Store.RestoreRemoved(r.Context(), *body.RemovedAt, h.sight(r.Context()).choose(ingestionManage), audit.Of(r))
	return h.restored(w, r, n, rev, err)
}

func (h *Handler) restoreMissing(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Since *time.Time `json:"since"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	if body.Since == nil {
		return errs.WithRemedy(errs.New(errs.Invalid, "since is missing"), "send since of an entity exactly as the list of missing entities has it")
	}
	n, rev, err := h.Store.RestoreMissing(r.Context(), *body.Since, h.sight(r.Context()).choose(ingestionManage), audit.Of(r))
	return h.restored(w, r, n, rev, err)
}

func (h *Handler) restored(w http.ResponseWriter, r *http.Request, n int, rev int64, err error) error {
	if err != nil {
		return err
	}
	h.wrote(w, r, rev)
	httpx.JSON(w, http.StatusOK, map[string]int{"restored": n})
	return nil
}
