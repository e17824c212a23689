package entity

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/testenv"
)

func tsv(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows [][]string
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if row := strings.Split(sc.Text(), "\t"); len(row) > 1 { // error texts may hold line ends
			rows = append(rows, row)
		}
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// differences are the documents on which we and the official validators disagree on purpose.
func differences(t *testing.T) map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(string(read(t, "testdata/differences.tsv")), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != 4 || row[3] == "" {
			t.Fatalf("differences.tsv: want input, theirs, ours, reason: %q", line)
		}
		m[row[0]] = row[2]
	}
	return m
}

// TestVerdictsOfRealDocuments compares with what the official validators say of every document of the
// corpus, and that every document is found.
func TestVerdictsOfRealDocuments(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "verdicts")
	differ := differences(t)
	want := map[string][]string{}
	for _, row := range tsv(t, filepath.Join(dir, "catalog.tsv")) {
		verdict := row[3]
		if v, ok := differ[row[0]+"#"+row[1]]; ok {
			verdict = v
		}
		want[row[0]] = append(want[row[0]], row[1]+" "+row[2]+" "+verdict)
	}
	n := 0
	for file, documents := range want {
		var got []string
		for _, r := range Check(file, read(t, filepath.Join(dir, "..", "catalog", file))) {
			got = append(got, fmt.Sprintf("%d %s %s", r.Document, r.Ref, r.Verdict))
			if bad := (r.Verdict == Invalid || r.Verdict == Unreadable) != (len(r.Errors) > 0); bad && (r.Verdict == Valid || r.Verdict == Invalid || r.Verdict == Unreadable) {
				t.Errorf("%s#%d is %s with %d errors", file, r.Document, r.Verdict, len(r.Errors))
			}
			n++
		}
		if d := cmp.Diff(documents, got); d != "" {
			t.Errorf("%s: (-official +ours)\n%s", file, d)
		}
	}
	if n < 1491 {
		t.Errorf("checked %d documents; the corpus has 1491", n)
	}
}

func TestVerdictsOfDamagedDocuments(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "verdicts", "mutated")
	differ := differences(t)
	n := 0
	for _, row := range tsv(t, filepath.Join(dir, "VERDICTS.tsv")) {
		file, want := row[0], row[1]
		if v, ok := differ[file]; ok {
			want = v
		}
		rs := Check(file, read(t, filepath.Join(dir, file)))
		if len(rs) != 1 || string(rs[0].Verdict) != want {
			t.Errorf("%s: got %+v, want %s (%s)", file, rs, want, strings.Join(row[2:], " "))
		}
		n++
	}
	if n != 600 {
		t.Errorf("compared %d documents, want 600", n)
	}
}

// TestRefusalsNameTheField holds every refusal to name the place that the official validators name
// first, and to say what to write instead.
func TestRefusalsNameTheField(t *testing.T) {
	dir := testenv.Shared(t, "corpus", "verdicts", "mutated")
	for _, row := range tsv(t, filepath.Join(dir, "VERDICTS.tsv")) {
		if row[1] != "invalid" {
			continue
		}
		data := read(t, filepath.Join(dir, row[0]))
		errors := Check(row[0], data)[0].Errors
		want := officialPath(row[2])
		found := false
		for _, e := range errors {
			found = found || want == officialExtra || e.Path == want || strings.HasPrefix(e.Path, want+".")
			if e.Message == "" || e.Remedy == "" || e.Line < 1 || e.Line > bytes.Count(data, []byte("\n"))+1 {
				t.Errorf("%s: poor refusal %+v", row[0], e)
			}
		}
		if !found {
			t.Errorf("%s: no refusal of %q (%s) among %+v", row[0], want, row[2], errors)
		}
	}
}

// officialPath finds the field in an official message.
func officialPath(m string) string {
	if _, name, ok := strings.Cut(m, "Unknown field "); ok {
		return name
	}
	if rest, ok := strings.CutPrefix(m, `"`); ok {
		if name, _, ok := strings.Cut(rest, `" is not valid`); ok {
			for _, f := range []string{"labels.", "annotations.", "tags.", "links."} {
				if strings.HasPrefix(name, f) {
					name = "metadata." + name
				}
			}
			return name
		}
		return "metadata" // cut in two by a line end in the value
	}
	m = strings.TrimPrefix(m, "Malformed envelope, ")
	path, rest, _ := strings.Cut(m, " ")
	path = strings.TrimPrefix(strings.TrimPrefix(path, "<root>"), "/")
	path = strings.NewReplacer("/", ".", "~1", "/", "~0", "~").Replace(path)
	if _, name, ok := strings.Cut(rest, "required property '"); ok {
		name, _, _ = strings.Cut(name, "'")
		path = join(path, name)
	}
	if strings.Contains(rest, "additional properties") {
		return officialExtra
	}
	if strings.HasPrefix(path, "relations") {
		return "relations" // refused as a whole: what is in it does not matter
	}
	return path
}

const officialExtra = "\x00any"
