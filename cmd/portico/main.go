// Command portico runs the internal developer portal and its tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"portico/internal/config"
	"portico/internal/errs"
)

// version is set by the build.
var version = "unversioned"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // it did not work, or what was checked has errors
	exitUsage = 2 // the command line cannot be understood
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, new(usageError)):
		fmt.Fprintf(stderr, "portico: %v\n", err)
		return exitUsage
	}
	printError(stderr, err)
	return exitError
}

// exitCode ends the program with a code, all having been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit %d", int(c)) }

// usageError is a command line that cannot be understood.
type usageError struct{ error }

// printError says what happened and what to do next.
func printError(w io.Writer, err error) {
	var faults *config.Faults
	if errors.As(err, &faults) {
		fmt.Fprintf(w, "portico: %v\n", faults)
		return
	}
	text := errs.Sentence(err)
	if text == "" {
		text = err.Error()
	}
	fmt.Fprintf(w, "portico: %s\n", text)
	if r := errs.Remedy(err); r != "" {
		fmt.Fprintf(w, "  → %s\n", r)
	}
	if text != err.Error() && os.Getenv("PORTICO_DEBUG") != "" {
		fmt.Fprintf(w, "  cause: %v\n", err)
	}
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "portico",
		Short: "An internal developer portal in one binary",
		Long: `Portico shows which services exist, who owns them, how they are and where their docs are.
It reads what Backstage users already have: catalog-info.yaml, app-config.yaml, templates and docs.

  portico try ~/src                      look at the repositories in a folder, now
  portico serve --private-postgres       run a portal with a PostgreSQL of its own
  portico serve --config app-config.yaml run a portal on the database that the file names
  portico catalog validate FILE...       check descriptors by the server's own rules`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q; `portico --help` lists the commands", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; `%s --help` shows what it takes", err, cmd.CommandPath())}
	})
	root.AddCommand(newServeCommand(), newTryCommand(), newCatalogCommand(), newConfigCommand(), newRoutesCommand(),
		newMigrateCommand(), newDoctorCommand(), newVersionCommand())
	return root
}
