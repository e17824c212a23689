package app

import (
	"context"

	"portico/internal/catalog"
	"portico/internal/settings"
)

// startSettings keeps what people choose, and tells their open pages of it.
func (a *App) startSettings() {
	a.settings = &settings.Handler{
		Store: &settings.Store{DB: a.pool}, News: new(settings.News),
		Seen: func(ctx context.Context, ref string) bool {
			return a.index.Snapshot().ByRef(ref, guard{a.policies}.Seen(ctx)) != nil
		},
	}
	a.background(func(ctx context.Context) { _ = a.settings.News.Run(ctx, a.pool) })
}

// ownNews implements catalog.Handler.Own.
func (a *App) ownNews(ctx context.Context) catalog.OwnNews {
	if f := a.settings.Follow(ctx); f != nil {
		return f
	}
	return nil
}
