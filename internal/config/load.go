package config

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Options say what to load and from where.
type Options struct {
	// Files are read in order, later ones over earlier ones. When there are none, Backstage's
	// default files in Dir are read, as far as they exist.
	Files []string
	// Dir is where the default files are looked for; "" is the working directory.
	Dir string
	// Environ is the environment as os.Environ returns it. nil is an empty environment.
	Environ []string
	// RequireFiles makes a $file or $include whose file does not exist a fault, as a server wants
	// it. Otherwise it is a warning and the value is absent, so that a configuration can be looked
	// at on a machine that does not have its secrets.
	RequireFiles bool
	// ReadFile reads a file; nil reads regular files of up to 10 MiB from disk.
	ReadFile func(path string) ([]byte, error)
}

// Load reads, merges, substitutes and checks the configuration. Its error is a [*Faults] that
// lists everything that is wrong.
func Load(o Options) (*Config, error) {
	l := &loader{rep: &report{}, env: environment(o.Environ), read: o.ReadFile, strict: o.RequireFiles, values: maxValues}
	if l.read == nil {
		l.read = readFile
	}
	files := o.Files
	if len(files) == 0 {
		files = l.defaults(o.Dir)
	}
	root := newMap(Position{File: "configuration"})
	for _, path := range files {
		if strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://") {
			l.rep.fault(Position{File: scrub(path)}, "", "download it first and name the file", "configuration is not read over the network")
			continue
		}
		if v := l.file(path); v != nil {
			root = merge(root, v)
		}
	}
	if v := l.overrides(); v != nil {
		root = merge(root, v)
	}
	if err := l.rep.err(); err != nil {
		return nil, err
	}
	cfg := read(Node{v: root, pos: root.pos}, l.rep)
	cfg.Files = slices.Clone(files)
	if err := l.rep.err(); err != nil {
		return nil, err
	}
	cfg.Warnings = inOrder(l.rep.warnings)
	cfg.Ignored = l.rep.ignored
	slices.SortStableFunc(cfg.Ignored, func(a, b Ignored) int { return a.Position.compare(b.Position) })
	return cfg, nil
}

// environment makes a lookup table. Values are trimmed, as Backstage does; the last of several
// equal names wins.
func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		if name, text, ok := strings.Cut(kv, "="); ok && name != "" {
			env[name] = strings.TrimSpace(text)
		}
	}
	return env
}

// defaults are the files that Backstage looks for by itself: app-config.yaml, one for each name in
// BACKSTAGE_ENV, then the local ones.
func (l *loader) defaults(dir string) []string {
	var names []string
	for name := range strings.SplitSeq(l.env["BACKSTAGE_ENV"], ",") {
		if name = strings.TrimSpace(name); name != "" && name == filepath.Base(name) {
			names = append(names, name)
		}
	}
	candidates := []string{"app-config.yaml"}
	for _, name := range names {
		candidates = append(candidates, "app-config."+name+".yaml")
	}
	candidates = append(candidates, "app-config.local.yaml")
	for _, name := range names {
		candidates = append(candidates, "app-config."+name+".local.yaml")
	}
	var found []string
	for _, name := range candidates {
		path := filepath.Join(dir, name)
		if _, err := l.read(path); !errors.Is(err, fs.ErrNotExist) {
			found = append(found, path)
		}
	}
	return slices.Compact(found)
}

const overridePrefix = "APP_CONFIG_"

var overrideKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z][A-Za-z0-9]*)*$`)

// overrides builds an object from APP_CONFIG_a_b_c variables: JSON where it parses, else the text.
// It returns nil when there are none. Empty variables count as unset.
func (l *loader) overrides() *value {
	var root *value
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		key, ok := strings.CutPrefix(name, overridePrefix)
		if !ok || l.env[name] == "" {
			continue
		}
		if root == nil {
			root = newMap(Position{File: "environment"})
		}
		l.override(root, name, strings.Split(key, "_"))
	}
	return root
}

func (l *loader) override(root *value, name string, parts []string) {
	pos := Position{File: "environment variable " + name}
	path := strings.Join(parts, ".")
	at := root
	for i, part := range parts {
		if !overrideKey.MatchString(part) || i >= maxDepth {
			l.rep.fault(pos, "", "name it APP_CONFIG_ and the keys of one value, joined by _", "%q is not a key", part)
			return
		}
		if i == len(parts)-1 {
			break
		}
		next := at.get(part)
		if next == nil {
			next = newMap(pos)
			at.set(part, pos, next)
		}
		if next.kind != Map {
			l.rep.fault(pos, path, "set the whole object in one variable, or its keys in several", "another APP_CONFIG_ variable sets a value above this key")
			return
		}
		at = next
	}
	last := parts[len(parts)-1]
	if at.get(last) != nil {
		l.rep.fault(pos, path, "set the whole object in one variable, or its keys in several", "other APP_CONFIG_ variables set keys below this one")
		return
	}
	v := l.jsonValue(name, pos)
	if v == nil {
		return
	}
	if v.kind == Null {
		l.rep.fault(pos, path, "remove the variable, or write null in a file", "an override may not be null")
		return
	}
	at.set(last, pos, v)
}

// jsonValue parses an override. The parser of the files reads it, since JSON is YAML, but places
// within a variable mean nothing to anybody, so every value gets the position of the variable.
func (l *loader) jsonValue(name string, pos Position) *value {
	text := l.env[name]
	if !json.Valid([]byte(text)) {
		return &value{kind: String, pos: pos, text: text, vars: []string{name}}
	}
	v := (&parser{l.rep, pos.File, &l.values}).parse([]byte(text))
	if v == nil {
		return nil
	}
	return from(v, name, pos)
}

func from(v *value, name string, pos Position) *value {
	out := *v
	out.pos, out.vars = pos, []string{name}
	out.items, out.fields = slices.Clone(v.items), slices.Clone(v.fields)
	for i, item := range out.items {
		out.items[i] = from(item, name, pos)
	}
	for i, f := range out.fields {
		out.fields[i] = field{f.key, pos, from(f.val, name, pos)}
	}
	return &out
}
