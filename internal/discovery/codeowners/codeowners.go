package codeowners

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Style is whose rules a file follows.
type Style int

// The styles. Forgejo's is Gitea's.
const (
	GitHub Style = iota // patterns like those of .gitignore
	GitLab              // the same, in sections with owners of their own; a pattern without a leading slash matches at any depth
	Gitea               // regular expressions over the whole path; ! in front turns one round
)

// Paths are the places where a file is looked for, first to last.
func Paths() []string {
	return []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"}
}

// StyleOf guesses the style: by the file's folder, else by the host, else by whether there are sections.
func StyleOf(file, host string, data []byte) Style {
	switch dir := path.Dir(file); {
	case dir == ".gitlab":
		return GitLab
	case dir == ".gitea", dir == ".forgejo":
		return Gitea
	case dir == ".github":
		return GitHub
	}
	switch host = strings.ToLower(host); {
	case strings.Contains(host, "gitlab"):
		return GitLab
	case strings.Contains(host, "gitea"), strings.Contains(host, "forgejo"), host == "codeberg.org":
		return Gitea
	case strings.Contains(host, "github"):
		return GitHub
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		if n++; n > maxRules {
			break
		}
		if _, ok := section(strings.TrimSpace(line)); ok {
			return GitLab
		}
	}
	return GitHub
}

// Bounds of what is read; what lies beyond is left out, and File.Cut says so.
const (
	maxRules   = 5_000
	maxLine    = 4 << 10
	maxPattern = 512
	maxOwners  = 50
)

// Rule is one line.
type Rule struct {
	Pattern string
	Owners  []string // as written: "@org/team", "@user", "ann@example.com"; none where the path is nobody's
	Line    int      // from 1
	Section string   // GitLab's; "" for what stands before the first
	// OwnersLine is the line that names the owners: the section's, where the rule takes them from there.
	OwnersLine int

	glob *glob
	re   *regexp.Regexp
	not  bool
}

// File is a CODEOWNERS file.
type File struct {
	Style Style
	Rules []Rule
	Cut   bool // not all of it was read
}

// Parse reads a file. What it does not understand is left out, as the hosts do.
func Parse(style Style, data []byte) *File {
	f := &File{Style: style}
	var in head
	inLine, n := 0, 0
	for text := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		if len(f.Rules) >= maxRules || len(text) > maxLine {
			f.Cut = true
			if len(f.Rules) >= maxRules {
				break
			}
			continue
		}
		text = strings.ToValidUTF8(strings.TrimSpace(text), "")
		if text == "" || text[0] == '#' {
			continue
		}
		if style == GitLab {
			if h, ok := section(text); ok {
				in, inLine = h, n
				continue
			}
		}
		fields := fieldsOf(text)
		r := Rule{Pattern: fields[0], Line: n, OwnersLine: n, Section: in.name}
		if len(r.Pattern) > maxPattern {
			f.Cut = true
			continue
		}
		if r.Owners = owners(fields[1:]); len(r.Owners) == 0 && len(in.owners) > 0 {
			r.Owners, r.OwnersLine = in.owners, inLine
		}
		if !r.compile(style) {
			continue
		}
		f.Rules = append(f.Rules, r)
	}
	return f
}

func (r *Rule) compile(style Style) bool {
	if style != Gitea {
		r.glob = newGlob(r.Pattern, style)
		return r.glob != nil
	}
	p, not := strings.CutPrefix(r.Pattern, "!")
	if strings.Contains(p, "{") {
		return false // counted repetitions make programs of megabytes, and stand in no file that anybody wrote
	}
	re, err := regexp.Compile("^(?:" + p + ")$") // of Go: it does not backtrack
	r.re, r.not = re, not
	return err == nil
}

// Owner is the rule that decides who owns a path, slash-separated and relative to the repository; false where none does.
// A rule without owners says that the path is nobody's. In a file with sections each has its say; the one whose pattern is
// the longest is taken.
func (f *File) Owner(p string) (Rule, bool) {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	if len(p) > maxLine {
		return Rule{}, false
	}
	last := map[string]int{}
	best := -1
	for i := range f.Rules {
		if f.Rules[i].matches(p) {
			last[f.Rules[i].Section] = i
		}
	}
	for _, i := range last {
		switch {
		case best < 0,
			len(f.Rules[i].Pattern) > len(f.Rules[best].Pattern),
			len(f.Rules[i].Pattern) == len(f.Rules[best].Pattern) && i < best:
			best = i
		}
	}
	if best < 0 {
		return Rule{}, false
	}
	return f.Rules[best], true
}

func (r *Rule) matches(p string) bool {
	if r.re != nil {
		return r.re.MatchString(p) != r.not
	}
	return r.glob.match(p)
}

// head is the head of a section: [Name], ^[Name], [Name][2], each with or without owners.
type head struct {
	name   string
	owners []string
}

func section(line string) (head, bool) {
	line = strings.TrimPrefix(line, "^")
	if !strings.HasPrefix(line, "[") {
		return head{}, false
	}
	name, rest, ok := strings.Cut(line[1:], "]")
	if !ok || name == "" {
		return head{}, false
	}
	if strings.HasPrefix(rest, "[") {
		_, after, ok := strings.Cut(rest, "]")
		if !ok {
			return head{}, false
		}
		rest = after
	}
	if rest != "" && !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, "\t") {
		return head{}, false // a pattern with a range of characters
	}
	return head{strings.ToLower(strings.TrimSpace(name)), owners(strings.Fields(rest))}, true
}

// fieldsOf splits at spaces that no backslash protects.
func fieldsOf(text string) []string {
	var list []string
	var b strings.Builder
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			if r != ' ' && r != '#' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == ' ' || r == '\t':
			if b.Len() > 0 {
				list = append(list, b.String())
				b.Reset()
			}
		default:
			b.WriteRune(r)
		}
	}
	if escaped {
		b.WriteByte('\\')
	}
	if b.Len() > 0 || len(list) == 0 {
		list = append(list, b.String())
	}
	return list
}

func owners(fields []string) (list []string) {
	for _, o := range fields {
		if strings.HasPrefix(o, "#") || len(list) >= maxOwners {
			break
		}
		if (strings.Contains(o, "@") || strings.HasPrefix(o, "@")) && len(o) > 1 && !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	return list
}
