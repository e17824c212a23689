package infer

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readme is what a README says first.
type readme struct {
	file                string
	title, text         string
	titleLine, textLine int
	deep                bool // the text stands in a section, and not below the title
}

func (v *view) readme() readme {
	file := ""
	for _, f := range v.chosen[forFront] {
		if file == "" || strings.Count(f, "/") < strings.Count(file, "/") {
			file = f
		}
	}
	r := parseReadme(v.text(file))
	r.file = file
	return r
}

var (
	comment      = regexp.MustCompile(`(?s)<!--.*?-->`)
	headingTag   = regexp.MustCompile(`(?is)<h1[^>]*>(.*?)</h1>`)
	tag          = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
	linkedImage  = regexp.MustCompile(`\[!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])\s*\](?:\([^)]*\)|\[[^\]]*\])`)
	image        = regexp.MustCompile(`!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])`)
	inlineLink   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	refLink      = regexp.MustCompile(`\[([^\]]+)\]\[[^\]]*\]`)
	autoLink     = regexp.MustCompile(`<(https?://[^>]*)>`)
	linkTarget   = regexp.MustCompile(`^\s*\[[^\]]+\]:\s`)
	emphasis     = regexp.MustCompile("(\\*\\*|__|\\*|`)")
	underscores  = regexp.MustCompile(`(^|\s)_([^_]+)_($|[\s.,;:])`)
	listItem     = regexp.MustCompile(`^\s*(?:[-*+]|\d+[.)])\s`)
	ruleOrUnder  = regexp.MustCompile(`^\s*(?:=+|-{2,}|\*{3,}|_{3,}|~{3,})\s*$`)
	directive    = regexp.MustCompile(`^\s*(?:\.\. |:[a-z-]+:|\{%|\||>|:::|\+\+\+)`)
	emoji        = regexp.MustCompile(`:[a-z0-9_+-]+:`)
	headingMarks = regexp.MustCompile(`^\s{0,3}(#{1,6}|={1,6})\s+(.*?)\s*[#=]*\s*$`)
)

// parseReadme finds the first heading and the first paragraph of prose. Line numbers stay those of
// the file: whatever is taken out leaves its line ends.
func parseReadme(text string) (r readme) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	keepLines := func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }
	text = comment.ReplaceAllStringFunc(text, keepLines)
	text = headingTags(text, keepLines)
	lines := strings.Split(text, "\n")
	if len(lines) > 400 {
		lines = lines[:400]
	}
	var para []string
	paraLine, fence, section := 0, "", false
	finish := func() bool {
		if s := prose(strings.Join(para, " ")); s != "" {
			r.text, r.textLine, r.deep = s, paraLine, section
			return true
		}
		para = nil
		return false
	}
	front := len(lines) > 0 && lines[0] == "---"
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case front:
			front = i == 0 || trimmed != "---"
			continue
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
			continue
		case strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~"):
			if finish() {
				return r
			}
			fence = trimmed[:3]
			continue
		}
		if m := headingMarks.FindStringSubmatch(line); m != nil {
			if finish() {
				return r
			}
			if t := cleanTitle(m[2]); t != "" && r.title == "" && len(m[1]) == 1 {
				r.title, r.titleLine = t, i+1
			} else {
				section = section || len(m[1]) > 1
			}
			continue
		}
		if ruleOrUnder.MatchString(line) {
			// Underlined: what stands above is a heading.
			if len(para) == 1 && r.title == "" {
				if t := cleanTitle(para[0]); t != "" {
					r.title, r.titleLine = t, paraLine
				}
				para = nil
			}
			if finish() {
				return r
			}
			continue
		}
		if trimmed == "" || listItem.MatchString(line) || linkTarget.MatchString(line) || directive.MatchString(line) || strings.HasPrefix(line, "    ") && len(para) == 0 {
			if finish() {
				return r
			}
			continue
		}
		if len(para) == 0 {
			paraLine = i + 1
		}
		para = append(para, trimmed)
	}
	finish()
	return r
}

// headingTags turns <h1> at the start of a line into a Markdown heading.
func headingTags(text string, keepLines func(string) string) string {
	var b strings.Builder
	last := 0
	for _, m := range headingTag.FindAllStringSubmatchIndex(text, 8) {
		start := strings.LastIndexByte(text[:m[0]], '\n') + 1
		inner := plain(text[m[2]:m[3]])
		if inner == "" || start < last || strings.TrimSpace(tag.ReplaceAllString(text[start:m[0]], "")) != "" {
			continue
		}
		b.WriteString(text[last:start])
		b.WriteString("# " + inner + keepLines(text[m[0]:m[1]]))
		last = m[1]
	}
	b.WriteString(text[last:])
	return b.String()
}

// plain takes markup out of a piece of Markdown.
func plain(s string) string {
	s = linkedImage.ReplaceAllString(s, "")
	s = image.ReplaceAllString(s, "")
	s = inlineLink.ReplaceAllString(s, "$1")
	s = refLink.ReplaceAllString(s, "$1")
	s = autoLink.ReplaceAllString(s, "$1")
	s = tag.ReplaceAllString(s, " ")
	s = emphasis.ReplaceAllString(s, "")
	s = underscores.ReplaceAllString(s, "$1$2$3")
	s = emoji.ReplaceAllString(s, "")
	s = html.UnescapeString(s)
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// prose is a paragraph's text, or "" when it is not a sentence: badges, a lone link, a menu.
func prose(s string) string {
	s = plain(s)
	for _, r := range []string{" .", " ,"} {
		s = strings.ReplaceAll(s, r, r[1:])
	}
	if strings.HasSuffix(s, ":") {
		s = s[:strings.LastIndex(s, ". ")+1] // the rest leads to what follows
	}
	words := strings.Fields(s)
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if len(words) < 4 || letters < 15 || strings.Count(s, "|")+strings.Count(s, "•")+strings.Count(s, "·") > 1 {
		return ""
	}
	return shorten(s)
}

func cleanTitle(s string) string {
	s = plain(s)
	if utf8.RuneCountInString(s) > 80 || !strings.ContainsFunc(s, unicode.IsLetter) {
		return ""
	}
	return s
}

const maxDescription = 300

// shorten cuts at the end of a sentence where one is near, else between words.
func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxDescription {
		return s
	}
	cut := string([]rune(s)[:maxDescription])
	if i := strings.LastIndex(cut, ". "); i > maxDescription/3 {
		return cut[:i+1]
	}
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:-") + "…"
}
