// Package forgetest is a host of Git repositories for tests: what it lists is in memory, and each repository is a real bare
// one on disk, to be cloned over file://. It counts what it is asked, and can refuse.
package forgetest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/budget"
)

// Secret signs deliveries.
const Secret = "forgetest"

// Host is an account "acme" at https://git.test.
type Host struct {
	// PageSize is the number of repositories a page; 100 when 0. Glances has pages bring the trees' files. NoTotal has the
	// host not say how many there are, and NoHeads not at which commit they are.
	PageSize                  int
	Glances, NoTotal, NoHeads bool

	t     testing.TB
	root  string // of the bare repositories
	at    string // where they are cloned from, with a slash at the end
	mu    sync.Mutex
	repos map[string]*Repo
	next  int
	fail  func(what string) error
	cut   int // repositories that lists leave out at the end
	asked map[string]int
	some  map[string]int // how often each repository was asked for by its id
}

// Repo is a repository of a host.
type Repo struct {
	forge.Repository
	dir   string
	files map[string]string
	moved int
}

// New returns a host without repositories.
func New(t testing.TB) *Host {
	root := t.TempDir()
	return &Host{t: t, root: root, at: "file://" + root + "/", repos: map[string]*Repo{}, asked: map[string]int{}, some: map[string]int{}}
}

// Serve has the repositories cloned over HTTP from then on, and returns where.
func (h *Host) Serve() (base string) {
	h.t.Helper()
	backend := &cgi.Handler{
		Path: filepath.Join(h.git(nil, "--exec-path"), "git-http-backend"), Stderr: io.Discard,
		Env: []string{"GIT_PROJECT_ROOT=" + h.root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	s := httptest.NewServer(backend)
	h.t.Cleanup(s.Close)
	h.at = s.URL + "/"
	return s.URL
}

// Create adds a repository with a commit, or an empty one where files is nil, and returns its id.
func (h *Host) Create(name string, files map[string]string) string {
	h.t.Helper()
	h.mu.Lock()
	h.next++
	id := strconv.Itoa(1000 + h.next)
	dir := filepath.Join(h.root, id+".git")
	r := &Repo{dir: dir, files: map[string]string{}, Repository: forge.Repository{
		ID: id, Name: name, URL: "https://git.test/" + name, CloneURL: h.at + id + ".git", DefaultBranch: "main", Visibility: "private",
	}}
	h.repos[id] = r
	h.mu.Unlock()
	h.git(nil, "init", "-q", "--bare", "-b", "main", dir)
	h.git(nil, "--git-dir="+dir, "config", "uploadpack.allowFilter", "true")
	if files != nil {
		h.Push(id, files)
	}
	return id
}

func (h *Host) git(stdin []byte, args ...string) string {
	h.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		h.t.Errorf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// Push writes files, "" of which are removed, and returns the commit.
func (h *Host) Push(id string, files map[string]string) string {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.repos[id]
	for name, data := range files {
		if r.files[name] = data; data == "" {
			delete(r.files, name)
		}
	}
	r.moved++
	var in bytes.Buffer
	fmt.Fprintf(&in, "commit refs/heads/main\ncommitter T <t@git.test> %d +0000\ndata 1\nx\n", 1700000000+r.moved)
	if r.Head != "" {
		fmt.Fprintf(&in, "from %s\ndeleteall\n", r.Head)
	}
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", name, len(r.files[name]), r.files[name])
	}
	h.git(in.Bytes(), "--git-dir="+r.dir, "fast-import", "--quiet")
	r.Head = h.git(nil, "--git-dir="+r.dir, "rev-parse", "refs/heads/main")
	r.PushedAt = time.Unix(int64(1700000000+r.moved), 0).UTC()
	return r.Head
}

// Change changes what the host says of a repository.
func (h *Host) Change(id string, fn func(*forge.Repository)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	fn(&h.repos[id].Repository)
}

// Delete removes a repository.
func (h *Host) Delete(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.repos, id)
}

// Spoil makes a repository one that git cannot read.
func (h *Host) Spoil(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := os.RemoveAll(h.repos[id].dir); err != nil {
		h.t.Error(err)
	}
}

// Cut has lists leave out the last n repositories.
func (h *Host) Cut(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut = n
}

// Fail has requests fail with what fn returns for "page N" and "some"; nil ends that.
func (h *Host) Fail(fn func(what string) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fail = fn
}

// Requests returns how many there were since the last time, by "page" and "some".
func (h *Host) Requests() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.asked
	h.asked = map[string]int{}
	return out
}

// Asked returns how often a repository was asked for by its id.
func (h *Host) Asked(id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.some[id]
}

func (h *Host) pageSize() int {
	if h.PageSize > 0 {
		return h.PageSize
	}
	return 100
}

func (h *Host) said(r *Repo) forge.Repository {
	out := r.Repository
	if h.NoHeads {
		out.Head, out.HeadUnknown, out.Stamp = "", r.Head != "", strconv.Itoa(r.moved)
	}
	if h.Glances {
		g := &forge.Glance{}
		for _, name := range slices.Sorted(maps.Keys(r.files)) {
			f := forge.GlanceFile{Path: name, Size: int64(len(r.files[name]))}
			if !strings.Contains(name, "/") {
				f.Data = []byte(r.files[name])
				g.Files = append(g.Files, f)
			}
		}
		out.Glance = g
	}
	return out
}

// Repositories implements forge.Forge.
func (h *Host) Repositories(ctx context.Context, cursor string) (*forge.Page, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	budget.Note(ctx)
	h.asked["page"]++
	from := 0
	if cursor != "" {
		from, _ = strconv.Atoi(cursor)
	}
	if h.fail != nil {
		if err := h.fail("page " + strconv.Itoa(from/h.pageSize()+1)); err != nil {
			return nil, err
		}
	}
	ids := slices.Sorted(maps.Keys(h.repos))
	page := &forge.Page{Total: len(ids)}
	ids = ids[:max(0, len(ids)-h.cut)]
	if h.NoTotal {
		page.Total = -1
	}
	to := min(len(ids), from+h.pageSize())
	for _, id := range ids[min(from, to):to] {
		page.Repositories = append(page.Repositories, h.said(h.repos[id]))
	}
	if to < len(ids) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}

// Some implements forge.Forge: a request for each hundred.
func (h *Host) Some(ctx context.Context, ids []string) (found []forge.Repository, gone []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range (len(ids) + 99) / 100 {
		budget.Note(ctx)
		h.asked["some"]++
	}
	if h.fail != nil {
		if err := h.fail("some"); err != nil {
			return nil, nil, err
		}
	}
	for _, id := range ids {
		h.some[id]++
		if r := h.repos[id]; r != nil && strings.HasPrefix(r.Name, "acme/") {
			found = append(found, h.said(r))
		} else {
			gone = append(gone, id)
		}
	}
	return found, gone, nil
}

// Organization implements forge.Forge.
func (h *Host) Organization(context.Context) (*forge.Organization, error) {
	return &forge.Organization{}, nil
}

// Propose implements forge.Forge: this host takes no pull requests.
func (h *Host) Propose(context.Context, forge.Change) (*forge.PullRequest, error) {
	return nil, errs.New(errs.NotImplemented, "this host takes no pull requests")
}

// Delivery is a webhook of the host, with its signature.
func Delivery(e forge.Event) (header http.Header, body []byte) {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err) // texts and numbers
	}
	return http.Header{"X-Signature": {sign(body)}, "X-Delivery": {e.Delivery}}, body
}

// Signed is the header of a body, whatever it is.
func Signed(body []byte) http.Header { return http.Header{"X-Signature": {sign(body)}} }

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(Secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Webhook implements forge.Forge.
func (h *Host) Webhook(header http.Header, body []byte) (*forge.Event, error) {
	if !hmac.Equal([]byte(header.Get("X-Signature")), []byte(sign(body))) {
		return nil, errs.New(errs.Unauthenticated, "the signature is missing or wrong")
	}
	var e forge.Event
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, errs.Public(errs.Invalid, "the body is not one of this host", err)
	}
	return &e, nil
}
