package coverage

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
)

// read is the permission of all routes: what is measured are entities.
var read = httpx.Permission{Name: "catalog.entity.read", Action: "read"}

// Guard says what whoever makes a request may see.
type Guard interface {
	// Seen is what they may see of the catalog: nil is everything.
	Seen(ctx context.Context) *index.Restriction
	// Operates reports whether they may see the sources of the catalog.
	Operates(ctx context.Context) bool
}

// Handler serves coverage.
type Handler struct {
	Coverage *Coverage
	Guard    Guard // nil: everybody sees everything
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	const c = "/api/portico/coverage"
	g.Add(
		httpx.Route{Pattern: "GET " + c, Access: httpx.Require(read), Handler: h.getCoverage},
		httpx.Route{Pattern: "GET " + c + "/teams", Access: httpx.Require(read), Handler: h.getTeams},
		httpx.Route{Pattern: "GET " + c + "/trend", Access: httpx.Require(read), Handler: h.getTrend},
		httpx.Route{Pattern: "GET " + c + "/gaps", Access: httpx.Require(read), Handler: h.getGaps},
	)
}

// reader is what whoever makes a request may see.
type reader struct {
	seen     *index.Restriction
	whole    bool // no policy hides entities from them
	operates bool
}

func (h *Handler) reader(ctx context.Context) reader {
	if h.Guard == nil {
		return reader{nil, true, true}
	}
	seen := h.Guard.Seen(ctx)
	return reader{seen, seen == nil, h.Guard.Operates(ctx)}
}

// The states of a measure.
const (
	measured = "measured"
	unknown  = "unknown"  // nobody can know it, or not yet
	withheld = "withheld" // from this reader
)

type measureJSON struct {
	Measure Measure `json:"measure"`
	State   string  `json:"state"`
	Share
	// Why and Remedy are sentences about what is not measured.
	Why       string        `json:"why,omitempty"`
	Remedy    string        `json:"remedy,omitempty"`
	AsOf      *time.Time    `json:"asOf,omitempty"`
	Parts     []measureJSON `json:"parts,omitempty"`
	Providers []Provider    `json:"providers,omitempty"`
	Unknown   int           `json:"unknown,omitempty"` // repositories of which nobody knows whether they are active
}

func (h *Handler) getCoverage(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	scope, err := scopeOf(q)
	if err != nil {
		return err
	}
	weighted, err := boolParam(q, "weighted")
	if err != nil {
		return err
	}
	who := h.reader(r.Context())
	v, o, err := h.Coverage.view(r.Context(), who.seen)
	if err != nil {
		return err
	}
	set, ok := v.within(scope)
	if !ok {
		return noScope(scope)
	}
	list := []measureJSON{repositoriesMeasure(o, who, scope, weighted)}
	for _, m := range ofEntities {
		one := v.measure(m, set, weighted)
		if m == Ownership && one.State == measured {
			for _, part := range partsOf {
				one.Parts = append(one.Parts, v.measure(part, set, weighted))
			}
		}
		list = append(list, one)
	}
	httpx.JSON(w, http.StatusOK, map[string]any{
		"revision": v.snap.Revision(), "at": v.at, "scope": scope.String(), "below": !scope.Own, "weighted": weighted,
		"whole": who.whole, "team": v.groups[scope.Ref], "entities": set.Len(), "measures": list,
	})
	return nil
}

func (v *view) measure(m Measure, set index.Set, weighted bool) measureJSON {
	s := v.share(m, set, weighted)
	if s.Denominator > 0 {
		return measureJSON{Measure: m, State: measured, Share: s, AsOf: &v.at}
	}
	none := map[Measure][2]string{
		Ownership:   {"There is nothing here that somebody should own.", "Register a repository or a file."},
		Docs:        {"There are no components here.", ""},
		Definitions: {"There are no APIs here.", "Register the APIs that services provide."},
		APIs:        {"There are no components of type service here.", ""},
	}
	return measureJSON{Measure: m, State: unknown, Why: none[m][0], Remedy: none[m][1]}
}

func repositoriesMeasure(o *outside, who reader, scope Scope, weighted bool) measureJSON {
	out := measureJSON{Measure: Repositories, State: unknown}
	switch {
	case !who.whole:
		out.State, out.Why = withheld, "Policies hide entities from you, and repositories are counted with all of them."
	case !who.operates:
		out.State, out.Why = withheld, "Repositories are for those who may see the sources of the catalog."
	case scope != Scope{} && scope != Scope{Own: true}:
		out.Why, out.Remedy = "A repository without an entity belongs to no team and no system.", "Look at everything."
	case weighted:
		out.Why = "Repositories have no tier to weigh them by."
	case len(o.providers) == 0:
		out.Why, out.Remedy = "No provider lists repositories.", "Add one under catalog.providers in the configuration."
	default:
		sum := repositories(o.providers)
		out.Share, out.AsOf, out.Providers, out.Unknown = Share{float64(sum.Linked), float64(sum.Active)}, sum.AsOf, o.providers, sum.Unknown
		switch {
		case sum.AsOf == nil:
			out.Why, out.Remedy, out.Share = "Not every provider has listed all its repositories yet.", "Look at Sources and problems if this stays so.", Share{}
		case sum.Active == 0:
			out.Why = "Nobody pushed to any repository in the last 90 days."
		default:
			out.State = measured
		}
	}
	return out
}

type teamJSON struct {
	Ref    string            `json:"ref"` // "" for what no team owns
	Title  string            `json:"title,omitempty"`
	Shares map[Measure]Share `json:"shares"`
	Gaps   float64           `json:"gaps"`
	// OfAll is the share of all gaps.
	OfAll float64 `json:"ofAll"`
}

// maxTeams bounds the table: the teams after it have the fewest gaps.
const maxTeams = 500

func (h *Handler) getTeams(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	weighted, err := boolParam(q, "weighted")
	if err != nil {
		return err
	}
	v, _, err := h.Coverage.view(r.Context(), h.reader(r.Context()).seen)
	if err != nil {
		return err
	}
	rows, all := slices.Clone(v.table()), 0.0
	if weighted {
		for i := range rows {
			rows[i].Shares, rows[i].Gaps = rows[i].Weighted, rows[i].GapsW
		}
		slices.SortStableFunc(rows, func(a, b Row) int { return cmpDown(a.Gaps, b.Gaps) })
	}
	for i := range rows {
		all += rows[i].Gaps
	}
	total := len(rows)
	rows = rows[:min(total, maxTeams)]
	out := make([]teamJSON, len(rows))
	for i, row := range rows {
		out[i] = teamJSON{Ref: row.Ref, Title: v.title(row.Ref), Shares: row.Shares, Gaps: row.Gaps}
		if all > 0 {
			out[i].OfAll = row.Gaps / all
		}
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"revision": v.snap.Revision(), "weighted": weighted, "measures": ofEntities, "total": total, "gaps": all, "items": out})
	return nil
}

func cmpDown(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

func (h *Handler) getTrend(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	m, err := measureOf(q)
	if err != nil {
		return err
	}
	scope, err := scopeOf(q)
	if err != nil {
		return err
	}
	weighted, err := boolParam(q, "weighted")
	if err != nil {
		return err
	}
	days, err := intParam(q, "days", 90, 1, 732)
	if err != nil {
		return err
	}
	who := h.reader(r.Context())
	switch {
	case !who.whole:
		return errs.WithRemedy(errs.New(errs.Forbidden, "the history of coverage is of every entity, and policies hide some from you"),
			"ask whoever writes the policies to exempt you from what hides entities, or look at the numbers of today")
	case m == Repositories && !who.operates:
		return errs.WithRemedy(errs.New(errs.Forbidden, "repositories are for those who may see the sources of the catalog"),
			"ask whoever runs this portal for the permission catalog.ingestion.read")
	case scope.Nobody || scope.Own:
		return errs.New(errs.Invalid, "scope and below: the history is kept of everything, and of a team with the teams below it")
	}
	name := string(m)
	if weighted {
		name = weightedAs(m)
	}
	points, err := h.Coverage.Store.Trend(r.Context(), scope.Ref, name, dayOf(h.Coverage.now()).AddDate(0, 0, 1-days))
	if err != nil {
		return err
	}
	if points == nil {
		points = []Point{}
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"measure": m, "scope": scope.String(), "weighted": weighted, "days": days, "points": points})
	return nil
}

func (h *Handler) getGaps(w http.ResponseWriter, r *http.Request) error {
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	m, err := measureOf(q)
	if err != nil {
		return err
	}
	scope, err := scopeOf(q)
	if err != nil {
		return err
	}
	have := false
	switch list := q.Get("list"); list {
	case "", "missing":
	case "counted":
		have = true
	default:
		return errs.New(errs.Invalid, `list must be "missing" or "counted", not %q`, cut(list))
	}
	limit, err := intParam(q, "limit", 50, 1, 200)
	if err != nil {
		return err
	}
	who := h.reader(r.Context())
	answer := map[string]any{"measure": m, "scope": scope.String(), "list": map[bool]string{true: "counted", false: "missing"}[have]}
	if m == Repositories {
		if !who.whole || !who.operates {
			return errs.WithRemedy(errs.New(errs.Forbidden, "repositories are for those who may see the sources of the catalog, and from whom no policy hides entities"),
				"ask whoever runs this portal for the permission catalog.ingestion.read, or whoever writes the policies to exempt you from what hides entities")
		}
		if scope != (Scope{}) {
			return errs.WithRemedy(errs.New(errs.Invalid, "scope: a repository without an entity belongs to no team and no system"), "ask without a scope")
		}
		list, next, err := h.Coverage.repositoriesAfter(r.Context(), q.Get("cursor"), have, limit)
		if err != nil {
			return err
		}
		if list == nil {
			list = []Repository{}
		}
		answer["repositories"], answer["nextCursor"] = list, orNull(next)
		httpx.JSON(w, http.StatusOK, answer)
		return nil
	}
	after := ""
	if cursor := q.Get("cursor"); cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		if after = string(raw); err != nil || !strings.Contains(after, ":") {
			return badCursor()
		}
	}
	v, _, err := h.Coverage.view(r.Context(), who.seen)
	if err != nil {
		return err
	}
	within, ok := v.within(scope)
	if !ok {
		return noScope(scope)
	}
	set := v.list(m, within, have)
	docs, more := set.After(after, limit)
	next := ""
	if more {
		next = base64.RawURLEncoding.EncodeToString([]byte(docs[len(docs)-1].Ref()))
	}
	answer["revision"], answer["total"], answer["items"], answer["nextCursor"] = v.snap.Revision(), set.Len(), v.gaps(m, docs, have), orNull(next)
	httpx.JSON(w, http.StatusOK, answer)
	return nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func queryOf(r *http.Request) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errs.Public(errs.Invalid, "the query cannot be read: "+cut(err.Error()), err)
	}
	return q, nil
}

func measureOf(q url.Values) (Measure, error) {
	m := Measure(q.Get("measure"))
	if !known(m) {
		return "", errs.New(errs.Invalid, "measure must be repositories, ownership, ownership.declared, ownership.inferred, ownership.verified, docs, definitions or apis, not %q", cut(string(m)))
	}
	return m, nil
}

// nobody is the name of the scope of what no team owns.
const nobody = "nobody"

func (s Scope) String() string {
	if s.Nobody {
		return nobody
	}
	return s.Ref
}

// scopeOf reads scope and below.
func scopeOf(q url.Values) (s Scope, err error) {
	text := q.Get("scope")
	below := q.Get("below")
	switch below {
	case "", "true":
	case "false":
		s.Own = true
	default:
		return s, errs.New(errs.Invalid, `below must be "true" or "false", not %q`, cut(below))
	}
	if text == "" || text == nobody {
		return Scope{Nobody: text == nobody}, nil
	}
	if strings.IndexByte(text, 0) >= 0 || !utf8.ValidString(text) {
		return s, errs.New(errs.Invalid, "scope holds bytes that are no text; write group:default/a")
	}
	ref, err := entity.ParseRef(text, entity.Ref{})
	if err != nil {
		return s, errs.WithRemedy(errs.Public(errs.Invalid, "scope: "+errs.Sentence(err), err), `write group:default/a, system:default/a or domain:default/a, "nobody", or leave it out`)
	}
	s.Ref = strings.ToLower(ref.String())
	kind, _, _ := strings.Cut(s.Ref, ":")
	if kind != "group" && kind != "system" && kind != "domain" {
		return s, errs.New(errs.Invalid, "scope must name a group, a system or a domain, not %q", cut(text))
	}
	return s, nil
}

func noScope(s Scope) error {
	return errs.WithRemedy(errs.New(errs.NotFound, "there is no %s in the catalog", cut(s.Ref)), "choose another scope, or leave it out")
}

func boolParam(q url.Values, name string) (bool, error) {
	switch v := q.Get(name); v {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, errs.New(errs.Invalid, `%s must be "true" or "false", not %q`, name, cut(v))
	}
}

func intParam(q url.Values, name string, def, low, high int) (int, error) {
	s := q.Get(name)
	if s == "" {
		return def, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low {
		return 0, errs.New(errs.Invalid, "%s must be a whole number from %d, not %q", name, low, cut(s))
	}
	return min(n, high), nil
}

// cut shortens what a message repeats of a request.
func cut(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
