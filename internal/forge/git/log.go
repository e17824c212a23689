package git

import (
	"context"
	"fmt"

	"portico/internal/errs"
	"portico/internal/outbound"
)

// maxLog is how far back Log can look.
const maxLog = 5000

// Log returns the latest commits of ref, the newest first and at most so many, a line "seconds address" of the author each. It
// brings commits and nothing of their contents, into a folder of its own: a Repo that Fetch is used with has no history.
// Errors: as Fetch.
func (c *Client) Log(ctx context.Context, repo Repo, ref string, most int) (_ []byte, err error) {
	defer errs.Wrap(&err, "git: history of %s", outbound.Shown(repo.URL))
	if most < 1 || most > maxLog {
		return nil, errs.New(errs.Invalid, "a history of %d commits is not read; at most %d are", most, maxLog)
	}
	name, want, err := c.resolve(ctx, repo.URL, ref)
	if err != nil {
		return nil, err
	}
	u, err := c.checkURL(repo.URL)
	if err != nil {
		return nil, err
	}
	defer c.lock(repo.Dir)()
	if err := c.prepare(ctx, repo); err != nil {
		return nil, err
	}
	tip := tipOf(ref)
	if !c.Holds(ctx, repo, ref, want) {
		_, err = c.run(ctx, command{
			args: []string{"fetch", "--quiet", fmt.Sprintf("--depth=%d", most), "--filter=tree:0", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--force", "--", "origin", "+" + name + ":" + tip},
			dir:  repo.Dir, url: u, limit: 1 << 20,
		})
		if err != nil {
			return nil, err
		}
	}
	// Neither a .mailmap of the repository nor a signature is looked at: both would be read from what was not fetched.
	return c.run(ctx, command{
		args: []string{"log", "--no-mailmap", "--no-show-signature", "--no-merges", "--no-notes", "--no-decorate", "--no-color", "--format=%at %ae", fmt.Sprintf("--max-count=%d", most), "--end-of-options", tip + "^{commit}", "--"},
		dir:  repo.Dir, limit: 4 << 20,
	})
}
