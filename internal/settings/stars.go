package settings

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/pg"
)

// starred is where the list of starred refs is, for Backstage's pages as for ours.
var starred = Place{Bucket: "default.starredEntities", Key: "entityRefs"}

// The stars that count: of a longer list the first, and of refs those that an entity can have.
const (
	mostStars = 1000
	mostRef   = 300
)

// starsIn reads the refs of a list of stars, each once; what is none counts for nothing.
func starsIn(value json.RawMessage) map[string]bool {
	var list []any
	if json.Unmarshal(value, &list) != nil {
		return nil
	}
	refs := map[string]bool{}
	for _, item := range list {
		text, _ := item.(string)
		ref := strings.ToLower(text)
		kind, rest, _ := strings.Cut(ref, ":")
		namespace, name, ok := strings.Cut(rest, "/")
		if !ok || kind == "" || namespace == "" || name == "" || len(ref) > mostRef || strings.ContainsRune(ref, 0) {
			continue
		}
		if refs[ref] = true; len(refs) == mostStars {
			break
		}
	}
	return refs
}

// count changes how many people starred what, where one had the stars before and has those after.
func count(ctx context.Context, tx pgx.Tx, before, after map[string]bool) error {
	var refs []string
	for ref := range before {
		if !after[ref] {
			refs = append(refs, ref)
		}
	}
	for ref := range after {
		if !before[ref] {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	slices.Sort(refs) // whoever locks several rows does so in this order
	change := make([]int32, len(refs))
	for i, ref := range refs {
		if change[i] = -1; after[ref] {
			change[i] = 1
		}
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO star_counts (entity_ref, people)
		SELECT ref, change
		FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS s(ref, change, n)
		ORDER BY n
		ON CONFLICT (entity_ref) DO UPDATE SET people = star_counts.people + excluded.people`, refs, change); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM star_counts WHERE entity_ref = ANY($1) AND people <= 0`, refs)
	return err
}

// Stars is how many people starred an entity.
func (s *Store) Stars(ctx context.Context, ref string) (people int, err error) {
	defer errs.Wrap(&err, "settings: stars of %s", ref)
	people, err = pg.Collect1(ctx, s.DB, pgx.RowTo[int], `SELECT people FROM star_counts WHERE entity_ref = $1`, ref)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	return people, err
}
