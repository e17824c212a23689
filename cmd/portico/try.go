package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/config"
	"portico/internal/errs"
	"portico/internal/pg/private"
)

func newTryCommand() *cobra.Command {
	var sf serveFlags
	cmd := &cobra.Command{
		Use:   "try PATH...",
		Short: "Look at the repositories in a folder, without setting anything up",
		Long: `Start a throwaway portal over what is in a folder: one Git repository, or a tree of them. Descriptors
(catalog-info.yaml) are read; what a repository does not declare is found in its tree: components, APIs,
databases and queues, each field with the line that it comes from. Files are watched, so edit one and see
the portal follow.

Nothing is written into the folder. The portal's database lives in a temporary folder and goes with
the portal. Only this machine can reach it, unless --listen says otherwise.`,
		Example: `  portico try ~/src
  portico try ./payments-api ./payments-ledger`,
		Args: func(_ *cobra.Command, args []string) error { return folders("try", args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			sweepTrials(cmd.Context(), os.TempDir())
			dir, err := os.MkdirTemp("", trialPrefix)
			if err != nil {
				return errs.WithRemedy(errs.Public(errs.Unavailable, fmt.Sprintf("no folder for the throwaway database can be made in %s: %s", os.TempDir(), reason(err)), err),
					"set TMPDIR to a folder that you may write")
			}
			defer os.RemoveAll(dir)
			if err := os.Chmod(dir, 0o755); err != nil { // the server may run under another user
				return err
			}
			cfg, err := config.Load(config.Options{Dir: dir}) // which holds no configuration: the defaults
			if err != nil {
				return err
			}
			if sf.listen == "" {
				sf.listen = freeAddress(cfg.Backend.Listen)
			}
			return serve(cmd, app.Options{Config: cfg, PrivatePostgres: filepath.Join(dir, "postgres"), Trial: args}, sf)
		},
	}
	sf.add(cmd, "`address` to listen on (default 127.0.0.1:7007, or a free port when that is taken)")
	return cmd
}

// freeAddress returns the address, or one with port 0 when the port is taken.
func freeAddress(l config.Listen) string {
	probe, err := net.Listen("tcp", l.Address())
	if err != nil {
		l.Port = 0
		return l.Address()
	}
	_ = probe.Close()
	return l.Address()
}

const trialPrefix = "portico-try-"

// sweepTrials removes what portals that were killed left in the folder tmp. What is in use, or was made
// just now, stays, and so does what others put there.
func sweepTrials(ctx context.Context, tmp string) {
	for _, dir := range private.Sweep(ctx, tmp, filepath.Join(trialPrefix+"*", "postgres")) {
		_ = os.RemoveAll(filepath.Dir(dir))
	}
}
