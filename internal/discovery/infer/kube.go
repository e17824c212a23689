package infer

import (
	"path"
	"strings"

	"go.yaml.in/yaml/v4"
)

// chart is a Helm chart.
type chart struct {
	dir, file  string
	name       string
	about      string
	aboutLine  int
	appVersion seenText
	deps       []seenText // names of the charts that it brings
	library    bool
	values     *yaml.Node
	valuesFile string
}

// charts finds Helm charts. Those that lie in the charts folder of another are its dependencies and none of ours.
func (v *view) charts() (list []*chart) {
	for _, file := range v.byBase["Chart.yaml"] {
		dir := path.Dir(file)
		if len(list) >= maxOfAKind || path.Base(path.Dir(dir)) == "charts" && v.has(path.Join(path.Dir(path.Dir(dir)), "Chart.yaml")) || notOurs(file) {
			continue
		}
		c := &chart{dir: dir, file: file, valuesFile: path.Join(dir, "values.yaml"), name: path.Base(dir)}
		for _, d := range documents(v.text(file)) {
			if n := str(get(d, "name")); n != "" && !strings.Contains(n, "{{") {
				c.name = n
			}
			c.about, c.aboutLine = str(get(d, "description")), line(get(d, "description"))
			c.appVersion = seenText{str(get(d, "appVersion")), line(get(d, "appVersion"))}
			c.library = str(get(d, "type")) == "library"
			for _, dep := range items(get(d, "dependencies")) {
				c.deps = append(c.deps, seenText{str(get(dep, "name")), dep.Line})
			}
			break
		}
		if docs := documents(v.text(c.valuesFile)); len(docs) > 0 {
			c.values = docs[0]
		}
		list = append(list, c)
	}
	return list
}

// kube is what manifests say.
type kube struct {
	loads []*workload

	files int
	first spot // of the manifests
}

var workloadKinds = map[string]bool{"Deployment": true, "StatefulSet": true, "DaemonSet": true, "Job": true, "CronJob": true, "Pod": true, "ReplicaSet": true, "Rollout": true}

// kubernetes finds workloads in manifests and in the templates of charts, and what their variables are set to.
func (v *view) kubernetes(charts []*chart) *kube {
	k := &kube{}
	config := map[string][]pair{} // of ConfigMaps, by folder and name
	configFile := map[string]string{}
	type unread struct {
		w *workload
		n *yaml.Node
	}
	var specs []unread
	files := append(append([]string{}, v.chosen[forKube]...), v.chosen[forYAML]...)
	for _, file := range files {
		text, in := v.text(file), (*chart)(nil)
		for _, c := range charts {
			if below(file, c.dir) && (in == nil || len(c.dir) > len(in.dir)) {
				in = c
			}
		}
		if in != nil {
			text = rendered(text, in.values, in.name)
		}
		if !strings.Contains(text, "kind:") {
			continue
		}
		for _, d := range manifests(text) {
			kind, name := str(get(d, "kind")), str(get(d, "metadata", "name"))
			if kind == "" || str(get(d, "apiVersion")) == "" {
				continue
			}
			if kind == "ConfigMap" && name != "" {
				key := path.Dir(file) + "\x00" + name
				config[key] = pairs(get(d, "data"))
				configFile[key] = file
			}
			if !workloadKinds[kind] || name == "" || len(k.loads) >= maxOfAKind {
				continue
			}
			k.files++
			if in != nil && strings.Contains(name, unknownValue) {
				name = strings.Trim(strings.ReplaceAll(name, unknownValue, in.name), "-")
			}
			w := &workload{name: name, kind: kind, file: file, line: line(get(d, "metadata", "name")), rank: manifestRank(file)}
			if w.rank < 20 && !k.first.seen() {
				k.first = spot{file: file, line: w.line}
			}
			pod := get(d, "spec", "template")
			switch kind {
			case "CronJob":
				pod = get(d, "spec", "jobTemplate", "spec", "template")
			case "Pod":
				pod = d
			}
			w.labelsOf(d, pod)
			k.loads = append(k.loads, w)
			specs = append(specs, unread{w, get(pod, "spec")})
		}
	}
	for _, s := range specs {
		s.w.containers(s.n, func(name string) ([]pair, string) {
			key := path.Dir(s.w.file) + "\x00" + name
			return config[key], configFile[key]
		})
	}
	return k
}

// manifests are the documents of a file, and the items of lists.
func manifests(text string) (list []*yaml.Node) {
	// A template that is broken in one document may be whole in others.
	for _, part := range splitDocuments(text) {
		for _, d := range documents(part.text) {
			shift(d, part.from)
			if str(get(d, "kind")) == "List" {
				list = append(list, items(get(d, "items"))...)
				continue
			}
			list = append(list, d)
		}
	}
	return list
}

// piece is a document of a file, and how many lines stand before it.
type piece struct {
	text string
	from int
}

// splitDocuments cuts at lines of ---.
func splitDocuments(text string) (list []piece) {
	var b strings.Builder
	n, from := 0, 0
	flush := func() {
		if strings.TrimSpace(b.String()) != "" && len(list) < maxDocuments {
			list = append(list, piece{b.String(), from})
		}
		b.Reset()
	}
	for l := range strings.Lines(text) {
		n++
		if strings.HasPrefix(l, "---") {
			flush()
			from = n
			continue
		}
		b.WriteString(l)
	}
	flush()
	return list
}

// shift moves the lines of a document that was cut out of a file. What an alias stands for is in the same document.
func shift(n *yaml.Node, by int) {
	if by == 0 {
		return
	}
	n.Line += by
	for _, c := range n.Content {
		shift(c, by)
	}
}

// manifestRank tells manifests that are run in earnest from variants of them.
func manifestRank(file string) int {
	rank := strings.Count(file, "/")
	for dir := range strings.SplitSeq(strings.ToLower(path.Dir(file)), "/") {
		switch dir {
		case "overlays", "components", "release", "variants", "patches", "dev", "staging":
			rank += 5
		}
	}
	if aside(file) {
		rank += 20
	}
	return rank
}

// selectors are the labels by which a workload's objects are best found, best first.
var selectors = []string{"app.kubernetes.io/name", "app.kubernetes.io/component", "k8s-app", "app", "name", "service", "component"}

func (w *workload) labelsOf(d, pod *yaml.Node) {
	for _, labels := range []*yaml.Node{get(pod, "metadata", "labels"), get(d, "metadata", "labels")} {
		if l := get(labels, "backstage.io/kubernetes-id"); l != nil && w.portal.text == "" {
			w.portal = seenText{str(l), l.Line}
		}
		for _, key := range selectors {
			if l := get(labels, key); l != nil && len(w.labels) < 8 && !strings.Contains(l.Value, unknownValue) && l.Value != "" && labelValue(l.Value) {
				w.labels = append(w.labels, seenText{key + "=" + l.Value, l.Line})
			}
		}
	}
}

func labelValue(s string) bool {
	return len(s) <= 63 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' && r != '.'
	})
}

// containers reads images, variables and arguments.
func (w *workload) containers(spec *yaml.Node, config func(string) ([]pair, string)) {
	add := func(v variable) {
		if len(w.env) < 500 {
			w.env = append(w.env, v)
		}
	}
	for _, c := range items(get(spec, "containers")) {
		if img := get(c, "image"); img != nil && str(img) != "" {
			w.images = append(w.images, seenText{str(img), img.Line})
		}
		for _, e := range items(get(c, "env")) {
			name := str(get(e, "name"))
			if value := get(e, "value"); value != nil {
				add(variable{name, str(value), w.file, value.Line, false})
				continue
			}
			if ref := get(e, "valueFrom", "configMapKeyRef"); ref != nil {
				set, file := config(str(get(ref, "name")))
				for _, p := range set {
					if p.key == str(get(ref, "key")) {
						add(variable{name, str(p.value), file, p.line, false})
					}
				}
			}
		}
		for _, e := range items(get(c, "envFrom")) {
			set, file := config(str(get(e, "configMapRef", "name")))
			for _, p := range set {
				add(variable{p.key, str(p.value), file, p.line, file != w.file})
			}
		}
		for _, key := range []string{"args", "command"} {
			for _, a := range items(get(c, key)) {
				if len(w.args) < 100 {
					w.args = append(w.args, variable{"", str(a), w.file, a.Line, false})
				}
			}
		}
	}
}

// artifact is an image that skaffold or the Azure Developer CLI builds from a folder.
type artifact struct {
	name, dir string
	at        spot
}

func (v *view) artifacts() (list []artifact) {
	for _, file := range v.chosen[forCompose] {
		base := strings.ToLower(path.Base(file))
		for _, d := range documents(v.text(file)) {
			switch {
			case strings.HasPrefix(base, "skaffold."):
				for _, a := range items(get(d, "build", "artifacts")) {
					if dir := path.Join(path.Dir(file), str(get(a, "context"))); !strings.HasPrefix(dir, "..") && str(get(a, "image")) != "" {
						list = append(list, artifact{path.Base(str(get(a, "image"))), dir, spot{file: file, line: a.Line, says: "is built by skaffold"}})
					}
				}
			case base == "azure.yaml":
				for _, s := range pairs(get(d, "services")) {
					if dir := path.Join(path.Dir(file), str(get(s.value, "project"))); !strings.HasPrefix(dir, "..") {
						list = append(list, artifact{s.key, dir, spot{file: file, line: s.line, says: "is deployed by the Azure Developer CLI"}})
					}
				}
			}
		}
	}
	return list
}
