package infer

import (
	"path"
	"strings"

	"portico/internal/catalog/layer"
	"portico/internal/discovery/codeowners"
	"portico/internal/forge"
)

// File is one regular file of a repository.
type File struct {
	Path string // below the repository, with slashes
	Size int64  // in bytes; 0 when it is not known
}

// Tree is what can be seen of a repository.
type Tree struct {
	Files []File
	// Read returns a small file; an error means that it cannot or should not be read. It is asked once for at most 200 files.
	Read func(path string) ([]byte, error)
	// Expect, where it is set, is told once and before anything is read which files may be, so that they can be fetched together.
	Expect func(paths []string)
}

// Activity is how long ago somebody pushed, as the caller counts it.
type Activity string

// The activities.
const (
	Unknowable Activity = ""
	Active     Activity = "active"
	Dormant    Activity = "dormant" // nobody has touched it for so long that it is given up, or done
)

// Input is a repository to look at.
type Input struct {
	Tree
	Name           string // what its component is called; "" for the name that the remote or the folder gives
	FullNames      bool   // parts carry the repository's name even where theirs say whose they are
	Folder         string // the name of its folder
	RemoteURL      string // where it is hosted, "" when that is not known
	SourceLocation string // for backstage.io/source-location, ending in "/"
	// IsDescriptor tells which files declare entities; nil for catalog-info.yaml and catalog-info.yml.
	IsDescriptor func(path string) bool

	// What a host says; all of it may be missing.
	Description string
	Topics      []string
	Archived    bool
	Activity    Activity
	Languages   []forge.Language
	Teams       []forge.Access // that may write
	System      string         // that the repository belongs to, by its group or a topic
}

// Entity is something that was found.
type Entity struct {
	Kind, Name string
	Path       string         // the folder that it is about, "." for the repository
	DeclaredIn string         // the descriptor that declares it, "" where none does
	Ref        string         // "component:default/ledger", in lower case
	Object     map[string]any // metadata and spec
	Evidence   []layer.Evidence
}

// Result is what was found in a repository.
type Result struct {
	Name           string // of the repository
	RepositoryURL  string // for people, "" when it is not known
	SourceLocation string
	Entities       []Entity // Systems, Components, APIs, Resources
}

// Unknown stands where a Component must have a value and nothing hints at one.
const Unknown = "unknown"

// look is one look at a repository: what the finders say, and what becomes of it.
type look struct {
	in         Input
	view       *view
	name       string
	host, slug string
	readme     readme

	projects  []*project
	images    []recipe
	artifacts []artifact
	charts    []*chart
	loads     []*workload
	kube      *kube
	defs      []*definition
	tf        []*store
	tfFirst   spot
	release   release
	declared  declarations
	owners    *codeowners.File
	ownerFile string

	all        []*part
	components []*component
	stores     []*store
	apis       []*api
	root       *part // what stands at the top, nil where nothing does
	mono       bool
	names      names
	system     string // ref of the system of all, "" where there is none
	out        []Entity
}

// Look finds what a repository holds. It reads what Input.Read gives and nothing else.
func Look(in Input) *Result {
	l := &look{in: in, name: CleanName(in.Name)}
	if in.Name == "" {
		l.name = RepositoryName(in.RemoteURL, in.Folder)
	}
	if l.in.IsDescriptor == nil {
		l.in.IsDescriptor = func(p string) bool {
			b := path.Base(p)
			return (b == "catalog-info.yaml" || b == "catalog-info.yml") && !notOurs(p) && !aside(p) && strings.Count(p, "/") < 5
		}
	}
	l.host, l.slug = Slug(in.RemoteURL)
	l.view = newView(in.Tree, l.in.IsDescriptor)
	l.find()
	l.parts()
	l.decide()
	l.findStores()
	l.findAPIs()
	l.relate()
	l.write()
	res := &Result{Name: l.name, SourceLocation: in.SourceLocation, Entities: l.out}
	if l.slug != "" {
		res.RepositoryURL = "https://" + l.host + "/" + l.slug
	}
	return res
}

// find runs the finders. Each is a function from the tree to facts, and knows nothing of the others.
func (l *look) find() {
	v := l.view
	l.readme = v.readme()
	l.projects = v.projects()
	l.images = v.images()
	l.artifacts = v.artifacts()
	l.charts = v.charts()
	l.kube = v.kubernetes(l.charts)
	l.loads = append(append([]*workload{}, l.kube.loads...), v.compose()...)
	l.defs = v.definitions()
	l.tf, l.tfFirst = v.terraform()
	l.release = v.release()
	l.declared = v.declarations()
	if l.ownerFile = v.codeowners(); l.ownerFile != "" {
		data := []byte(v.text(l.ownerFile))
		l.owners = codeowners.Parse(codeowners.StyleOf(l.ownerFile, l.host, data), data)
	}
	l.names = names{repo: l.name, full: l.in.FullNames, taken: map[string]bool{}}
}

// codeowners is the file that counts.
func (v *view) codeowners() string { return v.first(codeowners.Paths()...) }
