// Package gitlabtest stands in for GitLab in tests. Its GraphQL API executes any query over what it has, within the types
// that GitLab publishes: a query that they do not permit, a query that costs more than GitLab's limit, and an answer that
// is not of their types fail the test. Its REST API, for which GitLab publishes no schema in any registry, has what a merge
// request takes, as GitLab's documentation describes it.
//
// It counts what it is asked, and can answer wrongly when told to.
package gitlabtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Tokens that the stand-in knows. Everything is private: the stranger may see nothing.
const (
	Token    = "glpat-of-a-member"
	Stranger = "glpat-of-a-stranger"
)

// Group is one, by its full path.
type Group struct {
	ID                      int
	Path, Name, Description string
	Members                 []string // of itself
	HideMembers             bool
}

// User is somebody with an account.
type User struct {
	ID                          int
	Username, Name, PublicEmail string
	State                       string // "active" where ""
	Bot                         bool
}

// Project is one, by its full path. Branches have files by path; without any it is empty.
type Project struct {
	ID                                     int
	Path, Description, Visibility, Default string
	Archived, Fork, NoCode                 bool
	Mine                                   bool // of the membership of the token's account
	Topics                                 []string
	Languages                              map[string]float64
	LastActivity                           string
	Branches                               map[string]map[string]string
}

// MergeRequest is one that was made.
type MergeRequest struct {
	IID                                int
	Project                            int
	Source, Target, Title, Text, State string
}

// GitLab is the stand-in, an [http.Handler]. It is safe for concurrent use.
type GitLab struct {
	t             testing.TB
	mux           *http.ServeMux
	schema, newer *ast.Schema

	mu       sync.Mutex
	groups   []Group
	users    []User
	projects []*Project
	requests []MergeRequest
	commits  int
	old      bool
	wrong    func(w http.ResponseWriter, r *http.Request) bool
	asked    []string
}

// Start serves a new GitLab on loopback until the test ends, and returns its address beside it.
func Start(t testing.TB) (*GitLab, string) {
	t.Helper()
	g := &GitLab{t: t, mux: http.NewServeMux()}
	g.schema, g.newer = published(t)
	g.mux.HandleFunc("POST /api/graphql", g.graphql)
	g.rest()
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return g, s.URL
}

func (g *GitLab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.Method+" "+r.URL.Path)
	if g.wrong != nil && g.wrong(w, r) {
		return
	}
	if token := r.Header.Get("Private-Token"); token != "" && token != Token && token != Stranger {
		answer(w, http.StatusUnauthorized, object{"message": "401 Unauthorized"})
		return
	}
	g.mux.ServeHTTP(w, r)
}

// Old makes it a version that lacks the later fields.
func (g *GitLab) Old() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.old = true
}

// Wrong lets answer answer first; false means that it leaves the request to GitLab. nil ends it.
func (g *GitLab) Wrong(answer func(w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wrong = answer
}

// Asked are the requests so far, as "POST /api/graphql".
func (g *GitLab) Asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

// AddGroup makes a group, below those that its path names.
func (g *GitLab) AddGroup(group Group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	group.ID = 100 + len(g.groups)
	if group.Name == "" {
		group.Name = group.Path[strings.LastIndexByte(group.Path, '/')+1:]
	}
	g.groups = append(g.groups, group)
}

// AddUser makes a user.
func (g *GitLab) AddUser(u User) {
	g.mu.Lock()
	defer g.mu.Unlock()
	u.ID = 1000 + len(g.users)
	if u.State == "" {
		u.State = "active"
	}
	g.users = append(g.users, u)
}

// AddProject makes a project, and returns its ID.
func (g *GitLab) AddProject(p Project) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	p.ID = 1 + len(g.projects)
	if p.Default == "" {
		p.Default = "main"
	}
	if p.Visibility == "" {
		p.Visibility = "private"
	}
	if p.LastActivity == "" {
		p.LastActivity = "2026-01-02T03:04:05Z"
	}
	g.projects = append(g.projects, &p)
	return fmt.Sprint(p.ID)
}

// Change changes a project: moves it, deletes it by an empty path.
func (g *GitLab) Change(id string, change func(*Project)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.projects {
		if fmt.Sprint(p.ID) == id {
			change(p)
		}
	}
}

// MergeRequests are those that were made.
func (g *GitLab) MergeRequests() []MergeRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// CloseMergeRequest closes one.
func (g *GitLab) CloseMergeRequest(iid int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.requests {
		if g.requests[i].IID == iid {
			g.requests[i].State = "closed"
		}
	}
}

// Commits is how many were made through the API.
func (g *GitLab) Commits() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.commits
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (g *GitLab) graphql(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Query     string
		Variables map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		answer(w, http.StatusBadRequest, object{"errors": []any{object{"message": "Unexpected end of document"}}})
		return
	}
	schema := g.newer
	if g.old {
		schema = g.schema
	}
	refuse := func(message string) { answer(w, http.StatusOK, object{"errors": []any{object{"message": message}}}) }
	query, faults := gqlparser.LoadQueryWithRules(schema, request.Query, rules.NewDefaultRules())
	if len(faults) > 0 {
		if g.old && strings.Contains(faults.Error(), `"isForked"`) {
			refuse("Field 'isForked' doesn't exist on type 'Project'")
			return
		}
		g.t.Errorf("GitLab would not understand: %v", faults)
		refuse(faults.Error())
		return
	}
	operation := query.Operations[0]
	variables, err := validator.VariableValues(schema, operation, request.Variables)
	if err != nil {
		g.t.Errorf("GitLab would not take the variables: %v", err)
		refuse(err.Error())
		return
	}
	if cost := complexity(operation.SelectionSet, variables); cost > maxComplexity {
		g.t.Errorf("GitLab counts %.0f for the query; its limit is %d", cost, maxComplexity)
		refuse(fmt.Sprintf("Query has complexity of %.0f, which exceeds max complexity of %d", cost, maxComplexity))
		return
	}
	run := &run{schema: schema, variables: variables}
	sees := r.Header.Get("Private-Token") == Token
	data := run.object(schema.Query, operation.SelectionSet, object{
		"group": func(a arguments) any {
			for i := range g.groups {
				if sees && strings.EqualFold(g.groups[i].Path, a.text("fullPath")) {
					return g.group(&g.groups[i])
				}
			}
			return nil
		},
		"groups": func(a arguments) any {
			var list []object
			for i := range g.groups {
				if sees {
					list = append(list, g.group(&g.groups[i]))
				}
			}
			return connection(list, byKey, a)
		},
		"projects": func(a arguments) any {
			ids, some := a.texts("ids")
			var list []object
			for _, p := range g.projects {
				mine := a["membership"] != true || p.Mine
				if sees && p.Path != "" && mine && (!some || slices.Contains(ids, fmt.Sprintf("gid://gitlab/Project/%d", p.ID))) {
					list = append(list, g.project(p))
				}
			}
			return connection(list, byKey, a)
		},
	})
	for _, f := range run.faults {
		g.t.Errorf("the stand-in answers what GitLab would not: %s", f)
	}
	answer(w, http.StatusOK, object{"data": data})
}
