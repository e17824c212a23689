package config

import (
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decoder fills structs by their `config` tags, as [Node.Decode] describes. A type may decode itself
// (configDecoder) or add checks (configChecker); both return false when the value cannot be used.
type decoder struct {
	rep *report
}

type configDecoder interface {
	decodeConfig(d *decoder, n Node) bool
}

type configChecker interface {
	checkConfig(d *decoder, n Node) bool
}

func (d *decoder) fault(n Node, remedy, format string, args ...any) {
	d.rep.fault(n.pos, n.path, remedy, format, args...)
}

// faultKey reports a key rather than its value.
func (d *decoder) faultKey(parent Node, key, remedy, format string, args ...any) {
	d.rep.fault(keyPosition(parent, key), joinPath(parent.path, key), remedy, format, args...)
}

func (d *decoder) warn(n Node, remedy, format string, args ...any) {
	d.rep.warn(n.pos, n.path, remedy, format, args...)
}

func keyPosition(parent Node, key string) Position {
	if parent.Kind() == Map {
		if i, ok := parent.v.index[key]; ok {
			return parent.v.fields[i].pos
		}
	}
	return parent.pos
}

// Decode fills the struct, slice or map that dst points to, strictly: a key that dst does not have
// and a value of another type are faults. An absent or null node changes nothing.
//
// A struct names its keys with the tag `config:"name,option…"`. Options:
//
//	required   the key must be there; one whose variable is unset takes its list entry with it
//	narrows    the key limits what is allowed or says where a credential goes: when its variable is
//	           unset, or its list lost every element, the list entry is left out
//	enum=a|b   only these texts
//	url        an absolute http or https URL
//	open       on a field named _: other keys are let pass. Without it they are faults
//
// Fields may be strings, booleans, int, int64, float64, [Secret], [time.Duration], [StringList],
// [Interval], [Schedule], Node, and structs, pointers, slices and maps by string of these. What they
// hold before are the defaults. What a pointer points to is optional: when it cannot be used, the
// pointer is nil and the object around it stays.
//
// The warnings name values that are absent because a variable is unset, and what was left out for
// it. The error is a [*Faults].
func (n Node) Decode(dst any) (warnings []Problem, err error) {
	d := &decoder{rep: &report{}}
	if n.Exists() {
		d.into(n, dst)
	}
	return inOrder(d.rep.warnings), d.rep.err()
}

// into decodes an existing node into what dst points to.
func (d *decoder) into(n Node, dst any) bool {
	return d.decode(n, reflect.ValueOf(dst).Elem(), nil)
}

var (
	secretType   = reflect.TypeFor[Secret]()
	durationType = reflect.TypeFor[time.Duration]()
	nodeType     = reflect.TypeFor[Node]()
)

func (d *decoder) decode(n Node, dst reflect.Value, opts []string) bool {
	if c, ok := dst.Addr().Interface().(configDecoder); ok {
		return c.decodeConfig(d, n)
	}
	switch dst.Type() {
	case nodeType:
		dst.Set(reflect.ValueOf(n))
		return true
	case secretType:
		text, ok := d.text(n)
		dst.Set(reflect.ValueOf(NewSecret(text)))
		return ok
	case durationType:
		v, ok := d.duration(n)
		dst.SetInt(int64(v))
		return ok
	}
	switch dst.Kind() {
	case reflect.String:
		text, ok := d.text(n)
		dst.SetString(text)
		return ok && d.checkText(n, text, opts)
	case reflect.Bool:
		return d.boolean(n, dst)
	case reflect.Int, reflect.Int64, reflect.Float64:
		return d.number(n, dst)
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		if !d.decode(n, dst.Elem(), opts) {
			dst.SetZero()
		}
		return true
	case reflect.Slice:
		return d.list(n, dst, opts)
	case reflect.Map:
		return d.table(n, dst, opts)
	case reflect.Struct:
		return d.object(n, dst)
	}
	panic("config: cannot decode into " + dst.Type().String())
}

func (d *decoder) text(n Node) (string, bool) {
	switch n.Kind() {
	case String, Number: // `password: 0123` is meant as text; its digits are kept as written
		return n.v.text, true
	}
	d.fault(n, "write a string", "%s where a string was expected", n.Kind())
	return "", false
}

func (d *decoder) checkText(n Node, text string, opts []string) bool {
	for _, o := range opts {
		switch {
		case o == "url":
			if !absoluteURL(text) {
				d.fault(n, "write for example https://portal.example.com", "%s is not an absolute http or https URL", show(n))
				return false
			}
		case strings.HasPrefix(o, "enum="):
			allowed := strings.Split(o[len("enum="):], "|")
			if !slices.Contains(allowed, text) {
				d.fault(n, "write "+strings.Join(allowed, " or "), "%s is not one of the values", show(n))
				return false
			}
		}
	}
	return true
}

func absoluteURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// boolean accepts the texts that Backstage does: a substituted variable is always a string.
func (d *decoder) boolean(n Node, dst reflect.Value) bool {
	if n.Kind() == Bool || n.Kind() == String || n.Kind() == Number {
		switch strings.ToLower(n.v.text) {
		case "true", "yes", "y", "on", "1":
			dst.SetBool(true)
			return true
		case "false", "no", "n", "off", "0":
			dst.SetBool(false)
			return true
		}
	}
	d.fault(n, "write true or false", "%s is not a boolean", show(n))
	return false
}

func (d *decoder) number(n Node, dst reflect.Value) bool {
	if n.Kind() == Number || n.Kind() == String {
		text := strings.TrimSpace(n.v.text)
		if dst.Kind() == reflect.Float64 {
			if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
				dst.SetFloat(f)
				return true
			}
		} else if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			dst.SetInt(i)
			return true
		}
	}
	d.fault(n, "write a number, in digits", "%s is not a number", show(n))
	return false
}

// list decodes the elements that can be used. Elements that an unset variable made useless are
// left out.
func (d *decoder) list(n Node, dst reflect.Value, opts []string) bool {
	if n.Kind() != List {
		d.fault(n, "begin each entry on a line of its own with a dash", "%s where a list was expected", n.Kind())
		return false
	}
	out := reflect.MakeSlice(dst.Type(), 0, len(n.v.items))
	for _, c := range n.slots() {
		if !c.Exists() {
			if why := c.Unset(); why != "" {
				d.warn(c, "", "%s, so this entry is left out", why)
			}
			continue
		}
		e := reflect.New(dst.Type().Elem()).Elem()
		if d.decode(c, e, opts) {
			out = reflect.Append(out, e)
		}
	}
	dst.Set(out)
	return true
}

func (d *decoder) table(n Node, dst reflect.Value, opts []string) bool {
	if n.Kind() != Map {
		d.fault(n, "write keys below it", "%s where an object was expected", n.Kind())
		return false
	}
	out := reflect.MakeMap(dst.Type())
	for _, key := range n.Keys() {
		e := reflect.New(dst.Type().Elem()).Elem()
		if d.decode(n.Get(key), e, opts) {
			out.SetMapIndex(reflect.ValueOf(key), e)
		}
	}
	dst.Set(out)
	return true
}

func (d *decoder) object(n Node, dst reflect.Value) bool {
	if n.Kind() != Map {
		d.fault(n, "write keys below it", "%s where an object was expected", n.Kind())
		return false
	}
	ok, open := true, false
	var names []string
	for i := range dst.NumField() {
		tag := dst.Type().Field(i).Tag.Get("config")
		name, rest, _ := strings.Cut(tag, ",")
		opts := strings.Split(rest, ",")
		switch {
		case tag == "":
			continue
		case name == "":
			open = slices.Contains(opts, "open")
			continue
		}
		names = append(names, name)
		ok = d.field(n, name, dst.Field(i), opts) && ok
	}
	d.others(n, names, open)
	if c, is := dst.Addr().Interface().(configChecker); is && ok {
		ok = c.checkConfig(d, n)
	}
	return ok
}

// field decodes one key and reports whether the object around it can still be used.
func (d *decoder) field(n Node, name string, dst reflect.Value, opts []string) bool {
	c := n.Get(name)
	required, narrows := slices.Contains(opts, "required"), slices.Contains(opts, "narrows")
	if c.Exists() {
		ok := d.decode(c, dst, opts)
		if ok && narrows && c.Kind() == List && len(c.v.items) > 0 && dst.Kind() == reflect.Slice && dst.Len() == 0 {
			d.warn(c, "", "nothing is left of the list, so %s is left out", entry(n))
			return false
		}
		return ok
	}
	if dst.Type() == nodeType && !required && !narrows {
		dst.Set(reflect.ValueOf(c)) // who asks for a node looks at its absence too
		return true
	}
	switch why := c.Unset(); {
	case why != "" && (required || narrows):
		d.warn(c, "", "%s, so %s is left out", why, entry(n))
		return false
	case why != "" && !c.v.file: // a missing file was warned of when it was looked for
		d.warn(c, "", "%s, so this is as if it were not written", why)
	case required:
		d.rep.fault(n.pos, c.path, "add it", "missing")
		return false
	}
	return true
}

func entry(n Node) string {
	if n.path == "" {
		return "the entry"
	}
	return n.path
}

// misplaced are keys that real configurations put in the wrong place, where they silently do nothing.
var misplaced = map[string]string{
	"accessRestrictions": "backend.auth.externalAccess[]", "cors": "backend.cors", "csp": "backend.csp", "database": "backend.database",
	"externalAccess": "backend.auth.externalAccess", "listen": "backend.listen", "reading": "backend.reading",
}

// others deals with the keys that nothing reads.
func (d *decoder) others(n Node, names []string, open bool) {
	if n.path == "" {
		names = append(names, SectionNames...)
	}
	for _, f := range n.v.fields {
		if slices.Contains(names, f.key) || f.val.kind == Null {
			continue
		}
		known, meant := knownKey(n.path, f.key), Nearest(f.key, names)
		switch {
		case !known && !open:
			remedy := "remove it; the keys here are " + strings.Join(names, ", ")
			if meant != "" {
				remedy = "write " + meant
			}
			d.faultKey(n, f.key, remedy, "there is no such key")
			continue
		case !known && misplaced[f.key] != "":
			d.rep.warn(f.pos, joinPath(n.path, f.key), "move it to "+misplaced[f.key]+" if that is what you mean", "nothing reads this key here")
		case !known && meant != "" && n.v.get(meant) == nil:
			d.rep.warn(f.pos, joinPath(n.path, f.key), "write "+meant+" if that is what you mean", "nothing reads this key")
		}
		d.rep.ignored = append(d.rep.ignored, Ignored{joinPath(n.path, f.key), f.pos, known})
	}
}

// StringList is a list of strings that may be written as a single string.
type StringList []string

func (t *StringList) decodeConfig(d *decoder, n Node) bool {
	if n.Kind() == List {
		var list []string
		ok := d.into(n, &list)
		*t = list
		return ok
	}
	text, ok := d.text(n)
	*t = StringList{text}
	return ok
}
