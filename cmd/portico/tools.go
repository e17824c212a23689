package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/config"
	"portico/internal/identity"
	"portico/internal/identity/policy"
)

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which Portico this is",
		Long:  `Print the version of Portico, of the Go that built it, and the platform that it is for.`,
		Example: `  portico version
  portico version --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return printJSON(cmd, map[string]string{"version": version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH})
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "portico %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printJSON(cmd *cobra.Command, v any) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// shippedRoles are those that the shipped policies give a meaning, by what they may do; owner stands beside the others.
var shippedRoles = []identity.Role{policy.Viewer, policy.Owner, policy.Author, policy.Operator, policy.Admin}

func newRoutesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "List every route of the API with its access rule",
		Long: `List every route of the API: method, path, and who may use it. The rule is the name of a permission, as
Backstage names them, or public with the reason. The list is the one that the server itself goes by.
With --json, also the permission by itself with its action, which roles have it, whether the route is
open to whoever asks, and what the audit log calls what the route does, where it records it.
The roles are viewer, owner, author, operator and admin, as the policies that ship have it: policies of
your own are not looked at. An owner may on what they own, and reads by another role of theirs. A token
may be narrower than its role.`,
		Example: `  portico routes
  portico routes --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			type line struct {
				Method     string          `json:"method"`
				Path       string          `json:"path"`
				Access     string          `json:"access"`
				Public     bool            `json:"public"`
				Permission string          `json:"permission,omitempty"`
				Action     string          `json:"action,omitempty"` // of the permission: read, create, update, delete
				Roles      []identity.Role `json:"roles"`
				Audit      string          `json:"audit,omitempty"` // the action in the audit log
			}
			var lines []line
			for _, r := range app.Routes() {
				method, path, _ := strings.Cut(r.Pattern, " ")
				audited, _ := r.Audit.Action()
				p, needed := r.Access.Permission()
				l := line{Method: method, Path: path, Access: r.Access.String(), Public: !needed, Permission: p.Name, Action: p.Action, Roles: []identity.Role{}, Audit: audited}
				for _, role := range shippedRoles {
					if !needed || (&identity.Principal{Role: role}).May(p) {
						l.Roles = append(l.Roles, role)
					}
				}
				lines = append(lines, l)
			}
			if asJSON {
				return printJSON(cmd, lines)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, l := range lines {
				fmt.Fprintf(w, "%s\t%s\t%s\n", l.Method, l.Path, l.Access)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newMigrateCommand() *cobra.Command {
	var cf configFlags
	var plan, asJSON bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Long: `Bring the schema of the configured database (backend.database or DATABASE_URL) to what this Portico
needs. ` + "`portico serve`" + ` does the same when it starts; run this first where the portal's own user may not
change the schema. Running it twice is fine.`,
		Example: `  portico migrate --plan
  DATABASE_URL=postgresql://localhost/portico portico migrate`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := cf.load()
			if err != nil {
				return err
			}
			steps, err := app.Migrate(cmd.Context(), app.Options{Config: cfg, DatabaseURL: os.Getenv("DATABASE_URL")}, plan)
			if err != nil {
				return err
			}
			if asJSON {
				names := make([]string, len(steps))
				for i, s := range steps {
					names[i] = s.String()
				}
				return printJSON(cmd, map[string]any{"applied": !plan, "steps": names})
			}
			out := cmd.OutOrStdout()
			switch {
			case len(steps) == 0:
				fmt.Fprintln(out, "the schema is up to date")
			case plan:
				fmt.Fprintln(out, "to be applied:")
			default:
				fmt.Fprintln(out, "applied:")
			}
			for _, s := range steps {
				fmt.Fprintf(out, "  %s\n", s)
			}
			return nil
		},
	}
	cf.add(cmd)
	cmd.Flags().BoolVar(&plan, "plan", false, "only say what would be applied")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: whether steps were applied, and their names")
	return cmd
}

func newConfigCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Look at the configuration",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var cf configFlags
	var asJSON, ignored bool
	print := &cobra.Command{
		Use:   "print",
		Short: "Print the effective configuration, secrets redacted",
		Long: `Print the configuration as the portal sees it: all files merged, variables filled in, every secret
redacted. Faults are listed with file, line and column, and the exit code is 1; warnings go to standard
error.

With --ignored, list the keys that Portico does not use instead: plugins of Backstage read them, or
nobody does, or what they configure is still to come.`,
		Example: `  portico config print
  portico config print --config app-config.yaml --config app-config.production.yaml
  portico config print --ignored`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := cf.look()
			if err != nil {
				return err
			}
			for _, w := range cfg.Notices() {
				fmt.Fprintf(cmd.ErrOrStderr(), "portico: warning: %s\n", w)
			}
			if ignored {
				return printIgnored(cmd, cfg.Ignored, asJSON)
			}
			format := config.YAML
			if asJSON {
				format = config.JSON
			}
			return cfg.Print(cmd.OutOrStdout(), format)
		},
	}
	cf.add(print)
	print.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	print.Flags().BoolVar(&ignored, "ignored", false, "list the keys that are not used")
	cmd.AddCommand(print)
	return cmd
}

// printIgnored lists keys that nothing reads, each with its place.
func printIgnored(cmd *cobra.Command, keys []config.Ignored, asJSON bool) error {
	type line struct {
		Key    string `json:"key"`
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
		Why    string `json:"why"`
	}
	lines := make([]line, len(keys))
	for i, k := range keys {
		why := "not a key of Backstage's core: a plugin's, or misspelt"
		if k.Known {
			why = "a key of Backstage that Portico does not use"
		}
		lines[i] = line{k.Path, k.Position.File, k.Position.Line, k.Position.Column, why}
	}
	if asJSON {
		return printJSON(cmd, lines)
	}
	if len(lines) == 0 {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "every key is used")
		return err
	}
	for i, l := range lines {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s: %s\n", keys[i].Position, l.Key, l.Why); err != nil {
			return err
		}
	}
	return nil
}

func newDoctorCommand() *cobra.Command {
	var cf configFlags
	var asJSON bool
	var privatePG string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what keeps the portal from running well",
		Long: `Check the configuration, the database and its schema, the PostgreSQL binaries for --private-postgres,
Git, the address to listen on and the locations of the catalog.

Each line is ok, warn (worth a look) or fail (the portal does not start like this). The exit code is 1
when there is a fail.`,
		Example: `  portico doctor
  portico doctor --config app-config.yaml --private-postgres`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, cfgErr := cf.load()
			checks := app.Doctor(cmd.Context(), app.Options{Config: cfg, DatabaseURL: os.Getenv("DATABASE_URL"), PrivatePostgres: privatePG, Key: operatorKey()}, cfgErr)
			bad := false
			for _, c := range checks {
				bad = bad || c.State == app.CheckFailed
			}
			if asJSON {
				if err := printJSON(cmd, checks); err != nil {
					return err
				}
			} else {
				for _, c := range checks {
					fmt.Fprintf(cmd.OutOrStdout(), "%-4s  %s: %s\n", c.State, c.Name, c.Message)
					if c.Remedy != "" {
						fmt.Fprintf(cmd.OutOrStdout(), "      → %s\n", c.Remedy)
					}
				}
			}
			if bad {
				return exitCode(exitError)
			}
			return nil
		},
	}
	cf.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addPrivatePostgres(cmd, &privatePG, "check for a portal with a PostgreSQL of its own in `DIR`")
	return cmd
}
