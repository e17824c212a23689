package index

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// Find looks for entities by parts of what they are called.
type Find struct {
	// Words must all occur in the name, the title, the displayed name or the description, in any order and any case. One of
	// a single byte counts only where a word begins, and not in the description: it is in nearly every text.
	Words []string
	// Tags are beginnings of tags; each must be that of one.
	Tags []string
	// Only and Never choose kinds; empty ones choose nothing.
	Only, Never []string
	// Mine are owners: what they own comes before what is found alike.
	Mine  []string
	Limit int
}

// Found is what Find finds.
type Found struct {
	Docs []*Doc // the best Limit
	// ByKind counts all that match, of any kind; Total those of the kinds that were asked for.
	ByKind map[string]int
	Total  int
}

const (
	maxFindBytes = 200
	maxFindWords = 8
)

func (f *Find) check() error {
	size := 0
	for _, w := range slices.Concat(f.Words, f.Tags) {
		size += len(w)
	}
	switch {
	case size > maxFindBytes:
		return invalid("look for parts of a name", "what is looked for is %d bytes long; at most %d are read", size, maxFindBytes)
	case len(f.Words)+len(f.Tags) > maxFindWords:
		return invalid("look for fewer words", "%d words are looked for; at most %d are read", len(f.Words)+len(f.Tags), maxFindWords)
	}
	return nil
}

// What a word is worth by where it occurs. A description is worth less than any name, and somebody who typed all of a name
// means it, whatever else has its words.
const (
	findWhole       = 100
	findStart       = 60
	findWord        = 40
	findPart        = 20
	findDescription = 5
	findAll         = 1000
	findMine        = 10
	findMixed       = 30
)

// hit is one entity that was found.
type hit struct {
	points, kind, length int
	doc                  *Doc
}

func (a hit) compare(b hit) int {
	return cmp.Or(cmp.Compare(b.points, a.points), cmp.Compare(a.kind, b.kind), cmp.Compare(a.length, b.length), strings.Compare(a.doc.ref, b.doc.ref))
}

// Find returns the best entities first: the whole name, then its beginning, then a word in it, then any part, then the
// description. Equals come by kind, then by the shorter name. A word that is a ref, such as component:default/ledger or
// api:pay, means what it names; only where nothing is named so it is looked for as it stands. It looks at the signature of
// every entity that may be seen, and at the texts of those that may match. The error is errs.Invalid: too many words, or too
// long ones.
func (s *Snapshot) Find(f Find, r *Restriction) (Found, error) {
	if err := f.check(); err != nil {
		return Found{}, err
	}
	v := s.veil(r)
	if words, refs := f.refs(); len(refs) > 0 {
		named := f
		named.Words = words
		if found := s.find(&named, refs, v, r); len(found.ByKind) > 0 {
			return found, nil
		}
	}
	return s.find(&f, nil, v, r), nil
}

// refPart is what a ref says beside a name: of a kind, in a namespace, each in lower case or left out.
type refPart struct{ kind, namespace string }

// refs takes the words that are refs apart: their names stay among the words.
func (f *Find) refs() (words []string, refs []refPart) {
	for _, w := range f.Words {
		kind, name, isKind := strings.Cut(lower(w), ":")
		if !isKind {
			kind, name = "", kind
		}
		namespace, rest, isNamespace := strings.Cut(name, "/")
		if !isNamespace {
			namespace, rest = "", name
		}
		if kind == "" && namespace == "" {
			words = append(words, w)
			continue
		}
		refs = append(refs, refPart{kind, namespace})
		if rest != "" {
			words = append(words, rest)
		}
	}
	return words, refs
}

// fits reports whether a ref is of the kind and in the namespace.
func (p refPart) fits(ref string) bool {
	kind, rest, _ := strings.Cut(ref, ":")
	return (p.kind == "" || p.kind == kind) && (p.namespace == "" || strings.HasPrefix(rest, p.namespace+"/"))
}

func (s *Snapshot) find(f *Find, refs []refPart, v *veil, r *Restriction) Found {
	found := Found{ByKind: map[string]int{}}
	within := s.filtered(Filters{}, r)
	for _, tag := range f.Tags {
		within = within.and(s.tagged(lower(tag)))
	}
	var q signature
	words := make([]string, len(f.Words))
	for i, w := range f.Words {
		words[i] = lower(w)
		q.add(words[i])
	}
	mine := s.ownedBy(f.Mine, v)
	wholes := []string{strings.Join(words, " "), strings.Join(words, "-"), strings.Join(words, "_"), strings.Join(words, ".")}
	best := make([]hit, 0, f.Limit+1)
	for w, word := range within.words() {
		if word == 0 || w >= len(s.text.page) {
			continue
		}
		page := &s.text.page[w].at
		for ; word != 0; word &= word - 1 {
			at := bits.TrailingZeros64(word)
			e := &page[at]
			if !e.sig.covers(&q) {
				continue
			}
			points := e.points(words, wholes)
			if points < 0 {
				continue
			}
			id := uint32(w<<6 + at)
			doc := s.docs.get(id)
			if slices.ContainsFunc(refs, func(p refPart) bool { return !p.fits(doc.ref) }) {
				continue
			}
			kind, _, _ := strings.Cut(doc.ref, ":")
			found.ByKind[kind]++
			if len(f.Only) > 0 && !slices.Contains(f.Only, kind) || slices.Contains(f.Never, kind) {
				continue
			}
			found.Total++
			if mine.has(id) {
				points += findMine
			}
			one := hit{points, kindRank(kind), len(e.text[fieldName]), doc}
			if len(best) == f.Limit && (f.Limit == 0 || one.compare(best[f.Limit-1]) > 0) {
				continue
			}
			i, _ := slices.BinarySearchFunc(best, one, hit.compare)
			best = slices.Insert(best, i, one)
			best = best[:min(len(best), f.Limit)]
		}
	}
	for _, b := range best {
		found.Docs = append(found.Docs, v.doc(b.doc))
	}
	return found
}

// tagged is the set of documents with a tag that begins so.
func (s *Snapshot) tagged(start string) docset {
	id, ok := s.reg.lookup("metadata.tags")
	if !ok || s.field(id) == nil {
		return docset{}
	}
	return s.field(id).matching(func(text string) bool { return strings.HasPrefix(text, start) })
}

// ownedBy is the set of documents that are seen to be owned by any of the owners.
func (s *Snapshot) ownedBy(owners []string, v *veil) docset {
	id, ok := s.reg.lookup(relationKeys + "ownedby")
	if !ok || s.field(id) == nil {
		return docset{}
	}
	sets := make([]docset, len(owners))
	for i, owner := range owners {
		sets[i] = s.equals(v, id, s.field(id), lower(owner))
	}
	all := union(sets)
	if v != nil {
		all = all.and(v.visible)
	}
	return all
}

// points is what the words are worth in a text, below 0 where one of them does not occur. All in one name are worth more
// than some in each.
func (e *textEntry) points(words, wholes []string) int {
	names := [...]string{e.text[fieldName], e.text[fieldTitle], e.text[fieldDisplayName]}
	var sums [len(names)]int
	var lacks [len(names)]bool
	mixed := 0
	for _, w := range words {
		best := 0
		for i, n := range names {
			at := 0
			if n != "" {
				at = worth(n, w)
			}
			sums[i] += at
			lacks[i] = lacks[i] || at == 0
			best = max(best, at)
		}
		if best == 0 {
			if len(w) < 2 || !strings.Contains(e.text[fieldDescription], w) {
				return -1
			}
			best = findDescription
		}
		mixed += best
	}
	sum := mixed
	if len(words) > 1 {
		sum = max(0, mixed-findMixed)
	}
	for i := range names {
		if !lacks[i] {
			sum = max(sum, sums[i])
		}
		if names[i] != "" && slices.Contains(wholes, names[i]) {
			return sum + findAll
		}
	}
	return sum
}

// worth is what a word is worth in a name.
func worth(name, word string) int {
	i := strings.Index(name, word)
	switch {
	case i < 0:
		return 0
	case len(name) == len(word):
		return findWhole
	case i == 0:
		return findStart
	}
	for at := i; ; {
		if !wordByte(name[at-1]) {
			return findWord
		}
		next := strings.Index(name[at+1:], word)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if len(word) < 2 {
		return 0
	}
	return findPart
}

// wordByte reports whether a byte is of a word, and not between two.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
}

var findKinds = []string{"component", "api", "resource", "system", "domain", "group", "user", "template"}

// kindRank is the place of a kind among equals: Locations, which few look for, come last.
func kindRank(kind string) int {
	if i := slices.Index(findKinds, kind); i >= 0 {
		return i
	}
	if kind == "location" {
		return len(findKinds) + 1
	}
	return len(findKinds)
}
