package catalog

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
)

// sourceJSON is a source as the API shows it.
type sourceJSON struct {
	ID            string          `json:"id"`
	Kind          string          `json:"kind"` // location, folder, git, provider
	Type          string          `json:"type"`
	Target        string          `json:"target"`
	Title         string          `json:"title"`
	EntityRef     string          `json:"entityRef"`
	Origin        Origin          `json:"origin"`
	State         string          `json:"state"`
	Message       string          `json:"message"`
	LastAttemptAt *time.Time      `json:"lastAttemptAt"`
	LastSuccessAt *time.Time      `json:"lastSuccessAt"`
	NextAt        *time.Time      `json:"nextAt"`
	Watching      bool            `json:"watching"`
	Units         int             `json:"units"`
	Entities      int             `json:"entities"`
	Problems      int             `json:"problems"`
	Missing       int             `json:"missing"`
	Held          json.RawMessage `json:"held"`
}

func (h *Handler) getSources(w http.ResponseWriter, r *http.Request) error {
	sources, err := h.Store.Sources(r.Context())
	if err != nil {
		return err
	}
	if v := h.sight(r.Context()); v.restricted() {
		if sources, err = v.sources(sources); err != nil {
			return err
		}
		if err := v.tallies(r.Context(), sources); err != nil {
			return err
		}
	}
	items := make([]sourceJSON, len(sources))
	for i, s := range sources {
		items[i] = sourceJSON{
			ID: s.ID, Kind: kindOfSource(s.Location.Type), Type: s.Location.Type, Target: s.Location.Target, Title: titleOf(s.Location),
			EntityRef: s.EntityRef(), Origin: s.Origin, State: s.State, Message: s.Message,
			LastAttemptAt: utc(s.LastAttemptAt), LastSuccessAt: utc(s.LastSuccessAt), NextAt: utc(s.NextAt),
			Watching: h.Watching != nil && h.Watching() && (s.Location.Type == "file" || s.Location.Type == "folder"),
			Units:    s.Tally.Units, Entities: s.Tally.Entities, Problems: s.Tally.Problems, Missing: s.Tally.Missing, Held: heldJSON(s.Held),
		}
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func kindOfSource(typ string) string {
	switch typ {
	case "folder", "git":
		return typ
	case "github", "gitlab", "gitea":
		return "provider"
	default:
		return "location"
	}
}

// titleOf is a short name for people: the last two parts of a path, the host and path of an URL.
func titleOf(l Location) string {
	t := l.Target
	switch l.Type {
	case newcomers.Type:
		return "First sign-ins"
	case "file", "folder":
		dir, base := filepath.Split(filepath.Clean(t))
		if parent := filepath.Base(dir); parent != "." && parent != "/" {
			base = parent + "/" + base
		}
		if l.Type == "folder" {
			return "Folder " + base
		}
		return base
	default:
		if kindOfSource(l.Type) == "provider" {
			t, _, _ = strings.Cut(t, "#")
		}
		t = strings.TrimPrefix(strings.TrimPrefix(t, "https://"), "http://")
		return strings.TrimSuffix(t, "/")
	}
}

func (h *Handler) refreshSource(w http.ResponseWriter, r *http.Request) error {
	src, err := h.Store.Source(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := h.sight(r.Context()).mayChangeSource(r.Context(), ingestionManage, src, absentSource(src.ID)); err != nil {
		return err
	}
	if err := h.Requests.Refresh(r.Context(), []string{src.ID}, audit.Of(r), src.Location.Shown()); err != nil {
		return err
	}
	httpx.JSON(w, http.StatusAccepted, map[string]string{"id": src.ID})
	return nil
}

func (h *Handler) decideHeld(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Decision string `json:"decision"`
		Digest   string `json:"digest"` // held.digest of the source as the operator saw it
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	if body.Decision != "apply" && body.Decision != "keep" {
		return errs.New(errs.Invalid, `decision must be "apply" (let the entities go) or "keep", not %q`, body.Decision)
	}
	if body.Digest == "" {
		return errs.WithRemedy(errs.New(errs.Invalid, "digest is missing"), "send held.digest of the source, so that only what you saw is decided")
	}
	v := h.sight(r.Context())
	if v != nil {
		src, err := h.Store.Source(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		if err := v.mayChangeSource(r.Context(), ingestionManage, src, absentSource(src.ID)); err != nil {
			return err
		}
		if v.restricted() { // as the list of sources tells them
			return nothingHeld(src)
		}
	}
	rev, err := h.Store.DecideHeld(r.Context(), r.PathValue("id"), body.Digest, body.Decision == "apply", v.spare(r.Context(), entityDelete), audit.Of(r))
	if err != nil {
		return err
	}
	h.wrote(w, r, rev)
	httpx.JSON(w, http.StatusOK, map[string]string{"decision": body.Decision})
	return nil
}

// inboxShown bounds each list of problems: nobody works through more at a time, and what was worked off makes
// room for the next.
const inboxShown = 500

func (h *Handler) getProblems(w http.ResponseWriter, r *http.Request) error {
	limit, err := intParam(r, "limit", inboxShown, 0, inboxShown)
	if err != nil {
		return err
	}
	var inbox *Inbox
	if v := h.sight(r.Context()); v.restricted() {
		inbox, err = v.inbox(r.Context(), h.Retention, int(limit))
	} else {
		inbox, err = h.Store.Inbox(r.Context(), h.Retention, int(limit))
	}
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, inbox)
	return nil
}

func (h *Handler) deleteByUID(w http.ResponseWriter, r *http.Request) error {
	uid, err := pathUUID(r, "uid", "entity with the uid")
	if err != nil {
		return err
	}
	var rev int64
	err = h.asJudged(r.Context(), "the entity with the uid "+uid.String(), func(ctx context.Context, v *sight) (err error) {
		var judged string
		if v != nil {
			doc := v.snap.ByUID(uid.String(), v.seen)
			if err := v.mayChange(ctx, entityDelete, doc, noEntity(uid)); err != nil {
				return err
			}
			judged = doc.Declared()
		}
		rev, err = h.Store.Remove(ctx, uid, judged, audit.Of(r))
		return err
	})
	if err != nil {
		return err
	}
	h.wrote(w, r, rev)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
