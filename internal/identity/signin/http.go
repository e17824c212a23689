package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
)

// Handler leads browsers through sign-in.
type Handler struct {
	Providers []*Provider
	Sessions  *identity.Sessions
	Store     *Store
	Directory Directory
	Newcomers Newcomers // nil where nobody is made a user
	// Origins are those of pages that a sign-in in a pop-up window may answer to.
	Origins []string
	Log     *slog.Logger
	// Denied is told of sign-ins that were refused. It may be nil.
	Denied func(context.Context, httpx.Denial)
}

// Mount adds the routes. All are public: who comes here has not signed in, or ends their own session.
func (h *Handler) Mount(g *httpx.Registry) {
	g.Add(
		httpx.Route{Pattern: "GET /api/auth/{provider}/start", Access: httpx.Public("how to sign in"), Handler: h.start, SignsIn: true, TooMany: h.tooMany},
		httpx.Route{Pattern: "GET /api/auth/{provider}/handler/frame", Access: httpx.Public("how to sign in"), Audit: httpx.Audited(signInAction), Handler: h.frame, TooMany: h.tooMany},
		httpx.Route{Pattern: "POST /api/auth/{provider}/logout", Access: httpx.Public("signing out is for everybody"), Audit: httpx.Audited(signOutAction), FrontEnds: true, Handler: h.logout},
		httpx.Route{Pattern: "POST /api/portico/session/end", Access: httpx.Public("signing out is for everybody"), Audit: httpx.Audited(signOutAction), Handler: h.end},
	)
}

// What the audit log calls signing in and out.
const (
	signInAction  = "identity.session.start"
	signOutAction = "identity.session.end"
)

// What went wrong, in a word that the sign-in page has sentences for.
const (
	codeExpired     = "expired"     // too late, a second time, or in another browser
	codeRefused     = "refused"     // what the provider sent cannot be trusted
	codeDenied      = "denied"      // the provider does not let the person in, or the person does not want to
	codeProvider    = "provider"    // it does not answer, or not as it should
	codeUnknownUser = "unknown"     // nobody in the catalog
	codeAmbiguous   = "ambiguous"   // several in the catalog
	codeAnother     = "another"     // the user of this name was another account
	codeUnverified  = "unverified"  // an e-mail address that the provider has not verified
	codeTaken       = "taken"       // the name that a newcomer would have is another's
	codeRemoved     = "removed"     // an operator removed the user that the first sign-in made
	codeBusy        = "busy"        // too many at a time, from this address or in all
	codePortal      = "portal"      // our fault, or our database's
	codeNoProvider  = "no-provider" // none of this name
)

// failure is an end of a flow without a session. Its text is for the log.
type failure struct {
	code   string
	cause  error
	person *Person // whom the provider named, where it came to that
}

func (f *failure) Error() string { return f.code + ": " + f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

func failed(code, format string, args ...any) error {
	return &failure{code: code, cause: fmt.Errorf(format, args...)}
}

func failedFor(code string, cause error) error { return &failure{code: code, cause: cause} }

func (h *Handler) provider(r *http.Request) (*Provider, error) {
	id := r.PathValue("provider")
	for _, p := range h.Providers {
		if p.ID == id {
			return p, nil
		}
	}
	return nil, failed(codeNoProvider, "no provider %q is configured", id)
}

// start sends the browser to the provider.
func (h *Handler) start(w http.ResponseWriter, r *http.Request) error {
	p, err := h.provider(r)
	if err != nil {
		return h.giveUp(w, r, "", err)
	}
	if there := sameMachine(r, p.Protocol.callback()); there != "" {
		return redirect(w, r, there)
	}
	f := newFlow(r.URL.Query().Get("redirectUrl"))
	if f.opener, err = h.opener(r); err != nil {
		return err
	}
	to, err := p.Protocol.authorize(r.Context(), f)
	if err == nil {
		err = h.Store.begin(r.Context(), p.ID, httpx.Network(r), f)
	}
	if errs.Is(err, errs.TooMany) {
		w.Header().Set("Retry-After", "60")
		return err
	}
	if errors.Is(err, errFull) {
		w.Header().Set("Retry-After", "60")
		return h.tooMany(w, r, err)
	}
	if err != nil {
		return h.over(w, r, p, f, err)
	}
	http.SetCookie(w, identity.Cookie(f.cookie(), f.secret, h.Sessions.Secure, flowWithin))
	return redirect(w, r, to)
}

// tooMany sends a person in a browser back to where signing in begins. Programs are told as they always are.
func (h *Handler) tooMany(w http.ResponseWriter, r *http.Request, err error) error {
	mode := r.Header.Get("Sec-Fetch-Mode")
	if mode != "navigate" && (mode != "" || !strings.Contains(r.Header.Get("Accept"), "text/html")) {
		return err
	}
	w.Header().Del("Retry-After") // browsers would read it as a time to wait on the way
	err = failedFor(codeBusy, err)
	q := r.URL.Query()
	if p, known := h.provider(r); known == nil {
		if opener, known := h.opener(r); known == nil && opener != "" {
			return h.tell(w, r, p, opener, err)
		}
	}
	return h.giveUp(w, r, localPath(q.Get("redirectUrl")), err)
}

// sameMachine is where to start again when the browser is at another name of its own machine than the one that the
// provider will send it back to: the cookie of 127.0.0.1 is not that of localhost.
func sameMachine(r *http.Request, callback string) string {
	u, err := url.Parse(callback)
	if err != nil || u.Host == r.Host || !loopback(u.Host) || !loopback(r.Host) {
		return ""
	}
	if _, port, err := net.SplitHostPort(r.Host); err != nil || port != u.Port() {
		return ""
	}
	return u.Scheme + "://" + u.Host + r.URL.RequestURI()
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// frame takes the browser back from the provider. Its name is Backstage's, where it was a pop-up.
func (h *Handler) frame(w http.ResponseWriter, r *http.Request) error {
	p, err := h.provider(r)
	if err != nil {
		return h.giveUp(w, r, "", err)
	}
	q := r.URL.Query()
	f := flow{state: q.Get("state")}
	if c, err := r.Cookie(identity.CookieName(f.cookie(), h.Sessions.Secure)); err == nil {
		f.secret = c.Value
		http.SetCookie(w, identity.Cookie(f.cookie(), "", h.Sessions.Secure, 0))
	}
	f, err = h.Store.take(r.Context(), p.ID, f.state, f.secret)
	if err != nil {
		h.refused(r, err)
		return h.giveUp(w, r, "", err)
	}
	return h.over(w, r, p, f, h.finish(w, r, p, f, q))
}

// over ends a flow: err is nil where somebody is signed in.
func (h *Handler) over(w http.ResponseWriter, r *http.Request, p *Provider, f flow, err error) error {
	if err != nil {
		h.refused(r, err)
	}
	switch {
	case f.opener != "":
		return h.tell(w, r, p, f.opener, err)
	case err != nil:
		return h.giveUp(w, r, f.returnTo, err)
	}
	return redirect(w, r, f.returnTo)
}

func (h *Handler) finish(w http.ResponseWriter, r *http.Request, p *Provider, f flow, q url.Values) error {
	switch said, code := q.Get("error"), q["code"]; {
	case said == "server_error" || said == "temporarily_unavailable":
		return failed(codeProvider, "the provider answers %q", said)
	case said != "":
		return failed(codeDenied, "the provider answers %q", said)
	case len(code) != 1 || code[0] == "":
		return failed(codeRefused, "the provider sent the browser back without a code")
	}
	person, err := p.Protocol.redeem(r, f)
	if err != nil {
		return err
	}
	user, err := resolve(p.Resolvers, h.Directory, person)
	if err != nil {
		user, err = h.admit(r.Context(), p, person, err)
	}
	if err == nil {
		err = h.begin(w, r, p, person, user)
	}
	var why *failure
	if errors.As(err, &why) {
		why.person = &person
	}
	return err
}

// begin signs the person in as the user.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request, p *Provider, person Person, user User) error {
	a := identity.Account{
		Issuer: person.Issuer, Subject: person.Subject, Provider: p.ID, UserRef: user.Ref, WithoutUser: user.Absent, DisplayName: user.DisplayName,
		Pinned: user.pinned,
	}
	if user.Made && h.Newcomers != nil {
		a.Still = func(ctx context.Context, tx pgx.Tx) (bool, error) {
			if user.admitted {
				return h.Newcomers.Still(ctx, tx, user.Ref, person.Issuer, person.Subject)
			}
			return h.Newcomers.Still(ctx, tx, user.Ref, "", "")
		}
	}
	err := h.Sessions.Start(r.Context(), w, r, a)
	switch {
	case errors.Is(err, identity.ErrAnother):
		return failed(codeAnother, "the name %q leads to %s, whom another account than %s was", person.Username, user.Ref, person.Subject)
	case errs.Is(err, errs.Conflict):
		return failedFor(codeTaken, err)
	case err != nil:
		return err
	}
	h.remember(w, r, p, person)
	return nil
}

// refused tells of a sign-in that was not let in. Where the provider or the portal failed, nobody was refused.
func (h *Handler) refused(r *http.Request, err error) {
	var f *failure
	if h.Denied == nil || !errors.As(err, &f) || f.code == codeProvider || f.code == codePortal {
		return
	}
	// The caller is whoever the browser was before: nobody, a guest, or somebody else.
	c := httpx.CallerOf(r.Context())
	n := httpx.Denial{
		Caller: httpx.Caller{Ambient: true, RequestID: c.RequestID, Address: c.Address}, Action: signInAction,
		Method: r.Method, Path: "provider:" + r.PathValue("provider"), Status: http.StatusUnauthorized, Code: f.code, Reason: short(f.cause),
	}
	if f.person != nil {
		n.Status = http.StatusForbidden
		n.Detail = map[string]any{"issuer": f.person.Issuer, "subject": f.person.Subject}
	}
	h.Denied(r.Context(), n)
}

// giveUp sends the browser to the sign-in page, which says what happened, and the log the cause, under the same id.
func (h *Handler) giveUp(w http.ResponseWriter, r *http.Request, returnTo string, err error) error {
	code, id := h.note(r, err)
	q := url.Values{"error": {code}, "id": {id}}
	if returnTo != "" && returnTo != "/" {
		q.Set("to", returnTo)
	}
	return redirect(w, r, "/sign-in?"+q.Encode())
}

// note writes into the log why nobody was signed in.
func (h *Handler) note(r *http.Request, err error) (code, id string) {
	code, id = codePortal, httpx.NewErrorID()
	var f *failure
	if errors.As(err, &f) {
		code = f.code
	}
	level := slog.LevelInfo
	switch {
	case code == codeProvider || errs.Is(err, errs.Unavailable):
		level = slog.LevelWarn
	case code == codePortal:
		level = slog.LevelError
	}
	h.Log.Log(r.Context(), level, "nobody was signed in", "id", id, "provider", r.PathValue("provider"), "code", code, "error", short(err))
	return code, id
}

// short bounds what a provider can make the log say.
func short(err error) string {
	const most = 1000
	if text := err.Error(); len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return err.Error()
}

func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusFound)
	return nil
}

// logout is Backstage's way to end this session.
func (h *Handler) logout(w http.ResponseWriter, r *http.Request) error {
	if err := h.Sessions.End(r.Context(), w, r, false); err != nil {
		return err
	}
	if to := h.leave(w, r); to != "" {
		httpx.JSON(w, http.StatusOK, map[string]string{"logoutUrl": to})
		return nil
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// end ends this session, or all of the person's. It answers where to go on, where a proxy would let the browser in again.
func (h *Handler) end(w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		All bool `json:"all"`
	}
	if r.ContentLength != 0 {
		if err := httpx.Decode(r, &asked); err != nil {
			return err
		}
	}
	if err := h.Sessions.End(r.Context(), w, r, asked.All); err != nil {
		return err
	}
	if to := h.leave(w, r); to != "" {
		httpx.JSON(w, http.StatusOK, map[string]string{"signOutUrl": to})
		return nil
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
