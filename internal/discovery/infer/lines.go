package infer

import (
	"regexp"
	"strings"
)

// lineOf is the number of the first line that holds s, 0 where none does.
func lineOf(text, s string) int {
	i := strings.Index(text, s)
	if i < 0 || s == "" {
		return 0
	}
	return 1 + strings.Count(text[:i], "\n")
}

func lineAt(text string, i int) int { return 1 + strings.Count(text[:min(max(i, 0), len(text))], "\n") }

// tomlEntry is a line of TOML of the form key = value, with the table that it is in.
type tomlEntry struct {
	table, key, value string
	line              int
}

var (
	tomlTable = regexp.MustCompile(`^\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$`)
	tomlPair  = regexp.MustCompile(`^\s*"?([A-Za-z0-9_.@/-]+)"?\s*=\s*(.*)$`)
	quoted    = regexp.MustCompile(`"([^"\n]*)"|'([^'\n]*)'`)
)

// tomlEntries reads as much of TOML as build files need: values on one line, and lists over several.
func tomlEntries(text string) (list []tomlEntry) {
	table, open := "", false
	n := 0
	for l := range strings.Lines(text) {
		n++
		l = strings.TrimRight(l, "\n")
		switch {
		case n > 5_000 || len(l) > 4_000 || len(list) > maxItems:
			continue
		case open:
			last := &list[len(list)-1]
			last.value += " " + strings.TrimSpace(withoutComment(l))
			open = !strings.Contains(l, "]") && len(last.value) < 20_000
		default:
			if m := tomlTable.FindStringSubmatch(l); m != nil {
				table = strings.ReplaceAll(m[1], `"`, "")
			} else if m := tomlPair.FindStringSubmatch(l); m != nil {
				value := strings.TrimSpace(withoutComment(m[2]))
				list = append(list, tomlEntry{table, m[1], value, n})
				open = strings.HasPrefix(value, "[") && !strings.Contains(value, "]")
			}
		}
	}
	return list
}

func withoutComment(l string) string {
	if i := strings.Index(l, " #"); i >= 0 && strings.Count(l[:i], `"`)%2 == 0 {
		return l[:i]
	}
	return l
}

// unquoted are the texts in quotes of a value.
func unquoted(value string) (list []string) {
	for _, m := range quoted.FindAllStringSubmatch(value, 500) {
		list = append(list, m[1]+m[2])
	}
	return list
}

func firstQuoted(value string) string {
	if q := unquoted(value); len(q) > 0 {
		return q[0]
	}
	return ""
}
