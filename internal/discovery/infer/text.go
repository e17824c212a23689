package infer

import (
	"fmt"
	"sort"
	"strings"
)

// Text is what was found, for people: each entity, and below it each field with where it comes from.
func (r *Result) Text() string {
	var b strings.Builder
	for i := range r.Entities {
		e := &r.Entities[i]
		fmt.Fprintf(&b, "%s %s", e.Kind, e.Name)
		if e.Path != "." && e.Path != "" {
			fmt.Fprintf(&b, " (%s)", e.Path)
		}
		if e.DeclaredIn != "" {
			fmt.Fprintf(&b, " declared in %s", e.DeclaredIn)
		}
		b.WriteByte('\n')
		for _, ev := range e.Evidence {
			value := ev.Value
			if strings.HasSuffix(ev.Field, "]") {
				value = ""
			} else if value != "" {
				if rs := []rune(value); len(rs) > 120 {
					value = string(rs[:119]) + "…"
				}
				value = " = " + value
			}
			at := ev.File
			if ev.Line > 0 {
				at += fmt.Sprintf(":%d", ev.Line)
			}
			if at != "" {
				at += " "
			}
			fmt.Fprintf(&b, "  %s%s ← %s%s (%s)\n", ev.Field, value, at, ev.Says, ev.Sure)
		}
		if missing := e.unknown(); len(missing) > 0 {
			fmt.Fprintf(&b, "  not known: %s\n", strings.Join(missing, ", "))
		}
	}
	return b.String()
}

// unknown are the fields that the kind needs and that nothing shows.
func (e *Entity) unknown() (list []string) {
	if e.DeclaredIn != "" {
		return nil
	}
	seen := map[string]bool{}
	for _, ev := range e.Evidence {
		seen[ev.Field] = true
	}
	for _, key := range required[e.Kind] {
		if !seen["spec."+key] {
			list = append(list, "spec."+key)
		}
	}
	sort.Strings(list)
	return list
}
