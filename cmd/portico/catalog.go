package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/cage"
	"portico/internal/catalog/entity"
	"portico/internal/errs"
)

func newCatalogCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalog",
		Short: "Work with catalog descriptors",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newValidateCommand())
	return cmd
}

func newValidateCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check descriptors by the server's own rules",
		Long: `Check descriptors (catalog-info.yaml and the like) by the rules that the server applies, and say for
each mistake where it is and what to write instead.

A folder is searched for files called catalog-info.yaml and for other YAML files that hold entities;
what stands in a template's skeleton is left out. - reads standard input.

$text, $json and $yaml are read from files of the same repository; one that is not there is an error.
Addresses are not fetched.

The exit code is 1 when anything has errors; warnings do not change it.`,
		Example: `  portico catalog validate catalog-info.yaml
  portico catalog validate .
  cat catalog-info.yaml | portico catalog validate --json -`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("validate needs a file to check, for example `portico catalog validate catalog-info.yaml`")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return validateFiles(cmd.OutOrStdout(), cmd.InOrStdin(), args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a document: file, document, ref, verdict, errors, warnings")
	return cmd
}

// validateFiles checks what the arguments name and writes what is found to w. It returns exitError
// when anything has errors, and a usageError for arguments that name nothing.
func validateFiles(w io.Writer, stdin io.Reader, args []string, asJSON bool) error {
	files, err := descriptors(args)
	if err != nil {
		return err
	}
	var results []entity.Result
	for _, f := range files {
		rs, err := checkFile(f, stdin)
		if err != nil {
			return err
		}
		results = append(results, rs...)
	}
	entity.Duplicates(results)
	out := bufio.NewWriter(w)
	failed := false
	for _, r := range results {
		failed = failed || len(r.Errors) > 0
	}
	if asJSON {
		err = writeJSON(out, results)
	} else {
		writeReport(out, results, len(files))
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	if failed {
		return exitCode(exitError)
	}
	return nil
}

// checkFile checks one file; "-" is standard input.
func checkFile(name string, stdin io.Reader) ([]entity.Result, error) {
	if name == "-" {
		data, err := io.ReadAll(io.LimitReader(stdin, entity.MaxFileSize+1))
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return entity.Check(name, data), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fileError(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, entity.MaxFileSize+1))
	if err != nil {
		return nil, fileError(name, err)
	}
	return entity.CheckResolved(name, data, func(d *entity.Document) { include(d, name) }), nil
}

func fileError(name string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return errs.Public(errs.Invalid, fmt.Sprintf("%s cannot be read: %v", name, err), err)
}

// include reads what the placeholders of a document stand for, where that is a file of the same
// repository. What is an address is left as it is: the server may reach what we do not. A file that
// cannot be read is refused by the server as well.
func include(d *entity.Document, name string) {
	for _, p := range d.Placeholders() {
		if low := strings.ToLower(p.Target); strings.HasPrefix(low, "https://") || strings.HasPrefix(low, "http://") {
			continue
		}
		var data []byte
		if p.Target != "" {
			var err error
			if data, err = readBeside(name, p.Target); err != nil {
				remedy := errs.Remedy(err)
				if remedy == "" {
					remedy = "write the path relative to " + filepath.Base(name) + ", within the same repository"
				}
				d.Refuse(p, fmt.Sprintf("%s %q could not be read: %s", p.Kind, p.Target, errs.Sentence(err)), remedy)
				continue
			}
		}
		if err := d.Resolve(p, data); err != nil {
			d.Refuse(p, errs.Sentence(err), errs.Remedy(err))
		}
	}
}

// readBeside reads a file by a path relative to another file, or, where the path begins with a slash,
// to the top of the repository. It does not leave the repository, or the folder of a file that is in
// none.
func readBeside(name, target string) ([]byte, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, errs.Public(errs.Internal, "the working folder is not known", err)
	}
	dir := repository(filepath.Dir(abs))
	from := filepath.Dir(abs)
	if strings.HasPrefix(target, "/") {
		from = dir
	}
	rel, err := filepath.Rel(dir, filepath.Join(from, filepath.FromSlash(target)))
	if err != nil {
		return nil, errs.Public(errs.Invalid, "the path leads nowhere", err)
	}
	root, err := cage.Open(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.ReadFile(filepath.ToSlash(rel), entity.MaxFileSize)
}

// repository returns the folder of the Git repository that dir is in, or dir.
func repository(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// descriptors lists the files to check, folders searched, each once.
func descriptors(args []string) ([]string, error) {
	var files []string
	for _, a := range args {
		if a == "-" {
			files = append(files, a)
			continue
		}
		st, err := os.Stat(a)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s is not there; name a descriptor, or a folder that holds some", a)}
		}
		if !st.IsDir() {
			files = append(files, a)
			continue
		}
		found, err := search(a)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, errs.WithRemedy(errs.New(errs.Invalid, "there is no descriptor in %s", a), "add a catalog-info.yaml, or name the file to check")
		}
		files = append(files, found...)
	}
	var once []string
	for _, f := range files {
		if !slices.Contains(once, f) {
			once = append(once, f)
		}
	}
	return once, nil
}

// skipped are folders that hold no descriptors of their own.
var skipped = []string{".git", "node_modules", "vendor", "skeleton"}

// search finds the descriptors in a folder, sorted by path. Links are not followed.
func search(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch ext := filepath.Ext(path); {
		case err != nil:
			return fileError(path, err)
		case e.IsDir() && path != dir && slices.Contains(skipped, e.Name()):
			return fs.SkipDir
		case !e.Type().IsRegular() || ext != ".yaml" && ext != ".yml":
			return nil
		}
		ok, err := isDescriptor(path)
		if ok {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// isDescriptor reports whether a file is called catalog-info, or holds an entity of Backstage. A
// file with template expressions is neither: it is to become one.
func isDescriptor(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fileError(path, err)
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return false, fileError(path, err)
	}
	named := strings.HasPrefix(strings.TrimPrefix(filepath.Base(path), "."), "catalog-info.")
	entities := false
	for line := range bytes.Lines(head) {
		if bytes.HasPrefix(line, []byte("apiVersion:")) && bytes.Contains(line, []byte("backstage.io/")) {
			entities = true
		}
		if bytes.Contains(line, []byte("${{ values.")) || bytes.Contains(line, []byte("${{values.")) {
			return false, nil
		}
	}
	return named || entities, nil
}

func writeJSON(w io.Writer, results []entity.Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range results {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// writeReport writes "file:line:column: level: path: message" with the remedy below it, and a line
// that sums up.
func writeReport(w io.Writer, results []entity.Result, files int) {
	errorCount, warningCount, documents := 0, 0, 0
	for _, r := range results {
		if r.Verdict != entity.Empty {
			documents++
		}
		errorCount, warningCount = errorCount+len(r.Errors), warningCount+len(r.Warnings)
		problems := slices.Concat(r.Errors, r.Warnings)
		slices.SortStableFunc(problems, func(a, b entity.Problem) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return a.Column - b.Column
		})
		for _, p := range problems {
			writeProblem(w, p)
		}
	}
	summary := fmt.Sprintf("%s in %s", count(documents, "entity", "entities"), count(files, "file", "files"))
	switch {
	case errorCount == 0 && warningCount == 0:
		fmt.Fprintf(w, "%s: no problems\n", summary)
	case warningCount == 0:
		fmt.Fprintf(w, "%s: %s\n", summary, count(errorCount, "error", "errors"))
	default:
		fmt.Fprintf(w, "%s: %s, %s\n", summary, count(errorCount, "error", "errors"), count(warningCount, "warning", "warnings"))
	}
}

func writeProblem(w io.Writer, p entity.Problem) {
	place := p.File
	if p.Line > 0 {
		place += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	path := ""
	if p.Path != "" {
		path = printable(p.Path) + ": "
	}
	fmt.Fprintf(w, "%s: %s: %s%s\n", printable(place), p.Level, path, printable(p.Message))
	if p.Remedy != "" {
		fmt.Fprintf(w, "    %s\n", printable(p.Remedy))
	}
}

// printable keeps what a file says from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7F && r < 0xA0 || r == 0x202E || r == 0x2066 || r == 0x2067 {
			return '\uFFFD'
		}
		return r
	}, s)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
