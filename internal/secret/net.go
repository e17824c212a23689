package secret

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Net takes known secrets out of texts: what the types let slip. It finds them as they are and as base64, hexadecimal
// digits, and escaped for URLs, JSON, Go and HTML, in the middle of other text too. It does not find them split,
// reversed or compressed: it is the second net, not the first.
//
// A line of two hundred bytes costs 0.8 µs with fifty secrets known (BenchmarkNet), and no memory where there is none in it.
//
// The zero value knows none. It is safe for concurrent use.
type Net struct {
	mu    sync.Mutex
	known map[string]bool
	table atomic.Pointer[table]
}

// Mask stands where a secret was.
const Mask = "•••"

// shortest is what a secret has at least, in bytes: anything shorter is a word that texts have by chance.
const shortest = 8

// Add makes secrets known. Those shorter than eight bytes are not, and of those of several lines each longer line is, too.
func (n *Net) Add(texts ...Text) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known = map[string]bool{}
	}
	for _, text := range texts {
		value := strings.TrimSpace(text.Reveal())
		if len(value) >= shortest {
			n.known[value] = true
		}
		for line := range strings.Lines(value) {
			if line = strings.TrimSpace(line); len(line) >= 2*shortest && !strings.HasPrefix(line, "-----") {
				n.known[line] = true
			}
		}
	}
	n.table.Store(newTable(n.known))
}

// Replace returns the text with a mask for each secret, and whether there was one.
func (n *Net) Replace(text string) (clean string, found bool) {
	t := n.table.Load()
	if t == nil {
		return text, false
	}
	from, to := t.find(text, 0)
	if from < 0 {
		return text, false
	}
	var b strings.Builder
	done := 0
	for from >= 0 {
		b.WriteString(text[done:from])
		b.WriteString(Mask)
		done = to
		from, to = t.find(text, to)
	}
	b.WriteString(text[done:])
	return b.String(), true
}

// Clean is Replace without its second answer.
func (n *Net) Clean(text string) string {
	clean, _ := n.Replace(text)
	return clean
}

// table finds patterns by their first four bytes.
type table struct {
	bits [1 << 10]uint64 // a bit for each hash of such a beginning
	by   map[uint32][]string
}

func hash(w uint32) uint32 { return w * 2654435761 >> 16 }

func newTable(known map[string]bool) *table {
	if len(known) == 0 {
		return nil
	}
	t := &table{by: map[uint32][]string{}}
	seen := map[string]bool{}
	for value := range known {
		for _, p := range forms(value) {
			if len(p) < shortest-1 || seen[p] {
				continue
			}
			seen[p] = true
			w := uint32(p[0]) | uint32(p[1])<<8 | uint32(p[2])<<16 | uint32(p[3])<<24
			t.by[w] = append(t.by[w], p)
			t.bits[hash(w)>>6] |= 1 << (hash(w) & 63)
		}
	}
	for _, list := range t.by {
		slices.SortFunc(list, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	}
	return t
}

// find returns where the next pattern is, from -1 where there is none.
func (t *table) find(s string, at int) (from, to int) {
	if len(s)-at < 4 {
		return -1, -1
	}
	w := uint32(s[at])<<8 | uint32(s[at+1])<<16 | uint32(s[at+2])<<24
	for i := at; i+3 < len(s); i++ {
		w = w>>8 | uint32(s[i+3])<<24
		if h := hash(w); t.bits[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, p := range t.by[w] {
			if strings.HasPrefix(s[i:], p) {
				return i, i + len(p)
			}
		}
	}
	return -1, -1
}

// forms are the ways in which a value is written.
func forms(v string) []string {
	out := []string{
		v, hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v))), html.EscapeString(v),
		url.QueryEscape(v), lowerEscapes(url.QueryEscape(v)), url.PathEscape(v), lowerEscapes(url.PathEscape(v)),
		strings.Trim(strconv.Quote(v), `"`), strings.Trim(strconv.QuoteToASCII(v), `"`), jsonForm(v, true), jsonForm(v, false),
	}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		// In the middle of something longer, three forms: by what stands before it. What the neighbours have a part in is left.
		for before, skip := range []int{0, 2, 3} {
			text := enc.EncodeToString(append(make([]byte, before), v...))
			if (before+len(v))%3 != 0 {
				text = text[:len(text)-1]
			}
			out = append(out, text[skip:])
		}
	}
	return out
}

func jsonForm(v string, forHTML bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(forHTML)
	_ = enc.Encode(v) // a string can always be
	return strings.Trim(strings.TrimRight(b.String(), "\n"), `"`)
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}
