package index

import (
	"slices"
	"strconv"
	"strings"
)

// Facet counts, for one index key, how many entities have each value.
type Facet struct {
	Name   string // as it was asked for
	Values []FacetValue
	json   []byte
}

// FacetValue is a value as it is written, and how many entities have it.
type FacetValue struct {
	Value string
	Count int
}

// ParseFacets reads the values of the parameter facet, or of the body's facets. Errors are
// errs.Invalid.
func ParseFacets(params []string) ([]string, error) {
	var names []string
	for _, p := range params {
		if p = strings.TrimSpace(p); p != "" && !slices.Contains(names, p) {
			names = append(names, p)
		}
		if len(p) > maxKey*4 {
			return nil, invalid("name an index key, such as spec.type", "a facet has a name of %d bytes", len(p))
		}
		if len(names) > maxFacets {
			return nil, invalid("ask in several requests", "there are more than %d facets", maxFacets)
		}
	}
	if len(names) == 0 {
		return nil, invalid("write facet=kind, or facets in the body of a POST", "no facet is named")
	}
	return names, nil
}

// Facets counts values among the entities that match and may be seen. The result has one Facet for each
// name, in the same order, its values sorted; a key that nothing has gives no values.
func (s *Snapshot) Facets(names []string, filters Filters, r *Restriction) []Facet {
	return s.facets(names, filters, textFilter{}, r)
}

// FacetsOf counts as Facets does, among the entities in which a text is found too. The error is
// errs.Invalid: a search term that is too long.
func (s *Snapshot) FacetsOf(names []string, filters Filters, text TextQuery, r *Restriction) ([]Facet, error) {
	if err := text.check(); err != nil {
		return nil, err
	}
	return s.facets(names, filters, text.filter(""), r), nil
}

func (s *Snapshot) facets(names []string, filters Filters, text textFilter, r *Restriction) []Facet {
	out := make([]Facet, len(names))
	for i, name := range names {
		key := text.appendKey(filters.appendKey(make([]byte, 0, 256), r))
		key = append(key, lower(name)...)
		out[i] = s.memo.facets.get(key, func() (Facet, int) {
			f := s.facet(lower(name), filters, text, r)
			return f, cap(f.json) + 24*cap(f.Values)
		})
		out[i].Name = name
	}
	return out
}

func (s *Snapshot) facet(key string, filters Filters, text textFilter, r *Restriction) Facet {
	var f Facet
	v := s.veil(r)
	set := s.found(filters, text, r)
	within := set.words()
	direct, id, items := s.resolve(key)
	if direct != nil {
		veiled := s.veiled(v, id) && !direct.given.empty()
		for _, t := range s.facetTerms(direct, id) {
			n := 0
			if t.docs != nil {
				n = t.docs.andCount(within)
			} else if w := int(t.one >> 6); w < len(within) && within[w]&(1<<(t.one&63)) != 0 {
				n = 1
			}
			if v.absent(id, t.text) {
				continue // below
			}
			if n > 0 && veiled && v.hidden(s, t.text) {
				n = v.relatedOnly(s, id, t.text, direct.equals(t.text).and(set)).n
			}
			if n > 0 {
				f.Values = append(f.Values, FacetValue{Value: t.text, Count: n})
			}
		}
	}
	if v.absent(id, string(Absent)) {
		absent := s.equals(v, id, direct, string(Absent))
		if n := absent.andCount(within); n > 0 {
			f.count(string(Absent), n)
		}
	}
	if all := union(items); !all.empty() {
		if n := all.andCount(within); n > 0 {
			f.count("true", n)
		}
	}
	f.json = f.appendJSON(nil)
	return f
}

// count adds to a value that may not be there yet.
func (f *Facet) count(value string, n int) {
	i, ok := slices.BinarySearchFunc(f.Values, value, func(v FacetValue, want string) int { return strings.Compare(v.Value, want) })
	if !ok {
		f.Values = slices.Insert(f.Values, i, FacetValue{Value: value})
	}
	f.Values[i].Count += n
}

func (s *Snapshot) facetTerms(f *field, id fieldID) []facetTerm {
	if t := f.sorted.Load(); t != nil {
		return *t
	}
	sc := s.scanner()
	defer s.release(sc)
	return f.facetTerms(func(doc uint32, text string) string {
		return strings.Clone(s.docs.get(doc).written(sc.scanner, &sc.out, id, text))
	})
}

func (f *Facet) appendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, v := range f.Values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"value":`...), v.Value)
		dst = append(dst, `,"count":`...)
		dst = append(strconv.AppendInt(dst, int64(v.Count), 10), '}')
	}
	return append(dst, ']')
}
