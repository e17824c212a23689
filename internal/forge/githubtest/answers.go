package githubtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type object = map[string]any

func base(r *http.Request) string { return "http://" + r.Host }

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-GitHub-Media-Type", "github.v3; format=json")
	w.Header().Set("X-RateLimit-Limit", "5000")
	w.Header().Set("X-RateLimit-Remaining", "4999")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, object{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)})
}

// page answers the part of items that is asked for, with links to the others.
func page(w http.ResponseWriter, r *http.Request, items []any) {
	q := r.URL.Query()
	number := func(name string, otherwise, most int) int {
		n, err := strconv.Atoi(q.Get(name))
		if err != nil || n < 1 {
			return otherwise
		}
		return min(n, most)
	}
	size, n := number("per_page", 30, 100), number("page", 1, 1<<20)
	last := max(1, (len(items)+size-1)/size)
	var links []string
	link := func(rel string, to int) {
		q.Set("page", strconv.Itoa(to))
		links = append(links, fmt.Sprintf("<%s%s?%s>; rel=%q", base(r), r.URL.Path, q.Encode(), rel))
	}
	if n > 1 {
		link("prev", n-1)
		link("first", 1)
	}
	if n < last {
		link("next", n+1)
		link("last", last)
	}
	if len(links) > 0 {
		w.Header().Set("Link", strings.Join(links, ", "))
	}
	from := min((n-1)*size, len(items))
	answer(w, http.StatusOK, append([]any{}, items[from:min(from+size, len(items))]...))
}

// number is the id of something that has a name alone.
func number(name string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(name)))
	return int64(h.Sum32()>>1) + 1
}

func node(kind string, id int64) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%d", kind, id))
}

// Accounts, organisations and teams are all as old as the stand-in.
const made = "2020-01-02T03:04:05Z"

func user(base string, p *Person) object {
	at := base + "/api/v3/users/" + url.PathEscape(p.Login)
	return object{
		"login": p.Login, "id": p.ID, "node_id": node("U", p.ID), "avatar_url": fmt.Sprintf("%s/avatars/u/%d?v=4", base, p.ID), "gravatar_id": "",
		"url": at, "html_url": base + "/" + url.PathEscape(p.Login), "followers_url": at + "/followers", "following_url": at + "/following{/other_user}",
		"gists_url": at + "/gists{/gist_id}", "starred_url": at + "/starred{/owner}{/repo}", "subscriptions_url": at + "/subscriptions",
		"organizations_url": at + "/orgs", "repos_url": at + "/repos", "events_url": at + "/events{/privacy}",
		"received_events_url": at + "/received_events", "type": "User", "user_view_type": "public", "site_admin": false,
	}
}

func privateUser(base string, p *Person) object {
	u := user(base, p)
	maps.Copy(u, object{
		"user_view_type": "private", "name": nil, "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil,
		"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": made, "updated_at": made,
		"private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0, "collaborators": 0, "two_factor_authentication": true,
	})
	if p.Name != "" {
		u["name"] = p.Name
	}
	return u
}

func organization(base, login string) object {
	at := base + "/api/v3/orgs/" + url.PathEscape(login)
	id := number(login)
	return object{
		"login": login, "id": id, "node_id": node("O", id), "url": at, "repos_url": at + "/repos", "events_url": at + "/events",
		"hooks_url": at + "/hooks", "issues_url": at + "/issues", "members_url": at + "/members{/member}",
		"public_members_url": at + "/public_members{/member}", "avatar_url": fmt.Sprintf("%s/avatars/u/%d?v=4", base, id), "description": nil,
	}
}

func emails(_ string, p *Person, has func(string) bool) (items []any, needs string) {
	if !has("user:email") {
		return nil, "user:email"
	}
	for _, e := range p.Emails {
		item := object{"email": e.Address, "primary": e.Primary, "verified": e.Verified, "visibility": nil}
		if e.Primary {
			item["visibility"] = "private"
		}
		items = append(items, item)
	}
	return items, ""
}

func memberships(base string, p *Person, has func(string) bool) (items []any, needs string) {
	if !has("read:org") {
		return nil, "read:org"
	}
	for _, login := range slices.Sorted(maps.Keys(p.Organizations)) {
		items = append(items, object{
			"url": base + "/api/v3/orgs/" + url.PathEscape(login) + "/memberships/" + url.PathEscape(p.Login), "state": p.Organizations[login],
			"role": "member", "organization_url": base + "/api/v3/orgs/" + url.PathEscape(login),
			"organization": organization(base, login), "user": user(base, p),
		})
	}
	return items, ""
}

func teams(base string, p *Person, has func(string) bool) (items []any, needs string) {
	if !has("read:org") {
		return nil, "read:org"
	}
	for _, name := range p.Teams {
		login, slug, _ := strings.Cut(name, "/")
		org := organization(base, login)
		maps.Copy(org, object{
			"html_url": base + "/" + url.PathEscape(login), "has_organization_projects": true, "has_repository_projects": true,
			"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": made, "updated_at": made, "archived_at": nil, "type": "Organization",
		})
		id := number(name)
		at := fmt.Sprintf("%s/api/v3/organizations/%d/team/%d", base, number(login), id)
		items = append(items, object{
			"id": id, "node_id": node("T", id), "url": at, "html_url": base + "/orgs/" + url.PathEscape(login) + "/teams/" + url.PathEscape(slug),
			"name": slug, "slug": slug, "description": nil, "privacy": "closed", "notification_setting": "notifications_enabled", "permission": "pull",
			"members_url": at + "/members{/member}", "repositories_url": at + "/repos", "parent": nil, "members_count": 1, "repos_count": 0,
			"created_at": made, "updated_at": made, "organization": org, "type": "organization",
		})
	}
	return items, ""
}
