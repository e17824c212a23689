package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"portico/internal/app"
	"portico/internal/errs"
	"portico/internal/identity/policy"
)

func newPolicyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Check, test and explain the policies of permissions",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyCheckCommand(), newPolicyTestCommand(), newPolicyExplainCommand(), newPolicyShowCommand())
	return cmd
}

// policyFlags say which policies are meant. No database is asked.
type policyFlags struct {
	cf configFlags
}

func (f *policyFlags) engine() (*policy.Engine, error) {
	cfg, err := f.cf.look()
	if err != nil {
		return nil, err
	}
	return app.LoadPolicies(cfg)
}

func newPolicyCheckCommand() *cobra.Command {
	var pf policyFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Find out whether the policies can be used",
		Long: `Read the policies that portico.policies.paths names, as the portal does when it starts and whenever
their files change, and say for each mistake in which file and line it is. Names of permissions, types,
attributes and roles must be known, those in portico.policies too, and what is said about reading entities
must be something that the catalog's filters can say too.

The exit code is 1 when the policies cannot be used.`,
		Example: `  portico policy check
  portico policy check --config app-config.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := pf.engine()
			if err != nil {
				return err
			}
			s := e.Status()
			if asJSON {
				return printJSON(cmd, s)
			}
			for _, f := range s.Files {
				fmt.Fprintln(cmd.OutOrStdout(), f)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s in %s, and those that ship: no mistakes\n",
				count(s.Policies-len(shippedPolicies()), "policy", "policies"), count(len(s.Files), "file", "files"))
			return err
		},
	}
	pf.cf.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: files, policies, roles, digest")
	return cmd
}

// shippedPolicies are the ids of those that ship.
func shippedPolicies() []string {
	var ids []string
	for line := range strings.Lines(policy.Shipped()) {
		if strings.HasPrefix(line, "@id(") {
			ids = append(ids, line)
		}
	}
	return ids
}

func newPolicyShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Print the policies that ship with the portal",
		Long: `Print the policies that ship with the portal, in Cedar: what each role may do. They always count; yours
add permits, and forbids that win over them.`,
		Example: `  portico policy show`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), policy.Shipped())
			return err
		},
	}
}

func newPolicyTestCommand() *cobra.Command {
	var pf policyFlags
	cmd := &cobra.Command{
		Use:   "test FILE...",
		Short: "Decide the cases of a file, and say which come out otherwise",
		Long: `Decide the cases of YAML files by the policies and roles of the configuration, without a portal and
without a database, and say of each that comes out otherwise why.

  cases:
    - name: payments keeps its vault to itself
      principal: user:default/ana            # or service:ci, or guest
      groups: [group:default/platform]       # what the catalog would say
      permission: catalog.entity.read
      entity: {kind: Component, metadata: {name: vault}, spec: {owner: payments}}
      want: deny
      because: payments-only                 # may be left out: the @id of a policy that must decide

The exit code is 1 when any case comes out otherwise.`,
		Example: `  portico policy test policies/cases.yaml
  portico policy test --config app-config.yaml policies/cases.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("test needs a file of cases, for example `portico policy test policies/cases.yaml`")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := pf.engine()
			if err != nil {
				return err
			}
			return testPolicies(cmd.OutOrStdout(), e, args)
		},
	}
	pf.cf.add(cmd)
	return cmd
}

func testPolicies(w io.Writer, e *policy.Engine, files []string) error {
	all, failed := 0, 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return fileError(name, err)
		}
		cases, err := policy.ParseCases(name, text)
		if err != nil {
			return err
		}
		for _, c := range cases {
			all++
			_, wrong, err := e.Check(c)
			if err != nil {
				wrong = "it cannot be decided: " + errs.Sentence(err)
				if remedy := errs.Remedy(err); remedy != "" {
					wrong += "; " + remedy
				}
			}
			if wrong != "" {
				failed++
				fmt.Fprintf(w, "%s:%d: %s: %s\n", name, c.Line, c.Name, wrong)
			}
		}
	}
	if failed > 0 {
		fmt.Fprintf(w, "%d of %s came out otherwise\n", failed, count(all, "case", "cases"))
		return exitCode(exitError)
	}
	_, err := fmt.Fprintf(w, "%s, all as wanted\n", count(all, "case", "cases"))
	return err
}

func newPolicyExplainCommand() *cobra.Command {
	var pf policyFlags
	var c policy.Case
	var entity string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Say why somebody may, or may not",
		Long: `Decide one question by the policies and roles of the configuration, without a portal and without a
database, and say which policies decided and which roles would allow it. What the catalog would know is
given with --group, and with --entity, a file as catalog-info.yaml.

A running portal explains with the groups and entities of its own catalog:
GET /api/portico/policy/explain?permission=catalog.entity.delete&entity=component:default/checkout`,
		Example: `  portico policy explain --principal user:default/ana --permission catalog.location.create
  portico policy explain --principal user:default/ana --group group:default/payments --permission catalog.entity.delete --entity catalog-info.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.Principal == "" || c.Permission == "" {
				return usageError{errors.New("explain needs --principal, who asks, and --permission, for what: for example `portico policy explain --principal user:default/ana --permission catalog.entity.delete`")}
			}
			e, err := pf.engine()
			if err != nil {
				return err
			}
			if entity != "" {
				if c.Entity, err = descriptor(entity); err != nil {
					return err
				}
			}
			x, _, err := e.Check(c)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd, x)
			}
			out := cmd.OutOrStdout()
			fmt.Fprintln(out, x.Why)
			fmt.Fprintf(out, "roles: %s\n", orNone(x.Roles))
			_, err = fmt.Fprintf(out, "owns what these own: %s\n", orNone(x.Groups))
			return err
		},
	}
	pf.cf.add(cmd)
	cmd.Flags().StringVar(&c.Principal, "principal", "", "`who` asks: user:default/ana, service:ci, or guest")
	cmd.Flags().StringArrayVar(&c.Groups, "group", nil, "a `group` that they belong to, such as group:default/payments; again for each")
	cmd.Flags().StringArrayVar(&c.Roles, "role", nil, "a `role` that they have beside those of the configuration; again for each")
	cmd.Flags().StringVar(&c.Permission, "permission", "", "for `what`, such as catalog.entity.delete")
	cmd.Flags().StringVar(&entity, "entity", "", "on the first entity of a `file`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: allowed, why, policies, roles, groups, wouldAllow")
	return cmd
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// descriptor reads the first document of a file.
func descriptor(name string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return nil, fileError(name, err)
	}
	var tree map[string]any
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&tree); err != nil {
		return nil, errs.WithRemedy(errs.Public(errs.Invalid, name+" is no descriptor", err), "`portico catalog validate "+name+"` says what is wrong with it")
	}
	if _, err := json.Marshal(tree); err != nil {
		return nil, errs.Public(errs.Invalid, name+" is no descriptor", err)
	}
	return tree, nil
}
