package crawl

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/discovery/infer"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/pg"
)

// row is a repository and what is kept of it.
type row struct {
	forge.Repository
	EntityName string
	LeftOut    string
	Wants      string
	ReadHead   string
	Error      string
	Units      []string
}

// stale reports whether the repository is to be read.
func (r *row) stale() bool { return r.Wants != r.ReadHead }

const rowColumns = `repo_id, name, entity_name, url, clone_url, description, default_branch, head, archived, fork, visibility, topics,
	languages, teams, coalesce(pushed_at, 'epoch'), left_out, wants, read_head, error, units`

func scanRow(s pgx.CollectableRow) (*row, error) {
	r := new(row)
	err := s.Scan(&r.ID, &r.Name, &r.EntityName, &r.URL, &r.CloneURL, &r.Description, &r.DefaultBranch, &r.Head, &r.Archived, &r.Fork,
		&r.Visibility, &r.Topics, &r.Languages, &r.Teams, &r.PushedAt, &r.LeftOut, &r.Wants, &r.ReadHead, &r.Error, &r.Units)
	return r, err
}

// upsert writes what a host said of repositories, in one statement, and returns them with what is kept. crawl is the pass
// that they were seen in.
func (c *Crawler) upsert(ctx context.Context, p *Provider, crawl int64, list []forge.Repository) (_ []*row, err error) {
	defer errs.Wrap(&err, "crawl: keep repositories of %s", p.ID)
	list = cleaned(list)
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	var out []*row
	err = pg.Transact(ctx, c.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		names, err := entityNames(ctx, tx, p, list)
		if err != nil {
			return err
		}
		type in struct {
			RepoID        string           `json:"repo_id"`
			Name          string           `json:"name"`
			EntityName    string           `json:"entity_name"`
			URL           string           `json:"url"`
			CloneURL      string           `json:"clone_url"`
			Description   string           `json:"description"`
			DefaultBranch string           `json:"default_branch"`
			Head          string           `json:"head"`
			Archived      bool             `json:"archived"`
			Fork          bool             `json:"fork"`
			Visibility    string           `json:"visibility"`
			Topics        []string         `json:"topics"`
			Languages     []forge.Language `json:"languages"`
			Teams         []forge.Access   `json:"teams"`
			PushedAt      *time.Time       `json:"pushed_at"`
			LeftOut       string           `json:"left_out"`
			Wants         string           `json:"wants"`
		}
		rows := make([]in, len(list))
		for i := range list {
			r := &list[i]
			v := in{RepoID: r.ID, Name: r.Name, EntityName: names[r.ID], URL: r.URL, CloneURL: r.CloneURL, Description: r.Description,
				DefaultBranch: r.DefaultBranch, Head: r.Head, Archived: r.Archived, Fork: r.Fork, Visibility: r.Visibility,
				Topics: append([]string{}, r.Topics...), Languages: append([]forge.Language{}, r.Languages...), Teams: r.Teams,
				LeftOut: p.Filters.leaves(r)}
			if !r.PushedAt.IsZero() {
				v.PushedAt = &r.PushedAt
			}
			v.Wants = p.wants(r, v.EntityName, c.now())
			rows[i] = v
		}
		encoded, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		if out, err = pg.Collect(ctx, tx, scanRow, `
			INSERT INTO forge_repositories AS f (provider, repo_id, name, entity_name, url, clone_url, description, default_branch, head, archived, fork,
				visibility, topics, languages, teams, pushed_at, left_out, wants, seen_crawl)
			SELECT $1, repo_id, name, entity_name, url, clone_url, description, default_branch, head, archived, fork,
				visibility, topics, languages, coalesce(teams, '[]'), pushed_at, left_out, wants, $3
			FROM json_to_recordset($2::json) AS t (repo_id text, name text, entity_name text, url text, clone_url text, description text,
				default_branch text, head text, archived bool, fork bool, visibility text, topics text[], languages json, teams json,
				pushed_at timestamptz, left_out text, wants text)
			ON CONFLICT (provider, repo_id) DO UPDATE
			SET name = EXCLUDED.name, url = EXCLUDED.url, clone_url = EXCLUDED.clone_url, description = EXCLUDED.description,
			    default_branch = EXCLUDED.default_branch, head = EXCLUDED.head, archived = EXCLUDED.archived, fork = EXCLUDED.fork,
			    visibility = EXCLUDED.visibility, topics = EXCLUDED.topics, languages = EXCLUDED.languages,
			    pushed_at = EXCLUDED.pushed_at, left_out = EXCLUDED.left_out, wants = EXCLUDED.wants, seen_crawl = greatest(f.seen_crawl, EXCLUDED.seen_crawl)
			RETURNING `+rowColumns, p.ID, string(encoded), crawl); err != nil {
			return err
		}
		// Where a list does not say who may write, what Grants keeps stays.
		_, err = tx.Exec(ctx, `
			UPDATE forge_repositories AS f SET teams = t.teams
			FROM json_to_recordset($2::json) AS t (repo_id text, teams json)
			WHERE f.provider = $1 AND f.repo_id = t.repo_id AND t.teams IS NOT NULL AND t.teams::text <> f.teams::text`, p.ID, string(encoded))
		return err
	})
	if err != nil {
		return nil, err
	}
	// What the database does not keep.
	said := map[string]*forge.Repository{}
	for i := range list {
		said[list[i].ID] = &list[i]
	}
	for _, r := range out {
		teams := r.Teams
		r.Repository = *said[r.ID]
		if r.Teams == nil {
			r.Teams = teams
		}
	}
	return out, nil
}

// Bounds of what is kept of a repository's texts.
const (
	maxText   = 4000
	maxTopics = 100
)

// cleaned makes what a host said fit to be kept, each repository once.
func cleaned(list []forge.Repository) []forge.Repository {
	out := make([]forge.Repository, 0, len(list))
	at := map[string]int{}
	for _, r := range list {
		for _, s := range []*string{&r.ID, &r.Name, &r.URL, &r.CloneURL, &r.Description, &r.DefaultBranch, &r.Head, &r.Visibility} {
			*s = text(*s)
		}
		if r.ID == "" || r.Name == "" {
			continue
		}
		r.Topics = slices.Clone(r.Topics[:min(len(r.Topics), maxTopics)])
		for i, t := range r.Topics {
			r.Topics[i] = text(t)
		}
		if i, twice := at[r.ID]; twice { // pages move while they are turned
			out[i] = r
			continue
		}
		at[r.ID] = len(out)
		out = append(out, r)
	}
	return out
}

// text is what the database can keep of a text.
func text(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// entityNames gives each repository the name of its entity: the one that it was given once, else its own, with the account
// in front where another has that.
func entityNames(ctx context.Context, tx pgx.Tx, p *Provider, list []forge.Repository) (map[string]string, error) {
	// Two at a time would give the same name.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('portico forge names', 0))`); err != nil {
		return nil, err
	}
	ids, clones, candidates := make([]string, len(list)), make([]string, len(list)), make([]string, 0, 2*len(list))
	for i, r := range list {
		ids[i], clones[i] = r.ID, r.CloneURL
		candidates = append(candidates, strings.ToLower(shortName(r.Name)), strings.ToLower(longName(r.Name)))
	}
	rows, err := tx.Query(ctx, `
		SELECT provider = $1, repo_id, clone_url, entity_name FROM forge_repositories
		WHERE provider = $1 AND repo_id = ANY($2) OR clone_url = ANY($4) OR lower(entity_name) = ANY($3)`, p.ID, ids, candidates, clones)
	if err != nil {
		return nil, err
	}
	// One name in all accounts, as entities have it; of a repository that two of them hold, the same.
	names, elsewhere, taken := map[string]string{}, map[string]string{}, map[string]bool{}
	var ours bool
	var id, clone, name string
	if _, err := pgx.ForEachRow(rows, []any{&ours, &id, &clone, &name}, func() error {
		if taken[strings.ToLower(name)] = true; ours {
			names[id] = name
		} else {
			elsewhere[clone] = name
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for _, r := range list {
		if names[r.ID] != "" {
			continue
		}
		if name := elsewhere[r.CloneURL]; name != "" && r.CloneURL != "" {
			names[r.ID] = name
			continue
		}
		name := shortName(r.Name)
		if taken[strings.ToLower(name)] {
			name = longName(r.Name)
		}
		if taken[strings.ToLower(name)] { // an old name of another, or a rare one: the id is nobody else's
			tail := "-" + infer.CleanName(r.ID)
			tail = tail[:min(len(tail), 30)]
			name = infer.CleanName(name[:min(len(name), 63-len(tail))] + tail)
		}
		names[r.ID], taken[strings.ToLower(name)] = name, true
	}
	return names, nil
}

func shortName(full string) string { return infer.CleanName(full[strings.LastIndexByte(full, '/')+1:]) }
func longName(full string) string  { return infer.CleanName(strings.ReplaceAll(full, "/", "-")) }

// rowsBy returns kept repositories, by a condition on $1, the provider, and args.
func (c *Crawler) rowsBy(ctx context.Context, p *Provider, where string, args ...any) (_ []*row, err error) {
	defer errs.Wrap(&err, "crawl: repositories of %s", p.ID)
	return pg.Collect(ctx, c.DB, scanRow, `SELECT `+rowColumns+` FROM forge_repositories WHERE provider = $1 AND `+where, append([]any{p.ID}, args...)...)
}

// read says what came of reading a repository, once that is in the catalog.
func (c *Crawler) read(ctx context.Context, p *Provider, r *row, units []string, fault error) (err error) {
	defer errs.Wrap(&err, "crawl: keep what %s yielded", r.Name)
	head, why := r.Wants, ""
	if fault != nil {
		head, why = "", text(sentence(fault))
	}
	_, err = c.DB.Exec(ctx, `
		UPDATE forge_repositories
		SET read_head = $3, read_at = now(), units = $4, error = $5
		WHERE provider = $1 AND repo_id = $2`, p.ID, r.ID, head, append([]string{}, units...), why)
	return err
}

func sentence(err error) string {
	s := errs.Sentence(err)
	if s == "" {
		return "it could not be read; the log has the cause"
	}
	if r := errs.Remedy(err); r != "" {
		s = fmt.Sprintf("%s; %s", s, r)
	}
	return s
}

// Grants keeps which teams may write to repositories, for hosts whose lists do not say it: those of an organisation, once it
// was read as a whole.
func (c *Crawler) Grants(ctx context.Context, provider string, teams []forge.Team) (err error) {
	defer errs.Wrap(&err, "crawl: keep what teams may do in %s", provider)
	byName := map[string][]forge.Access{}
	for _, t := range teams {
		for _, g := range t.Repositories {
			name := strings.ToLower(text(g.Repository))
			byName[name] = append(byName[name], forge.Access{Team: text(t.Slug), Permission: g.Permission})
		}
	}
	type in struct {
		Name  string         `json:"name"`
		Teams []forge.Access `json:"teams"`
	}
	rows := make([]in, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		rows = append(rows, in{name, byName[name]})
	}
	encoded, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = c.DB.Exec(ctx, `
		WITH now AS (
			SELECT f.repo_id, coalesce(t.teams, '[]') AS teams
			FROM forge_repositories AS f LEFT JOIN json_to_recordset($2::json) AS t (name text, teams json) ON t.name = lower(f.name)
			WHERE f.provider = $1
		)
		UPDATE forge_repositories AS f SET teams = now.teams
		FROM now WHERE f.provider = $1 AND f.repo_id = now.repo_id AND f.teams::text <> now.teams::text`, provider, string(encoded))
	return err
}
