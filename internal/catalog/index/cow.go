package index

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"
	"strings"
)

// generation numbers the batches of the writer. What carries the generation of the running batch was
// made by it and may be changed in place; what is older is published, and copied before it changes.
type generation uint64

// cowMap is a map from strings that shares what did not change with its earlier versions. A copy of
// the struct is a version; it stays as it is while the writer goes on changing its own copy.
//
// Entries live in shards, each of which covers an equal range of hashes. A shard is a few short slices:
// to look into it is to compare some dozens of hashes in a row, to copy it before its first change is
// three short memory copies, and it takes two thirds of the memory of Go's maps, which matters at a
// million entries.
type cowMap[V any] struct {
	gen    generation
	n      int
	shards []*shard[V] // a power of two of them
}

type shard[V any] struct {
	gen  generation
	hash []uint32 // in no order
	keys []string
	vals []V
}

// shardFill is the mean number of entries in a shard at which there come to be twice as many shards.
const shardFill = 48

var seed = maphash.MakeSeed()

func hashOf(key string) uint32 { return uint32(maphash.String(seed, key)) }

func (c *cowMap[V]) shardOf(h uint32) int {
	return int(uint64(h) >> (33 - bits.Len(uint(len(c.shards)))))
}

func (s *shard[V]) find(h uint32, key string) (i int, ok bool) {
	for i, x := range s.hash {
		if x == h && s.keys[i] == key {
			return i, true
		}
	}
	return 0, false
}

func (c *cowMap[V]) get(key string) (v V, ok bool) {
	if len(c.shards) == 0 {
		return v, false
	}
	h := hashOf(key)
	s := c.shards[c.shardOf(h)]
	i, ok := s.find(h, key)
	if ok {
		v = s.vals[i]
	}
	return v, ok
}

// own returns the copy of key that the map holds, so that who keeps it keeps nothing else alive.
func (c *cowMap[V]) own(key string) string {
	if len(c.shards) > 0 {
		h := hashOf(key)
		s := c.shards[c.shardOf(h)]
		if i, ok := s.find(h, key); ok {
			return s.keys[i]
		}
	}
	return strings.Clone(key)
}

func (c *cowMap[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, s := range c.shards {
			for i, k := range s.keys {
				if !yield(k, s.vals[i]) {
					return
				}
			}
		}
	}
}

// slot is a place in a cowMap that the batch gen may change, until the map changes elsewhere.
type slot[V any] struct {
	c     *cowMap[V]
	s     *shard[V]
	hash  uint32
	i     int
	found bool
}

// slot finds the place for key.
func (c *cowMap[V]) slot(gen generation, key string) slot[V] {
	if len(c.shards) == 0 {
		c.shards, c.gen = []*shard[V]{{gen: gen}}, gen
	}
	h := hashOf(key)
	at := c.shardOf(h)
	s := c.shards[at]
	if s.gen != gen {
		if c.gen != gen {
			c.shards, c.gen = slices.Clone(c.shards), gen
		}
		copied := *s
		copied.gen = gen
		copied.resize(len(s.hash) + 1)
		s = &copied
		c.shards[at] = s
	}
	i, found := s.find(h, key)
	return slot[V]{c: c, s: s, hash: h, i: i, found: found}
}

// value is what is there, where something was found.
func (p *slot[V]) value() *V { return &p.s.vals[p.i] }

// insert puts key and v where nothing was found.
func (p *slot[V]) insert(key string, v V) {
	s, c := p.s, p.c
	s.hash = append(s.hash, p.hash)
	s.keys = append(s.keys, key)
	s.vals = append(s.vals, v)
	if c.n++; c.n > len(c.shards)*shardFill {
		c.split(s.gen)
	}
}

// remove takes out what was found.
func (p *slot[V]) remove() {
	s, last := p.s, len(p.s.hash)-1
	s.hash[p.i], s.keys[p.i], s.vals[p.i] = s.hash[last], s.keys[last], s.vals[last]
	s.hash = slices.Delete(s.hash, last, last+1)
	s.keys = slices.Delete(s.keys, last, last+1)
	s.vals = slices.Delete(s.vals, last, last+1)
	p.c.n--
}

// compact gives back the room that the batch gen left for more.
func (c *cowMap[V]) compact(gen generation) {
	for _, s := range c.shards {
		if s.gen == gen {
			s.resize(len(s.hash))
		}
	}
}

// resize moves the entries into memory of their own.
func (s *shard[V]) resize(n int) {
	s.hash = append(make([]uint32, 0, n), s.hash...)
	s.keys = append(make([]string, 0, n), s.keys...)
	s.vals = append(make([]V, 0, n), s.vals...)
}

// split halves the range of every shard.
func (c *cowMap[V]) split(gen generation) {
	old := c.shards
	c.shards, c.gen = make([]*shard[V], 2*len(old)), gen
	bit := uint32(1) << (32 - bits.Len(uint(len(old)))) // that now decides
	for i, s := range old {
		var half [2]*shard[V]
		for k := range half {
			half[k] = &shard[V]{gen: gen}
			half[k].resize(len(s.hash) * 5 / 8)
			c.shards[2*i+k] = half[k]
		}
		for j, h := range s.hash {
			to := half[0]
			if h&bit != 0 {
				to = half[1]
			}
			to.hash = append(to.hash, h)
			to.keys = append(to.keys, s.keys[j])
			to.vals = append(to.vals, s.vals[j])
		}
	}
}

// pageSize is 64 so that a page of documents is one word of a bitmap.
const pageSize = 64

// pages is a slice of V, by document, that shares unchanged pages with its earlier versions.
type pages[V any] struct {
	gen  generation
	page []*page[V]
}

type page[V any] struct {
	gen generation
	at  [pageSize]V
}

// get returns the zero value beyond the end.
func (p *pages[V]) get(id uint32) (v V) {
	if i := int(id / pageSize); i < len(p.page) {
		return p.page[i].at[id%pageSize]
	}
	return v
}

// slot returns the place of id, for the batch gen to change.
func (p *pages[V]) slot(gen generation, id uint32) *V {
	if p.gen != gen {
		p.page = slices.Clone(p.page)
		p.gen = gen
	}
	i := int(id / pageSize)
	for i >= len(p.page) {
		p.page = append(p.page, &page[V]{gen: gen})
	}
	if p.page[i].gen != gen {
		copied := *p.page[i]
		copied.gen = gen
		p.page[i] = &copied
	}
	return &p.page[i].at[id%pageSize]
}
