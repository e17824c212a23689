package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/pg/pgtest"
)

// memory is a Reader over a map: the outside, as a test wants it to be.
type memory struct {
	mu    sync.Mutex
	files map[string]string // location → text
	fail  map[string]error  // location → what reading it fails with
	reads int
	sent  []string // locations whose content was handed out
	// guesses are the files of type inferred that come with those of a folder; their revisions are of all that they bring.
	guesses map[string][]File
}

func (m *memory) Read(_ context.Context, loc Location, known Known) (*Reading, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	if err := m.fail[loc.String()]; err != nil {
		return nil, err
	}
	if dir, ok := strings.CutSuffix(loc.Target, "/*.yaml"); ok {
		r := &Reading{}
		for l := range m.files {
			if path.Dir(strings.TrimPrefix(l, loc.Type+":")) == dir {
				r.Files = append(r.Files, m.file(splitLocation(l)))
			}
		}
		slices.SortFunc(r.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
		r.Files = append(r.Files, m.guesses[dir]...)
		whole := xxhash.New()
		for i := range r.Files {
			_, _ = whole.WriteString(r.Files[i].Location.Target + " " + r.Files[i].Revision + "\n")
		}
		if r.Revision = fmt.Sprintf("%x", whole.Sum64()); r.Revision == known.Revision {
			return nil, ErrUnchanged
		}
		for i := range r.Files {
			if f := &r.Files[i]; known.Has(f) {
				f.Data, f.Unchanged = nil, true
			} else {
				m.sent = append(m.sent, f.Location.Target)
			}
		}
		return r, nil
	}
	if _, ok := m.files[loc.String()]; !ok {
		return nil, errs.New(errs.NotFound, "%s is not there", loc.Target)
	}
	f := m.file(loc)
	if f.Revision == known.Revision {
		return nil, ErrUnchanged
	}
	m.sent = append(m.sent, loc.Target)
	return &Reading{Files: []File{f}, Revision: f.Revision}, nil
}

func (m *memory) file(loc Location) File {
	if err := m.fail[loc.String()]; err != nil {
		return File{Location: loc, Name: path.Base(loc.Target), Err: err}
	}
	text := m.files[loc.String()]
	return File{Location: loc, Name: path.Base(loc.Target), Data: []byte(text), Revision: fmt.Sprintf("%x", xxhash.Sum64String(text))}
}

func (m *memory) ReadRelative(_ context.Context, base Location, target, known string) (*File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	loc := Location{Type: base.Type, Target: path.Join(path.Dir(base.Target), target)}
	if _, ok := m.files[loc.String()]; ok {
		f := m.file(loc)
		if f.Revision == known {
			return nil, ErrUnchanged
		}
		m.sent = append(m.sent, loc.Target)
		return &f, nil
	}
	return nil, errs.New(errs.NotFound, "%s is not there", target)
}

func (m *memory) Resolve(base Location, typ, target string) (Location, error) {
	if strings.HasPrefix(target, "!") {
		return Location{}, errs.WithRemedy(errs.New(errs.Forbidden, "it leads outside"), "stay inside")
	}
	if !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir(base.Target), target)
	}
	return Location{Type: typ, Target: target}, nil
}

func (m *memory) set(name, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files["file:"+name] = text
}

func (m *memory) remove(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, "file:"+name)
}

func (m *memory) breakRead(name string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail["file:"+name] = err
}

// world is a catalog on a database of its own.
type world struct {
	*memory
	t         testing.TB
	store     *Store
	refresher *Refresher
	follower  *Follower
	ix        *index.Index
}

func newWorld(t testing.TB) *world {
	m := &memory{files: map[string]string{}, fail: map[string]error{}}
	log := slog.New(slog.DiscardHandler)
	store := NewStore(pgtest.New(t))
	ix := index.New(index.Options{})
	return &world{
		memory: m, t: t, store: store, ix: ix,
		refresher: &Refresher{Store: store, Reader: m, Rules: everyKind, Every: time.Hour, Log: log},
		follower:  &Follower{Store: store, Index: ix, Log: log},
	}
}

func everyKind(Location) []Rule {
	var rs []Rule
	for _, k := range []string{"Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template"} {
		rs = append(rs, Rule{Kind: k})
	}
	return rs
}

// source declares file: locations and returns their sources.
func (w *world) source(targets ...string) []*Source {
	w.t.Helper()
	var ds []Declared
	for _, tg := range targets {
		ds = append(ds, Declared{Location: Location{Type: "file", Target: tg}})
	}
	ids, err := w.store.SetDeclared(w.t.Context(), FromConfig, ds)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []*Source
	for _, id := range ids {
		s, err := w.store.Source(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// refresh reads a source as a job would, and catches up.
func (w *world) refresh(src *Source) Outcome {
	w.t.Helper()
	ctx := w.t.Context()
	s, err := w.store.begin(ctx, src.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	o, err := w.refresher.Refresh(ctx, s, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.store.finish(ctx, s, o); err != nil {
		w.t.Fatal(err)
	}
	w.catchUp()
	return o
}

func (w *world) catchUp() {
	w.t.Helper()
	if err := w.follower.CatchUp(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// refs are the entities that the read model shows, sources' own aside.
func (w *world) refs() []string {
	var out []string
	for r := range w.ix.Snapshot().Refs() {
		if !strings.HasPrefix(r, "location:default/generated-") {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) wantRefs(want ...string) {
	w.t.Helper()
	if d := cmp.Diff(want, w.refs()); d != "" {
		w.t.Errorf("entities (-want +got):\n%s", d)
	}
}

type shown struct {
	Metadata struct {
		Description string
		UID         string
		Annotations map[string]string
	}
	Relations []struct{ Type, TargetRef string }
	Status    struct {
		Items []struct{ Type, Level, Message string }
	}
}

func (w *world) get(ref string) shown {
	w.t.Helper()
	d := w.ix.Snapshot().ByRef(ref, nil)
	if d == nil {
		w.t.Fatalf("%s is not there", ref)
	}
	var s shown
	if err := json.Unmarshal(d.JSON(), &s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) ops(ref string) []string {
	w.t.Helper()
	cs, err := w.store.History(w.t.Context(), ref, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, c := range cs {
		out = append(out, string(c.Op))
	}
	slices.Reverse(out)
	return out
}

func (w *world) wantOps(ref string, want ...string) {
	w.t.Helper()
	if d := cmp.Diff(want, w.ops(ref)); d != "" {
		w.t.Errorf("history of %s (-want +got):\n%s", ref, d)
	}
}

func (w *world) inbox() *Inbox {
	w.t.Helper()
	in, err := w.store.Inbox(w.t.Context(), Retention{Grace: time.Hour, Removed: time.Hour}, inboxShown)
	if err != nil {
		w.t.Fatal(err)
	}
	return in
}

func (w *world) wantTally(src *Source, want Tally) {
	w.t.Helper()
	s, err := w.store.Source(w.t.Context(), src.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if d := cmp.Diff(want, s.Tally); d != "" {
		w.t.Errorf("what %s yields (-want +got):\n%s", src.Location, d)
	}
}

func component(name, more string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: " + name + "\n" + more +
		"spec:\n  type: service\n  lifecycle: production\n  owner: team-a\n"
}

func location(name string, targets ...string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata:\n  name: " + name + "\nspec:\n  targets: [" + strings.Join(targets, ", ") + "]\n"
}

func mustUUID(t testing.TB, s string) uuid.UUID {
	t.Helper()
	id, err := uuid.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
