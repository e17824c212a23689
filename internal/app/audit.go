package app

import (
	"context"
	"slices"
	"strings"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// guarded are the permissions of the operators' rooms, of which a refused read is recorded too.
func guarded(p httpx.Permission) bool {
	switch p.Name {
	case "catalog.ingestion.read", "portico.audit.read", "portico.policy.read":
		return true
	}
	return strings.HasPrefix(p.Name, "portico.token.")
}

// WithAudit opens the audit log of the configured database for fn, without starting a portal.
func WithAudit(ctx context.Context, o Options, fn func(*audit.Store) error) error {
	return withDatabase(ctx, o, "the audit log", func(a *App) error { return fn(&audit.Store{DB: a.pool}) })
}

// withDatabase opens the configured database for fn, to which what is kept there is called what.
func withDatabase(ctx context.Context, o Options, what string, fn func(*App) error) error {
	a := &App{o: o}
	if a.o.Progress == nil {
		a.o.Progress = func(string) {}
	}
	defer func() {
		for _, fn := range slices.Backward(a.cleanups) {
			fn(context.WithoutCancel(ctx))
		}
	}()
	pool, err := a.connect(ctx)
	if err != nil {
		return err
	}
	a.pool = pool
	a.cleanup(func(stop context.Context) { closePool(stop, pool) })
	if err := pg.Check(ctx, pool); err != nil {
		return errs.WithRemedy(errs.Public(errs.Unavailable, what+" cannot be read: "+errs.Sentence(err), err), errs.Remedy(err))
	}
	return fn(a)
}
