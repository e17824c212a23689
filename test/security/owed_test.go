package security

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/testenv"
)

// advisories are those of Backstage, by the name that their test has.
var advisories = []string{
	"GHSA_pwhf_39xg_4rxw", "GHSA_gg96_f8wr_p89f", "GHSA_pgf8_28gg_vpr6", "CVE_2021_41151", "GHSA_2g8g_63j4_9w3r", "GHSA_mg3m_f475_28hv", "GHSA_w7fj_336r_vw49", "GHSA_4jqc_jvh2_pxg9",
	"CVE_2022_36067", "GHSA_7hv8_3fr9_j2hv", "GHSA_wg6p_jmpc_xjmr", "GHSA_2fc9_xpp8_2g9h", "GHSA_39v3_f278_vj3g", "GHSA_5j94_f3mf_8685", "GHSA_3x3f_jcp3_g22j", "GHSA_qc4v_xq2m_65wc",
	"GHSA_qmc2_jpr5_7rg9", "GHSA_f8j4_p5cr_p777", "GHSA_3x3q_ghcp_whf7", "GHSA_rq6q_wr2q_7pgp", "GHSA_2p49_45hj_7mc9", "GHSA_q2x5_4xjx_c6p9", "GHSA_w669_jj7h_88m9", "GHSA_6jr7_99pf_8vgf",
	"GHSA_8qp7_fhr9_fw53", "CVE_2026_29185", "GHSA_928r_fm4v_mvrw", "GHSA_wqvh_63mv_9w92", "GHSA_qp4c_xg64_7c6x", "GHSA_8wq8_6859_qx77", "GHSA_p7g9_rp3g_mgfg", "GHSA_38hq_7x33_php4",
}

// owed are the advisories whose part of the portal does not exist yet: the part, and what its test will show.
var owed = map[string][2]string{
	"GHSA_pwhf_39xg_4rxw": {"docs", "an asset with a script is no page of the portal"},
	"GHSA_gg96_f8wr_p89f": {"docs", "Markdown's object, embed and iframe are gone"},
	"GHSA_pgf8_28gg_vpr6": {"docs", "docs_dir stays inside its repository"},
	"CVE_2021_41151":      {"templates", "the source path of a pull request stays inside the workspace"},
	"GHSA_2g8g_63j4_9w3r": {"templates", "an expression reaches only what is listed"},
	"GHSA_mg3m_f475_28hv": {"templates", "a file's name that a parameter gave stays inside the workspace"},
	"GHSA_4jqc_jvh2_pxg9": {"docs", "an entity's name is no path of the store"},
	"CVE_2022_36067":      {"templates", "the interpreter has neither network, environment nor files"},
	"GHSA_wg6p_jmpc_xjmr": {"templates", "an endless expression ends within a second"},
	"GHSA_39v3_f278_vj3g": {"docs", "a page's path stays inside what was authorised"},
	"GHSA_5j94_f3mf_8685": {"docs", "the portal decides the type of what it serves, not the store"},
	"GHSA_3x3q_ghcp_whf7": {"templates", "no line of a task's log holds a secret"},
	"GHSA_rq6q_wr2q_7pgp": {"archives", "an archive with a link, or that grows without end, is refused as a whole"},
	"GHSA_w669_jj7h_88m9": {"docs", "a link in the docs' folder is not read"},
	"GHSA_6jr7_99pf_8vgf": {"docs", "hooks and plugins of mkdocs.yml run nothing"},
	"GHSA_8qp7_fhr9_fw53": {"templates", "a secret is a handle, of which no expression makes text"},
	"GHSA_928r_fm4v_mvrw": {"docs", "no key of mkdocs.yml has an effect but those that are listed"},
	"GHSA_8wq8_6859_qx77": {"templates", "a dry run shows no secret"},
}

// A class is one of faults that others had: of Backstage's quiet repairs (b), or of portals and forges written in Go (c).
type class struct {
	name  string
	tests string // their names, of which each exists; "" where all of it is owed
	part  string // that does not exist yet; "" where nothing is owed
}

var classes = []class{
	{"b01 proxy: credentials and paths", "", "proxy"},
	{"b02 routes that differ in case", "TestS3NoRouteWithoutARule TestS5NoSpellingIsLetIn", ""},
	{"b03 an allowed path ends at a segment", "TestCheck", ""},
	{"b04 clusters from the catalog", "", "kubernetes"},
	{"b05 unverified e-mail", "TestBadFlows", ""},
	{"b06 audience; a provider that is down", "TestBadFlows TestS6SignIn", ""},
	{"b07 a login that is taken anew", "TestBadFlows TestResolve", ""},
	{"b08 revocation; delegation; rotation of keys", "TestSessionEnds TestBadFlows TestTokenEndsWithItsSession TestKeysFollowOnOneAnother", "tokens for plugins"},
	{"b09 placeholders and the rules of locations", "TestS6NothingForbiddenIsReached TestResolveAtHosts", ""},
	{"b10 lists of tasks; dry runs", "", "templates"},
	{"b11 secrets that were changed before they were logged", "TestS8NoSecretComesOut", "templates"},
	{"b12 names of files that others gave", "TestSymlinks", "templates"},
	{"b13 an empty list that filters nothing", "TestNothingSeen", ""},
	{"b14 keys of mkdocs.yml", "", "docs"},
	{"b15 a caller chooses where a credential goes", "TestRulesAndCredentials TestAdv_CVE_2026_29185", "templates"},
	{"b16 names in metrics", "", "metrics"},
	{"b17 routes of operators; recipients of mail", "TestS3EveryRouteForEveryRole", "notifications"},
	{"b18 a loop that stops for ever", "TestDatabaseRestarts", ""},

	{"c01 a sibling route without the check", "TestS3EveryRouteForEveryRole", ""},
	{"c02 the scope of a token, on every route", "TestS3EveryRouteForEveryRole TestScopes", ""},
	{"c03 access that outlives its end", "TestSessionEnds TestStreamsEnd", ""},
	{"c04 an id of another parent", "TestAccess", ""},
	{"c05 forbidden, told from absent", "TestTwoWorlds TestPagesInTwoWorlds", ""},
	{"c06 requests to where nothing may go", "TestS6NothingForbiddenIsReached TestAdv_GHSA_qp4c_xg64_7c6x", ""},
	{"c07 what a proxy passes on", "", "proxy"},
	{"c08 git: links, arguments, credentials", "TestAdv_GHSA_qmc2_jpr5_7rg9", ""},
	{"c09 archives", "", "archives"},
	{"c10 webhooks", "", "webhooks"},
	{"c11 one bad entity", "TestPoisonAmongTenThousand", ""},
	{"c12 stored scripts", "TestS7EveryAnswerIsHarmless TestAdv_GHSA_7hv8_3fr9_j2hv", ""},
	{"c13 requests of other sites", "TestS9AnotherSiteChangesNothing", ""},
	{"c14 accounts linked by e-mail; headers of proxies", "TestBadFlows TestS20ForgedProxyHeaders", ""},
	{"c15 audience, issuer, keys", "TestBadFlows", ""},
	{"c16 sessions that stay; guesses", "TestSessionEnds TestS20ForgedProxyHeaders", ""},
	{"c17 secrets in answers and logs", "TestS8NoSecretComesOut", ""},
	{"c18 exec and proxy of clusters", "", "kubernetes"},
	{"c19 code that is loaded", "", "plugins"},
	{"c20 one request that takes all", "TestS17CheapRequests", ""},
	{"c21 certificates that are not checked", "TestUncheckedCertificatesBite TestUntrustedCertificateAndTimeout", ""},
	{"c22 SQL", "TestS18NoTextIsSQL", ""},
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)

// S21: every advisory, and every class of faults that others had, has a test, or is owed by name.
func TestS21NothingIsForgotten(t *testing.T) {
	root, have := testenv.Repo(t), map[string]bool{}
	for _, dir := range []string{"cmd", "internal", "test"} {
		err := fs.WalkDir(os.DirFS(root), dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, "_test.go") {
				return err
			}
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
			for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
				have[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	done := 0
	for _, id := range advisories {
		part, isOwed := owed[id]
		switch tested := have["TestAdv_"+id]; {
		case tested && isOwed:
			t.Errorf("TestAdv_%s is there, and owed: take it from owed", id)
		case !tested && !isOwed:
			t.Errorf("there is no TestAdv_%s, and it is not owed by any part", id)
		case tested:
			done++
		default:
			pending(t, "S21", "TestAdv_"+id, part[0]+": "+part[1])
		}
	}
	if len(advisories) != 32 || len(owed)+done != 32 {
		t.Errorf("%d advisories, %d tested, %d owed", len(advisories), done, len(owed))
	}
	groups := map[byte]int{}
	for _, c := range classes {
		groups[c.name[0]]++
		if c.tests == "" && c.part == "" {
			t.Errorf("%s: no test, and no part owes one", c.name)
		}
		for _, name := range strings.Fields(c.tests) {
			if !have[name] {
				t.Errorf("%s: there is no %s", c.name, name)
			}
		}
		if c.part != "" {
			pending(t, "S21", c.name, c.part)
		}
	}
	if groups['b'] != 18 || groups['c'] != 22 {
		t.Errorf("%d groups and %d classes", groups['b'], groups['c'])
	}
	count(t, "S21", "advisories of 32 with a test", done)
	count(t, "S21", "groups and classes of 40 with a test", len(classes)-owedClasses())
}

func owedClasses() (n int) {
	for _, c := range classes {
		if c.tests == "" {
			n++
		}
	}
	return n
}
