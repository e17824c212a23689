package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/errs"
	"portico/internal/secret"
	"portico/internal/secret/keyring"
)

func newSecretsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secrets",
		Short: "Make keys, and change those that secrets are sealed with",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSecretsKeyCommand(), newSecretsStatusCommand(), newSecretsRotateCommand(), newSecretsForgetCommand())
	return cmd
}

// operatorKey takes the operator's keys out of the environment: programs that the portal starts need not know them.
func operatorKey() secret.Text {
	const name = "PORTICO_KEY"
	defer os.Unsetenv(name)
	return secret.New(os.Getenv(name))
}

// vault are the flags that say where the secrets are.
type vault struct {
	cf        configFlags
	privatePG string
	asJSON    bool
}

func (v *vault) add(cmd *cobra.Command, usage string) {
	v.cf.add(cmd)
	addPrivatePostgres(cmd, &v.privatePG, usage)
	cmd.Flags().BoolVar(&v.asJSON, "json", false, "print JSON")
}

func (v *vault) open(ctx context.Context, anew bool, fn func(*keyring.Keyring, []keyring.Column) error) error {
	cfg, err := v.cf.load()
	if err != nil {
		return err
	}
	return app.Secrets(ctx, app.Options{Config: cfg, DatabaseURL: os.Getenv("DATABASE_URL"), PrivatePostgres: v.privatePG, Key: operatorKey()}, anew, fn)
}

func newSecretsKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print a new key",
		Long: `Print a new key: 32 random bytes in base64. Give it to every replica of the portal in PORTICO_KEY, or in
portico.secrets.key, and keep a copy apart from the database. What is sealed with a key that is lost
cannot be opened again.`,
		Example: `  portico secrets key > portico.key
  PORTICO_KEY=$(cat portico.key) portico serve`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), secret.NewKey())
			return err
		},
	}
}

func newSecretsStatusCommand() *cobra.Command {
	var at vault
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show which keys there are, and what is sealed with them",
		Long: `Show the keys that are given (PORTICO_KEY, portico.secrets.key, or the file of a private PostgreSQL) by
names that tell nothing of them, and the data keys in the database: which key seals each, and how many
values each seals. The exit code is 1 when a data key cannot be opened.`,
		Example: `  portico secrets status --config app-config.yaml
  portico secrets status --private-postgres --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s keyring.Status
			err := at.open(cmd.Context(), false, func(k *keyring.Keyring, columns []keyring.Column) (err error) {
				s, err = k.Status(cmd.Context(), columns)
				return err
			})
			if err != nil {
				return err
			}
			if at.asJSON {
				err = printJSON(cmd, s)
			} else {
				err = printSecrets(cmd, s)
			}
			if err == nil && slices.ContainsFunc(s.DataKeys, func(d keyring.DataStatus) bool { return !d.Opens }) {
				return exitCode(exitError)
			}
			return err
		},
	}
	at.add(cmd, "look at a portal that is stopped, in its own PostgreSQL in `DIR`")
	return cmd
}

func printSecrets(cmd *cobra.Command, s keyring.Status) error {
	var b strings.Builder
	if len(s.Keys) == 0 {
		b.WriteString("no key is given\n")
	}
	for i, id := range s.Keys {
		use := "opens what it sealed before"
		if i == 0 {
			use = "seals"
		}
		fmt.Fprintf(&b, "key %s: %s\n", id, use)
	}
	if len(s.DataKeys) == 0 {
		b.WriteString("nothing is sealed\n")
	}
	for _, d := range s.DataKeys {
		opens := ""
		if !d.Opens {
			opens = ", which is not given: it cannot be opened"
		}
		fmt.Fprintf(&b, "data key %d of %s: %s, sealed with the key %s%s\n", d.ID, d.CreatedAt.UTC().Format(time.DateOnly), count(d.Values, "value", "values"), d.Key, opens)
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), b.String())
	return err
}

func newSecretsRotateCommand() *cobra.Command {
	var at vault
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Seal all secrets with a new data key",
		Long: `Make a new data key, seal every secret in the database with it, and remove the old one. Portals may go on
meanwhile. A rotation that was interrupted is ended by running it again.

Where several keys are given, all data keys are sealed with the first. So a key of your own is changed in
three steps: give every replica the new key and, after it, the old one; rotate; take the old one away.`,
		Example: `  portico secrets rotate --config app-config.yaml
  PORTICO_KEY="$(cat new.key old.key)" portico secrets rotate`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var out keyring.Rotated
			err := at.open(cmd.Context(), false, func(k *keyring.Keyring, columns []keyring.Column) (err error) {
				out, err = k.Rotate(cmd.Context(), columns)
				return err
			})
			if err != nil {
				return err
			}
			if at.asJSON {
				return printJSON(cmd, out)
			}
			total := 0
			for n := range maps.Values(out.Resealed) {
				total += n
			}
			how := ""
			if out.Resumed {
				how = ", where an earlier rotation had stopped"
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s sealed with the data key %d%s\n%s changed over to the first of your keys, %d removed\n",
				count(total, "value", "values"), out.DataKey, how, count(out.Rewrapped, "data key", "data keys"), out.Removed)
			return err
		},
	}
	at.add(cmd, "rotate in a portal that is stopped, in its own PostgreSQL in `DIR`")
	return cmd
}

func newSecretsForgetCommand() *cobra.Command {
	var at vault
	var yes bool
	cmd := &cobra.Command{
		Use:   "forget",
		Short: "Remove what is sealed with a key that is lost",
		Long: `Remove the data keys that none of the given keys opens, and the values that are sealed with them, so
that a portal whose key is lost can start anew. What still opens stays. Tokens of Backstage's clients
that were signed with a key that goes are refused, and their clients ask for others.

Without --yes it says what would go, and the exit code is 1. Where the key can be found, give it to the
portal instead: what is removed is gone. Where a private PostgreSQL has no key, one is made.`,
		Example: `  portico secrets forget --private-postgres
  PORTICO_KEY="$(cat new.key)" portico secrets forget --yes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var out keyring.Forgotten
			err := at.open(cmd.Context(), yes, func(k *keyring.Keyring, columns []keyring.Column) (err error) {
				out, err = k.Forget(cmd.Context(), columns, !yes)
				return err
			})
			if err != nil {
				return err
			}
			if at.asJSON {
				err = printJSON(cmd, out)
			} else if out.Any() {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "what cannot be opened: %s\n", out)
			}
			switch {
			case err != nil:
				return err
			case !out.Any() && !at.asJSON:
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "everything can be opened: there is nothing to forget")
			case out.Any() && !yes:
				return errs.WithRemedy(errs.New(errs.Invalid, "nothing was removed"), "find the key; when it is lost, give --yes")
			case out.Any() && !at.asJSON:
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "it is removed")
			}
			return err
		},
	}
	at.add(cmd, "forget in a portal that is stopped, in its own PostgreSQL in `DIR`")
	cmd.Flags().BoolVar(&yes, "yes", false, "remove it; without, it is only said what would go")
	return cmd
}
