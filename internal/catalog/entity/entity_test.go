package entity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
	"portico/internal/testenv"
)

func one(t *testing.T, text string) *Document {
	t.Helper()
	docs := Parse("f.yaml", []byte(text))
	if len(docs) != 1 {
		t.Fatalf("%d documents in %q", len(docs), text)
	}
	docs[0].Validate()
	return docs[0]
}

const header = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
const spec = "spec: {type: service, lifecycle: production, owner: payments}\n"

func TestParseDocuments(t *testing.T) {
	doc := header + "metadata: {name: a}\n" + spec
	tests := []struct{ name, in, want string }{ // index line-endLine ref verdict
		{"none", "", ""},
		{"comments only", "# nothing\n\n", ""},
		{"one", doc, "0 1-4 a valid"},
		{"byte order mark", "\uFEFF" + doc, "0 1-4 a valid"},
		{"CRLF", strings.ReplaceAll(doc, "\n", "\r\n"), "0 1-4 a valid"},
		{"no line end at the end", strings.TrimSuffix(doc, "\n"), "0 1-4 a valid"},
		{"comments above belong to it", "# a\n# b\n" + doc, "0 1-6 a valid"},
		{"comments after the marker belong to it", "---\n\n# a\n" + doc + "\n\n", "0 3-7 a valid"},
		{"two", doc + "---\n" + doc, "0 1-4 a valid|1 6-9 a valid"},
		{"marker with a comment", doc + "--- # next\n" + doc, "0 1-4 a valid|1 5-9 a valid"},
		{"document ends", doc + "...\n---\n" + doc + "...\n", "0 1-4 a valid|1 7-10 a valid"},
		{"empty ones count", "---\n---\n" + doc + "---\n", "0 1-1  empty|1 3-6 a valid|2 7-7  empty"},
		{"null", "null\n---\n~\n", "0 1-1  empty|1 3-3  empty"},
		{"broken first", "a: [\n---\n" + doc, "0 1-1  unreadable|1 3-6 a valid"},
		{"broken in the middle", doc + "---\na: 'x\n---\n" + doc, "0 1-4 a valid|1 6-6  unreadable|2 8-11 a valid"},
		{"broken last", doc + "---\n\ta: b\n", "0 1-4 a valid|1 6-6  unreadable"},
		{"all broken", "a: b: c\n---\na: @\n", "0 1-1  unreadable|1 3-3  unreadable"},
		{"broken after an end", doc + "...\n  x: y\nz\n", "0 1-4 a valid|1 6-7  unreadable"},
		{"comments above a broken file", "# c\n---\na: [\n---\n" + doc, "0 1-3  unreadable|1 5-8 a valid"},
		{"directive", "%YAML 1.2\n---\n" + doc + "---\na: [\n", "0 1-6 a valid|1 8-8  unreadable"},
		{"an alias into another document", "a: &x b\n---\nc: *x\n", "0 1-1  invalid|1 3-3  unreadable"},
		{"a text block without indentation", "|\na\n---\n" + doc, "0 1-2  invalid|1 4-7 a valid"},
		{"a text block with a rule", "|\n a\n ---\n b\n", "0 1-4  invalid"},
		{"UTF-16", "\xff\xfea\x00:\x00", "0 1-1  unreadable"},
		{"namespace", header + "metadata: {name: a, namespace: Shop}\n", "0 1-3 a invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range Parse("f.yaml", []byte(tt.in)) {
				d.Validate()
				got = append(got, fmt.Sprintf("%d %d-%d %s %s", d.Index, d.Line, d.EndLine, d.Ref.Name, d.Verdict))
				for _, p := range d.Problems {
					if p.Level == Error && (p.Line < d.Line || p.Line > d.EndLine+1) {
						t.Errorf("problem at line %d of a document at %d-%d", p.Line, d.Line, d.EndLine)
					}
				}
			}
			if d := cmp.Diff(tt.want, strings.Join(got, "|")); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	deep := "a: " + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "\n"
	var bomb, wide, long, anchors strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), ", "))
	}
	fmt.Fprintf(&wide, "a: &a [%s]\n", strings.Repeat("x, ", 2000))
	fmt.Fprintf(&wide, "? [*a, *a]\n: b\nl: [%s]\n", strings.Repeat("*a, ", 2000))
	fmt.Fprintf(&long, "a: &a %s\nl: [%s]\n", strings.Repeat("x", 1<<20), strings.Repeat("*a, ", 100))
	fmt.Fprintf(&anchors, "%smetadata: {name: &n a, tags: [%s]}\n%s", header, strings.Repeat("*n, ", 300), spec)
	tests := []struct {
		name, in string
		want     Verdict
		says     string
	}{
		{"deep", deep, Unreadable, "nested more than 64 levels"},
		{"alias bomb", bomb.String(), Unreadable, "stand for more than"},
		{"wide aliases, one of them a key", wide.String(), Unreadable, "stand for more than"},
		{"a long text many times", long.String(), Unreadable, "stand for more than"},
		{"many aliases of a word are fine", anchors.String(), Valid, ""},
		{"a large file", strings.Repeat("#", MaxFileSize+1), Unreadable, "at most 10 MiB"},
		{"itself", "a: &a [*a]\n", Unreadable, "holds the alias itself"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			d := one(t, tt.in)
			if d.Verdict != tt.want || tt.says != "" && !strings.Contains(d.Problems[0].Message, tt.says) {
				t.Errorf("got %s, %+v", d.Verdict, d.Problems)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestOddCharacters(t *testing.T) {
	tests := []struct{ name, description, want, warning string }{
		{"not UTF-8", "caf\xe9 au lait", "caf\uFFFD au lait", "not UTF-8"},
		{"control character", "a\x07b", "a\x07b", "control character"},
		{"line separator", "a\u2028b", "a\u2028b", ""},
		{"next line", "a\u0085b", "a\u0085b", ""},
		{"private use", "a\uF707b", "a\uF707b", ""},
		{"emoji", "a 😀", "a 😀", ""},
		{"NUL by escape", `"a\0b"`, "a\x00b", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := one(t, header+"metadata:\n  name: a\n  description: "+tt.description+"\n"+spec)
			e, err := d.Entity(nil)
			if err != nil {
				t.Fatal(err, d.Problems)
			}
			var got struct{ Metadata struct{ Description string } }
			if err := json.Unmarshal(e.JSON, &got); err != nil {
				t.Fatal(err)
			}
			if got.Metadata.Description != tt.want {
				t.Errorf("description %q, want %q", got.Metadata.Description, tt.want)
			}
			if (tt.warning != "") != (len(d.Problems) == 1) || tt.warning != "" && (!strings.Contains(d.Problems[0].Message, tt.warning) || d.Problems[0].Line != 5) {
				t.Errorf("problems %+v, want %q", d.Problems, tt.warning)
			}
		})
	}
}

func TestEntityJSON(t *testing.T) {
	tests := []struct {
		name, in    string
		annotations map[string]string
		want        string
	}{
		{"order and namespace", "kind: Component\nspec: {type: a, lifecycle: b, owner: c}\nmetadata: {title: T, name: n, tags: [x]}\napiVersion: backstage.io/v1alpha1\n", nil,
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"title":"T","name":"n","namespace":"default","tags":["x"]},"spec":{"type":"a","lifecycle":"b","owner":"c"}}`},
		{"given annotations win and are added in order", header + "metadata: {name: n, namespace: shop, annotations: {b: B, c: C}}\n" + spec, map[string]string{"c": "c2", "z": "Z", "a": "A"},
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"n","namespace":"shop","annotations":{"b":"B","c":"c2","a":"A","z":"Z"}},"spec":{"type":"service","lifecycle":"production","owner":"payments"}}`},
		{"annotations where there were none", header + "metadata: {name: n}\n" + spec, map[string]string{"a": "A"},
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"n","namespace":"default","annotations":{"a":"A"}},"spec":{"type":"service","lifecycle":"production","owner":"payments"}}`},
		{"uid and etag are dropped", header + "metadata: {uid: u, name: n, etag: e}\n" + spec, nil,
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"n","namespace":"default"},"spec":{"type":"service","lifecycle":"production","owner":"payments"}}`},
		{"no spec", "apiVersion: example.com/v1\nkind: Note\nmetadata: {name: n}\n", nil, `{"apiVersion":"example.com/v1","kind":"Note","metadata":{"name":"n","namespace":"default"}}`},
		{"types of YAML 1.2", "apiVersion: a/v1\nkind: K\nmetadata: {name: n}\nspec: {a: yes, b: 0o17, c: 017, d: 1_000, e: 0x1F, f: 1.50, g: .inf, h: 1e3, i: ~, j: , k: 'x', l: TRUE, m: 2024-01-01, n: +7, o: -0, p: 12345678901234567890, q: 1e-7, r: .5, s: 1., t: !!str 12, u: !custom 5, v: '', w: 1e21, x: 0o8, y: -1.5, z: ! 12}\n", nil,
			`{"apiVersion":"a/v1","kind":"K","metadata":{"name":"n","namespace":"default"},"spec":{"a":"yes","b":15,"c":17,"d":"1_000","e":31,"f":1.5,"g":null,"h":1000,"i":null,"j":null,"k":"x","l":true,"m":"2024-01-01","n":7,"o":0,"p":12345678901234567000,"q":1e-7,"r":0.5,"s":1,"t":"12","u":"5","v":"","w":1e+21,"x":"0o8","y":-1.5,"z":"12"}}`},
		{"keys that are no text", "apiVersion: a/v1\nkind: K\nmetadata: {name: n}\nspec: {1: a, 1.50: b, true: c, ~: d, 0x10: e, {x: y}: f}\n", nil,
			`{"apiVersion":"a/v1","kind":"K","metadata":{"name":"n","namespace":"default"},"spec":{"1":"a","1.5":"b","true":"c","":"d","16":"e","{ x: y }":"f"}}`},
		{"lists that relate are sorted", header + "metadata: {name: n}\nspec: {type: s, lifecycle: p, owner: o, providesApis: [b, a], dependsOn: [resource:z, component:a], tags: [b, a]}\n", nil,
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"n","namespace":"default"},"spec":{"type":"s","lifecycle":"p","owner":"o","providesApis":["a","b"],"dependsOn":["component:a","resource:z"],"tags":["b","a"]}}`},
		{"unsafe addresses are left empty", header + "metadata:\n  name: n\n  annotations: {backstage.io/view-url: 'javascript:x', backstage.io/source-location: 'url:javascript:x', a: 'javascript:x'}\n  links: [{url: 'javascript:x', title: T}, {url: 'https://x.y'}]\n" + spec, nil,
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"n","namespace":"default","annotations":{"backstage.io/view-url":"","backstage.io/source-location":"","a":"javascript:x"},"links":[{"url":"","title":"T"},{"url":"https://x.y"}]},"spec":{"type":"service","lifecycle":"production","owner":"payments"}}`},
		{"aliases and escapes", header + "metadata: {name: &n n, description: \"a\\\"b\\\\c\\n\\t\\u0001<>&\u2028\"}\nspec: {type: *n, lifecycle: *n, owner: *n}\n", nil,
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"n","namespace":"default","description":"a\"b\\c\n\t\u0001<>&` + "\u2028" + `"},"spec":{"type":"n","lifecycle":"n","owner":"n"}}`},
		{"text blocks", header + "metadata:\n  name: n\n  description: |\n    a\n    b\n  title: >-\n    c\n    d\n" + spec, nil,
			`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"n","namespace":"default","description":"a\nb\n","title":"c d"},"spec":{"type":"service","lifecycle":"production","owner":"payments"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := one(t, tt.in)
			e, err := d.Entity(tt.annotations)
			if err != nil {
				t.Fatal(err, d.Problems)
			}
			if diff := cmp.Diff(tt.want, string(e.JSON)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if !json.Valid(e.JSON) || len(e.Digest) != 16 {
				t.Errorf("digest %q of %s", e.Digest, e.JSON)
			}
		})
	}
}

func TestEntityFields(t *testing.T) {
	e, err := one(t, header+"metadata: {name: Billing, namespace: shop, title: The books}\n"+spec).Entity(nil)
	if err != nil {
		t.Fatal(err)
	}
	got := *e
	got.JSON, got.Digest = nil, ""
	want := Entity{Ref: Ref{"Component", "shop", "Billing"}, APIVersion: "backstage.io/v1alpha1", Kind: "Component", Name: "Billing", Namespace: "shop", Title: "The books"}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Entity{})); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if _, ok := e.Location(); ok {
		t.Error("a Component is a Location")
	}
	other, err := one(t, header+"metadata: {name: Billing, namespace: shop, title: Other}\n"+spec).Entity(nil)
	if err != nil || other.Digest == e.Digest {
		t.Errorf("digests %s and %s, %v", e.Digest, other.Digest, err)
	}
	for _, bad := range []string{header, "a: [", "---\n", "apiVersion: backstage.io/v1alpha1\nkind: component\nmetadata: {name: a}\n"} {
		if _, err := one(t, bad).Entity(nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q became an entity: %v", bad, err)
		}
	}
	if _, err := Parse("f", []byte(header+"metadata: {name: a}\n"+spec))[0].Entity(nil); err == nil {
		t.Error("a document that was not validated became an entity")
	}
}

func TestLocation(t *testing.T) {
	tests := []struct {
		name, spec string
		want       LocationSpec
	}{
		{"target and targets", "{type: url, target: ./a.yaml, targets: [./b.yaml, ./c.yaml], presence: optional}", LocationSpec{"url", []string{"./a.yaml", "./b.yaml", "./c.yaml"}, "optional"}},
		{"bare", "{targets: [./b.yaml]}", LocationSpec{"", []string{"./b.yaml"}, "required"}},
		{"nothing", "{}", LocationSpec{"", nil, "required"}},
		{"a key in another case", "{target: ./a.yaml, Targets: ./b.yaml, Type: [x], PRESENCE: {}}", LocationSpec{"", []string{"./a.yaml"}, "required"}},
		{"a list in another case", "{targets: [./a.yaml], Target: [a, b]}", LocationSpec{"", []string{"./a.yaml"}, "required"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := one(t, "apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: {name: l}\nspec: "+tt.spec+"\n").Entity(nil)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := e.Location()
			if d := cmp.Diff(tt.want, got); !ok || d != "" {
				t.Errorf("%v (-want +got)\n%s", ok, d)
			}
			read, err := LocationOf(e.JSON)
			if d := cmp.Diff(tt.want, read); err != nil || d != "" {
				t.Errorf("read back: %v (-want +got)\n%s", err, d)
			}
		})
	}
}

// TestLocationOfOtherShapes reads what an older release may have let in.
func TestLocationOfOtherShapes(t *testing.T) {
	for in, want := range map[string]LocationSpec{
		`{"spec":{"type":1,"target":["a"],"targets":["./b.yaml",2,null,""],"presence":true}}`: {"", []string{"./b.yaml"}, "required"},
		`{"spec":{"targets":"./b.yaml"},"Spec":{"target":"./c.yaml"}}`:                        {"", nil, "required"},
		`{"spec":null}`: {"", nil, "required"},
		`{}`:            {"", nil, "required"},
	} {
		got, err := LocationOf([]byte(in))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", in, err, d)
		}
	}
	if _, err := LocationOf([]byte("{")); err == nil {
		t.Error("half a document was read")
	}
}

func TestPlaceholders(t *testing.T) {
	d := one(t, header+"metadata: {name: a, links: {$yaml: ./links.yaml}}\nspec:\n  type: service\n  lifecycle: production\n  owner: o\n  list: [{$text: ./a}, {$json: b}]\n  schema: {$ref: './x', deep: {$text: ./not}}\n  two: {$text: ./a, other: x}\n  unknown: {$file: x}\n  wrong: {$text: 1}\n")
	var got []string
	for _, p := range d.Placeholders() {
		got = append(got, fmt.Sprintf("%s %s %q %d:%d", p.Path, p.Kind, p.Target, p.Position.Line, p.Position.Column))
	}
	want := []string{`metadata.links $yaml "./links.yaml" 3:28`, `spec.list.0 $text "./a" 8:10`, `spec.list.1 $json "b" 8:24`, `spec.wrong $text "" 12:10`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if d.Verdict != Invalid { // links has to be a list; what it will be is not known yet
		t.Errorf("unresolved: %s", d.Verdict)
	}
	contents := map[string]string{"./links.yaml": "- url: https://x.y\n  title: &t T\n- {url: https://x.z, title: *t}\n", "./a": "text\n", "b": `{"k":[1,"x",null,true,1.50],"k":2,"l":{"m":1e2}}`}
	for _, p := range d.Placeholders() {
		err := d.Resolve(p, []byte(contents[p.Target]))
		if (err != nil) != (p.Target == "") {
			t.Errorf("%s: %v", p.Path, err)
		}
		if err != nil {
			d.Refuse(p, errs.Sentence(err), errs.Remedy(err))
		}
	}
	d.Validate()
	if d.Verdict != Valid || d.Usable() || len(d.Problems) != 1 || d.Problems[0].Path != "spec.wrong" || d.Problems[0].Line != 12 {
		t.Fatalf("resolved: %s %+v", d.Verdict, d.Problems)
	}
	d.found = nil
	d.Validate()
	e, err := d.Entity(nil)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON := `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"a","namespace":"default","links":[{"url":"https://x.y","title":"T"},{"url":"https://x.z","title":"T"}]},` +
		`"spec":{"type":"service","lifecycle":"production","owner":"o","list":["text\n",{"k":2,"l":{"m":100}}],"schema":{"$ref":"./x","deep":{"$text":"./not"}},"two":{"$text":"./a","other":"x"},"unknown":{"$file":"x"},"wrong":{"$text":1}}}`
	if diff := cmp.Diff(wantJSON, string(e.JSON)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestResolveErrors(t *testing.T) {
	tests := []struct{ kind, content, says string }{
		{"$json", `{"a":`, "is not JSON"},
		{"$json", `{} {}`, "is not JSON"},
		{"$json", ``, "is not JSON"},
		{"$json", strings.Repeat("[", 200), "is not JSON"},
		{"$yaml", "a: b\n---\nc: d\n", "holds 2 YAML documents"},
		{"$yaml", "", "holds 0 YAML documents"},
		{"$yaml", "a: [", "cannot be read: line 2"},
		{"$yaml", "a: 1\na: 2\n", "there twice"},
		{"$text", strings.Repeat("x", MaxFileSize+1), "at most 10 MiB"},
	}
	for _, tt := range tests {
		d := one(t, header+"metadata: {name: a}\nspec: {definition: {"+tt.kind+": ./f}}\n")
		p := d.Placeholders()[0]
		err := d.Resolve(p, []byte(tt.content))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.Sentence(err), tt.says) || errs.Remedy(err) == "" {
			t.Errorf("%s of %.20q: %v", tt.kind, tt.content, err)
		}
		if len(d.Placeholders()) != 1 {
			t.Errorf("%s of %.20q: the placeholder is gone", tt.kind, tt.content)
		}
	}
	d := one(t, header+"metadata: {name: a}\n"+spec)
	if err := d.Resolve(Placeholder{Kind: "$text", Target: "x"}, nil); err == nil {
		t.Error("a foreign placeholder was resolved")
	}
}

// TestEntityGrowth holds the limit for what placeholders and aliases make together.
func TestEntityGrowth(t *testing.T) {
	d := one(t, "apiVersion: a/v1\nkind: K\nmetadata: {name: a}\nspec: {a: &a {$text: ./big}, l: ["+strings.Repeat("*a, ", 50)+"]}\n")
	if err := d.Resolve(d.Placeholders()[0], bytes.Repeat([]byte("x"), 1<<20)); err != nil {
		t.Fatal(err)
	}
	d.Validate()
	if _, err := d.Entity(nil); !errs.Is(err, errs.Invalid) || errs.Remedy(err) == "" {
		t.Errorf("50 MiB of JSON: %v", err)
	}
}

// TestRealDocumentsEncode holds every usable document of the corpus to JSON that is valid and reads
// back to itself.
func TestRealDocumentsEncode(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t, "corpus", "catalog"), "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	n := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range Parse(filepath.Base(f), data) {
			d.Validate()
			if d.Usable() {
				n++
				encodes(t, d)
			}
		}
	}
	if n < 1300 {
		t.Errorf("only %d documents are usable", n)
	}
}

// encodes checks the promises of Entity for one usable document.
func encodes(t *testing.T, d *Document) {
	t.Helper()
	given := map[string]string{AnnotationManagedByLocation: "file:/x"}
	e, err := d.Entity(given)
	if err != nil {
		if errs.Is(err, errs.Invalid) {
			return
		}
		t.Fatal(err)
	}
	if !json.Valid(e.JSON) {
		t.Fatalf("not JSON: %s", e.JSON)
	}
	// JSON is YAML: reading it back gives the same entity.
	docs := Parse("again.json", e.JSON)
	if len(docs) != 1 {
		t.Fatalf("%d documents in %s", len(docs), e.JSON)
	}
	if docs[0].Verdict == Unreadable {
		return // limits and duplicate keys count on the way back, too
	}
	docs[0].Validate()
	if docs[0].Verdict != d.Verdict && !strings.Contains(string(e.JSON), `"url":""`) {
		t.Fatalf("%s became %s: %+v\n%s", d.Verdict, docs[0].Verdict, docs[0].Problems, e.JSON)
	}
	again, err := docs[0].Entity(given)
	if err != nil {
		return // an address that was left empty
	}
	if d := cmp.Diff(string(e.JSON), string(again.JSON)); d != "" {
		t.Fatalf("not idempotent (-first +second)\n%s", d)
	}
	if changes := Diff(e.JSON, again.JSON); changes != nil || e.Digest != again.Digest || e.Ref.String() != again.Ref.String() {
		t.Fatalf("differs from itself: %+v", changes)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(header + "metadata: {name: a}\n" + spec))
	f.Add([]byte("a: &a [*a]\n---\n\tb\n---\n" + header + "metadata:\n  name: a\n  links: [{url: 'x:y'}]\n" + spec))
	f.Add([]byte("? {a: b}\n: !!int x\n<<: {$text: ./x}\n...\n%YAML 1.2\n---\n1: .inf\n"))
	f.Add([]byte("\xff\xfe\x00a: \"\\0\"\n\xef\xbb\xbf\xe2\x80\xa8"))
	if cases, err := os.ReadFile("testdata/mistakes.txt"); err == nil {
		for _, c := range strings.Split(string(cases), "=== ")[1:] {
			_, doc, _ := strings.Cut(c, "\n")
			f.Add([]byte(doc))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		start := time.Now()
		docs := Parse("f.yaml", data)
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("parsing %d bytes took %s", len(data), took)
		}
		for i, d := range docs {
			if d.Index != i || d.Line < 1 || d.EndLine < d.Line {
				t.Fatalf("document %d: %+v", i, d)
			}
			d.Validate()
			first := cmp.Diff(nil, d.Problems)
			d.Validate()
			if second := cmp.Diff(nil, d.Problems); first != second {
				t.Fatalf("Validate twice: %s\n%s", first, second)
			}
			if bad := d.Verdict == Invalid || d.Verdict == Unreadable; bad && d.Usable() || d.Verdict == "" {
				t.Fatalf("verdict %q, usable %v", d.Verdict, d.Usable())
			}
			for _, p := range d.Placeholders() {
				_ = d.Resolve(p, data) // any error will do; a panic will not
			}
			d.Validate()
			if d.Usable() {
				encodes(t, d)
			}
		}
		if rs := Check("f.yaml", data); len(rs) != len(docs) {
			t.Fatalf("%d results for %d documents", len(rs), len(docs))
		} else if _, err := json.Marshal(rs); err != nil {
			t.Fatal(err)
		}
	})
}
