package app

import (
	"context"
	"strings"
	"sync"
	"time"

	"portico/internal/identity/audit"
	"portico/internal/identity/policy"
)

// policyNews are the changes of the policies that were not told yet.
type policyNews struct {
	mu   sync.Mutex
	list []policy.Status
	more chan struct{}
}

// mostNews bounds what waits for the database; of more, the oldest are left out.
const mostNews = 100

func (n *policyNews) add(s policy.Status) {
	n.mu.Lock()
	if n.list = append(n.list, s); len(n.list) > mostNews {
		n.list = n.list[1:]
	}
	n.mu.Unlock()
	select {
	case n.more <- struct{}{}:
	default:
	}
}

func (n *policyNews) first() (s policy.Status, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) == 0 {
		return s, false
	}
	return n.list[0], true
}

func (n *policyNews) drop(s policy.Status) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) > 0 && n.list[0].LoadedAt.Equal(s.LoadedAt) && n.list[0].Error == s.Error {
		n.list = n.list[1:]
	}
}

// recordAgain is when a record is tried again that the database did not take.
const recordAgain = 5 * time.Second

// tellPolicies has streams look anew at what their readers may see whenever policies change, and records in the audit log
// which policies count: those of the start, and each change.
func (a *App) tellPolicies(context.Context) error {
	a.policyNews.add(a.policies.Status())
	a.background(func(ctx context.Context) {
		again := time.NewTimer(recordAgain)
		again.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-a.policyNews.more:
				a.feed.Wake()
			case <-again.C:
			}
			for s, ok := a.policyNews.first(); ok; s, ok = a.policyNews.first() {
				if err := a.recordPolicies(ctx, s); err != nil {
					if ctx.Err() == nil {
						a.o.Log.Warn("a change of the policies is not in the audit log yet; it is tried again", "digest", s.Digest, "error", err)
					}
					again.Reset(recordAgain)
					break
				}
				a.policyNews.drop(s)
			}
		}
	})
	return nil
}

// recordPolicies records which policies count, once for all replicas that load the same. A portal without files of its own
// records nothing, unless it had some before.
func (a *App) recordPolicies(ctx context.Context, s policy.Status) error {
	outcome := audit.Allowed
	detail := struct {
		Digest   string `json:"digest"` // of the policies that count
		Files    int    `json:"files"`
		Policies int    `json:"policies"`
		Error    string `json:"error,omitempty"`
	}{s.Digest, len(s.Files), s.Policies, ""}
	if s.Error != "" {
		const most = 2000
		outcome, detail.Error = audit.Denied, s.Error
		if len(detail.Error) > most {
			detail.Error = strings.ToValidUTF8(detail.Error[:most], "") + "…"
		}
	}
	return a.audit.Note(ctx, "system:policies", "identity.policy.load", "policies", outcome, len(a.o.Config.Portico.Policies.Paths) > 0, detail)
}
