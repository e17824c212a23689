package signin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/testenv"
)

// A password of dex's own examples, and its bcrypt hash.
const (
	password = "password"
	hash     = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"
)

// startDex runs dex with two people until the test ends. It returns the issuer.
func startDex(t *testing.T, callback string) string {
	t.Helper()
	script := exec.CommandContext(t.Context(), filepath.Join(testenv.Repo(t), "scripts", "dex.sh"))
	script.Stderr = os.Stderr
	path, err := script.Output()
	if err != nil {
		t.Fatalf("dex cannot be built: %v", err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	issuer := "http://" + addr + "/dex"
	file := filepath.Join(t.TempDir(), "dex.yaml")
	text := fmt.Sprintf(`
issuer: %s
storage: {type: memory}
web: {http: %q}
oauth2: {skipApprovalScreen: true}
staticClients: [{id: portico, name: Portico, secret: a-secret-of-tests, redirectURIs: [%q]}]
enablePasswordDB: true
staticPasswords:
  - {email: ann@marrowby.example, hash: %q, username: ann, userID: "1001"}
  - {email: bob@elsewhere.example, hash: %q, username: bob, userID: "1002"}
`, issuer, addr, callback, hash, hash)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	dex := exec.Command(strings.TrimSpace(string(path)), "serve", file)
	dex.Stdout, dex.Stderr = &said, &said
	if err := dex.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = dex.Process.Kill()
		_ = dex.Wait()
		if t.Failed() {
			t.Logf("dex said:\n%s", said.String())
		}
	})
	until(t, "dex answers", func() bool {
		resp, err := http.Get(issuer + "/.well-known/openid-configuration")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	return issuer
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	apptest.Until(t, 30*time.Second, what, done)
}

const portalConfig = `
auth:
  providers:
    oidc:
      development:
        metadataUrl: %s/.well-known/openid-configuration
        clientId: portico
        clientSecret: a-secret-of-tests
        signIn: {resolvers: [{resolver: emailMatchingUserEntityProfileEmail}]%s}
backend:
  auth: {externalAccess: [{type: static, options: {token: of-the-operator, subject: operator}}]}
portico: {reading: {allowPrivateHosts: [%q]}}
catalog:
  rules: [{allow: [User]}]
  locations: [{type: file, target: ./people.yaml}]
`

const people = `
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {profile: {displayName: Ann of the Quay, email: ann@marrowby.example}, memberOf: [quay, group:harbour/pilots]}
`

// startPortal returns the address of a portal whose people sign in at dex, and the file that declares people. more is
// of its signIn.
func startPortal(t *testing.T, more string) (address, declares string) {
	t.Helper()
	l := apptest.Listen(t)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	address = "http://localhost:" + port // what the portal calls itself
	issuer := startDex(t, address+"/api/auth/oidc/handler/frame")
	host, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	return address, serve(t, l, fmt.Sprintf(portalConfig, issuer, more, host.Host), people)
}

// serve runs a portal at l until the test ends, and returns the file that declares people.
func serve(t *testing.T, l net.Listener, portal, people string) (declares string) {
	t.Helper()
	dir := t.TempDir()
	declares = filepath.Join(dir, "people.yaml")
	if err := os.WriteFile(declares, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	apptest.Start(t, apptest.Setup{Dir: dir, Texts: []string{portal}, Key: apptest.NewKey(), Listener: l})
	return declares
}

// session is what the portal says of who is signed in.
type session struct {
	SignedIn    bool
	Principal   struct{ Type, Ref, DisplayName string }
	Permissions []string
	Revision    int64
	SignIn      struct {
		Providers []struct{ ID, Title, URL string }
	}
}

type browser struct {
	*http.Client
	t       *testing.T
	address string
}

func newBrowser(t *testing.T, address string) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{&http.Client{Jar: jar, Timeout: 30 * time.Second}, t, address}
}

func (b *browser) do(method, address string, form url.Values) (at *url.URL, status int, body []byte) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if method == http.MethodPost {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.Request.URL, resp.StatusCode, body
}

func (b *browser) session() (s session) {
	b.t.Helper()
	_, _, body := b.do(http.MethodGet, b.address+"/api/portico/session", nil)
	if err := json.Unmarshal(body, &s); err != nil {
		b.t.Fatalf("%v in %s", err, body)
	}
	return s
}

// signIn goes to dex and fills in its form. It returns where that leads.
func (b *browser) signIn(email, password string) *url.URL {
	b.t.Helper()
	at, status, body := b.do(http.MethodGet, b.address+"/api/auth/oidc/start?redirectUrl="+url.QueryEscape("/catalog?kind=user"), nil)
	if !bytes.Contains(body, []byte(`name="password"`)) {
		b.t.Fatalf("no form at %s: %d %s", at, status, body)
	}
	at, _, _ = b.do(http.MethodPost, at.String(), url.Values{"login": {email}, "password": {password}})
	return at
}

func TestDex(t *testing.T) {
	address, _ := startPortal(t, "")
	ann := newBrowser(t, address)
	s := ann.session()
	if s.SignedIn || len(s.SignIn.Providers) != 1 || s.SignIn.Providers[0].URL != "/api/auth/oidc/start" {
		t.Fatalf("before anything the session is %+v", s)
	}
	if _, status, _ := ann.do(http.MethodGet, address+"/api/catalog/entities", nil); status != http.StatusUnauthorized {
		t.Errorf("without a session the catalog answers %d, want 401", status)
	}
	// Ann may sign in once the catalog has her.
	until(t, "dex and the catalog know Ann", func() bool {
		if at := ann.signIn("ann@marrowby.example", password); at.RequestURI() != "/catalog?kind=user" {
			t.Logf("not yet: %s", at)
			return false
		}
		return true
	})
	s = ann.session()
	if !s.SignedIn || s.Principal.Type != "user" || s.Principal.Ref != "user:default/ann" || s.Principal.DisplayName != "Ann of the Quay" {
		t.Errorf("the session is %+v", s)
	}
	for permission, want := range map[string]bool{
		"catalog.entity.read": true, "catalog.ingestion.read": true, "catalog.entity.refresh": true, "catalog.location.create": true,
		"catalog.ingestion.manage": false, "catalog.entity.delete": false, "catalog.location.delete": false,
	} {
		if got := strings.Contains(strings.Join(s.Permissions, " "), permission); got != want {
			t.Errorf("%s: %t, want %t", permission, got, want)
		}
	}
	if _, status, body := ann.do(http.MethodGet, address+"/api/catalog/entities/by-name/user/default/ann", nil); status != http.StatusOK {
		t.Errorf("signed in, the catalog answers %d %s", status, body)
	}

	wrong := newBrowser(t, address)
	if at := wrong.signIn("ann@marrowby.example", "guess"); !strings.Contains(at.Path, "/dex/") {
		t.Errorf("a wrong password leads to %s", at)
	}
	bob := newBrowser(t, address)
	if at := bob.signIn("bob@elsewhere.example", password); at.Path != "/sign-in" || at.Query().Get("error") != "unknown" {
		t.Errorf("somebody whom the catalog does not have is led to %s", at)
	}
	for name, b := range map[string]*browser{"a wrong password": wrong, "bob": bob} {
		if b.session().SignedIn {
			t.Errorf("%s is signed in", name)
		}
	}

	// The provider sends the browser to localhost; one that is at 127.0.0.1 begins again there.
	other := newBrowser(t, strings.Replace(address, "localhost", "127.0.0.1", 1))
	if at := other.signIn("ann@marrowby.example", password); at.RequestURI() != "/catalog?kind=user" || !strings.HasPrefix(at.Host, "localhost:") {
		t.Errorf("from 127.0.0.1 the way leads to %s", at)
	}

	token := ann.token()
	if status := bearing(t, http.MethodGet, address+"/api/catalog/entities", token); status != http.StatusOK {
		t.Errorf("her token opens %d", status)
	}
	if status := bearing(t, http.MethodDelete, address+"/api/catalog/entities/by-uid/none", token); status != http.StatusForbidden {
		t.Errorf("her token does more than she may: %d", status)
	}

	if _, status, body := ann.do(http.MethodPost, address+"/api/portico/session/end", nil); status != http.StatusNoContent {
		t.Errorf("signing out answers %d %s", status, body)
	}
	if ann.session().SignedIn {
		t.Error("Ann is still signed in")
	}
	if status := bearing(t, http.MethodGet, address+"/api/catalog/entities", token); status != http.StatusUnauthorized {
		t.Errorf("her token opens %d after she signed out", status)
	}
}

// token is what a page of the portal gets for Ann.
func (b *browser) token() string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.address+"/api/auth/oidc/refresh", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("X-Requested-With", "XMLHttpRequest")
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Profile           struct{ Email, DisplayName string }
		BackstageIdentity struct {
			Token    string
			Identity struct {
				UserEntityRef       string
				OwnershipEntityRefs []string
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%d, %v", resp.StatusCode, err)
	}
	slices.Sort(got.BackstageIdentity.Identity.OwnershipEntityRefs)
	if id := got.BackstageIdentity.Identity; id.UserEntityRef != "user:default/ann" || !slices.Equal(id.OwnershipEntityRefs, []string{"group:default/quay", "group:harbour/pilots", "user:default/ann"}) ||
		got.Profile.Email != "ann@marrowby.example" || got.Profile.DisplayName != "Ann of the Quay" {
		b.t.Errorf("Ann is %+v", got)
	}
	return got.BackstageIdentity.Token
}

// bearing is the status of a request with a token and nothing else.
func bearing(t *testing.T, method, address, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// Whom the resolvers do not find becomes a user where that was asked for: in the catalog at once, found again, gone when an
// operator removes them, and never somebody whom a source declares.
func TestDexMakesUsers(t *testing.T) {
	address, declares := startPortal(t, ", createUser: {enabled: true}")
	operator := func(method, path string, into any) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer of-the-operator")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if into != nil && json.Unmarshal(body, into) != nil {
			t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, body)
		}
		return resp.StatusCode
	}
	type user struct {
		Metadata struct {
			UID         string
			Description string
			Annotations map[string]string
		}
		Spec struct {
			MemberOf []string
			Profile  struct{ Email, DisplayName string }
		}
	}
	const path = "/api/catalog/entities/by-name/user/default/bob"
	refused := func(code string) {
		t.Helper()
		if at := newBrowser(t, address).signIn("bob@elsewhere.example", password); at.Path != "/sign-in" || at.Query().Get("error") != code {
			t.Errorf("bob is led to %s, want the error %s", at, code)
		}
	}
	until(t, "dex answers and the catalog is read", func() bool {
		var list []user
		return operator("GET", "/api/catalog/entities?filter=kind=user,metadata.name=ann", &list) == 200 && len(list) == 1
	})
	bob := newBrowser(t, address)
	if at := bob.signIn("bob@elsewhere.example", password); at.RequestURI() != "/catalog?kind=user" {
		t.Fatalf("bob is led to %s", at)
	}
	if s := bob.session(); s.Principal.Ref != "user:default/bob" || s.Principal.Type != "user" {
		t.Errorf("%+v", s)
	}
	var made user
	if status := operator("GET", path, &made); status != 200 || made.Spec.Profile.Email != "bob@elsewhere.example" || made.Spec.MemberOf == nil ||
		made.Metadata.Annotations["backstage.io/managed-by-origin-location"] != "sign-in:users" {
		t.Errorf("%d %+v", status, made)
	}
	again := newBrowser(t, address)
	again.signIn("bob@elsewhere.example", password)
	if s := again.session(); s.Principal.Ref != "user:default/bob" {
		t.Errorf("%+v", s)
	}
	var log struct {
		Items []struct{ Action, Actor, Target string }
	}
	operator("GET", "/api/portico/audit", &log)
	said := ""
	for _, r := range log.Items {
		said = r.Action + " " + r.Target + "\n" + said
	}
	if want := "identity.user.create user:default/bob\nidentity.session.start user:default/bob\nidentity.session.start user:default/bob\n"; said != want {
		t.Errorf("recorded:\n%s", said)
	}

	uid := made.Metadata.UID
	if status := operator("DELETE", "/api/catalog/entities/by-uid/"+uid, nil); status != http.StatusNoContent {
		t.Errorf("removing answers %d", status)
	}
	until(t, "bob is signed out", func() bool { return !bob.session().SignedIn && !again.session().SignedIn })
	refused("removed")
	if status := operator("POST", "/api/catalog/entities/by-uid/"+uid+"/restore", nil); status != http.StatusOK {
		t.Errorf("restoring answers %d", status)
	}
	bob.signIn("bob@elsewhere.example", password)
	if s := bob.session(); s.Principal.Ref != "user:default/bob" {
		t.Errorf("%+v", s)
	}

	real := people + "---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: bob, description: another Bob}\nspec: {memberOf: []}\n"
	if err := os.WriteFile(declares, []byte(real), 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, "the source's Bob is in the catalog", func() bool {
		var u user
		return operator("GET", path, &u) == 200 && u.Metadata.Description == "another Bob"
	})
	until(t, "bob is signed out", func() bool { return !bob.session().SignedIn })
	refused("taken")
}
