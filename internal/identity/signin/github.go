package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// GitHub is github.com or an Enterprise Server, where people sign in by the web flow of an OAuth app. Its fields do not
// change once it is in use.
type GitHub struct {
	URL          string // "https://github.com", or that of an Enterprise Server, without a slash at the end
	ClientID     string
	ClientSecret string
	CallbackURL  string
	Scopes       []string // beside those that are needed
	// Who is a member of one of the organisations, or of one of the teams ("organisation/team"), is let in; without any,
	// whoever GitHub knows.
	Organizations, Teams []string
	// Private lets the hosts that it names be inside the operator's network.
	Private func(host string) bool
	// Setting is where the operator wrote it, for what is logged.
	Setting string

	within time.Duration // for an answer; answerWithin when 0
	once   sync.Once
	client *outbound.Client
	err    error
}

const (
	githubPage  = 100 // the most that GitHub puts on one
	githubPages = 50  // somebody in more organisations or teams is not looked for further
)

func (p *GitHub) callback() string { return p.CallbackURL }

func (p *GitHub) restricted() bool { return len(p.Organizations)+len(p.Teams) > 0 }

func (p *GitHub) authorize(_ context.Context, f flow) (string, error) {
	scopes := []string{"read:user", "user:email"}
	if p.restricted() {
		scopes = append(scopes, "read:org")
	}
	c := oauth2.Config{
		ClientID: p.ClientID, RedirectURL: p.CallbackURL, Scopes: append(scopes, p.Scopes...),
		Endpoint: oauth2.Endpoint{AuthURL: p.URL + "/login/oauth/authorize"},
	}
	return c.AuthCodeURL(f.state, oauth2.S256ChallengeOption(f.verifier())), nil
}

// api is where GitHub's REST API is.
func (p *GitHub) api() string {
	u, err := url.Parse(p.URL)
	if err != nil {
		return p.URL // no client is made for it
	}
	switch {
	case u.Host == "github.com":
		return "https://api.github.com"
	case strings.HasSuffix(u.Host, ".ghe.com"): // Enterprise Cloud with data residency
		return "https://api." + u.Host
	}
	return p.URL + "/api/v3"
}

func (p *GitHub) redeem(r *http.Request, f flow) (Person, error) {
	ctx, q := r.Context(), r.URL.Query()
	if iss := q.Get("iss"); iss != "" && iss != p.URL && iss != p.URL+"/login/oauth" {
		return Person{}, failed(codeRefused, "the answer names the issuer %q, not %q", iss, p.URL)
	}
	token, err := p.exchange(ctx, q.Get("code"), f.verifier())
	if err != nil {
		return Person{}, err
	}
	ask := asker{p, token}
	var user struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
		Name  string `json:"name"`
		Type  string `json:"type"`
		Image string `json:"avatar_url"`
	}
	if err := ask.get(ctx, "/user", &user); err != nil {
		return Person{}, err
	}
	if user.ID <= 0 || user.Login == "" || user.Type != "User" {
		return Person{}, failed(codeRefused, "GitHub speaks of no person: id %d, login %q, type %q", user.ID, user.Login, user.Type)
	}
	if err := p.admit(ctx, ask); err != nil {
		return Person{}, err
	}
	id := strconv.FormatInt(user.ID, 10)
	person := Person{Issuer: p.URL, Subject: id, ID: id, Username: user.Login, Name: user.Name, Picture: user.Image}
	if person.Email, person.Unverified, err = ask.address(ctx); err != nil {
		return Person{}, err
	}
	return person, nil
}

// exchange redeems the code for a token. GitHub answers a wrong code with status 200 and an error.
func (p *GitHub) exchange(ctx context.Context, code, verifier string) (string, error) {
	form := url.Values{
		"client_id": {p.ClientID}, "client_secret": {p.ClientSecret}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {p.CallbackURL},
	}
	var said struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
		Error string `json:"error"`
	}
	err := p.do(ctx, outbound.Request{
		Method: http.MethodPost, URL: p.URL + "/login/oauth/access_token", Body: []byte(form.Encode()),
		Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/x-www-form-urlencoded"}},
	}, &said)
	switch {
	case err != nil:
		return "", err
	case said.Error != "":
		return "", failed(codeRefused, "GitHub does not redeem the code: %q", said.Error)
	case said.Token == "" || !strings.EqualFold(said.Type, "bearer"):
		return "", failed(codeRefused, "GitHub sent no bearer token, but one of type %q", said.Type)
	}
	return said.Token, nil
}

// admit lets members of the organisations and teams in.
func (p *GitHub) admit(ctx context.Context, ask asker) error {
	if !p.restricted() {
		return nil
	}
	if len(p.Organizations) > 0 {
		type membership struct {
			State        string `json:"state"`
			Organization struct {
				Login string `json:"login"`
			} `json:"organization"`
		}
		found, err := anyOf(ctx, ask, "/user/memberships/orgs?state=active", func(m membership) bool {
			return m.State == "active" && among(p.Organizations, m.Organization.Login)
		})
		if found || err != nil {
			return err
		}
	}
	if len(p.Teams) > 0 {
		type team struct {
			Slug         string `json:"slug"`
			Organization struct {
				Login string `json:"login"`
			} `json:"organization"`
		}
		found, err := anyOf(ctx, ask, "/user/teams?", func(t team) bool { return among(p.Teams, t.Organization.Login+"/"+t.Slug) })
		if found || err != nil {
			return err
		}
	}
	return failed(codeDenied, "who signed in at GitHub is no member of %s", strings.Join(append(slices.Clone(p.Organizations), p.Teams...), ", "))
}

func among(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// anyOf looks for an item of a list, page by page. It counts the pages itself: what the answers link to is not followed.
func anyOf[T any](ctx context.Context, ask asker, path string, is func(T) bool) (bool, error) {
	for page := 1; page <= githubPages; page++ {
		var items []T
		if err := ask.get(ctx, fmt.Sprintf("%s&per_page=%d&page=%d", path, githubPage, page), &items); err != nil {
			return false, err
		}
		if slices.ContainsFunc(items, is) {
			return true, nil
		}
		if len(items) < githubPage {
			return false, nil
		}
	}
	return false, nil
}

// asker asks the API in the name of who signed in.
type asker struct {
	p     *GitHub
	token string
}

func (a asker) get(ctx context.Context, path string, into any) error {
	return a.p.do(ctx, outbound.Request{URL: a.p.api() + path, Header: http.Header{
		"Accept": {"application/vnd.github+json"}, "Authorization": {"Bearer " + a.token}, "X-Github-Api-Version": {"2022-11-28"},
	}}, into)
}

// address returns the primary address, by whether it is verified.
func (a asker) address(ctx context.Context) (email, unverified string, err error) {
	type entry struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	_, err = anyOf(ctx, a, "/user/emails?", func(e entry) bool {
		switch {
		case e.Primary && e.Verified:
			email = e.Email
		case e.Primary:
			unverified = e.Email
		}
		return e.Primary
	})
	return email, unverified, err
}

// do makes a request and reads the JSON of the answer.
func (p *GitHub) do(ctx context.Context, req outbound.Request, into any) error {
	p.once.Do(func() {
		within := p.within
		if within == 0 {
			within = answerWithin
		}
		p.client, p.err = reach([]string{p.URL, p.api()}, p.Private, p.Setting, within)
	})
	if p.err != nil {
		return failedFor(codeProvider, p.err)
	}
	resp, err := p.client.Do(ctx, req)
	if err != nil {
		return failedFor(codeProvider, err)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/json" {
		return failed(codeProvider, "%s answers with %q, not with JSON", outbound.Shown(req.URL), kind)
	}
	if err := json.Unmarshal(resp.Body, into); err != nil {
		return failedFor(codeProvider, errs.Public(errs.Unavailable, outbound.Shown(req.URL)+" answers with something that is not what it documents", err))
	}
	return nil
}
