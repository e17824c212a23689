package github

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/forge/githubtest"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func asked(g *githubtest.GitHub, part string) (n int) {
	for _, a := range g.Asked() {
		if strings.Contains(a, part) {
			n++
		}
	}
	return n
}

// appOf is an App of a stand-in and the room of an account, by one clock.
func appOf(t *testing.T, g *githubtest.GitHub, base string, a githubtest.GitHubApp, org string, c *clock, change ...func(*AppOptions)) (*App, *Forge) {
	t.Helper()
	g.Clock(c.now)
	o := AppOptions{AppID: a.ID, PrivateKey: a.PrivateKey, BaseURL: base, Client: client(""), Now: c.now, Name: "the App of the test"}
	for _, ch := range change {
		ch(&o)
	}
	app, err := NewApp(o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(Options{BaseURL: base, Organization: org, App: app, Client: client(""), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return app, f
}

func TestApp(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t, githubtest.Person{ID: 5, Login: "ann"})
	for _, name := range []string{"marrowby/quay", "elsewhere/secret", "ann/dots"} {
		owner, repo, _ := strings.Cut(name, "/")
		g.AddRepository(githubtest.Repository{Owner: owner, Name: repo})
	}
	a := g.RegisterApp("marrowby", "ann")
	c := &clock{at: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)}
	app, f := appOf(t, g, base, a, "Marrowby", c)
	exchanges := func() int { return asked(g, "/access_tokens") }

	// Many callers, one exchange.
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if page, err := f.Repositories(t.Context(), ""); err != nil || len(page.Repositories) != 1 || page.Repositories[0].Name != "marrowby/quay" {
				t.Errorf("%v, %v", page, err)
			}
		})
	}
	wg.Wait()
	if n := exchanges(); n != 1 {
		t.Errorf("%d exchanges for 20 questions", n)
	}
	c.move(54 * time.Minute)
	if _, err := f.Repositories(t.Context(), ""); err != nil || exchanges() != 1 {
		t.Errorf("after 54 minutes: %v, %d exchanges", err, exchanges())
	}
	c.move(2 * time.Minute)
	if _, err := f.Repositories(t.Context(), ""); err != nil || exchanges() != 2 || asked(g, "/orgs/Marrowby/installation") != 1 {
		t.Errorf("four minutes before its end: %v, %d exchanges", err, exchanges())
	}

	// A token that GitHub refuses before its time is exchanged, once.
	token, err := app.Token(t.Context(), "marrowby")
	if err != nil {
		t.Fatal(err)
	}
	g.Revoke(token)
	if _, err := f.Repositories(t.Context(), ""); err != nil || exchanges() != 3 {
		t.Errorf("revoked: %v, %d exchanges", err, exchanges())
	}
	// Removed and installed anew: another number.
	g.Install(a, "marrowby")
	if _, err := f.Repositories(t.Context(), ""); err != nil {
		t.Errorf("installed anew: %v", err)
	}
	// The account of a person.
	if token, err := app.Token(t.Context(), "ann"); err != nil || !strings.HasPrefix(token, "ghs_") {
		t.Errorf("a person's account: %v", err)
	}
	if owners, err := app.InstalledOwners(t.Context()); err != nil || cmp.Diff([]string{"ann", "marrowby"}, owners) != "" {
		t.Errorf("owners: %v, %v", owners, err)
	}
}

// Where the App may not be used there is no list, and no empty one.
func TestAppIsNotThere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil func(*githubtest.GitHub, githubtest.GitHubApp)
		opts  func(*AppOptions)
		said  string
	}{
		"removed":       {func(g *githubtest.GitHub, a githubtest.GitHubApp) { g.Uninstall(a, "marrowby") }, nil, "the App of the test is not installed in marrowby"},
		"suspended":     {func(g *githubtest.GitHub, a githubtest.GitHubApp) { g.Suspend(a, "marrowby") }, nil, "the installation of the App of the test in marrowby is suspended"},
		"not allowed":   {nil, func(o *AppOptions) { o.AllowedInstallationOwners = []string{"elsewhere"} }, "the App of the test is not to be used for marrowby"},
		"another App":   {nil, func(o *AppOptions) { o.AppID = 9 }, "does not accept our credentials"},
		"a clock apart": {nil, func(o *AppOptions) { o.Now = func() time.Time { return time.Unix(0, 0) } }, "does not accept our credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, base := githubtest.Start(t)
			g.AddRepository(githubtest.Repository{Owner: "marrowby", Name: "quay", Visibility: "public"})
			a := g.RegisterApp("marrowby", "elsewhere")
			if tt.spoil != nil {
				tt.spoil(g, a)
			}
			if tt.opts == nil {
				tt.opts = func(*AppOptions) {}
			}
			app, f := appOf(t, g, base, a, "marrowby", &clock{at: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)}, tt.opts)
			page, err := f.Repositories(t.Context(), "")
			if page != nil || !errs.Is(err, errs.Forbidden) || !strings.Contains(errs.Sentence(err), tt.said) || errs.Remedy(err) == "" {
				t.Errorf("%v, %v", page, err)
			}
			if strings.Contains(err.Error(), "PRIVATE KEY") || strings.Contains(err.Error(), "eyJ") {
				t.Errorf("the error tells a secret: %v", err)
			}
			if _, _, err := f.Some(t.Context(), []string{"x"}); !errs.Is(err, errs.Forbidden) {
				t.Errorf("some: %v", err)
			}
			owners, err := app.InstalledOwners(t.Context())
			switch name {
			case "removed", "suspended", "not allowed":
				if err != nil || len(owners) != 1 || owners[0] != "elsewhere" {
					t.Errorf("owners: %v, %v", owners, err)
				}
			default:
				if !errs.Is(err, errs.Forbidden) {
					t.Errorf("owners: %v, %v", owners, err)
				}
			}
		})
	}
}

// Who waits for another's exchange goes when its own time is over.
func TestAppWaitsNoLonger(t *testing.T) {
	t.Parallel()
	g, base := githubtest.Start(t)
	a := g.RegisterApp("marrowby")
	asking, end := make(chan struct{}), make(chan struct{})
	g.Wrong(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/access_tokens") {
			close(asking)
			<-end
		}
		return false
	})
	app, _ := appOf(t, g, base, a, "marrowby", &clock{at: time.Now()})
	first := make(chan error)
	go func() {
		_, err := app.Token(context.WithoutCancel(t.Context()), "marrowby")
		first <- err
	}()
	<-asking
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := app.Token(ctx, "marrowby"); err == nil {
		t.Error("a token for nobody")
	}
	close(end)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestNewApp(t *testing.T) {
	t.Parallel()
	g, _ := githubtest.Start(t)
	key := g.RegisterApp().PrivateKey
	for name, o := range map[string]AppOptions{
		"no id":       {PrivateKey: key, Client: client("")},
		"no key":      {AppID: 1, Client: client("")},
		"a wrong key": {AppID: 1, Client: client(""), PrivateKey: []byte("-----BEGIN RSA PRIVATE KEY-----\nY2FuYXJ5\n-----END RSA PRIVATE KEY-----\n")},
		"no client":   {AppID: 1, PrivateKey: key},
	} {
		if _, err := NewApp(o); !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "Y2FuYXJ5") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewApp(AppOptions{AppID: 1, PrivateKey: key, Client: client("")}); err != nil {
		t.Error(err)
	}
}
