package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/pg/private"
)

// configFlags are those of every command that reads the configuration.
type configFlags struct {
	files []string
}

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.files, "config", nil, "configuration `file`, merged in the order given (default: app-config.yaml and app-config.local.yaml, where they are)")
}

func (f *configFlags) load(*cobra.Command) (*config.Config, error) {
	return config.Load(config.Options{Files: f.files, Environ: os.Environ(), RequireFiles: true})
}

// logFlags are those of every command that serves.
type logFlags struct {
	format  string
	verbose bool
}

func (f *logFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.format, "log", "auto", "log format: `text`, json, or auto (text on a terminal, json elsewhere)")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "log requests and details in the text format too")
}

func (f *logFlags) options(w io.Writer) (app.LogOptions, error) {
	o := app.LogOptions{Verbose: f.verbose}
	switch f.format {
	case "json":
		o.JSON = true
	case "text":
	case "auto":
		file, ok := w.(*os.File)
		o.JSON = !ok || !isTerminal(file)
	default:
		return o, usageError{fmt.Errorf("--log takes text, json or auto, not %q", f.format)}
	}
	return o, nil
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

func newServeCommand() *cobra.Command {
	var cf configFlags
	var lf logFlags
	var privatePG, listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the portal",
		Long: `Run the portal: the pages, the API and the background work, in one process.

It needs PostgreSQL. Name yours in the configuration:

  backend:
    database:
      client: pg
      connection: postgresql://portico:${POSTGRES_PASSWORD}@db.example.com:5432/portico

or set DATABASE_URL, or let the portal run a PostgreSQL of its own with --private-postgres, whose
data stays in .portico/postgres until you delete it.

Nobody gets in without signing in. Where auth.providers.guest is configured everyone is let in as a
guest, who only reads unless the portal listens on loopback.`,
		Example: `  portico serve --config app-config.yaml --config app-config.production.yaml
  portico serve --config examples/app-config.yaml --private-postgres
  DATABASE_URL=postgresql://localhost/portico portico serve`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := cf.load(cmd)
			if err != nil {
				return err
			}
			return serve(cmd, app.Options{Config: cfg, PrivatePostgres: privatePG, DatabaseURL: os.Getenv("DATABASE_URL")}, lf, listen, "")
		},
	}
	cf.add(cmd)
	lf.add(cmd)
	cmd.Flags().StringVar(&privatePG, "private-postgres", "", "run a PostgreSQL of the portal's own, its data in `DIR`")
	cmd.Flags().Lookup("private-postgres").NoOptDefVal = filepath.Join(".portico", "postgres")
	cmd.Flags().StringVar(&listen, "listen", "", "`address` to listen on instead of backend.listen, such as 127.0.0.1:7007")
	return cmd
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, but got %q; `%s --help` shows what it takes", cmd.CommandPath(), args[0], cmd.CommandPath())}
	}
	return nil
}

func newTryCommand() *cobra.Command {
	var lf logFlags
	var listen string
	cmd := &cobra.Command{
		Use:   "try PATH...",
		Short: "Look at the repositories in a folder, without setting anything up",
		Long: `Start a throwaway portal over what is in a folder: one Git repository, or a tree of them. Descriptors
(catalog-info.yaml) are read; a repository without one shows up as a component, with what can be seen
at a glance. Files are watched, so edit one and see the portal follow.

Nothing is written into the folder. The portal's database lives in a temporary folder and goes with
the portal. Only this machine can reach it.`,
		Example: `  portico try ~/src
  portico try ./payments-api ./payments-ledger`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("try needs a folder to look at, for example `portico try ~/src`")}
			}
			for _, a := range args {
				st, err := os.Stat(a)
				if err != nil {
					return usageError{fmt.Errorf("%s is not there; name a folder that holds repositories", a)}
				}
				if !st.IsDir() {
					return usageError{fmt.Errorf("%s is a file; name the folder that holds it", a)}
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			private.Sweep(cmd.Context(), filepath.Join(os.TempDir(), "portico-try-*", "postgres")) // what a killed one left
			dir, err := os.MkdirTemp("", "portico-try-")
			if err != nil {
				return fmt.Errorf("make a folder for the throwaway database: %w", err)
			}
			defer os.RemoveAll(dir)
			if err := os.Chmod(dir, 0o755); err != nil { // the server may run under another user
				return err
			}
			cfg, err := config.Load(config.Options{Dir: dir}) // which holds no configuration: the defaults
			if err != nil {
				return err
			}
			if listen == "" {
				listen = freeAddress("127.0.0.1", cfg.Backend.Listen.Port)
			}
			return serve(cmd, app.Options{Config: cfg, PrivatePostgres: filepath.Join(dir, "postgres"), Trial: args}, lf, listen, strings.Join(args, ", "))
		},
	}
	lf.add(cmd)
	cmd.Flags().StringVar(&listen, "listen", "", "`address` to listen on (default 127.0.0.1:7007, or a free port when that is taken)")
	return cmd
}

// freeAddress returns host:port, or host:0 when the port is taken.
func freeAddress(host string, port int) string {
	addr := net.JoinHostPort(host, fmt.Sprint(port))
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return net.JoinHostPort(host, "0")
	}
	_ = l.Close()
	return addr
}

// serve runs the portal until it is told to stop.
func serve(cmd *cobra.Command, o app.Options, lf logFlags, listen, trial string) error {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	lo, err := lf.options(stderr)
	if err != nil {
		return err
	}
	log, flush := app.NewLog(stderr, lo)
	defer flush()
	start := time.Now()
	o.Log, o.Version = log, version
	out := cmd.OutOrStdout()
	o.Progress = func(m string) { fmt.Fprintf(out, "%6.2f s  %s\n", time.Since(start).Seconds(), m) }
	for _, w := range o.Config.Warnings {
		fmt.Fprintf(stderr, "portico: warning: %s\n", w)
	}
	if n := len(o.Config.Ignored); n > 0 {
		o.Progress(fmt.Sprintf("configuration: %d keys are not used by Portico; `portico config print --ignored` lists them", n))
	}
	if listen != "" {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
		if err != nil {
			return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("the portal cannot listen on %s: %v", listen, err), err), "give --listen another address")
		}
		o.Listener = l
	}
	a, err := app.Start(ctx, o)
	if err != nil {
		return err
	}
	go a.ReportReading(ctx, o.Progress)
	fmt.Fprintf(out, "\n  Portico is at %s\n\n", a.URL())
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-a.Done():
	}
	flush()
	fmt.Fprintln(out, "stopping")
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if err := a.Stop(sctx); err != nil && failed == nil {
		failed = fmt.Errorf("the portal did not stop within 20 s: %w", err)
	}
	return failed
}
