package gitlab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/wire"
)

// Options are one group of a host.
type Options struct {
	// BaseURL is where the pages begin: https://gitlab.com. All addresses of projects are built from it.
	BaseURL string
	// APIBaseURL is where the REST API begins; BaseURL with /api/v4 where it is "". GraphQL is beside it.
	APIBaseURL string
	// Group is the group's full path: "quay" or "quay/cranes". "" is the whole host, or what is of Membership of it.
	Group string
	// Membership narrows a whole host to the projects that the token's account is a member of.
	Membership bool
	// Client brings budget and guards, and the credentials where there is no Token.
	Client *http.Client
	// Token is sent to the API.
	Token string
	// WebhookTokens are what deliveries bring, any of them: so one can follow another. Without one, no delivery is accepted.
	WebhookTokens []string
	// Files are the paths that a page brings the contents of; DefaultFiles where nil.
	Files []string
	// Entry is where the operator wrote the credentials, for remedies: "integrations.gitlab[0]".
	Entry string
}

// DefaultFiles say most of a repository.
var DefaultFiles = []string{"catalog-info.yaml", "CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS", "README.md"}

const maxFiles = 20

// Forge is one group. It is safe for concurrent use.
type Forge struct {
	rest    *wire.Client
	graphql *wire.Client
	base    string
	group   string
	entry   string
	member  bool
	tokens  []string
	files   []string
	// old is true once the host has said that it does not know a field that later versions have.
	old atomic.Bool
}

var _ forge.Forge = (*Forge)(nil)

// New returns the group's forge. Nothing is asked yet. Errors: errs.Invalid.
func New(o Options) (*Forge, error) {
	base := strings.TrimRight(o.BaseURL, "/")
	if wire.Address(base) == "" || strings.ContainsAny(base, "?#") {
		return nil, errs.New(errs.Invalid, "baseUrl: %.200q is not the http or https address of a GitLab", base)
	}
	if o.Group != "" && !wire.IsPath(o.Group, 1) {
		return nil, errs.New(errs.Invalid, "group: %.200q is not the path of a group, such as quay/cranes", o.Group)
	}
	if o.Files == nil {
		o.Files = DefaultFiles
	}
	if len(o.Files) > maxFiles {
		return nil, errs.New(errs.Invalid, "%d files are more than %d, the limit of what a page brings of each repository", len(o.Files), maxFiles)
	}
	api := strings.TrimRight(o.APIBaseURL, "/")
	if api == "" {
		api = base + "/api/v4"
	}
	if o.Group == "" && !o.Membership && base == "https://gitlab.com" {
		return nil, errs.New(errs.Invalid, "group: gitlab.com is not read as a whole; name a group, or set membership")
	}
	header := http.Header{}
	if o.Token != "" {
		header.Set("Private-Token", o.Token)
	}
	rest, err := wire.New(o.Client, api, o.Entry, header)
	if err != nil {
		return nil, err
	}
	graphql, err := wire.New(o.Client, strings.TrimSuffix(api, "/v4")+"/graphql", o.Entry, header)
	if err != nil {
		return nil, err
	}
	return &Forge{rest: rest, graphql: graphql, base: base, group: o.Group, entry: o.Entry, member: o.Membership, files: o.Files,
		tokens: slices.DeleteFunc(slices.Clone(o.WebhookTokens), func(s string) bool { return s == "" })}, nil
}

// faults are the errors of a GraphQL answer.
type faults []struct {
	Message string `json:"message"`
}

func (e faults) Error() string {
	var said []string
	for i, f := range e {
		if i == 3 {
			said = append(said, fmt.Sprintf("and %d more", len(e)-i))
			break
		}
		said = append(said, wire.Line(f.Message, 200))
	}
	return strings.Join(said, "; ")
}

// unknown reports whether the host says that it does not know a field.
func (e faults) unknown(field string) bool {
	for _, f := range e {
		if strings.Contains(f.Message, "'"+field+"'") && strings.Contains(f.Message, "doesn't exist") {
			return true
		}
	}
	return false
}

// ask sends a query. An answer with errors is an error, whatever else is in it.
func ask[T any](ctx context.Context, f *Forge, query string, variables map[string]any) (*T, error) {
	var answer struct {
		Data   *T     `json:"data"`
		Errors faults `json:"errors"`
	}
	if _, err := f.graphql.Do(ctx, http.MethodPost, "", map[string]any{"query": query, "variables": variables}, &answer); err != nil {
		return nil, err
	}
	if len(answer.Errors) > 0 || answer.Data == nil {
		return nil, errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s did not answer the whole question", f.graphql.Host()), answer.Errors),
			fmt.Sprintf("it is tried again; check that the token of %s has the scope read_api", f.named()))
	}
	return answer.Data, nil
}

func (f *Forge) named() string {
	if f.entry == "" {
		return "the integration"
	}
	return f.entry
}

// missing is the error of a group that the host does not show.
func (f *Forge) missing() error {
	return errs.WithRemedy(errs.New(errs.NotFound, "%s shows no group %s", f.graphql.Host(), f.group),
		fmt.Sprintf("check the path; a private group shows itself to its members alone, so the account of %s must be one", f.named()))
}

// owns reports whether a project or a group, by its path, is below the group. On a whole host all are.
func (f *Forge) owns(path string) bool {
	return f.group == "" || len(path) > len(f.group)+1 && strings.EqualFold(path[:len(f.group)+1], f.group+"/")
}

// localID takes the number out of "gid://gitlab/Project/12".
func localID(gid, kind string) (string, bool) {
	n, ok := strings.CutPrefix(gid, "gid://gitlab/"+kind+"/")
	if !ok || !isID(n) {
		return "", false
	}
	return n, true
}

// isID reports whether s is written as GitLab writes a number.
func isID(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == s
}

func asFaults(err error) (faults, bool) {
	var e faults
	ok := errors.As(err, &e)
	return e, ok
}
