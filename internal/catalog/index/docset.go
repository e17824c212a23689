package index

import (
	"math/bits"
	"slices"
)

// docset is a set of small integers: documents, or positions in an order. It is a sorted list while
// it is sparse and a bitmap once that is smaller. The zero value is the empty set.
//
// Whoever owns a docset may add and remove; once published it is shared and never changed.
type docset struct {
	n    int
	ids  []uint32 // sorted; in use while words is nil
	word []uint64 // bit i%64 of word[i/64]
}

const (
	// A list costs 32 bits an element, a bitmap one bit for each number up to the largest.
	minBitmap = 64  // below this a list is never worth turning
	thinning  = 128 // a bitmap with fewer than 1/thinning of its bits set turns back
)

func (s *docset) empty() bool { return s.n == 0 }

func (s *docset) has(id uint32) bool {
	if s.word != nil {
		w := int(id >> 6)
		return w < len(s.word) && s.word[w]&(1<<(id&63)) != 0
	}
	_, ok := slices.BinarySearch(s.ids, id)
	return ok
}

// add puts id in; the caller owns s.
func (s *docset) add(id uint32) {
	if s.word != nil {
		w := int(id >> 6)
		if w >= len(s.word) {
			s.word = append(s.word, make([]uint64, w+1-len(s.word))...)
		}
		if bit := uint64(1) << (id & 63); s.word[w]&bit == 0 {
			s.word[w] |= bit
			s.n++
		}
		return
	}
	if k := len(s.ids); k == 0 || s.ids[k-1] < id {
		s.ids = append(s.ids, id)
	} else {
		i, ok := slices.BinarySearch(s.ids, id)
		if ok {
			return
		}
		s.ids = slices.Insert(s.ids, i, id)
	}
	s.n++
	if last := s.ids[s.n-1]; s.n > minBitmap && s.n*32 > int(last) {
		s.word = s.bitmap(int(last)>>6 + 1)
		s.ids = nil
	}
}

// remove takes id out; the caller owns s.
func (s *docset) remove(id uint32) {
	if s.word != nil {
		w := int(id >> 6)
		if w >= len(s.word) || s.word[w]&(1<<(id&63)) == 0 {
			return
		}
		s.word[w] &^= 1 << (id & 63)
		s.n--
		if s.n*thinning < len(s.word)*64 {
			s.ids = s.list()
			s.word = nil
		}
		return
	}
	if i, ok := slices.BinarySearch(s.ids, id); ok {
		s.ids = slices.Delete(s.ids, i, i+1)
		s.n--
	}
}

func (s *docset) clone() docset {
	return docset{n: s.n, ids: slices.Clone(s.ids), word: slices.Clone(s.word)}
}

// bitmap returns the set as fresh words, at least the given number of them.
func (s *docset) bitmap(words int) []uint64 {
	if s.word != nil {
		out := make([]uint64, max(words, len(s.word)))
		copy(out, s.word)
		return out
	}
	if k := len(s.ids); k > 0 {
		words = max(words, int(s.ids[k-1])>>6+1)
	}
	out := make([]uint64, words)
	for _, id := range s.ids {
		out[id>>6] |= 1 << (id & 63)
	}
	return out
}

// words returns the set as a bitmap that must not be changed.
func (s *docset) words() []uint64 {
	if s.word != nil {
		return s.word
	}
	return s.bitmap(0)
}

// list returns the set as a fresh sorted list.
func (s *docset) list() []uint32 {
	if s.word == nil {
		return slices.Clone(s.ids)
	}
	out := make([]uint32, 0, s.n)
	for id := range s.all() {
		out = append(out, id)
	}
	return out
}

// all yields the elements in ascending order.
func (s *docset) all() func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		if s.word == nil {
			for _, id := range s.ids {
				if !yield(id) {
					return
				}
			}
			return
		}
		for w, word := range s.word {
			for ; word != 0; word &= word - 1 {
				if !yield(uint32(w<<6 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// fromWords makes a set of a bitmap that it then owns.
func fromWords(word []uint64) docset {
	s := docset{word: word}
	for _, w := range word {
		s.n += bits.OnesCount64(w)
	}
	if s.n*thinning < len(word)*64 {
		s.ids = s.list()
		s.word = nil
	}
	return s
}

// fromIDs makes a set of a sorted list without repeats that it then owns.
func fromIDs(ids []uint32) docset { return docset{n: len(ids), ids: ids} }

// and returns the elements that are in both.
func (s docset) and(t docset) docset {
	if s.n > t.n {
		s, t = t, s
	}
	switch {
	case s.n == 0:
		return docset{}
	case s.word == nil:
		out := make([]uint32, 0, s.n)
		for _, id := range s.ids {
			if t.has(id) {
				out = append(out, id)
			}
		}
		return fromIDs(out)
	default: // the smaller is a bitmap; the larger may still be a list when it is thinly spread
		u := t.words()
		out := make([]uint64, min(len(s.word), len(u)))
		for i := range out {
			out[i] = s.word[i] & u[i]
		}
		return fromWords(out)
	}
}

// andCount is the size of the intersection with a bitmap.
func (s *docset) andCount(word []uint64) int {
	n := 0
	if s.word == nil {
		for _, id := range s.ids {
			if w := int(id >> 6); w < len(word) && word[w]&(1<<(id&63)) != 0 {
				n++
			}
		}
		return n
	}
	k := min(len(s.word), len(word))
	a, b := s.word[:k], word[:k]
	for i, w := range a {
		n += bits.OnesCount64(w & b[i])
	}
	return n
}

// andNot returns the elements of s that are not in t.
func (s docset) andNot(t docset) docset {
	if t.n == 0 || s.n == 0 {
		return s
	}
	if s.word == nil {
		ids := make([]uint32, 0, s.n)
		for _, id := range s.ids {
			if !t.has(id) {
				ids = append(ids, id)
			}
		}
		return fromIDs(ids)
	}
	out := s.bitmap(0)
	if t.word == nil {
		for _, id := range t.ids {
			if w := int(id >> 6); w < len(out) {
				out[w] &^= 1 << (id & 63)
			}
		}
		return fromWords(out)
	}
	for i := range min(len(out), len(t.word)) {
		out[i] &^= t.word[i]
	}
	return fromWords(out)
}

// union returns the elements that are in any of the sets.
func union(sets []docset) docset {
	total, filled, only := 0, 0, 0
	for i := range sets {
		if sets[i].n > 0 {
			total += sets[i].n
			filled++
			only = i
		}
	}
	switch {
	case filled == 0:
		return docset{}
	case filled == 1:
		return sets[only]
	case total <= minBitmap:
		ids := make([]uint32, 0, total)
		for i := range sets {
			for id := range sets[i].all() {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		return fromIDs(slices.Compact(ids))
	}
	var out []uint64
	for i := range sets {
		out = sets[i].orInto(out)
	}
	return fromWords(out)
}

// orInto sets the bits of s in word, which grows as needed.
func (s *docset) orInto(word []uint64) []uint64 {
	if s.word == nil {
		for _, id := range s.ids {
			word = setBit(word, id)
		}
		return word
	}
	if k := len(s.word); k > len(word) {
		word = append(word, make([]uint64, k-len(word))...)
	}
	for i, w := range s.word {
		word[i] |= w
	}
	return word
}

func setBit(word []uint64, id uint32) []uint64 {
	w := int(id >> 6)
	if w >= len(word) {
		word = append(word, make([]uint64, w+1-len(word))...)
	}
	word[w] |= 1 << (id & 63)
	return word
}

// take appends to out up to limit elements that are at least from, in ascending order, after skipping
// some.
func (s *docset) take(out []uint32, from, skip, limit int) []uint32 {
	if s.word == nil {
		i, _ := slices.BinarySearch(s.ids, uint32(from))
		i = min(i+skip, len(s.ids))
		return append(out, s.ids[i:min(i+limit, len(s.ids))]...)
	}
	for w := from >> 6; w < len(s.word) && limit > 0; w++ {
		word := s.word[w]
		if w == from>>6 {
			word &= ^uint64(0) << (from & 63)
		}
		if c := bits.OnesCount64(word); c <= skip {
			skip -= c
			continue
		}
		for ; word != 0 && limit > 0; word &= word - 1 {
			if skip > 0 {
				skip--
				continue
			}
			out = append(out, uint32(w<<6+bits.TrailingZeros64(word)))
			limit--
		}
	}
	return out
}

// takeDown is take for elements below from, in descending order.
func (s *docset) takeDown(out []uint32, from, skip, limit int) []uint32 {
	if s.word == nil {
		i, _ := slices.BinarySearch(s.ids, uint32(from))
		for i = max(i-skip, 0); i > 0 && limit > 0; limit-- {
			i--
			out = append(out, s.ids[i])
		}
		return out
	}
	from = min(from, len(s.word)<<6)
	for w := (from - 1) >> 6; w >= 0 && limit > 0; w-- {
		word := s.word[w]
		if w == from>>6 {
			word &= 1<<(from&63) - 1
		}
		if c := bits.OnesCount64(word); c <= skip {
			skip -= c
			continue
		}
		for word != 0 && limit > 0 {
			top := 63 - bits.LeadingZeros64(word)
			word &^= 1 << top
			if skip > 0 {
				skip--
				continue
			}
			out = append(out, uint32(w<<6+top))
			limit--
		}
	}
	return out
}

// size is the memory that the set takes, in bytes, about.
func (s *docset) size() int { return 4*cap(s.ids) + 8*cap(s.word) + 56 }
