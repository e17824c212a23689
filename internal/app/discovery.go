package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog/index"
	"portico/internal/config"
	"portico/internal/discovery"
	"portico/internal/discovery/commits"
	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// newReader builds what reads locations: the Git hosts, the hosts that may be read besides, and the
// local files that the operator named.
func (a *App) newReader() (*discovery.Reader, error) {
	cfg := a.o.Config
	private := cfg.Portico.Reading.AllowPrivateHosts
	integrations := integrationsOf(cfg.Integrations, private)
	rules, err := discovery.Rules(integrations)
	if err != nil {
		return nil, err
	}
	for i, allow := range cfg.Backend.Reading.Allow {
		rules = append(rules, outbound.Rule{
			Host: allow.Host, PathPrefixes: allow.Paths, AllowPrivate: isPrivate(private, allow.Host), Name: fmt.Sprintf("backend.reading.allow[%d]", i),
		})
	}
	client, err := outbound.New(outbound.Options{Allow: rules, UserAgent: "portico/" + a.o.Version})
	if err != nil {
		return nil, err
	}
	dir, err := a.cloneDir()
	if err != nil {
		return nil, err
	}
	o := discovery.Options{Outbound: client, Integrations: integrations, CacheDir: dir, Log: a.o.Log}
	gitClient, err := git.New(git.Options{Outbound: client, Credentials: discovery.Credentials(integrations), Ask: a.appCredentials})
	if err != nil {
		a.o.Log.Warn("locations of type git cannot be read", "error", err)
	} else {
		o.Git = gitClient
		a.cleanup(func(context.Context) { _ = gitClient.Close() })
	}
	declared, _, err := configSources(cfg)
	if err != nil {
		return nil, err
	}
	for _, d := range declared {
		if d.Location.Type == "file" || d.Location.Type == "folder" {
			o.Local = append(o.Local, d.Location.Target)
		}
	}
	for _, p := range a.o.Trial {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		o.Local = append(o.Local, abs)
	}
	if a.crawler, err = a.newCrawler(gitClient, filepath.Join(dir, "git")); err != nil {
		return nil, err
	}
	a.crawler.Changed = a.changed
	a.crawler.People = func() (commits.People, bool) {
		snap := a.index.Snapshot()
		filter, err := index.ParsePredicate([]byte(`{"kind":"user"}`))
		if err != nil {
			return commits.People{}, false
		}
		some, _, err := snap.List(index.Filters{Filter: filter}, nil, 0, 1, nil)
		return commits.PeopleOf(snap), err == nil && len(some) > 0
	}
	if o.Organizations, err = a.newOrganizations(); err != nil {
		return nil, err
	}
	r, err := discovery.New(o)
	if err != nil {
		return nil, err
	}
	a.crawler.Elsewhere = r.ReadRelative
	a.background(func(ctx context.Context) {
		for {
			if err := r.PruneClones(time.Now()); err != nil {
				a.o.Log.Warn("old clones could not be removed", "folder", dir, "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(24 * time.Hour):
			}
		}
	})
	return r, nil
}

// newPaths is the reader of paths that somebody registers: below the folders of the configuration, and those that are tried.
func (a *App) newPaths(r *discovery.Reader) (*discovery.Reader, error) {
	var dirs []string
	for i, p := range a.o.Config.Portico.Catalog.RegisterPaths {
		dir, err := besideConfig(p.Path, p.Position)
		if err != nil {
			return nil, err
		}
		where, err := filepath.EvalSymlinks(dir)
		if err != nil {
			where = dir
			a.o.Log.Warn("a folder below which paths may be registered is not there", "at", p.Position.String(), "key", "portico.catalog.registerPaths", "folder", dir)
		}
		if _, err := r.Below([]string{dir, where}, nil); err != nil {
			return nil, errs.WithRemedy(errs.Public(errs.Invalid, fmt.Sprintf("%s: portico.catalog.registerPaths[%d]: %s", p.Position, i, errs.Sentence(err)), err), errs.Remedy(err))
		}
		dirs = append(dirs, dir)
	}
	for _, p := range a.o.Trial {
		dir, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		if _, err := r.Below([]string{dir}, nil); err == nil { // else it is shown, and no more
			dirs = append(dirs, dir)
		}
	}
	return r.Below(dirs, errs.WithRemedy(errs.New(errs.Forbidden, "it was registered, and is outside the folders of portico.catalog.registerPaths by now"),
		"add its folder there, or unregister it"))
}

// cloneDir is where clones are kept: in the directory of the private database, else for this process only.
// They can be fetched again at any time.
func (a *App) cloneDir() (string, error) {
	if a.o.PrivatePostgres != "" {
		return a.o.PrivatePostgres, nil
	}
	dir, err := os.MkdirTemp("", "portico-git-")
	if err != nil {
		return "", errs.WithRemedy(errs.Public(errs.Unavailable, "no folder for clones can be made in "+os.TempDir(), err), "set TMPDIR to a folder that the portal may write")
	}
	a.cleanup(func(context.Context) { _ = os.RemoveAll(dir) })
	return dir, nil
}

func isPrivate(list []string, host string) bool {
	return slices.ContainsFunc(list, func(h string) bool { return strings.EqualFold(h, host) })
}

// integrationsOf translates the configuration. github.com and gitlab.com can be read without being
// configured, as in Backstage.
func integrationsOf(c config.Integrations, private []string) []discovery.Integration {
	var out []discovery.Integration
	add := func(in discovery.Integration) {
		in.AllowPrivate = isPrivate(private, in.Host)
		out = append(out, in)
	}
	for i, g := range c.GitHub {
		add(discovery.Integration{Kind: "github", Host: g.Host, APIBaseURL: g.APIBaseURL, RawBaseURL: g.RawBaseURL, Token: g.Token.Reveal(), Name: fmt.Sprintf("integrations.github[%d]", i)})
	}
	for i, g := range c.GitLab {
		add(discovery.Integration{Kind: "gitlab", Host: g.Host, BaseURL: g.BaseURL, APIBaseURL: g.APIBaseURL, Token: g.Token.Reveal(), Name: fmt.Sprintf("integrations.gitlab[%d]", i)})
	}
	for i, g := range c.Gitea {
		add(discovery.Integration{Kind: "gitea", Host: g.Host, BaseURL: g.BaseURL, Username: g.Username, Password: g.Password.Reveal(), Name: fmt.Sprintf("integrations.gitea[%d]", i)})
	}
	for kind, host := range map[string]string{"github": "github.com", "gitlab": "gitlab.com"} {
		if !slices.ContainsFunc(out, func(in discovery.Integration) bool { return in.Host == host }) {
			add(discovery.Integration{Kind: kind, Host: host, Name: "integrations." + kind})
		}
	}
	return out
}
