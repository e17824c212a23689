package codeowners

import "strings"

// glob is a pattern as .gitignore has them, without ranges of characters and negations.
type glob struct {
	segments []string // "**" stands for any number of them
	below    bool     // what lies below a match matches too
	inside   bool     // only what lies below a match matches
}

// newGlob returns nil for what is no pattern.
func newGlob(pattern string, style Style) *glob {
	if strings.HasPrefix(pattern, "!") && style == GitHub {
		return nil // GitHub leaves negations out
	}
	anchored := strings.HasPrefix(pattern, "/")
	g := &glob{below: true, inside: strings.HasSuffix(pattern, "/")}
	p := strings.Trim(pattern, "/")
	if p == "" {
		if !anchored {
			return nil
		}
		p, g.inside = "**", false // "/" is everything
	}
	if style == GitHub && strings.Contains(p, "/") {
		anchored = true
	}
	for s := range strings.SplitSeq(p, "/") {
		if s == "" || s == "**" && len(g.segments) > 0 && g.segments[len(g.segments)-1] == "**" {
			continue
		}
		g.segments = append(g.segments, s)
	}
	last := g.segments[len(g.segments)-1]
	// docs/* is what stands in docs, and not what is deeper; * alone is everything.
	if len(g.segments) > 1 && last != "**" && strings.ContainsAny(last, "*?") || anchored && len(g.segments) == 1 && last == "*" {
		g.below = g.inside
	}
	if !anchored && g.segments[0] != "**" {
		g.segments = append([]string{"**"}, g.segments...)
	}
	return g
}

// match matches a path's segments, and where the pattern may name a folder, those of the folders above it.
func (g *glob) match(p string) bool {
	parts := strings.Split(p, "/")
	ends := make([]bool, len(parts)+1)
	g.prefixes(parts, ends)
	if !g.inside && ends[len(parts)] {
		return true
	}
	if g.below || g.inside {
		for i := 1; i < len(parts); i++ {
			if ends[i] {
				return true
			}
		}
	}
	return false
}

// prefixes marks at which numbers of segments the whole pattern matches. It is one row after the other of a table of
// segments of the pattern by those of the path, so that no pattern makes it try anything twice.
func (g *glob) prefixes(parts []string, ends []bool) {
	row := ends
	row[0] = true
	next := make([]bool, len(parts)+1)
	for _, s := range g.segments {
		clear(next)
		if s == "**" {
			on := false
			for i, ok := range row {
				on = on || ok
				next[i] = on
			}
		} else {
			for i, part := range parts {
				next[i+1] = row[i] && segment(s, part)
			}
		}
		copy(row, next)
	}
}

// segment matches one name: * is any text, ? one character. Going back is only ever to the last *, so it takes at most the
// product of the lengths.
func segment(pattern, s string) bool {
	p, t := []rune(pattern), []rune(s)
	i, j, star, from := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && p[i] == '\\' && i+1 < len(p) && p[i+1] == t[j]:
			i, j = i+2, j+1
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i, j = i+1, j+1
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
