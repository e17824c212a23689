package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/errs"
	"portico/internal/identity/audit"
)

func newAuditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify and export the audit log",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditVerifyCommand(), newAuditExportCommand())
	return cmd
}

// auditLog are the flags that say where the log is.
type auditLog struct {
	cf        configFlags
	privatePG string
}

func (l *auditLog) add(cmd *cobra.Command) {
	l.cf.add(cmd)
	addPrivatePostgres(cmd, &l.privatePG, "read the log of a portal that is stopped, in its own PostgreSQL in `DIR`")
}

func (l *auditLog) open(ctx context.Context, fn func(*audit.Store) error) error {
	cfg, err := l.cf.load()
	if err != nil {
		return err
	}
	return app.WithAudit(ctx, app.Options{Config: cfg, DatabaseURL: os.Getenv("DATABASE_URL"), PrivatePostgres: l.privatePG}, fn)
}

func newAuditVerifyCommand() *cobra.Command {
	var at auditLog
	var asJSON bool
	var expect string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Find out whether the audit log is as it was written",
		Long: `Walk the audit log of the configured database (backend.database or DATABASE_URL) from its oldest record
to its newest, and compute every digest anew. A record that was edited, deleted, inserted or moved breaks
the chain; the first one is named, and the exit code is 1. What is missing before the oldest record must
be what the newest record of an expiry (audit.expire) names, else it was not retention that removed it.

The head that is printed, NUMBER:DIGEST, stands for all records up to that one. Keep it on another machine
and give it to the next run with --expect: whoever writes to the database could compute all digests anew,
or cut off the end, and only a head from elsewhere shows that.`,
		Example: `  portico audit verify
  portico audit verify --expect "$(cat audit-head)"
  DATABASE_URL=postgresql://localhost/portico portico audit verify --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var expected *audit.Mark
			if cmd.Flags().Changed("expect") {
				expected = new(audit.Mark)
				if err := expected.UnmarshalText([]byte(strings.TrimSpace(expect))); err != nil {
					return usageError{errors.New("--expect: " + errs.Sentence(err) + "; " + errs.Remedy(err))}
				}
			}
			var rep audit.Report
			err := at.open(cmd.Context(), func(s *audit.Store) (err error) {
				rep, err = s.Verify(cmd.Context(), expected)
				return err
			})
			if err != nil {
				return err
			}
			if err := printVerified(cmd, rep, asJSON); err != nil {
				return err
			}
			if !rep.OK {
				return exitCode(exitError)
			}
			return nil
		},
	}
	at.add(cmd)
	cmd.Flags().StringVar(&expect, "expect", "", "the `head` that an earlier run printed, kept elsewhere: its record must be in the log as it was")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: ok, how many records, up to which one, the head, and broken")
	return cmd
}

func printVerified(cmd *cobra.Command, rep audit.Report, asJSON bool) error {
	if asJSON {
		return printJSON(cmd, rep)
	}
	out := cmd.OutOrStdout()
	var err error
	switch {
	case !rep.OK:
		_, err = fmt.Fprintf(out, "broken at record %d: %s\n%s before it are as they were written\n",
			rep.Broken.Seq, rep.Broken.Message, count(int(rep.Records), "record", "records"))
	case rep.Records == 0:
		_, err = fmt.Fprintln(out, "the log holds no records")
	default:
		_, err = fmt.Fprintf(out, "%s, from %d to %d, as written\nhead: %s\n",
			count(int(rep.Records), "record", "records"), rep.First, rep.UpTo, rep.Head)
	}
	if err == nil && rep.OnTrust {
		_, err = fmt.Fprintln(out, "the beginning is taken on trust: no record says that what was before it expired; the next expiry ends that")
	}
	return err
}

func newAuditExportCommand() *cobra.Command {
	var at auditLog
	filter := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the audit log as JSON Lines",
		Long: `Print the records of the audit log, oldest first, one JSON object a line, as GET /api/portico/audit/export
does. Each has its digest and that of the record before it, so that a copy can be verified without the
database. Filters compare whole values.`,
		Example: `  portico audit export > audit.jsonl
  portico audit export --outcome denied --since 2026-01-01T00:00:00Z`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := audit.ParseFilter(func(name string) string { return *filter[name] })
			if err != nil {
				return usageError{errors.New("--" + errs.Sentence(err))}
			}
			out := bufio.NewWriter(cmd.OutOrStdout())
			err = at.open(cmd.Context(), func(s *audit.Store) error {
				return s.Export(cmd.Context(), f, func(list []audit.Record) error {
					lines, err := audit.Lines(list)
					if err != nil {
						return err
					}
					_, err = out.Write(lines)
					return err
				})
			})
			return errors.Join(err, out.Flush())
		},
	}
	at.add(cmd)
	for _, fl := range []struct{ name, usage string }{
		{"actor", "only what `who` did, such as user:default/ana"},
		{"action", "only one `action`, such as catalog.location.register"},
		{"target", "only what was done to `what`, such as component:default/a"},
		{"outcome", "only what was `allowed` or denied"},
		{"since", "only from a `time` on, such as 2026-01-31T00:00:00Z"},
		{"until", "only before a `time`"},
	} {
		filter[fl.name] = cmd.Flags().String(fl.name, "", fl.usage)
	}
	return cmd
}
