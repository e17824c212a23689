package ownership

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
)

// The permissions of this package.
var (
	claimRead   = httpx.Permission{Name: "ownership.claim.read", Action: "read"}
	claimDecide = httpx.Permission{Name: "ownership.claim.decide", Action: "update"}
	claimCreate = httpx.Permission{Name: "ownership.claim.create", Action: "create"}
)

// Permissions lists them, for whoever tells callers what they may do.
func Permissions() []httpx.Permission {
	return []httpx.Permission{claimRead, claimDecide, claimCreate}
}

// Handler serves the routes.
type Handler struct {
	Desk *Desk
	Log  *slog.Logger
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	const o = "/api/portico/ownership"
	g.Add(
		httpx.Route{Pattern: "GET " + o + "/inbox", Access: httpx.Require(claimRead), Handler: h.getInbox},
		httpx.Route{Pattern: "GET " + o + "/entities/{kind}/{namespace}/{name}", Access: httpx.Require(claimRead), Handler: h.getEntity},
		httpx.Route{Pattern: "GET " + o + "/findings", Access: httpx.Require(claimRead), Handler: h.getFindings},
		httpx.Route{Pattern: "POST " + o + "/decisions", Access: httpx.Require(claimDecide), Handler: h.decide, Audit: httpx.Audited("ownership.claim.decide")},
		httpx.Route{Pattern: "POST " + o + "/claims", Access: httpx.Require(claimCreate), Handler: h.claim, Audit: httpx.Audited("ownership.claim.create")},
	)
}

// claimJSON is a claim with what helps to answer it.
type claimJSON struct {
	Claim
	// Current is who owns the entity now, and how sure that is.
	Current standingJSON `json:"current"`
	// Source is the folder at its host that files of evidence are below; "" where that is not known.
	Source    string `json:"source,omitempty"`
	MayDecide bool   `json:"mayDecide"`
}

type standingJSON struct {
	Owner    string  `json:"owner,omitempty"`
	State    State   `json:"state"`
	Resolves bool    `json:"resolves"`
	Fault    Fault   `json:"fault,omitempty"`
	Says     string  `json:"says,omitempty"`
	Todo     string  `json:"todo,omitempty"`
	Answer   *Answer `json:"answer,omitempty"`
}

func (s *Standing) json() standingJSON {
	out := standingJSON{Owner: s.Owner, State: s.State, Resolves: s.Resolves, Fault: s.Fault, Answer: s.Answer}
	out.Says, out.Todo = words(s)
	return out
}

func (h *Handler) standingFor(snap *index.Snapshot, doc *index.Doc, seen *index.Restriction) standingJSON {
	s := h.Desk.Book.standingFor(snap, doc, seen)
	return s.json()
}

func (h *Handler) claimFor(ctx context.Context, snap *index.Snapshot, seen *index.Restriction, doc *index.Doc, c *Claim) claimJSON {
	one := claimJSON{Claim: *c, Current: h.standingFor(snap, doc, seen), Source: sourceOf(doc)}
	one.Evidence = emptyNotNull(one.Evidence)
	one.MayDecide = c.State == "open" && h.Desk.Guard.May(ctx, claimDecide, doc, c.Asked) == nil
	return one
}

// sourceOf is the page of the folder that an entity describes.
func sourceOf(doc *index.Doc) string {
	if !strings.Contains(doc.Declared(), "backstage.io/source-location") {
		return ""
	}
	var e struct {
		Metadata struct{ Annotations map[string]any }
	}
	if json.Unmarshal([]byte(doc.Declared()), &e) != nil {
		return ""
	}
	at, _ := e.Metadata.Annotations["backstage.io/source-location"].(string)
	at, ok := strings.CutPrefix(at, "url:")
	u, err := url.Parse(at)
	if !ok || err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return at
}

type inboxTeam struct {
	Ref    string `json:"ref"`
	Open   int    `json:"open"`
	Verify int    `json:"verify"` // of them, those that were confirmed once
}

type inboxJSON struct {
	Total int         `json:"total"`
	Least bool        `json:"least"` // there may be more than were counted
	Teams []inboxTeam `json:"teams"`
	Items []claimJSON `json:"items"`
	Next  string      `json:"next,omitempty"`
}

// getInbox lists what waits for whoever asks, or for one team, or for everybody.
func (h *Handler) getInbox(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, err := limitOf(q, 50)
	if err != nil {
		return err
	}
	var asked []string
	switch scope := q.Get("scope"); scope {
	case "", "mine":
		asked = emptyNotNull(h.Desk.Guard.Mine(r.Context()))
	case "all":
	default:
		return errs.New(errs.Invalid, `scope must be "mine" or "all", not %q`, cut(scope, 100))
	}
	if q.Get("owner") != "" {
		owner, err := refParam("owner", q.Get("owner"))
		if err != nil {
			return err
		}
		if asked == nil || slices.Contains(asked, owner) {
			asked = []string{owner}
		} else {
			asked = []string{}
		}
	}
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	seen := h.Desk.Guard.Seen(r.Context())
	all, err := open(r.Context(), h.Desk.DB, asked)
	if err != nil {
		return err
	}
	answer := inboxJSON{Least: len(all) == maxWaiting, Teams: []inboxTeam{}, Items: []claimJSON{}}
	after := q.Get("after")
	var ids []int64
	for _, c := range all {
		if snap.ByRef(c.Ref, seen) == nil || snap.ByRef(c.Owner, seen) == nil || snap.ByRef(c.Asked, seen) == nil {
			continue
		}
		answer.Total++
		if n := len(answer.Teams); n == 0 || answer.Teams[n-1].Ref != c.Asked {
			answer.Teams = append(answer.Teams, inboxTeam{Ref: c.Asked})
		}
		t := &answer.Teams[len(answer.Teams)-1]
		t.Open++
		if c.Reason == Verify {
			t.Verify++
		}
		switch key := c.key(); {
		case after != "" && key <= after:
		case len(ids) < limit:
			ids = append(ids, c.ID)
			answer.Next = key
		default:
			ids = append(ids, 0) // there is more
		}
	}
	if len(ids) <= limit {
		answer.Next = ""
	}
	ids = ids[:min(len(ids), limit)]
	claims, err := byID(r.Context(), h.Desk.DB, ids)
	if err != nil {
		return err
	}
	slices.SortFunc(claims, func(a, b Claim) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	for i := range claims {
		if doc := snap.ByRef(claims[i].Ref, seen); doc != nil {
			answer.Items = append(answer.Items, h.claimFor(r.Context(), snap, seen, doc, &claims[i]))
		}
	}
	return send(w, r, answer)
}

// key is the place of a claim in the order of an inbox.
func (w *waiting) key() string {
	id := strconv.FormatInt(w.ID, 10)
	return w.Asked + " " + w.Ref + " " + strings.Repeat("0", 19-min(19, len(id))) + id
}

// entityJSON is who owns an entity, and what is asked and was decided.
type entityJSON struct {
	Ref string `json:"ref"`
	standingJSON
	Claims []claimJSON `json:"claims"`
	// ClaimFor are teams in whose name whoever asks may claim it; with ClaimForAny any.
	ClaimFor    []string `json:"claimFor"`
	ClaimForAny bool     `json:"claimForAny"`
}

func (h *Handler) getEntity(w http.ResponseWriter, r *http.Request) error {
	ref := strings.ToLower(r.PathValue("kind") + ":" + r.PathValue("namespace") + "/" + r.PathValue("name"))
	snap, err := h.snapshot(r)
	if err != nil {
		return err
	}
	ctx, seen := r.Context(), h.Desk.Guard.Seen(r.Context())
	doc := snap.ByRef(ref, seen)
	if doc == nil || !Ownable(doc.Ref()) {
		return errs.New(errs.NotFound, "there is no entity %s that somebody could own", cut(ref, 200))
	}
	claims, err := ofRef(ctx, h.Desk.DB, doc.Ref())
	if err != nil {
		return err
	}
	answer := entityJSON{Ref: doc.Ref(), standingJSON: h.standingFor(snap, doc, seen), Claims: []claimJSON{}, ClaimFor: []string{}}
	for i := range claims {
		if c := &claims[i]; seen == nil || snap.ByRef(c.Owner, seen) != nil && snap.ByRef(c.Asked, seen) != nil {
			answer.Claims = append(answer.Claims, h.claimFor(ctx, snap, seen, doc, c))
		}
	}
	for _, owner := range h.Desk.Guard.Mine(ctx) {
		if strings.HasPrefix(owner, "group:") && snap.ByRef(owner, seen) != nil && h.Desk.Guard.May(ctx, claimCreate, doc, owner) == nil {
			answer.ClaimFor = append(answer.ClaimFor, owner)
		}
	}
	answer.ClaimForAny = h.Desk.Guard.May(ctx, claimCreate, doc, "") == nil
	return send(w, r, answer)
}

type findingsJSON struct {
	Revision int64         `json:"revision"`
	Counts   map[Fault]int `json:"counts"`
	Total    int           `json:"total"`
	Items    []Finding     `json:"items"`
	Next     int           `json:"next,omitempty"` // the offset of what follows
}

func (h *Handler) getFindings(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, err := limitOf(q, 50)
	if err != nil {
		return err
	}
	offset := 0
	if text := q.Get("offset"); text != "" {
		if offset, err = strconv.Atoi(text); err != nil || offset < 0 {
			return errs.New(errs.Invalid, "offset must be a whole number from 0, not %q", cut(text, 100))
		}
	}
	f := Findings{Kind: Fault(q.Get("kind"))}
	if f.Kind != "" && !slices.Contains(Faults(), f.Kind) {
		return errs.New(errs.Invalid, "kind must be one of unknown, absent, gone, empty, disputed and person, not %q", cut(string(f.Kind), 100))
	}
	for name, to := range map[string]*string{"owner": &f.Owner, "system": &f.System} {
		if text := q.Get(name); text != "" {
			if *to, err = refParam(name, text); err != nil {
				return err
			}
		}
	}
	t, err := h.Desk.Book.Table().seenBy(h.Desk.Guard.Seen(r.Context()))
	if err != nil {
		return err
	}
	list, counts := f.list(t)
	answer := findingsJSON{Revision: t.Revision, Counts: counts, Total: len(list), Items: []Finding{}}
	from := min(offset, len(list))
	to := min(from+limit, len(list))
	for _, s := range list[from:to] {
		answer.Items = append(answer.Items, finding(s))
	}
	if to < len(list) {
		answer.Next = to
	}
	return send(w, r, answer)
}

// maxAtOnce is how many claims are decided, and entities claimed, by one request.
const maxAtOnce = 500

// result is what came of one of several.
type result struct {
	*Outcome
	ID    int64        `json:"id,omitempty"`  // of the claim that was to be decided
	Ref   string       `json:"ref,omitempty"` // that was to be claimed
	Error *resultError `json:"error,omitempty"`
}

type resultError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

type resultsJSON struct {
	Done    int      `json:"done"`
	Failed  int      `json:"failed"`
	Results []result `json:"results"`
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Decision string  `json:"decision"`
		Claims   []int64 `json:"claims"`
		To       string  `json:"to"`
		Note     string  `json:"note"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	note, err := checkNote(body.Note)
	switch {
	case err != nil:
		return err
	case !slices.Contains([]string{confirm, pass, reject}, body.Decision):
		return errs.New(errs.Invalid, `decision must be "confirm", "pass" or "reject", not %q`, cut(body.Decision, 100))
	case body.Decision == pass && body.To == "":
		return errs.New(errs.Invalid, "to is missing; name the team that is to be asked: group:default/a")
	case body.Decision != pass && body.To != "":
		return errs.New(errs.Invalid, `to is for the decision "pass" alone`)
	}
	if err := checkMany("claims", len(body.Claims)); err != nil {
		return err
	}
	by := audit.Of(r)
	return each(h, w, r, body.Claims, func(id int64) (*Outcome, error) {
		return h.Desk.Decide(r.Context(), id, Decision{body.Decision, body.To, note}, by)
	}, func(res *result, id int64) { res.ID = id })
}

func (h *Handler) claim(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Refs  []string `json:"refs"`
		Owner string   `json:"owner"`
		Note  string   `json:"note"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	note, err := checkNote(body.Note)
	switch {
	case err != nil:
		return err
	case body.Owner == "":
		return errs.New(errs.Invalid, "owner is missing; name the team that is to own it: group:default/a")
	}
	if err := checkMany("refs", len(body.Refs)); err != nil {
		return err
	}
	for i, ref := range body.Refs {
		if body.Refs[i], err = refParam("refs["+strconv.Itoa(i)+"]", ref); err != nil {
			return err
		}
	}
	by := audit.Of(r)
	return each(h, w, r, body.Refs, func(ref string) (*Outcome, error) {
		return h.Desk.Claim(r.Context(), ref, body.Owner, note, by)
	}, func(res *result, ref string) { res.Ref = ref })
}

func checkMany(field string, n int) error {
	switch {
	case n == 0:
		return errs.New(errs.Invalid, "%s is missing or empty; name at least one", field)
	case n > maxAtOnce:
		return errs.WithRemedy(errs.New(errs.Invalid, "%s has %d; at most %d are taken at once", field, n, maxAtOnce), "send several requests")
	}
	return nil
}

// each does one after the other, each by itself: what fails keeps nothing else from being done. Of one alone the fault is
// that of the request.
func each[T comparable](h *Handler, w http.ResponseWriter, r *http.Request, list []T, do func(T) (*Outcome, error), name func(*result, T)) error {
	answer := resultsJSON{Results: make([]result, 0, len(list))}
	var revision int64
	for i, one := range list {
		var res result
		name(&res, one)
		if slices.Contains(list[:i], one) {
			continue
		}
		out, err := do(one)
		switch {
		case err != nil && (len(list) == 1 || r.Context().Err() != nil):
			return err
		case err != nil:
			res.Error = h.told(err)
			answer.Failed++
		default:
			out.Claim.Evidence = emptyNotNull(out.Claim.Evidence)
			res.Outcome = out
			revision = max(revision, out.revision)
			answer.Done++
		}
		answer.Results = append(answer.Results, res)
	}
	h.wrote(w, r, revision)
	httpx.JSON(w, http.StatusOK, answer)
	return nil
}

// told is what may be told of an error; what may not is in the log.
func (h *Handler) told(err error) *resultError {
	e := &resultError{Name: errs.KindOf(err).Name(), Message: errs.Sentence(err), Remedy: errs.Remedy(err)}
	if e.Message == "" || errs.Is(err, errs.Internal) {
		h.Log.Error("one of several claims failed", "error", err)
		e.Message = "the portal could not do this; its log says why"
	}
	return e
}

// As the catalog's own writes and reads.
const (
	headerRevision    = "Portico-Revision"
	headerMinRevision = "Portico-Min-Revision"
	revisionWait      = 2 * time.Second
)

// wrote tells the caller the revision of their write, once this replica can show it.
func (h *Handler) wrote(w http.ResponseWriter, r *http.Request, revision int64) {
	if revision == 0 {
		return
	}
	w.Header().Set(headerRevision, strconv.FormatInt(revision, 10))
	ctx, cancel := context.WithTimeout(r.Context(), revisionWait)
	defer cancel()
	if _, err := h.Desk.Index.Wait(ctx, revision); err != nil {
		h.Log.Warn("a write is not visible on this replica within two seconds", "revision", revision)
	}
}

// snapshot is the read model, with what the caller demands to see.
func (h *Handler) snapshot(r *http.Request) (*index.Snapshot, error) {
	text := r.Header.Get(headerMinRevision)
	if text == "" {
		return h.Desk.Index.Snapshot(), nil
	}
	rev, err := strconv.ParseInt(text, 10, 64)
	if err != nil || rev < 0 {
		return nil, errs.New(errs.Invalid, "%s must be a number such as 1234, not %q", headerMinRevision, cut(text, 100))
	}
	ctx, cancel := context.WithTimeout(r.Context(), revisionWait)
	defer cancel()
	return h.Desk.Index.Wait(ctx, rev)
}

func limitOf(q url.Values, def int) (int, error) {
	const most = 200
	text := q.Get("limit")
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errs.New(errs.Invalid, "limit must be a whole number from 1, not %q", cut(text, 100))
	}
	return min(n, most), nil
}

// refParam reads a whole ref, in lower case.
func refParam(field, text string) (string, error) {
	if strings.ContainsRune(text, 0) || text != strings.ToValidUTF8(text, "") {
		return "", errs.New(errs.Invalid, "%s holds bytes that are no text; write component:default/a", field)
	}
	ref, err := entity.ParseRef(text, entity.Ref{})
	if err != nil {
		return "", errs.WithRemedy(errs.New(errs.Invalid, "%s must be a whole reference, not %q", field, cut(text, 100)), "write it as component:default/a, or group:default/a")
	}
	return strings.ToLower(ref.String()), nil
}

// send answers with what is for whoever asked alone.
func send(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	httpx.RawFor(w, r, http.StatusOK, body)
	return nil
}
