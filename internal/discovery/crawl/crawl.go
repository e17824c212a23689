package crawl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"portico/internal/catalog"
	"portico/internal/discovery/commits"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/budget"
	"portico/internal/forge/git"
	"portico/internal/pg"
)

// Crawler makes providers sources of the catalog. It is a catalog.Crawler.
type Crawler struct {
	DB        *pg.Pool
	Providers Providers
	// Git reads whole repositories, into folders of CloneDir.
	Git      *git.Client
	CloneDir string
	// Elsewhere reads what descriptors refer to outside of their repository; nil where that is not read.
	Elsewhere func(ctx context.Context, base catalog.Location, target, known string) (*catalog.File, error)
	// Now says what is long ago at a host; time.Now when nil.
	Now func() time.Time
	// People is what the catalog knows of those who commit; ok is false while it knows nobody. Nil: nobody asks who does.
	People func() (people commits.People, ok bool)
	// Changed is told that a host said so of a provider: of its teams or people, or else of which repositories it has. It
	// may be nil.
	Changed func(ctx context.Context, provider string, teams bool) error
	Log     *slog.Logger

	// limit is how long one pass takes before it lets others have a turn; crawlLimit when 0.
	limit time.Duration
}

var _ catalog.Crawler = (*Crawler)(nil)

const (
	crawlLimit = 20 * time.Minute // less than the catalog bounds a reading by
	cursorGood = 6 * time.Hour    // a pass that stopped longer ago begins anew
	readAtOnce = 4                // repositories
	askMissing = 2000             // repositories that a list lacks and that are asked for by their ids
	newsEvery  = 500 * time.Millisecond
)

// Crawls implements catalog.Crawler.
func (c *Crawler) Crawls(typ string) bool {
	return slices.ContainsFunc(c.Providers, func(p *Provider) bool { return p.Kind == typ })
}

// pass is one crawl, or one look at news.
type pass struct {
	*Crawler
	p     *Provider
	known catalog.Known
	yield func([]catalog.File) error

	id       int64 // of the crawl; of the last one, for news
	cursor   string
	listed   int
	done     map[string]bool   // repositories whose files were handed over, by id
	gone     map[string]bool   // locations
	handed   map[string]string // by location: whose it is by what was read in this pass
	pending  []int64           // deliveries that are done once all is applied
	lost     []string          // repositories that the host says are gone, by id
	count    *budget.Counter
	lastNews time.Time
	broken   error // of yield or the database: not the host's
}

func (c *Crawler) pass(p *Provider, known catalog.Known, yield func([]catalog.File) error) *pass {
	return &pass{Crawler: c, p: p, known: known, yield: yield, done: map[string]bool{}, gone: map[string]bool{}, handed: map[string]string{}, count: new(budget.Counter), lastNews: time.Now()}
}

// Crawl implements catalog.Crawler: it lists all repositories, hands over what a page brings of new ones at once, and then
// reads each that may have changed.
func (c *Crawler) Crawl(ctx context.Context, loc catalog.Location, known catalog.Known, yield func([]catalog.File) error) (end catalog.Crawled, err error) {
	p, err := c.Providers.at(loc)
	if err != nil {
		return end, err
	}
	x := c.pass(p, known, yield)
	ctx = budget.For(ctx, p.ID, budget.Crawl)
	ctx = budget.Counted(ctx, x.count)
	if err := x.begin(ctx); err != nil {
		return end, err
	}
	limit := c.limit
	if limit == 0 {
		limit = crawlLimit
	}
	deadline := time.Now().Add(limit)
	listErr := x.list(ctx, deadline)
	if x.broken != nil || ctx.Err() != nil {
		return end, errors.Join(ctx.Err(), x.broken)
	}
	// What was listed is read, whatever became of the rest of the list: that asks nothing of the host's API.
	more, failed, err := x.readStale(ctx, deadline)
	if err != nil {
		return end, err
	}
	switch {
	case errors.Is(listErr, errLater) || listErr == nil && more:
		end = catalog.Crawled{Partial: true, GoesOn: time.Second, Message: fmt.Sprintf("%d repositories are listed so far, and it goes on", x.listed)}
		x.save(ctx, listErr)
		return x.ended(end), nil
	case listErr != nil:
		x.save(ctx, listErr)
		return end, listErr
	}
	if err := x.rest(ctx); err != nil {
		return end, err
	}
	why, err := x.cutShort(ctx)
	if err != nil {
		return end, err
	}
	end.Partial, end.Message = why != "", why
	if why == "" && failed > 0 {
		end.Message = fmt.Sprintf("%d of %d repositories could not be read; what is known of them stays", failed, x.listed)
	}
	return x.ended(end), x.finish(ctx, why)
}

// errLater ends a list that took its time.
var errLater = errors.New("later")

// begin goes on with the pass that was not finished, or begins one.
func (x *pass) begin(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "crawl: begin %s", x.p.ID)
	if _, err := x.DB.Exec(ctx, `
		UPDATE forge_crawls SET finished_at = now(), error = CASE WHEN error = '' THEN 'it stopped, and was begun anew' ELSE error END
		WHERE provider = $1 AND finished_at IS NULL AND started_at < now() - make_interval(secs => $2)`, x.p.ID, cursorGood.Seconds()); err != nil {
		return err
	}
	return x.DB.QueryRow(ctx, `
		WITH last AS (
			SELECT id FROM forge_crawls WHERE provider = $1 AND finished_at IS NULL ORDER BY id DESC LIMIT 1
		), open AS (
			UPDATE forge_crawls SET touched_at = now() WHERE id IN (SELECT id FROM last) RETURNING id, cursor, listed
		), new AS (
			INSERT INTO forge_crawls (provider) SELECT $1 WHERE NOT EXISTS (SELECT FROM last) RETURNING id, cursor, listed
		)
		SELECT * FROM open UNION ALL SELECT * FROM new`, x.p.ID).Scan(&x.id, &x.cursor, &x.listed)
}

// storedEnd is the cursor of a pass that has the whole list.
const storedEnd = "(end)"

// list asks for pages until there is none. A host that refuses its own cursor is asked from the beginning, once.
func (x *pass) list(ctx context.Context, deadline time.Time) error {
	again := true
	for x.cursor != storedEnd {
		if time.Now().After(deadline) {
			return errLater
		}
		page, err := x.p.Forge.Repositories(ctx, x.cursor)
		if err != nil {
			if x.cursor != "" && again && errs.Is(err, errs.Invalid) {
				x.cursor, x.listed, again = "", 0, false
				continue
			}
			return err
		}
		if len(page.Repositories) == 0 && x.cursor == "" && page.Next == "" {
			if err := x.empty(ctx); err != nil {
				return err
			}
		}
		if err := x.page(ctx, page); err != nil {
			x.broken = err
			return err
		}
		if page.Next == x.cursor && page.Next != "" {
			return errs.WithRemedy(errs.New(errs.Unavailable, "the host's list of repositories goes in circles"), "it is tried again")
		}
		x.cursor = page.Next
		if x.cursor == "" {
			x.cursor = storedEnd
		}
		if _, err := x.DB.Exec(ctx, `
			UPDATE forge_crawls SET cursor = $2, pages = pages + 1, listed = $3, requests = requests + $4, total = $5, error = '', touched_at = now() WHERE id = $1`,
			x.id, x.cursor, x.listed, x.count.Take(), max(page.Total, -1)); err != nil {
			x.broken = fmt.Errorf("crawl: keep the cursor of %s: %w", x.p.ID, err)
			return x.broken
		}
		if err := x.news(ctx); err != nil {
			return err
		}
	}
	return nil
}

// empty refuses a list without repositories where there were some: a credential that lost its rights gets that, too.
func (x *pass) empty(ctx context.Context) error {
	var had int
	if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM forge_repositories WHERE provider = $1`, x.p.ID).Scan(&had); err != nil {
		x.broken = err
		return err
	}
	if had == 0 {
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Unavailable, "the host lists no repository, and there were %d", had),
		"check that the credential may still read the account; nothing was removed")
}

// page keeps a page, and hands over what needs no reading.
func (x *pass) page(ctx context.Context, page *forge.Page) error {
	rows, err := x.upsert(ctx, x.p, x.id, page.Repositories)
	if err != nil {
		return err
	}
	x.listed += len(rows)
	var again []string
	var whole []*row
	var part []catalog.File
	for _, r := range rows {
		if r.LeftOut != "" {
			x.leave(r)
			continue
		}
		if !r.stale() && r.Error == "" {
			if files, ok := x.unchanged(r); ok {
				x.done[r.ID] = true
				part = append(part, files...)
				continue
			}
		}
		if r.ReadHead != "" && !r.stale() {
			again = append(again, r.ID)
		}
		t := x.p.glanced(r)
		if t != nil && !t.part {
			whole = append(whole, r)
			continue
		}
		// Never read: what the page brings is there at once.
		if t != nil && len(r.Units) == 0 {
			files, err := x.yields(ctx, x.p, r, t)
			if err == nil {
				part = append(part, files...)
			} else {
				x.Log.Debug("what a list brought of a repository is not used", "repository", r.Name, "error", err)
			}
		}
	}
	if len(again) > 0 { // the catalog no longer has what they yielded, or judges it otherwise
		if _, err := x.DB.Exec(ctx, `UPDATE forge_repositories SET read_head = '' WHERE provider = $1 AND repo_id = ANY($2)`, x.p.ID, again); err != nil {
			return err
		}
	}
	if err := x.hand(part); err != nil {
		return err
	}
	failed, err := x.readAll(ctx, whole)
	if err != nil || len(whole) == 0 {
		return err
	}
	_, err = x.DB.Exec(ctx, `UPDATE forge_crawls SET read = read + $2 WHERE id = $1`, x.id, len(whole)-failed)
	return err
}

// leave lets go of what a repository yielded, but for what another has handed over: it has the name by now.
func (x *pass) leave(r *row) {
	for _, u := range r.Units {
		if by, ok := x.handed[u]; !ok || by == r.ID {
			x.gone[u] = true
		}
	}
}

// unchanged are the files of a repository that did not move; ok is false where the catalog does not have them all.
func (x *pass) unchanged(r *row) (files []catalog.File, ok bool) {
	if len(r.Units) == 0 {
		return nil, false
	}
	for _, u := range r.Units {
		rev := x.known.Files[u]
		if rev == "" {
			return nil, false
		}
		files = append(files, catalog.File{Location: location(u), Revision: rev, Unchanged: true})
	}
	return files, true
}

func location(s string) catalog.Location {
	for i := range len(s) {
		if s[i] == ':' {
			return catalog.Location{Type: s[:i], Target: s[i+1:]}
		}
	}
	return catalog.Location{Target: s}
}

// hand gives files to the catalog.
func (x *pass) hand(files []catalog.File) error {
	if len(files) == 0 {
		return nil
	}
	for _, f := range files {
		delete(x.gone, f.Location.String())
	}
	if err := x.yield(files); err != nil {
		x.broken = err
		return err
	}
	return nil
}

// reading is what came of one repository.
type reading struct {
	row   *row
	files []catalog.File
	err   error
}

// readStale reads all repositories of the pass that are not as they are to be. more is true where time ran out.
func (x *pass) readStale(ctx context.Context, deadline time.Time) (more bool, failed int, err error) {
	rows, err := x.rowsBy(ctx, x.p, `seen_crawl = $2 AND left_out = '' AND (wants <> read_head OR error <> '') ORDER BY pushed_at DESC NULLS LAST, repo_id`, x.id)
	if err != nil {
		return false, 0, err
	}
	left := slices.DeleteFunc(rows, func(r *row) bool { return x.done[r.ID] })
	for len(left) > 0 {
		if time.Now().After(deadline) {
			return true, failed, nil
		}
		n := min(len(left), 4*readAtOnce)
		part := left[:n]
		left = left[n:]
		f, err := x.readAll(ctx, part)
		if err != nil {
			return false, failed, err
		}
		failed += f
		if _, err := x.DB.Exec(ctx, `UPDATE forge_crawls SET read = read + $2, touched_at = now() WHERE id = $1`, x.id, n-f); err != nil {
			return false, failed, err
		}
		if err := x.news(ctx); err != nil {
			return false, failed, err
		}
		left = slices.DeleteFunc(left, func(r *row) bool { return x.done[r.ID] }) // by news
	}
	return false, failed, nil
}

// readAll reads repositories, a few at a time, and hands over what each yields when it is there.
func (x *pass) readAll(ctx context.Context, rows []*row) (failed int, err error) {
	results := make(chan reading)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(readAtOnce)
	go func() {
		for _, r := range rows {
			g.Go(func() error {
				files, err := x.readOne(gctx, r)
				select {
				case results <- reading{r, files, err}:
				case <-gctx.Done():
				}
				return nil
			})
		}
		_ = g.Wait()
		close(results)
	}()
	for res := range results {
		if err != nil || ctx.Err() != nil {
			continue // drained
		}
		if res.err != nil {
			failed++
		}
		err = x.settle(ctx, res)
	}
	return failed, errors.Join(err, ctx.Err())
}

// readOne is the reading of one repository; what goes wrong with it is its own.
func (x *pass) readOne(ctx context.Context, r *row) (files []catalog.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			x.Log.Error("reading a repository failed; this is a fault of the portal", "repository", r.Name, "panic", v)
			files, err = nil, errs.WithRemedy(errs.New(errs.Internal, "it could not be read because of a fault of the portal"), "report it, with the lines of the log that name it")
		}
	}()
	t := x.p.glanced(r)
	if t == nil || t.part {
		if t, err = x.fetched(ctx, x.p, r); err != nil {
			return nil, err
		}
	}
	if files, err = x.yields(ctx, x.p, r, t); err == nil {
		x.whoCommits(ctx, r, t)
	}
	return files, err
}

// settle hands over what came of a repository, and keeps that it was read once the catalog has it. One that could not be read
// keeps what it yielded before, with the reason.
func (x *pass) settle(ctx context.Context, res reading) error {
	r := res.row
	units := make([]string, 0, len(res.files))
	for _, f := range res.files {
		units = append(units, f.Location.String())
	}
	if res.err != nil {
		x.Log.Warn("a repository could not be read", "provider", x.p.ID, "repository", r.Name, "error", res.err)
		units = r.Units
		for _, u := range r.Units {
			res.files = append(res.files, catalog.File{Location: location(u), Name: r.Name, Err: res.err})
		}
		if len(units) == 0 && len(res.files) == 0 {
			home := catalog.Location{Type: "inferred", Target: x.p.home(r.Name)}
			if x.known.Files[home.String()] == "" && r.Glance == nil {
				res.files = append(res.files, catalog.File{Location: home, Name: r.Name, Err: res.err})
			}
		}
	}
	x.leave(r) // but for what is handed over next
	for _, f := range res.files {
		x.handed[f.Location.String()] = r.ID
	}
	if err := x.hand(res.files); err != nil {
		return err
	}
	x.done[r.ID] = true
	r.Units = units
	return x.read(ctx, x.p, r, units, res.err)
}

// rest hands over what the pass saw before this process went on with it.
func (x *pass) rest(ctx context.Context) error {
	rows, err := x.rowsBy(ctx, x.p, `seen_crawl = $2 AND left_out = '' ORDER BY repo_id`, x.id)
	if err != nil {
		return err
	}
	var part []catalog.File
	for _, r := range rows {
		if x.done[r.ID] {
			continue
		}
		for _, u := range r.Units {
			part = append(part, catalog.File{Location: location(u), Revision: x.known.Files[u], Unchanged: true})
		}
	}
	return x.hand(part)
}

// cutShort says why the list is not believed to be whole, "" where it is. Those that it lacks are asked for by their ids where
// they are many: the host may have left them out.
func (x *pass) cutShort(ctx context.Context) (why string, err error) {
	var total, seen, missing int
	if err := x.DB.QueryRow(ctx, `
		SELECT total, (SELECT count(*) FROM forge_repositories WHERE provider = c.provider AND seen_crawl = c.id),
		       (SELECT count(*) FROM forge_repositories WHERE provider = c.provider AND seen_crawl <> c.id)
		FROM forge_crawls AS c WHERE id = $1`, x.id).Scan(&total, &seen, &missing); err != nil {
		return "", err
	}
	if total > seen+max(5, total/20) {
		return fmt.Sprintf("the host speaks of %d repositories and listed %d; nothing was removed", total, seen), nil
	}
	if missing <= max(10, (seen+missing)/10) {
		return "", nil
	}
	if missing > askMissing {
		return fmt.Sprintf("the host listed %d repositories fewer than there were; nothing was removed", missing), nil
	}
	rows, err := x.rowsBy(ctx, x.p, `seen_crawl <> $2`, x.id)
	if err != nil {
		return "", err
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	found, _, err := x.p.Forge.Some(ctx, ids)
	if err != nil {
		x.Log.Warn("repositories that a list lacks could not be asked for", "provider", x.p.ID, "error", err)
		return fmt.Sprintf("the host listed %d repositories fewer than there were, and does not say what became of them; nothing was removed", missing), nil
	}
	if len(found) > 0 {
		return fmt.Sprintf("the host left out at least %d repositories that it still has; nothing was removed", len(found)), nil
	}
	return "", nil
}

// ended adds what the pass found gone.
func (x *pass) ended(end catalog.Crawled) catalog.Crawled {
	for loc := range x.gone {
		end.Gone = append(end.Gone, loc)
	}
	slices.Sort(end.Gone)
	end.Applied = x.applied
	return end
}

// save keeps how far a pass came that did not come to its end.
func (x *pass) save(ctx context.Context, why error) {
	text := ""
	if why != nil && !errors.Is(why, errLater) {
		text = sentence(why)
	}
	if _, err := x.DB.Exec(ctx, `UPDATE forge_crawls SET requests = requests + $2, error = $3 WHERE id = $1`, x.id, x.count.Take(), text); err != nil {
		x.Log.Warn("how far a crawl came is not kept", "provider", x.p.ID, "error", err)
	}
}

// finish ends the pass. What a whole one did not see is forgotten; passes of long ago, too.
func (x *pass) finish(ctx context.Context, why string) (err error) {
	defer errs.Wrap(&err, "crawl: finish %s", x.p.ID)
	if _, err := x.DB.Exec(ctx, `
		UPDATE forge_crawls SET finished_at = now(), whole = $2 = '', error = $2, requests = requests + $3 WHERE id = $1`, x.id, why, x.count.Take()); err != nil {
		return err
	}
	if why == "" {
		// An organisation that was read before its repositories were known has said in vain which teams may write to them.
		var first bool
		if err := x.DB.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM forge_crawls WHERE provider = $1 AND whole AND id <> $2)`, x.p.ID, x.id).Scan(&first); err != nil {
			return err
		}
		if first && x.Changed != nil {
			if err := x.Changed(ctx, x.p.ID, true); err != nil {
				x.Log.Warn("who may write to new repositories is told with the next reading of their organisation", "provider", x.p.ID, "error", err)
			}
		}
		if _, err := x.DB.Exec(ctx, `DELETE FROM forge_repositories WHERE provider = $1 AND seen_crawl <> $2`, x.p.ID, x.id); err != nil {
			return err
		}
	}
	_, err = x.DB.Exec(ctx, `DELETE FROM forge_crawls WHERE provider = $1 AND id <= $2 - 1000 OR provider = $1 AND started_at < now() - interval '30 days' AND id <> $2`, x.p.ID, x.id)
	return err
}
