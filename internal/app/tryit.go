package app

import (
	"context"
	"slices"

	"portico/internal/config"
)

// tryItServer tells the page of an API to which server it may send requests.
type tryItServer struct {
	Origin string   `json:"origin"`
	APIs   []string `json:"apis,omitempty"` // refs; none: every API that names the server
}

// tryItServers are those that the operator listed, without the APIs that the caller does not see: a server that is
// for these alone is not named.
func (a *App) tryItServers(ctx context.Context) []tryItServer {
	var out []tryItServer
	for _, t := range a.o.Config.Portico.APIs.TryIt {
		apis := slices.Clone(t.APIs)
		if len(apis) > 0 {
			snap, seen := a.index.Snapshot(), guard{a.policies}.Seen(ctx)
			apis = slices.DeleteFunc(apis, func(ref string) bool { return snap.ByRef(ref, seen) == nil })
			if len(apis) == 0 {
				continue
			}
		}
		out = append(out, tryItServer{t.Origin, apis})
	}
	return out
}

// tryItOrigins are the servers that the policy of the pages lets them ask beside the portal.
func tryItOrigins(servers []config.TryItServer) []string {
	var out []string
	for _, t := range servers {
		if !slices.Contains(out, t.Origin) {
			out = append(out, t.Origin)
		}
	}
	return out
}
