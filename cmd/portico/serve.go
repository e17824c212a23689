package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/config"
)

// configFlags are those of every command that reads the configuration.
type configFlags struct {
	files []string
}

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.files, "config", nil, "configuration `file`, merged in the order given (default: app-config.yaml and app-config.local.yaml, where they are)")
}

// load reads the configuration as a portal needs it: what it refers to must be there.
func (f *configFlags) load() (*config.Config, error) {
	return config.Load(config.Options{Files: f.files, Environ: os.Environ(), RequireFiles: true})
}

// look reads the configuration for someone who looks at it, perhaps on a machine without the secrets:
// a file that it refers to and that is not there is a warning.
func (f *configFlags) look() (*config.Config, error) {
	return config.Load(config.Options{Files: f.files, Environ: os.Environ()})
}

func newServeCommand() *cobra.Command {
	var cf configFlags
	var sf serveFlags
	var privatePG string
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

Nobody gets in without signing in, at a provider in auth.providers. Where auth.providers.guest is
configured everyone is let in as a guest, who reads the catalog. With portico.guest.operator, a guest
at this machine may do everything, on a portal that listens on loopback.

The URL goes to standard output, progress and the log to standard error. A script waits for the file
of --ready-file, which holds the URL, or asks /.backstage/health/v1/readiness. SIGTERM or Ctrl-C stops
the portal, with exit code 0.`,
		Example: `  portico serve --config app-config.yaml --config app-config.production.yaml
  portico serve --config examples/app-config.yaml --private-postgres
  DATABASE_URL=postgresql://localhost/portico portico serve`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && privatePG == defaultPrivatePG {
				return usageError{fmt.Errorf("write the folder of the private PostgreSQL after an equals sign: --private-postgres=%s", args[0])}
			}
			return noArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := cf.load()
			if err != nil {
				return err
			}
			return serve(cmd, app.Options{Config: cfg, PrivatePostgres: privatePG, DatabaseURL: os.Getenv("DATABASE_URL"), Key: operatorKey()}, sf)
		},
	}
	cf.add(cmd)
	addPrivatePostgres(cmd, &privatePG, "run a PostgreSQL of the portal's own, its data in `DIR`")
	sf.add(cmd, "`address` to listen on instead of backend.listen, such as 127.0.0.1:7007; port 0 takes a free one")
	return cmd
}

// defaultPrivatePG is where --private-postgres keeps its data when it names no folder.
const defaultPrivatePG = ".portico/postgres"

func addPrivatePostgres(cmd *cobra.Command, dir *string, usage string) {
	cmd.Flags().StringVar(dir, "private-postgres", "", usage)
	cmd.Flags().Lookup("private-postgres").NoOptDefVal = defaultPrivatePG
}
