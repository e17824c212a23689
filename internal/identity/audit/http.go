package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// read is the permission to read the log.
var read = httpx.Permission{Name: "portico.audit.read", Action: "read"}

// Permissions lists them, for whoever tells callers what they may do.
func Permissions() []httpx.Permission { return []httpx.Permission{read} }

// Handler serves the log.
type Handler struct {
	Store *Store
	Log   *slog.Logger
	// Retention is how long records are kept, for whoever looks.
	Retention time.Duration
	// Whole returns nil where whoever makes the request may see everything that records may name, else an errs.Forbidden.
	// nil: all may who have the permission.
	Whole func(ctx context.Context) error

	mu   sync.Mutex
	last Report
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	g.Add(
		httpx.Route{Pattern: "GET /api/portico/audit", Access: httpx.Require(read), Handler: h.whole(h.getRecords)},
		httpx.Route{Pattern: "GET /api/portico/audit/export", Access: httpx.Require(read), Handler: h.whole(h.getExport)},
		httpx.Route{Pattern: "GET /api/portico/audit/status", Access: httpx.Require(read), Handler: h.whole(h.getStatus)},
	)
}

// whole keeps from the log whom something is hidden from: any record can name it.
func (h *Handler) whole(fn httpx.HandlerFunc) httpx.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if h.Whole != nil {
			if err := h.Whole(r.Context()); err != nil {
				return err
			}
		}
		return fn(w, r)
	}
}

const (
	defaultPage = 100
	largestPage = 500
)

func (h *Handler) getRecords(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f, err := ParseFilter(q.Get)
	if err != nil {
		return err
	}
	limit := defaultPage
	if s := q.Get("limit"); s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 {
			return errs.New(errs.Invalid, "limit must be a whole number from 1, not %q", clean(s))
		}
	}
	before := int64(math.MaxInt64)
	if s := q.Get("cursor"); s != "" {
		if before, err = strconv.ParseInt(s, 10, 64); err != nil || before < 1 {
			return errs.WithRemedy(errs.New(errs.Invalid, "the cursor is not one that this log gave out"),
				"send a cursor exactly as nextCursor of the previous answer gave it, or none to begin at the newest record")
		}
	}
	items, next, err := h.Store.Latest(r.Context(), f, before, min(limit, largestPage))
	if err != nil {
		return err
	}
	var cursor *string
	if next > 0 {
		s := strconv.FormatInt(next, 10)
		cursor = &s
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": items, "nextCursor": cursor})
	return nil
}

// ParseFilter reads a filter from named texts: those of a query, or of a command line.
func ParseFilter(get func(name string) string) (f Filter, err error) {
	for name, to := range map[string]*string{"actor": &f.Actor, "action": &f.Action, "target": &f.Target} {
		if *to = get(name); strings.IndexByte(*to, 0) >= 0 || !utf8.ValidString(*to) {
			return f, errs.New(errs.Invalid, "%s holds bytes that are no text", name)
		}
	}
	switch f.Outcome = Outcome(get("outcome")); f.Outcome {
	case "", Allowed, Denied:
	default:
		return f, errs.New(errs.Invalid, `outcome must be "allowed" or "denied", not %q`, clean(string(f.Outcome)))
	}
	for name, to := range map[string]*time.Time{"since": &f.Since, "until": &f.Until} {
		s := get(name)
		if s == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil || t.Year() < 1 || t.Year() > 9999 {
			return f, errs.New(errs.Invalid, "%s must be a time such as 2026-01-31T00:00:00Z, not %q", name, clean(s))
		}
		*to = t
	}
	return f, nil
}

// Lines encodes records as JSON Lines.
func Lines(list []Record) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i := range list {
		if err := enc.Encode(&list[i]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func (h *Handler) getExport(w http.ResponseWriter, r *http.Request) error {
	f, err := ParseFilter(r.URL.Query().Get)
	if err != nil {
		return err
	}
	begun := false
	begin := func() {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="audit.jsonl"`)
			w.WriteHeader(http.StatusOK)
		}
	}
	err = h.Store.Export(r.Context(), f, func(list []Record) error {
		lines, err := Lines(list)
		if err != nil {
			return err
		}
		begin()
		_, err = w.Write(lines)
		return err
	})
	if err != nil && begun {
		if r.Context().Err() == nil {
			h.Log.Error("an export of the audit log was cut short", "error", err)
		}
		panic(http.ErrAbortHandler) // or what was sent would look complete
	}
	if err != nil {
		return err
	}
	begin()
	return nil
}

// statusFor is how long a report holds: walking the whole chain takes about four seconds for a million records, and nobody
// can make it be walked more often.
const statusFor = time.Minute

func (h *Handler) getStatus(w http.ResponseWriter, r *http.Request) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.last.At) > statusFor {
		rep, err := h.Store.Verify(r.Context(), nil)
		if err != nil {
			return err
		}
		h.last = rep
	}
	httpx.JSON(w, http.StatusOK, struct {
		Report
		RetentionSeconds int64 `json:"retentionSeconds"`
	}{h.last, int64(h.Retention.Seconds())})
	return nil
}
