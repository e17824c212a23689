package infer

import (
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// recipe is what an image is built by.
type recipe struct {
	file, dir string
	base      string // what the last stage starts from
	baseLine  int
	starts    int // the line that says what it runs, 0 where none does
	exposes   int // the line that says where it listens
}

var (
	fromLine   = regexp.MustCompile(`(?mi)^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?`)
	exposeLine = regexp.MustCompile(`(?mi)^\s*EXPOSE\s`)
	startLine  = regexp.MustCompile(`(?mi)^\s*(?:ENTRYPOINT|CMD)\b`)
)

func (v *view) images() (list []recipe) {
	seen := map[string]bool{}
	add := func(file string) {
		if seen[file] {
			return
		}
		seen[file] = true
		img := recipe{file: file, dir: path.Dir(file)}
		text := v.text(file)
		stages := map[string]string{}
		for _, m := range fromLine.FindAllStringSubmatchIndex(text, 50) {
			img.base, img.baseLine = text[m[2]:m[3]], lineAt(text, m[2])
			if before := stages[strings.ToLower(img.base)]; before != "" {
				img.base = before
			}
			if m[4] >= 0 {
				stages[strings.ToLower(text[m[4]:m[5]])] = img.base
			}
		}
		if m := exposeLine.FindStringIndex(text); m != nil {
			img.exposes = lineAt(text, m[0])
		}
		if m := startLine.FindStringIndex(text); m != nil {
			img.starts = lineAt(text, m[0])
		}
		list = append(list, img)
	}
	// Those that are not read count too: their name is enough to say that there is an image.
	for _, f := range v.Files {
		if len(list) >= maxOfAKind {
			break
		}
		if isImage(strings.ToLower(path.Base(f.Path))) && !aside(f.Path) && !notOurs(f.Path) {
			add(f.Path)
		}
	}
	return list
}

// variable is one of the environment of a workload.
type variable struct {
	name, value string
	file        string
	line        int
	shared      bool // it comes with a set that many get
}

// workload is something that runs: a service of compose, a Deployment, a CronJob.
type workload struct {
	name, kind string // Deployment, CronJob, compose
	file       string
	line       int
	images     []seenText
	context    string // the folder that its image is built from, "" where that is not said
	labels     []seenText
	portal     seenText // the label backstage.io/kubernetes-id
	env        []variable
	args       []variable
	after      []seenText // what it waits for
	rank       int        // lower is what is run in earnest: manifests before variants and examples
}

// seenText is a text and its line.
type seenText struct {
	text string
	line int
}

func (w *workload) variable(name string) *variable {
	for i := range w.env {
		if w.env[i].name == name {
			return &w.env[i]
		}
	}
	return nil
}

var composeVariable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}?`)

// compose finds services in compose files.
func (v *view) compose() (list []*workload) {
	env := v.dotEnv()
	fill := func(s string) string {
		return composeVariable.ReplaceAllStringFunc(s, func(m string) string {
			p := composeVariable.FindStringSubmatch(m)
			if e, ok := env[p[1]]; ok {
				return e.text
			}
			return p[2]
		})
	}
	for _, file := range v.chosen[forCompose] {
		if !isCompose(strings.ToLower(path.Base(file))) {
			continue
		}
		for _, d := range documents(v.text(file)) {
			for _, s := range pairs(get(d, "services")) {
				if len(list) >= maxOfAKind {
					return list
				}
				w := &workload{name: fill(s.key), kind: "compose", file: file, line: s.line, rank: strings.Count(file, "/")}
				if aside(file) {
					w.rank += 20
				}
				if img := get(s.value, "image"); img != nil {
					w.images = append(w.images, seenText{fill(str(img)), img.Line})
				}
				switch b := get(s.value, "build"); {
				case b == nil:
				case b.Kind == yaml.ScalarNode:
					w.context = path.Join(path.Dir(file), fill(str(b)))
				default:
					w.context = path.Join(path.Dir(file), fill(str(get(b, "context"))))
					if f := fill(str(get(b, "dockerfile"))); f != "" {
						for _, at := range []string{path.Join(w.context, f), path.Join(path.Dir(file), f)} {
							if v.has(at) {
								w.context = path.Dir(at)
								break
							}
						}
					}
				}
				if strings.HasPrefix(w.context, "..") {
					w.context = ""
				}
				w.composeEnv(get(s.value, "environment"), env, fill, file)
				for _, key := range []string{"depends_on", "links"} {
					for _, i := range items(get(s.value, key)) {
						name, _, _ := strings.Cut(fill(str(i)), ":")
						w.after = append(w.after, seenText{name, i.Line})
					}
					for _, p := range pairs(get(s.value, key)) {
						w.after = append(w.after, seenText{p.key, p.line})
					}
				}
				list = append(list, w)
			}
		}
	}
	return list
}

func (w *workload) composeEnv(n *yaml.Node, env map[string]seenText, fill func(string) string, file string) {
	for _, p := range pairs(n) {
		w.env = append(w.env, variable{p.key, fill(str(p.value)), file, p.line, false})
	}
	for _, i := range items(n) {
		name, value, ok := strings.Cut(str(i), "=")
		if !ok {
			value = env[name].text // it is passed through
		}
		w.env = append(w.env, variable{name, fill(value), file, i.Line, false})
	}
}

// dotEnv is what the file .env at the top sets; of values made of others, one step is taken.
func (v *view) dotEnv() map[string]seenText {
	env := map[string]seenText{}
	n := 0
	for l := range strings.Lines(v.text(v.first(".env"))) {
		n++
		key, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(l, "export ")), "=")
		if !ok || strings.HasPrefix(key, "#") || len(env) > 1_000 || len(value) > 500 {
			continue
		}
		value = composeVariable.ReplaceAllStringFunc(strings.Trim(value, `"'`), func(m string) string {
			if before, ok := env[composeVariable.FindStringSubmatch(m)[1]]; ok && len(before.text) < 500 {
				return before.text
			}
			return ""
		})
		env[key] = seenText{value[:min(len(value), 500)], n}
	}
	return env
}
