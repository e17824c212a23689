package index

import (
	"math/bits"
	"slices"
	"strings"
)

// textEntry is what substring search looks at for one document: its four texts in lower case, and a
// signature of all that occurs in them two and three bytes in a row. A term cannot occur where a bit of
// its own signature is missing, which settles nearly every document by a few machine words.
type textEntry struct {
	sig  signature
	text [textFields]string // values of a list are set apart by a zero byte
}

// signature has a bit for each hash of three bytes in its first half, of two in its second.
type signature [8]uint64

func (e *textEntry) add(id fieldID, text string) {
	if t := &e.text[id]; *t == "" {
		*t = text
	} else {
		*t += "\x00" + text
	}
}

func (e *textEntry) sign() {
	for i := range e.text {
		e.sig.add(e.text[i])
	}
}

func (g *signature) add(s string) {
	const mix = 2654435761
	for i := 0; i+2 <= len(s); i++ {
		two := uint32(s[i]) | uint32(s[i+1])<<8
		h := two * mix >> 24
		g[4+h>>6] |= 1 << (h & 63)
		if i+2 < len(s) {
			h = (two | uint32(s[i+2])<<16) * mix >> 24
			g[h>>6] |= 1 << (h & 63)
		}
	}
}

// covers reports whether a text with signature g may hold one with signature q.
func (g *signature) covers(q *signature) bool {
	for i := range g {
		if g[i]&q[i] != q[i] {
			return false
		}
	}
	return true
}

// textFilter keeps the documents in which every term occurs, each in any of the fields. The zero textFilter keeps all.
type textFilter struct {
	terms  []string // in lower case, none empty
	fields []string
}

// termsOf are the words of a text. The longest, which fewest documents have, comes first, and what occurs in another is
// left out: whatever has that one has it too.
func termsOf(text string) (terms []string) {
	words := strings.Fields(text)
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	for _, w := range words {
		if !slices.ContainsFunc(terms, func(t string) bool { return strings.Contains(t, w) }) {
			terms = append(terms, w)
		}
	}
	return terms
}

// appendKey appends what tells one filter from another.
func (t *textFilter) appendKey(key []byte) []byte {
	for _, term := range t.terms {
		key = appendCounted(key, term)
	}
	key = append(key, 0)
	for _, f := range t.fields {
		key = appendCounted(key, f)
	}
	return append(key, 0)
}

// found is the set of documents that pass the filters, in which the text is found, and that may be seen.
func (s *Snapshot) found(f Filters, text textFilter, r *Restriction) docset {
	if len(text.terms) == 0 {
		return s.filtered(f, r)
	}
	// A list and the counts beside it ask for the same.
	return s.memo.sets.get(text.appendKey(f.appendKey(make([]byte, 0, 512), r)), func() (docset, int) {
		set, v := s.filtered(f, r), s.veil(r)
		for _, term := range text.terms {
			set = s.search(term, text.fields, set, v)
		}
		return set, set.size()
	})
}

// search returns the documents of within that have a term in one of the fields.
func (s *Snapshot) search(term string, fields []string, within docset, v *veil) docset {
	if within.empty() {
		return within
	}
	var slots []fieldID
	var found []docset
	for _, key := range fields {
		key = lower(key)
		f, id, items := s.resolve(key)
		if _, ok := s.reg.lookup(key); ok && int(id) < textFields {
			slots = append(slots, id)
		} else if f != nil {
			found = append(found, s.matching(v, id, f, func(text string) bool { return strings.Contains(text, term) }))
		}
		if strings.Contains("true", term) {
			found = append(found, items...)
		}
	}
	all := union(found)
	if !all.empty() {
		all = all.and(within)
	}
	if len(slots) == 0 || strings.IndexByte(term, 0) >= 0 {
		return all
	}
	texts := s.searchTexts(term, slots, within)
	return union([]docset{all, texts})
}

func (s *Snapshot) searchTexts(term string, slots []fieldID, within docset) docset {
	var q signature
	q.add(term)
	in := within.words()
	out := make([]uint64, len(in))
	for w, word := range in {
		if word == 0 || w >= len(s.text.page) {
			continue
		}
		page := &s.text.page[w].at
		for ; word != 0; word &= word - 1 {
			e := &page[bits.TrailingZeros64(word)]
			if !e.sig.covers(&q) {
				continue
			}
			for _, slot := range slots {
				if strings.Contains(e.text[slot], term) {
					out[w] |= word & -word
					break
				}
			}
		}
	}
	return fromWords(out)
}
