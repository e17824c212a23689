package propose

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/forge/wire"
)

// Bounds of what a pull request says.
const (
	maxNote   = 2000 // bytes
	maxShown  = 200  // of one value
	maxListed = 60   // fields
)

// plain is a text that stands in Markdown as it is: it formats nothing, links to nothing, mentions nobody and closes no issue.
// Repositories hold such texts, and the host would act on them in the name of the portal.
func plain(s string) string {
	var b strings.Builder
	for _, r := range wire.Line(s, maxNote) {
		switch {
		case strings.ContainsRune("@#!$%&~^", r): // marks of people, issues, and more
			b.WriteRune(r)
			b.WriteRune('\u200b')
		case r == ':' || r == '.': // of addresses
			b.WriteRune(r)
			b.WriteRune('\u2060')
		case r < 0x80 && unicode.IsPunct(r), r == '<', r == '>', r == '|', r == '`', r == '=', r == '+':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// code is a text in a span of code, where hosts see no Markdown; what would end the span is another sign.
func code(s string) string {
	s = wire.Line(s, maxShown)
	s = strings.NewReplacer("`", "ˋ", "@", "@\u200b").Replace(s)
	if s == "" {
		return "(empty)"
	}
	return "`" + s + "`"
}

// shown is a value in a span of code.
func shown(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return code(s)
	}
	return code(string(v))
}

// title names what is proposed. It is the message of the commit, too, so it holds nothing that people wrote but the entity's
// name, which is letters, digits and a few signs.
func (p *Preview) title() string {
	_, name, _ := strings.Cut(p.Ref, ":")
	name = strings.TrimPrefix(name, "default/")
	if p.IsNew || p.Adds {
		return "Declare " + name + " in the catalog"
	}
	words := make([]string, 0, len(p.Fields))
	for _, f := range p.Fields {
		_, key, _ := strings.Cut(f.Path, ".")
		words = append(words, key)
	}
	return "Set " + strings.Join(words, ", ") + " of " + name
}

// body says what is proposed, where each field comes from, and who asked for it.
func (p *Preview) body(by, note string) string {
	var b strings.Builder
	switch {
	case p.IsNew:
		fmt.Fprintf(&b, "This adds %s, which declares %s in the software catalog. Until now the catalog shows what can be seen of it in this repository", code(p.Path), code(p.Ref))
		b.WriteString(" and what people set in the portal; this writes that down, so that it can be kept here.\n\n")
	case p.Adds:
		fmt.Fprintf(&b, "This adds a document to %s, which declares %s in the software catalog. Until now the catalog shows what can be seen of it in this repository", code(p.Path), code(p.Ref))
		b.WriteString(" and what people set in the portal; this writes that down, so that it can be kept here.\n\n")
	default:
		fmt.Fprintf(&b, "People set these fields of %s in the portal. This writes them into %s, which declares it; nothing else of the file changes.\n\n", code(p.Ref), code(p.Path))
	}
	for i, f := range p.Fields {
		if i == maxListed {
			fmt.Fprintf(&b, "- and %d more fields\n", len(p.Fields)-i)
			break
		}
		fmt.Fprintf(&b, "- %s: %s%s\n", code(f.Path), shown(f.After), f.reason())
	}
	if len(p.Also) > 0 {
		b.WriteString("\nThe APIs that it provides are declared in the same file:\n\n")
		for _, ref := range p.Also {
			fmt.Fprintf(&b, "- %s\n", code(ref))
		}
	}
	if note = strings.TrimSpace(note); note != "" {
		b.WriteString("\n")
		for line := range strings.SplitSeq(wire.Text(note, maxNote), "\n") {
			b.WriteString("> " + plain(line) + "\n")
		}
	}
	fmt.Fprintf(&b, "\nProposed by %s in the developer portal. Proposing it there again brings this pull request up to date, and overwrites the file on its branch.\n", code(by))
	return b.String()
}

// reason is where a field comes from, as the end of its line.
func (f Field) reason() string {
	switch {
	case f.Layer == layer.Overlay && f.By != "":
		return fmt.Sprintf(" — set in the portal by %s on %s", code(f.By), f.At.Format("2006-01-02"))
	case f.Layer == layer.Overlay:
		return " — set in the portal"
	case len(f.Evidence) == 0:
		return ""
	}
	e := f.Evidence[0]
	var b strings.Builder
	b.WriteString(" —")
	if e.File != "" {
		at := e.File
		if e.Line > 0 {
			at = fmt.Sprintf("%s:%d", at, e.Line)
		}
		b.WriteString(" " + code(at))
	}
	if e.Says != "" {
		b.WriteString(" " + plain(e.Says))
	}
	switch e.Sure {
	case layer.Likely:
		b.WriteString(" (likely)")
	case layer.Guess:
		b.WriteString(" (a guess)")
	}
	return b.String()
}

// branch is the one branch of an entity. A name that is written otherwise there, or a namespace, which could be part of a name,
// brings a digest along, so that no two entities have one.
func branch(ref string) string {
	kind, rest, _ := strings.Cut(ref, ":")
	namespace, name, _ := strings.Cut(rest, "/")
	cleaned := clean(name)
	b := "portico/" + clean(kind) + "-" + clean(namespace) + "-" + cleaned
	if namespace != entity.DefaultNamespace || cleaned != name || clean(kind) != kind {
		sum := sha256.Sum256([]byte(ref))
		b += "-" + hex.EncodeToString(sum[:4])
	}
	return b
}

func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '-'
	}, s)
	return strings.Trim(s[:min(len(s), 80)], "-")
}
