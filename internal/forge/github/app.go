package github

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// AppOptions say which GitHub App of which host an App is.
type AppOptions struct {
	AppID      int64
	PrivateKey []byte // PEM, as GitHub gives it out
	// BaseURL, APIBaseURL, Client, Timeout and Now are as in [Options]; the client need add no credentials.
	BaseURL, APIBaseURL string
	Client              *http.Client
	Timeout             time.Duration
	Now                 func() time.Time
	// AllowedInstallationOwners are the accounts whose installations are used; all where there are none. Anyone can install
	// a public App.
	AllowedInstallationOwners []string
	// Name is where the operator wrote it, for remedies: "integrations.github[0].apps[0]".
	Name string
}

// App is a GitHub App, shared by the Forges of all accounts that it is installed in. It is safe for concurrent use.
type App struct {
	o   AppOptions
	key *rsa.PrivateKey
	api api

	mu     sync.Mutex
	grants map[string]*grant // by the owner, lower case
}

// grant is the token of one installation. Its turn is held by who asks for the next one.
type grant struct {
	turn         chan struct{}
	installation int64
	token        string
	until        time.Time
}

const (
	early           = 5 * time.Minute // before its end a token is exchanged
	maxInstallPages = 100
)

// NewApp returns the App of o. Errors: errs.Invalid where o cannot work; they show nothing of the key.
func NewApp(o AppOptions) (*App, error) {
	o.Now, o.Name = now(o.Now), cmp.Or(o.Name, "the GitHub App")
	if o.AppID <= 0 {
		return nil, errs.New(errs.Invalid, "%s: appId must be the number that GitHub shows on the App's page", o.Name)
	}
	key, err := parseKey(o.PrivateKey)
	if err != nil {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "%s: privateKey is not an RSA key in PEM", o.Name),
			"generate one on the App's page, and give the whole file with its BEGIN and END lines")
	}
	o.PrivateKey = nil
	api, err := newAPI(o.BaseURL, o.APIBaseURL, o.Client, o.Timeout, o.Now)
	if err != nil {
		return nil, err
	}
	return &App{o: o, key: key, api: api, grants: map[string]*grant{}}, nil
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("no key")
	}
	key, ok := any.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("no RSA key")
	}
	return key, nil
}

// jwt is what the App shows of itself. It is good for nine minutes of the ten that GitHub allows, and began a minute ago,
// for clocks that differ.
func (a *App) jwt() (string, error) {
	at := a.o.Now()
	claims, err := json.Marshal(map[string]any{"iat": at.Add(-time.Minute).Unix(), "exp": at.Add(9 * time.Minute).Unix(), "iss": strconv.FormatInt(a.o.AppID, 10)})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", errs.New(errs.Invalid, "%s: its private key cannot sign", a.o.Name)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// call asks REST as the App itself.
func (a *App) call(ctx context.Context, method, path string, into any) (http.Header, error) {
	token, err := a.jwt()
	if err != nil {
		return nil, err
	}
	got, err := a.api.send(ctx, method, a.api.rest+path, "Bearer "+token, nil)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		return nil, garbled(hostOf(a.api.rest), err)
	}
	return got.header, nil
}

// status is the status of the response that err stands for, 0 where it stands for none.
func status(err error) int {
	var e *outbound.StatusError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// installation is one account that the App is installed in.
type installation struct {
	ID          int64
	Account     struct{ Login string }
	SuspendedAt *time.Time `json:"suspended_at"`
}

func (a *App) allowed(owner string) bool {
	return len(a.o.AllowedInstallationOwners) == 0 ||
		slices.ContainsFunc(a.o.AllowedInstallationOwners, func(o string) bool { return strings.EqualFold(o, owner) })
}

// InstalledOwners returns the logins of the accounts that the App is installed in and may be used for, sorted.
func (a *App) InstalledOwners(ctx context.Context) (_ []string, err error) {
	defer errs.Wrap(&err, "github: installations of %s", a.o.Name)
	var owners []string
	for page := 1; page <= maxInstallPages; page++ {
		var list []installation
		h, err := a.call(ctx, http.MethodGet, fmt.Sprintf("/app/installations?per_page=100&page=%d", page), &list)
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			if i.ID == 0 || !loginPattern.MatchString(i.Account.Login) {
				return nil, garbled(hostOf(a.api.rest), errors.New("an installation without an account"))
			}
			if i.SuspendedAt == nil && a.allowed(i.Account.Login) {
				owners = append(owners, i.Account.Login)
			}
		}
		if !strings.Contains(h.Get("Link"), `rel="next"`) {
			slices.Sort(owners)
			return owners, nil
		}
	}
	return nil, errs.New(errs.TooLarge, "%s is installed in more than %d accounts, the limit", a.o.Name, maxInstallPages*100)
}

// Token returns a token for the account's installation, good for at least five minutes. Many callers cause one exchange.
// Errors: errs.Forbidden where the App is not installed there, is suspended, or is not to be used for it.
func (a *App) Token(ctx context.Context, owner string) (_ string, err error) {
	defer errs.Wrap(&err, "github: token of %s for %s", a.o.Name, owner)
	if !loginPattern.MatchString(owner) {
		return "", errs.New(errs.Invalid, "%q is not the login of an organisation or person at GitHub", shown(owner))
	}
	if !a.allowed(owner) {
		return "", errs.WithRemedy(errs.New(errs.Forbidden, "%s is not to be used for %s", a.o.Name, owner), "add the account to allowedInstallationOwners")
	}
	a.mu.Lock()
	key := strings.ToLower(owner)
	g := a.grants[key]
	if g == nil {
		g = &grant{turn: make(chan struct{}, 1)}
		a.grants[key] = g
	}
	a.mu.Unlock()
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-g.turn }()
	if g.token != "" && a.o.Now().Add(early).Before(g.until) {
		return g.token, nil
	}
	return a.exchange(ctx, owner, g)
}

// exchange asks for a new token; the caller holds the grant's turn.
func (a *App) exchange(ctx context.Context, owner string, g *grant) (string, error) {
	for again := false; ; again = true {
		found := g.installation == 0
		if found {
			if err := a.find(ctx, owner, g); err != nil {
				return "", err
			}
		}
		var got struct {
			Token     string
			ExpiresAt time.Time `json:"expires_at"`
		}
		_, err := a.call(ctx, http.MethodPost, fmt.Sprintf("/app/installations/%d/access_tokens", g.installation), &got)
		if errs.Is(err, errs.NotFound) && !found && !again {
			g.installation, g.token = 0, "" // removed and perhaps installed anew, which gives another number
			continue
		}
		if err != nil {
			return "", err
		}
		if got.Token == "" || !got.ExpiresAt.After(a.o.Now()) {
			return "", garbled(hostOf(a.api.rest), errors.New("no token that is good"))
		}
		g.token, g.until = got.Token, got.ExpiresAt
		return got.Token, nil
	}
}

// find looks for the installation of the account: an organisation's, else a person's.
func (a *App) find(ctx context.Context, owner string, g *grant) error {
	var in installation
	_, err := a.call(ctx, http.MethodGet, "/orgs/"+url.PathEscape(owner)+"/installation", &in)
	if errs.Is(err, errs.NotFound) {
		_, err = a.call(ctx, http.MethodGet, "/users/"+url.PathEscape(owner)+"/installation", &in)
	}
	switch {
	case errs.Is(err, errs.NotFound):
		return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("%s is not installed in %s", a.o.Name, owner), err), "install the App there, or correct the account's name")
	case err != nil:
		return err
	case in.ID == 0 || !strings.EqualFold(in.Account.Login, owner):
		return garbled(hostOf(a.api.rest), errors.New("the installation is another account's"))
	case in.SuspendedAt != nil:
		return errs.WithRemedy(errs.New(errs.Forbidden, "the installation of %s in %s is suspended", a.o.Name, owner), "unsuspend it in the account's settings")
	}
	g.installation = in.ID
	return nil
}

// forget drops a token that GitHub refused.
func (a *App) forget(owner, token string) {
	a.mu.Lock()
	g := a.grants[strings.ToLower(owner)]
	a.mu.Unlock()
	if g == nil {
		return
	}
	g.turn <- struct{}{}
	if g.token == token {
		g.token = ""
	}
	<-g.turn
}
