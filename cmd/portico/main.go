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
	"time"

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
		time.Sleep(time.Second) // timeout, npm and others tell a process and its group: that is one signal
		stop()                  // the next one ends the process at once
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
	text, remedy := errs.Sentence(err), errs.Remedy(err)
	explained := text != ""
	if !explained {
		text, remedy = "this failed in a way that Portico does not know", "report it with the line above"
	}
	fmt.Fprintf(w, "portico: %s\n", text)
	if !explained || os.Getenv("PORTICO_DEBUG") != "" {
		fmt.Fprintf(w, "  cause: %v\n", err)
	}
	if remedy != "" {
		fmt.Fprintf(w, "  → %s\n", remedy)
	}
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "portico",
		Short: "An internal developer portal in one binary",
		Long: `Portico shows which services a company runs, who owns them, what they depend on and where their docs
are. It reads what Backstage users already have: catalog-info.yaml and app-config.yaml.

  portico try ~/src                      look at the repositories in a folder, now
  portico discover ~/src                 print what they hold, and what shows it
  portico serve --private-postgres       run a portal with a PostgreSQL of its own
  portico serve --config app-config.yaml run a portal on the database that the file names
  portico catalog validate FILE...       check descriptors by the server's own rules`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetHelpCommand(newHelpCommand())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; `%s --help` shows what it takes", err, cmd.CommandPath())}
	})
	root.AddCommand(newServeCommand(), newTryCommand(), newDiscoverCommand(), newCatalogCommand(), newAuditCommand(), newPolicyCommand(), newSecretsCommand(), newLoginCommand(),
		newWhoamiCommand(), newLogoutCommand(), newConfigCommand(), newRoutesCommand(),
		newMigrateCommand(), newDoctorCommand(), newVersionCommand())
	return root
}

// noArgs refuses arguments; to a command that has others below it, one is the name of a command.
func noArgs(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case !cmd.HasSubCommands():
		return usageError{fmt.Errorf("%s takes no arguments, but got %q; `%s --help` shows what it takes", cmd.CommandPath(), args[0], cmd.CommandPath())}
	}
	return unknownCommand(cmd, args[0])
}

func unknownCommand(above *cobra.Command, name string) error {
	if above.SuggestionsMinimumDistance <= 0 {
		above.SuggestionsMinimumDistance = 2
	}
	hint := fmt.Sprintf("`%s --help` lists the commands", above.CommandPath())
	if near := above.SuggestionsFor(name); len(near) > 0 {
		hint = fmt.Sprintf("did you mean `%s %s`?", above.CommandPath(), near[0])
	}
	return usageError{fmt.Errorf("%s has no command %q; %s", above.CommandPath(), name, hint)}
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		Long:  "Show the help of a command: what `portico COMMAND --help` shows.",
		Example: `  portico help serve
  portico help catalog validate`,
		RunE: func(cmd *cobra.Command, args []string) error {
			at := cmd.Root()
			for _, name := range args {
				var next *cobra.Command
				for _, sub := range at.Commands() {
					if sub.Name() == name {
						next = sub
					}
				}
				if next == nil {
					return unknownCommand(at, name)
				}
				at = next
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}
