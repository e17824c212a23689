package githubtest

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Repository is what a repository is to begin with.
type Repository struct {
	Teams         map[string]string // by slug: "ADMIN", "MAINTAIN", "WRITE", "TRIAGE" or "READ"
	Owner, Name   string            // Owner is an organisation, or the login of a person
	Description   string
	Branch        string // main when empty
	Topics        []string
	Languages     map[string]int64 // bytes by name
	Archived      bool
	Fork          bool
	Visibility    string            // "public", "internal" or "private"; private when empty
	Files         map[string]string // the first commit; the repository is empty without
	Links         map[string]string // symbolic links of the first commit
	organization  bool
	id            int64
	pushed        time.Time
	updated       time.Time
	branches      map[string]string // to commits
	commits       map[string]*commit
	pulls         []*pull
	exported      string // folder of its bare repository, "" before anyone fetched
	exportedState string
}

type file struct {
	data []byte
	mode int64
}

type commit struct {
	oid, tree, parent, message string
	files                      map[string]file
	at                         time.Time
	trees                      map[string][]child // by folder, as they are asked for: a commit does not change
}

// list is what is in a folder; the caller holds the lock.
func (c *commit) list(dir string) []child {
	if c.trees == nil {
		c.trees = map[string][]child{}
	}
	if _, ok := c.trees[dir]; !ok {
		c.trees[dir] = tree(c.files, dir)
	}
	return c.trees[dir]
}

type pull struct {
	number                  int64
	base, head, title, body string
	state                   string // of GraphQL
	headOID                 string // when it was closed
	fork                    bool
}

func (r *Repository) full() string { return r.Owner + "/" + r.Name }

func (r *Repository) head() *commit { return r.commits[r.branches[r.Branch]] }

func (r *Repository) node() string { return node("Repository", r.id) }

const author = "Stand In <standin@github.example>"

// digest is Git's name of an object.
func digest(kind string, data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// child is one entry of a tree.
type child struct {
	name, kind, oid string
	mode, size      int64
	data            []byte
}

// tree lists what is in a folder of a snapshot, as Git orders it. The root is "".
func tree(files map[string]file, dir string) []child {
	var list []child
	seen := map[string]bool{}
	prefix := ""
	if dir != "" {
		prefix = dir + "/"
	}
	for p, f := range files {
		rest, ok := strings.CutPrefix(p, prefix)
		if !ok {
			continue
		}
		name, _, deeper := strings.Cut(rest, "/")
		switch {
		case !deeper:
			list = append(list, child{name: name, kind: "blob", oid: digest("blob", f.data), mode: f.mode, size: int64(len(f.data)), data: f.data})
		case !seen[name]:
			seen[name] = true
			list = append(list, child{name: name, kind: "tree", oid: treeOID(files, prefix+name), mode: 0o40000})
		}
	}
	key := func(c child) string {
		if c.kind == "tree" {
			return c.name + "/"
		}
		return c.name
	}
	slices.SortFunc(list, func(a, b child) int { return strings.Compare(key(a), key(b)) })
	return list
}

func treeOID(files map[string]file, dir string) string {
	var text []byte
	for _, c := range tree(files, dir) {
		raw, _ := hex.DecodeString(c.oid)
		text = append(fmt.Appendf(text, "%o %s\x00", c.mode, c.name), raw...)
	}
	return digest("tree", text)
}

func newCommit(parent, message string, files map[string]file, at time.Time) *commit {
	c := &commit{parent: parent, message: message, files: files, at: at, tree: treeOID(files, "")}
	text := "tree " + c.tree + "\n"
	if parent != "" {
		text += "parent " + parent + "\n"
	}
	who := fmt.Sprintf("%s %d +0000", author, at.Unix())
	text += "author " + who + "\ncommitter " + who + "\n\n" + message
	c.oid = digest("commit", []byte(text))
	return c
}

// commit puts a commit with these changes on a branch; the caller holds the lock. A nil content removes the file.
func (r *Repository) commit(branch, message string, changes map[string][]byte, at time.Time) *commit {
	files := map[string]file{}
	parent := cmp.Or(r.branches[branch], r.branches[r.Branch]) // a new branch begins at the default one
	if parent != "" {
		files = maps.Clone(r.commits[parent].files)
	}
	for p, data := range changes {
		if data == nil {
			delete(files, p)
			continue
		}
		mode := int64(0o100644)
		if was, ok := files[p]; ok {
			mode = was.mode
		}
		files[p] = file{data, mode}
	}
	c := newCommit(parent, message, files, at)
	r.commits[c.oid], r.branches[branch] = c, c.oid
	r.pushed, r.updated = at, at
	return c
}

// AddOrganization makes an organisation. People whose Organizations name one have made it already.
func (g *GitHub) AddOrganization(login string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.organizations[strings.ToLower(login)] = login
}

// Team is a team. One that a person's Teams name need not be added.
type Team struct{ Organization, Slug, Name, Description, Parent string }

// AddTeam makes a team.
func (g *GitHub) AddTeam(t Team) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.organizations[strings.ToLower(t.Organization)] = t.Organization
	g.teams = append(g.teams, t)
}

// AddRepository makes a repository and tells the hooks. Its owner is made an organisation where nobody has that login.
func (g *GitHub) AddRepository(r Repository) {
	g.change(func() {
		if g.person(r.Owner) == nil {
			g.organizations[strings.ToLower(r.Owner)] = r.Owner
		}
		if r.Branch == "" {
			r.Branch = "main"
		}
		if r.Visibility == "" {
			r.Visibility = "private"
		}
		g.made++
		r.id, r.organization = 700_000+g.made, g.person(r.Owner) == nil
		r.branches, r.commits = map[string]string{}, map[string]*commit{}
		r.updated, r.pushed = g.now(), g.now()
		if len(r.Files)+len(r.Links) > 0 {
			files := map[string]file{}
			for p, text := range r.Files {
				files[path.Clean(p)] = file{[]byte(text), 0o100644}
			}
			for p, to := range r.Links {
				files[path.Clean(p)] = file{[]byte(to), 0o120000}
			}
			c := newCommit("", "Begin\n", files, g.now())
			r.commits[c.oid], r.branches[r.Branch] = c, c.oid
		}
		g.repositories = append(g.repositories, &r)
		g.tell(&r, "repository", object{"action": "created"})
	})
}

// Push commits changed files to the default branch and tells the hooks. A nil content removes a file. It returns the commit.
func (g *GitHub) Push(name string, files map[string][]byte) (oid string) {
	g.on(name, func(r *Repository) { oid = g.push(r, r.Branch, "Change\n", files).oid })
	return oid
}

// PushTo is Push to another branch than the default one.
func (g *GitHub) PushTo(name, branch string, files map[string][]byte) (oid string) {
	g.on(name, func(r *Repository) { oid = g.push(r, branch, "Change\n", files).oid })
	return oid
}

// push commits and tells; the caller holds the lock.
func (g *GitHub) push(r *Repository, branch, message string, files map[string][]byte) *commit {
	before := r.branches[branch]
	if before == "" {
		before = strings.Repeat("0", 40)
	}
	c := r.commit(branch, message, files, g.now())
	g.tell(r, "push", object{"ref": "refs/heads/" + branch, "before": before, "after": c.oid, "created": before[0] == '0' && c.parent == "", "deleted": false, "forced": false, "base_ref": nil})
	return c
}

// Rename gives a repository another name. The old one leads to it still, as at GitHub.
func (g *GitHub) Rename(name, to string) {
	g.on(name, func(r *Repository) {
		was := r.Name
		r.Name, r.updated = to, g.now()
		g.moved[strings.ToLower(name)] = r
		g.tell(r, "repository", object{"action": "renamed", "changes": object{"repository": object{"name": object{"from": was}}}})
	})
}

// Archive makes a repository read-only.
func (g *GitHub) Archive(name string) {
	g.on(name, func(r *Repository) {
		r.Archived, r.updated = true, g.now()
		g.tell(r, "repository", object{"action": "archived"})
	})
}

// Delete removes a repository.
func (g *GitHub) Delete(name string) {
	g.on(name, func(r *Repository) {
		g.repositories = slices.DeleteFunc(g.repositories, func(o *Repository) bool { return o == r })
		maps.DeleteFunc(g.moved, func(_ string, o *Repository) bool { return o == r })
		g.tell(r, "repository", object{"action": "deleted"})
	})
}

// Transfer gives a repository to another organisation.
func (g *GitHub) Transfer(name, to string) {
	g.on(name, func(r *Repository) {
		from := object{"organization": organization(g.base, r.Owner)}
		if !r.organization {
			from = object{"user": user(g.base, g.person(r.Owner))}
		}
		g.moved[strings.ToLower(name)] = r
		r.Owner, r.updated, r.organization = to, g.now(), g.person(to) == nil
		if r.organization {
			g.organizations[strings.ToLower(to)] = to
		}
		g.tell(r, "repository", object{"action": "transferred", "changes": object{"owner": object{"from": from}}})
	})
}

// ClosePull closes a pull request, merged or not. Its branch stays.
func (g *GitHub) ClosePull(name string, number int, merged bool) {
	g.on(name, func(r *Repository) {
		for _, p := range r.pulls {
			if p.number == int64(number) {
				p.headOID = r.branches[p.head]
				p.state = "CLOSED"
				if merged {
					p.state = "MERGED"
				}
			}
		}
	})
}

// OpenPullOfFork opens a pull request from a fork's branch.
func (g *GitHub) OpenPullOfFork(name, branch string) {
	g.on(name, func(r *Repository) {
		r.pulls = append(r.pulls, &pull{number: int64(len(r.pulls) + 1), base: r.Branch, head: branch, state: "OPEN", title: "From a fork", headOID: r.branches[r.Branch], fork: true})
	})
}

// Pull is a pull request as it is now.
type Pull struct{ Base, Head, Title, Body, State string }

// Pulls are the pull requests of a repository, oldest first.
func (g *GitHub) Pulls(name string) (list []Pull) {
	g.on(name, func(r *Repository) {
		for _, p := range r.pulls {
			list = append(list, Pull{p.base, p.head, p.title, p.body, p.state})
		}
	})
	return list
}

// File is the content of a file on a branch, false where it is not there.
func (g *GitHub) File(name, branch, p string) (text string, ok bool) {
	g.on(name, func(r *Repository) {
		if c := r.commits[r.branches[branch]]; c != nil {
			var f file
			f, ok = c.files[p]
			text = string(f.data)
		}
	})
	return text, ok
}

// Commits is the number of commits on a branch.
func (g *GitHub) Commits(name, branch string) (n int) {
	g.on(name, func(r *Repository) {
		for c := r.commits[r.branches[branch]]; c != nil; c = r.commits[c.parent] {
			n++
		}
	})
	return n
}

// NodeID is the id of a repository.
func (g *GitHub) NodeID(name string) (id string) {
	g.on(name, func(r *Repository) { id = r.node() })
	return id
}

// Head is the commit of a repository's default branch.
func (g *GitHub) Head(name string) (oid string) {
	g.on(name, func(r *Repository) { oid = r.branches[r.Branch] })
	return oid
}

// on does something with a repository. A name that is none is a fault of the test.
func (g *GitHub) on(name string, do func(*Repository)) {
	g.change(func() {
		r := g.repository(name)
		if r == nil {
			panic("githubtest: there is no repository " + name)
		}
		do(r)
	})
}

// repository finds one by its full name, or by one that it had; the caller holds the lock.
func (g *GitHub) repository(name string) *Repository {
	for _, r := range g.repositories {
		if strings.EqualFold(r.full(), name) {
			return r
		}
	}
	return g.moved[strings.ToLower(name)]
}

func (g *GitHub) person(login string) *Person {
	i := slices.IndexFunc(g.people, func(p *Person) bool { return strings.EqualFold(p.Login, login) })
	if i < 0 {
		return nil
	}
	return g.people[i]
}
