package app

import (
	"context"
	"slices"

	"github.com/riverqueue/river"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/policy"
	"portico/internal/ownership"
)

// newOwnership makes what asks teams whether something is theirs, and has its jobs run.
func (a *App) newOwnership(workers *river.Workers) *river.PeriodicJob {
	propose := &ownership.Proposer{DB: a.pool, Index: a.index}
	book := ownership.NewBook(a.pool, a.index, a.o.Log)
	a.ownership = &ownership.Handler{Log: a.o.Log, Desk: &ownership.Desk{
		DB: a.pool, Index: a.index, Book: book, Proposer: propose, Overlays: a.store, Guard: owners{a, guard{a.policies}},
		VerifyEvery: a.o.Config.Portico.Ownership.VerifyEvery,
	}}
	a.background(func(ctx context.Context) { _ = book.Run(ctx) })
	river.AddWorker(workers, &ownership.ProposeWorker{Proposer: propose})
	return river.NewPeriodicJob(river.PeriodicInterval(ownership.ProposeEvery),
		func() (river.JobArgs, *river.InsertOpts) { return ownership.ProposeArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

// owners answers who may decide about whose.
type owners struct {
	app *App
	guard
}

// May implements ownership.Guard. The entity is as it would be if the owner owned it, so that a policy about who owns it says
// who answers for it.
func (o owners) May(ctx context.Context, perm httpx.Permission, doc *index.Doc, owner string) error {
	res, err := policy.NewResource(doc.Ref(), []byte(doc.Declared()), []string{owner})
	if err != nil {
		return err
	}
	return identity.Of(ctx).MayOn(perm, res)
}

// Mine implements ownership.Guard: who belongs to a team belongs to those above it, too. Somebody's own teams come first.
func (o owners) Mine(ctx context.Context) []string {
	p := identity.Of(ctx)
	if p == nil || p.Type == "service" {
		return nil
	}
	return slices.Concat(groupsIn(o.app.index.Snapshot(), p.Ref, nil), []string{p.Ref})
}
