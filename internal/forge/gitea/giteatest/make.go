package giteatest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// Password is that of everybody whom User made.
const Password = "a-password-of-tests"

// User makes a person, whose address is name@localhost.
func (s *Server) User(t testing.TB, name, fullName string) {
	t.Helper()
	s.Call(t, s.Token, "POST", "/admin/users", map[string]any{
		"username": name, "full_name": fullName, "email": name + "@localhost.example", "password": Password, "must_change_password": false,
	}, nil)
}

// UserToken makes a token of somebody that User made, with scopes such as "read:repository".
func (s *Server) UserToken(t testing.TB, name string, scopes ...string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"name": fmt.Sprint(scopes), "scopes": scopes})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/users/"+name+"/tokens", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(name, Password)
	req.Header.Set("Content-Type", "application/json")
	var out struct {
		SHA1 string `json:"sha1"`
	}
	s.send(t, req, &out)
	return out.SHA1
}

// Organization makes one that everybody sees, or one for its members alone. The administrator owns it.
func (s *Server) Organization(t testing.TB, name string, private bool) {
	t.Helper()
	visibility := map[bool]string{false: "public", true: "private"}[private]
	s.Call(t, s.Token, "POST", "/orgs", map[string]any{"username": name, "visibility": visibility}, nil)
}

// Team makes a team with one permission ("read", "write", "admin") for code in all repositories, and returns its ID.
func (s *Server) Team(t testing.TB, org, name, permission string, members ...string) int64 {
	t.Helper()
	id := s.team(t, org, name, permission, true)
	for _, m := range members {
		s.Call(t, s.Token, "PUT", fmt.Sprintf("/teams/%d/members/%s", id, m), nil, nil)
	}
	return id
}

// TeamOf makes a team that has some repositories.
func (s *Server) TeamOf(t testing.TB, org, name, permission string, repositories ...string) int64 {
	t.Helper()
	id := s.team(t, org, name, permission, false)
	for _, r := range repositories {
		s.Call(t, s.Token, "PUT", fmt.Sprintf("/teams/%d/repos/%s/%s", id, org, r), nil, nil)
	}
	return id
}

func (s *Server) team(t testing.TB, org, name, permission string, all bool) int64 {
	t.Helper()
	var out struct {
		ID int64 `json:"id"`
	}
	s.Call(t, s.Token, "POST", "/orgs/"+org+"/teams", map[string]any{
		"name": name, "description": "The team " + name, "permission": permission, "includes_all_repositories": all,
		"units_map": map[string]string{"repo.code": permission, "repo.pulls": permission},
	}, &out)
	return out.ID
}

// Owner makes somebody an owner of an organisation.
func (s *Server) Owner(t testing.TB, org, name string) {
	t.Helper()
	var teams []struct {
		ID         int64  `json:"id"`
		Permission string `json:"permission"`
	}
	s.Call(t, s.Token, "GET", "/orgs/"+org+"/teams", nil, &teams)
	for _, team := range teams {
		if team.Permission == "owner" {
			s.Call(t, s.Token, "PUT", fmt.Sprintf("/teams/%d/members/%s", team.ID, name), nil, nil)
		}
	}
}

// Repository makes one in an organisation, with files in one commit on main, and returns its ID. Without files it is empty.
func (s *Server) Repository(t testing.TB, org, name string, files map[string]string) int64 {
	t.Helper()
	var out struct {
		ID int64 `json:"id"`
	}
	s.Call(t, s.Token, "POST", "/orgs/"+org+"/repos", map[string]any{"name": name, "default_branch": "main", "description": "What " + name + " is"}, &out)
	if len(files) > 0 {
		s.Commit(t, org+"/"+name, "main", "Begin", files)
	}
	return out.ID
}

// Commit writes files to a branch, as whoever pushes them would, and returns the commit.
func (s *Server) Commit(t testing.TB, repo, branch, message string, files map[string]string) string {
	t.Helper()
	type operation struct {
		Operation string `json:"operation"`
		Path      string `json:"path"`
		Content   []byte `json:"content"`
	}
	var operations []operation
	for _, path := range slices.Sorted(maps.Keys(files)) {
		operations = append(operations, operation{"upload", path, []byte(files[path])})
	}
	var out struct {
		Commit struct {
			SHA string `json:"sha"`
		} `json:"commit"`
	}
	s.Call(t, s.Token, "POST", "/repos/"+repo+"/contents", map[string]any{"branch": branch, "message": message, "files": operations}, &out)
	return out.Commit.SHA
}

// File is the content of a file at a branch.
func (s *Server) File(t testing.TB, repo, branch, path string) string {
	t.Helper()
	var out struct {
		Content []byte `json:"content"`
	}
	s.Call(t, s.Token, "GET", "/repos/"+repo+"/contents/"+path+"?ref="+url.QueryEscape(branch), nil, &out)
	return string(out.Content)
}

// Hook has an organisation send these events, or all where none is named, to an address.
func (s *Server) Hook(t testing.TB, org, to, secret string, events ...string) {
	t.Helper()
	if len(events) == 0 {
		events = []string{"create", "delete", "fork", "push", "repository", "issues", "release"}
	}
	s.Call(t, s.Token, "POST", "/orgs/"+org+"/hooks", map[string]any{
		"type": "gitea", "active": true, "events": events, "config": map[string]string{"url": to, "content_type": "json", "secret": secret},
	}, nil)
}
