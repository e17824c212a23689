package backstage

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
)

// Directory knows the users of the catalog. Its answers come from memory.
type Directory interface {
	// Profile returns what the catalog says of a user; whom it does not have owns what is their own.
	Profile(ref string) Profile
}

// Profile is a user as Backstage's clients see one.
type Profile struct {
	Email       string `json:"email,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	Picture     string `json:"picture,omitempty"`
	// Ownership are the refs that the user owns things by: their own and those of the groups that they are a direct member of.
	Ownership []string `json:"-"`
}

// Handler answers as Backstage's auth plugin does.
type Handler struct {
	Tokens    *Tokens
	Directory Directory
	Providers []string // by which people sign in
	Plugins   []string // that run here
}

// Mount adds the routes. All are public: each looks itself for whose token it is to make or to tell of.
func (h *Handler) Mount(g *httpx.Registry) {
	mine := httpx.Public("a token for whoever is signed in")
	keys := httpx.Public("how to verify tokens")
	g.Add(
		httpx.Route{Pattern: "GET /api/auth/{provider}/refresh", Access: mine, Handler: h.refresh},
		httpx.Route{Pattern: "POST /api/auth/{provider}/refresh", Access: mine, FrontEnds: true, Handler: h.refresh},
		httpx.Route{Pattern: "GET /api/auth/.well-known/openid-configuration", Access: keys, Handler: h.configuration},
		httpx.Route{Pattern: "GET /api/auth/.well-known/jwks.json", Access: keys, Handler: h.keys},
		httpx.Route{Pattern: "GET /api/auth/v1/userinfo", Access: httpx.Public("whom a token stands for, told to who has it"), Handler: h.userInfo},
		httpx.Route{Pattern: "GET /api/{plugin}/.backstage/auth/v1/jwks.json", Access: keys, Handler: h.pluginKeys},
		httpx.Route{Pattern: "GET /api/{plugin}/.backstage/auth/v1/cookie", Access: mine, Handler: h.setCookie},
		httpx.Route{Pattern: "DELETE /api/{plugin}/.backstage/auth/v1/cookie", Access: httpx.Public("a cookie of one's own"), FrontEnds: true, Handler: h.dropCookie},
	)
}

type refreshed struct {
	Profile           Profile           `json:"profile"`
	ProviderInfo      struct{}          `json:"providerInfo"` // the provider's own tokens are not kept
	BackstageIdentity backstageIdentity `json:"backstageIdentity"`
}

type backstageIdentity struct {
	Token            string       `json:"token"`
	ExpiresInSeconds int64        `json:"expiresInSeconds"`
	Identity         userIdentity `json:"identity"`
}

type userIdentity struct {
	Type                string   `json:"type"` // user
	UserEntityRef       string   `json:"userEntityRef"`
	OwnershipEntityRefs []string `json:"ownershipEntityRefs"`
}

// guestProvider is what Backstage calls the way in without signing in.
const guestProvider = "guest"

// refresh makes a token for the browser's session. Pages of other sites cannot send the header that it asks for, unless
// backend.cors lets them.
func (h *Handler) refresh(w http.ResponseWriter, r *http.Request) error {
	provider := r.PathValue("provider")
	asGuest := provider == guestProvider && h.Tokens.Guest != nil
	if !asGuest && !slices.Contains(h.Providers, provider) {
		return errs.New(errs.NotFound, "nobody signs in with a provider of that name here")
	}
	if r.Header.Get("X-Requested-With") != "XMLHttpRequest" {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "a token is only handed to a page's script"), "send the header X-Requested-With: XMLHttpRequest")
	}
	who, err := h.browser(r, provider)
	if err != nil {
		return err
	}
	if who == nil {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "nobody is signed in with this provider"), "sign in at /api/auth/"+provider+"/start")
	}
	user, _, err := h.Tokens.issue(r.Context(), who.subject)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	httpx.JSON(w, http.StatusOK, refreshed{
		Profile: who.profile,
		BackstageIdentity: backstageIdentity{
			Token: user.text, ExpiresInSeconds: int64(user.expires.Sub(h.Tokens.Keys.clock()).Seconds()),
			Identity: userIdentity{"user", who.ref, who.ownership},
		},
	})
	return nil
}

type person struct {
	subject
	profile Profile
}

// browser is who makes the request by their browser: the guest, or whoever signed in with the provider; "" stands for
// any. It is nil for nobody, and for whoever shows a token: only of browsers is it known that no other site leads them.
func (h *Handler) browser(r *http.Request, provider string) (*person, error) {
	if err := identity.Unknown(r.Context()); err != nil {
		return nil, err
	}
	c := httpx.CallerOf(r.Context())
	p := identity.Of(r.Context())
	if p == nil || !c.Ambient {
		return nil, nil
	}
	if g := h.Tokens.Guest; g != nil && (provider == guestProvider || provider == "" && p.Type == "guest") {
		return &person{subject{ref: g.Ref, ownership: g.Ownership}, Profile{}}, nil
	}
	s, err := h.Tokens.Sessions.Signed(r.Context(), r)
	if err != nil || s == nil || provider != "" && s.Provider != provider {
		return nil, err
	}
	profile := h.Directory.Profile(s.UserRef)
	if profile.DisplayName == "" {
		profile.DisplayName = s.DisplayName
	}
	return &person{subject{ref: s.UserRef, ownership: profile.Ownership, session: s}, profile}, nil
}

// configuration is for verifiers that discover keys. There is no authorization endpoint: the portal is no identity
// provider for others.
func (h *Handler) configuration(w http.ResponseWriter, _ *http.Request) error {
	issuer := h.Tokens.Issuer
	httpx.JSON(w, http.StatusOK, struct {
		Issuer   string   `json:"issuer"`
		UserInfo string   `json:"userinfo_endpoint"`
		Keys     string   `json:"jwks_uri"`
		Response []string `json:"response_types_supported"`
		Subjects []string `json:"subject_types_supported"`
		Algs     []string `json:"id_token_signing_alg_values_supported"`
		Scopes   []string `json:"scopes_supported"`
		Auth     []string `json:"token_endpoint_auth_methods_supported"`
		Claims   []string `json:"claims_supported"`
		Grants   []string `json:"grant_types_supported"`
	}{
		issuer, issuer + "/v1/userinfo", issuer + "/.well-known/jwks.json", []string{"id_token"}, []string{"public"},
		[]string{string(jose.ES256)}, []string{"openid"}, []string{}, []string{"sub", "ent"}, []string{},
	})
	return nil
}

// keys are those that tokens of users are signed with. Without the operator's key there are none, for there are no tokens.
func (h *Handler) keys(w http.ResponseWriter, r *http.Request) error {
	set, err := h.Tokens.Keys.Published(r.Context())
	if err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, set)
	return nil
}

// userInfo tells whom the token stands for. A limited token will do.
func (h *Handler) userInfo(w http.ResponseWriter, r *http.Request) error {
	text := bearer(r)
	if text == "" {
		return errs.WithRemedy(errs.New(errs.Unauthenticated, "no token came along"), "send `Authorization: Bearer TOKEN` with the token of a user")
	}
	v, err := h.Tokens.verify(r.Context(), text, true)
	if err != nil {
		return err
	}
	var said struct {
		Claims struct {
			Sub string   `json:"sub"`
			Ent []string `json:"ent"`
		} `json:"claims"`
	}
	said.Claims.Sub, said.Claims.Ent = v.principal.Ref, h.ownership(v.principal)
	httpx.JSON(w, http.StatusOK, said)
	return nil
}

func (h *Handler) ownership(p *identity.Principal) []string {
	if p.Type == "guest" {
		return h.Tokens.Guest.Ownership
	}
	return h.Directory.Profile(p.Ref).Ownership
}

// bearer is the token of the one Authorization header, "" for any other.
func bearer(r *http.Request) string {
	header := r.Header["Authorization"]
	if len(header) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

func (h *Handler) plugin(r *http.Request) (string, error) {
	id := r.PathValue("plugin")
	if !slices.Contains(h.Plugins, id) {
		return "", errs.New(errs.NotFound, "no plugin of that name runs here")
	}
	return id, nil
}

// pluginKeys is empty: no plugin here has tokens of its own.
func (h *Handler) pluginKeys(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.plugin(r); err != nil {
		return err
	}
	httpx.JSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}})
	return nil
}

// cookieName is Backstage's.
const cookieName = "backstage-auth"

func (h *Handler) cookie(plugin, value string, expires time.Time) *http.Cookie {
	c := &http.Cookie{
		Name: cookieName, Value: value, Path: "/api/" + plugin, Expires: expires, HttpOnly: true, Secure: h.Tokens.Sessions.Secure, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// setCookie gives the browser a limited token for what pages of the plugin embed.
func (h *Handler) setCookie(w http.ResponseWriter, r *http.Request) error {
	plugin, err := h.plugin(r)
	if err != nil {
		return err
	}
	limited, err := h.limited(r.Context(), r)
	if err != nil {
		return err
	}
	http.SetCookie(w, h.cookie(plugin, limited.text, limited.expires))
	w.Header().Set("Cache-Control", "no-store")
	httpx.JSON(w, http.StatusOK, struct {
		ExpiresAt string `json:"expiresAt"`
	}{limited.expires.UTC().Format("2006-01-02T15:04:05.000Z")})
	return nil
}

// limited is the limited token of whoever makes the request: a browser, or somebody with a token of a user.
func (h *Handler) limited(ctx context.Context, r *http.Request) (token, error) {
	if text := bearer(r); text != "" {
		v, err := h.Tokens.verify(ctx, text, false)
		if err != nil {
			return token{}, err
		}
		return v.limit()
	}
	who, err := h.browser(r, "")
	if err != nil {
		return token{}, err
	}
	if who == nil {
		return token{}, errs.WithRemedy(errs.New(errs.Unauthenticated, "nobody is signed in"), "sign in, or send `Authorization: Bearer TOKEN` with the token of a user")
	}
	_, limited, err := h.Tokens.issue(ctx, who.subject)
	return limited, err
}

// limit puts the limited token together whose signature the user's carries.
func (v *verified) limit() (token, error) {
	c := v.claims
	head, err := segment(header{typeLimited, string(jose.ES256), v.kid})
	if err != nil {
		return token{}, err
	}
	payload, err := segment(limitedPayload{c.Subject, c.IssuedAt.Time().Unix(), c.Expiry.Time().Unix()})
	if err != nil {
		return token{}, err
	}
	return token{head + "." + payload + "." + c.Uip, c.Expiry.Time()}, nil
}

func (h *Handler) dropCookie(w http.ResponseWriter, r *http.Request) error {
	plugin, err := h.plugin(r)
	if err != nil {
		return err
	}
	http.SetCookie(w, h.cookie(plugin, "", time.Time{}))
	w.WriteHeader(http.StatusNoContent)
	return nil
}
