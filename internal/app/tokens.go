package app

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/identity/permission"
	"portico/internal/ownership"
)

// permissions are all that the portal knows.
func permissions() []httpx.Permission {
	return slices.Concat(catalog.Permissions(), ownership.Permissions(), audit.Permissions(), identity.Permissions(), permission.Permissions())
}

// startTokens keeps personal tokens and those of services, follows what ends on other replicas, and ends what people hold
// whom the catalog no longer has.
func (a *App) startTokens() {
	d := directory{a.index}
	sessions := a.signIn.Sessions
	sessions.Gone = d.gone
	a.tokens = &identity.Tokens{
		DB: a.pool, MaxAge: a.o.Config.Portico.Tokens.MaxAge, Gone: d.gone, Known: permissions(), Configured: a.programs(),
		Record: record,
	}
	a.background(func(ctx context.Context) { identity.Follow(ctx, a.pool, sessions, a.tokens) })
	a.background(a.endGone)
}

// record implements identity.Recorder: whoever makes the request did it, or the portal itself.
func record(ctx context.Context, tx pgx.Tx, action, target string, detail any) error {
	return audit.For(ctx, action).Record(ctx, tx, target, detail)
}

// programs are the names by which backend.auth.externalAccess lets programs in. Those of keys that are published at a URL
// are not known before they come, and begin with external:, as no token's does.
func (a *App) programs() (names []string) {
	for _, e := range a.o.Config.Backend.Auth.ExternalAccess {
		switch {
		case e.Static != nil:
			names = append(names, e.Static.Subject)
		case e.Legacy != nil:
			names = append(names, e.Legacy.Subject)
		}
	}
	return names
}

// How often it is looked whether the catalog lost somebody: soon after a change, and now and then anyway.
const (
	goneAfterChange = time.Second
	goneAnyway      = time.Minute
)

func (a *App) endGone(ctx context.Context) {
	every := time.NewTicker(goneAfterChange)
	defer every.Stop()
	var looked time.Time
	at := int64(-1)
	for {
		if revision := a.index.Snapshot().Revision(); revision != at || time.Since(looked) > goneAnyway {
			err := a.tokens.EndGone(ctx)
			if err == nil {
				err = a.settings.Store.ForgetGone(ctx, directory{a.index}.gone)
			}
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				a.o.Log.Warn("what people hold who are no longer in the catalog was not ended; they are let in nowhere all the same", "error", err)
				at = -1
			default:
				at = revision
			}
			looked = time.Now()
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// gone reports whether the catalog has no such User. One that is missing, which is kept for a time of grace, it has: a
// source that is broken for an hour signs nobody out, and an operator who removes somebody does at once.
func (d directory) gone(ref string) bool { return d.index.Snapshot().ByRef(ref, nil) == nil }
