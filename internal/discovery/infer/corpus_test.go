package infer

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/testenv"
)

// onDisk is a tree on disk.
func onDisk(t testing.TB, root string) Tree {
	t.Helper()
	tree := Tree{Read: func(p string) ([]byte, error) { return os.ReadFile(filepath.Join(root, filepath.FromSlash(p))) }}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		tree.Files = append(tree.Files, File{filepath.ToSlash(rel), info.Size()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// corpusInput is one of the real repositories, whose folders are called owner__name.
func corpusInput(t testing.TB, root string) Input {
	t.Helper()
	owner, name, ok := strings.Cut(filepath.Base(root), "__")
	if !ok {
		t.Fatalf("%s is not called owner__name", root)
	}
	return Input{Tree: onDisk(t, root), Folder: name, RemoteURL: "https://github.com/" + owner + "/" + name + ".git"}
}

// floors are what precision and recall must not fall below, in percent, over all repositories.
var floors = map[string][2]int{"components": {98, 98}, "types": {95, 95}, "owners": {98, 98}, "APIs": {90, 98}, "resources": {95, 70}}

// The real repositories: a golden of each says all that is inferred, and how much of it somebody who knows the repository
// would say too.
func TestCorpus(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "repos")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	truths := readTruth(t)
	total := tally{}
	seen := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		in := corpusInput(t, filepath.Join(dir, e.Name()))
		want := truths[in.Folder]
		if want == nil {
			t.Errorf("testdata/truth.txt does not say what is in %s", in.Folder)
			continue
		}
		seen++
		t.Run(in.Folder, func(t *testing.T) {
			res := Look(in)
			got := want.measure(res)
			total.add(got)
			testenv.Golden(t, in.Folder+".txt", got.String()+"\n"+res.Text())
			if _, err := res.YAML(); err != nil {
				t.Error(err)
			}
		})
	}
	if seen != len(truths) {
		t.Errorf("%d repositories, and truth.txt speaks of %d", seen, len(truths))
	}
	testenv.Golden(t, "summary.txt", total.String())
	for what, floor := range floors {
		if s := total[what]; s.precision() < floor[0] || s.recall() < floor[1] {
			t.Errorf("%s: %s; not below %d%% and %d%%", what, s, floor[0], floor[1])
		}
	}
}

// score counts what is said and right, said and wrong, and not said.
type score struct {
	right, wrong, missed int
	notes                []string
}

func (s score) precision() int { return percent(s.right, s.right+s.wrong) }
func (s score) recall() int    { return percent(s.right, s.right+s.missed) }

func percent(part, of int) int {
	if of == 0 {
		return 100
	}
	return part * 100 / of
}

func (s score) String() string {
	text := fmt.Sprintf("precision %d%%, recall %d%% (%d right, %d wrong, %d missed)", s.precision(), s.recall(), s.right, s.wrong, s.missed)
	if len(s.notes) > 0 {
		text += ": " + strings.Join(s.notes, "; ")
	}
	return text
}

type tally map[string]score

func (t tally) add(o tally) {
	for what, s := range o {
		sum := t[what]
		sum.right, sum.wrong, sum.missed = sum.right+s.right, sum.wrong+s.wrong, sum.missed+s.missed
		t[what] = sum
	}
}

func (t tally) count(what string, right, wrong, missed int, note string) {
	s := t[what]
	s.right, s.wrong, s.missed = s.right+right, s.wrong+wrong, s.missed+missed
	if note != "" {
		s.notes = append(s.notes, note)
	}
	t[what] = s
}

func (t tally) String() string {
	var b strings.Builder
	for _, what := range []string{"components", "types", "owners", "APIs", "resources"} {
		fmt.Fprintf(&b, "# %s: %s\n", what, t[what])
	}
	return b.String()
}

// truth is what somebody would say of a repository.
type truth struct {
	owner      string
	components map[string][]string // folder → types
	apis       []string            // "type folder"
	resources  [][]string          // "type name", with other names
}

func readTruth(t *testing.T) map[string]*truth {
	t.Helper()
	data, err := os.ReadFile("testdata/truth.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*truth{}
	var at *truth
	for i, line := range strings.Split(string(data), "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#":
		case f[0] == "repository" && len(f) == 2:
			at = &truth{components: map[string][]string{}}
			all[f[1]] = at
		case at == nil:
			t.Fatalf("truth.txt:%d: no repository yet", i+1)
		case f[0] == "owner" && len(f) == 2:
			at.owner = f[1]
		case f[0] == "component" && len(f) == 3:
			at.components[f[1]] = strings.Split(f[2], "|")
		case f[0] == "api" && len(f) == 3:
			at.apis = append(at.apis, f[1]+" "+f[2])
		case f[0] == "resource" && len(f) == 3:
			var names []string
			for _, n := range strings.Split(f[2], "|") {
				names = append(names, f[1]+" "+n)
			}
			at.resources = append(at.resources, names)
		default:
			t.Fatalf("truth.txt:%d: %q is not understood", i+1, line)
		}
	}
	return all
}

func (w *truth) measure(res *Result) tally {
	got := tally{"components": {}, "types": {}, "owners": {}, "APIs": {}, "resources": {}}
	components, apis, resources := map[string]bool{}, slices.Clone(w.apis), slices.Clone(w.resources)
	for _, e := range res.Entities {
		spec := e.Object["spec"].(map[string]any)
		kind, _ := spec["type"].(string)
		switch e.Kind {
		case "Component":
			types, ok := w.components[e.Path]
			components[e.Path] = true
			if !ok {
				got.count("components", 0, 1, 0, e.Path+" is none")
				continue
			}
			got.count("components", 1, 0, 0, "")
			if slices.Contains(types, kind) {
				got.count("types", 1, 0, 0, "")
			} else {
				got.count("types", 0, 1, 1, e.Path+" is a "+strings.Join(types, " or ")+" and no "+kind)
			}
			owner, _ := spec["owner"].(string)
			switch {
			case owner == w.owner:
				got.count("owners", 1, 0, 0, "")
			case owner == Unknown && w.owner == "none":
			case owner == Unknown:
				got.count("owners", 0, 0, 1, e.Path+" is "+w.owner+"'s")
			default:
				got.count("owners", 0, 1, 0, e.Path+" is not "+owner+"'s")
			}
		case "API":
			if i := slices.Index(apis, kind+" "+e.Path); i >= 0 {
				apis = slices.Delete(apis, i, i+1)
				got.count("APIs", 1, 0, 0, "")
			} else {
				got.count("APIs", 0, 1, 0, e.Path+" has no "+kind+" API")
			}
		case "Resource":
			name := kind + " " + strings.TrimPrefix(e.Name, res.Name+"-")
			if i := slices.IndexFunc(resources, func(names []string) bool { return slices.Contains(names, name) }); i >= 0 {
				resources = slices.Delete(resources, i, i+1)
				got.count("resources", 1, 0, 0, "")
			} else {
				got.count("resources", 0, 1, 0, "there is no "+name)
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(w.components)) {
		if !components[dir] {
			got.count("components", 0, 0, 1, dir+" is missed")
		}
	}
	for _, a := range apis {
		got.count("APIs", 0, 0, 1, a+" is missed")
	}
	for _, r := range resources {
		got.count("resources", 0, 0, 1, r[0]+" is missed")
	}
	return got
}
