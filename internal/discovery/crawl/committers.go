package crawl

import (
	"context"
	"encoding/json"
	"path"
	"strings"
	"time"

	"portico/internal/catalog/layer"
	"portico/internal/discovery/commits"
)

// whoCommits keeps which team made most of the latest commits of a repository that has no CODEOWNERS, as a guess at its owner.
// That it cannot be told is no fault of the repository.
func (x *pass) whoCommits(ctx context.Context, r *row, t *tree) {
	if x.People == nil {
		return
	}
	for _, f := range t.files {
		if path.Base(f.Path) == "CODEOWNERS" && strings.Count(f.Path, "/") < 2 {
			return // who wrote that knows better
		}
	}
	people, ok := x.People()
	if !ok {
		return
	}
	repo := x.clone(x.p, r)
	repo.Dir = strings.TrimSuffix(repo.Dir, ".git") + "-log.git"
	repo.Used()
	log, err := x.Git.Log(ctx, repo, x.p.Filters.branch(&r.Repository), commits.Most)
	if err != nil {
		x.Log.Debug("who commits to a repository could not be read", "repository", r.Name, "error", err)
		return
	}
	var said []byte
	if p, ok := commits.Propose(commits.Authors(commits.Parse(log), x.now()), people); ok {
		if said, err = json.Marshal([]layer.Evidence{p.Evidence}); err != nil {
			return
		}
	}
	if _, err := x.DB.Exec(ctx, `
		UPDATE forge_repositories SET committers = $3
		WHERE provider = $1 AND repo_id = $2 AND committers::text IS DISTINCT FROM $3::json::text`, x.p.ID, r.ID, said); err != nil {
		x.Log.Debug("who commits to a repository could not be kept", "repository", r.Name, "error", err)
	}
}

func (c *Crawler) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}
