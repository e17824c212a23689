package security

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/testenv"
)

// A proof takes one guard out of the portal's source, for one run of the go command, and names the test that then fails.
// docs/dev/security.md has the same list for people.
type proof struct {
	guard    string
	file     string // several, with a ¶ between, have each its part of old and new
	old, new string // old stands once in the file; a guard of several places has them with a ¶ between
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
	{"another origin's page signs out, and no more", "internal/httpx/server.go", "h.route.FrontEnds && s.CORS.frontEnd(r)", "s.CORS.frontEnd(r)", "", "TestS9FrontEndsOfTheirOwn"},
	{"another origin is named as it is", "internal/httpx/cors.go", "slices.Contains(c.Origins, origin[0]) && !strings.Contains(origin[0], \"*\")", "c.allows(origin[0])", "", "TestS9FrontEndsOfTheirOwn"},
	{"another origin's script marks what it asks", "internal/httpx/cors.go", "len(mark) == 1 && mark[0] == \"XMLHttpRequest\"", "len(mark) < 9", "", "TestS9FrontEndsOfTheirOwn"},
	{"the portal has its names", "internal/httpx/server.go", "!s.Hosts.any() && !s.Hosts.know(host)", "false && !s.Hosts.know(host)", "", "TestS20ForgedHost"},
	{"a stranger is not believed", "internal/httpx/proxies.go", "if !p.believe(addr) {", "if false {", "", "TestS20ForgedProxyHeaders"},
	{"a neighbour is not believed", "internal/httpx/proxies.go", "if !p.believe(addr) {", "if !p.believe(addr) && !addr.IsPrivate() {", "", "TestS20ForgedProxyHeaders"},
	{"of what a proxy passes on, the client's part is not believed", "internal/httpx/proxies.go", "if addr = a; !p.believe(a) {", "if addr = a; false {", "", "TestS20ForgedProxyHeaders"},
	{"an address is judged", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestS6NothingForbiddenIsReached"},
	{"an address is judged, in sign-in", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestS6SignIn"},
	{"an address is judged, of a program's keys", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestS6KeysAndEnterprise"},
	{"an odd number is no host", "internal/outbound/rule.go", "if isNumber(last) {", "if false && isNumber(last) {", "", "TestS6OddNumbersAreNoHosts"},
	{"a secret is printed as none", "internal/config/redact.go", "if v.text == \"\" || slices.Contains(proxyCredentials, v.text) {", "if true {", "", "TestS8NoSecretComesOut"},
	{"of a token only the digest is kept", "internal/identity/tokens.go", "d[:], kind, accountID, n.Name, n.Scopes,", "d[:], kind, accountID, n.Name+secret, n.Scopes,", "", "TestS8WhatIsMadeIsNotKept"},
	{"every answer says what it may load", "internal/httpx/server.go", "\tsetSecurityHeaders(w.Header()) //", "\t//", "", "TestS7EveryAnswerIsHarmless"},
	{"an address that runs something is no link", "internal/catalog/entity/encode.go", "l.Kind != yaml.MappingNode || SafeURL(text(get(l, \"url\"))) {", "true || l.Kind != yaml.MappingNode {", "", "TestAdv_GHSA_7hv8_3fr9_j2hv"},
	{"a page says what it may load", "internal/app/ui.go", `w.Header().Set("Content-Security-Policy", h.csp(nonce))`, `_ = h.csp(nonce)`, "", "TestS7EveryAnswerIsHarmless"},
	{"a token is of this sign-in", "internal/identity/signin/oidc.go", "case !equal(id.Nonce, f.nonce()):", "case false && !equal(id.Nonce, f.nonce()):", "./internal/identity/signin", "TestBadFlows"},
	{"a sign-in is of this browser", "internal/identity/signin/flow.go", "digest = $1 AND browser = $2 AND", "digest = $1 AND $2::bytea IS NOT NULL AND", "./internal/identity/signin", "TestBadFlows"},
	{"an address is of who has it", "internal/identity/signin/oidc.go", "verified := bool(c.EmailVerified)", "verified := true || bool(c.EmailVerified)", "./internal/identity/signin", "TestBadFlows"},
	{"tokens are for people to make", "internal/identity/identity.go", "(p.Token == nil || !ForPeople(perm))", "(true || !ForPeople(perm))", "", "TestS3EveryRouteForEveryRole"},
	{"a program's token is no hand", "internal/identity/identity.go", "other.Token = &TokenInfo{Name: \"bearer\"}", "other.Token = nil", "", "TestS3EveryRouteForEveryRole"},
	{"a token has scopes", "internal/identity/tokens.go", "p.Within = within(got.Scopes)", "p.Within = func(httpx.Permission) bool { return true }", "", "TestS3EveryRouteForEveryRole"},
	{"a token ends", "internal/identity/tokens.go", " AND t.revoked_at IS NULL AND t.expires_at > now()`", " AND t.revoked_at IS NULL`", "", "TestS3EveryRouteForEveryRole"},
	{"a viewer stays out of the operators' rooms", "internal/identity/policy/shipped.cedar", "action in [Action::\"catalog.ingestion.read\", Action::\"portico.audit.read\", Action::\"portico.policy.read\"]", "false", "", "TestS3EveryRouteForEveryRole"},
	{"an owner removes what is theirs", "internal/identity/policy/shipped.cedar", "when { principal in resource.owners };", ";", "", "TestS3OnWhatSomebodyOwns"},
	{"what is hidden is not seen", "internal/catalog/guard.go", "\treturn h.Guard.Seen(ctx)\n", "\treturn nil\n", "./internal/catalog", "TestTwoWorlds"},
	{"sign-in's answers load nothing", "internal/httpx/server.go", "\tsetSecurityHeaders(w.Header()) //", "\t//", "", "TestAdv_GHSA_w7fj_336r_vw49"},
	{"a folder has no way out", "internal/cage/cage.go", "r.root.Stat(filepath.FromSlash(name))¶r.root.OpenFile(filepath.FromSlash(name),", "os.Stat(r.path(name))¶os.OpenFile(r.path(name),", "", "TestAdv_GHSA_2fc9_xpp8_2g9h"},
	{"a folder has no way out by chains", "internal/cage/cage.go", "r.root.Stat(filepath.FromSlash(name))¶r.root.OpenFile(filepath.FromSlash(name),", "os.Stat(r.path(name))¶os.OpenFile(r.path(name),", "", "TestAdv_GHSA_2p49_45hj_7mc9"},
	{"a filter has an end", "internal/catalog/index/filter.go", "if terms++; terms > maxTerms {", "if terms++; false {", "", "TestAdv_GHSA_3x3f_jcp3_g22j"},
	{"the environment is told to nobody (a leak is written in)", "internal/app/routes.go", "sessionPortal{Title: a.o.Config.App.Title,¶\t\"net/http\"\n\t\"slices\"\n", "sessionPortal{Title: os.Getenv(\"APP_CONFIG_app_secret\"),¶\t\"net/http\"\n\t\"os\"\n\t\"slices\"\n", "", "TestAdv_GHSA_qc4v_xq2m_65wc"},
	{"an address is judged, after a redirect", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestAdv_GHSA_q2x5_4xjx_c6p9"},
	{"an address is judged, whatever the name led to", "internal/outbound/dial.go", "if cl == nil || cl.private && private {", "if true || cl == nil || cl.private && private {", "", "TestAdv_GHSA_qp4c_xg64_7c6x"},
	{"a segment of an address is one name", "internal/discovery/host.go¶internal/outbound/rule.go", "|| d == \".\" || d == \"..\" ||¶func oddPath(path string) string {\n", "||¶func oddPath(path string) string {\n\tif true {\n\t\treturn \"\"\n\t}\n", "", "TestAdv_CVE_2026_29185"},
	{"sign-in leads back to a path", "internal/identity/signin/flow.go", "\tconst home = \"/\"\n\tif len(to) > 2000", "\tconst home = \"/\"\n\tif true {\n\t\treturn to\n\t}\n\tif len(to) > 2000", "", "TestAdv_GHSA_wqvh_63mv_9w92"},
	{"sign-in leads back to a path, however dressed up", "internal/identity/signin/flow.go", "\tconst home = \"/\"\n\tif len(to) > 2000", "\tconst home = \"/\"\n\tif true {\n\t\treturn to\n\t}\n\tif len(to) > 2000", "", "TestAdv_GHSA_38hq_7x33_php4"},
	{"a permission is needed, to see how the catalog comes about", "internal/identity/identity.go", "if needed && !p.May(perm) {", "if false && needed && !p.May(perm) {", "", "TestAdv_GHSA_p7g9_rp3g_mgfg"},
	{"a question without an entity is refused", "internal/identity/permission/http.go", "\t\tif resource {", "\t\tif false && resource {", "", "TestAdv_GHSA_f8j4_p5cr_p777"},
	{"git reads no configuration of others", "internal/forge/git/client.go", "\"GIT_CONFIG_NOSYSTEM=1\", \"GIT_CONFIG_GLOBAL=/dev/null\",", "\"GIT_CONFIG_GLOBAL=\" + os.Getenv(\"GIT_CONFIG_GLOBAL\"),", "./internal/forge/git", "TestAdv_GHSA_qmc2_jpr5_7rg9"},
	{"who ends what let them in is told so", "internal/identity/session.go", "context.WithTimeout(context.WithoutCancel(ctx), lastsAtMost)", "context.WithTimeout(ctx, lastsAtMost)", "./internal/identity/me", "TestEndingOutlastsTheRequest"},
	{"what is missing from the audit log expired", "internal/identity/audit/verify.go", "h.begins(e); rep.Broken != nil {", "h.begins(e); false {", "./internal/identity/audit", "TestTheBeginningMustHaveExpired"},
	{"retention makes nothing good", "internal/identity/audit/expire.go", "if wrong != nil {", "if false && wrong != nil {", "./internal/identity/audit", "TestTheBeginningMustHaveExpired"},
	{"who tries tokens with reads is recorded", "internal/httpx/server.go", "if !guessed && !guarded {", "if true {\n\t\t\t_, _ = guessed, guarded", "./internal/httpx", "TestDenied"},
}

// aDay is how many guards are proved in one run of `make test`; `make security` proves all.
const aDay = 2

// files are those of the guard, below the root.
func (p proof) files(root string) (list []string) {
	for f := range strings.SplitSeq(p.file, "¶") {
		list = append(list, filepath.Join(root, filepath.FromSlash(f)))
	}
	return list
}

// apply takes the guard out: it returns the texts of its files without it.
func (p proof) apply(root string) (map[string]string, error) {
	files, texts := p.files(root), map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		texts[f] = string(text)
	}
	old, with := strings.Split(p.old, "¶"), strings.Split(p.new, "¶")
	for i := range old {
		f := files[min(i, len(files)-1)]
		if n := strings.Count(texts[f], old[i]); n != 1 {
			return nil, fmt.Errorf("%q stands %d times in %s: bring the proof in step with the guard", old[i], n, f)
		}
		texts[f] = strings.Replace(texts[f], old[i], with[i], 1)
	}
	return texts, nil
}

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
			texts, err := p.apply(root)
			if err != nil {
				t.Fatal(err)
			}
			dir, replace := t.TempDir(), map[string]string{}
			for file, text := range texts {
				replace[file] = filepath.Join(dir, fmt.Sprintf("without%d.go", len(replace)))
				write(t, replace[file], text)
			}
			overlay, err := json.Marshal(map[string]any{"Replace": replace})
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
		if row := "| " + p.guard + " | `" + strings.ReplaceAll(p.file, "¶", "`, `") + "` | `" + p.test + "` |"; !strings.Contains(string(doc), row) {
			t.Errorf("docs/dev/security.md has no row %s", row)
		}
		if _, err := p.apply(root); err != nil {
			t.Errorf("%s: %v", p.guard, err)
		}
	}
	// An advisory's test is one that can fail: by a guard of its own, where no other proof names it.
	for _, id := range advisories {
		if _, isOwed := owed[id]; !isOwed && !slices.ContainsFunc(proofs, func(p proof) bool { return p.test == "TestAdv_"+id }) {
			t.Errorf("no proof says what TestAdv_%s fails without", id)
		}
	}
}
