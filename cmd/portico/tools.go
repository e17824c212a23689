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
)

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which Portico this is",
		Args:  noArgs,
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

func newRoutesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "List every route of the API with its access rule",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			type line struct {
				Method string `json:"method"`
				Path   string `json:"path"`
				Access string `json:"access"`
			}
			var lines []line
			for _, r := range app.Routes() {
				method, path, _ := strings.Cut(r.Pattern, " ")
				lines = append(lines, line{method, path, r.Access.String()})
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
	var plan bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date",
		Long: `Bring the schema of the configured database (backend.database or DATABASE_URL) to what this Portico
needs. ` + "`portico serve`" + ` does the same when it starts; run this first where the portal's own user may not
change the schema.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := cf.load(cmd)
			if err != nil {
				return err
			}
			steps, err := app.Migrate(cmd.Context(), app.Options{Config: cfg, DatabaseURL: os.Getenv("DATABASE_URL")}, plan)
			if err != nil {
				return err
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
redacted. With --ignored, list the keys that Portico does not use instead.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := cf.load(cmd)
			if err != nil {
				return err
			}
			if ignored {
				if asJSON {
					return printJSON(cmd, cfg.Ignored)
				}
				for _, i := range cfg.Ignored {
					fmt.Fprintf(cmd.OutOrStdout(), "%s\n", i)
				}
				return nil
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

func newDoctorCommand() *cobra.Command {
	var cf configFlags
	var asJSON bool
	var privatePG string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what keeps the portal from running well",
		Long: `Check the configuration, the database and its schema, the PostgreSQL binaries for --private-postgres,
Git, the address to listen on and the locations of the catalog. Exit code 1 when something must be
mended.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, cfgErr := cf.load(cmd)
			checks := app.Doctor(cmd.Context(), app.Options{Config: cfg, DatabaseURL: os.Getenv("DATABASE_URL"), PrivatePostgres: privatePG}, cfgErr)
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
	cmd.Flags().StringVar(&privatePG, "private-postgres", "", "check for a portal with a PostgreSQL of its own in `DIR`")
	cmd.Flags().Lookup("private-postgres").NoOptDefVal = ".portico/postgres"
	return cmd
}
