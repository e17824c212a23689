package infer

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

var (
	notInName  = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)
	dashes     = regexp.MustCompile(`-{2,}`)
	scpRemote  = regexp.MustCompile(`^[^@/]+@([A-Za-z0-9.-]+):([^:]+)$`)
	slugPart   = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	tagRule    = regexp.MustCompile(`^[a-z0-9+#]+(-[a-z0-9+#]+)*$`)
	edgeOfName = "-_."
)

// CleanName makes a valid entity name of any text: letters, digits, - _ and ., at most 63.
func CleanName(s string) string {
	s = strings.TrimSuffix(s, ".git")
	s = dashes.ReplaceAllString(notInName.ReplaceAllString(s, "-"), "-")
	s = strings.Trim(s, edgeOfName)
	if len(s) > 63 {
		s = strings.Trim(s[:63], edgeOfName)
	}
	if s == "" {
		return "repository"
	}
	return s
}

// RepositoryName is what a repository is called: by its remote, else by its folder.
func RepositoryName(remote, folder string) string {
	if _, slug := Slug(remote); slug != "" {
		return CleanName(path.Base(slug))
	}
	return CleanName(folder)
}

// Slug is the host and the owner/name of a remote, "" when the remote is neither an URL nor of the
// form git@host:owner/name.
func Slug(remote string) (host, slug string) {
	if m := scpRemote.FindStringSubmatch(remote); m != nil {
		host, slug = m[1], m[2]
	} else if u, err := url.Parse(remote); err == nil && u.Host != "" {
		host, slug = u.Hostname(), u.Path
		if p := u.Port(); p != "" && strings.HasPrefix(u.Scheme, "http") {
			host = u.Host
		}
	}
	slug = strings.TrimSuffix(strings.Trim(slug, "/"), ".git")
	parts := strings.Split(slug, "/")
	if host == "" || len(parts) < 2 {
		return "", ""
	}
	for _, p := range parts {
		if !slugPart.MatchString(p) || p == "." || p == ".." {
			return "", ""
		}
	}
	return strings.ToLower(host), slug
}

// slugAnnotation is the host's own: github.com/project-slug, also for GitHub Enterprise and other
// hosts, whose tools look for one of these two.
func slugAnnotation(host string) string {
	if strings.Contains(host, "gitlab") {
		return "gitlab.com/project-slug"
	}
	return "github.com/project-slug"
}

// names gives each thing of a kind a name of its own.
type names struct {
	repo  string
	full  bool // parts always carry the repository's name
	taken map[string]bool
}

// of is the name of a part: the repository's in front, unless the part carries it already, or begins as it does.
func (n *names) of(kind, plain string) string {
	name := CleanName(plain)
	if n.full || !carries(name, n.repo) {
		repo := n.repo
		if over := len(repo) + 1 + len(name) - 63; over > 0 { // what tells parts apart is kept
			repo = strings.TrimRight(repo[:max(len(repo)-over, 0)], edgeOfName)
		}
		name = CleanName(repo + "-" + name)
	}
	return n.unique(kind, name)
}

func (n *names) unique(kind, name string) string {
	out := name
	for i := 2; n.taken[kind+"\x00"+strings.ToLower(out)]; i++ {
		suffix := fmt.Sprintf("-%d", i)
		out = strings.TrimRight(name[:min(len(name), 63-len(suffix))], edgeOfName) + suffix
	}
	n.taken[kind+"\x00"+strings.ToLower(out)] = true
	return out
}

// carries reports whether a part's name says whose it is: it contains the repository's, or both begin with the same two
// words.
func carries(part, repo string) bool {
	p, r := norm(part), norm(repo)
	if strings.Contains(p, r) {
		return true
	}
	a, b := strings.Split(strings.ToLower(part), "-"), strings.Split(strings.ToLower(repo), "-")
	return len(a) > 2 && len(b) > 2 && a[0] == b[0] && a[1] == b[1]
}

// ownerRef is the first team of a list of owners, else the first user, and how it is written there: whoever knows the teams of
// the host can tell by that which one is meant. An e-mail address names nobody whom the catalog knows.
func ownerRef(owners []string) (ref, written string) {
	for _, w := range owners {
		n, ok := strings.CutPrefix(w, "@")
		if !ok {
			continue
		}
		if org, team, isTeam := strings.Cut(n, "/"); isTeam && org != "" && team != "" {
			return "group:" + strings.ToLower(CleanName(path.Base(team))), w
		}
		if ref == "" && n != "" {
			ref, written = "user:"+strings.ToLower(CleanName(n)), w
		}
	}
	return ref, written
}

// kebab is a name of a type as people would write it: "ProductCatalogService" is "product-catalog-service".
func kebab(s string) string {
	var b strings.Builder
	rs := []rune(s)
	for i, r := range rs {
		if r >= 'A' && r <= 'Z' {
			if i > 0 && (rs[i-1] < 'A' || rs[i-1] > 'Z' || i+1 < len(rs) && rs[i+1] >= 'a' && rs[i+1] <= 'z') {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
