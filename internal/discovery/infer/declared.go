package infer

import (
	"path"
	"strings"

	"portico/internal/catalog/entity"
)

// declared is an entity that a descriptor of the repository declares.
type declared struct {
	ref  entity.Ref
	dir  string // of the descriptor
	file string
	typ  string
	used bool
}

// declarations reads the descriptors lightly: names, and nothing of what they say. One that cannot be read still counts as
// one: somebody looks after that folder.
type declarations struct {
	list []*declared
	dirs map[string]bool // folders with a descriptor
}

func (v *view) declarations() declarations {
	d := declarations{dirs: map[string]bool{}}
	for _, file := range v.chosen[forDescriptors] {
		dir := path.Dir(file)
		if path.Base(dir) == ".backstage" {
			dir = path.Dir(dir)
		}
		d.dirs[dir] = true
		for _, p := range splitDocuments(v.text(file)) {
			for _, doc := range documents(p.text) {
				ref := entity.Ref{Kind: str(get(doc, "kind")), Namespace: str(get(doc, "metadata", "namespace")), Name: str(get(doc, "metadata", "name"))}
				if ref.Kind == "" || ref.Name == "" || len(ref.String()) > 200 || len(d.list) >= maxOfAKind || !strings.Contains(str(get(doc, "apiVersion")), "backstage.io/") {
					continue
				}
				at := &declared{ref: ref, dir: dir, file: file, typ: str(get(doc, "spec", "type"))}
				d.list = append(d.list, at)
			}
		}
	}
	return d
}

// any reports whether one of a kind is declared.
func (d declarations) any(kind string) bool {
	for _, e := range d.list {
		if strings.EqualFold(e.ref.Kind, kind) {
			return true
		}
	}
	return false
}

// of finds what is declared for a thing: the only one of the kind in its folder, else the one with one of its names.
func (d declarations) of(kind, dir string, names ...string) *declared {
	var inDir, named []*declared
	for _, e := range d.list {
		if !strings.EqualFold(e.ref.Kind, kind) || e.used {
			continue
		}
		if dir != "" && e.dir == dir {
			inDir = append(inDir, e)
		}
		for _, n := range names {
			if strings.EqualFold(e.ref.Name, n) {
				named = append(named, e)
				break
			}
		}
	}
	switch {
	case len(inDir) == 1:
		named = inDir
	case len(named) == 0:
		return nil
	}
	named[0].used = true
	return named[0]
}

// only is the one entity of a kind that the repository declares, nil where there are none or several.
func (d declarations) only(kind string) (found *declared) {
	for _, e := range d.list {
		if strings.EqualFold(e.ref.Kind, kind) {
			if found != nil {
				return nil
			}
			found = e
		}
	}
	if found != nil && found.used {
		return nil
	}
	return found
}
