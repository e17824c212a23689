package httpx

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/internal/errs"
)

// Caller is what httpx needs to know of whoever makes a request.
type Caller struct {
	// Name is for the log and the change log: "user:default/guest", "service:ci".
	Name string
	// Ambient is true when the browser attaches the proof by itself (a cookie, or no proof at all
	// for a guest): such requests must prove that they were not forged by another site.
	Ambient bool
	// Principal is identity's own value; handlers get it from the request's context.
	Principal any
	// Claimed says of a caller whom nobody knows that a cookie came along that claims to be somebody's.
	Claimed bool
	// Unsure says that it cannot be told now who the caller is: a token that is presented may be a good one.
	Unsure bool
	// Watch calls end when what let the caller in has ended, until stop is called. Nil: it never ends.
	Watch func(end func(error)) (stop func())

	// What follows is set here, for routes that are audited and requests that are refused, and is for the audit log.

	RequestID string     // what the request log calls the request, and an error's answer
	Address   netip.Addr // where the request comes from
	Action    string     // what the audit log calls what the route does

	from *proxies // who is believed to tell where the request comes from
}

// name gives the request its id, and says where it comes from.
func (c *Caller) name(rec *recorder, r *http.Request) {
	if rec.id == "" {
		rec.id = NewErrorID()
	}
	c.RequestID, c.Address = rec.id, c.from.client(r)
}

// Denial is a request that was refused for who made it, or from where.
type Denial struct {
	Caller Caller
	Action string // of the route in the audit log, or its permission
	Method string
	Path   string
	Status int    // 401 or 403; 503 of an ErrGuess
	Reason string // what the caller was told
	Code   string // tells attempts apart where the action and the status do not; one of a few words, or ""
	Detail map[string]any
}

// ErrGuess is in the chain of an errs.Unavailable with which a gate answers a token that it does not know, but may know in
// a moment. Whoever makes tokens up can have any number of these answers, so it counts and is told of like an unknown token.
var ErrGuess = errors.New("nobody knows this token so far")

// Gate decides who makes a request and whether the route is open to them.
type Gate interface {
	// Admit returns the caller, or errs.Unauthenticated or errs.Forbidden. On a public route it
	// returns the caller if there is one and never refuses.
	Admit(r *http.Request, a Access) (Caller, error)
}

// Options of a handler.
type Options struct {
	Gate Gate
	Log  *slog.Logger
	// Hosts are the values of Host that a caller with ambient authority may use. This stops DNS
	// rebinding; the zero value allows any.
	Hosts Hosts
	// Fallback answers what no route matches and is not below /api/: the UI. Nil: 404.
	Fallback http.Handler
	// MaxBody is the largest request body in bytes. Default 1 MiB.
	MaxBody int64
	// Limits of each caller. The zero value is none.
	Limits Limits
	// Proxies are the networks whose X-Forwarded-For is believed. None: those at the machine itself.
	Proxies []netip.Prefix
	// Denied is told of refused requests whose method may change something; not of those that nobody made: without a
	// token or a cookie, where one is needed. Of reads it is told of those with a token that lets nobody in, and of those
	// that need a permission which Guarded names. Both may be nil.
	Denied  func(context.Context, Denial)
	Guarded func(Permission) bool
	// CORS says which other sites' pages may read the API. The zero value is none.
	CORS CORS
	// Redact takes out of the text of an error what nobody may see. It may be nil.
	Redact func(string) string

	bodyWithin, pieceWithin time.Duration // shorter in tests
}

// Hosts are what a portal is called, without ports.
type Hosts struct {
	Names     []string
	Addresses bool // any IP address, too
}

func (h Hosts) any() bool { return len(h.Names) == 0 && !h.Addresses }

func (h Hosts) know(host string) bool {
	if slices.Contains(h.Names, host) {
		return true
	}
	if !h.Addresses {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// Handler builds the server's handler. It fails when a route has no access rule.
func (g *Registry) Handler(o Options) (http.Handler, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.Redact == nil {
		o.Redact = func(text string) string { return text }
	}
	if o.bodyWithin == 0 {
		o.bodyWithin, o.pieceWithin = bodyWithin, pieceWithin
	}
	mux := http.NewServeMux()
	s := &server{Options: o, csrf: http.NewCrossOriginProtection(), gates: newGates(o.Limits, newProxies(o.Proxies, o.Log)), mux: mux}
	for _, rt := range g.routes {
		mux.Handle(rt.Pattern, &routeHandler{s: s, route: rt})
	}
	mux.Handle("/", http.HandlerFunc(s.fallback))
	return s, nil
}

type server struct {
	Options
	csrf  *http.CrossOriginProtection
	gates gates
	mux   *http.ServeMux
}

// ServeHTTP sees every request first: also net/http reads the rest of a body that no handler wanted.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setSecurityHeaders(w.Header()) // the mux's own answers have them too: it redirects //x to /x with a page
	if r.Body != nil && r.Body != http.NoBody {
		setReadDeadline(w, time.Now().Add(s.bodyWithin))
	}
	if s.CORS.on() && s.CORS.answer(w, r) {
		return
	}
	s.mux.ServeHTTP(w, r)
}

type routeHandler struct {
	s     *server
	route Route
}

type callerKey struct{}

// CallerOf returns the caller of the request.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(*Caller)
	if c == nil {
		return Caller{}
	}
	return *c
}

// WithCaller is for tests and for work that is done in somebody's name.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, &c)
}

func (h *routeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rec := recorders.Get().(*recorder)
	*rec = recorder{ResponseWriter: w, within: h.s.pieceWithin, renewed: start}
	var caller Caller
	var counted *shard
	var id callerID
	defer func() {
		counted.leave(id)
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler {
				panic(v)
			}
			h.s.Log.Error("panic", "method", r.Method, "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
			if rec.status == 0 {
				h.s.fail(rec, r, fmt.Errorf("panic: %v", v))
			}
		}
		h.s.logRequest(r, rec, caller.Name, start)
		*rec = recorder{}
		recorders.Put(rec)
	}()
	caller, err := h.s.admit(rec, r, h.route.Access)
	caller.from = h.s.gates.from
	if action, ok := h.route.Audit.Action(); ok {
		caller.Action = action
		caller.name(rec, r)
	}
	if err == nil {
		id = identify(r, &caller)
		counted, err = h.s.gates.enter(rec, r, id)
	}
	if err == nil && caller.Ambient && !h.route.Signed && !h.probed(r) {
		err = h.checkAmbient(r)
	}
	if err == nil && h.route.SignsIn {
		if err = checkVisit(r); err == nil {
			err = h.s.gates.signIns.spend(rec, r)
		}
	}
	if err == nil && (strings.IndexByte(r.URL.Path, 0) >= 0 || !utf8.ValidString(r.URL.Path)) {
		err = errs.New(errs.Invalid, "the path holds bytes that are no text") // nothing has such a name, and PostgreSQL takes none
	}
	if err == nil {
		if r.Body != nil && r.Body != http.NoBody {
			rec.body = timedBody{r.Body, w, h.s.bodyWithin}
			r.Body = http.MaxBytesReader(rec, &rec.body, h.s.MaxBody)
		}
		err = h.handle(rec, r, &caller)
	}
	if h.route.TooMany != nil && errs.Is(err, errs.TooMany) {
		err = h.route.TooMany(rec, r, err)
	}
	if err != nil {
		h.denied(rec, r, caller, err)
		h.s.fail(rec, r, err)
	}
}

// handle runs the handler. Its request ends with what let the caller in: a stream does not outlive the session that it
// was opened in.
func (h *routeHandler) handle(w http.ResponseWriter, r *http.Request, caller *Caller) error {
	ctx := context.WithValue(r.Context(), callerKey{}, caller)
	if caller.Watch == nil {
		return h.route.Handler(w, r.WithContext(ctx))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer caller.Watch(cancel)()
	err := h.route.Handler(w, r.WithContext(ctx))
	if err != nil && errors.Is(err, context.Canceled) && r.Context().Err() == nil {
		err = context.Cause(ctx)
	}
	return err
}

// mayChange reports whether a method may change something.
func mayChange(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}

// denied tells of a request that was refused for who made it: of a read, where it came with a token that lets nobody in,
// or is of what Guarded names.
func (h *routeHandler) denied(rec *recorder, r *http.Request, c Caller, err error) {
	kind := errs.KindOf(err)
	unknown := kind == errs.Unauthenticated || errors.Is(err, ErrGuess)
	if h.s.Denied == nil || kind != errs.Forbidden && !unknown {
		return
	}
	p, asks := h.route.Access.Permission()
	if !mayChange(r.Method) {
		guessed := unknown && len(r.Header["Authorization"]) > 0
		guarded := kind == errs.Forbidden && asks && h.s.Guarded != nil && h.s.Guarded(p)
		if !guessed && !guarded {
			return
		}
	}
	// A cookie whose session is over counts as trying: other sites' pages cannot make a browser send it with a change, the
	// portal's own stop at the first refusal, and what is left is somebody who uses what was signed out.
	if kind == errs.Unauthenticated && len(r.Header["Authorization"]) == 0 && !c.Claimed {
		return // nobody tried to be somebody
	}
	c.name(rec, r)
	action := c.Action
	if asks && action == "" {
		action = p.Name
	}
	h.s.Denied(r.Context(), Denial{Caller: c, Action: action, Method: r.Method, Path: cut(r.URL.Path), Status: kind.Status(), Reason: errs.Sentence(err)})
}

// admit asks the gate, unless the address has sent too many tokens that nobody knows.
func (s *server) admit(w http.ResponseWriter, r *http.Request, a Access) (Caller, error) {
	if len(r.Header["Authorization"]) == 0 {
		return s.Gate.Admit(r, a)
	}
	if err := s.gates.guesses.check(w, r); err != nil {
		return Caller{}, err
	}
	caller, err := s.Gate.Admit(r, a)
	switch {
	case caller.Name != "":
		s.gates.guesses.known(r)
	case errors.Is(err, ErrGuess), !caller.Unsure && !errs.Is(err, errs.Unavailable):
		s.gates.guesses.failed(r)
	}
	return caller, err
}

// probed tells reads of public routes under an address apart: that is how orchestrators and load balancers look
// whether the portal is well, and no name that leads here by rebinding is an address.
func (h *routeHandler) probed(r *http.Request) bool {
	if h.route.Access.public == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	_, err := netip.ParseAddr(hostOf(r))
	return err == nil
}

// hostOf is the host that the request names, without its port.
func hostOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// checkAmbient refuses requests that another site could have made the browser send.
func (h *routeHandler) checkAmbient(r *http.Request) error {
	s := h.s
	if host := hostOf(r); !s.Hosts.any() && !s.Hosts.know(host) {
		return errs.WithRemedy(errs.New(errs.Forbidden, "this portal is not called %q", host),
			"open it under the name in app.baseUrl, or set app.baseUrl and backend.baseUrl to the name you use")
	}
	if !mayChange(r.Method) || h.route.FrontEnds && s.CORS.frontEnd(r) {
		return nil
	}
	if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
		return errs.WithRemedy(errs.New(errs.Forbidden, "a change without a token must come from the portal's own pages"),
			"send `Authorization: Bearer TOKEN` with a token that you make at /settings/tokens, or with one from backend.auth.externalAccess")
	}
	if err := s.csrf.Check(r); err != nil {
		return errs.WithRemedy(errs.Public(errs.Forbidden, "this request came from another site and was refused", err),
			"open the portal itself, or send `Authorization: Bearer TOKEN` with a token that you make at /settings/tokens, or with one from backend.auth.externalAccess")
	}
	return nil
}

func setSecurityHeaders(h http.Header) {
	h["X-Content-Type-Options"] = nosniff
	h["Content-Security-Policy"] = apiCSP
	h["Referrer-Policy"] = noReferrer
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Cache-Control"] = noCache
}

// Shared header values: assigning a slice costs no allocation a request.
var (
	nosniff    = []string{"nosniff"}
	apiCSP     = []string{"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"}
	noReferrer = []string{"no-referrer"}
	sameOrigin = []string{"same-origin"}
	noCache    = []string{"private, no-cache"}
	jsonType   = []string{"application/json; charset=utf-8"}
)

func (s *server) fallback(w http.ResponseWriter, r *http.Request) {
	if s.Fallback == nil || strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/.backstage/") {
		start := time.Now()
		rec := &recorder{ResponseWriter: w, within: s.pieceWithin, renewed: start}
		s.fail(rec, r, errs.WithRemedy(errs.New(errs.NotFound, "there is no %s %s", r.Method, r.URL.Path), "`portico routes` lists what there is"))
		s.logRequest(r, rec, "", start)
		return
	}
	s.Fallback.ServeHTTP(&recorder{ResponseWriter: w, within: s.pieceWithin, renewed: time.Now()}, r)
}

// fail writes the error in Backstage's envelope and logs it once, under an ID that the answer shows.
func (s *server) fail(w *recorder, r *http.Request, err error) {
	kind := errs.KindOf(err)
	var tooLarge *http.MaxBytesError
	if asMaxBytes(err, &tooLarge) {
		kind = errs.TooLarge
		err = errs.Public(kind, fmt.Sprintf("the request body is larger than %d bytes", tooLarge.Limit), err)
	}
	var slow *slowBodyError
	if errors.As(err, &slow) {
		kind = errs.Invalid
		err = errs.WithRemedy(errs.Public(kind, slow.Error(), err), "send it at once, and again")
		w.Header().Set("Connection", "close") // the rest of it would be taken for a request
	} else if r.Context().Err() == context.Canceled {
		w.status = 499 // the client went away; there is nobody to answer
		return
	}
	id := w.id
	if id == "" {
		id = NewErrorID()
	}
	level := slog.LevelDebug
	switch kind {
	case errs.Internal:
		level = slog.LevelError
	case errs.Unavailable:
		if !errors.Is(err, ErrGuess) {
			level = slog.LevelWarn // what we depend on, not we; and a caller may ask for what cannot be had
		}
	}
	w.failure = failure{id: id, kind: kind.Name()}
	if level == slog.LevelDebug {
		w.failure.cause = cut(err.Error())
	}
	s.Log.Log(r.Context(), level, "request failed", "id", id, "method", r.Method, "path", r.URL.Path, "kind", kind.Name(), "error", err)
	if w.status != 0 {
		return // the answer has begun; the connection ends and the client sees it is cut
	}
	message := errs.Sentence(err)
	if message == "" {
		if kind == errs.Internal {
			message = "the portal could not do this; the cause is in its log under " + id
		} else {
			message = strings.ToLower(http.StatusText(kind.Status()))
		}
	}
	if kind == errs.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="portico"`)
	}
	if kind == errs.Unavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "2")
	}
	w.Header().Del("ETag")
	JSON(w, kind.Status(), ErrorBody{
		Error:    ErrorDetail{Name: kind.Name(), Message: s.Redact(message), ID: id, Remedy: s.Redact(errs.Remedy(err))},
		Request:  &ErrorRequest{Method: r.Method, URL: s.Redact(r.URL.RequestURI())},
		Response: ErrorResponse{StatusCode: kind.Status()},
	})
}

// cut bounds what a caller can make the log say.
func cut(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// ErrorBody is Backstage's error envelope, with an ID and a remedy of ours.
type ErrorBody struct {
	Error    ErrorDetail   `json:"error"`
	Request  *ErrorRequest `json:"request,omitempty"`
	Response ErrorResponse `json:"response"`
}

// ErrorDetail says what went wrong.
type ErrorDetail struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	ID      string `json:"id,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

// ErrorRequest repeats what was asked.
type ErrorRequest struct {
	Method string `json:"method"`
	URL    string `json:"url"`
}

// ErrorResponse repeats the status.
type ErrorResponse struct {
	StatusCode int `json:"statusCode"`
}

// NewErrorID names an error to people and in the log. It is short enough to read out: "51B0-7E21".
func NewErrorID() string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	s := strings.ToUpper(hex.EncodeToString(b[:]))
	return s[:4] + "-" + s[4:]
}

func (s *server) logRequest(r *http.Request, rec *recorder, caller string, start time.Time) {
	log := s.Log.Handler()
	if !log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	// Not through the logger, which would look for the line of code that logs: it is always this one.
	now := time.Now()
	line := slog.NewRecord(now, slog.LevelInfo, "request", 0)
	line.AddAttrs(
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", rec.status),
		slog.Int64("bytes", rec.bytes), slog.Int64("us", now.Sub(start).Microseconds()), slog.String("by", caller), slog.String("from", r.RemoteAddr))
	if rec.id != "" && rec.failure.id == "" {
		line.AddAttrs(slog.String("id", rec.id)) // in the audit log, too
	}
	if f := rec.failure; f.id != "" { // the id is what the answer shows
		line.AddAttrs(slog.String("error", f.id), slog.String("kind", f.kind))
		if f.cause != "" {
			line.AddAttrs(slog.String("cause", f.cause))
		}
	}
	_ = log.Handle(r.Context(), line) // nobody is left to tell when the log cannot be written
}
