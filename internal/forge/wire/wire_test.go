package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/outbound"
)

func TestChecks(t *testing.T) {
	type check func(string) bool
	kept := func(f func(string) string) check { return func(s string) bool { return f(s) == s && s != "" } }
	tests := []struct {
		name      string
		is        check
		good, bad []string
	}{
		{"name", IsName, []string{"a", "A.b_c-9", ".github", strings.Repeat("a", 255)},
			[]string{"", ".", "..", "-", "a/b", "a b", "a\n", "ä", "a%2e", `a\b`, "https:", strings.Repeat("a", 256)}},
		{"path", func(s string) bool { return IsPath(s, 2) }, []string{"a/b", "a/b/c"}, []string{"a", "", "/a/b", "a/b/", "a//b", "a/../b", "a/./b", strings.Repeat("a/", 25) + "a"}},
		{"branch", kept(Branch), []string{"main", "feature/x-1"}, []string{"", "-x", "--upload-pack=x", "a..b", "a b", "a\x00", "/a", "a/", "a.lock", "a;b"}},
		{"commit", kept(Commit), []string{strings.Repeat("a", 40), strings.Repeat("b", 64)}, []string{"", "abc", strings.Repeat("0", 40), strings.Repeat("g", 40), "-" + strings.Repeat("a", 39)}},
		{"address", kept(Address), []string{"https://a.example/x?y", "http://127.0.0.1:3000"},
			[]string{"", "/x", "//a/b", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://me:pass@a.example", "https://a.example/\n", "https://a b", "ftp://a"}},
		{"mail", kept(Mail), []string{"a@b.example"}, []string{"", "a", "@b", "a@", "a@b\nBcc: c", "<a@b>", "a@b,c@d", "a b@c"}},
		{"file", IsFile, []string{"a", "a/b.yaml", ".github/CODEOWNERS"}, []string{"", ".", "..", "../a", "/a", "a/../b", "a\x00b", "a\nb", "a//b", strings.Repeat("a", 1001)}},
	}
	for _, tt := range tests {
		for _, s := range tt.good {
			if !tt.is(s) {
				t.Errorf("%q is no %s", s, tt.name)
			}
		}
		for _, s := range tt.bad {
			if tt.is(s) {
				t.Errorf("%q is a %s", s, tt.name)
			}
		}
	}
}

func TestText(t *testing.T) {
	tests := []struct {
		in   string
		most int
		want string
	}{
		{"a\x00b\x1b[31m\u0085c", 100, "ab[31mc"},
		{" a\nb\tc ", 100, "a\nb\tc"},
		{"a\xffb", 100, "ab"},
		{"äöü", 4, "äö"},
		{"äöü", 3, "ä"},
		{strings.Repeat("ä", 100), 5, "ää"},
		{strings.Repeat("\x00", 1000) + "a", 5, ""},
	}
	for _, tt := range tests {
		if got := Text(tt.in, tt.most); got != tt.want {
			t.Errorf("%q in %d bytes is %q, not %q", tt.in, tt.most, got, tt.want)
		}
	}
	if got := Line(" a\n\tb ", 10); got != "a b" {
		t.Errorf("a line is %q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x00ä\xff", 3)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = min(max(most, 0), 1000)
		got := Text(s, most)
		if len(got) > most || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b\r") || Text(got, most) != got {
			t.Fatalf("%q in %d bytes is %q", s, most, got)
		}
	})
}

func TestNumber(t *testing.T) {
	for in, want := range map[string]Number{`7`: 7, `"9007199254740993"`: 9007199254740993, `null`: 0} {
		var n Number
		if err := json.Unmarshal([]byte(in), &n); err != nil || n != want {
			t.Errorf("%s is %d: %v", in, n, err)
		}
	}
	for _, in := range []string{`"x"`, `1.5`, `true`, `{}`, `"99999999999999999999"`} {
		if err := json.Unmarshal([]byte(in), new(Number)); err == nil {
			t.Errorf("%s is a number", in)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// waits is what a budget in the transport may refuse with.
type waits struct{}

func (waits) Error() string          { return "the budget is spent" }
func (waits) RetryIn() time.Duration { return time.Minute }

func TestErrorsOfTheTransport(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want errs.Kind
		says string
	}{
		{"a guard refuses", errs.New(errs.Forbidden, "no rule opens the host"), errs.Forbidden, "no rule opens the host"},
		{"a budget is spent", waits{}, errs.Unavailable, "no request to api.example may be made now"},
		{"too late", context.DeadlineExceeded, errs.Unavailable, "did not answer in time"},
		{"nobody there", io.ErrUnexpectedEOF, errs.Unavailable, "does not answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, tt.err })}, "https://api.example/v1", "", nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Get(t.Context(), "/x?secret=of-the-query", nil)
			if !errs.Is(err, tt.want) || !strings.Contains(errs.Sentence(err), tt.says) || strings.Contains(err.Error(), "of-the-query") {
				t.Errorf("%v (%s)", err, errs.KindOf(err).Name())
			}
			var w interface{ RetryIn() time.Duration }
			if tt.name == "a budget is spent" && (!errors.As(err, &w) || w.RetryIn() != time.Minute) {
				t.Errorf("when to try again is lost in %v", err)
			}
		})
	}
	c, err := New(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return nil, r.Context().Err() })}, "https://api.example", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, "/x", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("who went away is told %v", err)
	}
}

func TestStatus(t *testing.T) {
	reset := fmt.Sprint(time.Now().Add(10 * time.Minute).Unix())
	tests := []struct {
		status int
		header map[string]string
		want   errs.Kind
		wait   bool
	}{
		{status: 400, want: errs.Invalid}, {status: 401, want: errs.Forbidden}, {status: 403, want: errs.Forbidden}, {status: 404, want: errs.NotFound},
		{status: 409, want: errs.Conflict}, {status: 410, want: errs.NotFound}, {status: 422, want: errs.Invalid}, {status: 301, want: errs.Unavailable},
		{status: 307, want: errs.Unavailable}, {status: 500, want: errs.Unavailable}, {status: 503, header: map[string]string{"Retry-After": "30"}, want: errs.Unavailable, wait: true},
		{status: 429, header: map[string]string{"Retry-After": "30"}, want: errs.Unavailable, wait: true},
		{status: 403, header: map[string]string{"Retry-After": "30"}, want: errs.Unavailable, wait: true},
		{status: 429, header: map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": reset}, want: errs.Unavailable, wait: true},
		{status: 403, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, want: errs.Unavailable, wait: true},
	}
	for _, tt := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range tt.header {
				w.Header().Set(k, v)
			}
			w.Header().Set("Location", "http://169.254.169.254/")
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, `{"message":"not for\u001b the public"}`)
		}))
		c, err := New(server.Client(), server.URL, "integrations.x[0]", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Get(t.Context(), "/x", nil)
		var status *outbound.StatusError
		if !errs.Is(err, tt.want) || !errors.As(err, &status) || status.Status != tt.status || status.RetryIn() > 0 != tt.wait {
			t.Errorf("%d: %v (%s)", tt.status, err, errs.KindOf(err).Name())
		}
		if !strings.Contains(err.Error(), "not for the public") || strings.Contains(errs.Sentence(err), "not for") {
			t.Errorf("%d: what the host says is for the log alone: %q, %q", tt.status, err, errs.Sentence(err))
		}
		server.Close()
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	tests := []struct {
		header map[string]string
		want   time.Duration
	}{
		{map[string]string{}, 0},
		{map[string]string{"Retry-After": "999999999"}, time.Hour},
		{map[string]string{"Retry-After": "-5"}, 0},
		{map[string]string{"Retry-After": "x"}, 0},
		{map[string]string{"Retry-After": now.Add(90 * time.Second).UTC().Format(http.TimeFormat)}, 90 * time.Second},
		{map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "1000060"}, time.Minute},
		{map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "9223372036854775807"}, time.Hour},
		{map[string]string{"RateLimit-Remaining": "1", "RateLimit-Reset": "1000060"}, 0},
	}
	for _, tt := range tests {
		h := http.Header{}
		for k, v := range tt.header {
			h.Set(k, v)
		}
		if got := RetryAfter(h, now); got != tt.want {
			t.Errorf("%v: %v, not %v", tt.header, got, tt.want)
		}
	}
}

func TestCheckChange(t *testing.T) {
	good := func() forge.Change {
		return forge.Change{Repository: "quay/app", Base: "main", Branch: "portico/x", Title: "x", Files: []forge.ChangedFile{{Path: "a"}}}
	}
	if err := CheckChange(good()); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		edit func(*forge.Change)
		want errs.Kind
	}{
		{"no title", func(c *forge.Change) { c.Title = "\x00 " }, errs.Invalid},
		{"no files", func(c *forge.Change) { c.Files = nil }, errs.Invalid},
		{"a file twice", func(c *forge.Change) { c.Files = append(c.Files, c.Files[0]) }, errs.Invalid},
		{"a file of git", func(c *forge.Change) { c.Files[0].Path = ".GIT/hooks/x" }, errs.Invalid},
		{"many files", func(c *forge.Change) { c.Files = make([]forge.ChangedFile, 51) }, errs.TooLarge},
		{"much", func(c *forge.Change) { c.Files[0].Data = make([]byte, 5<<20+1) }, errs.TooLarge},
		{"a base up the tree", func(c *forge.Change) { c.Base = "../x" }, errs.Invalid},
	}
	for _, tt := range tests {
		c := good()
		tt.edit(&c)
		if err := CheckChange(c); !errs.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
