package coverage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// activeFor is how long after its last push a repository counts as active.
const activeFor = 90 * 24 * time.Hour

// keptFor is how long the history goes back.
const keptFor = 2 * 366 * 24 * time.Hour

// Store reads what is measured beside the read model, and keeps the history.
type Store struct{ DB *pg.Pool }

// Provider is what is known of the repositories of one provider.
type Provider struct {
	Provider string `json:"provider"`
	Active   int    `json:"active"`
	Linked   int    `json:"linked"`
	// Unknown are those, neither forks nor archived, of which the host does not say when they were pushed to.
	Unknown int `json:"unknown"`
	// AsOf is when the host was last asked for all its repositories; nil where it never answered in full.
	AsOf *time.Time `json:"asOf"`
}

// linked is, of a repository r, whether an entity comes from it. The Location entities that stand for files do not count.
const linked = `EXISTS (
	SELECT FROM catalog_units AS u JOIN catalog_entities AS e ON e.unit_id = u.id
	WHERE u.location = ANY(r.units) AND e.state <> 'removed' AND e.ref NOT LIKE 'location:%'
)`

// Providers lists those that have been asked for repositories, by name.
func (s *Store) Providers(ctx context.Context, now time.Time) (_ []Provider, err error) {
	defer errs.Wrap(&err, "coverage: providers")
	return pg.Collect(ctx, s.DB, pgx.RowToStructByPos[Provider], `
		WITH yielded AS (
			SELECT DISTINCT u.location
			FROM catalog_units AS u JOIN catalog_entities AS e ON e.unit_id = u.id
			WHERE e.state <> 'removed' AND e.ref NOT LIKE 'location:%'
		), linked AS (
			SELECT DISTINCT r.provider, r.repo_id
			FROM forge_repositories AS r CROSS JOIN LATERAL unnest(r.units) AS unit(location) JOIN yielded USING (location)
		), counted AS (
			SELECT r.provider,
			       count(*) FILTER (WHERE r.pushed_at > $1) AS active,
			       count(*) FILTER (WHERE r.pushed_at > $1 AND l.repo_id IS NOT NULL) AS linked,
			       count(*) FILTER (WHERE r.pushed_at IS NULL) AS unknown
			FROM forge_repositories AS r LEFT JOIN linked AS l USING (provider, repo_id)
			WHERE NOT r.fork AND NOT r.archived
			GROUP BY r.provider
		), crawled AS (
			SELECT provider, max(finished_at) FILTER (WHERE whole) AS as_of FROM forge_crawls GROUP BY provider
		)
		SELECT provider, coalesce(active, 0), coalesce(linked, 0), coalesce(unknown, 0), as_of
		FROM counted FULL JOIN crawled USING (provider)
		ORDER BY provider`, now.Add(-activeFor))
}

// Repository is an active repository.
type Repository struct {
	Provider string    `json:"provider"`
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	PushedAt time.Time `json:"pushedAt"`
	Reason   Reason    `json:"reason" db:"-"`

	LeftOut string     `json:"-"`
	Error   string     `json:"-"`
	ReadAt  *time.Time `json:"-"`
}

// Repositories lists active repositories after one, by provider and id: those from which an entity comes, or those from which
// none does.
func (s *Store) Repositories(ctx context.Context, now time.Time, have bool, afterProvider, afterID string, limit int) (_ []Repository, err error) {
	defer errs.Wrap(&err, "coverage: repositories")
	return pg.Collect(ctx, s.DB, func(row pgx.CollectableRow) (r Repository, err error) {
		err = row.Scan(&r.Provider, &r.ID, &r.Name, &r.URL, &r.PushedAt, &r.LeftOut, &r.Error, &r.ReadAt)
		return r, err
	}, `
		SELECT r.provider, r.repo_id, r.name, r.url, r.pushed_at, r.left_out, r.error, r.read_at
		FROM forge_repositories AS r
		WHERE NOT r.fork AND NOT r.archived AND r.pushed_at > $1 AND (r.provider, r.repo_id) > ($2, $3) AND `+linked+` = $4
		ORDER BY r.provider, r.repo_id
		LIMIT $5`, now.Add(-activeFor), afterProvider, afterID, have, limit)
}

// Verified lists who confirmed that entities are theirs, where it is not time yet to ask again: owners by ref.
func (s *Store) Verified(ctx context.Context, now time.Time) (_ map[string][]string, err error) {
	defer errs.Wrap(&err, "coverage: confirmed claims")
	rows, err := pg.Collect(ctx, s.DB, pgx.RowToStructByPos[struct{ Ref, Owner string }], `
		SELECT DISTINCT lower(ref), lower(owner_ref) FROM ownership_claims WHERE state = 'confirmed' AND verify_until > $1`, now)
	out := make(map[string][]string, len(rows))
	for _, r := range rows {
		out[r.Ref] = append(out[r.Ref], r.Owner)
	}
	return out, err
}

// Day is one day of the history of a measure in a scope.
type Day struct {
	Day         time.Time
	Scope       string
	Measure     string
	Numerator   float64
	Denominator float64
}

// weightedAs is the name in the history of a measure that is weighted.
func weightedAs(m Measure) string { return string(m) + ".weighted" }

// Keep makes the history of one day what days say, and forgets what is older than it goes back. What earlier days say stays,
// of teams that are gone, too.
func (s *Store) Keep(ctx context.Context, day time.Time, days []Day) (err error) {
	defer errs.Wrap(&err, "coverage: keep a day")
	var scopes, measures []string
	var numerators, denominators []float64
	for _, d := range days {
		scopes, measures = append(scopes, d.Scope), append(measures, d.Measure)
		numerators, denominators = append(numerators, d.Numerator), append(denominators, d.Denominator)
	}
	return pg.Transact(ctx, s.DB, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM coverage_days WHERE day = $1 OR day < $2`, day, day.Add(-keptFor)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO coverage_days (day, scope, measure, numerator, denominator)
			SELECT $1, * FROM unnest($2::text[], $3::text[], $4::float8[], $5::float8[])
			ON CONFLICT (scope, measure, day) DO UPDATE SET numerator = excluded.numerator, denominator = excluded.denominator`,
			day, scopes, measures, numerators, denominators)
		return err
	})
}

// Point is one day of a trend.
type Point struct {
	Day string `json:"day"` // "2026-01-31", in UTC
	Share
}

// Trend is the history of a measure since a day, oldest first. Days on which it was not measured are absent.
func (s *Store) Trend(ctx context.Context, scope, measure string, since time.Time) (_ []Point, err error) {
	defer errs.Wrap(&err, "coverage: trend")
	return pg.Collect(ctx, s.DB, func(row pgx.CollectableRow) (p Point, err error) {
		err = row.Scan(&p.Day, &p.Numerator, &p.Denominator)
		return p, err
	}, `
		SELECT to_char(day, 'YYYY-MM-DD'), numerator, denominator
		FROM coverage_days
		WHERE scope = $1 AND measure = $2 AND day >= $3
		ORDER BY day`, scope, measure, since)
}
