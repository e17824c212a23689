package catalog

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
	"portico/internal/identity/audit"
)

func TestCompare(t *testing.T) {
	w := newWorld(t)
	h := &Handler{Store: w.store, Index: w.ix}
	ref := entity.Ref{Kind: "component", Namespace: "default", Name: "a"}
	var at []int64 // the revision after each version
	write := func(more string) {
		t.Helper()
		w.set("/a.yaml", component("a", more))
		src := w.source("/a.yaml")[0]
		w.refresh(src)
		at = append(at, w.ix.Snapshot().Revision())
	}
	start := w.ix.Snapshot().Revision()
	write("")
	write("  title: One\n")
	write("  title: Two\n  labels: {x: \"1\"}\n")
	write("  title: One\n  labels: {x: \"2\"}\n")
	if _, err := w.store.Remove(t.Context(), mustUUID(t, w.get(ref.String()).Metadata.UID), "", audit.System("user:default/ana")); err != nil {
		t.Fatal(err)
	}
	w.catchUp()
	at = append(at, w.ix.Snapshot().Revision())
	write("  title: Back\n")

	show := func(c *Comparison) (out []string) {
		if !c.From.There {
			out = append(out, "from: not there")
		}
		if !c.To.There {
			out = append(out, "to: not there")
		}
		for _, e := range c.Between {
			out = append(out, string(e.Op))
		}
		for _, d := range c.Diff {
			out = append(out, fmt.Sprintf("%s %s → %s", d.Path, d.From, d.To))
		}
		return out
	}
	tests := []struct {
		name     string
		from, to int64
		want     []string
	}{
		{"one step", at[0], at[1], []string{`metadata.title  → "One"`}},
		{"many steps, of which one was taken back", at[1], at[3], []string{`metadata.labels  → {"x":"2"}`}},
		{"the other way round", at[3], at[1], []string{`metadata.labels {"x":"2"} → `}},
		{"the same point", at[2], at[2], nil},
		{"between two changes", at[1], at[2] - 1, nil},
		{"from before it was", start, at[1], []string{"from: not there", "created", `metadata.title  → "One"`}},
		{"to when it was removed", at[2], at[4], []string{"to: not there", "removed", `metadata.title "Two" → "One"`, `metadata.labels.x "1" → "2"`}},
		{"over its removal", at[3], at[5], []string{"removed", "returned", `metadata.title "One" → "Back"`, `metadata.labels {"x":"2"} → `}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := h.compare(t.Context(), ref, tt.from, tt.to)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, show(c)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if c.From.Revision != tt.from || c.To.Revision != tt.to {
				t.Errorf("it is of %d and %d", c.From.Revision, c.To.Revision)
			}
		})
	}

	c, err := h.compare(t.Context(), ref, at[0], at[4])
	if err != nil || c.To.Actor != "user:default/ana" || c.To.At == nil || c.To.Op != Removed {
		t.Errorf("who made the second point: %+v, %v", c.To, err)
	}
	if _, err := h.compare(t.Context(), entity.Ref{Kind: "component", Namespace: "default", Name: "none"}, 0, at[1]); !errs.Is(err, errs.NotFound) {
		t.Errorf("of what never was: %v", err)
	}

	// A new entity of the same ref has nothing to do with the old one.
	if _, err := w.store.db.Exec(t.Context(), `UPDATE catalog_changes SET uid = gen_random_uuid(), op = 'created' WHERE revision = $1`, at[5]); err != nil {
		t.Fatal(err)
	}
	if c, err = h.compare(t.Context(), ref, at[2], at[5]); err != nil || c.Since != at[5] || strings.Contains(fmt.Sprint(show(c)), "labels.x") {
		t.Errorf("over a new one of the same ref: %+v, %v", c, err)
	}

	// The log was trimmed.
	if _, err := w.store.db.Exec(t.Context(), `UPDATE catalog_state SET log_purged = $1`, at[2]); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.db.Exec(t.Context(), `DELETE FROM catalog_changes WHERE revision <= $1`, at[2]); err != nil {
		t.Fatal(err)
	}
	if _, err := h.compare(t.Context(), ref, at[1], at[5]); !errs.Is(err, errs.Gone) || !strings.Contains(errs.Remedy(err), fmt.Sprint(at[2])) {
		t.Errorf("beyond the log: %v, %s", err, errs.Remedy(err))
	}
	c, err = h.compare(t.Context(), ref, at[2], at[3])
	if d := cmp.Diff([]string{`metadata.title "Two" → "One"`, `metadata.labels.x "1" → "2"`}, show(c)); err != nil || d != "" || c.From.At != nil || !c.From.There {
		t.Errorf("from the oldest point that is known: %+v, %v (-want +got):\n%s", c.From, err, d)
	}

	// As many changes of it are kept as may be: there may have been others.
	h.Retention.ChangeCount = 2
	if _, err := w.store.db.Exec(t.Context(), `UPDATE catalog_state SET log_purged = 0`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.compare(t.Context(), ref, at[0], at[3]); !errs.Is(err, errs.Gone) || !strings.Contains(errs.Remedy(err), fmt.Sprint(at[3])) {
		t.Errorf("of what has as many changes as are kept: %v, %s", err, errs.Remedy(err))
	}
	if _, err := h.compare(t.Context(), ref, at[3], at[4]); err != nil {
		t.Errorf("from the oldest that is kept: %v", err)
	}

	for _, query := range []string{"", "?from=x", "?from=1&to=99999999", "?from=-1"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "/x/history/compare"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.compareHistory(nil, r); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", query, err)
		}
	}
}
