package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"portico/internal/app"
	"portico/internal/testenv"
)

// commands are all commands that people meet, parents before children, those of cobra left out.
func commands() []*cobra.Command {
	var all []*cobra.Command
	var add func(*cobra.Command)
	add = func(cmd *cobra.Command) {
		if cmd.Name() == "completion" || cmd.Hidden {
			return
		}
		all = append(all, cmd)
		for _, sub := range cmd.Commands() {
			add(sub)
		}
	}
	root := newRootCommand()
	root.InitDefaultHelpCmd()
	add(root)
	return all
}

func TestHelpTeaches(t *testing.T) {
	for _, cmd := range commands() {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			switch {
			case cmd.Short == "" || strings.HasSuffix(cmd.Short, "."):
				t.Errorf("the line in the list of commands must be there, without a full stop: %q", cmd.Short)
			case cmd.HasSubCommands():
				return
			case cmd.Long == "":
				t.Error("the help says no more than the name")
			case cmd.Example == "":
				t.Error("the help shows no example")
			}
			for line := range strings.Lines(cmd.Long) {
				if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 106 {
					t.Errorf("a line of %d characters breaks in a narrow window: %s", n, line)
				}
			}
			for line := range strings.Lines(cmd.Example) {
				if err := example(strings.TrimSpace(line)); err != nil {
					t.Errorf("the example %q: %v", strings.TrimSpace(line), err)
				}
			}
		})
	}
}

// example reports whether the command line would be understood: the command is there, and so are its
// flags.
func example(line string) error {
	_, line, ok := strings.Cut(" "+line, " portico ")
	if !ok {
		return fmt.Errorf("it does not call portico")
	}
	root := newRootCommand()
	root.InitDefaultHelpCmd()
	cmd, args, err := root.Find(strings.Fields(line))
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(args); err != nil {
		return err
	}
	if cmd.HasSubCommands() {
		return fmt.Errorf("%s is no command by itself", cmd.CommandPath())
	}
	return nil
}

// TestCommandLinePage holds docs/command-line.md to show the help of every command as it is.
func TestCommandLinePage(t *testing.T) {
	path := filepath.Join(testenv.Repo(t), "docs", "command-line.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)<!-- help: (.*?) -->\n```text\n.*?```\n")
	var shown []string
	want := block.ReplaceAllStringFunc(string(page), func(old string) string {
		name := block.FindStringSubmatch(old)[1]
		shown = append(shown, name)
		return "<!-- help: " + name + " -->\n```text\n" + helpOf(t, name) + "```\n"
	})
	for _, cmd := range commands() {
		if name := cmd.CommandPath(); !cmd.HasSubCommands() && !slices.Contains(shown, name) {
			t.Errorf("%s is not on the page: write a section with the lines\n<!-- help: %s -->\n```text\n```", name, name)
		}
	}
	if testenv.Update() {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("docs/command-line.md does not show the help as it is (-help +page); run with -update to write it\n%s", diff)
	}
}

func helpOf(t *testing.T, command string) string {
	t.Helper()
	var out, errOut bytes.Buffer
	args := append(strings.Fields(command)[1:], "--help")
	if code := run(t.Context(), args, &out, &errOut); code != exitOK {
		t.Fatalf("%s --help: exit code %d\n%s", command, code, errOut.String())
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// TestAPIPage holds docs/api.md to name every route, and none that is not there.
func TestAPIPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(testenv.Repo(t), "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([A-Z]+ /[^`]*)` \\| (.*?) \\|")
	named := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		named[m[1]] = m[2]
	}
	for _, r := range app.Routes() {
		access := "public"
		if p, ok := r.Access.Permission(); ok {
			access = "`" + p.Name + "`"
		}
		if got, ok := named[r.Pattern]; !ok || got != access {
			t.Errorf("docs/api.md must have a row beginning with | `%s` | %s | and has %q", r.Pattern, access, got)
		}
		delete(named, r.Pattern)
	}
	for pattern := range named {
		t.Errorf("docs/api.md names %s, which is no route", pattern)
	}
}

// TestExamplesOnPages loads every configuration and checks every descriptor that the pages give a file name.
func TestExamplesOnPages(t *testing.T) {
	root := testenv.Repo(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	below, err := filepath.Glob(filepath.Join(root, "docs", "user", "*", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	variable := regexp.MustCompile(`\$\{(\w+)\}`)
	block := regexp.MustCompile("(?s)```yaml title=\"([^\"]+)\"\n(.*?)```")
	found := 0
	for _, page := range slices.Concat(pages, below, []string{filepath.Join(root, "README.md")}) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllStringSubmatch(string(text), -1) {
			found++
			t.Run(filepath.Base(page)+"/"+m[1], func(t *testing.T) {
				tree(t, map[string]string{m[1]: m[2]})
				var out, errOut bytes.Buffer
				args := []string{"config", "print", "--config", m[1]}
				if !strings.HasPrefix(m[1], "app-config") {
					args = []string{"catalog", "validate", m[1]}
				}
				for _, name := range variable.FindAllStringSubmatch(m[2], -1) {
					t.Setenv(name[1], "a-long-enough-secret")
				}
				if code := run(t.Context(), args, &out, &errOut); code != exitOK || errOut.Len() > 0 {
					t.Errorf("exit code %d\n%s%s", code, out.String(), errOut.String())
				}
			})
		}
	}
	if found < 6 {
		t.Errorf("only %d examples with a file name were found: have the pages another form now?", found)
	}
}
