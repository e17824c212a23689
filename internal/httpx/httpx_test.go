package httpx

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/errs"
)

type openGate struct{ ambient bool }

func (g openGate) Admit(*http.Request, Access) (Caller, error) {
	return Caller{Name: "user:default/ana", Ambient: g.ambient}, nil
}

type closedGate struct{ err error }

func (g closedGate) Admit(_ *http.Request, a Access) (Caller, error) {
	if _, needed := a.Permission(); needed {
		return Caller{}, g.err
	}
	return Caller{}, nil
}

var read = Require(Permission{Name: "test.read", Action: "read"})

func serve(t *testing.T, o Options, routes ...Route) (http.Handler, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g := new(Registry)
	g.Add(routes...)
	h, err := g.Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	return h, &log
}

func get(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func ok(w http.ResponseWriter, _ *http.Request) error {
	JSON(w, http.StatusOK, map[string]string{"a": "<b>"})
	return nil
}

func TestBootRefuses(t *testing.T) {
	tests := []struct {
		name   string
		routes []Route
		want   string
	}{
		{"no rule", []Route{{Pattern: "GET /a", Handler: ok}}, "no access rule"},
		{"no handler", []Route{{Pattern: "GET /a", Access: read}}, "no handler"},
		{"a change that is not audited", []Route{{Pattern: "POST /a", Access: Require(Permission{Name: "x", Action: "create"}), Handler: ok}}, "says nothing of the audit log"},
		{"signed and for somebody", []Route{{Pattern: "GET /a", Access: read, Signed: true, Handler: ok}}, "it can be one of both"},
		{"no method", []Route{{Pattern: "/a", Access: read, Handler: ok}}, "METHOD /path"},
		{"only case apart", []Route{{Pattern: "GET /a/b", Access: read, Handler: ok}, {Pattern: "GET /a/B", Access: read, Handler: ok}}, "differ only in case"},
		{"only a name apart", []Route{{Pattern: "GET /a/{x}", Access: read, Handler: ok}, {Pattern: "GET /A/{y}", Access: read, Handler: ok}}, "differ only in case"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := new(Registry)
			g.Add(tt.routes...)
			_, err := g.Handler(Options{Gate: openGate{}, Log: slog.New(slog.DiscardHandler)})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error that says %q", err, tt.want)
			}
		})
	}
}

func TestErrorsBecomeTheEnvelope(t *testing.T) {
	tests := []struct {
		name    string
		err     error
		status  int
		errName string
		message string
		remedy  string
	}{
		{"invalid", errs.WithRemedy(errs.New(errs.Invalid, "limit must be a number"), "write 20"), 400, "InputError", "limit must be a number", "write 20"},
		{"not found, wrapped", errors.Join(errs.New(errs.NotFound, "no such thing")), 404, "NotFoundError", "no such thing", ""},
		{"internal text stays inside", errors.New("password=hunter2 at 10.0.0.1"), 500, "Error", "", ""},
		{"public over a private cause", errs.Public(errs.Unavailable, "the database does not answer", errors.New("dial tcp 10.0.0.1")), 503, "ServiceUnavailableError", "the database does not answer", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, log := serve(t, Options{Gate: openGate{}}, Route{Pattern: "GET /x", Access: read, Handler: func(http.ResponseWriter, *http.Request) error { return tt.err }})
			w := get(h, httptest.NewRequest("GET", "/x?q=1", nil))
			var body ErrorBody
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatalf("%v in %s", err, w.Body)
			}
			if w.Code != tt.status || body.Response.StatusCode != tt.status || body.Error.Name != tt.errName || body.Error.Remedy != tt.remedy {
				t.Errorf("got %d %+v", w.Code, body)
			}
			if tt.message != "" && body.Error.Message != tt.message {
				t.Errorf("message %q, want %q", body.Error.Message, tt.message)
			}
			if body.Request.URL != "/x?q=1" || body.Request.Method != "GET" {
				t.Errorf("request %+v", body.Request)
			}
			if strings.Contains(w.Body.String(), "10.0.0.1") {
				t.Errorf("internal text left the process: %s", w.Body)
			}
			if len(body.Error.ID) != 9 || !strings.Contains(log.String(), body.Error.ID) {
				t.Errorf("the log does not hold the ID %q: %s", body.Error.ID, log)
			}
		})
	}
}

func TestPathsAreText(t *testing.T) {
	h, _ := serve(t, Options{Gate: openGate{}}, Route{Pattern: "GET /x/{name}", Access: read, Handler: ok})
	for path, want := range map[string]int{"/x/%C3%A1": 200, "/x/a%00": 400, "/x/%ff": 400, "/x/%C3": 400} {
		if w := get(h, httptest.NewRequest("GET", path, nil)); w.Code != want {
			t.Errorf("%s: got %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
}

func TestPanicIsAnAnswer(t *testing.T) {
	h, log := serve(t, Options{Gate: openGate{}}, Route{Pattern: "GET /x", Access: read, Handler: func(http.ResponseWriter, *http.Request) error { panic("boom") }}, Route{Pattern: "GET /y", Access: read, Handler: ok})
	if w := get(h, httptest.NewRequest("GET", "/x", nil)); w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "boom") {
		t.Error("the log does not say what happened")
	}
	if w := get(h, httptest.NewRequest("GET", "/y", nil)); w.Code != 200 {
		t.Errorf("the next request got %d", w.Code)
	}
}

func TestAmbientCallersMustBeTheirOwn(t *testing.T) {
	tests := []struct {
		name    string
		method  string
		host    string
		headers map[string]string
		want    int
	}{
		{"read", "GET", "localhost:7007", nil, 200},
		{"read under a name that is not ours", "GET", "evil.example:7007", nil, 403},
		{"change from our page", "POST", "localhost:7007", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"change without any header", "POST", "localhost:7007", nil, 403},
		{"change from another site", "POST", "localhost:7007", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"change from a sibling", "POST", "localhost:7007", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"change from another origin", "POST", "localhost:7007", map[string]string{"Origin": "https://evil.example"}, 403},
		{"change from a null origin", "POST", "localhost:7007", map[string]string{"Origin": "null"}, 403},
		{"change from our origin", "POST", "localhost:7007", map[string]string{"Origin": "http://localhost:7007"}, 200},
		{"IPv6 loopback", "GET", "[::1]:7007", nil, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := serve(t, Options{Gate: openGate{ambient: true}, Hosts: Hosts{Names: []string{"localhost", "::1"}}}, Route{Pattern: "GET /x", Access: read, Handler: ok}, Route{Pattern: "POST /x", Access: read, Handler: ok})
			r := httptest.NewRequest(tt.method, "http://"+tt.host+"/x", nil)
			for k, v := range tt.headers {
				r.Header.Set(k, v)
			}
			if w := get(h, r); w.Code != tt.want {
				t.Errorf("got %d, want %d: %s", w.Code, tt.want, w.Body)
			}
		})
	}
	probe, _ := serve(t, Options{Gate: openGate{ambient: true}, Hosts: Hosts{Names: []string{"portal.example.com"}}}, Route{Pattern: "GET /x", Access: Public("probe"), Handler: ok}, Route{Pattern: "GET /y", Access: read, Handler: ok})
	for target, want := range map[string]int{"http://10.1.2.3:7007/x": 200, "http://[fd00::1]:7007/x": 200, "http://evil.example/x": 403, "http://10.1.2.3:7007/y": 403} {
		if w := get(probe, httptest.NewRequest("GET", target, nil)); w.Code != want {
			t.Errorf("%s: got %d, want %d", target, w.Code, want)
		}
	}
	signed, _ := serve(t, Options{Gate: openGate{ambient: true}, Hosts: Hosts{Names: []string{"localhost"}}}, Route{Pattern: "POST /x", Access: Public("signed"), Signed: true, Handler: ok}, Route{Pattern: "POST /y", Access: Public("not"), Handler: ok})
	for target, want := range map[string]int{"http://portal.internal/x": 200, "http://localhost/x": 200, "http://localhost/y": 403} {
		if w := get(signed, httptest.NewRequest("POST", target, nil)); w.Code != want {
			t.Errorf("%s, by a program of nobody: got %d, want %d", target, w.Code, want)
		}
	}
	addresses, _ := serve(t, Options{Gate: openGate{ambient: true}, Hosts: Hosts{Names: []string{"box"}, Addresses: true}}, Route{Pattern: "GET /x", Access: read, Handler: ok})
	for target, want := range map[string]int{"http://10.1.2.3:7007/x": 200, "http://[fd00::1]/x": 200, "http://box:7007/x": 200, "http://rebound.example:7007/x": 403, "http://10.1.2.3.example/x": 403} {
		if w := get(addresses, httptest.NewRequest("GET", target, nil)); w.Code != want {
			t.Errorf("%s, where any address will do: got %d, want %d", target, w.Code, want)
		}
	}
	h, _ := serve(t, Options{Gate: openGate{}, Hosts: Hosts{Names: []string{"localhost"}}}, Route{Pattern: "POST /x", Access: read, Handler: ok})
	if w := get(h, httptest.NewRequest("POST", "http://portal.internal/x", nil)); w.Code != 200 {
		t.Errorf("a token needs no such proof, got %d", w.Code)
	}
}

func TestRefusedBeforeTheHandler(t *testing.T) {
	called := false
	h, _ := serve(t, Options{Gate: closedGate{errs.New(errs.Unauthenticated, "nobody is signed in")}},
		Route{Pattern: "GET /x", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error { called = true; return ok(w, r) }}, Route{Pattern: "GET /open", Access: Public("test"), Handler: ok})
	w := get(h, httptest.NewRequest("GET", "/x", nil))
	if w.Code != 401 || called || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("got %d, called %t, %v", w.Code, called, w.Header())
	}
	if w := get(h, httptest.NewRequest("GET", "/open", nil)); w.Code != 200 {
		t.Errorf("public route got %d", w.Code)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	h, _ := serve(t, Options{Gate: openGate{}}, Route{Pattern: "GET /x", Access: read, Handler: ok})
	for _, path := range []string{"/x", "/api/nothing", "/.backstage/nothing"} {
		w := get(h, httptest.NewRequest("GET", path, nil))
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-cache",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	tests := []struct{ name, contentType, body, want string }{
		{"fine", "application/json", `{"a": 1}`, ""},
		{"no content type", "", `{"a": 1}`, ""},
		{"form", "application/x-www-form-urlencoded", `a=1`, "must be application/json"},
		{"empty", "application/json", ``, "empty"},
		{"unknown field", "application/json", `{"b": 1}`, `"b"`},
		{"wrong type", "application/json", `{"a": "x"}`, "the body's a must be a whole number, not string"},
		{"half a number", "application/json", `{"a": 1.5}`, "the body's a must be a whole number, not number 1.5"},
		{"no object", "application/json", `[1]`, "the body must be an object, not array"},
		{"cut off", "application/json", `{"a": `, "ends in the middle"},
		{"two values", "application/json", `{"a":1}{"a":2}`, "more than one"},
		{"too large", "application/json", `{"a": ` + strings.Repeat(" ", 200) + `1}`, "larger than 100 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := serve(t, Options{Gate: openGate{}, MaxBody: 100}, Route{Pattern: "POST /x", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error {
				var v struct {
					A int `json:"a"`
				}
				if err := Decode(r, &v); err != nil {
					return err
				}
				return ok(w, r)
			}})
			r := httptest.NewRequest("POST", "/x", strings.NewReader(tt.body))
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			w := get(h, r)
			if tt.want == "" {
				if w.Code != 200 {
					t.Errorf("got %d %s", w.Code, w.Body)
				}
				return
			}
			if w.Code < 400 || w.Code > 413 || !strings.Contains(strings.ReplaceAll(w.Body.String(), `\"`, `"`), tt.want) {
				t.Errorf("got %d %s, want %q", w.Code, w.Body, tt.want)
			}
		})
	}
}

func TestRawForCompresses(t *testing.T) {
	body := []byte(`["` + strings.Repeat("portico ", 500) + `"]`)
	h, _ := serve(t, Options{Gate: openGate{}}, Route{Pattern: "GET /x", Access: read, Handler: func(w http.ResponseWriter, r *http.Request) error {
		RawFor(w, r, 200, body)
		return nil
	}})
	plain := get(h, httptest.NewRequest("GET", "/x", nil))
	if plain.Header().Get("Content-Encoding") != "" || !bytes.Equal(plain.Body.Bytes(), body) {
		t.Error("a client that did not ask got something else")
	}
	r := httptest.NewRequest("GET", "/x", nil)
	r.Header.Set("Accept-Encoding", "br, gzip")
	w := get(h, r)
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(zr); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
}
