package me

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
)

// Profile is what the catalog knows of a user.
type Profile struct {
	Ref         string `json:"ref"`
	DisplayName string `json:"displayName"`
	Email       string `json:"email"`
	// InCatalog is false for a guest, a service, and whom a resolver lets in without a User.
	InCatalog bool     `json:"inCatalog"`
	Teams     []string `json:"teams"` // refs, in their order
	Owns      []Owned  `json:"owns"`
}

// Owned is how much of a kind a user owns, themselves and through their teams.
type Owned struct {
	Kind  string `json:"kind"` // in lower case
	Count int    `json:"count"`
}

// Handler serves the routes.
type Handler struct {
	Tokens   *identity.Tokens
	Sessions *identity.Sessions
	// Profile is what whoever makes the request of ctx may see of the catalog about the user of a ref.
	Profile func(ctx context.Context, ref string) Profile
}

// Mount registers the routes.
func (h *Handler) Mount(g *httpx.Registry) {
	const me, tokens = "/api/portico/me", "/api/portico/tokens"
	read, manage, services := httpx.Require(identity.MeRead), httpx.Require(identity.MeManage), httpx.Require(identity.TokenManage)
	g.Add(
		httpx.Route{Pattern: "GET " + me, Access: read, Handler: h.getMe},
		httpx.Route{Pattern: "GET " + me + "/sessions", Access: read, Handler: h.getSessions},
		httpx.Route{Pattern: "DELETE " + me + "/sessions/{id}", Access: manage, Handler: h.endSession, Audit: httpx.Audited("identity.session.revoke")},
		httpx.Route{Pattern: "POST " + me + "/sessions/end-others", Access: manage, Handler: h.endOthers, Audit: httpx.Audited("identity.session.revoke")},
		httpx.Route{Pattern: "GET " + me + "/tokens", Access: read, Handler: h.getTokens},
		httpx.Route{Pattern: "POST " + me + "/tokens", Access: manage, Handler: h.makeToken, Audit: httpx.Audited("identity.token.create")},
		httpx.Route{Pattern: "DELETE " + me + "/tokens/{id}", Access: manage, Handler: h.revokeToken, Audit: httpx.Audited("identity.token.revoke")},
		httpx.Route{Pattern: "POST " + me + "/login", Access: manage, Handler: h.allowLogin, Audit: httpx.Audited("identity.login.allow")},

		httpx.Route{Pattern: "GET " + tokens, Access: services, Handler: h.getServices, Audit: httpx.Unaudited("it lists them")},
		httpx.Route{Pattern: "POST " + tokens, Access: services, Handler: h.makeService, Audit: httpx.Audited("identity.token.create")},
		httpx.Route{Pattern: "POST " + tokens + "/{id}/rotate", Access: services, Handler: h.rotateService, Audit: httpx.Audited("identity.token.rotate")},
		httpx.Route{Pattern: "DELETE " + tokens + "/{id}", Access: services, Handler: h.revokeService, Audit: httpx.Audited("identity.token.revoke")},
		httpx.Route{Pattern: "POST /api/portico/people/end", Access: services, Handler: h.endPerson, Audit: httpx.Audited("identity.user.end")},

		httpx.Route{Pattern: "POST /api/portico/token", Access: httpx.Require(identity.TokenRedeem), Handler: h.redeem, Audit: httpx.Audited("identity.token.create")},
		httpx.Route{Pattern: "DELETE /api/portico/token", Access: httpx.Require(identity.TokenEnd), Handler: h.endToken, Audit: httpx.Audited("identity.token.revoke")},
	)
}

func (h *Handler) getMe(w http.ResponseWriter, r *http.Request) error {
	p := identity.Of(r.Context())
	about := h.Profile(r.Context(), p.Ref)
	if !about.InCatalog {
		about.DisplayName = p.DisplayName
	}
	httpx.JSON(w, http.StatusOK, about)
	return nil
}

func (h *Handler) getSessions(w http.ResponseWriter, r *http.Request) error {
	list, err := h.Sessions.List(r.Context(), r)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, map[string]any{"items": list})
	return nil
}

func (h *Handler) endSession(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r, "session")
	if err == nil {
		err = h.Tokens.EndOne(r.Context(), h.Sessions, r, identity.Of(r.Context()).Ref, id)
	}
	return done(w, err)
}

func (h *Handler) endOthers(w http.ResponseWriter, r *http.Request) error {
	n, err := h.Tokens.EndOthers(r.Context(), h.Sessions, r, identity.Of(r.Context()).Ref)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, map[string]int64{"ended": n})
	return nil
}

// tokenList is a list of tokens, with what a new one may be.
type tokenList struct {
	Items       []identity.Token `json:"items"`
	Scopes      []identity.Scope `json:"scopes"`
	DefaultDays int              `json:"defaultDays"`
	MaxDays     int              `json:"maxDays"`
}

// serviceList is one of tokens of services, with the scopes that a new one may not have.
type serviceList struct {
	tokenList
	Withheld []identity.Withheld `json:"withheld"`
}

func (h *Handler) list(items []identity.Token, scopes []identity.Scope) tokenList {
	most := int(h.Tokens.MaxAge / day)
	return tokenList{Items: items, Scopes: scopes, MaxDays: most, DefaultDays: min(int(identity.DefaultTokenAge/day), most)}
}

const day = 24 * time.Hour

func (h *Handler) getTokens(w http.ResponseWriter, r *http.Request) error {
	items, err := h.Tokens.Of(r.Context(), h.Sessions, r)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, h.list(items, identity.Scopes(identity.Of(r.Context()), h.Tokens.Known)))
	return nil
}

func (h *Handler) getServices(w http.ResponseWriter, r *http.Request) error {
	items, err := h.Tokens.Services(r.Context())
	if err != nil {
		return err
	}
	may, withheld := identity.ServiceScopes(identity.Of(r.Context()), h.Tokens.Known)
	httpx.JSON(w, http.StatusOK, serviceList{h.list(items, may), withheld})
	return nil
}

// wanted is what somebody asks a token to be.
type wanted struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
	Days   int      `json:"days"` // absent or 0: 30
}

func (n wanted) token() (identity.NewToken, error) {
	age, err := ageOf(n.Days)
	return identity.NewToken{Name: n.Name, Scopes: n.Scopes, Age: age}, err
}

func ageOf(days int) (time.Duration, error) {
	if days < 0 || days > 36500 {
		return 0, errs.New(errs.Invalid, "days must be a number from 1, not %d", days)
	}
	return time.Duration(days) * day, nil
}

// made is the one answer that has a secret.
type made struct {
	identity.Token
	Secret string `json:"token"`
}

func (h *Handler) made(w http.ResponseWriter, t identity.Token, secret string, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	httpx.JSON(w, http.StatusCreated, made{t, secret})
	return nil
}

func (h *Handler) makeToken(w http.ResponseWriter, r *http.Request) error {
	var body wanted
	n, err := decoded(r, &body)
	if err != nil {
		return err
	}
	t, secret, err := h.Tokens.Make(r.Context(), h.Sessions, r, identity.Of(r.Context()), n)
	return h.made(w, t, secret, err)
}

func (h *Handler) makeService(w http.ResponseWriter, r *http.Request) error {
	var body wanted
	n, err := decoded(r, &body)
	if err != nil {
		return err
	}
	t, secret, err := h.Tokens.MakeService(r.Context(), identity.Of(r.Context()), n)
	return h.made(w, t, secret, err)
}

func decoded(r *http.Request, body *wanted) (identity.NewToken, error) {
	if err := httpx.Decode(r, body); err != nil {
		return identity.NewToken{}, err
	}
	return body.token()
}

func (h *Handler) rotateService(w http.ResponseWriter, r *http.Request) error {
	body := struct {
		Days         int  `json:"days"`
		OverlapHours *int `json:"overlapHours"` // absent: 24
	}{}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	id, err := idOf(r, "token")
	if err != nil {
		return err
	}
	age, err := ageOf(body.Days)
	if err != nil {
		return err
	}
	overlap := identity.TokenOverlap
	if n := body.OverlapHours; n != nil {
		if *n < 0 || *n > 1000 {
			return errs.New(errs.Invalid, "overlapHours must be a number from 0 to 168, not %d", *n)
		}
		overlap = time.Duration(*n) * time.Hour
	}
	t, secret, err := h.Tokens.Rotate(r.Context(), identity.Of(r.Context()), id, age, overlap)
	return h.made(w, t, secret, err)
}

func (h *Handler) revokeToken(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r, "token")
	if err == nil {
		err = h.Tokens.Revoke(r.Context(), h.Sessions, r, id)
	}
	return done(w, err)
}

func (h *Handler) revokeService(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r, "token")
	if err == nil {
		err = h.Tokens.RevokeService(r.Context(), id)
	}
	return done(w, err)
}

func (h *Handler) endToken(w http.ResponseWriter, r *http.Request) error {
	return done(w, h.Tokens.RevokeItself(r.Context(), identity.Of(r.Context())))
}

func (h *Handler) endPerson(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		User string `json:"user"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	ended, err := h.Tokens.EndPerson(r.Context(), h.Sessions, body.User)
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, ended)
	return nil
}

func done(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// idOf reads the id of the path. What is no number names nothing.
func idOf(r *http.Request, what string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, errs.WithRemedy(errs.New(errs.NotFound, "there is no such %s", what), "its id is a number; load the list again")
	}
	return id, nil
}

// login is what the person agreed to on the page that `portico login` led to.
type login struct {
	wanted
	Challenge string `json:"challenge"`
	// Port is where the command listens on 127.0.0.1; 0 where the person carries the code over by hand.
	Port  int    `json:"port"`
	State string `json:"state"` // handed back to the command as it came
}

// allowLogin answers with where to send the browser. That is made here and nowhere else: 127.0.0.1, a port, one path. A
// page elsewhere cannot have the code sent to itself.
func (h *Handler) allowLogin(w http.ResponseWriter, r *http.Request) error {
	var body login
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	if body.Port != 0 && (body.Port < 1024 || body.Port > 65535) || len(body.State) > 100 {
		return errs.WithRemedy(errs.New(errs.Invalid, "the address does not come from `portico login`"), "run `portico login` again")
	}
	n, err := body.token()
	if err != nil {
		return err
	}
	code, err := h.Tokens.Grant(r.Context(), h.Sessions, r, identity.Of(r.Context()), n, body.Challenge)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	answer := map[string]string{"code": code}
	if body.Port != 0 {
		answer = map[string]string{"redirect": fmt.Sprintf("http://127.0.0.1:%d/callback?%s", body.Port, url.Values{"code": {code}, "state": {body.State}}.Encode())}
	}
	httpx.JSON(w, http.StatusCreated, answer)
	return nil
}

func (h *Handler) redeem(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Verifier string `json:"verifier"`
	}
	if err := httpx.Decode(r, &body); err != nil {
		return err
	}
	if body.Verifier == "" {
		return errs.New(errs.Invalid, "verifier is missing: the code is of use to nobody but the `portico login` that asked for it")
	}
	_, code, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	t, secret, err := h.Tokens.Redeem(r.Context(), identity.Of(r.Context()), code, body.Verifier)
	return h.made(w, t, secret, err)
}
