package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"portico/internal/app/apptest"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// signInConfig has a provider that nobody asks: the tests sign people in at the database.
const signInConfig = `
auth:
  providers:
    oidc:
      development:
        metadataUrl: http://127.0.0.1:1/.well-known/openid-configuration
        clientId: portico
        clientSecret: a-secret-of-tests
        signIn: {resolvers: [{resolver: preferredUsernameMatchingUserEntityName, dangerouslyAllowSignInWithoutUserInCatalog: true}]}
portico: {reading: {allowPrivateHosts: ["127.0.0.1:1"]}}
`

// terminal is one person's, before a portal that runs.
type terminal struct {
	t    *testing.T
	pool *pg.Pool
	url  string
	home string
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	dsn := pgtest.DSN(t)
	pool, err := pg.Open(t.Context(), pg.Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	portal := apptest.Start(t, apptest.Setup{Texts: []string{signInConfig}, DSN: dsn, Log: slog.DiscardHandler})
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("PATH", "") // no browser opens
	return &terminal{t: t, pool: pool, url: portal.App.URL(), home: home}
}

// browser is a session of ann's.
func (m *terminal) browser() *http.Cookie {
	m.t.Helper()
	w := httptest.NewRecorder()
	s := &identity.Sessions{DB: m.pool}
	if err := s.Start(m.t.Context(), w, httptest.NewRequest("GET", "/", nil), identity.Account{
		Issuer: "https://idp.example", Subject: "ann", UserRef: "user:default/ann", DisplayName: "Ann", WithoutUser: true,
	}); err != nil {
		m.t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

// allow does what the page does that the command opened, and returns where it sends the browser, or the code.
func (m *terminal) allow(address string) (to, code string) {
	m.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, m.url+"/settings/login?") {
		m.t.Fatalf("the command opens %q", address)
	}
	q := u.Query()
	port := q.Get("port")
	if port == "" {
		port = "0"
	}
	body, err := json.Marshal(map[string]any{
		"name": "Portico CLI on " + q.Get("host"), "scopes": q["scope"], "days": 7, "challenge": q.Get("challenge"), "port": json.Number(port), "state": q.Get("state"),
	})
	if err != nil {
		m.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(m.t.Context(), "POST", m.url+"/api/portico/me/login", bytes.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(m.browser())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Redirect, Code string
		Error          any
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusCreated {
		m.t.Fatalf("consent got %d %+v %v", resp.StatusCode, answer, err)
	}
	return answer.Redirect, answer.Code
}

func (m *terminal) get(address string) (int, string) {
	m.t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

var printed = regexp.MustCompile(`http\S+/settings/login\S+`)

// login runs the command; act gets the address that it prints, and returns what is typed then.
func (m *terminal) login(act func(address string) string, args ...string) (code int, stdout, stderr string) {
	m.t.Helper()
	ctx, cancel := context.WithCancel(m.t.Context())
	defer cancel()
	said, saying := io.Pipe()
	typed, typing := io.Pipe()
	done := make(chan struct{})
	var heard bytes.Buffer
	go func() {
		defer close(done)
		acted := false
		piece := make([]byte, 4096)
		for {
			n, err := said.Read(piece)
			heard.Write(piece[:n])
			if address := printed.FindString(heard.String()); address != "" && !acted {
				acted = true
				go func() {
					acted := false
					defer func() {
						if !acted { // the test has failed: nobody will come
							cancel()
						}
					}()
					line := act(address)
					acted = true
					_, _ = io.WriteString(typing, line+"\n")
				}()
			}
			if err != nil {
				return
			}
		}
	}()
	var out bytes.Buffer
	root := newRootCommand()
	root.SetArgs(append([]string{"login"}, args...))
	root.SetIn(typed)
	root.SetOut(&out)
	root.SetErr(saying)
	if err := root.ExecuteContext(ctx); err != nil {
		code = exitError
		printError(saying, err)
	}
	_ = saying.Close()
	_ = typed.Close()
	<-done
	return code, out.String(), heard.String()
}

func (m *terminal) run(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(m.t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func (m *terminal) tokens() (live int) {
	m.t.Helper()
	if err := m.pool.QueryRow(m.t.Context(), `SELECT count(*) FROM identity_tokens WHERE revoked_at IS NULL`).Scan(&live); err != nil {
		m.t.Fatal(err)
	}
	return live
}

func TestLoginCommand(t *testing.T) {
	m := newTerminal(t)
	file := filepath.Join(m.home, "portico", "credentials.json")
	if code, _, stderr := m.run("whoami"); code != exitError || !strings.Contains(stderr, "you are signed in at no portal") {
		t.Errorf("before anything: exit %d, %s", code, stderr)
	}
	byBrowser := func(address string) string {
		to, _ := m.allow(address)
		u, err := url.Parse(to)
		if err != nil || u.Hostname() != "127.0.0.1" {
			t.Errorf("the browser is sent to %s", to)
		}
		// What others send meanwhile is not what it waits for: another state, path, method or name of the machine.
		q := u.Query()
		for name, address := range map[string]string{
			"another state": "http://" + u.Host + "/callback?" + url.Values{"code": q["code"], "state": {"guessed"}}.Encode(),
			"no state":      "http://" + u.Host + "/callback?" + url.Values{"code": q["code"]}.Encode(),
			"another path":  "http://" + u.Host + "/callback/x?" + u.RawQuery,
			"another name":  "http://localhost:" + u.Port() + "/callback?" + u.RawQuery,
		} {
			if status, _ := m.get(address); status != http.StatusNotFound {
				t.Errorf("%s: status %d, want 404", name, status)
			}
		}
		if status, text := m.get(to); status != http.StatusOK || !strings.Contains(text, "You are signed in") {
			t.Errorf("the browser is told %d %s", status, text)
		}
		return ""
	}
	code, stdout, stderr := m.login(byBrowser, "--url", m.url+"/")
	if code != exitOK || !strings.Contains(stdout, "Ann (user:default/ann) at "+m.url) || !strings.Contains(stdout, "catalog:read, catalog:write") {
		t.Fatalf("exit %d, %s%s", code, stdout, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var kept credentials
	if err := json.Unmarshal(text, &kept); err != nil || kept.URL != m.url || !strings.HasPrefix(kept.Token, "portico_") || kept.Expires.IsZero() {
		t.Errorf("kept is %s", text)
	}
	if strings.Contains(stdout+stderr, kept.Token) {
		t.Error("the token is printed")
	}
	for path, want := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700 | os.ModeDir} {
		if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode() != want {
			t.Errorf("%s has the mode %v (%v), want %v", path, st.Mode(), err, want)
		}
	}
	if code, stdout, _ := m.run("whoami", "--json"); code != exitOK || !strings.Contains(stdout, `"ref": "user:default/ann"`) {
		t.Errorf("whoami: exit %d, %s", code, stdout)
	}

	// A second login, over SSH, replaces the token, also in a file and a folder that were left open.
	if err := os.Chmod(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	byHand := func(address string) string {
		_, code := m.allow(address)
		return code
	}
	if code, stdout, stderr := m.login(byHand, "--no-browser", "--scope", "catalog:read"); code != exitOK {
		t.Fatalf("exit %d, %s%s", code, stdout, stderr)
	}
	if n := m.tokens(); n != 1 {
		t.Errorf("%d tokens hold after a second login, want 1", n)
	}
	if st, err := os.Stat(filepath.Dir(file)); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v (%v)", st.Mode(), err)
	}
	if code, _, stderr := m.login(func(string) string { return "something else" }, "--no-browser"); code != exitError || !strings.Contains(stderr, "not the code that the portal shows") {
		t.Errorf("a wrong code: exit %d, %s", code, stderr)
	}

	var said bytes.Buffer
	root := newRootCommand()
	root.SetArgs([]string{"login", "--no-browser"})
	root.SetIn(strings.NewReader(""))
	root.SetErr(&said)
	if err := root.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "the input ended before a code came") {
		t.Errorf("without anybody who types: %v", err)
	}

	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := m.run("whoami"); code != exitError || !strings.Contains(stderr, "may be read by others") {
		t.Errorf("a file that others may read: exit %d, %s", code, stderr)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := m.run("logout"); code != exitOK || !strings.Contains(stdout, "is revoked at "+m.url) {
		t.Errorf("logout: exit %d, %s%s", code, stdout, stderr)
	}
	if n := m.tokens(); n != 0 {
		t.Errorf("%d tokens hold after the logout", n)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is still there (%v)", err)
	}
}

// Where the portal does not answer, the token is kept, or it could not be revoked later.
func TestLogoutElsewhere(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	file, err := credentials{URL: "http://127.0.0.1:1", Token: "portico_x"}.write()
	if err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	if code := run(t.Context(), []string{"logout"}, &out, &said); code != exitError || !strings.Contains(said.String(), "no portal answers at http://127.0.0.1:1") {
		t.Errorf("exit %d, %s", code, said.String())
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the token is gone: %v", err)
	}
	if code := run(t.Context(), []string{"logout", "--local"}, &out, &said); code != exitOK {
		t.Errorf("exit %d, %s", code, said.String())
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is still there (%v)", err)
	}
}

func TestLoginRefuses(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer other.Close()
	other2 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	defer other2.Close()
	const nowhere = "http://127.0.0.1:1"
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nothing answers":       {[]string{"--url", nowhere, "--no-browser"}, exitError, "no portal answers at " + nowhere},
		"a page answers":        {[]string{"--url", other.URL, "--no-browser"}, exitError, "what answers at " + other.URL + " is no Portico"},
		"another API answers":   {[]string{"--url", other2.URL}, exitError, "what answers at " + other2.URL + " is no Portico"},
		"no days":               {[]string{"--url", nowhere, "--days", "0"}, exitUsage, "--days takes a number from 1 to 36500, not 0"},
		"days before today":     {[]string{"--url", nowhere, "--days=-3"}, exitUsage, "--days takes a number from 1 to 36500, not -3"},
		"days without an end":   {[]string{"--url", nowhere, "--days", "36501"}, exitUsage, "--days takes a number from 1 to 36500, not 36501"},
		"a hundred years":       {[]string{"--url", nowhere, "--days", "36500"}, exitError, "no portal answers at"},
		"no such scope":         {[]string{"--url", nowhere, "--scope", "catalog:reed"}, exitUsage, "there is no scope \"catalog:reed\"; there are catalog:read, "},
		"no token's permission": {[]string{"--url", nowhere, "--scope", "portico.token.manage"}, exitUsage, "there is no scope \"portico.token.manage\""},
		"a scope twice":         {[]string{"--url", nowhere, "--scope", "catalog:read,catalog:read"}, exitUsage, "is given twice"},
		"no scope":              {[]string{"--url", nowhere, "--scope", ""}, exitUsage, "--scope is empty"},
		"a permission":          {[]string{"--url", nowhere, "--scope", "catalog.entity.read"}, exitError, "no portal answers at"},
		"no address":            {nil, exitUsage, "--url is missing"},
		"no web address":        {[]string{"--url", "portico.example.com"}, exitUsage, "not \"portico.example.com\""},
		"a password in it":      {[]string{"--url", "https://a:b@portico.example.com"}, exitUsage, "takes the address of a portal"},
		"over a plain network":  {[]string{"--url", "http://portico.example.com"}, exitError, "is not encrypted"},
		"arguments":             {[]string{"https://portico.example.com"}, exitUsage, "takes no arguments"},
		"another scheme":        {[]string{"--url", "file:///etc/passwd"}, exitUsage, "takes the address of a portal"},
		"a name like this host": {[]string{"--url", "http://localhost.example.com"}, exitError, "is not encrypted"},
	} {
		var out, said bytes.Buffer
		if code := run(t.Context(), append([]string{"login"}, tt.args...), &out, &said); code != tt.code || !strings.Contains(said.String(), tt.want) {
			t.Errorf("%s: exit %d, want %d: %s", name, code, tt.code, said.String())
		}
		if strings.Contains(said.String(), "/settings/login") {
			t.Errorf("%s: an address is printed: %s", name, said.String())
		}
	}
	p, err := openPortal(other.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.whoami(t.Context(), "portico_x"); err == nil || !strings.Contains(err.Error(), "is no Portico") {
		t.Errorf("something else that answers: %v", err)
	}
}
