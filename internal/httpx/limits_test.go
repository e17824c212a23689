package httpx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/errs"
)

// namedGate takes the token for the name of its bearer; "guess…" are not known.
type namedGate struct{}

func (namedGate) Admit(r *http.Request, a Access) (Caller, error) {
	token, sent := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch _, needed := a.Permission(); {
	case !sent:
		return Caller{Name: "user:default/guest", Ambient: true}, nil
	case !strings.HasPrefix(token, "guess"):
		return Caller{Name: "service:" + token}, nil
	case needed:
		return Caller{}, errs.New(errs.Unauthenticated, "this token is not known here")
	}
	return Caller{}, nil
}

func request(from, token string, headers ...string) *http.Request {
	r := httptest.NewRequest("GET", "http://localhost/x", nil)
	r.RemoteAddr = from
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// A caller that holds as much as it may have open is refused more; everybody else goes on, and so does it afterwards.
func TestOneCallerHoldsSoMuch(t *testing.T) {
	const stream = "text/event-stream"
	tests := []struct {
		name                string
		holds, again, other *http.Request
	}{
		{"requests of a service, from anywhere", request("192.0.2.1:1", "ci"), request("192.0.2.2:1", "ci"), request("192.0.2.1:1", "other")},
		{"streams of a service", request("192.0.2.1:1", "ci", "Accept", stream), request("192.0.2.1:2", "ci", "Accept", stream), request("192.0.2.1:1", "ci")},
		{"requests of a guest", request("192.0.2.1:1", ""), request("192.0.2.1:2", ""), request("192.0.2.2:1", "")},
		{"guests behind a proxy", request("10.0.0.1:1", "", "X-Forwarded-For", "192.0.2.1"), request("10.0.0.1:2", "", "X-Forwarded-For", "198.51.100.7, 192.0.2.1"), request("10.0.0.1:1", "", "X-Forwarded-For", "192.0.2.2")},
		{"whoever says to be a proxy, from a private address", request("192.168.0.1:1", "", "X-Forwarded-For", "192.0.2.8"), request("192.168.0.1:2", "", "X-Forwarded-For", "192.0.2.9"), request("192.168.0.2:1", "")},
		{"whoever says to be a proxy", request("192.0.2.1:1", "", "X-Forwarded-For", "192.0.2.8"), request("192.0.2.1:2", "", "X-Forwarded-For", "192.0.2.9"), request("192.0.2.2:1", "")},
		{"IPv6 of one subscriber", request("[2001:db8::1]:1", ""), request("[2001:db8::2]:1", ""), request("[2001:db8:0:1::1]:1", "")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inside, leave := make(chan struct{}), make(chan struct{})
			h, _ := serve(t, Options{Gate: namedGate{}, Limits: Limits{Requests: 2, Streams: 2}, Proxies: inside10}, Route{Pattern: "GET /x", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error {
				if r.Header.Get("Hold") != "" {
					inside <- struct{}{}
					<-leave
				}
				return ok(w, r)
			}})
			done := make(chan int)
			for range 2 {
				r := tt.holds.Clone(context.Background())
				r.Header.Set("Hold", "1")
				go func() { done <- get(h, r).Code }()
				<-inside
			}
			w := get(h, tt.again)
			if w.Code != 429 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "portico.limits.") {
				t.Errorf("a third got %d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
			}
			if w := get(h, tt.other); w.Code != 200 {
				t.Errorf("somebody else got %d: %s", w.Code, w.Body)
			}
			close(leave)
			for range 2 {
				if code := <-done; code != 200 {
					t.Errorf("who came first got %d", code)
				}
			}
			if w := get(h, tt.again); w.Code != 200 {
				t.Errorf("afterwards: got %d: %s", w.Code, w.Body)
			}
			for i := range h.(*server).gates.requests.shards {
				if n := len(h.(*server).gates.requests.shards[i].has) + len(h.(*server).gates.streams.shards[i].has); n > 0 {
					t.Errorf("%d callers are remembered who hold nothing", n)
				}
			}
		})
	}
}

// A handler that panics, or cuts its answer off, holds nothing afterwards.
func TestWhatEndsBadlyEnds(t *testing.T) {
	h, _ := serve(t, Options{Gate: namedGate{}, Limits: Limits{Requests: 1}},
		Route{Pattern: "GET /x", Access: read, Handler: ok}, Route{Pattern: "GET /panics", Access: read, Handler: func(http.ResponseWriter, *http.Request) error { panic("boom") }},
		Route{Pattern: "GET /cut", Access: read, Handler: func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) }})
	for range 3 {
		get(h, httptest.NewRequest("GET", "http://localhost/panics", nil))
		func() {
			defer func() { _ = recover() }() // as net/http does
			get(h, httptest.NewRequest("GET", "http://localhost/cut", nil))
		}()
	}
	if w := get(h, httptest.NewRequest("GET", "http://localhost/x", nil)); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestGuessesAreCounted(t *testing.T) {
	h, _ := serve(t, Options{Gate: namedGate{}, Limits: Limits{FailedSignIns: 3}, Proxies: inside10}, Route{Pattern: "GET /x", Access: read, Handler: ok}, Route{Pattern: "GET /open", Access: Public("test"), Handler: ok})
	now := time.Unix(1_000_000, 0)
	h.(*server).gates.guesses.now = func() time.Time { return now }
	want := func(what string, r *http.Request, code int) {
		t.Helper()
		if w := get(h, r); w.Code != code || code == 429 && (w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "backend.auth.externalAccess")) {
			t.Errorf("%s: got %d, want %d: %v %s", what, w.Code, code, w.Header(), w.Body)
		}
	}
	const a, b, proxy = "192.0.2.1:1", "192.0.2.2:1", "10.0.0.1:1"
	for range 50 {
		want("an old token, again and again", request(a, "guess-old"), 401)
	}
	want("a neighbour of the old token", request(a, "ci"), 200)
	open := request(a, "guess-1")
	open.URL.Path = "/open"
	want("a guess on a public route", open, 200)
	want("the last guess", request(a, "guess-2"), 401)
	want("one too many", request(a, "guess-3"), 429)
	want("a right one, when nobody listens any more", request(a, "ci"), 429)
	open = request(a, "ci")
	open.URL.Path = "/open"
	want("a right one on a public route", open, 429)
	want("a guest of that address", request(a, ""), 200)
	want("another address", request(b, "ci"), 200)
	now = now.Add(20 * time.Second)
	want("a third of a minute later", request(a, "ci"), 200)
	want("one guess came back", request(a, "guess-4"), 401)
	want("and no more", request(a, "guess-5"), 429)
	for i := range 30 {
		want("each from another client, says the proxy", request(proxy, "guess"+strings.Repeat("x", i), "X-Forwarded-For", "198.51.100."+string(rune('1'+i%9))+string(rune('0'+i/9))), 401)
	}
	through := func(token, client string) *http.Request {
		return request(proxy, token, "X-Forwarded-For", client)
	}
	want("one of these again, too many for the proxy", through("guess-y", "198.51.100.10"), 429)
	want("its neighbour with a right token that was not seen there", through("ci", "198.51.100.10"), 429)
	want("somebody else through the proxy", through("ci", "203.0.113.1"), 200)
	want("who errs once", through("guess-z", "203.0.113.1"), 401)
	want("and not again", through("guess-zz", "203.0.113.1"), 429)
	want("while the token goes on that is known from there", through("ci", "203.0.113.1"), 200)
	want("a guess at it from elsewhere", through("ci", "198.51.100.10"), 429)
	want("another one from there", through("other", "203.0.113.1"), 429)
	now = now.Add(time.Minute)
	want("a minute later", through("ci", "198.51.100.10"), 200)
}

func TestGuessersAreForgotten(t *testing.T) {
	g := newGuesses(3, newProxies(inside10, nil), time.Now)
	for i := range maxGuessers + 100 {
		g.failed(request(netAddr(i), "guess"))
		g.known(request(netAddr(i), "ci"))
	}
	if len(g.of) > maxGuessers || len(g.good) > maxGuessers {
		t.Errorf("%d addresses and %d holders are remembered", len(g.of), len(g.good))
	}
}

func netAddr(i int) string {
	return net.JoinHostPort(net.IPv4(172, byte(i>>16), byte(i>>8), byte(i)).String(), "1")
}

// serveOn runs the handler on a real socket, with deadlines that a test can wait for.
func serveOn(t *testing.T, routes ...Route) net.Conn {
	t.Helper()
	const within = 100 * time.Millisecond
	g := new(Registry)
	g.Add(routes...)
	log := slog.New(slog.DiscardHandler)
	h, err := g.Handler(Options{Gate: openGate{}, Log: log, bodyWithin: within, pieceWithin: within, Fallback: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(h)
	srv.Config = NewServer(h, log)
	srv.Config.WriteTimeout = within
	srv.Start()
	t.Cleanup(srv.Close)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// A body that comes a byte at a time and stops ends the connection, whoever would have read it.
func TestSlowBodies(t *testing.T) {
	decodes := Route{Pattern: "POST /x", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error {
		var v map[string]any
		if err := Decode(r, &v); err != nil {
			return err
		}
		return ok(w, r)
	}}
	for _, tt := range []struct{ name, path, want string }{
		{"a handler that reads it", "/x", "did not arrive within 100ms"},
		{"no route", "/api/nothing", ""},
		{"the pages", "/", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn := serveOn(t, decodes)
			if _, err := io.WriteString(conn, "POST "+tt.path+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"a\""); err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(conn) // ends when the server ends the connection
			if err != nil && !strings.Contains(err.Error(), "reset") {
				t.Fatal(err)
			}
			if !strings.Contains(string(all), tt.want) || tt.want != "" && !strings.Contains(string(all), "400 Bad Request") {
				t.Errorf("got %q", all)
			}
		})
	}
}

// timed is a response that remembers its deadlines.
type timed struct {
	*httptest.ResponseRecorder
	reads, writes []time.Time
	pieces        []int
}

func (d *timed) SetReadDeadline(t time.Time) error  { d.reads = append(d.reads, t); return nil }
func (d *timed) SetWriteDeadline(t time.Time) error { d.writes = append(d.writes, t); return nil }
func (d *timed) Write(p []byte) (int, error) {
	d.pieces = append(d.pieces, len(p))
	return d.ResponseRecorder.Write(p)
}

// A body that arrived in time gives its handler all the time that it needs: with the deadline left in place, net/http
// would take the client for gone once it passes.
func TestABodyInTimeIsNoDeadline(t *testing.T) {
	h, _ := serve(t, Options{Gate: openGate{}}, Route{Pattern: "POST /x", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error {
		if _, err := io.ReadAll(r.Body); err != nil {
			return err
		}
		if d := w.(*recorder).ResponseWriter.(*timed); len(d.reads) != 2 || d.reads[0].IsZero() || !d.reads[1].IsZero() {
			t.Errorf("deadlines for the body: %v", d.reads)
		}
		return ok(w, r)
	}})
	w := &timed{ResponseRecorder: httptest.NewRecorder()}
	if h.ServeHTTP(w, httptest.NewRequest("POST", "/x", strings.NewReader("{}"))); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// A client that takes a long answer slowly gets all of it: the deadline is for a piece.
func TestLongAnswersGoInPieces(t *testing.T) {
	w := &timed{ResponseRecorder: httptest.NewRecorder()}
	rec := &recorder{ResponseWriter: w}
	n, err := rec.Write(make([]byte, 5*pieceSize+1))
	if err != nil || n != 5*pieceSize+1 || rec.bytes != int64(n) || w.Body.Len() != n {
		t.Errorf("wrote %d, %v; %d arrived", n, err, w.Body.Len())
	}
	if len(w.pieces) != 6 || len(w.writes) != 5 { // the first has the server's
		t.Errorf("pieces %v with %d deadlines", w.pieces, len(w.writes))
	}
}

// Nobody keeps a handler by not reading what it answers: not one large piece, not a stream of small ones, and not many
// small answers one after the other.
func TestUnreadAnswers(t *testing.T) {
	ended := make(chan error, 1)
	large := make([]byte, 64<<20)
	answers := map[string]HandlerFunc{
		"one large answer": func(w http.ResponseWriter, _ *http.Request) error {
			_, err := w.Write(large)
			ended <- err
			return nil
		},
		"a stream": func(w http.ResponseWriter, r *http.Request) error {
			out := StreamFor(w, r)
			for {
				if _, err := out.Write(large[:1000]); err != nil {
					ended <- err
					return nil
				}
			}
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			conn := serveOn(t, Route{Pattern: "GET /x", Access: read, Handler: answer})
			if _, err := io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if err := <-ended; err == nil {
				t.Error("it was written to nobody")
			}
		})
	}
	t.Run("many small answers", func(t *testing.T) {
		conn := serveOn(t, Route{Pattern: "GET /x", Access: read, Handler: func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = w.Write(large[:100<<10])
			return nil
		}})
		go func() {
			for {
				if _, err := io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
					ended <- err // the server ended the connection
					return
				}
			}
		}()
		<-ended
	})
}

// What the reader of an error is shown leads to the line of the request, which alone has the cause.
func TestErrorsAreFoundInTheLog(t *testing.T) {
	h, log := serve(t, Options{Gate: openGate{}}, Route{Pattern: "GET /x", Access: read, Handler: func(http.ResponseWriter, *http.Request) error {
		return errs.Public(errs.Invalid, "the query cannot be used", errors.New("parser: state 7"))
	}})
	w := get(h, httptest.NewRequest("GET", "/x", nil))
	if strings.Contains(w.Body.String(), "state 7") {
		t.Errorf("the cause left the process: %s", w.Body)
	}
	_, id, _ := strings.Cut(w.Body.String(), `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "level=INFO") && strings.Contains(line, "msg=request ") && strings.Contains(line, "error="+id+" kind=InputError") && strings.Contains(line, "state 7") {
			return
		}
	}
	t.Errorf("no line of a request has %s: %s", id, log)
}

func TestCORS(t *testing.T) {
	c := CORS{Origins: []string{"http://localhost:3000", "https://*.example.com"}, Methods: []string{"GET", "POST"}, ExposedHeaders: []string{"Portico-Revision"}, Credentials: true, MaxAge: 600}
	h, _ := serve(t, Options{Gate: openGate{}, CORS: c}, Route{Pattern: "GET /api/x", Access: read, Handler: ok}, Route{Pattern: "GET /x", Access: read, Handler: ok})
	tests := []struct {
		name, method, path, origin, asks string
		wantCode                         int
		wantOrigin                       string
	}{
		{"the origin", "GET", "/api/x", "http://localhost:3000", "", 200, "http://localhost:3000"},
		{"below the domain", "GET", "/api/x", "https://a.b.example.com", "", 200, "https://a.b.example.com"},
		{"the domain itself", "GET", "/api/x", "https://example.com", "", 200, ""},
		{"a domain that ends alike", "GET", "/api/x", "https://badexample.com", "", 200, ""},
		{"another scheme", "GET", "/api/x", "http://a.example.com", "", 200, ""},
		{"another port", "GET", "/api/x", "http://localhost:3001", "", 200, ""},
		{"no origin", "GET", "/api/x", "", "", 200, ""},
		{"null", "GET", "/api/x", "null", "", 200, ""},
		{"not the API", "GET", "/x", "http://localhost:3000", "", 200, ""},
		{"asked beforehand", "OPTIONS", "/api/x", "http://localhost:3000", "POST", 204, "http://localhost:3000"},
		{"asked by a stranger", "OPTIONS", "/api/x", "https://evil.example", "POST", 404, ""},
		{"not asked", "OPTIONS", "/api/x", "http://localhost:3000", "", 404, "http://localhost:3000"},
		{"an error", "GET", "/api/nothing", "http://localhost:3000", "", 404, "http://localhost:3000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			for name, v := range map[string]string{"Origin": tt.origin, "Access-Control-Request-Method": tt.asks, "Access-Control-Request-Headers": "authorization"} {
				if v != "" {
					r.Header.Set(name, v)
				}
			}
			w := get(h, r)
			got := w.Header()
			if w.Code != tt.wantCode || got.Get("Access-Control-Allow-Origin") != tt.wantOrigin || (got.Get("Access-Control-Allow-Credentials") == "true") != (tt.wantOrigin != "") {
				t.Errorf("got %d %v", w.Code, got)
			}
			if strings.HasPrefix(tt.path, "/api/") && !strings.Contains(strings.Join(got.Values("Vary"), ","), "Origin") {
				t.Errorf("Vary is %q", got.Values("Vary"))
			}
			if tt.wantCode == 204 && (got.Get("Access-Control-Allow-Methods") != "GET, POST" || got.Get("Access-Control-Allow-Headers") != "authorization" || got.Get("Access-Control-Max-Age") != "600") {
				t.Errorf("got %v", got)
			}
		})
	}
	off, _ := serve(t, Options{Gate: openGate{}}, Route{Pattern: "GET /api/x", Access: read, Handler: ok})
	r := httptest.NewRequest("GET", "/api/x", nil)
	r.Header.Set("Origin", "http://localhost:3000")
	if w := get(off, r); w.Header().Get("Access-Control-Allow-Origin") != "" || w.Header().Get("Vary") != "" {
		t.Errorf("without a configuration: %v", w.Header())
	}
}

func TestSignInsOfAnAddress(t *testing.T) {
	h, _ := serve(t, Options{Gate: openGate{}, Limits: Limits{SignIns: 3}, Proxies: inside10},
		Route{Pattern: "GET /start", Access: read, SignsIn: true, Handler: ok}, Route{Pattern: "GET /other", Access: read, Handler: ok})
	from := func(path, peer string, said ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = peer
		for _, s := range said {
			r.Header.Set("X-Forwarded-For", s)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for i := range 5 {
		want := 200
		if i >= 3 {
			want = 429
		}
		if w := from("/start", fmt.Sprintf("[2001:db8::%x]:1", i+1)); w.Code != want || want == 429 && w.Header().Get("Retry-After") == "" {
			t.Errorf("sign-in %d of 64 bits: status %d, want %d", i+1, w.Code, want)
		}
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"its neighbour": from("/start", "[2001:db8:0:1::1]:1"), "what begins none": from("/other", "[2001:db8::1]:1"), "a browser behind a proxy": from("/start", "10.0.0.1:1", "203.0.113.5"),
	} {
		if w.Code != 200 {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
	// Whoever comes through a proxy from many addresses uses up theirs, and nobody else's.
	for i := range 100 * widely {
		if w := from("/start", "10.0.0.2:1", fmt.Sprintf("203.0.%d.%d", 113+i/250, 1+i%250)); w.Code != 200 {
			t.Fatalf("the %d. of many through a proxy: status %d", i+1, w.Code)
		}
	}
	for i := range 5 {
		want := 200
		if i >= 3 {
			want = 429
		}
		if w := from("/start", "10.0.0.2:1", fmt.Sprintf("203.0.99.%d, 198.51.100.7", i)); w.Code != want {
			t.Errorf("sign-in %d of one who makes up where they come from: status %d, want %d", i+1, w.Code, want)
		}
		if w := from("/start", "198.51.100.8:1", fmt.Sprintf("203.0.98.%d", i)); w.Code != want {
			t.Errorf("sign-in %d of one who says to be a proxy: status %d, want %d", i+1, w.Code, want)
		}
	}
	if w := from("/start", "10.0.0.2:1", "198.51.100.9"); w.Code != 200 {
		t.Errorf("their neighbour: status %d", w.Code)
	}
}

// A page elsewhere cannot use up what its visitor's address may begin: what it has the browser ask for begins nothing.
func TestSignInsOfAVisitor(t *testing.T) {
	h, _ := serve(t, Options{Gate: openGate{}, Limits: Limits{SignIns: 3}, Proxies: inside10}, Route{Pattern: "GET /start", Access: Public("test"), SignsIn: true, Handler: ok})
	begin := func(headers ...string) int {
		r := httptest.NewRequest("GET", "http://localhost/start", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return get(h, r).Code
	}
	const dest = "Sec-Fetch-Dest"
	for range 10 {
		for _, from := range []string{"image", "iframe", "frame", "fencedframe", "object", "embed", "script", "style", "empty", "video", "font", "Document", "anything"} {
			if code := begin(dest, from, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"); code != 403 {
				t.Fatalf("%s: status %d", from, code)
			}
		}
		for _, ahead := range [][2]string{{"Sec-Purpose", "prefetch"}, {"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}} {
			if code := begin(dest, "document", ahead[0], ahead[1]); code != 403 {
				t.Fatalf("%v: status %d", ahead, code)
			}
		}
	}
	for name, headers := range map[string][]string{
		"a person, or a window that a page opens": {dest, "document", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, "a program": nil, "a person again": {dest, "document"},
	} {
		if code := begin(headers...); code != 200 {
			t.Errorf("%s: status %d", name, code)
		}
	}
	if code := begin(dest, "document"); code != 429 {
		t.Errorf("past the most: status %d", code)
	}
}

// A route may answer by itself that something was asked for too often; what it leaves is answered as ever.
func TestTooManyInOnesOwnWords(t *testing.T) {
	own := func(w http.ResponseWriter, r *http.Request, err error) error {
		if r.Header.Get("Accept") != "text/html" {
			return err
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
		return nil
	}
	reached := 0
	h, _ := serve(t, Options{Gate: openGate{}, Limits: Limits{SignIns: 1}}, Route{Pattern: "GET /start", Access: Public("test"), SignsIn: true, TooMany: own, Handler: func(w http.ResponseWriter, r *http.Request) error {
		reached++
		return ok(w, r)
	}}, Route{Pattern: "GET /full", Access: Public("test"), TooMany: own, Handler: func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.TooMany, "it is full")
	}}, Route{Pattern: "GET /away", Access: Public("test"), TooMany: own, Handler: func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.Unavailable, "it is away")
	}})
	for _, tt := range []struct {
		path, accept string
		code         int
	}{{"/start", "text/html", 200}, {"/start", "text/html", 302}, {"/start", "", 429}, {"/full", "text/html", 302}, {"/full", "", 429}, {"/away", "text/html", 503}} {
		r := httptest.NewRequest("GET", "http://localhost"+tt.path, nil)
		r.Header.Set("Accept", tt.accept)
		if w := get(h, r); w.Code != tt.code || (w.Header().Get("Location") == "/elsewhere") != (tt.code == 302) {
			t.Errorf("%s for %q: %d %v, want %d", tt.path, tt.accept, w.Code, w.Header(), tt.code)
		}
	}
	if reached != 1 {
		t.Errorf("the handler ran %d times", reached)
	}
}

func TestNetwork(t *testing.T) {
	for peer, want := range map[string]string{
		"192.0.2.7:1": "192.0.2.7", "[2001:db8::7]:1": "2001:db8::/64", "[fe80::1%eth0]:1": "fe80::/64", "[::ffff:192.0.2.7]:1": "192.0.2.7", "": "invalid IP",
	} {
		if got := Network(&http.Request{RemoteAddr: peer}); got != want {
			t.Errorf("%q is of %q, want %q", peer, got, want)
		}
	}
}
