package app

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/git"
	"portico/internal/forge/gitea"
	"portico/internal/forge/github"
	"portico/internal/forge/gitlab"
)

// forges make the client of an account, by the kind of its host. The next kind is one more line. A kind that is not here is
// told of and not read.
var forges = map[string]func(forgeOptions) (forge.Forge, error){
	"github": openGitHub,
	"gitlab": openGitLab,
	"gitea":  openGitea,
}

func openGitHub(o forgeOptions) (forge.Forge, error) {
	opts := github.Options{
		BaseURL: o.BaseURL, APIBaseURL: o.APIBaseURL, Organization: o.Account, CatalogPath: o.CatalogPath, Client: o.HTTP,
		WebhookSecrets: revealed(o.WebhookSecrets), PageSize: o.PageSize, Timeout: forgeTimeout, Suspended: o.BaseURL != "https://github.com",
	}
	app, err := o.gitHubApp()
	switch {
	case err != nil:
		return nil, err
	case app == nil && o.Account == "":
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "organization is missing"), "name the organisation or the account whose repositories are read")
	case app != nil && o.Account == "":
		return github.Installed(app, opts)
	case app != nil:
		opts.App = app
	default:
		opts.Token = o.Token.Reveal()
	}
	return github.New(opts)
}

// gitHubApp is the App that the account is read by; nil where a token does that.
func (o *forgeOptions) gitHubApp() (*github.App, error) {
	for i, app := range o.Apps {
		admits := len(app.AllowedInstallationOwners) == 0 || slices.ContainsFunc(app.AllowedInstallationOwners, func(n string) bool { return strings.EqualFold(n, o.Account) })
		if o.App != 0 && app.AppID != o.App || o.App == 0 && !admits {
			continue
		}
		return github.NewApp(github.AppOptions{
			AppID: app.AppID, PrivateKey: []byte(app.PrivateKey.Reveal()), BaseURL: o.BaseURL, APIBaseURL: o.APIBaseURL, Client: o.HTTP, Timeout: forgeTimeout,
			AllowedInstallationOwners: app.AllowedInstallationOwners, Name: fmt.Sprintf("integrations.github.apps[%d]", i),
		})
	}
	if o.App != 0 {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "app: no App %d is configured for the host", o.App), "add it to integrations.github[].apps, with its privateKey")
	}
	return nil, nil
}

func openGitLab(o forgeOptions) (forge.Forge, error) {
	opts := gitlab.Options{BaseURL: o.BaseURL, APIBaseURL: o.APIBaseURL, Group: o.Account, Client: o.HTTP, Token: o.Token.Reveal(), WebhookTokens: revealed(o.WebhookSecrets), Entry: "integrations.gitlab"}
	if o.GitLab != nil {
		opts.Membership = o.GitLab.Membership
	}
	return gitlab.New(opts)
}

func openGitea(o forgeOptions) (forge.Forge, error) {
	return gitea.New(gitea.Options{
		BaseURL: o.BaseURL, APIBaseURL: o.APIBaseURL, Owner: o.Account, Client: o.HTTP, Token: o.Token.Reveal(), Username: o.Username,
		WebhookSecrets: revealed(o.WebhookSecrets), Entry: "integrations.gitea",
	})
}

func revealed(list []config.Secret) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.Reveal()
	}
	return out
}

// appCredentials are what git is given where an App reads an account: a token of the installation, which lasts an hour.
func (a *App) appCredentials(ctx context.Context, u *url.URL) (*git.Credential, error) {
	owner, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	for _, acc := range a.appAccounts {
		if !strings.EqualFold(u.Host, acc.host) || acc.account != "" && !strings.EqualFold(owner, acc.account) {
			continue
		}
		token, err := acc.app.Token(ctx, owner)
		if acc.account == "" && (errs.Is(err, errs.Forbidden) || errs.Is(err, errs.NotFound)) {
			continue // it is not installed there; a token may do, or nobody is asked for one
		}
		if err != nil {
			return nil, err
		}
		return &git.Credential{Host: u.Host, Username: "x-access-token", Password: token}, nil
	}
	return nil, nil
}

// appAccount is an account that an App reads.
type appAccount struct {
	host, account string
	app           *github.App
}
