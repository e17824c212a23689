package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/config"
	"portico/internal/discovery/crawl"
	"portico/internal/errs"
	"portico/internal/forge/budget"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// forgeOptions are what a room is made of, whatever its kind.
type forgeOptions struct {
	Account             string // organisation or group; "" for all that the credential sees
	BaseURL, APIBaseURL string
	Token               config.Secret
	Username            string // of Gitea, with Token as its password
	Apps                []config.GitHubApp
	App                 int64 // of catalog.providers.github.<id>.app
	PageSize            int   // 0: the room's own
	CatalogPath         string
	GitLab              *config.GitLabProvider
	WebhookSecrets      []config.Secret // any of them signs
	HTTP                *http.Client    // goes through the credential's budget; adds no credential itself
}

// defaultEvery is how often an account is looked at as a whole, as in Backstage's examples.
const defaultEvery = 30 * time.Minute

// account is a provider of the configuration, before its client is made.
type account struct {
	kind, id, key string
	position      config.Position
	host          string
	schedule      *config.Schedule
	filters       crawl.Filters
	o             forgeOptions
}

// accounts are the providers of repositories that the configuration names.
func accounts(cfg *config.Config) (list []account) {
	d := cfg.Catalog.Discovery
	for _, p := range d.GitHub {
		f := crawl.Filters{
			Branch: p.Filters.Branch, Visibility: p.Filters.Visibility, NoForks: !p.Filters.AllowForks, Archived: p.Filters.Archived,
			Topics: p.Filters.TopicFilters.Include, WithoutTopics: p.Filters.TopicFilters.Exclude, CatalogPath: p.CatalogPath,
		}
		if p.Filters.Repository != "" {
			f.Repository = regexp.MustCompile("^(?:" + p.Filters.Repository + ")$") // that it is one was checked when it was read
		}
		list = append(list, account{kind: "github", id: p.ID, key: "catalog.providers.github." + p.ID, position: p.Position, host: p.Host, schedule: p.Schedule, filters: f,
			o: forgeOptions{Account: p.Organization, App: p.App, PageSize: p.PageSizes.Repositories, CatalogPath: plainPath(p.CatalogPath)}})
	}
	for _, p := range d.GitLab {
		f := crawl.Filters{Branch: p.Branch, FallbackBranch: p.FallbackBranch, NoForks: p.SkipForkedRepos, Archived: p.IncludeArchivedRepos,
			Exclude: p.ExcludeRepos, AllTopics: p.TopicList(), CatalogPath: p.EntityFilename, WholeName: true}
		if p.ProjectPattern != "" {
			f.Repository = regexp.MustCompile(p.ProjectPattern)
		}
		list = append(list, account{kind: "gitlab", id: p.ID, key: "catalog.providers.gitlab." + p.ID, position: p.Position, host: p.Host, schedule: p.Schedule, filters: f,
			o: forgeOptions{Account: p.Group, GitLab: &p}})
	}
	for _, p := range d.Gitea {
		list = append(list, account{kind: "gitea", id: p.ID, key: "catalog.providers.gitea." + p.ID, position: p.Position, host: p.Host, schedule: p.Schedule,
			filters: crawl.Filters{Branch: p.Branch, CatalogPath: p.CatalogPath, Archived: true}, o: forgeOptions{Account: p.Organization}})
	}
	return list
}

// plainPath is a path that is no pattern.
func plainPath(p string) string {
	if strings.ContainsAny(p, "*?[{") {
		return ""
	}
	return p
}

// reach completes an account by the integration of its host.
func (c *account) reach(cfg *config.Config) error {
	c.o.BaseURL = "https://" + c.host
	known := false
	switch c.kind {
	case "github":
		if c.host == "github.com" {
			c.o.APIBaseURL, known = "https://api.github.com", true
		}
		for _, in := range cfg.Integrations.GitHub {
			if strings.EqualFold(in.Host, c.host) {
				c.o.APIBaseURL, c.o.Token, c.o.Apps, known = in.APIBaseURL, in.Token, in.Apps, true
				for _, app := range in.Apps {
					if app.WebhookSecret.IsSet() {
						c.o.WebhookSecrets = append(c.o.WebhookSecrets, app.WebhookSecret)
					}
				}
				break
			}
		}
	case "gitlab":
		if c.host == "gitlab.com" {
			c.o.APIBaseURL, known = "https://gitlab.com/api/v4", true
		}
		for _, in := range cfg.Integrations.GitLab {
			if strings.EqualFold(in.Host, c.host) {
				c.o.BaseURL, c.o.APIBaseURL, c.o.Token, known = in.BaseURL, in.APIBaseURL, in.Token, true
				break
			}
		}
	case "gitea":
		for _, in := range cfg.Integrations.Gitea {
			if strings.EqualFold(in.Host, c.host) {
				c.o.BaseURL, c.o.APIBaseURL, c.o.Username, c.o.Token, known = in.BaseURL, in.BaseURL+"/api/v1", in.Username, in.Password, true
				break
			}
		}
	}
	if !known {
		return errs.WithRemedy(errs.New(errs.Invalid, "%s: %s: no integration names the host %s", c.position, c.key, c.host),
			fmt.Sprintf("add it to integrations.%s, with a token that may read the account", c.kind))
	}
	if s := cfg.WebhookSecret(c.kind); s.IsSet() {
		c.o.WebhookSecrets = append(c.o.WebhookSecrets, s)
	}
	return nil
}

// credential is a text that differs where the credential does; it never leaves this process but as a digest.
func (c *account) credential() string {
	text := c.o.Username + "\n" + c.o.Token.Reveal()
	for _, app := range c.o.Apps {
		text += fmt.Sprintf("\napp %d %s", app.AppID, c.o.Account) // an App has a budget for each installation
	}
	return text
}

// next is when an account is looked at again. A schedule that never comes is manual.
func (c *account) next() (func(time.Time) time.Time, error) {
	every := defaultEvery
	if s := c.schedule; s != nil {
		switch {
		case s.Manual:
			return func(time.Time) time.Time { return time.Time{} }, nil
		case s.Cron != "":
			cron, err := crawl.ParseCron(s.Cron)
			if err != nil {
				return nil, errs.WithRemedy(errs.Public(errs.Invalid, fmt.Sprintf("%s: %s.schedule.frequency: %v", c.position, c.key, err), err), "write for example 0 */2 * * *")
			}
			return cron.Next, nil
		}
		every = max(s.Every, time.Minute)
	}
	return func(now time.Time) time.Time { return now.Add(every) }, nil
}

// newCrawler makes the configured accounts sources of the catalog. gitClient may be nil.
func (a *App) newCrawler(gitClient *git.Client, cloneDir string) (*crawl.Crawler, error) {
	cfg := a.o.Config
	a.ledger = &budget.Ledger{DB: a.pool, Log: a.o.Log}
	c := &crawl.Crawler{DB: a.pool, Git: gitClient, CloneDir: cloneDir, Log: a.o.Log}
	for _, acc := range accounts(cfg) {
		if err := acc.reach(cfg); err != nil {
			return nil, err
		}
		next, err := acc.next()
		if err != nil {
			return nil, err
		}
		open := forges[acc.kind]
		if open == nil {
			a.o.Log.Warn("the repositories of an account are not read: this release does not know its kind of host", "at", acc.position.String(), "key", acc.key)
			continue
		}
		digest := budget.Digest(acc.host, acc.credential())
		if acc.o.HTTP, err = a.forgeClient(&acc, digest); err != nil {
			return nil, err
		}
		f, err := open(acc.o)
		if err != nil {
			return nil, errs.WithRemedy(errs.Public(errs.KindOf(err), fmt.Sprintf("%s: %s: %s", acc.position, acc.key, errs.Sentence(err)), err), errs.Remedy(err))
		}
		p := &crawl.Provider{
			ID: acc.kind + ":" + acc.id, Kind: acc.kind, Account: acc.o.Account, BaseURL: acc.o.BaseURL, Forge: f, Filters: acc.filters,
			Next: next, Webhooks: len(acc.o.WebhookSecrets) > 0, Credential: digest,
		}
		if slices.ContainsFunc(c.Providers, func(o *crawl.Provider) bool { return o.Location() == p.Location() }) {
			return nil, errs.New(errs.Invalid, "%s: %s: another provider reads the same account under the same id", acc.position, acc.key)
		}
		c.Providers = append(c.Providers, p)
		if acc.kind == "github" && len(acc.o.Apps) > 0 {
			app, err := acc.o.gitHubApp()
			if err != nil {
				return nil, err
			}
			if app != nil {
				a.appAccounts = append(a.appAccounts, appAccount{acc.host, acc.o.Account, app})
			}
		}
	}
	a.background(a.ledger.Run)
	return c, nil
}

// forgeTimeout is for one request, with the time that it waits for its turn; callTimeout is for it alone, to the end of its
// answer.
const (
	forgeTimeout = 90 * time.Second
	callTimeout  = 30 * time.Second
)

// deadline bounds each request with its answer.
type deadline struct {
	next  http.RoundTripper
	after time.Duration
}

// RoundTrip implements http.RoundTripper.
func (d deadline) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), d.after)
	resp, err := d.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &untilClosed{resp.Body, cancel}
	return resp, nil
}

// untilClosed ends a context when its body is closed.
type untilClosed struct {
	io.ReadCloser
	end context.CancelFunc
}

// Close implements io.Closer.
func (b *untilClosed) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

// forgeClient reaches the API of one host and nothing else.
func (a *App) forgeClient(acc *account, digest string) (*http.Client, error) {
	u, err := url.Parse(acc.o.APIBaseURL)
	if err != nil {
		return nil, errs.Public(errs.Invalid, acc.key+": the API's address cannot be read", err)
	}
	rule := outbound.Rule{Host: u.Host, HTTP: u.Scheme == "http", AllowPrivate: isPrivate(a.o.Config.Portico.Reading.AllowPrivateHosts, acc.host), Name: "integrations." + acc.kind}
	client, err := outbound.New(outbound.Options{Allow: []outbound.Rule{rule}, UserAgent: "portico/" + a.o.Version, MaxBody: 64 << 20})
	if err != nil {
		return nil, err
	}
	a.cleanup(func(context.Context) { client.Close() })
	h := client.HTTP()
	h.Transport, h.Timeout = a.ledger.Budget(acc.host, digest, deadline{h.Transport, callTimeout}), forgeTimeout
	return h, nil
}

// providerSources declares the accounts as sources. What they yield may be of any kind that files of the configuration may be.
func providerSources(list crawl.Providers) (declared []catalog.Declared) {
	for _, p := range list {
		declared = append(declared, catalog.Declared{Location: p.Location(), Rules: []catalog.Rule{{Kind: "System"}, {Kind: "Resource"}}})
	}
	return declared
}

// nextReading says when a provider is read again; ok is false where that is left to the catalog.
func (a *App) nextReading(loc catalog.Location) (at time.Time, ok bool) {
	for _, p := range a.crawler.Providers {
		if p.Location() == loc && p.Next != nil {
			return p.Next(time.Now()), true
		}
	}
	for _, o := range a.organizations {
		if o.loc == loc {
			return o.next(time.Now()), true
		}
	}
	return time.Time{}, false
}
