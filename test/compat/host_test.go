package compat

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// host is a Git host that the portal may read: Gitea's API over a map of files.
type host struct {
	server *httptest.Server
	mu     sync.Mutex
	files  map[string]string // "owner/repo/path" → text
}

func startHost(t testing.TB, files map[string]string) *host {
	h := &host{files: files}
	h.server = httptest.NewServer(h)
	t.Cleanup(h.server.Close)
	return h
}

// config lets a portal read the host.
func (h *host) config() string {
	name := strings.TrimPrefix(h.server.URL, "http://")
	return `
integrations:
  gitea: [{host: "` + name + `", baseUrl: "` + h.server.URL + `"}]
portico:
  reading: {allowPrivateHosts: ["` + name + `"]}
`
}

// page is the address of a file of a repository, as a browser shows it.
func (h *host) page(repo, path string) string {
	return h.server.URL + "/" + repo + "/src/branch/main/" + path
}

// repo is the address of a repository.
func (h *host) repo(repo string) string { return h.server.URL + "/" + repo }

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	segments := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/api/v1/repos/"), "/", 4)
	if len(segments) < 2 || !strings.HasPrefix(r.URL.Path, "/api/v1/repos/") {
		http.NotFound(w, r)
		return
	}
	repo := segments[0] + "/" + segments[1] + "/"
	switch {
	case len(segments) == 2:
		_ = json.NewEncoder(w).Encode(map[string]string{"default_branch": "main"})
	case len(segments) == 4 && segments[2] == "raw":
		text, there := h.files[repo+segments[3]]
		if !there {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(text))
	case len(segments) == 4 && segments[2] == "git":
		type file struct {
			Path string `json:"path"`
			Type string `json:"type"`
			Mode string `json:"mode"`
			SHA  string `json:"sha"`
			Size int    `json:"size"`
		}
		tree := []file{}
		for name, text := range h.files {
			if path, ok := strings.CutPrefix(name, repo); ok {
				tree = append(tree, file{Path: path, Type: "blob", Mode: "100644", SHA: "0", Size: len(text)})
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"tree": tree, "truncated": false})
	default:
		http.NotFound(w, r)
	}
}
