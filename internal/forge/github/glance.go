package github

import (
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/forge"
)

// said of a repository by its tree: who owns it, what it is called, what builds it.
var glanced = []string{
	"CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", "README.md", "go.mod", "package.json", "pom.xml", "pyproject.toml", "Cargo.toml", "mkdocs.yml",
}

const (
	maxGlanceFile  = 256 << 10 // bytes of a file that is kept
	maxGlanceNames = 2000      // of the top of a tree
)

// glancePaths are the files that a page brings, the descriptor first.
func (f *Forge) glancePaths() []string {
	if p := f.o.CatalogPath; p != "" && !strings.ContainsAny(p, "*?[{") {
		return append([]string{p}, glanced...)
	}
	return glanced
}

func (f *Forge) glanceFields() string {
	var b strings.Builder
	b.WriteString(` ... on Commit { tree { entries { name type mode size } }`)
	for i, p := range f.glancePaths() {
		quoted, _ := json.Marshal(p) // a string of GraphQL is written as one of JSON
		fmt.Fprintf(&b, "\nf%d: file(path: %s) { mode type size object { ... on Blob { byteSize isBinary isTruncated text } } }", i, quoted)
	}
	b.WriteString(" }")
	return b.String()
}

// Modes of a tree's entries.
const (
	modeFile       = 0o100644
	modeExecutable = 0o100755
)

type entry struct {
	Name, Type string
	Mode, Size int64
	Object     *struct {
		ByteSize    int64
		IsBinary    *bool
		IsTruncated bool
		Text        *string
	}
}

func (e *entry) file() bool {
	return e.Type == "blob" && (e.Mode == modeFile || e.Mode == modeExecutable || e.Mode == 0o100664)
}

// data is the file's content where what came is exactly that: no part of it, and not converted from another encoding.
func (e *entry) data() []byte {
	o := e.Object
	if o == nil || o.Text == nil || o.IsTruncated || o.IsBinary != nil && *o.IsBinary || int64(len(*o.Text)) != o.ByteSize || o.ByteSize > maxGlanceFile {
		return nil
	}
	return []byte(*o.Text)
}

// glance reads the names and files of a commit. Symbolic links and submodules are left out, as everywhere. It is nil where
// they were not said, or not in a form that can be relied on: they can be read in another way, and the repository is known.
func (f *Forge) glance(t *target) *forge.Glance {
	var tree *struct{ Entries []*entry }
	if err := json.Unmarshal(t.parts["tree"], &tree); err != nil || tree == nil {
		return nil
	}
	texts := map[string]forge.GlanceFile{}
	var below []forge.GlanceFile // the top
	for i, p := range f.glancePaths() {
		raw, ok := t.parts[fmt.Sprintf("f%d", i)]
		if !ok {
			return nil
		}
		var e *entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil
		}
		if e == nil || !e.file() {
			continue
		}
		file := forge.GlanceFile{Path: p, Size: e.Size, Data: e.data()}
		if strings.Contains(p, "/") {
			below = append(below, file)
		}
		texts[p] = file
	}
	g := &forge.Glance{Whole: len(tree.Entries) <= maxGlanceNames}
	for i, e := range tree.Entries {
		switch {
		case i >= maxGlanceNames:
		case e == nil || e.Name == "" || strings.ContainsAny(e.Name, "/\x00"):
			return nil
		case e.Type == "tree":
			g.Whole = false
		case !e.file():
		default:
			file := forge.GlanceFile{Path: e.Name, Size: e.Size}
			if with, ok := texts[e.Name]; ok {
				file = with
			}
			g.Files = append(g.Files, file)
		}
	}
	g.Files = append(g.Files, below...)
	return g
}
