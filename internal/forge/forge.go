// Package forge says what a host of Git repositories can do, whatever its kind: GitHub, GitLab, Gitea. A kind is a folder
// below, and the next one is one more. It knows no domain; whoever reads repositories makes something of them.
package forge

import (
	"context"
	"net/http"
	"time"
)

// Forge is one configured account of a host: an organisation, a group, or all that an App is installed in. It is safe for
// concurrent use. Errors are of internal/errs: Forbidden where the credential is refused or too weak, NotFound where the
// organisation is not there for it, Unavailable where it may work later, with RetryIn() time.Duration in the chain where the
// host says when. Whoever lists must not take any of them for an empty list.
type Forge interface {
	// Repositories returns one page; cursor is "" for the first, and Page.Next of the one before. A cursor stays good for
	// hours, so that a listing goes on where it stopped.
	Repositories(ctx context.Context, cursor string) (*Page, error)

	// Some returns repositories by their IDs, for any number, with what a page says of them. Those that the host says are
	// gone, or that are no longer in the account, are in gone. One that could not be read is an error of all.
	Some(ctx context.Context, ids []string) (found []Repository, gone []string, err error)

	// Organization returns the account's teams and people.
	Organization(ctx context.Context) (*Organization, error)

	// Webhook verifies a delivery over its raw body and reads it. Errors: errs.Unauthenticated where the signature is missing
	// or wrong, and nothing of the body was looked at; errs.Invalid where it cannot be read. An event that means nothing here
	// has What Ignored.
	Webhook(header http.Header, body []byte) (*Event, error)

	// Propose opens a pull request, or returns the open one from the same branch with its files brought up to date.
	Propose(ctx context.Context, c Change) (*PullRequest, error)
}

// Page is part of a list of repositories.
type Page struct {
	Repositories []Repository
	Next         string // "" at the end
	Total        int    // of all pages, as the host says; -1 where it does not
}

// Repository is what a host says of one. Texts are as the host has them: hostile until shown to be otherwise.
type Repository struct {
	ID            string // survives a rename and a transfer within the host
	Name          string // "owner/name", on GitLab with all groups
	URL           string // of its page
	CloneURL      string // over HTTPS
	Description   string
	DefaultBranch string
	Head          string // commit of the default branch; "" where the repository is empty, or where HeadUnknown
	HeadUnknown   bool   // the list does not say it; PushedAt or Stamp tell whether it may have moved
	Stamp         string // changes when something of the repository may have: its host's updated_at, or more
	Archived      bool
	Fork          bool
	Visibility    string // "public", "internal" or "private"
	Topics        []string
	Languages     []Language // largest first; nil where the list does not say
	PushedAt      time.Time  // zero where the host does not say
	Teams         []Access   // teams that may write; nil where the list does not say
	// Glance is what the page brought of the tree at Head; nil where it brings nothing.
	Glance *Glance
}

// Language is a language of a repository, by bytes.
type Language struct {
	Name  string
	Bytes int64
}

// Access is what a team may do.
type Access struct {
	Team       string // its slug, on GitLab the group's path
	Permission string // "admin", "maintain" or "write"
}

// Glance is a part of a tree: names of the top, and the contents of the few files that say most.
type Glance struct {
	Files []GlanceFile
	Whole bool // all files of the repository are named
}

// GlanceFile is a file of a Glance.
type GlanceFile struct {
	Path string
	Size int64
	Data []byte // nil where only the name is known
}

// Organization is the teams and people of an account.
type Organization struct {
	Teams  []Team
	People []Person
}

// Team is a team, or a group.
type Team struct {
	ID, Slug, Name, Description string
	Parent                      string // slug; "" at the top
	URL, Picture                string
	Members                     []string // logins, of the team itself and not of those below
	// Repositories are those that the team may write to; nil where the host says that of each repository instead.
	Repositories []Grant
}

// Grant is what a team may do with a repository.
type Grant struct {
	Repository string // "owner/name"
	Permission string // "admin", "maintain" or "write"
}

// Person is a member.
type Person struct {
	ID, Login, Name, Email string
	URL, Picture           string
	Suspended              bool
}

// What a webhook says happened.
type What int

// The kinds of events.
const (
	Ignored           What = iota
	Pushed                 // to Branch
	RepositoryChanged      // created, renamed, transferred, archived, its topics or settings edited
	RepositoryGone         // deleted, or no longer the account's
	TeamsChanged           // a team or a membership
)

// Event is one delivery of a webhook.
type Event struct {
	Delivery     string // the host's id of it; "" where it sends none
	Name         string // as the host calls it: "push", "repository"
	What         What
	RepositoryID string // "" where many are meant, as by a change of what an App may see: list again
	Repository   string // "owner/name", as it was when the event happened
	Branch       string
	Commit       string // the branch's commit after a push
}

// Change is a pull request that is to be opened.
type Change struct {
	Repository  string // "owner/name"
	Base        string // branch; the default one where ""
	Branch      string // made from Base where it is not there
	Title, Body string
	Message     string // of the commit
	Files       []ChangedFile
}

// ChangedFile is a file as it is to be.
type ChangedFile struct {
	Path string
	Data []byte
}

// PullRequest is an open one.
type PullRequest struct {
	Number int
	URL    string
	// Existing is true where it was open already.
	Existing bool
}
