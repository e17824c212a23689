package app

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog"
	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/identity/signin"
	"portico/internal/settings"
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

// Still implements signin.Newcomers.
func (n newcomers) Still(ctx context.Context, tx pgx.Tx, userRef, issuer, subject string) (bool, error) {
	return n.store.Admitted(ctx, tx, userRef, issuer, subject)
}

// signOut ends what people hold whose users were removed.
func signOut(ctx context.Context, tx pgx.Tx, refs []string) error {
	if err := identity.SignOut(ctx, tx, refs, record); err != nil {
		return err
	}
	return settings.Forget(ctx, tx, refs)
}

// displace ends what people hold whose names are others' from now on.
func displace(ctx context.Context, tx pgx.Tx, refs []string) error {
	if err := identity.Displace(ctx, tx, refs, record); err != nil {
		return err
	}
	return settings.Forget(ctx, tx, refs)
}

// reserved says why a first sign-in may not make a user of the ref: whatever is said of it already is said of somebody
// else. A mere name is worth nothing that way.
func (a *App) reserved(ctx context.Context, tx pgx.Tx, ref string, n catalog.Newcomer, revision int64) (why string, err error) {
	switch another, err := identity.Led(ctx, tx, ref, n.Issuer, n.Subject); {
	case err != nil:
		return "", err
	case another:
		return "another account is or was this user", nil
	case ref == "user:default/guest", strings.EqualFold(ref, a.guestRef()):
		return "guests are called so", nil
	case a.policies.Names(ref):
		return "roles or policies name it", nil
	}
	ctx, cancel := context.WithTimeout(ctx, shownWithin)
	defer cancel()
	snap, err := a.index.Wait(ctx, revision) // no writer passes the transaction, so there is nothing later
	if err == nil && related(snap, ref) {
		why = "entities of the catalog speak of it, as their owner or member for example"
	}
	return why, err
}

// related reports whether an entity has a relation to the ref, which need not be there.
func related(snap *index.Snapshot, ref string) bool {
	var any []string
	for _, relation := range entity.Relations() {
		any = append(any, "relations."+relation+"="+ref)
	}
	filter, err := index.ParseFilters(any)
	if err != nil {
		return true // a ref that cannot be asked for is none to be given away
	}
	docs, _, err := snap.List(index.Filters{Filter: filter}, nil, 0, 1, nil)
	return err != nil || len(docs) > 0
}
