package discovery

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// Integration is one Git host.
type Integration struct {
	// Kind is "github", "gitlab" or "gitea" (also Forgejo).
	Kind string
	// Host is the host of the pages: "github.com", "git.example.com:8443".
	Host string
	// BaseURL is where the pages begin; https://HOST when empty.
	BaseURL string
	// APIBaseURL is where the API begins; by the kind's custom when empty.
	APIBaseURL string
	// RawBaseURL serves files without the API, on GitHub; only github.com has one by default.
	RawBaseURL string
	// Token is sent to the API; Username and Password instead where the host wants them (Gitea).
	Token, Username, Password string
	// AllowPrivate lets the host be inside the operator's network.
	AllowPrivate bool
	// Name is where the operator wrote it, for remedies: "integrations.github[0]".
	Name string
}

func (in Integration) complete() (Integration, error) {
	if in.Name == "" {
		in.Name = "the integration for " + in.Host
	}
	or := func(s *string, fallback string) {
		if *s == "" {
			*s = fallback
		}
		*s = strings.TrimRight(*s, "/")
	}
	or(&in.BaseURL, "https://"+in.Host)
	switch in.Kind {
	case "github":
		if in.Host == "github.com" {
			or(&in.APIBaseURL, "https://api.github.com")
			or(&in.RawBaseURL, "https://raw.githubusercontent.com")
		}
		or(&in.APIBaseURL, in.BaseURL+"/api/v3")
	case "gitlab":
		or(&in.APIBaseURL, in.BaseURL+"/api/v4")
	case "gitea":
		or(&in.APIBaseURL, in.BaseURL+"/api/v1")
	default:
		return in, errs.New(errs.Invalid, "%s: the kind %q is not known; use github, gitlab or gitea", in.Name, in.Kind)
	}
	for _, raw := range []string{in.BaseURL, in.APIBaseURL, in.RawBaseURL} {
		u, err := url.Parse(raw)
		if raw != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			return in, errs.New(errs.Invalid, "%s: %q is not an http or https URL", in.Name, raw)
		}
	}
	return in, nil
}

// authorization is the header that carries the credentials, nil when there are none.
func (in Integration) authorization() http.Header {
	switch {
	case in.Kind == "gitlab" && in.Token != "":
		return http.Header{"Private-Token": {in.Token}}
	case in.Token != "" && in.Kind == "gitea":
		return http.Header{"Authorization": {"token " + in.Token}}
	case in.Token != "":
		return http.Header{"Authorization": {"Bearer " + in.Token}}
	case in.Username != "" && in.Password != "":
		return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(in.Username+":"+in.Password))}}
	case in.Password != "":
		return http.Header{"Authorization": {"token " + in.Password}}
	}
	return nil
}

// Rules opens the hosts of the integrations: the API with credentials, below the paths of
// repositories only; raw files and clones without.
func Rules(integrations []Integration) ([]outbound.Rule, error) {
	var rules []outbound.Rule
	for _, in := range integrations {
		in, err := in.complete()
		if err != nil {
			return nil, err
		}
		add := func(base string, header http.Header, paths ...string) {
			u, err := url.Parse(base)
			if err != nil || u.Host == "" {
				return
			}
			r := outbound.Rule{Host: u.Host, HTTP: u.Scheme == "http", AllowPrivate: in.AllowPrivate, Header: header, Name: in.Name}
			if len(paths) == 0 && u.Path != "" {
				paths = []string{""}
			}
			for _, p := range paths {
				r.PathPrefixes = append(r.PathPrefixes, u.Path+p)
			}
			rules = append(rules, r)
		}
		switch in.Kind {
		case "gitlab":
			add(in.APIBaseURL, in.authorization(), "/projects")
		case "github":
			// A renamed repository is answered with a redirect to /repositories/ID.
			add(in.APIBaseURL, in.authorization(), "/repos", "/repositories", "/graphql")
			if host, ok := strings.CutSuffix(in.APIBaseURL, "/api/v3"); ok {
				add(host, in.authorization(), "/api/graphql") // of an Enterprise Server, which has it beside REST
			}
			// An App shows itself here by what it signs, so the integration's own credentials are not for it.
			add(in.APIBaseURL, nil, "/app", "/orgs", "/users")
			add(in.RawBaseURL, nil)
		case "gitea":
			add(in.APIBaseURL, in.authorization(), "/repos")
		}
		add(in.BaseURL, nil)
	}
	return rules, nil
}

// Credentials are what the git command is given for the integrations.
func Credentials(integrations []Integration) []git.Credential {
	var list []git.Credential
	for _, in := range integrations {
		c := git.Credential{Host: in.Host, Username: in.Username, Password: in.Password}
		if in.Token != "" {
			c.Password = in.Token
		}
		if c.Password == "" {
			continue
		}
		if c.Username == "" {
			c.Username = map[string]string{"github": "x-access-token", "gitlab": "oauth2"}[in.Kind]
		}
		if c.Username == "" {
			c.Username = "token" // Gitea takes any name with a token
		}
		list = append(list, c)
	}
	return list
}

// hostURL is a place at a Git host, taken apart and checked. All addresses are built anew from it:
// nothing of the text that it came from is passed on.
type hostURL struct {
	in    *Integration
	owner string // with the groups above it on GitLab: "group/sub"
	repo  string
	ref   string // "HEAD" for the default branch
	path  string // "" for the whole repository; may be a pattern
	tree  bool   // a folder rather than a file
}

var ownerPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func checkedName(s string) bool {
	return len(s) <= 255 && ownerPattern.MatchString(s) && s != "." && s != ".." && s != "-" && !strings.HasSuffix(strings.ToLower(s), ".git")
}

// sameRepo reports whether both are in one repository.
func (h *hostURL) sameRepo(o *hostURL) bool {
	return h.in.Host == o.in.Host && strings.EqualFold(h.owner, o.owner) && strings.EqualFold(h.repo, o.repo)
}

// parseHostURL takes the URL of a file, folder or repository at one of the Git hosts apart. It
// returns nil when the URL leads to none of them. Errors: errs.Invalid or errs.Forbidden for an URL
// that leads to one but is no such place, or tries to be two things at once.
func (r *Reader) parseHostURL(raw string) (*hostURL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return nil, nil
	}
	for i := range r.opts.Integrations {
		in := &r.opts.Integrations[i]
		base, _ := url.Parse(in.BaseURL)
		rawBase, _ := url.Parse(in.RawBaseURL)
		switch {
		case strings.EqualFold(u.Host, in.Host) || strings.EqualFold(u.Host, base.Host):
			rest, ok := strings.CutPrefix(u.EscapedPath(), base.EscapedPath()+"/")
			if !ok {
				return nil, badHostURL(raw)
			}
			return in.page(raw, u, rest)
		case in.RawBaseURL != "" && strings.EqualFold(u.Host, rawBase.Host):
			return in.rawPage(raw, u, strings.TrimPrefix(u.EscapedPath(), "/"))
		}
	}
	return nil, nil
}

func badHostURL(raw string) error {
	return errs.WithRemedy(errs.New(errs.Invalid, "%s is not the address of a file, folder or repository", outbound.Shown(raw)),
		"copy the address of the file from the browser, as in https://github.com/owner/repo/blob/main/catalog-info.yaml")
}

// split decodes each segment once and refuses what decodes to something that is no single name.
func split(u *url.URL, escaped string) ([]string, bool) {
	if u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, false
	}
	escaped = strings.TrimSuffix(escaped, "/")
	if escaped == "" {
		return nil, true
	}
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		d, err := url.PathUnescape(s)
		if err != nil || d == "" || d == "." || d == ".." || strings.ContainsAny(d, "\\") ||
			strings.ContainsFunc(d, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return nil, false
		}
		segments[i] = d
	}
	return segments, true
}

// place finishes a hostURL from segments that follow the repository: ref, then path.
func (in *Integration) place(raw string, owner []string, repo, ref string, rest []string, tree bool) (*hostURL, error) {
	for _, o := range owner {
		if !checkedName(o) {
			return nil, badHostURL(raw)
		}
	}
	repo = strings.TrimSuffix(repo, ".git")
	if len(owner) == 0 || len(owner) > 20 || in.Kind != "gitlab" && len(owner) != 1 || !checkedName(repo) {
		return nil, badHostURL(raw)
	}
	if ref == "" {
		ref = "HEAD"
	}
	if err := git.CheckRef(ref); err != nil {
		return nil, err
	}
	for _, p := range rest {
		if strings.Contains(p, "/") {
			return nil, badHostURL(raw)
		}
	}
	h := &hostURL{in: in, owner: strings.Join(owner, "/"), repo: repo, ref: ref, path: strings.Join(rest, "/"), tree: tree}
	// Servers that decode twice must find no way up either.
	for p := h.path; ; {
		next, err := url.PathUnescape(p)
		if err != nil || next == p {
			return h, nil
		}
		if p = next; strings.Contains("/"+p+"/", "/../") || strings.Contains("/"+p+"/", "/./") || strings.Contains(p, "\\") {
			return nil, badHostURL(raw)
		}
	}
}

// page understands addresses as the browser shows them.
func (in *Integration) page(raw string, u *url.URL, rest string) (*hostURL, error) {
	s, ok := split(u, rest)
	if !ok || len(s) < 2 {
		return nil, badHostURL(raw)
	}
	switch in.Kind {
	case "gitlab":
		for i := 2; i < len(s); i++ {
			// group/sub/project/-/blob/REF/path; without the dash in old addresses
			kind, after := s[i], i+1
			if kind == "-" && i+1 < len(s) {
				kind, after = s[i+1], i+2
			} else if kind == "-" {
				return nil, badHostURL(raw)
			}
			if tree, known := kinds[kind]; known && (s[i] == "-" || i == 2) {
				if after >= len(s) || !tree && after+1 >= len(s) {
					return nil, badHostURL(raw)
				}
				return in.place(raw, s[:i-1], s[i-1], s[after], s[after+1:], tree)
			}
			if s[i] == "-" {
				return nil, badHostURL(raw)
			}
		}
		return in.place(raw, s[:len(s)-1], s[len(s)-1], "", nil, true)
	case "gitea":
		// owner/repo/src/branch/REF/path, raw/tag/REF/path
		if len(s) == 2 {
			return in.place(raw, s[:1], s[1], "", nil, true)
		}
		if len(s) < 5 || s[2] != "src" && s[2] != "raw" || s[3] != "branch" && s[3] != "tag" && s[3] != "commit" {
			return nil, badHostURL(raw)
		}
		return in.place(raw, s[:1], s[1], s[4], s[5:], len(s) == 5)
	default:
		if len(s) == 2 {
			return in.place(raw, s[:1], s[1], "", nil, true)
		}
		tree, known := kinds[s[2]]
		if !known || len(s) < 4 || !tree && len(s) < 5 {
			return nil, badHostURL(raw)
		}
		return in.place(raw, s[:1], s[1], s[3], s[4:], tree)
	}
}

// kinds are the words before the ref; true means a folder.
var kinds = map[string]bool{"blob": false, "raw": false, "edit": false, "blame": false, "tree": true}

// rawPage understands raw.githubusercontent.com/owner/repo/REF/path.
func (in *Integration) rawPage(raw string, u *url.URL, rest string) (*hostURL, error) {
	s, ok := split(u, rest)
	if !ok || len(s) < 4 {
		return nil, badHostURL(raw)
	}
	if len(s) >= 6 && s[2] == "refs" && (s[3] == "heads" || s[3] == "tags") {
		return in.place(raw, s[:1], s[1], s[4], s[5:], false)
	}
	return in.place(raw, s[:1], s[1], s[2], s[3:], false)
}

// escape escapes the segments of a path; stars stay readable, so that a pattern remains one.
func escape(p string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), "%2A", "*")
	}
	return strings.Join(segments, "/")
}

// web is the address of a path in the same repository, as a browser shows it.
func (h *hostURL) web(p string, tree bool) string {
	return h.webAs(map[bool]string{true: "tree", false: "blob"}[tree], p)
}

// webAs is web for a kind of page: blob, tree, edit.
func (h *hostURL) webAs(kind, p string) string {
	base := h.in.BaseURL + "/" + escape(h.owner) + "/" + escape(h.repo)
	// A ref with slashes stays one segment, so that it can be taken apart again.
	ref := url.PathEscape(h.ref)
	switch h.in.Kind {
	case "gitlab":
		base += "/-/" + kind + "/" + ref
	case "gitea":
		what := "branch"
		if git.IsCommit(h.ref) {
			what = "commit"
		}
		base += map[string]string{"blob": "/src/" + what + "/", "tree": "/src/" + what + "/", "edit": "/_edit/"}[kind] + ref
	default:
		base += "/" + kind + "/" + ref
	}
	if p != "" {
		base += "/" + escape(p)
	}
	return base
}

// dir is the folder that the place's file is in.
func (h *hostURL) dir() string {
	if h.tree || h.path == "" {
		return h.path
	}
	if d := path.Dir(h.path); d != "." {
		return d
	}
	return ""
}

// cloneURL is where git finds the repository.
func (h *hostURL) cloneURL() string {
	return h.in.BaseURL + "/" + escape(h.owner) + "/" + escape(h.repo) + ".git"
}
