package infer

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is looked at. Everything in a tree is somebody else's text.
const (
	maxListed  = 50_000    // files that are known by name
	maxLooked  = 2_000     // of them that are candidates for reading
	maxRead    = 200       // of them that are read
	maxBytes   = 256 << 10 // of each
	maxPath    = 512       // bytes of a path
	maxDepth   = 24        // folders of a path
	maxParts   = 150       // components of a repository
	maxOfAKind = 200       // APIs, and resources, of a repository
)

// view answers questions about a tree. It reads what was chosen, once.
type view struct {
	Tree
	byPath  map[string]int64    // path → size
	byLower map[string]string   // lower-case path → path
	in      map[string][]string // folder → names of its files
	byBase  map[string][]string // name of a file → paths
	chosen  map[subject][]string
	may     map[string]bool
	texts   map[string]string
}

// subject is what a file is read for.
type subject int

// In the order in which room that others left is given away.
const (
	nothing subject = iota
	forOwners
	forFront // the README of the repository
	forDescriptors
	forBuild
	forCompose
	forKube
	forAPI
	forImage
	forInfra
	forReadme // of parts
	forConfig
	forPipeline
	forRelease
	forYAML // YAML that no name tells anything of
	subjects
)

// room is how many files of a subject are read before others get their share; together maxRead.
var room = [subjects]int{forOwners: 2, forFront: 1, forDescriptors: 24, forBuild: 44, forCompose: 8, forKube: 42, forAPI: 20, forImage: 14, forInfra: 10, forReadme: 12, forConfig: 8, forPipeline: 4, forRelease: 3, forYAML: 8}

func newView(t Tree, isDescriptor func(string) bool) *view {
	v := &view{
		Tree: Tree{Read: t.Read, Expect: t.Expect}, byPath: map[string]int64{}, byLower: map[string]string{}, in: map[string][]string{}, byBase: map[string][]string{},
		chosen: map[subject][]string{}, may: map[string]bool{}, texts: map[string]string{},
	}
	for _, f := range t.Files {
		if len(v.Files) >= maxListed {
			break
		}
		if _, twice := v.byPath[f.Path]; twice || !plainPath(f.Path) {
			continue
		}
		v.Files = append(v.Files, f)
		v.byPath[f.Path] = f.Size
	}
	slices.SortFunc(v.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range v.Files {
		if l := strings.ToLower(f.Path); v.byLower[l] == "" {
			v.byLower[l] = f.Path
		}
		v.in[path.Dir(f.Path)] = append(v.in[path.Dir(f.Path)], path.Base(f.Path))
		v.byBase[path.Base(f.Path)] = append(v.byBase[path.Base(f.Path)], f.Path)
	}
	v.choose(isDescriptor)
	return v
}

// plainPath is false for what no Git host would show as a file, and for what is absurdly long.
func plainPath(p string) bool {
	return p != "" && len(p) <= maxPath && utf8.ValidString(p) && path.Clean(p) == p && p[0] != '/' && p != ".." && !strings.HasPrefix(p, "../") &&
		strings.Count(p, "/") <= maxDepth && !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// choose decides which files are read: of each subject the ones nearest to the top, then what room is left for more.
func (v *view) choose(isDescriptor func(string) bool) {
	type candidate struct {
		path string
		rank int
	}
	var of [subjects][]candidate
	looked := 0
	// Names that say more come first, so that a tree of ten thousand YAML files has its go.mod read.
	for _, common := range []bool{false, true} {
		for _, f := range v.Files {
			s, rank := v.subject(f.Path, isDescriptor)
			if s == nothing || (s == forYAML) != common || looked >= maxLooked {
				continue
			}
			if f.Size > maxBytes && s != forAPI {
				continue
			}
			looked++
			of[s] = append(of[s], candidate{f.Path, rank*10 + strings.Count(f.Path, "/")})
		}
	}
	left := maxRead
	take := func(s subject, n int) {
		n = min(n, len(of[s]), left)
		for _, c := range of[s][:n] {
			v.chosen[s] = append(v.chosen[s], c.path)
			v.may[c.path] = true
		}
		of[s] = of[s][n:]
		left -= n
	}
	for s := range subjects {
		slices.SortStableFunc(of[s], func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
		take(s, room[s])
	}
	for s := range subjects {
		take(s, left)
	}
	var all []string
	for s := range v.chosen {
		slices.Sort(v.chosen[s])
		all = append(all, v.chosen[s]...)
	}
	if v.Expect != nil {
		slices.Sort(all)
		v.Expect(all)
	}
}

// subject says what a file is read for, by its name alone, and how much it promises: lower is more.
func (v *view) subject(p string, isDescriptor func(string) bool) (subject, int) {
	if isDescriptor(p) {
		return forDescriptors, 0
	}
	base, dir := strings.ToLower(path.Base(p)), path.Dir(p)
	if base == "codeowners" {
		if v.codeowners() == p {
			return forOwners, 0
		}
		return nothing, 0
	}
	if notOurs(p) {
		return nothing, 0
	}
	far := 0
	if aside(p) {
		far = 5
	}
	ext := path.Ext(base)
	switch {
	case isReadme(base):
		switch {
		case dir == ".":
			return forFront, 0
		case v.isProject(dir):
			return forReadme, far
		case dir == ".github" || dir == "docs":
			return forFront, 1
		}
		return nothing, 0
	case isBuildFile(base) && far == 0:
		return forBuild, 0
	case isCompose(base) || base == "skaffold.yaml" || base == "skaffold.yml" || base == "azure.yaml" || base == ".env" && dir == ".":
		return forCompose, far
	case isImage(base) && far == 0:
		return forImage, 0
	case base == "chart.yaml":
		return forKube, far
	case base == "values.yaml" && v.has(path.Join(dir, "Chart.yaml")):
		return forKube, far
	case ext == ".proto", ext == ".graphql", ext == ".graphqls", ext == ".gql":
		return forAPI, far
	case (ext == ".yaml" || ext == ".yml" || ext == ".json") && namesAPI(p):
		return forAPI, far
	case ext == ".tf" || ext == ".tofu":
		return forInfra, far
	case isPipeline(p):
		return forPipeline, 0
	case far == 0 && isConfig(p):
		return forConfig, 0
	case dir == "." && (base == "changelog.md" || base == "version" || base == "version.txt" || base == "mkdocs.yml" || base == "mkdocs.yaml"):
		return forRelease, 0
	case ext == ".yaml" || ext == ".yml":
		if r, ok := kubeRank(p); ok {
			return forKube, r + far
		}
		if strings.HasPrefix(p, ".") || far > 0 {
			return nothing, 0
		}
		return forYAML, 0
	}
	return nothing, 0
}

// kubeRank tells whether a YAML file lies where manifests lie.
func kubeRank(p string) (rank int, ok bool) {
	rank = 9
	for dir := range strings.SplitSeq(strings.ToLower(path.Dir(p)), "/") {
		switch {
		case dir == "k8s" || dir == "kubernetes" || strings.Contains(dir, "manifests") || dir == "kube" || dir == "base":
			rank = min(rank, 0)
		case dir == "deploy" || dir == "deployment" || dir == "deployments" || dir == "bases" || strings.HasPrefix(dir, "kustomize") || dir == "gitops":
			rank = min(rank, 1)
		case dir == "helm" || dir == "charts" || dir == "chart" || strings.HasPrefix(dir, "helm-") || dir == "templates":
			rank = min(rank, 2)
		case dir == "overlays" || dir == "release" || dir == "openshift" || dir == "argocd" || dir == "istio":
			rank += 3
		}
	}
	base := strings.ToLower(path.Base(p))
	if rank >= 9 && (strings.Contains(base, "k8s") || strings.Contains(base, "deployment") || strings.Contains(base, "kube") || strings.Contains(base, "statefulset")) {
		return 1, true
	}
	return rank, rank < 9
}

// has reports whether there is a file of that path.
func (v *view) has(p string) bool { _, ok := v.byPath[p]; return ok }

// isProject is true for a folder that holds a build file or the recipe of an image.
func (v *view) isProject(dir string) bool {
	for _, name := range v.in[dir] {
		if l := strings.ToLower(name); isBuildFile(l) || isImage(l) {
			return true
		}
	}
	return false
}

// first returns the first of the paths that is there, whatever its case.
func (v *view) first(paths ...string) string {
	for _, p := range paths {
		if found := v.byLower[strings.ToLower(p)]; found != "" {
			return found
		}
	}
	return ""
}

// text is a file's text; "" for one that was not chosen, cannot be read, or holds no text.
func (v *view) text(p string) string {
	if p == "" || !v.may[p] || v.Read == nil {
		return ""
	}
	if t, ok := v.texts[p]; ok {
		return t
	}
	t := ""
	if data, err := v.Read(p); err == nil {
		cut := len(data) > maxBytes
		t = string(data[:min(len(data), maxBytes)])
		if strings.Contains(t[:min(len(t), 8000)], "\x00") {
			t = "" // no text
		}
		t = strings.ReplaceAll(strings.ToValidUTF8(strings.TrimPrefix(t, "\ufeff"), ""), "\r\n", "\n")
		if cut {
			t = t[:strings.LastIndexByte(t, '\n')+1]
		}
	}
	v.texts[p] = t
	return t
}

// notOurs is true for generated and vendored files.
func notOurs(p string) bool {
	base := strings.ToLower(path.Base(p))
	for _, suffix := range []string{".min.js", ".pb.go", ".pb.gw.go", "_pb.js", "_pb.ts", "_pb2.py", "_pb2_grpc.py", ".pb.cc", ".pb.h", ".generated.ts", ".d.ts"} {
		if strings.HasSuffix(base, suffix) {
			return true
		}
	}
	for dir := range strings.SplitSeq(path.Dir(p), "/") {
		switch dir {
		case "vendor", "node_modules", "third_party", "third-party", "thirdparty", "dist", "generated", "genproto", ".terraform", "Pods", "bower_components", "target", ".venv", "venv", "site-packages":
			return true
		}
	}
	return false
}

// aside is true below folders that are not what the repository is about.
func aside(p string) bool {
	if i := strings.Index(p, "src/main/"); i >= 0 {
		p = p[:i] + "x" // below are packages: org/springframework/samples
	}
	for dir := range strings.SplitSeq(strings.ToLower(path.Dir(p)), "/") {
		word, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimPrefix(dir, "_"), "_", "-"), "-")
		switch word {
		case "example", "examples", "sample", "samples", "test", "tests", "testdata", "fixture", "fixtures", "e2e", "testing", "testpb", "testproto", "testutil", "testutils", "tutorial", "tutorials":
			return true
		}
		switch dir {
		case ".devcontainer", "hack", "ci", ".ci", ".github", ".gitlab", ".circleci", ".vscode", ".idea", "__tests__", "__fixtures__", "mocks", "__mocks__", "contrib", "extras", "benchmarks", "benchmark", "cypress", "skeleton", "snapshots", "integration-tests":
			return true
		}
	}
	return false
}

// below reports whether p is in dir, or deeper; everything is below ".".
func below(p, dir string) bool { return dir == "." || p == dir || strings.HasPrefix(p, dir+"/") }

// above are the folders over a path, nearest first, "." last.
func above(p string) (list []string) {
	for d := path.Dir(p); ; d = path.Dir(d) {
		list = append(list, d)
		if d == "." || d == "/" {
			return list
		}
	}
}
