package policy

import "fmt"

// What one policy may hold: far more than anybody writes, and little enough to be read at once.
const (
	maxPolicy = 16 << 10 // bytes
	maxDepth  = 64       // brackets within brackets
	maxUnary  = 4        // ! or - in a row, as in Cedar itself
)

// tooMuch says what of a text is more than is read, and in which line; "" for what may be parsed.
func tooMuch(text []byte) string {
	line, depth, unary, begin := 1, 0, 0, 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case c == '/' && i+1 < len(text) && text[i+1] == '/':
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ';':
			begin = i
		case c == '\n':
			line++
		}
		switch c {
		case '!', '-':
			unary++
		case ' ', '\t', '\r', '\n':
		default:
			unary = 0
		}
		switch {
		case depth > maxDepth:
			return fmt.Sprintf("%d: brackets are nested more than %d deep; write several policies", line, maxDepth)
		case unary > maxUnary:
			return fmt.Sprintf("%d: more than %d times %c in a row", line, maxUnary, c)
		case i-begin > maxPolicy:
			return fmt.Sprintf("%d: a policy is longer than %d bytes; write several", line, maxPolicy)
		}
	}
	return ""
}
