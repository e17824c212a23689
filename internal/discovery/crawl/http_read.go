package crawl

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
)

// providerJSON is a provider as the API shows it.
type providerJSON struct {
	ID          string          `json:"id"`
	Kind        string          `json:"kind"`
	Account     string          `json:"account"`
	URL         string          `json:"url"`
	Source      string          `json:"source"` // its id among the catalog's sources
	Webhook     string          `json:"webhook"`
	Signed      bool            `json:"signed"` // whether deliveries can be verified
	Counts      countsJSON      `json:"repositories"`
	LeftOut     []reasonJSON    `json:"leftOut"`
	Running     *passJSON       `json:"running"`
	LastWhole   *passJSON       `json:"lastWhole"`
	LastFailure *failureJSON    `json:"lastFailure"`
	Budgets     []budgetJSON    `json:"budgets"`
	Spent       []spentJSON     `json:"spent"` // in the last 24 hours
	Waiting     int             `json:"deliveriesWaiting"`
	Deliveries  []deliveredJSON `json:"deliveries"` // the last 10
}

type countsJSON struct {
	Listed  int `json:"listed"`
	Read    int `json:"read"`
	Waiting int `json:"waiting"`
	LeftOut int `json:"leftOut"`
	Failed  int `json:"failed"`
}

type reasonJSON struct {
	Why   string `json:"why"`
	Count int    `json:"count"`
}

type passJSON struct {
	StartedAt  time.Time  `json:"startedAt"`
	FinishedAt *time.Time `json:"finishedAt"`
	Pages      int        `json:"pages"`
	Listed     int        `json:"listed"`
	Total      int        `json:"total"` // -1: the host does not say
	Read       int        `json:"read"`
	ToRead     int        `json:"toRead"` // of a running one: repositories that are still to be read
	Requests   int        `json:"requests"`
}

type failureJSON struct {
	At    time.Time `json:"at"`
	Error string    `json:"error"`
}

type budgetJSON struct {
	Resource  string     `json:"resource"`
	Quota     int        `json:"quota"`
	Remaining int        `json:"remaining"`
	ResetsAt  *time.Time `json:"resetsAt"`
	RetryAt   *time.Time `json:"retryAt"`
	SeenAt    time.Time  `json:"seenAt"`
	PerHour   int        `json:"perHour"` // what was spent in the last 60 minutes, by all sources of the credential
	Enough    bool       `json:"enough"`  // what is left lasts until the reset, if it goes on like that
}

type spentJSON struct {
	Purpose  string `json:"purpose"`
	Requests int    `json:"requests"`
	Points   int    `json:"points"`
}

type deliveredJSON struct {
	Event      string     `json:"event"`
	Repository string     `json:"repository"`
	ReceivedAt time.Time  `json:"receivedAt"`
	DoneAt     *time.Time `json:"doneAt"`
	Error      string     `json:"error"`
}

func (h *Handler) getProviders(w http.ResponseWriter, r *http.Request) error {
	if err := h.seesAll(r.Context()); err != nil {
		return err
	}
	items := []*providerJSON{}
	for _, p := range h.providers() {
		item, err := h.provider(r.Context(), p)
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": items})
	return nil
}

// runsFor is how long a pass that says nothing counts as running.
const runsFor = 3 * time.Minute

// provider gathers what is known of one.
func (h *Handler) provider(ctx context.Context, p *Provider) (_ *providerJSON, err error) {
	defer errs.Wrap(&err, "crawl: state of %s", p.ID)
	out := &providerJSON{ID: p.ID, Kind: p.Kind, Account: p.Account, URL: strings.TrimSuffix(p.BaseURL+"/"+p.Account, "/"), Signed: p.Webhooks,
		Webhook: "/api/portico/webhooks/" + url.PathEscape(p.ID)}
	if out.Source, err = h.Source(ctx, p.Location()); err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	db := h.Crawler.DB
	err = db.QueryRow(ctx, `
		SELECT count(*), count(*) FILTER (WHERE left_out = '' AND read_at IS NOT NULL AND error = ''), count(*) FILTER (WHERE left_out = '' AND wants <> read_head AND error = ''),
		       count(*) FILTER (WHERE left_out <> ''), count(*) FILTER (WHERE left_out = '' AND error <> '')
		FROM forge_repositories WHERE provider = $1`, p.ID).
		Scan(&out.Counts.Listed, &out.Counts.Read, &out.Counts.Waiting, &out.Counts.LeftOut, &out.Counts.Failed)
	if err != nil {
		return nil, err
	}
	if out.LeftOut, err = pg.Collect(ctx, db, pgx.RowToStructByPos[reasonJSON], `
		SELECT left_out, count(*)::int FROM forge_repositories WHERE provider = $1 AND left_out <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20`, p.ID); err != nil {
		return nil, err
	}
	pass := func(where string, args ...any) (*passJSON, error) {
		list, err := pg.Collect(ctx, db, pgx.RowToStructByPos[passJSON], `
			SELECT started_at, finished_at, pages, listed, total, read,
			       CASE WHEN finished_at IS NULL THEN (SELECT count(*)::int FROM forge_repositories AS r
			         WHERE r.provider = c.provider AND r.seen_crawl = c.id AND r.left_out = '' AND r.wants <> r.read_head) ELSE 0 END, requests
			FROM forge_crawls AS c WHERE provider = $1 AND `+where+` ORDER BY id DESC LIMIT 1`, append([]any{p.ID}, args...)...)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return &list[0], nil
	}
	if out.Running, err = pass(`finished_at IS NULL AND error = '' AND touched_at > now() - make_interval(secs => $2)`, runsFor.Seconds()); err != nil {
		return nil, err
	}
	if out.LastWhole, err = pass(`whole`); err != nil {
		return nil, err
	}
	failures, err := pg.Collect(ctx, db, pgx.RowToStructByPos[failureJSON], `
		SELECT coalesce(finished_at, touched_at), error FROM forge_crawls
		WHERE provider = $1 AND error <> '' AND id > coalesce((SELECT max(id) FROM forge_crawls WHERE provider = $1 AND whole), 0) ORDER BY id DESC LIMIT 1`, p.ID)
	if err != nil {
		return nil, err
	}
	if len(failures) > 0 {
		out.LastFailure = &failures[0]
	}
	if err := h.budgets(ctx, p, out); err != nil {
		return nil, err
	}
	if err := db.QueryRow(ctx, `SELECT count(*) FROM forge_deliveries WHERE provider = $1 AND done_at IS NULL`, p.ID).Scan(&out.Waiting); err != nil {
		return nil, err
	}
	out.Deliveries, err = pg.Collect(ctx, db, pgx.RowToStructByPos[deliveredJSON], `
		SELECT event, coalesce(nullif(d.repository, ''), r.name, ''), received_at, done_at, d.error
		FROM forge_deliveries AS d LEFT JOIN forge_repositories AS r ON r.provider = d.provider AND r.repo_id = d.repo_id AND d.repo_id <> ''
		WHERE d.provider = $1 ORDER BY d.id DESC LIMIT 10`, p.ID)
	return out, err
}

// budgets says what is left of the credential's limits, and what the provider spent.
func (h *Handler) budgets(ctx context.Context, p *Provider, out *providerJSON) (err error) {
	out.Budgets, err = pg.Collect(ctx, h.Crawler.DB, func(row pgx.CollectableRow) (b budgetJSON, err error) {
		return b, row.Scan(&b.Resource, &b.Quota, &b.Remaining, &b.ResetsAt, &b.RetryAt, &b.SeenAt, &b.PerHour)
	}, `
		SELECT resource, quota, CASE WHEN resets_at <= now() THEN quota ELSE remaining END, resets_at, CASE WHEN retry_at > now() THEN retry_at END, seen_at,
		       coalesce((SELECT sum(points * CASE WHEN hour >= date_trunc('hour', now(), 'UTC') THEN 1
		                        ELSE 1 - extract(epoch FROM now() - date_trunc('hour', now(), 'UTC')) / 3600 END)::int
		                 FROM forge_spending AS s WHERE s.credential = b.credential AND s.resource = b.resource AND hour >= date_trunc('hour', now(), 'UTC') - interval '1 hour'), 0)
		FROM forge_budgets AS b WHERE credential = $1 AND credential <> '' ORDER BY resource`, p.Credential)
	if err != nil {
		return err
	}
	now := time.Now()
	for i := range out.Budgets {
		b := &out.Budgets[i]
		b.Enough = b.Quota == 0 || b.ResetsAt == nil || !b.ResetsAt.After(now) || float64(b.PerHour)*b.ResetsAt.Sub(now).Hours() <= float64(b.Remaining)
	}
	out.Spent, err = pg.Collect(ctx, h.Crawler.DB, pgx.RowToStructByPos[spentJSON], `
		SELECT purpose, sum(requests)::int, sum(points)::int FROM forge_spending
		WHERE provider = $1 AND hour > now() - interval '24 hours' GROUP BY 1 ORDER BY 2 DESC, 1`, p.ID)
	return err
}

// repositoryJSON is a repository as the API shows it.
type repositoryJSON struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	URL           string     `json:"url"`
	Entity        string     `json:"entityName"`
	Description   string     `json:"description"`
	DefaultBranch string     `json:"defaultBranch"`
	Archived      bool       `json:"archived"`
	Fork          bool       `json:"fork"`
	Visibility    string     `json:"visibility"`
	Topics        []string   `json:"topics"`
	PushedAt      *time.Time `json:"pushedAt"`
	State         string     `json:"state"` // read, waiting, leftOut, failed
	Why           string     `json:"why"`   // it is left out, or could not be read
	ReadAt        *time.Time `json:"readAt"`
	Declared      bool       `json:"declared"` // it has a descriptor
}

const repositoryState = `CASE WHEN left_out <> '' THEN 'leftOut' WHEN error <> '' THEN 'failed' WHEN wants <> read_head THEN 'waiting' ELSE 'read' END`

const (
	pageOf     = 50
	mostOfPage = 200
)

func (h *Handler) getRepositories(w http.ResponseWriter, r *http.Request) error {
	if err := h.seesAll(r.Context()); err != nil {
		return err
	}
	p, err := h.providers().byID(r.PathValue("provider"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	switch state := q.Get("state"); state {
	case "", "read", "waiting", "leftOut", "failed":
	default:
		return errs.New(errs.Invalid, "state must be read, waiting, leftOut or failed, not %.80q", state)
	}
	for _, name := range []string{"q", "cursor"} {
		if s := q.Get(name); len(s) > 2000 || !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
			return errs.New(errs.Invalid, "%s is no text that can be looked for", name)
		}
	}
	limit := pageOf
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return errs.New(errs.Invalid, "limit must be a whole number from 1, not %.80q", s)
		}
		limit = min(n, mostOfPage)
	}
	after, err := readCursor(q.Get("cursor"))
	if err != nil {
		return err
	}
	const where = ` WHERE provider = $1 AND ($2 = '' OR ` + repositoryState + ` = $2) AND ($3 = '' OR strpos(lower(name), lower($3)) > 0)`
	items, err := pg.Collect(r.Context(), h.Crawler.DB, pgx.RowToStructByPos[repositoryJSON], `
		SELECT repo_id, name, url, entity_name, description, default_branch, archived, fork, visibility, topics, pushed_at, `+repositoryState+`,
		       CASE WHEN left_out <> '' THEN left_out ELSE error END, read_at, EXISTS (SELECT FROM unnest(units) AS u WHERE u LIKE 'url:%')
		FROM forge_repositories`+where+` AND (lower(name), repo_id) > ($4, $5)
		ORDER BY lower(name), repo_id LIMIT $6`, p.ID, q.Get("state"), q.Get("q"), after[0], after[1], limit+1)
	if err != nil {
		return err
	}
	var total int
	if err := h.Crawler.DB.QueryRow(r.Context(), `SELECT count(*) FROM forge_repositories`+where, p.ID, q.Get("state"), q.Get("q")).Scan(&total); err != nil {
		return err
	}
	answer := map[string]any{"items": items, "total": total}
	if len(items) > limit {
		last := items[limit-1]
		answer["items"], answer["nextCursor"] = items[:limit], writeCursor(strings.ToLower(last.Name), last.ID)
	}
	httpx.JSON(w, http.StatusOK, answer)
	return nil
}

func writeCursor(name, id string) string {
	b, err := json.Marshal([2]string{name, id})
	if err != nil {
		panic(err) // two texts
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(s string) (at [2]string, err error) {
	if s == "" {
		return at, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil || strings.ContainsRune(at[0]+at[1], 0) {
		return at, errs.New(errs.Invalid, "cursor is not one that a page of this list ended with")
	}
	return at, nil
}
