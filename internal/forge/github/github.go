package github

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"portico/internal/errs"
	"portico/internal/forge"
)

// Options say which account of which host a Forge is.
type Options struct {
	// BaseURL is where pages and clones begin; https://github.com when empty.
	BaseURL string
	// APIBaseURL is where REST begins: https://api.github.com for github.com, https://HOST/api/v3 on Enterprise Server. Where
	// GraphQL is follows from it.
	APIBaseURL string
	// Organization is the login of an organisation or of a personal account.
	Organization string
	// Token, or App, signs the requests. Without either, the client does.
	Token string
	App   *App
	// CatalogPath is the descriptor that is read with a page; a pattern is not, and "" is /catalog-info.yaml.
	CatalogPath string
	// Client sends the requests. It must follow no redirect, and leave an Authorization that a request has as it is.
	Client *http.Client
	// WebhookSecrets are those that a delivery may be signed with: two while one is exchanged for the other. Without any,
	// no delivery is accepted.
	WebhookSecrets []string
	// PageSize is the number of repositories asked for at once, at most 100; 50 when 0. GitHub gives up on what takes it
	// longer than 10 seconds; pages are then smaller for a while.
	PageSize int
	// Suspended asks who is suspended, which only an Enterprise Server can say.
	Suspended bool
	// Timeout bounds one request with its body, and with the time that the client holds it back; 30 seconds when 0.
	Timeout time.Duration
	// Observe is told what each GraphQL query cost; may be nil.
	Observe func(Cost)
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Cost is what GitHub says a query cost, and what is left of the quota.
type Cost struct {
	Cost, Limit, Remaining int
	ResetAt                time.Time
}

// Forge is one account. It is a [forge.Forge].
type Forge struct {
	everybody bool // events of all accounts are ours: see Installed
	o         Options
	api       api
	secrets   [][]byte
	size      atomic.Int64 // of the next page
	good      atomic.Int64 // pages in a row that came at a smaller size
	bare      atomic.Bool  // people are asked for without their addresses: the credential may not see them
}

var _ forge.Forge = (*Forge)(nil)

const (
	maxPages     = 5000 // of teams and people together
	maxPageSize  = 100  // GitHub's
	defaultSize  = 50
	defaultLimit = 30 * time.Second
)

var loginPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// New returns the account of o. Errors: errs.Invalid where o cannot work.
func New(o Options) (*Forge, error) {
	o.Now = now(o.Now)
	o.CatalogPath = strings.TrimPrefix(cmp.Or(o.CatalogPath, "/catalog-info.yaml"), "/")
	if o.PageSize <= 0 {
		o.PageSize = defaultSize
	}
	o.PageSize = min(o.PageSize, maxPageSize)
	if !loginPattern.MatchString(o.Organization) {
		return nil, errs.New(errs.Invalid, "organization: %q is not the login of an organisation or person at GitHub", shown(o.Organization))
	}
	api, err := newAPI(o.BaseURL, o.APIBaseURL, o.Client, o.Timeout, o.Now)
	if err != nil {
		return nil, err
	}
	o.BaseURL = api.pages
	f := &Forge{o: o, api: api}
	for _, s := range o.WebhookSecrets {
		if s != "" {
			f.secrets = append(f.secrets, []byte(s))
		}
	}
	f.size.Store(int64(o.PageSize))
	return f, nil
}

func now(f func() time.Time) func() time.Time {
	if f == nil {
		return time.Now
	}
	return f
}

// endpoints returns where pages, REST and GraphQL begin, each without a slash at its end.
func endpoints(base, apiBase string) (pages, rest, graphql string, err error) {
	pages = strings.TrimRight(cmp.Or(base, "https://github.com"), "/")
	rest = strings.TrimRight(apiBase, "/")
	if rest == "" {
		rest = pages + "/api/v3"
		if u, err := url.Parse(pages); err == nil && strings.EqualFold(u.Host, "github.com") {
			rest = "https://api.github.com"
		}
	}
	for _, raw := range []string{pages, rest} {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
			return "", "", "", errs.New(errs.Invalid, "GitHub's address must be an http or https URL without user and query, as in https://ghe.example.com/api/v3")
		}
	}
	if host, ok := strings.CutSuffix(rest, "/api/v3"); ok {
		return pages, rest, host + "/api/graphql", nil
	}
	return pages, rest, rest + "/graphql", nil
}

// shown is a text from outside as it may stand in a message: short, on one line.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}
