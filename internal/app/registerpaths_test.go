package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/app/apptest"
)

const pathsToken = "the-token-of-the-operators"

const pathsConfig = `
backend: {auth: {externalAccess: [{type: static, options: {token: ` + pathsToken + `, subject: operators}}]}}
catalog: {locations: [{type: file, target: './open/own.yaml'}]}
`

// registering is a portal for which paths are registered, through several starts.
type registering struct {
	*apptest.Portal
	t        *testing.T
	dir, dsn string
}

func (r *registering) start(config string) {
	r.t.Helper()
	if r.Portal != nil {
		r.Stop()
	}
	r.Portal = apptest.Start(r.t, apptest.Setup{Dir: r.dir, DSN: r.dsn, Texts: []string{pathsConfig, config}, Key: apptest.NewKey()})
	r.dsn = r.DSN
}

func (r *registering) ask(method, path, body string, into any) (status int, text string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+pathsToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if into != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(b, into); err != nil {
			r.t.Fatalf("%s: %v", b, err)
		}
	}
	return resp.StatusCode, string(b)
}

// says is the description of a component, "" where it is not there.
func (r *registering) says(name string) string {
	var e struct{ Metadata struct{ Description string } }
	r.ask("GET", "/api/catalog/entities/by-name/component/default/"+name, "", &e)
	return e.Metadata.Description
}

func (r *registering) until(name, description string) {
	r.t.Helper()
	apptest.Until(r.t, 20*time.Second, name+" says "+description, func() bool { return r.says(name) == description })
}

func (r *registering) write(file, name, description string) {
	r.t.Helper()
	path := filepath.Join(r.dir, "open", file)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	text := fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: %s, description: %s}\nspec: {type: service, lifecycle: x, owner: pilots}\n", name, description)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// source is the state and the message of the source of a path.
func (r *registering) source(path string) (state, message string) {
	r.t.Helper()
	var list struct {
		Items []struct{ Target, State, Message string }
	}
	r.ask("GET", "/api/catalog/sources", "", &list)
	for _, s := range list.Items {
		if s.Target == path {
			return s.State, s.Message
		}
	}
	return "gone", ""
}

// A path that somebody registered is read as one of the configuration, for as long as its folder is open.
func TestRegisteredPaths(t *testing.T) {
	t.Parallel()
	r := &registering{t: t, dir: t.TempDir()}
	open := filepath.Join(r.dir, "open")
	r.write("own.yaml", "own", "first")
	r.write("buoy.yaml", "buoy", "first")
	r.write("fleet/tug/catalog-info.yaml", "tug", "first")
	r.write("berths/a.yaml", "berth-a", "first")
	const opened = "portico: {catalog: {registerPaths: [./open]}}"
	r.start(opened)

	var tried struct {
		Exists   bool
		Location struct{ Type, Target string }
		Plan     struct {
			Entities []struct{ Ref, Would string }
		}
	}
	for path, want := range map[string]string{open + "/buoy.yaml": "file", open + "/fleet/": "folder", open + "/berths/*.yaml": "file", open + "//fleet/./tug/catalog-info.yaml": "file"} {
		body := fmt.Sprintf(`{"type":"file","target":%q}`, path)
		status, text := r.ask("POST", "/api/catalog/locations?dryRun=true&plan=true", body, &tried)
		if status != 201 || tried.Location.Type != want || tried.Location.Target != filepath.Clean(path) || len(tried.Plan.Entities) != 1 || tried.Plan.Entities[0].Would != "create" {
			t.Errorf("trying %s: %d %s", path, status, text)
		}
	}
	for path, want := range map[string]string{"./buoy.yaml": "not an absolute path", open + "/../open/buoy.yaml": `has a \"..\"`, open + "/none.yaml": "is not there", r.dir + "/app-config.0.yaml": "is outside the folders", "": "target is missing"} {
		if status, text := r.ask("POST", "/api/catalog/locations", fmt.Sprintf(`{"type":"file","target":%q}`, path), nil); want != "is not there" && (status < 400 || !strings.Contains(text, want)) {
			t.Errorf("registering %q: %d %s, want %q", path, status, text, want)
		}
		if status, text := r.ask("POST", "/api/catalog/locations?dryRun=true", fmt.Sprintf(`{"type":"file","target":%q}`, path), nil); status < 400 || !strings.Contains(text, want) {
			t.Errorf("trying %q: %d %s, want %q", path, status, text, want)
		}
	}
	for _, path := range []string{"buoy.yaml", "fleet", "berths/*.yaml"} {
		if status, text := r.ask("POST", "/api/catalog/locations", fmt.Sprintf(`{"type":"file","target":%q}`, open+"/"+path), nil); status != 201 {
			t.Fatalf("registering %s: %d %s", path, status, text)
		}
	}
	for _, name := range []string{"buoy", "tug", "berth-a"} {
		r.until(name, "first")
	}
	if status, text := r.ask("GET", "/api/portico/audit?action=catalog.location.register", "", nil); status != 200 || !strings.Contains(text, "file:"+open+"/buoy.yaml") || !strings.Contains(text, "folder:"+open+"/fleet") {
		t.Errorf("the audit log: %d %s", status, text)
	}
	r.write("buoy.yaml", "buoy", "second")
	r.write("berths/b.yaml", "berth-b", "second")
	r.until("buoy", "second")
	r.until("berth-b", "second")

	r.start(opened)
	r.write("buoy.yaml", "buoy", "third")
	r.write("fleet/tug/catalog-info.yaml", "tug", "third")
	r.until("buoy", "third")
	r.until("tug", "third")

	// The folder is closed: it is said, nothing vanishes, and nothing more is read, though the configuration reads beside.
	r.start("portico: {catalog: {registerPaths: []}}")
	for _, path := range []string{"buoy.yaml", "fleet"} {
		apptest.Until(t, 20*time.Second, path+" says that its folder is closed", func() bool {
			state, message := r.source(open + "/" + path)
			return state == "failed" && strings.Contains(message, "portico.catalog.registerPaths")
		})
	}
	r.write("buoy.yaml", "buoy", "fourth")
	r.write("own.yaml", "own", "fourth")
	r.until("own", "fourth")
	if got := r.says("buoy"); got != "third" {
		t.Errorf("what is closed says %q", got)
	}
	if status, text := r.ask("POST", "/api/catalog/locations?dryRun=true", fmt.Sprintf(`{"type":"file","target":%q}`, open+"/own.yaml"), nil); status != 400 || !strings.Contains(text, "registerPaths") {
		t.Errorf("registering where no folder is open: %d %s", status, text)
	}

	r.start(opened)
	r.until("buoy", "fourth")
	apptest.Until(t, 20*time.Second, "it is current again", func() bool {
		state, _ := r.source(open + "/buoy.yaml")
		return state == "current"
	})
}

// Folders that would open what is not for anybody stop the start, with the place that names them.
func TestRegisterPathsThatOpenTooMuch(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	if err := os.Symlink("/", root); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/proc/self", "/dev", "/sys/kernel", root} {
		o := apptest.Options(t, apptest.Setup{Texts: []string{pathsConfig, "portico:\n  catalog:\n    registerPaths: [" + path + "]\n"}})
		a, err := app.Start(t.Context(), o)
		if err == nil {
			_ = a.Stop(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), "app-config.1.yaml:3") || !strings.Contains(err.Error(), "portico.catalog.registerPaths[0]") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
