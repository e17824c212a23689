package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"portico/internal/catalog"
	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/config"
	"portico/internal/discovery"
	"portico/internal/discovery/crawl"
	"portico/internal/errs"
	"portico/internal/forge/budget"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/identity/audit"
	"portico/internal/identity/backstage"
	"portico/internal/identity/policy"
	"portico/internal/identity/signin"
	"portico/internal/insights/coverage"
	"portico/internal/outbound"
	"portico/internal/ownership"
	"portico/internal/pg"
	"portico/internal/pg/private"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
	"portico/internal/settings"
	"portico/web"
)

// Options say what portal to run.
type Options struct {
	Config *config.Config
	// DatabaseURL overrides backend.database.
	DatabaseURL string
	// PrivatePostgres is the directory of the portal's own PostgreSQL; "" uses the configured one.
	PrivatePostgres string
	// Key holds the operator's keys that seal secrets; it overrides portico.secrets.key.
	Key secret.Text
	// Trial are folders and repositories to show; set by `portico try`. Such a portal lets everyone
	// on this machine in.
	Trial []string
	// Listener serves instead of backend.listen when not nil.
	Listener net.Listener
	Version  string
	Log      *slog.Logger
	// Progress is told what happens while starting, a short line at a time. It may be nil.
	Progress func(string)
}

// App is a running portal.
type App struct {
	o        Options
	cleanups []func(context.Context) // last in, first out
	url      string

	pool     *pg.Pool
	store    *catalog.Store
	index    *index.Index
	paths    catalog.Paths
	follower *catalog.Follower
	feed     *catalog.Feed
	coverage *coverage.Coverage
	audit    *audit.Store
	denials  *audit.Denials
	signIn   *signin.Handler
	policies *policy.Engine

	policyNews policyNews
	tokens     *identity.Tokens
	keyring    *keyring.Keyring
	backstage  *backstage.Handler
	settings   *settings.Handler
	ledger     *budget.Ledger
	crawler    *crawl.Crawler
	// Set before anything is read.
	appAccounts   []appAccount
	organizations []organization
	requests      *catalog.Requests
	ownership     *ownership.Handler
	net           secret.Net
	server        *http.Server
	serveErr      chan error
	stopOnce      sync.Once
	stopped       chan struct{}
}

// URL is where the portal can be opened.
func (a *App) URL() string { return a.url }

// Done is closed when the portal has stopped by itself; Err says why.
func (a *App) Done() <-chan error { return a.serveErr }

// Start starts a portal. When it fails half-way, it stops what it had started.
func Start(ctx context.Context, o Options) (_ *App, err error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	tuneMemory()
	a := &App{o: o, serveErr: make(chan error, 1), stopped: make(chan struct{})}
	a.hideSecrets()
	defer func() {
		if err != nil {
			sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
			defer cancel()
			_ = a.Stop(sctx)
		}
	}()
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"listen", a.listen},          // first, so that a taken port costs nothing
		{"policies", a.startPolicies}, // early: a portal with policies that it cannot read must not begin to answer
		{"database", a.openDatabase},
		{"audit", a.startAudit},
		{"secrets", a.startSecrets},
		{"catalog", a.startCatalog},
		{"policies told", a.tellPolicies},
		{"http", a.serve},
	}
	for _, s := range steps {
		if err := s.run(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Stop ends the portal: it answers what it has begun to answer, for as long as ctx allows, and returns
// when that is over, whatever still hangs. Stopping twice is fine.
func (a *App) Stop(ctx context.Context) error {
	a.stopOnce.Do(func() {
		go func() {
			for _, fn := range slices.Backward(a.cleanups) {
				fn(ctx)
			}
			close(a.stopped)
		}()
	})
	select {
	case <-a.stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *App) cleanup(fn func(context.Context)) { a.cleanups = append(a.cleanups, fn) }

// background runs fn until the portal stops, and waits for it then.
func (a *App) background(fn func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(ctx)
	}()
	a.cleanup(func(stop context.Context) {
		cancel()
		select {
		case <-done:
		case <-stop.Done():
		}
	})
}

func (a *App) listen(ctx context.Context) error {
	if a.o.Listener == nil {
		addr := a.o.Config.Backend.Listen.Address()
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			return errs.WithRemedy(errs.Public(errs.Unavailable, "the portal cannot listen on "+addr+": "+cause(err), err),
				"stop what uses the port, or set another in backend.listen (or --listen)")
		}
		a.o.Listener = l
	}
	a.cleanup(func(context.Context) { _ = a.o.Listener.Close() })
	a.url = publicURL(a.o.Config, a.o.Listener.Addr())
	return nil
}

func cause(err error) string {
	var se *os.SyscallError
	if errors.As(err, &se) {
		return se.Err.Error()
	}
	return err.Error()
}

// publicURL is where people open the portal: the configured address, else what it listens on. A
// configured address on this machine with another port does not lead here: it is that of the web
// server that developers of Backstage run, or the port was chosen with --listen.
func publicURL(cfg *config.Config, addr net.Addr) string {
	if base := cfg.App.BaseURL; base != "" && !elsewhere(base, addr) {
		return base
	}
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip, err := netip.ParseAddr(host); err == nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// elsewhere reports whether base names this machine, but not the port that is listened on.
func elsewhere(base string, addr net.Addr) bool {
	u, err := url.Parse(base)
	if err != nil || !slices.Contains(loopbackNames, strings.ToLower(u.Hostname())) {
		return false
	}
	_, port, err := net.SplitHostPort(addr.String())
	return err == nil && u.Port() != port
}

func (a *App) openDatabase(ctx context.Context) error {
	pool, err := a.connect(ctx)
	if err != nil {
		return err
	}
	a.pool = pool
	a.cleanup(func(stop context.Context) { closePool(stop, pool) })
	applied, err := pg.Migrate(ctx, pool)
	switch {
	case err != nil && errs.Sentence(err) == "" && ctx.Err() == nil:
		return errs.WithRemedy(errs.Public(errs.Internal, "the database's schema cannot be brought up to date: "+err.Error(), err),
			"give the portal a database of its own; nothing was changed by the step that failed")
	case err != nil:
		return err
	}
	if len(applied) > 0 {
		a.o.Progress(fmt.Sprintf("database: schema brought up to date (%d steps)", len(applied)))
	}
	return nil
}

// startAudit keeps the audit log, and writes what is counted of denied attempts until the server has stopped.
func (a *App) startAudit(context.Context) error {
	a.audit = &audit.Store{DB: a.pool}
	a.denials = &audit.Denials{Store: a.audit, Log: a.o.Log}
	a.background(a.denials.Run)
	a.background(func(ctx context.Context) { a.audit.Keep(ctx, a.o.Config.Portico.Audit.Retention, a.o.Log) })
	return nil
}

// closePool closes the pool, which waits for every connection that is in use. One that is never given
// back must not keep the database behind it, where that is our own, from being stopped in order.
func closePool(stop context.Context, pool *pg.Pool) {
	stop, cancel := context.WithTimeout(stop, 5*time.Second)
	defer cancel()
	closed := make(chan struct{})
	go func() {
		pool.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-stop.Done():
	}
}

// connect opens the configured database, or starts the portal's own.
func (a *App) connect(ctx context.Context) (*pg.Pool, error) {
	o := pg.Options{DefaultConns: 24} // every reading holds one, and there may be twelve
	db := a.o.Config.Backend.Database
	switch {
	case a.o.PrivatePostgres != "":
		srv, err := private.Start(ctx, private.Options{Dir: a.o.PrivatePostgres, Program: "portico", Log: func(m string) { a.o.Progress("PostgreSQL: " + m) }})
		if err != nil {
			return nil, err
		}
		a.cleanup(func(stop context.Context) {
			if err := srv.Stop(stop); err != nil {
				a.o.Log.Warn("the private PostgreSQL did not stop cleanly", "error", err)
			}
		})
		o.DSN = srv.DSN("")
	case a.o.DatabaseURL != "":
		o.DSN = a.o.DatabaseURL
	case db != nil:
		o.DSN = db.ConnString().Reveal()
		tls, err := db.TLSConfig()
		if err != nil {
			return nil, errs.Public(errs.Invalid, err.Error(), err)
		}
		if tls != nil {
			o.Configure = func(cc *pgx.ConnConfig) error {
				cc.TLSConfig, cc.Fallbacks = tls, nil
				return nil
			}
		}
	default:
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "no database is configured"),
			"name your PostgreSQL in backend.database (or DATABASE_URL), or let the portal run its own with --private-postgres")
	}
	return pg.Open(ctx, o)
}

func (a *App) startCatalog(ctx context.Context) error {
	cfg := a.o.Config
	reader, err := a.newReader()
	if err != nil {
		return err
	}
	if a.paths, err = a.newPaths(reader); err != nil {
		return err
	}
	watcher, err := discovery.NewWatcher(discovery.WatcherOptions{Log: a.o.Log})
	if err != nil {
		return err
	}
	a.cleanup(func(context.Context) { _ = watcher.Close() })
	a.store = catalog.NewStore(a.pool)
	a.index = index.New(index.Options{Edges: entity.Edges, Broken: func(ref string, err error) {
		a.o.Log.Error("an entity of the database cannot be shown; this is a fault of the portal", "ref", ref, "error", err)
	}})
	a.follower = &catalog.Follower{Store: a.store, Index: a.index, Log: a.o.Log}
	if err := a.follower.CatchUp(ctx); err != nil {
		return err
	}
	releaseMemory()
	a.background(func(ctx context.Context) { _ = a.follower.Run(ctx) })
	a.feed = &catalog.Feed{Store: a.store, Log: a.o.Log}
	a.background(func(ctx context.Context) { a.feed.Run(ctx, a.index) })

	retention := catalog.Retention{
		Grace: cfg.Portico.Catalog.MissingGrace, Removed: cfg.Portico.Catalog.Retention,
		ChangeAge: cfg.Portico.Catalog.History.MaxAge, ChangeCount: cfg.Portico.Catalog.History.MaxCount, FollowerSlow: time.Hour,
	}
	a.store.SignOut, a.store.Displace, a.store.Reserved = signOut, displace, a.reserved
	refresher := &catalog.Refresher{
		Store: a.store, Reader: catalog.WithNewcomers(reader, a.store), Crawler: a.crawler, Next: a.nextReading, Paths: a.paths,
		Rules: a.rulesFor, Every: cfg.Portico.Catalog.RefreshInterval, Log: a.o.Log,
	}
	requests := &catalog.Requests{Store: a.store}
	a.requests = requests
	rewatch := make(chan struct{}, 1)
	workers := river.NewWorkers()
	settle := new(settler)
	a.cleanup(func(context.Context) { settle.stop() })
	river.AddWorker(workers, &catalog.RefreshWorker{Refresher: refresher, Done: func() {
		settle.touch()
		select {
		case rewatch <- struct{}{}:
		default:
		}
	}})
	river.AddWorker(workers, &catalog.SweepWorker{Requests: requests, Retention: retention, Log: a.o.Log})
	a.coverage = &coverage.Coverage{Store: &coverage.Store{DB: a.pool}, Index: a.index}
	river.AddWorker(workers, &coverage.KeepWorker{Coverage: a.coverage})
	asks := a.newOwnership(workers)
	jobs, err := river.NewClient(riverpgxv5.New(a.pool.Pool), &river.Config{
		Queues: map[string]river.QueueConfig{catalog.Queue: {MaxWorkers: 4}, catalog.RemoteQueue: {MaxWorkers: 8}, coverage.Queue: {MaxWorkers: 1}, ownership.Queue: {MaxWorkers: 1}},
		// A job inserted within this time of another is not announced, and waits for the next poll.
		FetchCooldown:        20 * time.Millisecond,
		FetchPollInterval:    250 * time.Millisecond,
		Workers:              workers,
		Logger:               slog.New(quiet(a.o.Log)),
		RescueStuckJobsAfter: 35 * time.Minute, // longer than the longest job may take
		PeriodicJobs: []*river.PeriodicJob{
			river.NewPeriodicJob(river.PeriodicInterval(catalog.SweepEvery),
				func() (river.JobArgs, *river.InsertOpts) { return catalog.SweepArgs{}, nil }, nil),
			river.NewPeriodicJob(river.PeriodicInterval(coverage.KeepEvery),
				func() (river.JobArgs, *river.InsertOpts) { return coverage.KeepArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true}),
			asks,
		},
		CompletedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return fmt.Errorf("app: job client: %w", err)
	}
	requests.Jobs = jobs
	ids, err := a.declareSources(ctx)
	if err != nil {
		return err
	}
	if err := jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("app: start jobs: %w", err)
	}
	a.cleanup(func(stop context.Context) {
		// With the database away its parts would try for longer to say that they leave.
		stop, cancel := context.WithTimeout(stop, 5*time.Second)
		defer cancel()
		if err := jobs.StopAndCancel(stop); err != nil && !errors.Is(err, context.Canceled) {
			a.o.Log.Warn("jobs did not stop cleanly; they go on at the next start", "error", err)
		}
	})
	all, err := a.store.Sources(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	if err := requests.Refresh(ctx, ids, audit.System("system:start"), ""); err != nil {
		return err
	}
	a.background(func(ctx context.Context) { requests.Watch(ctx, watcher, rewatch, a.o.Log) })
	if len(a.crawler.Providers) > 0 {
		told := &crawl.Deliveries{Crawler: a.crawler, News: refresher.News, Source: a.store.SourceAt, Done: settle.touch}
		a.background(told.Run)
	}

	if err := a.startSignIn(ctx); err != nil {
		return err
	}
	a.startSettings()
	a.startTokens()
	a.startBackstage()
	handler := &catalog.Handler{
		Build: a.o.Version, Guard: guard{a.policies}, Own: a.ownNews,
		Store: a.store, Index: a.index, Requests: requests, Refresher: refresher, Analyzer: reader, Retention: retention,
		Readonly: cfg.Catalog.Readonly, Watching: func() bool { return watcher.Polling() == "" }, Feed: a.feed, Log: a.o.Log,
	}
	return a.buildHTTP(handler)
}

// declareSources makes the sources of the configuration and of the command line the catalog's.
func (a *App) declareSources(ctx context.Context) ([]string, error) {
	declared, unsupported, err := configSources(a.o.Config)
	if err != nil {
		return nil, err
	}
	for _, d := range declared {
		if what := outbound.Secret(d.Location.Target); what != "" {
			a.o.Log.Warn("a location of the configuration carries a credential, which everybody who reads the catalog sees: name the host under integrations instead",
				"location", d.Location.Shown(), "holds", what)
		}
	}
	for _, l := range unsupported {
		a.o.Log.Warn("a location of the configuration is not read: this release knows the types file, url, git and folder",
			"at", l.Position.String(), "key", l.Path, "type", l.Type)
	}
	declared = slices.Concat(declared, providerSources(a.crawler.Providers), a.organizationSources())
	ids, err := a.store.SetDeclared(ctx, catalog.FromConfig, declared)
	if err != nil {
		return nil, err
	}
	var trial []catalog.Declared
	for _, p := range a.o.Trial {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		trial = append(trial, catalog.Declared{Location: catalog.Location{Type: "folder", Target: abs}, Rules: anyKind})
	}
	more, err := a.store.SetDeclared(ctx, catalog.FromTrial, trial)
	if err != nil {
		return nil, err
	}
	made, err := a.store.SetNewcomers(ctx, slices.ContainsFunc(a.o.Config.Auth.SignIn, func(p config.SignInProvider) bool { return p.Create != nil }))
	return slices.Concat(ids, more, made), err
}

// anyKind is the rule of folders that the operator named on the command line: there is no configuration in which a kind
// of one's own could be allowed.
var anyKind = []catalog.Rule{{Any: true}}

// rulesFor returns what may come from a location beside its own rules.
func (a *App) rulesFor(l catalog.Location) []catalog.Rule {
	if len(a.o.Trial) > 0 && (l.Type == "file" || l.Type == "folder") { // below the folders that are tried
		return anyKind
	}
	return globalRules(a.o.Config, l)
}

func (a *App) buildHTTP(h *catalog.Handler) error {
	registry, err := a.registry(h)
	if err != nil {
		return err
	}
	gate, err := a.gate()
	if err != nil {
		return err
	}
	gate.Rules = a.policies
	limits, cors := a.o.Config.Portico.Limits, a.o.Config.Backend.CORS
	handler, err := registry.Handler(httpx.Options{
		Gate: gate, Log: a.o.Log, Hosts: a.hosts(), Denied: a.denials.Note, Guarded: guarded, Redact: a.net.Clean,
		Limits:  httpx.Limits{Requests: limits.Requests, Streams: limits.Streams, FailedSignIns: limits.FailedSignIns, SignIns: limits.SignIns},
		Proxies: a.o.Config.Backend.TrustProxy.Networks,
		CORS: httpx.CORS{
			Origins: cors.Origin, Methods: cors.Methods, AllowedHeaders: cors.AllowedHeaders, ExposedHeaders: cors.ExposedHeaders,
			Credentials: cors.Credentials, MaxAge: cors.MaxAge,
		},
		Fallback: newUI(web.Dist(), a.o.Config.Backend.CSP.ImgSrc, slices.Concat(a.o.Config.Backend.CSP.ConnectSrc, tryItOrigins(a.o.Config.Portico.APIs.TryIt))),
	})
	if err != nil {
		return err
	}
	a.server = httpx.NewServer(a.signIn.BehindProxies(handler), a.o.Log)
	return nil
}

func (a *App) serve(context.Context) error {
	go func() {
		if err := a.server.Serve(a.o.Listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.serveErr <- err
		}
	}()
	a.cleanup(func(stop context.Context) {
		ctx, cancel := context.WithTimeout(stop, 10*time.Second)
		defer cancel()
		a.feed.Close() // streams would keep their connections for ever
		if err := a.server.Shutdown(ctx); err != nil {
			_ = a.server.Close()
		}
	})
	return nil
}
