package ownership

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog"
	"portico/internal/catalog/index"
	"portico/internal/catalog/layer"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/identity/policy"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// world is a catalog of one file, with what asks who owns what of it, over HTTP.
type world struct {
	*httptest.Server
	t     *testing.T
	pool  *pg.Pool
	index *index.Index
	desk  *Desk
	book  *audit.Store

	mu       sync.Mutex
	entities map[string]map[string]any // by ref: what the file declares
	src      string
	now      time.Time
	refresh  *catalog.Refresher
	follow   *catalog.Follower
}

// teams of every world: platform is above web, ghosts had somebody, nobody is in void.
const teams = `
group:default/platform children=web
group:default/web members=ann,bob
group:default/data members=cem
group:default/ghosts members=gone
group:default/void
user:default/ann
user:default/bob
user:default/cem
user:default/pat memberOf=platform
`

func newWorld(t *testing.T, entities string) *world {
	t.Helper()
	w := &world{t: t, pool: pgtest.New(t), index: index.New(index.Options{}), entities: map[string]map[string]any{},
		now: time.Date(2031, 3, 4, 12, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	store := catalog.NewStore(w.pool)
	w.refresh = &catalog.Refresher{Store: store, Reader: w, Every: time.Hour, Log: log, Rules: func(catalog.Location) []catalog.Rule { return []catalog.Rule{{Any: true}} }}
	w.follow = &catalog.Follower{Store: store, Index: w.index, Log: log}
	ids, err := store.SetDeclared(t.Context(), catalog.FromConfig, []catalog.Declared{{Location: catalog.Location{Type: "file", Target: "/all.yaml"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.src, w.book = ids[0], &audit.Store{DB: w.pool}
	now := func() time.Time { return w.now }
	book := NewBook(w.pool, w.index, log)
	book.Now = now
	rules, err := policy.New(policy.Options{
		Directory:   w,
		Assignments: policy.Assignments{Roles: map[string][]string{policy.Admin: {"user:default/root"}}},
		Compile: func(p []byte) (any, error) {
			f, err := index.ParsePredicate(p)
			return index.Restrict(f), err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.desk = &Desk{DB: w.pool, Index: w.index, Book: book, Proposer: &Proposer{DB: w.pool, Index: w.index, Now: now},
		Overlays: w, Guard: w, VerifyEvery: 180 * 24 * time.Hour, Now: now}
	w.serve(rules, log)
	w.declare(teams + entities)
	return w
}

func (w *world) serve(rules *policy.Engine, log *slog.Logger) {
	sessions := &identity.Sessions{DB: w.pool}
	gate, err := identity.NewGate(&identity.Guest{Ref: "user:default/guest"}, nil, sessions)
	if err != nil {
		w.t.Fatal(err)
	}
	gate.Rules = rules
	var g httpx.Registry
	(&Handler{Desk: w.desk, Log: log}).Mount(&g)
	g.Add(httpx.Route{Pattern: "POST /enter/{who}", Access: httpx.Public("a test signs in"), Handler: func(rw http.ResponseWriter, q *http.Request) error {
		who := q.PathValue("who")
		return sessions.Start(q.Context(), rw, q, identity.Account{Issuer: "https://idp.example", Subject: who, UserRef: "user:default/" + who, DisplayName: who})
	}})
	h, err := g.Handler(httpx.Options{Gate: gate, Log: log})
	if err != nil {
		w.t.Fatal(err)
	}
	w.Server = httptest.NewServer(h)
	w.t.Cleanup(w.Close)
}

// declare adds entities to the file, or replaces them, a line each: "ref key=value …". "- ref" takes one out.
func (w *world) declare(lines string) {
	w.t.Helper()
	w.mu.Lock()
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "-" {
			delete(w.entities, words[1])
			continue
		}
		spec, annotations := map[string]any{}, map[string]any{}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			switch {
			case key == "inferred":
				annotations[annotationInferred] = value
			case strings.Contains(key, ".com/") || strings.Contains(key, ".io/"):
				annotations[key] = value
			case key == "members" || key == "children" || key == "memberOf":
				spec[key] = strings.Split(value, ",")
			default:
				spec[key] = value
			}
		}
		kind, rest, _ := strings.Cut(words[0], ":")
		_, name, _ := strings.Cut(rest, "/")
		kinds := map[string]string{"group": "Group", "user": "User", "component": "Component", "system": "System"}
		switch kind {
		case "group":
			spec["type"] = "team"
			if spec["children"] == nil {
				spec["children"] = []string{}
			}
		case "user":
			if spec["memberOf"] == nil {
				spec["memberOf"] = []string{}
			}
		case "component":
			spec["type"], spec["lifecycle"] = "service", "production"
			if spec["owner"] == nil {
				spec["owner"] = "unknown"
			}
		}
		w.entities[words[0]] = map[string]any{"apiVersion": "backstage.io/v1alpha1", "kind": kinds[kind],
			"metadata": map[string]any{"name": name, "annotations": annotations}, "spec": spec}
	}
	w.mu.Unlock()
	w.apply()
}

// apply reads the file as the catalog does.
func (w *world) apply() {
	w.t.Helper()
	src, err := w.refresh.Store.Source(w.t.Context(), w.src)
	if err != nil {
		w.t.Fatal(err)
	}
	o, err := w.refresh.Refresh(w.t.Context(), src, "test")
	if err != nil || o.State == "failed" {
		w.t.Fatal(o, err)
	}
	if err := w.follow.CatchUp(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// Read implements catalog.Reader: the file as it is now.
func (w *world) Read(_ context.Context, loc catalog.Location, _ catalog.Known) (*catalog.Reading, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var text strings.Builder
	for _, ref := range slices.Sorted(mapsKeys(w.entities)) {
		one, err := json.Marshal(w.entities[ref])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&text, "---\n%s\n", one)
	}
	return &catalog.Reading{Files: []catalog.File{{Location: loc, Name: "all.yaml", Data: []byte(text.String()), Revision: fmt.Sprint(len(text.String()), w.now)}}}, nil
}

func mapsKeys(m map[string]map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// ReadRelative implements catalog.Reader.
func (w *world) ReadRelative(context.Context, catalog.Location, string, string) (*catalog.File, error) {
	return nil, io.ErrUnexpectedEOF
}

// Resolve implements catalog.Reader.
func (w *world) Resolve(_ catalog.Location, typ, target string) (catalog.Location, error) {
	return catalog.Location{Type: typ, Target: target}, nil
}

// SetOverlayTx implements Overlays by the file: the next apply shows it. It keeps what else the entity says, the annotation
// of the inference too.
func (w *world) SetOverlayTx(_ context.Context, _ pgx.Tx, ref string, set map[string]json.RawMessage, _ audit.Author) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	owner := "unknown"
	if err := json.Unmarshal(set[ownerField], &owner); err != nil {
		return 0, err
	}
	w.entities[ref]["spec"].(map[string]any)["owner"] = owner
	return 0, nil
}

// Seen implements Guard: what is called hidden is for root alone.
func (w *world) Seen(ctx context.Context) *index.Restriction {
	if identity.Of(ctx).Ref == "user:default/root" {
		return nil
	}
	f, err := index.ParsePredicate([]byte(`{"$not":{"metadata.name":{"$hasPrefix":"hidden"}}}`))
	if err != nil {
		panic(err)
	}
	return index.Restrict(f)
}

// May implements Guard by the policies that ship.
func (w *world) May(ctx context.Context, perm httpx.Permission, doc *index.Doc, owner string) error {
	res, err := policy.NewResource(doc.Ref(), []byte(doc.Declared()), []string{owner})
	if err != nil {
		return err
	}
	return identity.Of(ctx).MayOn(perm, res)
}

// Mine implements Guard.
func (w *world) Mine(ctx context.Context) []string {
	ref := identity.Of(ctx).Ref
	return append(w.Groups(ref), ref)
}

// Version implements policy.Directory.
func (w *world) Version() uint64 { return w.index.Snapshot().Serial() }

// Groups implements policy.Directory.
func (w *world) Groups(user string) (groups []string) {
	refs, relation := []string{user}, "memberOf"
	for i := 0; i < len(refs); i++ {
		if doc := w.index.Snapshot().ByRef(refs[i], nil); doc != nil {
			for _, r := range doc.Relations() {
				if r.Type == relation {
					refs, groups = append(refs, r.TargetRef), append(groups, r.TargetRef)
				}
			}
		}
		relation = "childOf"
	}
	return groups
}

// propose runs the job, and what is decided is known.
func (w *world) propose() {
	w.t.Helper()
	if err := w.desk.Proposer.Run(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.tabulate()
}

func (w *world) tabulate() {
	w.t.Helper()
	if err := w.desk.Book.Load(w.t.Context(), nil); err != nil {
		w.t.Fatal(err)
	}
	if err := w.desk.Book.Tabulate(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

// say has the inferred layer of an entity say something of its owner.
func (w *world) say(ref string, list ...layer.Evidence) {
	w.t.Helper()
	raw, err := json.Marshal(list)
	if err != nil {
		w.t.Fatal(err)
	}
	w.exec(`INSERT INTO catalog_layers (ref, layer, entity, evidence) VALUES ($1, 'inferred', '{}', $2)
		ON CONFLICT (ref, layer) DO UPDATE SET evidence = EXCLUDED.evidence`, ref, raw)
}

func codeowners(line int, value string) layer.Evidence {
	return layer.Evidence{Field: ownerField, Value: value, File: ".github/CODEOWNERS", Line: line, Says: "CODEOWNERS names it", Sure: layer.Stated}
}

// claims are all there are, as "state reason ref → owner".
func (w *world) claims() (out []string) {
	w.t.Helper()
	list, err := pg.Collect(w.t.Context(), w.pool, scanClaim, `SELECT `+claimColumns+` FROM ownership_claims ORDER BY id`)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range list {
		line := fmt.Sprintf("%s %s %s → %s", c.State, c.Reason, strings.TrimPrefix(c.Ref, "component:default/"), strings.TrimPrefix(c.Owner, "group:default/"))
		if c.Asked != c.Owner {
			line += " asks " + strings.TrimPrefix(c.Asked, "group:default/")
		}
		out = append(out, line)
	}
	return out
}

func (w *world) standing(name string) Standing {
	w.t.Helper()
	snap := w.index.Snapshot()
	doc := snap.ByRef("component:default/"+name, nil)
	if doc == nil {
		w.t.Fatal(name, "is not in the catalog")
	}
	return w.desk.Book.Standing(snap, doc)
}

// who makes requests: with a cookie, or without one, which is the guest.
type who struct{ cookie *http.Cookie }

func (w *world) enter(name string) who {
	w.t.Helper()
	resp, _ := w.send(who{}, "POST", "/enter/"+name, "")
	return who{resp.Cookies()[0]}
}

func (w *world) send(as who, method, path, body string) (*http.Response, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if as.cookie != nil {
		req.AddCookie(as.cookie)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, strings.TrimSpace(string(text))
}

// want sends a request, and wants a status and texts in the answer.
func (w *world) want(as who, method, path, body string, status int, parts ...string) string {
	w.t.Helper()
	resp, text := w.send(as, method, "/api/portico/ownership/"+path, body)
	missing := slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return strings.Contains(text, p) })
	if resp.StatusCode != status || len(missing) > 0 {
		w.t.Errorf("%s %s %.200s: %d %.1500s; want %d with %s", method, path, body, resp.StatusCode, text, status, missing)
	}
	return text
}

// decide answers the one claim of that id.
func (w *world) decide(as who, id int, what, more string, status int, parts ...string) string {
	w.t.Helper()
	text := w.want(as, "POST", "decisions", fmt.Sprintf(`{"decision":%q,"claims":[%d]%s}`, what, id, more), status, parts...)
	w.apply()
	w.tabulate()
	return text
}
