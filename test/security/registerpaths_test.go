package security

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// registerToken registers locations, and manages no sources.
const registerToken = "wall-registers-and-no-more"

const withPaths = `
portico: {catalog: {registerPaths: [./open]}}
backend:
  auth:
    externalAccess:
` + staticTokens + `
      - type: static
        options: {token: ` + registerToken + `, subject: registrar}
        accessRestrictions: [{plugin: catalog, permission: [catalog.location.create, catalog.location.analyze, catalog.location.delete, catalog.entity.read]}]
`

const pathCanary = "path-canary"

// errorID is of each answer its own.
var errorID = regexp.MustCompile(`"id":"[0-9A-F-]+",`)

func declared(name string) string {
	return "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: " + name + "}\nspec: {type: service, lifecycle: x, owner: keepers}\n"
}

// openTo makes the folder that is open for registering, with everything in it that could lead out, and one beside it.
func openTo(t *testing.T, dir string) (open, outside string) {
	t.Helper()
	open, outside = filepath.Join(dir, "open"), filepath.Join(dir, "outside")
	for _, d := range []string{filepath.Join(open, "sub"), filepath.Join(outside, "repo", ".git"), filepath.Join(outside, "plain")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(open, "good.yaml"), declared("good-path"))
	write(t, filepath.Join(open, "huge.yaml"), declared("huge")+"# "+strings.Repeat("x", 2<<20))
	write(t, filepath.Join(open, "leads.yaml"), "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: leads}\nspec: {targets: [../outside/canary.yaml, ./link-repo/catalog-info.yaml, ./link.yaml, "+outside+"/canary.yaml]}\n")
	write(t, filepath.Join(open, "into.yaml"), "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: into}\nspec: {type: folder, targets: [./link-repo, ./link-plain]}\n")
	for _, f := range []string{"canary.yaml", "repo/catalog-info.yaml", "plain/catalog-info.yaml"} {
		write(t, filepath.Join(outside, f), declared(pathCanary))
	}
	symlink(t, filepath.Join(outside, "canary.yaml"), filepath.Join(open, "link.yaml"))
	symlink(t, filepath.Join(outside, "repo"), filepath.Join(open, "link-repo"))
	symlink(t, "../outside/plain", filepath.Join(open, "link-plain"))
	symlink(t, "/proc/self/environ", filepath.Join(open, "environ"))
	symlink(t, "/dev/zero", filepath.Join(open, "zero"))
	if err := syscall.Mkfifo(filepath.Join(open, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	return open, outside
}

func (p *portal) tryPath(query, typ, target, token string) *reply {
	return p.do("POST", "/api/catalog/locations"+query, fmt.Sprintf(`{"type":%q,"target":%s}`, typ, rawText(target)), bearer(token))
}

// S1: whoever may register paths reads nothing by it but what is below the folders that are open for that.
func TestS1RegisteredPaths(t *testing.T) {
	p := start(t, setup{config: []string{withPaths}})
	open, outside := openTo(t, p.dir)
	if got := p.tryPath("?dryRun=true&plan=true", "file", open+"/good.yaml", wideToken); got.status != 201 || !strings.Contains(string(got.body), `"good-path"`) {
		t.Fatalf("what is there to be registered: %d %s", got.status, got.body)
	}
	targets := leaving(outside)
	for _, up := range []string{"..", "sub/../..", "sub/../../open/..", "{good,..}", "{a,../../outside}", "[.][.]", "?.", "link-repo/..", "..\\", "%2e%2e"} {
		for _, rest := range []string{"/outside/canary.yaml", "/outside/*.yaml", "/outside", "/catalog.yaml", "/app-config.0.yaml"} {
			targets = append(targets, up+rest)
		}
	}
	targets = append(targets, "link.yaml", "link-repo", "link-repo/catalog-info.yaml", "link-plain", "link-plain/catalog-info.yaml", "leads.yaml", "into.yaml", "*/catalog-info.yaml", "**/*.yaml", "**", "environ", "zero", "pipe", "huge.yaml", ".", "sub", "link-re?o/*", "link-{repo,plain}/*")
	n := 0
	for _, target := range targets {
		for _, at := range []string{target, open + "/" + target, open + "/./" + target} {
			for _, typ := range []string{"file", "folder"} {
				n++
				within(t, typ+" "+at, func() {
					got := p.tryPath("?dryRun=true&plan=true", typ, at, wideToken)
					if strings.Contains(string(got.body), pathCanary) || strings.Contains(string(got.body), "PATH=") {
						t.Errorf("%s %.200q was read: %d %.600s", typ, at, got.status, got.body)
					}
					if got.status >= 500 {
						t.Errorf("%s %.200q: %d %.300s", typ, at, got.status, got.body)
					}
				})
			}
		}
	}
	count(t, "S1", "paths: that somebody would register", n)

	// What is there and what is not look the same outside.
	for _, q := range []string{"?dryRun=true", "?dryRun=true&plan=true", ""} {
		same := map[string]bool{}
		for _, name := range []string{"canary.yaml", "absent.yaml", "repo", "plain"} {
			at := filepath.Join(outside, name)
			got := p.tryPath(q, "file", at, wideToken)
			if got.status != 403 || !strings.Contains(string(got.body), open) {
				t.Errorf("%s%s: %d %s, want 403 that names %s", at, q, got.status, got.body, open)
			}
			same[errorID.ReplaceAllString(strings.ReplaceAll(string(got.body), at, "it"), "")] = true
		}
		if len(same) != 1 {
			t.Errorf("answers about paths outside differ: %v", same)
		}
	}

	// Registered is read as tried.
	for _, name := range []string{"leads.yaml", "into.yaml", "link.yaml", "*.yaml", "huge.yaml", "link-repo", "."} {
		p.tryPath("", "file", open+"/"+name, wideToken)
	}
	p.until("they are read", func() bool {
		return p.value(`SELECT count(*)::text FROM catalog_sources WHERE origin = 'registered' AND state IN ('current', 'degraded', 'failed')`) == p.value(`SELECT count(*)::text FROM catalog_sources WHERE origin = 'registered'`)
	})
	if got := p.value(`SELECT count(*)::text FROM catalog_entities WHERE ref = 'component:default/good-path'`); got != "1" {
		t.Errorf("good-path is there %s times", got)
	}
	for table, column := range map[string]string{"catalog_entities": "entity::text", "catalog_units": "problems::text"} {
		if got := p.value(`SELECT count(*)::text FROM ` + table + ` WHERE ` + column + ` LIKE '%` + pathCanary + `%'`); got != "0" {
			t.Errorf("%s of %s have what is outside", got, table)
		}
	}
}

// S1: without the permission for sources no path is looked at, and no folder is named; without folders, for nobody.
func TestS1RegisteredPathsAreForOperators(t *testing.T) {
	p := start(t, setup{config: []string{withPaths}})
	open, outside := openTo(t, p.dir)
	var id string
	{
		got := p.tryPath("", "url", "https://unknown.example.com/x.yaml", registerToken)
		if got.status != 201 {
			t.Fatalf("registering a URL: %d %s", got.status, got.body)
		}
		id = p.value(`SELECT location_id::text FROM catalog_sources WHERE origin = 'registered'`)
	}
	for _, at := range []string{open + "/good.yaml", open + "/absent.yaml", open, outside + "/canary.yaml", outside + "/absent.yaml", "good.yaml", "/"} {
		body := fmt.Sprintf(`{"type":"file","target":%s}`, rawText(at))
		for what, got := range map[string]*reply{
			"register": p.tryPath("", "file", at, registerToken),
			"try":      p.tryPath("?dryRun=true&plan=true", "file", at, registerToken),
			"folder":   p.tryPath("?dryRun=true", "folder", at, registerToken),
			"retarget": p.do("PUT", "/api/catalog/locations/"+id, body, bearer(registerToken)),
			"analyze":  p.do("POST", "/api/catalog/analyze-location", `{"location":`+body+`}`, bearer(registerToken)),
		} {
			if got.status != 403 || !strings.Contains(string(got.body), "catalog.ingestion.manage") || strings.Contains(strings.ReplaceAll(string(got.body), at, ""), open) {
				t.Errorf("%s %s: %d %s, want 403 that names the permission and no folder", what, at, got.status, got.body)
			}
		}
	}
	for token, want := range map[string]bool{wideToken: true, registerToken: false, narrowToken: false} {
		got := p.do("GET", "/api/portico/session", "", bearer(token))
		if strings.Contains(string(got.body), open) != want {
			t.Errorf("the session of %s: %s, want the folder %v", token, got.body, want)
		}
	}

	closed := start(t, setup{})
	open, _ = openTo(t, closed.dir)
	got := closed.tryPath("", "file", open+"/good.yaml", wideToken)
	if got.status != 400 || !strings.Contains(string(got.body), "catalog.locations") || !strings.Contains(string(got.body), "portico.catalog.registerPaths") {
		t.Errorf("without folders: %d %s", got.status, got.body)
	}
	if n := closed.value(`SELECT count(*)::text FROM catalog_sources WHERE target LIKE '%good.yaml'`); n != "0" {
		t.Errorf("%s locations are registered", n)
	}
}
