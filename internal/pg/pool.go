package pg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"portico/internal/errs"
)

// Options say how to reach the server. Zero values take the defaults named here.
type Options struct {
	// DSN is a connection string, as URL or as key=value pairs. What it leaves out comes from the
	// PG* environment variables, as with psql.
	DSN string
	// Configure may change what DSN says, to add certificates for instance.
	Configure func(*pgx.ConnConfig) error
	// MaxConns bounds the pool, whatever DSN says; 0 leaves it to DSN's pool_max_conns, else to DefaultConns.
	MaxConns int
	// DefaultConns bounds the pool where nothing else does; 10.
	DefaultConns int
	// ConnectTimeout bounds one attempt to connect; 2 s.
	ConnectTimeout time.Duration
	// AcquireTimeout bounds the wait for a free connection, connecting included; 2 s.
	AcquireTimeout time.Duration
	// StatementTimeout is when the server gives a statement up; 60 s. Negative: never.
	StatementTimeout time.Duration
	// ApplicationName is what pg_stat_activity shows; "portico".
	ApplicationName string
}

func (o *Options) setDefaults() {
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = 2 * time.Second
	}
	if o.AcquireTimeout == 0 {
		o.AcquireTimeout = 2 * time.Second
	}
	if o.StatementTimeout == 0 {
		o.StatementTimeout = 60 * time.Second
	}
	if o.DefaultConns == 0 {
		o.DefaultConns = 10
	}
	if o.ApplicationName == "" {
		o.ApplicationName = "portico"
	}
}

// Pool is a bounded set of connections. Its statement methods wait at most
// Options.AcquireTimeout for a connection and give errors their kind as [Err] does.
//
// The pgxpool.Pool inside is for libraries that want one (River); it waits as long as its context.
type Pool struct {
	*pgxpool.Pool
	acquireTimeout time.Duration
}

// Open connects and returns once the server has answered. A server that does not answer, or that
// refuses the user or the database, is errs.Unavailable with the address in the sentence, meant for
// whoever started the program; a connection string that cannot be used is errs.Invalid. Close the pool.
func Open(ctx context.Context, o Options) (*Pool, error) {
	o.setDefaults()
	cfg, err := poolConfig(o)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("pg: open: %w", err)
	}
	p := &Pool{Pool: pool, acquireTimeout: o.AcquireTimeout}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, openError(cfg.ConnConfig, err)
	}
	return p, nil
}

func poolConfig(o Options) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(o.DSN)
	if err != nil {
		// The driver masks passwords only as far as it recognises them, so its text stays in the log.
		return nil, errs.WithRemedy(errs.Public(errs.Invalid, "the database's connection string cannot be read", err),
			"write it as postgres://user:password@host:5432/database")
	}
	cc := cfg.ConnConfig
	if o.Configure != nil {
		if err := o.Configure(cc); err != nil {
			return nil, fmt.Errorf("pg: configure the connection: %w", err)
		}
	}
	if cc.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "the database's connection string asks for the simple protocol, which is not used here"),
			"remove default_query_exec_mode; a pooler in transaction mode may not stand between the portal and PostgreSQL")
	}
	if cc.ConnectTimeout == 0 || cc.ConnectTimeout > o.ConnectTimeout {
		cc.ConnectTimeout = o.ConnectTimeout
	}
	setParam(cc, "application_name", o.ApplicationName)
	setParam(cc, "timezone", "UTC")
	if o.StatementTimeout > 0 {
		setParam(cc, "statement_timeout", millis(o.StatementTimeout))
	}
	// A transaction that a stuck goroutine forgot would hold its locks and stop vacuum.
	setParam(cc, "idle_in_transaction_session_timeout", millis(60*time.Second))

	switch {
	case o.MaxConns > 0:
		cfg.MaxConns = int32(o.MaxConns)
	case !hasPoolMax(o.DSN):
		cfg.MaxConns = int32(o.DefaultConns) // pgx's own is the number of CPUs, and never under 4
	}
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnLifetimeJitter = 10 * time.Minute
	cfg.MaxConnIdleTime = 10 * time.Minute
	cfg.PingTimeout = time.Second
	return cfg, nil
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// setParam sets a start-up parameter unless the connection string has.
func setParam(cc *pgx.ConnConfig, key, value string) {
	if _, ok := cc.RuntimeParams[key]; !ok {
		cc.RuntimeParams[key] = value
	}
}

func hasPoolMax(dsn string) bool {
	cc, err := pgx.ParseConfig(dsn) // which, unlike pgxpool, keeps the pool's keys as parameters
	if err != nil {
		return false
	}
	_, ok := cc.RuntimeParams["pool_max_conns"]
	return ok
}

// openError speaks to whoever started the program: it names the server.
func openError(cc *pgx.ConnConfig, err error) error {
	at := "PostgreSQL at " + Address(cc)
	const configure = "see backend.database in the configuration, or DATABASE_URL"
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch pe.Code {
		case codeInvalidPassword, codeInvalidAuth:
			return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s refused the user %q: %s", at, cc.User, pe.Message), err),
				"check user and password; "+configure)
		case codeNoDatabase:
			return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s has no database %q", at, cc.Database), err),
				fmt.Sprintf("create it with `createdb %s`, or name another; %s", cc.Database, configure))
		}
		return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("%s refused the connection: %s", at, pe.Message), err), configure)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return errs.WithRemedy(errs.Public(errs.Unavailable, at+" does not answer", err), "check that it is running and can be reached from here; "+configure)
}

// Address names the server of a connection without user or password: host:port, or the socket's path.
func Address(cc *pgx.ConnConfig) string {
	port := strconv.Itoa(int(cc.Port))
	if path.IsAbs(cc.Host) {
		return path.Join(cc.Host, ".s.PGSQL."+port)
	}
	return net.JoinHostPort(cc.Host, port)
}

// Acquire takes a connection out of the pool, waiting at most Options.AcquireTimeout. Release it.
func (p *Pool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, p.acquireTimeout)
	defer cancel()
	conn, err := p.Pool.Acquire(bounded)
	if err == nil {
		return conn, nil
	}
	if ctx.Err() == nil && bounded.Err() != nil {
		sentence := "the database does not answer"
		if st := p.Stat(); st.AcquiredConns() >= st.MaxConns() {
			sentence = "the database is busy"
		}
		err = fmt.Errorf("no connection within %s: %w", p.acquireTimeout, err)
		return nil, errs.WithRemedy(errs.Public(errs.Unavailable, sentence, err), retryRemedy)
	}
	return nil, Err(err)
}

// Exec runs a statement.
func (p *Pool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c, err := p.Acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer c.Release()
	tag, err := c.Exec(ctx, sql, args...)
	return tag, Err(err)
}

// Query runs a query. Close the rows, or read them to the end.
func (p *Pool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c, err := p.Acquire(ctx)
	if err != nil {
		return &poolRows{Rows: failedRows{err}}, err
	}
	// The connection's own Query, not the pool's: our rows release the connection.
	rows, err := c.Conn().Query(ctx, sql, args...)
	if err != nil {
		c.Release()
		err = Err(err)
		return &poolRows{Rows: failedRows{err}}, err
	}
	return &poolRows{Rows: rows, conn: c}, nil
}

// QueryRow runs a query that yields one row; Scan reports errors, pgx.ErrNoRows as errs.NotFound.
// Scan must be called.
func (p *Pool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, _ := p.Query(ctx, sql, args...)
	return poolRow{rows}
}

// CopyFrom writes rows by COPY.
func (p *Pool) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	c, err := p.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Release()
	n, err := c.Conn().CopyFrom(ctx, table, columns, src)
	return n, Err(err)
}

// SendBatch sends several statements in one round trip. Close the results.
func (p *Pool) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	c, err := p.Acquire(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return &poolBatch{BatchResults: c.Conn().SendBatch(ctx, b), conn: c}
}

// Begin starts a transaction; prefer [Transact], which ends it too.
func (p *Pool) Begin(ctx context.Context) (pgx.Tx, error) { return p.BeginTx(ctx, pgx.TxOptions{}) }

// BeginTx starts a transaction with options; prefer [Transact], which ends it too.
func (p *Pool) BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	c, err := p.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := c.Conn().BeginTx(ctx, o)
	if err != nil {
		c.Release()
		return nil, Err(err)
	}
	return &poolTx{Tx: tx, conn: c}, nil
}

// Ping asks the server for an answer, within Options.AcquireTimeout.
func (p *Pool) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.acquireTimeout)
	defer cancel()
	_, err := p.Exec(ctx, "-- ping")
	return err
}
