package config

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// files is a file system for one test, by path.
type files map[string]string

func (f files) read(path string) ([]byte, error) {
	text, ok := f[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

// load loads a.yaml, then b.yaml where there is one.
func (f files) load(environ ...string) (*Config, error) {
	o := Options{Files: []string{"a.yaml"}, Environ: environ, ReadFile: f.read}
	if _, ok := f["b.yaml"]; ok {
		o.Files = append(o.Files, "b.yaml")
	}
	return Load(o)
}

func (f files) mustLoad(t *testing.T, environ ...string) *Config {
	t.Helper()
	cfg, err := f.load(environ...)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// shown is a node as JSON, without redaction: substitution is what these tests are about.
func shown(n Node) string {
	if !n.Exists() {
		return n.Kind().String()
	}
	return string(jsonOf(visible(n.v)))
}

func visible(v *value) *value {
	switch v.kind {
	case Map:
		out := newMap(v.pos)
		for _, f := range v.fields {
			if f.val.kind > Null {
				out.set(f.key, f.pos, visible(f.val))
			}
		}
		return out
	case List:
		out := &value{kind: List}
		for _, item := range v.items {
			if item.kind > Null {
				out.items = append(out.items, visible(item))
			}
		}
		return out
	}
	return v
}

func TestMergeAndSubstitution(t *testing.T) {
	tests := []struct {
		name    string
		files   files
		environ []string
		path    string
		want    string
	}{
		{"objects merge", files{"a.yaml": "x: {a: 1, b: {c: 2}}", "b.yaml": "x: {b: {d: 3}}"}, nil, "x", `{"a":1,"b":{"c":2,"d":3}}`},
		{"lists replace", files{"a.yaml": "x: [1, 2]", "b.yaml": "x: [3]"}, nil, "x", `[3]`},
		{"scalars replace", files{"a.yaml": "x: 1", "b.yaml": "x: two"}, nil, "x", `"two"`},
		{"an object replaces a scalar", files{"a.yaml": "x: ':memory:'", "b.yaml": "x: {host: h}"}, nil, "x", `{"host":"h"}`},
		{"a scalar replaces an object", files{"a.yaml": "x: {host: h}", "b.yaml": "x: s"}, nil, "x", `"s"`},
		{"null removes", files{"a.yaml": "x: {a: 1, b: 2}", "b.yaml": "x: {a: null}"}, nil, "x", `{"b":2}`},
		{"null removes a section", files{"a.yaml": "x: {a: 1}", "b.yaml": "x:"}, nil, "x", "null"},
		{"null is replaced", files{"a.yaml": "x:", "b.yaml": "x: {a: 1}"}, nil, "x", `{"a":1}`},
		{"an unset variable replaces nothing", files{"a.yaml": "x: kept", "b.yaml": "x: ${NO}"}, nil, "x", `"kept"`},
		{"the second file is empty", files{"a.yaml": "x: 1", "b.yaml": "# nothing\n"}, nil, "x", "1"},

		{"variable", files{"a.yaml": "x: ${A}"}, []string{"A=1"}, "x", `"1"`},
		{"variable within text", files{"a.yaml": "x: http://${H}:${P}/"}, []string{"H=h", "P=1"}, "x", `"http://h:1/"`},
		{"spaces in the braces", files{"a.yaml": "x: ${ A }"}, []string{"A=1"}, "x", `"1"`},
		{"variables are trimmed", files{"a.yaml": "x: <${A}>"}, []string{"A= a\n"}, "x", `"<a>"`},
		{"one unset variable makes the value absent", files{"a.yaml": "x: ${A}-${NO}"}, []string{"A=1"}, "x", "nothing"},
		{"an empty variable is a text", files{"a.yaml": "x: <${A}>"}, []string{"A="}, "x", `"<>"`},
		{"default for unset", files{"a.yaml": "x: ${A:-d}"}, nil, "x", `"d"`},
		{"default for empty", files{"a.yaml": "x: ${A:-d}"}, []string{"A="}, "x", `"d"`},
		{"default not needed", files{"a.yaml": "x: ${A:-d}"}, []string{"A=1"}, "x", `"1"`},
		{"default that is empty", files{"a.yaml": "x: <${A:-}>"}, nil, "x", `"<>"`},
		{"default with colons", files{"a.yaml": "x: ${A:-http://h:1}"}, nil, "x", `"http://h:1"`},
		{"escape", files{"a.yaml": "x: $${A} $A ${A"}, []string{"A=1"}, "x", `"${A} $A ${A"`},
		{"what a variable holds is not substituted", files{"a.yaml": "x: ${A}"}, []string{"A=${B}", "B=1"}, "x", `"${B}"`},
		{"unset entries leave the list", files{"a.yaml": "x: [a, '${NO}', b]"}, nil, "x", `["a","b"]`},
		{"keys are not substituted", files{"a.yaml": "x: {'${A}': 1}"}, []string{"A=k"}, "x", `{"${A}":1}`},

		{"$env", files{"a.yaml": "x: {$env: A}"}, []string{"A=1"}, "x", `"1"`},
		{"$env unset", files{"a.yaml": "x: {$env: A}"}, nil, "x", "nothing"},
		{"$file", files{"a.yaml": "x: {$file: s.txt}", "s.txt": " two\nlines \n\n"}, nil, "x", `" two\nlines"`},
		{"what $file holds is not substituted", files{"a.yaml": "x: {$file: s.txt}", "s.txt": "${A}"}, []string{"A=1"}, "x", `"${A}"`},
		{"variable in $file", files{"a.yaml": "x: {$file: '${D}/s.txt'}", "d/s.txt": "in d"}, []string{"D=d"}, "x", `"in d"`},
		{"absolute $file", files{"a.yaml": "x: {$file: /run/s}", "/run/s": "abs"}, nil, "x", `"abs"`},
		{"$include", files{"a.yaml": "x: {$include: p.yml}", "p.yml": "{a: [1]}"}, nil, "x", `{"a":[1]}`},
		{"$include JSON", files{"a.yaml": "x: {$include: p.json}", "p.json": `{"a": "b"}`}, nil, "x", `{"a":"b"}`},
		{"$include with a fragment", files{"a.yaml": "x: {$include: 'p.yaml#a.b'}", "p.yaml": "a: {b: {c: 1}}"}, nil, "x", `{"c":1}`},
		{"included variables", files{"a.yaml": "x: {$include: p.yaml}", "p.yaml": "a: ${A}"}, []string{"A=1"}, "x", `{"a":"1"}`},
		{"paths within are relative to the included file", files{"a.yaml": "x: {$include: d/p.yaml}", "d/p.yaml": "a: {$file: s}", "d/s": "deep"}, nil, "x", `{"a":"deep"}`},
		{"$include in a list", files{"a.yaml": "x: [{$include: p.yaml}]", "p.yaml": "a: 1"}, nil, "x", `[{"a":1}]`},
		{"the same file twice is no circle", files{"a.yaml": "x: [{$include: p.yaml}, {$include: p.yaml}]", "p.yaml": "1"}, nil, "x", `[1,1]`},
		{"another part of the same file is no circle", files{"a.yaml": "x: {$include: 'a.yaml#y'}\ny: 7"}, nil, "x", "7"},
		{"missing $file", files{"a.yaml": "x: {$file: no}"}, nil, "x", "nothing"},
		{"missing $include leaves the list", files{"a.yaml": "x: [{$include: no.yaml}, 1]"}, nil, "x", "[1]"},
		{"other keys with a dollar are data", files{"a.yaml": "x: {$all: [1]}"}, nil, "x", `{"$all":[1]}`},

		{"override", files{"a.yaml": "x: {y: 1, z: 2}"}, []string{"APP_CONFIG_x_y=3"}, "x", `{"y":3,"z":2}`},
		{"override keeps types", files{"a.yaml": ""}, []string{`APP_CONFIG_x={"a":[true,"1",1]}`}, "x", `{"a":[true,"1",1]}`},
		{"override that is no JSON", files{"a.yaml": ""}, []string{"APP_CONFIG_x_y=http://h"}, "x", `{"y":"http://h"}`},
		{"override over the last file", files{"a.yaml": "x: 1", "b.yaml": "x: 2"}, []string{"APP_CONFIG_x=3"}, "x", "3"},
		{"an empty override is none", files{"a.yaml": "x: 1"}, []string{"APP_CONFIG_x="}, "x", "1"},
		{"overrides are not substituted", files{"a.yaml": ""}, []string{"APP_CONFIG_x=${A}", "A=1"}, "x", `"${A}"`},

		{"anchors", files{"a.yaml": "d: &d {a: 1}\nx: *d"}, nil, "x", `{"a":1}`},
		{"merge keys", files{"a.yaml": "d: &d {a: 1, b: 1}\nx: {<<: *d, b: 2}"}, nil, "x", `{"b":2,"a":1}`},
		{"CRLF and BOM", files{"a.yaml": "\ufeffx:\r\n  a: 1\r\n"}, nil, "x", `{"a":1}`},
		{"words of YAML 1.1 are texts", files{"a.yaml": "x: [yes, off]"}, nil, "x", `["yes","off"]`},
		{"dates are texts", files{"a.yaml": "x: 2024-01-02"}, nil, "x", `"2024-01-02"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := tt.files.mustLoad(t, tt.environ...)
			if got := shown(cfg.Node(tt.path)); got != tt.want {
				t.Errorf("%s is %s, want %s", tt.path, got, tt.want)
			}
		})
	}
}

func TestPositionsSurviveMergeAndInclude(t *testing.T) {
	cfg := files{
		"a.yaml":   "app:\n  title: A\n  baseUrl: http://a\n",
		"b.yaml":   "app:\n    title: B\nsearch: {$include: d/p.yaml}\n",
		"d/p.yaml": "\nengine:\n  type: pg\n",
	}.mustLoad(t, "APP_CONFIG_app_x=1")
	for path, want := range map[string]string{
		"app.title":          "b.yaml:2:12",
		"app.baseUrl":        "a.yaml:3:12",
		"app.x":              "environment variable APP_CONFIG_app_x",
		"search.engine.type": "d/p.yaml:3:9",
	} {
		if got := cfg.Node(path).Position().String(); got != want {
			t.Errorf("%s stands at %s, want %s", path, got, want)
		}
	}
}

func TestDefaultFiles(t *testing.T) {
	all := files{}
	for _, name := range []string{"", ".local", ".prod", ".eu", ".prod.local", ".eu.local"} {
		all["dir/app-config"+name+".yaml"] = "x: '" + name + "'"
	}
	tests := []struct {
		name    string
		files   files
		environ []string
		want    []string
	}{
		{"nothing there", files{}, nil, nil},
		{"the two", all, nil, []string{"dir/app-config.yaml", "dir/app-config.local.yaml"}},
		{"environments", all, []string{"BACKSTAGE_ENV=prod, eu"}, []string{
			"dir/app-config.yaml", "dir/app-config.prod.yaml", "dir/app-config.eu.yaml",
			"dir/app-config.local.yaml", "dir/app-config.prod.local.yaml", "dir/app-config.eu.local.yaml"}},
		{"an environment that is a path", all, []string{"BACKSTAGE_ENV=../x"}, []string{"dir/app-config.yaml", "dir/app-config.local.yaml"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := Load(Options{Dir: "dir", Environ: tt.environ, ReadFile: tt.files.read})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, cfg.Files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequireFiles(t *testing.T) {
	f := files{"a.yaml": "techdocs:\n  x: {$file: no.txt}\n"}
	cfg := f.mustLoad(t)
	want := "a.yaml:2:14: techdocs.x: $file names a file that does not exist (no.txt); the value is left out; create the file or remove the key"
	if len(cfg.Warnings) != 1 || cfg.Warnings[0].String() != want {
		t.Errorf("warnings %v, want one: %s", cfg.Warnings, want)
	}
	_, err := Load(Options{Files: []string{"a.yaml"}, ReadFile: f.read, RequireFiles: true})
	if err == nil || !strings.Contains(err.Error(), "a.yaml:2:14: techdocs.x: $file cannot read no.txt: it does not exist") {
		t.Errorf("with RequireFiles: %v", err)
	}
}

func TestReadFileFromDisk(t *testing.T) {
	dir := t.TempDir()
	if _, err := readFile(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := readFile(dir + "/no"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := readFile("/dev/zero"); err == nil {
		t.Error("/dev/zero was read")
	}
}
