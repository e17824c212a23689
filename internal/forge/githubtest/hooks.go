package githubtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Delivery is a webhook as it was sent, and what was answered.
type Delivery struct {
	ID, Event string
	Header    http.Header
	Body      []byte
	Status    int // 0 where nobody answered
}

type hook struct{ url, secret string }

// Hook sends what happens from now on to an address, signed with the secret. A delivery is answered before the call that
// caused it returns.
func (g *GitHub) Hook(address, secret string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hooks = append(g.hooks, hook{address, secret})
}

// Unhook ends the hooks: what happens from now on is told to nobody.
func (g *GitHub) Unhook() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hooks = nil
}

// Deliveries are those that were sent so far.
func (g *GitHub) Deliveries() []Delivery {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Delivery(nil), g.sent...)
}

// Redeliver sends a delivery again as it was, to the first hook.
func (g *GitHub) Redeliver(d Delivery) {
	g.mu.Lock()
	h := g.hooks[0]
	g.mu.Unlock()
	g.deliver(h, d)
}

// event is a payload that waits for the lock to be given back.
type event struct {
	name string
	body []byte
}

// change does something under the lock, and sends what the hooks are to know after it.
func (g *GitHub) change(do func()) {
	events, hooks := func() ([]event, []hook) {
		g.mu.Lock()
		defer g.mu.Unlock()
		do()
		return g.takeEvents()
	}()
	g.send(events, hooks)
}

func (g *GitHub) takeEvents() ([]event, []hook) {
	events := g.events
	g.events = nil
	return events, append([]hook(nil), g.hooks...)
}

func (g *GitHub) send(events []event, hooks []hook) {
	for _, e := range events {
		for _, h := range hooks {
			mac := hmac.New(sha256.New, []byte(h.secret))
			mac.Write(e.body)
			id := strings.ToLower(rand.Text())
			g.deliver(h, Delivery{ID: id, Event: e.name, Body: e.body, Header: http.Header{
				"Content-Type": {"application/json"}, "User-Agent": {"GitHub-Hookshot/0123456"}, "X-Github-Delivery": {id}, "X-Github-Event": {e.name},
				"X-Github-Hook-Id": {"1"}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
			}})
		}
	}
}

// deliver waits ten seconds for an answer, as GitHub does.
func (g *GitHub) deliver(h hook, d Delivery) {
	client := http.Client{Timeout: 10 * time.Second}
	r, err := http.NewRequest(http.MethodPost, h.url, bytes.NewReader(d.Body))
	if err == nil {
		r.Header = d.Header.Clone()
		var resp *http.Response
		if resp, err = client.Do(r); err == nil {
			d.Status = resp.StatusCode
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
			resp.Body.Close()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sent = append(g.sent, d)
}

// tell keeps an event of a repository for the hooks; the caller holds the lock.
func (g *GitHub) tell(r *Repository, name string, payload object) {
	if len(g.hooks) == 0 {
		return
	}
	payload["repository"] = g.repositoryPayload(r)
	if r.organization {
		payload["organization"] = organization(g.base, r.Owner)
	}
	sender := &Person{ID: 1, Login: "somebody"}
	if len(g.people) > 0 {
		sender = g.people[0]
	}
	payload["sender"] = user(g.base, sender)
	if name == "push" {
		c := r.commits[payload["after"].(string)]
		who := object{"name": sender.Login, "email": "standin@github.example", "username": sender.Login}
		head := object{
			"id": c.oid, "tree_id": c.tree, "distinct": true, "message": strings.TrimSpace(c.message), "timestamp": c.at.UTC().Format(time.RFC3339),
			"url": g.base + "/" + r.full() + "/commit/" + c.oid, "author": who, "committer": who, "added": []string{}, "removed": []string{}, "modified": []string{},
		}
		maps.Copy(payload, object{
			"compare": g.base + "/" + r.full() + "/compare/" + c.oid, "commits": []any{head}, "head_commit": head,
			"pusher": object{"name": sender.Login, "email": "standin@github.example"},
		})
	}
	body, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	g.events = append(g.events, event{name, body})
}

func (g *GitHub) repositoryPayload(r *Repository) object {
	full := url.PathEscape(r.Owner) + "/" + url.PathEscape(r.Name)
	page, at := g.base+"/"+full, g.base+"/api/v3/repos/"+full
	var owner object
	if p := g.person(r.Owner); p != nil {
		owner = user(g.base, p)
	} else {
		owner = user(g.base, &Person{ID: number(r.Owner), Login: r.Owner})
		owner["type"], owner["node_id"] = "Organization", node("O", number(r.Owner))
	}
	topics := append([]string{}, r.Topics...)
	p := object{
		"id": r.id, "node_id": r.node(), "name": r.Name, "full_name": r.full(), "private": r.Visibility != "public", "owner": owner, "html_url": page,
		"description": r.Description, "fork": r.Fork, "url": at, "created_at": made, "updated_at": r.updated.UTC().Format(time.RFC3339),
		"pushed_at": r.pushed.UTC().Format(time.RFC3339), "git_url": "git:" + strings.TrimPrefix(page, "http:") + ".git", "ssh_url": "git@github.example:" + full + ".git",
		"clone_url": page + ".git", "svn_url": page, "homepage": nil, "size": 0, "stargazers_count": 0, "watchers_count": 0, "language": nil, "has_issues": true,
		"has_projects": true, "has_downloads": true, "has_wiki": true, "has_pages": false, "forks_count": 0, "mirror_url": nil, "archived": r.Archived,
		"disabled": false, "open_issues_count": 0, "license": nil, "is_template": false, "topics": topics, "visibility": r.Visibility,
		"forks": 0, "open_issues": 0, "watchers": 0, "default_branch": r.Branch,
	}
	for _, sub := range []string{"forks", "teams", "hooks", "events", "tags", "languages", "stargazers", "contributors", "subscribers", "subscription", "merges", "downloads", "deployments"} {
		p[sub+"_url"] = fmt.Sprintf("%s/%s", at, sub)
	}
	return p
}
