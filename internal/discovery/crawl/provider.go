package crawl

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"portico/internal/catalog"
	"portico/internal/discovery"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/git"
)

// Provider is one configured account of a host.
type Provider struct {
	ID      string // "github:acme": kind and id in the configuration
	Kind    string // "github", "gitlab" or "gitea"
	Account string // the organisation or group, for people; "" for all that the credential sees
	BaseURL string // where the host's pages begin, without a slash at the end
	Forge   forge.Forge
	Filters Filters
	// Next says when the account is looked at as a whole again; the zero time is never, and nil leaves it to the catalog.
	Next func(now time.Time) time.Time
	// Webhooks is set where deliveries of the host can be verified.
	Webhooks bool
	// Credential names the budget that its requests are paid from: a digest, "" where none is kept.
	Credential string
}

// Location is the source that the provider is.
func (p *Provider) Location() catalog.Location {
	target := p.BaseURL
	if p.Account != "" {
		target += "/" + p.Account
	}
	_, id, _ := strings.Cut(p.ID, ":")
	return catalog.Location{Type: p.Kind, Target: target + "#" + id}
}

// Filters say which repositories are read, and what in them.
type Filters struct {
	Branch         string         // read instead of the default branch
	FallbackBranch string         // where the host names no default branch
	Repository     *regexp.Regexp // of the name without the account; of all of it where WholeName
	WholeName      bool
	Exclude        []string // whole names
	Topics         []string // any of them
	AllTopics      []string // each of them
	WithoutTopics  []string // none of them
	Visibility     []string
	NoForks        bool
	Archived       bool   // read those, too
	CatalogPath    string // a path or a pattern; "": catalog-info.yaml, at the top and in folders below
}

var (
	nameSegment = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)
	placeholder = regexp.MustCompile(`\$(text|json|yaml|openapi|asyncapi)\b`)
)

// usable reports whether a name is one that a host would let through, so that it can be part of an address.
func usable(name string) bool {
	parts := strings.Split(name, "/")
	return len(parts) >= 2 && len(parts) <= 21 && len(name) <= 500 && !slices.ContainsFunc(parts, func(s string) bool {
		return !nameSegment.MatchString(s) || s == "." || s == ".." || s == "-"
	})
}

// leaves says why a repository is left out of the catalog; "" where it is not.
func (f *Filters) leaves(r *forge.Repository) string {
	short := r.Name[strings.LastIndexByte(r.Name, '/')+1:]
	matched := short
	if f.WholeName {
		matched = r.Name
	}
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(t string) bool { return slices.Contains(r.Topics, t) })
	}
	switch {
	case !usable(r.Name):
		return "its name cannot be part of an address"
	case r.Archived && !f.Archived:
		return "it is archived"
	case r.Fork && f.NoForks:
		return "it is a fork"
	case f.Repository != nil && !f.Repository.MatchString(matched):
		return "its name does not match the filter"
	case slices.Contains(f.Exclude, r.Name):
		return "it is excluded by name"
	case len(f.Visibility) > 0 && !slices.Contains(f.Visibility, r.Visibility):
		return "its visibility is " + orWord(r.Visibility, "unknown")
	case has(f.WithoutTopics):
		return "it has an excluded topic"
	case len(f.Topics) > 0 && !has(f.Topics):
		return "it has none of the topics"
	case slices.ContainsFunc(f.AllTopics, func(t string) bool { return !slices.Contains(r.Topics, t) }):
		return "it lacks a topic"
	case r.Head == "" && !r.HeadUnknown:
		return "it is empty"
	case f.branch(r) == "":
		return "it has no default branch"
	case git.CheckRef(f.branch(r)) != nil:
		return "the name of its branch cannot be used"
	}
	return ""
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

func (f *Filters) branch(r *forge.Repository) string {
	return orWord(f.Branch, orWord(r.DefaultBranch, f.FallbackBranch))
}

// descriptor reports whether a path is a descriptor.
func (f *Filters) descriptor(p string) bool {
	if f.CatalogPath == "" {
		return discovery.IsDescriptor(p)
	}
	pattern := strings.TrimPrefix(f.CatalogPath, "/")
	ok, err := doublestar.Match(pattern, p)
	return p == pattern || err == nil && ok
}

// rulesVersion changes when the same tree is made something else of than before.
const rulesVersion = "1"

// wants names all that decides about what a repository yields. It is compared and not read.
func (p *Provider) wants(r *forge.Repository, entityName string, now time.Time) string {
	at := r.Head
	if r.HeadUnknown || p.Filters.Branch != "" && p.Filters.Branch != r.DefaultBranch {
		at = "stamp:" + r.Stamp + r.PushedAt.UTC().Format(time.RFC3339) + r.Head
	}
	facts, err := json.Marshal([]any{
		rulesVersion, r.Name, entityName, r.Description, p.Filters.branch(r), r.Archived, r.Visibility, r.Topics, r.Teams, p.Filters.CatalogPath, activity(r, now),
	})
	if err != nil {
		panic(fmt.Errorf("crawl: encode facts: %w", err)) // texts and lists of texts
	}
	sum := sha256.Sum256(facts)
	return at + "|" + hex.EncodeToString(sum[:8])
}

// page is the address of a path of a repository as the host's pages have it: "blob", "tree" or "edit".
func (p *Provider) page(name, kind, branch, path string) string {
	base, ref := p.home(name), url.PathEscape(branch)
	switch p.Kind {
	case "gitlab":
		base += "/-/" + kind + "/" + ref
	case "gitea":
		if kind == "edit" {
			base += "/_edit/" + ref
		} else {
			base += "/src/branch/" + ref
		}
	default:
		base += "/" + kind + "/" + ref
	}
	for s := range strings.SplitSeq(path, "/") {
		if s != "" {
			base += "/" + url.PathEscape(s)
		}
	}
	return base
}

// home is the address of a repository's page.
func (p *Provider) home(name string) string { return p.BaseURL + "/" + name }

// Providers finds a provider by its id or its location.
type Providers []*Provider

// Of returns the ids of the providers that read an account of a host.
func (list Providers) Of(kind, host, account string) (ids []string) {
	for _, p := range list {
		if _, at, _ := strings.Cut(p.BaseURL, "://"); p.Kind == kind && strings.EqualFold(at, host) && strings.EqualFold(p.Account, account) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (list Providers) byID(id string) (*Provider, error) {
	for _, p := range list {
		if p.ID == id {
			return p, nil
		}
	}
	return nil, errs.WithRemedy(errs.New(errs.NotFound, "there is no provider %.80q", id), "look at the list of providers for their ids")
}

func (list Providers) at(loc catalog.Location) (*Provider, error) {
	for _, p := range list {
		if p.Location() == loc {
			return p, nil
		}
	}
	return nil, errs.WithRemedy(errs.New(errs.Unavailable, "%s is no longer in the configuration", loc.Shown()), "restart the portal with one configuration on all replicas")
}
