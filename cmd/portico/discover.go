package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"portico/internal/catalog/layer"
	"portico/internal/discovery"
)

func newDiscoverCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "discover FOLDER...",
		Short: "Print what the repositories in a folder hold, and what shows it",
		Long: `Look at the repositories in folders as the portal does, without starting one, and print what they hold:
components, APIs, databases and queues, and the systems they form. Each field is followed by the file and
the line that it comes from, by what is said there, and by how sure that is: stated, likely or guess.

What a catalog-info.yaml declares is named as declared; what was seen of it lies beneath what it says.
Nothing is written, fetched or executed.

The exit code is 1 when a folder cannot be read or holds nothing that could be looked at.`,
		Example: `  portico discover .
  portico discover ~/src
  portico discover --json ~/src | jq '.repositories[].entities[] | select(.kind == "API") | .ref'`,
		Args: func(_ *cobra.Command, args []string) error { return folders("discover", args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			out := discovered{Repositories: []discoveredRepository{}}
			texts := map[string]string{} // by folder, for people
			for _, arg := range args {
				found, err := discover(cmd.Context(), arg)
				if err != nil {
					return err
				}
				for _, f := range found {
					if _, twice := texts[f.Folder]; twice {
						continue
					}
					texts[f.Folder] = fmt.Sprintf("# %s: %s\n%s", f.Name, f.Within(arg), f.Text())
					out.Repositories = append(out.Repositories, shown(f))
				}
			}
			if asJSON {
				return printJSON(cmd, out)
			}
			return printDiscovered(cmd.OutOrStdout(), out, texts)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: repositories, their entities, and the evidence of each field")
	return cmd
}

// folders refuses arguments that name no folders.
func folders(command string, args []string) error {
	if len(args) == 0 {
		return usageError{fmt.Errorf("%s needs a folder to look at, for example `portico %s ~/src`", command, command)}
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
}

func discover(ctx context.Context, folder string) ([]discovery.Found, error) {
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	r, err := discovery.New(discovery.Options{Local: []string{abs}})
	if err != nil {
		return nil, err
	}
	return r.Discover(ctx, abs)
}

// discovered is what --json prints. It is documented in docs/command-line.md: fields are added, and none is renamed.
type discovered struct {
	Repositories []discoveredRepository `json:"repositories"`
}

type discoveredRepository struct {
	Folder   string             `json:"folder"`
	Name     string             `json:"name"`
	URL      string             `json:"url,omitempty"`
	Entities []discoveredEntity `json:"entities"`
}

type discoveredEntity struct {
	Ref        string           `json:"ref"`
	Kind       string           `json:"kind"`
	Name       string           `json:"name"`
	Path       string           `json:"path"`
	DeclaredIn string           `json:"declaredIn,omitempty"`
	Metadata   any              `json:"metadata"`
	Spec       any              `json:"spec"`
	Evidence   []layer.Evidence `json:"evidence"`
}

func shown(f discovery.Found) discoveredRepository {
	r := discoveredRepository{Folder: f.Folder, Name: f.Name, URL: f.RepositoryURL, Entities: []discoveredEntity{}}
	for _, e := range f.Entities {
		evidence := e.Evidence
		if evidence == nil {
			evidence = []layer.Evidence{}
		}
		r.Entities = append(r.Entities, discoveredEntity{e.Ref, e.Kind, e.Name, e.Path, e.DeclaredIn, e.Object["metadata"], e.Object["spec"], evidence})
	}
	return r
}

func printDiscovered(w io.Writer, out discovered, texts map[string]string) error {
	kinds := map[string]int{}
	for i, r := range out.Repositories {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprint(w, texts[r.Folder])
		if len(r.Entities) == 0 {
			fmt.Fprintln(w, "  nothing beyond what its descriptors declare")
		}
		for _, e := range r.Entities {
			kinds[e.Kind]++
		}
	}
	_, err := fmt.Fprintf(w, "\n%s: %s, %s, %s, %s\n", count(len(out.Repositories), "repository", "repositories"), count(kinds["System"], "system", "systems"),
		count(kinds["Component"], "component", "components"), count(kinds["API"], "API", "APIs"), count(kinds["Resource"], "resource", "resources"))
	return err
}
