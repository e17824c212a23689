package app

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"portico/web"
)

// uiHandler serves the built user interface: index.html, never cached, for every path without an
// extension; hashed assets for ever.
type uiHandler struct {
	files fs.FS
	index []byte // nil: the binary was built without the user interface
	mark  []byte
	csp   func(nonce string) string
	boot  time.Time
}

// newUI reads the user interface out of the binary. imgSrc and connectSrc are added to the policy.
func newUI(files fs.FS, imgSrc, connectSrc []string) *uiHandler {
	h := &uiHandler{files: files, mark: []byte(web.NonceMark), boot: time.Now()}
	if b, err := fs.ReadFile(files, "index.html"); err == nil {
		h.index = b
	}
	img := strings.Join(append([]string{"'self'", "data:"}, imgSrc...), " ")
	connect := strings.Join(append([]string{"'self'"}, connectSrc...), " ")
	h.csp = func(nonce string) string {
		return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src " + img +
			"; font-src 'self'; connect-src " + connect + "; worker-src 'self'; manifest-src 'self'; object-src 'none'" +
			"; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default"
	}
	return h
}

func (h *uiHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this page is only read", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	w.Header().Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if asset := path.Ext(name) != "" && !strings.HasPrefix(name, "catalog/") && !strings.HasPrefix(name, "docs/"); asset && name != "index.html" {
		h.asset(w, r, name)
		return
	}
	h.page(w, r)
}

func (h *uiHandler) page(w http.ResponseWriter, r *http.Request) {
	var b [16]byte
	_, _ = rand.Read(b[:])
	nonce := base64.RawStdEncoding.EncodeToString(b[:])
	w.Header().Set("Content-Security-Policy", h.csp(nonce))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if h.index == nil {
		page, err := fs.ReadFile(h.files, web.Placeholder)
		if err != nil {
			http.Error(w, "this binary was built without the user interface; build it with `make build`", http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(page)
		return
	}
	body := bytes.ReplaceAll(h.index, h.mark, []byte(nonce))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body)
}

// assetCSP is the policy of one file. A worker lives by the policy of its script: in a sandbox the browser does not start it,
// so it has none, and may still load nothing and ask nobody.
func assetCSP(name string) string {
	if path.Ext(name) == ".js" && strings.Contains(path.Base(name), "worker") {
		return "default-src 'none'"
	}
	return "default-src 'none'; sandbox"
}

func (h *uiHandler) asset(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Security-Policy", assetCSP(name))
	f, err := h.files.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || st.IsDir() {
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(name, "assets/") {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	if ct := mime.TypeByExtension(path.Ext(name)); ct != "" {
		w.Header().Set("Content-Type", ct)
	}
	if gz, err := fs.ReadFile(h.files, name+".gz"); err == nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Add("Vary", "Accept-Encoding")
		http.ServeContent(w, r, name, h.boot, bytes.NewReader(gz))
		return
	}
	rs, ok := f.(io.ReadSeeker)
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, name, h.boot, rs)
}
