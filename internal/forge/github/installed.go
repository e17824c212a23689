package github

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"portico/internal/errs"
	"portico/internal/forge"
)

// installed is all that an App is installed in, as one account: its installations one after the other.
type installed struct {
	app  *App
	opts Options
	ears *Forge // hears the deliveries of all of them

	mu    sync.Mutex
	rooms map[string]*Forge // by owner
}

// Installed returns the room of all accounts in which an App is installed. Organization, Token and App of the options do not
// matter. Errors: as New.
func Installed(app *App, opts Options) (forge.Forge, error) {
	opts.App, opts.Token = app, ""
	opts.Organization = "any" // each room has its own
	ears, err := New(opts)
	if err != nil {
		return nil, err
	}
	ears.everybody = true
	return &installed{app: app, opts: opts, ears: ears, rooms: map[string]*Forge{}}, nil
}

func (s *installed) room(owner string) (*Forge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[owner]; r != nil {
		return r, nil
	}
	o := s.opts
	o.Organization = owner
	r, err := New(o)
	if err == nil {
		s.rooms[owner] = r
	}
	return r, err
}

func (s *installed) owners(ctx context.Context) ([]string, error) {
	owners, err := s.app.InstalledOwners(ctx)
	if err != nil {
		return nil, err
	}
	if len(owners) == 0 {
		return nil, errs.WithRemedy(errs.New(errs.Forbidden, "%s is installed in no account that may be read", s.app.o.Name), "install the App in the organisation, or widen allowedInstallationOwners")
	}
	owners = slices.Clone(owners)
	slices.Sort(owners)
	return owners, nil
}

// Repositories implements forge.Forge. A cursor is the owner and, behind a space, the cursor of their list.
func (s *installed) Repositories(ctx context.Context, cursor string) (*forge.Page, error) {
	owners, err := s.owners(ctx)
	if err != nil {
		return nil, err
	}
	owner, inner, _ := strings.Cut(cursor, " ")
	i, there := slices.BinarySearch(owners, owner)
	if !there {
		inner = "" // from the next one on: its App was taken away meanwhile, or this is the beginning
	}
	if i == len(owners) {
		return &forge.Page{Total: -1}, nil
	}
	room, err := s.room(owners[i])
	if err != nil {
		return nil, err
	}
	page, err := room.Repositories(ctx, inner)
	if err != nil {
		return nil, err
	}
	if len(owners) > 1 {
		page.Total = -1
	}
	switch {
	case page.Next != "":
		page.Next = owners[i] + " " + page.Next
	case i+1 < len(owners):
		page.Next = owners[i+1] + " "
	}
	return page, nil
}

// Some implements forge.Forge. What one installation does not see another may.
func (s *installed) Some(ctx context.Context, ids []string) (found []forge.Repository, gone []string, err error) {
	owners, err := s.owners(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, owner := range owners {
		if len(ids) == 0 {
			break
		}
		room, err := s.room(owner)
		if err != nil {
			return nil, nil, err
		}
		some, rest, err := room.Some(ctx, ids)
		if err != nil {
			return nil, nil, err
		}
		found, ids = append(found, some...), rest
	}
	return found, ids, nil
}

// Organization implements forge.Forge.
func (s *installed) Organization(ctx context.Context) (*forge.Organization, error) {
	return nil, errs.WithRemedy(errs.New(errs.Invalid, "teams are of one organisation each"), "name the organisations in catalog.providers.githubOrg.orgs")
}

// Webhook implements forge.Forge.
func (s *installed) Webhook(header http.Header, body []byte) (*forge.Event, error) {
	return s.ears.Webhook(header, body)
}

// Propose implements forge.Forge.
func (s *installed) Propose(ctx context.Context, c forge.Change) (*forge.PullRequest, error) {
	owner, _, _ := strings.Cut(c.Repository, "/")
	room, err := s.room(owner)
	if err != nil {
		return nil, err
	}
	return room.Propose(ctx, c)
}
