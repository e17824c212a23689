package index

import (
	"hash/maphash"
	"maps"
	"slices"
)

// generation numbers the batches of the writer. What carries the generation of the running batch was
// made by it and may be changed in place; what is older is published, and copied before it changes.
type generation uint64

// cowMap is a map from strings that shares what did not change with its earlier versions. A copy of
// the struct is a version; it stays as it is while the writer goes on changing its own copy.
type cowMap[V any] struct {
	gen    generation
	n      int
	shards []*shard[V] // a power of two of them
}

type shard[V any] struct {
	gen generation
	m   map[string]V
}

// shardFill is the mean number of entries in a shard: what the first change to it copies.
const shardFill = 96

var seed = maphash.MakeSeed()

func (c *cowMap[V]) shardOf(key string) int {
	if len(c.shards) < 2 {
		return 0
	}
	return int(maphash.String(seed, key) & uint64(len(c.shards)-1))
}

func (c *cowMap[V]) get(key string) (v V, ok bool) {
	if len(c.shards) == 0 {
		return v, false
	}
	v, ok = c.shards[c.shardOf(key)].m[key]
	return v, ok
}

func (c *cowMap[V]) all() func(yield func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, s := range c.shards {
			for k, v := range s.m {
				if !yield(k, v) {
					return
				}
			}
		}
	}
}

// set stores v, in the batch gen.
func (c *cowMap[V]) set(gen generation, key string, v V) {
	m := c.own(gen, key)
	before := len(m)
	m[key] = v
	if len(m) == before {
		return
	}
	c.n++
	if c.n > len(c.shards)*shardFill {
		c.grow(gen)
	}
}

func (c *cowMap[V]) delete(gen generation, key string) {
	m := c.own(gen, key)
	before := len(m)
	delete(m, key)
	c.n -= before - len(m)
}

// own returns the map that holds key, for the batch gen to change.
func (c *cowMap[V]) own(gen generation, key string) map[string]V {
	if len(c.shards) == 0 {
		c.shards = []*shard[V]{{gen: gen, m: map[string]V{}}}
		c.gen = gen
	}
	i := c.shardOf(key)
	s := c.shards[i]
	if s.gen == gen {
		return s.m
	}
	if c.gen != gen {
		c.shards = slices.Clone(c.shards)
		c.gen = gen
	}
	s = &shard[V]{gen: gen, m: maps.Clone(s.m)}
	c.shards[i] = s
	return s.m
}

func (c *cowMap[V]) grow(gen generation) {
	old := c.shards
	c.gen = gen
	c.shards = make([]*shard[V], 2*len(old))
	for i, s := range old {
		low := &shard[V]{gen: gen, m: make(map[string]V, len(s.m)/2)}
		high := &shard[V]{gen: gen, m: make(map[string]V, len(s.m)/2)}
		c.shards[i], c.shards[i+len(old)] = low, high
		for k, v := range s.m {
			if maphash.String(seed, k)&uint64(len(old)) == 0 {
				low.m[k] = v
			} else {
				high.m[k] = v
			}
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
