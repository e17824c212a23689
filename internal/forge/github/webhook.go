package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/errs"
	"portico/internal/forge"
)

// maxDelivery is the largest delivery that is read: GitHub's own limit.
const maxDelivery = 25 << 20

// Webhook verifies a delivery and says what it means for this account. What happened to another account's repositories is
// Ignored: the hook of an App tells of all that it is installed in. An event without a RepositoryID is of many: whoever
// gets it lists again.
func (f *Forge) Webhook(header http.Header, body []byte) (*forge.Event, error) {
	if !f.signed(header, body) {
		return nil, errs.WithRemedy(errs.New(errs.Unauthenticated, "the delivery is not signed with a webhook secret of %s", f.o.Organization),
			"give the webhook at GitHub the same secret as the portal")
	}
	if len(body) > maxDelivery {
		return nil, errs.New(errs.Invalid, "the delivery is larger than %d bytes", maxDelivery)
	}
	e := &forge.Event{Delivery: header.Get("X-GitHub-Delivery"), Name: header.Get("X-GitHub-Event")}
	if e.Name == "" || len(e.Name) > 100 || len(e.Delivery) > 100 {
		return nil, errs.New(errs.Invalid, "the delivery has no X-GitHub-Event, or one that is none of GitHub's")
	}
	if kind, _, _ := mime.ParseMediaType(header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errs.Public(errs.Invalid, "the delivery's form cannot be read", err)
		}
		body = []byte(form.Get("payload"))
	}
	var d delivery
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, errs.Public(errs.Invalid, "the delivery of "+shown(e.Name)+" cannot be read", err)
	}
	if d.Repository != nil {
		e.RepositoryID, e.Repository = d.Repository.NodeID, d.Repository.FullName
	}
	d.name = e.Name
	f.means(&d, e)
	return e, nil
}

// signed compares in constant time, with every secret.
func (f *Forge) signed(header http.Header, body []byte) bool {
	text, ok := strings.CutPrefix(header.Get("X-Hub-Signature-256"), "sha256=")
	got, err := hex.DecodeString(text)
	if !ok || err != nil || len(got) != sha256.Size {
		return false
	}
	found := false
	for _, secret := range f.secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		found = hmac.Equal(mac.Sum(nil), got) || found
	}
	return found
}

type account struct{ Login, Name string }

func (a *account) login() string {
	switch {
	case a == nil:
		return ""
	case a.Login != "":
		return a.Login
	}
	return a.Name // a push of an old server has no login
}

// delivery is what of a payload means something here.
type delivery struct {
	name       string
	Action     string
	Ref        string
	RefType    string `json:"ref_type"`
	After      string
	Deleted    bool
	Repository *struct {
		NodeID        string `json:"node_id"`
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
		Owner         *account
	}
	Organization *account
	Installation *struct{ Account *account }
	Changes      struct {
		Owner struct {
			From struct{ User, Organization *account }
		}
	}
}

// owner is the account that the delivery is of, "" where it does not say.
func (d *delivery) owner() string {
	switch {
	case d.Repository != nil && d.Repository.Owner.login() != "":
		return d.Repository.Owner.login()
	case d.Organization.login() != "":
		return d.Organization.login()
	case d.Installation != nil:
		return d.Installation.Account.login()
	}
	return ""
}

// from is the account that a repository was taken away from.
func (d *delivery) from() string {
	if u := d.Changes.Owner.From.User.login(); u != "" {
		return u
	}
	return d.Changes.Owner.From.Organization.login()
}

const (
	branchRef = "refs/heads/"
	noCommit  = "0000000000000000000000000000000000000000"
)

// means sets what e means.
func (f *Forge) means(d *delivery, e *forge.Event) {
	ours := func(login string) bool {
		return f.everybody && login != "" || strings.EqualFold(login, f.o.Organization)
	}
	if d.name == "repository" && d.Action == "transferred" && ours(d.from()) && !ours(d.owner()) {
		e.What = forge.RepositoryGone
		return
	}
	if !ours(d.owner()) {
		return
	}
	if d.Repository == nil {
		switch d.name {
		case "team", "membership":
			e.What = forge.TeamsChanged
		case "organization":
			if d.Action != "member_invited" {
				e.What = forge.TeamsChanged
			}
		case "installation", "installation_repositories":
			e.What = forge.RepositoryChanged
		}
		return
	}
	if e.RepositoryID == "" {
		return // of a server so old that it names repositories in another way
	}
	branch, isBranch := strings.CutPrefix(d.Ref, branchRef)
	switch d.name {
	case "push":
		switch {
		case !isBranch:
		case !d.Deleted && d.After != noCommit:
			e.What, e.Branch, e.Commit = forge.Pushed, branch, d.After
		case branch == d.Repository.DefaultBranch:
			e.What = forge.RepositoryChanged
		}
	case "create", "delete":
		// A push tells of all other branches.
		if d.RefType == "branch" && d.Ref == d.Repository.DefaultBranch || d.RefType == "repository" {
			e.What = forge.RepositoryChanged
		}
	case "repository":
		e.What = forge.RepositoryChanged
		if d.Action == "deleted" {
			e.What = forge.RepositoryGone
		}
	case "public":
		e.What = forge.RepositoryChanged
	case "team", "team_add":
		e.What = forge.RepositoryChanged // what a team may do with it
		if d.name == "team" && d.Action != "added_to_repository" && d.Action != "removed_from_repository" {
			e.What = forge.TeamsChanged
		}
	}
}
