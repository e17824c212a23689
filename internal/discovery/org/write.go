package org

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// first are the fields that people look for first; the others follow by name.
var first = []string{"apiVersion", "kind", "metadata", "spec", "name", "namespace", "title", "description", "annotations", "type", "profile", "parent", "displayName"}

// write appends a document that declares the entity. Texts are JSON, which is YAML whatever they hold.
func write(b *bytes.Buffer, e Entity) {
	b.WriteString("---\n")
	writeFields(b, e.Fields, "")
}

func writeFields(b *bytes.Buffer, fields map[string]any, indent string) {
	for _, key := range keys(fields) {
		b.WriteString(indent)
		if plain(key) {
			b.WriteString(key)
		} else {
			b.Write(scalar(key))
		}
		b.WriteByte(':')
		switch v := fields[key].(type) {
		case map[string]any:
			if len(v) == 0 {
				b.WriteString(" {}\n")
				continue
			}
			b.WriteByte('\n')
			writeFields(b, v, indent+"  ")
		case []any:
			if len(v) == 0 {
				b.WriteString(" []\n")
				continue
			}
			b.WriteByte('\n')
			for _, item := range v {
				fmt.Fprintf(b, "%s  - %s\n", indent, scalar(item))
			}
		default:
			fmt.Fprintf(b, " %s\n", scalar(v))
		}
	}
}

func keys(fields map[string]any) []string {
	rank := func(key string) int {
		if i := slices.Index(first, key); i >= 0 {
			return i
		}
		return len(first)
	}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

var plainKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([./_-][A-Za-z0-9]+)*$`)

// plain reports whether a key needs no quotes.
func plain(key string) bool {
	return plainKey.MatchString(key) && !slices.Contains([]string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}, strings.ToLower(key))
}

func scalar(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Errorf("org: encode a value of an entity: %w", err)) // texts, numbers and what the configuration held
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
