package docs

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.yaml.in/yaml/v4"

	"portico/internal/testenv"
)

// pages returns every page of the documentation, the README among them, by path below the root.
func pages(t *testing.T, root fs.FS) map[string]string {
	t.Helper()
	all := map[string]string{}
	read := func(name string) {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	read("README.md")
	err := fs.WalkDir(root, "docs", func(name string, e fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".md" {
			read(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLinks(t *testing.T) {
	root := os.DirFS(testenv.Repo(t))
	all := pages(t, root)
	for name, text := range all {
		for _, fault := range links(root, all, name, text) {
			t.Error(fault)
		}
	}
}

func TestNavigation(t *testing.T) {
	root := os.DirFS(testenv.Repo(t))
	text, err := fs.ReadFile(root, "mkdocs.yml")
	if err != nil {
		t.Fatal(err)
	}
	var site struct {
		DocsDir string `yaml:"docs_dir"`
		Nav     []any  `yaml:"nav"`
	}
	if err := yaml.Unmarshal(text, &site); err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, p := range navPages(site.Nav) {
		listed = append(listed, path.Join(site.DocsDir, p))
	}
	all := pages(t, root)
	delete(all, "README.md")
	for _, p := range listed {
		if _, ok := all[p]; !ok {
			t.Errorf("mkdocs.yml: the navigation names %s, which is not there", p)
		}
		delete(all, p)
	}
	for p := range all {
		t.Errorf("%s is in no navigation: add it to mkdocs.yml", p)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(listed)))) != len(listed) {
		t.Errorf("mkdocs.yml: the navigation names a page twice: %v", listed)
	}
}

func navPages(n any) (list []string) {
	switch n := n.(type) {
	case string:
		return []string{n}
	case []any:
		for _, item := range n {
			list = append(list, navPages(item)...)
		}
	case map[string]any:
		for _, item := range n {
			list = append(list, navPages(item)...)
		}
	}
	return list
}

var (
	fence    = regexp.MustCompile("^ *(```+|~~~+)")
	code     = regexp.MustCompile("`[^`]*`")
	link     = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading  = regexp.MustCompile(`^#{1,6} +(.+?) *$`)
	notInTag = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// prose calls line for every line of a page that is not code.
func prose(text string, line func(n int, s string)) {
	open := ""
	n := 0
	for s := range strings.Lines(text) {
		n++
		if m := fence.FindStringSubmatch(s); m != nil {
			switch {
			case open == "":
				open = m[1]
			case strings.HasPrefix(m[1], open):
				open = ""
			}
			continue
		}
		if open == "" {
			line(n, strings.TrimRight(s, "\r\n"))
		}
	}
}

// anchors are what the headings of a page can be linked by.
func anchors(text string) []string {
	var list []string
	prose(text, func(_ int, s string) {
		if m := heading.FindStringSubmatch(s); m != nil {
			plain := strings.ReplaceAll(m[1], "`", "")
			list = append(list, strings.ReplaceAll(notInTag.ReplaceAllString(strings.ToLower(plain), ""), " ", "-"))
		}
	})
	return list
}

// links returns what is wrong with the links of a page. Addresses elsewhere are not looked at.
func links(root fs.FS, all map[string]string, name, text string) (faults []string) {
	prose(text, func(n int, s string) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(s, ""), -1) {
			u, err := url.Parse(m[1])
			switch {
			case err != nil:
				faults = append(faults, fmt.Sprintf("%s:%d: %s is not a link: %v", name, n, m[1], err))
				continue
			case u.Scheme != "":
				continue
			}
			target := name
			if u.Path != "" {
				target = path.Join(path.Dir(name), u.Path)
			}
			// A page may lead only to pages: the portal shows no other files beside them.
			_, err = fs.Stat(root, target)
			switch page, ok := all[target]; {
			case err != nil:
				faults = append(faults, fmt.Sprintf("%s:%d: %s is not there", name, n, m[1]))
			case strings.HasPrefix(name, "docs/") && !strings.HasPrefix(target, "docs/"):
				faults = append(faults, fmt.Sprintf("%s:%d: %s leads out of docs, where the portal cannot follow", name, n, m[1]))
			case u.Fragment != "" && (!ok || !slices.Contains(anchors(page), u.Fragment)):
				faults = append(faults, fmt.Sprintf("%s:%d: %s has no heading %q; it has %s", name, n, target, u.Fragment, strings.Join(anchors(page), ", ")))
			}
		}
	})
	return faults
}

func TestLinksFindsFaults(t *testing.T) {
	page := "# One `two`: three\n\n```bash\n# no heading\n```\n"
	root := fstest.MapFS{"docs/a.md": {Data: []byte(page)}, "Makefile": {}}
	for _, tt := range []struct{ name, text, want string }{
		{"heading", "[x](#one-two-three)", ""},
		{"heading in code", "[x](#no-heading)", "has no heading"},
		{"missing page", "[x](b.md)", "docs/a.md:1: b.md is not there"},
		{"elsewhere", "[x](https://example.com/b.md)", ""},
		{"in code", "`[x](b.md)`", ""},
		{"in a fence", "```\n[x](b.md)\n```\n[x](c.md)", "docs/a.md:4: c.md is not there"},
		{"out of docs", "[x](../Makefile)", "leads out of docs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(links(root, map[string]string{"docs/a.md": page}, "docs/a.md", tt.text), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
