package app

import (
	"context"
	"time"

	"portico/internal/catalog"
	"portico/internal/catalog/index"
	"portico/internal/identity/audit"
	"portico/internal/identity/signin"
)

// newcomers makes users of the catalog of people whom a provider knows.
type newcomers struct {
	store *catalog.Store
	index *index.Index
}

// shownWithin bounds how long somebody who signs in for the first time waits until this replica shows them.
const shownWithin = 5 * time.Second

// Admit implements signin.Newcomers.
func (n newcomers) Admit(ctx context.Context, c signin.Newcomer) (signin.User, error) {
	ref, revision, err := n.store.Admit(ctx, catalog.Newcomer{
		Issuer: c.Issuer, Subject: c.Subject, Provider: c.Provider, Name: c.Name, DisplayName: c.DisplayName, Email: c.Email, Picture: c.Picture,
	}, func(ref string) audit.Author { return audit.Self(ctx, ref, "identity.user.create") })
	if err != nil {
		return signin.User{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, shownWithin)
	defer cancel()
	if _, err := n.index.Wait(ctx, revision); err != nil {
		return signin.User{}, err // they are there: the next sign-in finds them
	}
	name := c.DisplayName
	if name == "" {
		name = c.Name
	}
	return signin.User{Ref: ref, DisplayName: name}, nil
}
