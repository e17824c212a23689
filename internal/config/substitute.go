package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Bounds on what one configuration may pull in, repetitions counted.
const (
	maxIncludes = 500
	maxBytes    = 64 << 20
)

// loader holds what one Load shares between its files.
type loader struct {
	rep      *report
	env      map[string]string
	read     func(path string) ([]byte, error)
	strict   bool // a missing $file or $include is a fault, not a warning
	values   int
	includes int
	bytes    int
	open     []string // the chain of files being read, for cycles
}

// file reads and substitutes one configuration file. It returns nil when the file cannot be used.
func (l *loader) file(path string) *value {
	data, err := l.read(path)
	if err != nil {
		l.rep.fault(Position{File: path}, "", "check the path given to --config", "cannot read the file: %s", reason(err))
		return nil
	}
	v := (&parser{l.rep, path, &l.values}).parse(data)
	switch {
	case v == nil:
		return nil
	case v.kind == Null:
		return newMap(v.pos)
	case v.kind != Map:
		l.rep.fault(v.pos, "", "write keys such as app: and backend:", "%s where an object was expected", v.kind)
		return nil
	}
	l.open = append(l.open, absolute(path))
	defer func() { l.open = l.open[:len(l.open)-1] }()
	return l.resolve(v, path, "", 0)
}

// resolve returns v with every substitution made. from is the file that v was written in: paths
// are relative to its folder.
func (l *loader) resolve(v *value, from, path string, depth int) *value {
	if depth > maxDepth {
		l.rep.fault(v.pos, path, "flatten it", "nested more than %d levels deep", maxDepth)
		return &value{pos: v.pos}
	}
	switch v.kind {
	case String:
		return l.expand(v, path)
	case List:
		out := &value{kind: List, pos: v.pos, items: make([]*value, len(v.items))}
		for i, item := range v.items {
			out.items[i] = l.resolve(item, from, fmt.Sprintf("%s[%d]", path, i), depth+1)
		}
		return out
	case Map:
		if f, ok := directive(v); ok {
			return l.directive(v, f, from, path, depth)
		}
		out := newMap(v.pos)
		for _, f := range v.fields {
			out.set(f.key, f.pos, l.resolve(f.val, from, joinPath(path, f.key), depth+1))
		}
		return out
	}
	return v
}

var placeholder = regexp.MustCompile(`\$?\$\{[^{}]*\}`)

// expand replaces ${VAR} and ${VAR:-default} in a string; $${VAR} stands for the text ${VAR}. One
// variable that is unset and has no default makes the whole value absent.
func (l *loader) expand(v *value, path string) *value {
	if !strings.Contains(v.text, "${") {
		return v
	}
	out := *v
	out.vars = slices.Clone(v.vars)
	missing := ""
	out.text = placeholder.ReplaceAllStringFunc(v.text, func(part string) string {
		if strings.HasPrefix(part, "$$") {
			return part[1:]
		}
		name, fallback, hasFallback := strings.Cut(part[2:len(part)-1], ":-")
		name = strings.TrimSpace(name)
		got, set := l.env[name]
		switch {
		case hasFallback && got == "":
			out.vars = append(out.vars, name)
			return fallback
		case !set:
			missing = name
			return ""
		}
		out.vars = append(out.vars, name)
		return got
	})
	if missing != "" {
		return unset(v.pos, missing)
	}
	return &out
}

func unset(pos Position, name string) *value {
	return &value{kind: Absent, pos: pos, unset: fmt.Sprintf("the environment variable %s is not set", scrub(name))}
}

var directives = []string{"$env", "$file", "$include"}

// directive finds the key that makes an object stand for something read from elsewhere. Other keys
// with a dollar sign are data: front-end filters use $all and $not.
func directive(v *value) (field, bool) {
	for _, f := range v.fields {
		if slices.Contains(directives, f.key) {
			return f, true
		}
	}
	return field{}, false
}

func (l *loader) directive(v *value, f field, from, path string, depth int) *value {
	absent := &value{kind: Absent, pos: v.pos}
	if len(v.fields) != 1 {
		l.rep.fault(f.pos, path, "move the other keys into the file, or write them out here", "%s has other keys beside it", f.key)
		return absent
	}
	if f.val.kind != String || f.val.text == "" {
		l.rep.fault(f.val.pos, path, "write a name or a path", "%s needs a string", f.key)
		return absent
	}
	arg := l.expand(f.val, path)
	if arg.kind == Absent {
		return arg
	}
	if f.key == "$env" {
		name := strings.TrimSpace(arg.text)
		text, ok := l.env[name]
		if !ok {
			return unset(v.pos, name)
		}
		return &value{kind: String, pos: v.pos, text: text, vars: []string{name}}
	}
	name, fragment := arg.text, ""
	if f.key == "$include" {
		name, fragment, _ = strings.Cut(arg.text, "#")
	}
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(from), file)
	}
	data := l.readNamed(file, f, path)
	if data == nil {
		absent.unset, absent.file = fmt.Sprintf("the file %s is missing", scrub(name)), true
		return absent
	}
	if f.key == "$file" {
		text := strings.TrimRight(strings.TrimPrefix(string(data), "\ufeff"), " \t\r\n\v\f")
		return &value{kind: String, pos: v.pos, text: text, file: true}
	}
	return l.include(data, file, fragment, f, path, depth)
}

// readNamed reads the file of a directive. nil means that there is none to use, and that it was said.
func (l *loader) readNamed(file string, f field, path string) []byte {
	l.includes++
	if l.includes > maxIncludes {
		if l.includes == maxIncludes+1 {
			l.rep.fault(f.pos, path, "include fewer files", "more than %d files are included", maxIncludes)
		}
		return nil
	}
	data, err := l.read(file)
	if l.bytes += len(data); l.bytes > maxBytes {
		if l.bytes-len(data) <= maxBytes {
			l.rep.fault(f.pos, path, "include less", "more than %d MiB are included", maxBytes>>20)
		}
		return nil
	}
	switch {
	case err == nil && data == nil:
		return []byte{}
	case err == nil:
		return data
	case errors.Is(err, fs.ErrNotExist) && !l.strict:
		l.rep.warn(f.val.pos, path, "create the file or remove the key", "%s names a file that does not exist (%s); the value is left out", f.key, scrub(file))
	default:
		l.rep.fault(f.val.pos, path, "create the file, correct the path or remove the key", "%s cannot read %s: %s", f.key, scrub(file), reason(err))
	}
	return nil
}

func (l *loader) include(data []byte, file, fragment string, f field, path string, depth int) *value {
	absent := &value{kind: Absent, pos: f.val.pos}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
	case ".json":
		var syntax *json.SyntaxError
		if err := json.Unmarshal(data, new(json.RawMessage)); errors.As(err, &syntax) {
			before := data[:max(0, min(int(syntax.Offset)-1, len(data)))]
			pos := Position{file, bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')}
			l.rep.fault(pos, path, "correct the file at this place", "not JSON: %v", syntax)
			return absent
		}
	default:
		l.rep.fault(f.val.pos, path, "name a .yaml, .yml or .json file, or use $file for a text", "$include cannot read %s", scrub(file))
		return absent
	}
	link := absolute(file)
	if fragment != "" {
		link += "#" + fragment
	}
	if slices.Contains(l.open, link) {
		l.rep.fault(f.val.pos, path, "break the circle", "$include comes back to %s, which is being read", scrub(file))
		return absent
	}
	v := (&parser{l.rep, file, &l.values}).parse(data)
	if v == nil {
		return absent
	}
	if fragment != "" {
		for key := range strings.SplitSeq(fragment, ".") {
			if v = v.get(key); v == nil {
				l.rep.fault(f.val.pos, path, "correct the part after #", "%s holds nothing at %s", scrub(file), scrub(fragment))
				return absent
			}
		}
	}
	l.open = append(l.open, link)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	return l.resolve(v, file, path, depth+1)
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}

// reason is the cause of a file error without the path, which the message names already.
func reason(err error) string {
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	case errors.As(err, &pe):
		return pe.Err.Error()
	}
	return err.Error()
}

// readFile reads a regular file of bounded size; a pipe or a device could block or never end.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(data) > maxFileSize {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFileSize>>20)
	}
	return data, err
}
