package security

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/testenv"
)

// A proof takes one guard out of the portal's source, for one run of the go command, and names the test that then fails.
// docs/dev/security.md has the same list for people.
type proof struct {
	guard    string
	file     string
	old, new string // old stands once in the file
	pkg      string // "" is this package
	test     string
}

var proofs = []proof{
	{"a permission is needed", "internal/identity/identity.go", "if needed && !p.May(perm) {", "if false && needed && !p.May(perm) {", "", "TestS3EveryRouteForEveryRole"},
	{"somebody is needed", "internal/identity/identity.go", "if p == nil {\n\t\tif !needed {", "if p == nil {\n\t\tif true {", "", "TestS19FreshStart"},
	{"a token is narrowed", "internal/identity/identity.go", "Within: restricted(t.Restrictions)", "Within: nil", "", "TestS3EveryRouteForEveryRole"},
	{"a guest behind a proxy only reads", "internal/identity/identity.go", "g.operator != nil && !forwarded(r.Header)", "g.operator != nil", "", "TestS3EveryRouteForEveryRole"},
	{"a session ends after a day", "internal/identity/session.go", "WHERE s.digest = $1 AND s.expires_at > now() AND s.seen_at > now() - $2::interval`, d[:], SessionIdle, seenEvery)", "WHERE s.digest = $1 AND s.seen_at > now() - $2::interval`, d[:], SessionIdle, seenEvery)", "", "TestS3EveryRouteForEveryRole"},
	{"a session ends unused", "internal/identity/session.go", "WHERE s.digest = $1 AND s.expires_at > now() AND s.seen_at > now() - $2::interval`, d[:], SessionIdle, seenEvery)", "WHERE s.digest = $1 AND s.expires_at > now() AND $2::interval IS NOT NULL`, d[:], SessionIdle, seenEvery)", "", "TestS3EveryRouteForEveryRole"},
	{"scripts cannot read the cookie", "internal/identity/session.go", "HttpOnly: true", "HttpOnly: false", "", "TestS9TheCookie"},
	{"a route has a rule", "internal/httpx/route.go", "case rt.Access == Access{}:", "case false && rt.Access == Access{}:", "", "TestS3NoRouteWithoutARule"},
	{"routes differ in more than case", "internal/httpx/route.go", "seen[key] = rt.Pattern", "delete(seen, key)", "", "TestS3NoRouteWithoutARule"},
	{"another site's request is refused", "internal/httpx/server.go", "if err := s.csrf.Check(r); err != nil {", "if err := s.csrf.Check(r); false {", "", "TestS9AnotherSiteChangesNothing"},
	{"a change says where it comes from", "internal/httpx/server.go", `if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {`, "if false {", "", "TestS9AnotherSiteChangesNothing"},
	{"the portal has its names", "internal/httpx/server.go", "!s.Hosts.any() && !s.Hosts.know(host)", "false && !s.Hosts.know(host)", "", "TestS20ForgedHost"},
	{"a stranger is not believed", "internal/httpx/limits.go", "len(said) > 0 && (addr.IsLoopback() || addr.IsPrivate())", "len(said) > 0", "", "TestS20ForgedProxyHeaders"},
	{"an address is judged", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestS6NothingForbiddenIsReached"},
	{"an address is judged, in sign-in", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestS6SignIn"},
	{"an address is judged, of a program's keys", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestS6KeysAndEnterprise"},
	{"an odd number is no host", "internal/outbound/rule.go", "if isNumber(last) {", "if false && isNumber(last) {", "", "TestS6OddNumbersAreNoHosts"},
	{"a secret is printed as none", "internal/config/redact.go", "if v.text == \"\" || slices.Contains(proxyCredentials, v.text) {", "if true {", "", "TestS8NoSecretComesOut"},
	{"every answer says what it may load", "internal/httpx/server.go", "\tsetSecurityHeaders(w.Header()) //", "\t//", "", "TestS7EveryAnswerIsHarmless"},
	{"an address that runs something is no link", "internal/catalog/entity/encode.go", "l.Kind != yaml.MappingNode || SafeURL(text(get(l, \"url\"))) {", "true || l.Kind != yaml.MappingNode {", "", "TestAdv_GHSA_7hv8_3fr9_j2hv"},
	{"a page says what it may load", "internal/app/ui.go", `w.Header().Set("Content-Security-Policy", h.csp(nonce))`, `_ = h.csp(nonce)`, "", "TestS7EveryAnswerIsHarmless"},
	{"a token is of this sign-in", "internal/identity/signin/oidc.go", "case !equal(id.Nonce, f.nonce()):", "case false && !equal(id.Nonce, f.nonce()):", "./internal/identity/signin", "TestBadFlows"},
	{"a sign-in is of this browser", "internal/identity/signin/flow.go", "digest = $1 AND browser = $2 AND", "digest = $1 AND $2::bytea IS NOT NULL AND", "./internal/identity/signin", "TestBadFlows"},
	{"an address is of who has it", "internal/identity/signin/oidc.go", "verified := bool(c.EmailVerified)", "verified := true || bool(c.EmailVerified)", "./internal/identity/signin", "TestBadFlows"},
	{"tokens are for people to make", "internal/identity/identity.go", "(p.Token == nil || !forPeople(perm))", "(true || !forPeople(perm))", "", "TestS3EveryRouteForEveryRole"},
	{"a program's token is no hand", "internal/identity/identity.go", "other.Token = &TokenInfo{Name: \"bearer\"}", "other.Token = nil", "", "TestS3EveryRouteForEveryRole"},
	{"a token has scopes", "internal/identity/tokens.go", "p.Within = within(got.Scopes)", "p.Within = func(httpx.Permission) bool { return true }", "", "TestS3EveryRouteForEveryRole"},
	{"a token ends", "internal/identity/tokens.go", " AND t.revoked_at IS NULL AND t.expires_at > now()`", " AND t.revoked_at IS NULL`", "", "TestS3EveryRouteForEveryRole"},
	{"a viewer stays out of the operators' rooms", "internal/identity/policy/shipped.cedar", "action in [Action::\"catalog.ingestion.read\", Action::\"portico.audit.read\", Action::\"portico.policy.read\"]", "false", "", "TestS3EveryRouteForEveryRole"},
	{"an owner removes what is theirs", "internal/identity/policy/shipped.cedar", "when { principal in resource.owners };", ";", "", "TestS3OnWhatSomebodyOwns"},
	{"what is hidden is not seen", "internal/catalog/guard.go", "\treturn h.Guard.Seen(ctx)\n", "\treturn nil\n", "./internal/catalog", "TestTwoWorlds"},
	{"who ends what let them in is told so", "internal/identity/session.go", "context.WithTimeout(context.WithoutCancel(ctx), lastsAtMost)", "context.WithTimeout(ctx, lastsAtMost)", "./internal/identity/me", "TestEndingOutlastsTheRequest"},
}

// aDay is how many guards are proved in one run of `make test`; `make security` proves all.
const aDay = 2

// S21: each guard has a test that fails without it.
func TestGuardsAreProved(t *testing.T) {
	list := proofs
	if os.Getenv("PORTICO_WALL") != "all" {
		from := int(time.Now().Unix()/86400) * aDay % len(proofs)
		list = append(list[from:len(list):len(list)], list[:from]...)[:aDay]
	}
	root := testenv.Repo(t)
	for _, p := range list {
		t.Run(p.guard, func(t *testing.T) {
			file := filepath.Join(root, filepath.FromSlash(p.file))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), p.old); n != 1 {
				t.Fatalf("%q stands %d times in %s: bring the proof in step with the guard", p.old, n, p.file)
			}
			dir := t.TempDir()
			without := filepath.Join(dir, "without.go")
			write(t, without, strings.Replace(string(text), p.old, p.new, 1))
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: without}})
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "overlay.json"), string(overlay))
			pkg := p.pkg
			if pkg == "" {
				pkg = "./test/security"
			}
			cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", filepath.Join(dir, "overlay.json"), "-vet=off", "-count=1", "-timeout=3m", "-run", "^"+p.test+"$", pkg)
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			switch {
			case err == nil:
				t.Errorf("without the guard %s still passes", p.test)
			case !strings.Contains(string(out), "--- FAIL: "+p.test):
				t.Errorf("without the guard %s does not run: %v\n%s", p.test, err, out)
			}
		})
	}
	count(t, "S21", "guards with a proof", len(proofs))
	count(t, "S21", "guards proved now", len(list))
}

// Every proof is told of in the docs, and its guard is where it says.
func TestGuardsAreListed(t *testing.T) {
	root := testenv.Repo(t)
	doc, err := os.ReadFile(filepath.Join(root, "docs", "dev", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range proofs {
		if !strings.Contains(string(doc), "| "+p.guard+" | `"+p.file+"` | `"+p.test+"` |") {
			t.Errorf("docs/dev/security.md has no row | %s | `%s` | `%s` |", p.guard, p.file, p.test)
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p.file)))
		if err != nil || strings.Count(string(text), p.old) != 1 {
			t.Errorf("%s: %q does not stand once in %s: %v", p.guard, p.old, p.file, err)
		}
	}
}
