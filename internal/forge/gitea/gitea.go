package gitea

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

// Options are one account of a host.
type Options struct {
	// BaseURL is where the pages begin: https://git.example.com. All addresses of repositories are built from it.
	BaseURL string
	// APIBaseURL is where the API begins; BaseURL with /api/v1 where it is "".
	APIBaseURL string
	// Owner is the organisation or the user.
	Owner string
	// Client brings budget and guards, and the credentials where there are none below.
	Client *http.Client
	// Token is sent to the API; with a Username it is the password of that account, or a token in its place.
	Token, Username string
	// WebhookSecrets sign deliveries, any of them: so one can follow another. Without one, no delivery is accepted.
	WebhookSecrets []string
	// Entry is where the operator wrote the credentials, for remedies: "integrations.gitea[0]".
	Entry string
}

// Forge is one account. It is safe for concurrent use.
type Forge struct {
	api   *wire.Client
	base  string
	owner string
	entry string
	// secrets of webhooks.
	secrets []string
	// user is true once the owner has shown to be no organisation.
	user   atomic.Bool
	access accessCache
}

var _ forge.Forge = (*Forge)(nil)

// New returns the account's forge. Nothing is asked yet. Errors: errs.Invalid.
func New(o Options) (*Forge, error) {
	base := strings.TrimRight(o.BaseURL, "/")
	if wire.Address(base) == "" || strings.ContainsAny(base, "?#") {
		return nil, errs.New(errs.Invalid, "baseUrl: %.200q is not the http or https address of a Gitea", base)
	}
	if !wire.IsName(o.Owner) {
		return nil, errs.New(errs.Invalid, "organization: %.200q is not the name of an organisation or a user", o.Owner)
	}
	api := strings.TrimRight(o.APIBaseURL, "/")
	if api == "" {
		api = base + "/api/v1"
	}
	header := http.Header{}
	switch {
	case o.Username != "" && o.Token != "":
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(o.Username+":"+o.Token)))
	case o.Token != "":
		header.Set("Authorization", "token "+o.Token)
	}
	client, err := wire.New(o.Client, api, o.Entry, header)
	if err != nil {
		return nil, err
	}
	return &Forge{access: accessCache{now: time.Now}, api: client, base: base, owner: o.Owner, entry: o.Entry, secrets: slices.DeleteFunc(slices.Clone(o.WebhookSecrets), func(s string) bool { return s == "" })}, nil
}

// user is an account, which may be an organisation's.
type user struct {
	ID            int64  `json:"id"`
	Login         string `json:"login"`
	FullName      string `json:"full_name"`
	Email         string `json:"email"`
	AvatarURL     string `json:"avatar_url"`
	ProhibitLogin bool   `json:"prohibit_login"` // only administrators are told
}

// repository is what lists, single answers and webhooks say of one.
type repository struct {
	ID            int64    `json:"id"`
	Owner         user     `json:"owner"`
	Name          string   `json:"name"`
	Description   string   `json:"description"`
	Empty         bool     `json:"empty"`
	Private       bool     `json:"private"`
	Internal      bool     `json:"internal"`
	Fork          bool     `json:"fork"`
	Archived      bool     `json:"archived"`
	Language      string   `json:"language"`
	DefaultBranch string   `json:"default_branch"`
	UpdatedAt     string   `json:"updated_at"`
	Topics        []string `json:"topics"`
}

const (
	maxDescription = 4000
	maxTopics      = 100
)

// checked turns what the host says into what can be kept. A name that can be none is an error, for no member can give
// one: then the host is not what it should be, and nothing that it says is to be acted on.
func (f *Forge) checked(r *repository) (forge.Repository, error) {
	if r.ID <= 0 || !wire.IsName(r.Name) || !wire.IsName(r.Owner.Login) {
		return forge.Repository{}, errs.WithRemedy(errs.New(errs.Unavailable, "%s named a repository %q with the id %d, which can be none", f.api.Host(),
			wire.Line(r.Owner.Login+"/"+r.Name, 200), r.ID), "check that the address is that of a Gitea or Forgejo")
	}
	name := r.Owner.Login + "/" + r.Name
	out := forge.Repository{
		ID: fmt.Sprint(r.ID), Name: name, URL: f.base + "/" + wire.Escape(name), CloneURL: f.base + "/" + wire.Escape(name) + ".git",
		Description: wire.Text(r.Description, maxDescription), DefaultBranch: wire.Branch(r.DefaultBranch),
		HeadUnknown: !r.Empty, Stamp: wire.Line(r.UpdatedAt, 100), Archived: r.Archived, Fork: r.Fork, Visibility: "public",
	}
	switch {
	case r.Private:
		out.Visibility = "private"
	case r.Internal:
		out.Visibility = "internal"
	}
	if language := wire.Line(r.Language, 100); language != "" {
		out.Languages = []forge.Language{{Name: language}}
	}
	for _, t := range r.Topics[:min(len(r.Topics), maxTopics)] {
		if t = wire.Line(t, 100); t != "" {
			out.Topics = append(out.Topics, t)
		}
	}
	return out, nil
}

// owns reports whether a repository is the account's.
func (f *Forge) owns(r *repository) bool { return strings.EqualFold(r.Owner.Login, f.owner) }

// missing gives an error of a list of the account its sentence.
func (f *Forge) missing(err error) error {
	if !errs.Is(err, errs.NotFound) {
		return err
	}
	entry := f.entry
	if entry == "" {
		entry = "the integration"
	}
	return errs.WithRemedy(errs.Public(errs.NotFound, fmt.Sprintf("%s shows no organisation or user %s", f.api.Host(), f.owner), err),
		fmt.Sprintf("check the name; a private organisation shows itself to its members alone, so the account of %s must be one", entry))
}

// exists asks whether the account is there and may be seen. A private organisation shows itself to its members alone, here
// too.
func (f *Forge) exists(ctx context.Context) error {
	var u user
	_, err := f.api.Get(ctx, "/users/"+f.owner, &u)
	if err != nil {
		return f.missing(err)
	}
	if !strings.EqualFold(u.Login, f.owner) {
		return f.missing(errs.New(errs.NotFound, "%s answered with another account than %s", f.api.Host(), f.owner))
	}
	return nil
}
