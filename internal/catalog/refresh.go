package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

// Refresher reads sources and applies what they hold.
type Refresher struct {
	Store  *Store
	Reader Reader
	// Paths reads the files of this machine that registered locations lead to; nil where Reader may.
	Paths Paths
	// Rules returns what may come from a source beside its own rules. Nil: Component, API and
	// Location, as in Backstage.
	Rules func(Location) []Rule
	// Crawler reads sources that come in parts; nil where there are none.
	Crawler Crawler
	// Every is the time until a source is read again unprompted. Next, where it is not nil and knows the source, says it
	// instead; the zero time is never.
	Every time.Duration
	Next  func(Location) (at time.Time, ok bool)
	Log   *slog.Logger
}

// Refresh reads one source completely and applies what changed. Faults of the source are written
// to it and are no error; an error means that the database or ctx failed.
func (r *Refresher) Refresh(ctx context.Context, src *Source, actor string) (Outcome, error) {
	if r.crawls(src) {
		return r.crawl(ctx, src, actor)
	}
	w, root, err := r.begun(ctx, src, actor)
	if err != nil {
		return Outcome{}, err
	}
	if err := w.run(ctx, []target{root}); err != nil {
		return Outcome{}, err
	}
	o := Outcome{State: "current", NextAt: r.nextAt(src)}
	if w.wait > 0 {
		o.NextAt = time.Now().Add(w.wait)
	}
	switch {
	case w.rootErr != nil:
		o.State, o.Message = "failed", sentence(w.rootErr)
	case w.truncated != "":
		o.State, o.Message = "degraded", w.truncated
	case w.failed > 0:
		o.State, o.Message = "degraded", plural(w.failed, "file has problems", "files have problems")
	}
	// What was not looked at is not gone.
	if w.truncated == "" && (w.rootErr == nil || errs.Is(w.rootErr, errs.NotFound)) {
		if o.Held, _, err = r.Store.Vanish(ctx, src, w.reading(), actor); err != nil {
			return Outcome{}, err
		}
	}
	return o, nil
}

func (r *Refresher) walk(src *Source, k known, actor string) *walk {
	global := defaultRules
	if r.Rules != nil {
		global = r.Rules(src.Location)
	}
	return &walk{
		Refresher: r, src: src, known: k, actor: actor, limits: limitsOf(src.Origin), rules: append(slices.Clone(src.Rules), global...),
		visited: map[string]bool{}, gone: map[string]bool{}, noted: map[string]knownTarget{},
		named: map[string][]string{}, parents: map[string]string{}, moved: map[string]*File{}, has: map[string]int{},
	}
}

func sentence(err error) string {
	if s := errs.Sentence(err); s != "" {
		if r := errs.Remedy(err); r != "" {
			return s + "; " + r
		}
		return s
	}
	return "it could not be read; the log has the cause"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// checksVersion changes when documents are checked, or made entities of, in another way than before.
const checksVersion = "1"

// judges says what decides about a document beside its text: the same text may become another entity,
// or none, when it differs.
func (w *walk) judges() (string, error) {
	rules, err := json.Marshal(w.rules)
	return fmt.Sprintf("%s %016x", checksVersion, xxhash.Sum64(rules)), err
}

// bootstrapRevision changes when the Location entity of a source is made in another way.
const bootstrapRevision = "1"

// root makes the Location entity that stands for the source, and returns where to begin.
func (w *walk) root(ctx context.Context) (target, error) {
	loc := w.src.Location
	file := File{Location: Location{Type: "bootstrap", Target: w.src.ID}, Name: loc.String(), Revision: bootstrapRevision + loc.String()}
	w.visited[file.Location.String()] = true
	root := target{loc: loc, parent: w.src.EntityRef(), optional: w.src.Optional}
	if k, ok := w.units[file.Location.String()]; ok && k.revision == file.Revision {
		return root, nil
	}
	e, err := sourceEntity(loc)
	if err != nil {
		return target{}, err
	}
	_, err = w.Store.Apply(ctx, &Unit{SourceID: w.src.ID, File: file, Asserted: []Asserted{{Entity: e}}}, w.actor)
	return root, err
}

// sourceEntity is the Location entity that stands for a source.
func sourceEntity(loc Location) (*entity.Entity, error) {
	descriptor, err := json.Marshal(map[string]any{
		"apiVersion": "backstage.io/v1alpha1",
		"kind":       "Location",
		"metadata":   map[string]any{"name": generatedName(loc)},
		"spec":       map[string]any{"type": loc.Type, "target": loc.Target},
	})
	if err != nil {
		return nil, err
	}
	d := entity.Parse(loc.String(), descriptor)[0]
	d.Validate()
	return d.Entity(map[string]string{
		entity.AnnotationManagedByLocation:       loc.String(),
		entity.AnnotationManagedByOriginLocation: loc.String(),
	})
}
