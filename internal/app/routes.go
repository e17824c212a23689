package app

import (
	"net/http"
	"slices"
	"time"

	"portico/internal/catalog"
	"portico/internal/discovery/crawl"
	"portico/internal/discovery/propose"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/identity/backstage"
	"portico/internal/identity/me"
	"portico/internal/identity/permission"
	"portico/internal/identity/signin"
	"portico/internal/insights/coverage"
	"portico/internal/ownership"
	"portico/internal/settings"
)

// registry collects the routes of all domains.
func (a *App) registry(h *catalog.Handler) (*httpx.Registry, error) {
	g := new(httpx.Registry)
	h.Mount(g)
	reads := &audit.Handler{Store: a.audit, Log: a.o.Log, Whole: guard{a.policies}.whole}
	if a.o.Config != nil {
		reads.Retention = a.o.Config.Portico.Audit.Retention
	}
	reads.Mount(g)
	repositories := &crawl.Handler{Crawler: a.crawler, Whole: guard{a.policies}.whole}
	if a.store != nil {
		repositories.Source = a.store.SourceAt
	}
	repositories.Mount(g)
	(&propose.Handler{Proposer: &propose.Proposer{Store: a.store, Crawler: a.crawler, Layers: h.Editable, Hides: h.Hides, Log: a.o.Log}}).Mount(g)
	a.signIn.Mount(g)
	(&me.Handler{Tokens: a.tokens, Sessions: a.signIn.Sessions, Profile: profiles{a.index, a.policies}.mine}).Mount(g)
	a.backstage.Mount(g)
	a.settings.Mount(g)
	a.ownership.Mount(g)
	(&permission.Handler{Policies: a.policies, Guest: a.guestRef(), Entity: a.entityFor, Groups: a.groupsSeen}).Mount(g)
	(&coverage.Handler{Coverage: a.coverage, Guard: guard{a.policies}}).Mount(g)
	g.Add(
		httpx.Route{Pattern: "GET /api/portico/session", Access: httpx.Public("who am I, and how do I sign in"), Handler: a.getSession},
		httpx.Route{Pattern: "GET /.backstage/health/v1/liveness", Access: httpx.Public("probe"), Handler: a.getLiveness},
		httpx.Route{Pattern: "GET /.backstage/health/v1/readiness", Access: httpx.Public("probe"), Handler: a.getReadiness},
	)
	return g, nil
}

// Routes lists every route, without starting anything.
func Routes() []httpx.Route {
	g, _ := (&App{signIn: new(signin.Handler), backstage: new(backstage.Handler), settings: new(settings.Handler), ownership: new(ownership.Handler)}).registry(new(catalog.Handler))
	return g.Routes()
}

type session struct {
	SignedIn    bool              `json:"signedIn"`
	Principal   *sessionPrincipal `json:"principal,omitempty"`
	Token       *sessionToken     `json:"token,omitempty"` // that the request came with, one of the portal's own
	Guest       bool              `json:"guest"`
	Trial       bool              `json:"trial"`
	SampleData  bool              `json:"sampleData"`
	Permissions []string          `json:"permissions"`
	SignIn      *sessionSignIn    `json:"signIn,omitempty"`
	Portal      sessionPortal     `json:"portal"`
	Version     string            `json:"version"`
	Revision    int64             `json:"revision"`
	TryIt       []tryItServer     `json:"tryIt,omitempty"`
	// RegisterPaths are the folders below which the caller may register paths.
	RegisterPaths []string `json:"registerPaths,omitempty"`
}

type sessionPrincipal struct {
	Type        string `json:"type"`
	Ref         string `json:"ref"`
	DisplayName string `json:"displayName"`
}

type sessionToken struct {
	Name      string    `json:"name"`
	Scopes    []string  `json:"scopes"`
	ExpiresAt time.Time `json:"expiresAt"`
}

type sessionSignIn struct {
	Providers []sessionProvider `json:"providers"`
}

type sessionProvider struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

type sessionPortal struct {
	Title        string `json:"title"`
	Organization string `json:"organization"`
}

func (a *App) getSession(w http.ResponseWriter, r *http.Request) error {
	s := session{
		Trial: len(a.o.Trial) > 0, Permissions: []string{}, Version: a.o.Version,
		Portal: sessionPortal{Title: a.o.Config.App.Title, Organization: a.o.Config.Organization.Name},
	}
	if err := identity.Unknown(r.Context()); err != nil {
		return err // who is signed in must not be told that they are not
	}
	p := identity.Of(r.Context())
	if p == nil || p.Type == "guest" {
		s.SignIn = &sessionSignIn{Providers: []sessionProvider{}}
		for _, way := range a.signIn.Providers {
			s.SignIn.Providers = append(s.SignIn.Providers, sessionProvider{way.ID, way.Title, "/api/auth/" + way.ID + "/start"})
		}
	}
	if p == nil {
		httpx.JSON(w, http.StatusOK, s)
		return nil
	}
	s.SignedIn, s.Guest = true, p.Type == "guest"
	s.Principal = &sessionPrincipal{Type: p.Type, Ref: p.Ref, DisplayName: p.DisplayName}
	if t := p.Token; t != nil && t.ID != 0 {
		s.Token = &sessionToken{t.Name, t.Scopes, t.ExpiresAt}
	}
	for _, perm := range permissions() {
		if p.May(perm) && (!slices.Contains(audit.Permissions(), perm) || guard{a.policies}.whole(r.Context()) == nil) {
			s.Permissions = append(s.Permissions, perm.Name)
		}
	}
	s.SampleData = a.o.Config.Portico.SampleData
	s.Revision = a.index.Snapshot().Revision()
	s.TryIt = a.tryItServers(r.Context())
	if has := func(name string) bool { return slices.Contains(s.Permissions, name) }; has("catalog.location.create") && has("catalog.ingestion.manage") {
		s.RegisterPaths = a.paths.Folders()
	}
	httpx.JSON(w, http.StatusOK, s)
	return nil
}

func (a *App) getLiveness(w http.ResponseWriter, _ *http.Request) error {
	httpx.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

// A replica that has not heard from the database for this long shows what may be old: soon, when asking it
// fails, and later, when it only takes its time to answer.
const (
	tooOld       = 2 * time.Second
	tooOldAnyway = 10 * time.Second
)

func (a *App) getReadiness(w http.ResponseWriter, _ *http.Request) error {
	switch {
	case !a.follower.Ready():
		httpx.JSON(w, http.StatusServiceUnavailable, map[string]string{"status": "error", "message": "the catalog is being loaded"})
	case a.follower.Failing() && a.follower.Behind() > tooOld, a.follower.Behind() > tooOldAnyway:
		httpx.JSON(w, http.StatusServiceUnavailable, map[string]string{"status": "error", "message": "the database has not answered for " + a.follower.Behind().Round(time.Second).String()})
	default:
		httpx.JSON(w, http.StatusOK, map[string]string{"status": "ok"})
	}
	return nil
}
