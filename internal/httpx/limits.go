package httpx

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/errs"
)

// Limits bound what one caller may have of the server: a service by its name, everybody else by their address. Zero
// means no limit.
type Limits struct {
	Requests int // answered at a time
	Streams  int // open at a time, beside the requests
	// FailedSignIns a minute may come from an address, of tokens that are not known here.
	FailedSignIns int
	// SignIns a minute may be begun from an address.
	SignIns int
}

// callerID tells callers apart for the limits.
type callerID struct {
	addr [16]byte
	name string
}

// identify says whose share a request is of.
func identify(r *http.Request, c *Caller) callerID {
	if c.Name != "" && !c.Ambient {
		return callerID{name: c.Name}
	}
	return callerID{addr: network(c.from.client(r))}
}

// peerOf is the address that the connection comes from.
func peerOf(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

// network is what one subscriber has: an IPv4 address, or 64 bits of IPv6.
func network(a netip.Addr) [16]byte {
	b := a.As16()
	if a.Is6() {
		clear(b[8:])
	}
	return b
}

// crowd counts what callers have at a time. It knows only those who have something, so it is never larger than the
// number of open requests.
type crowd struct {
	most   int
	seed   maphash.Seed
	shards [16]shard
}

type shard struct {
	sync.Mutex
	has map[callerID]int
	_   [48]byte // a cache line each
}

// newCrowd returns nil, which lets everybody in, for no limit.
func newCrowd(most int) *crowd {
	if most <= 0 {
		return nil
	}
	c := &crowd{most: most, seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].has = map[callerID]int{}
	}
	return c
}

// enter returns where to leave, which is nil where nothing is counted.
func (c *crowd) enter(id callerID) (s *shard, ok bool) {
	if c == nil {
		return nil, true
	}
	h := maphash.Comparable(c.seed, id)
	s = &c.shards[h%uint64(len(c.shards))]
	s.Lock()
	n := s.has[id]
	if ok = n < c.most; ok {
		s.has[id] = n + 1
	}
	s.Unlock()
	return s, ok
}

func (s *shard) leave(id callerID) {
	if s == nil {
		return
	}
	s.Lock()
	defer s.Unlock()
	if n := s.has[id]; n > 1 {
		s.has[id] = n - 1
	} else {
		delete(s.has, id)
	}
}

// gates are the limits at work.
type gates struct {
	requests, streams *crowd
	guesses, signIns  *guesses
	from              *proxies
}

func newGates(l Limits, from *proxies) gates {
	return gates{
		requests: newCrowd(l.Requests), streams: newCrowd(l.Streams), from: from,
		guesses: newGuesses(l.FailedSignIns, from, time.Now), signIns: newGuesses(l.SignIns, from, time.Now),
	}
}

// enter counts a request among its caller's. What it returns is left at the end.
func (g *gates) enter(w http.ResponseWriter, r *http.Request, id callerID) (*shard, error) {
	crowd, what, remedy := g.requests, "requests", "wait for answers before sending more, or raise portico.limits.requests"
	if isStream(r) {
		crowd, what, remedy = g.streams, "streams", "close streams that nobody follows, or raise portico.limits.streams"
	}
	s, ok := crowd.enter(id)
	if ok {
		return s, nil
	}
	w.Header().Set("Retry-After", "1")
	if id.name == "" {
		remedy = g.from.remedy(r, remedy)
	}
	return nil, errs.WithRemedy(errs.New(errs.TooMany, "%d %s of this caller are open already", crowd.most, what), remedy)
}

func isStream(r *http.Request) bool {
	for _, v := range r.Header["Accept"] {
		if strings.Contains(v, "text/event-stream") {
			return true
		}
	}
	return false
}

// guesses are the failed tokens of addresses, or the sign-ins that they begin: each has a bucket that fills again with time.
type guesses struct {
	perMinute float64
	from      *proxies
	now       func() time.Time
	some      atomic.Bool // whether any address has failed yet: without, nothing is looked up
	mu        sync.Mutex
	of        map[[16]byte]bucket
	good      map[uint64]time.Time // by holder: when a token was last known, since somebody failed
}

type bucket struct {
	left float64
	at   time.Time
	last uint64 // the hash of the last token
}

// maxGuessers bounds the memory; past it, addresses that nothing is held against go first.
const maxGuessers = 16_384

// widely is how much more may come through one proxy than from one address.
const widely = 10

// lately is how long a client through a proxy is remembered for a token that was not known, and for one that was.
const lately = time.Minute

func newGuesses(perMinute int, from *proxies, now func() time.Time) *guesses {
	if perMinute <= 0 {
		return nil
	}
	return &guesses{perMinute: float64(perMinute), from: from, now: now, of: map[[16]byte]bucket{}, good: map[uint64]time.Time{}}
}

// check refuses to look at a token from an address that has tried too many. Where too many came through a proxy, that is
// none of the business of its clients who failed not lately, or come with a token that was known from them lately: else
// whoever has a few addresses could lock out everybody who comes through it.
func (g *guesses) check(w http.ResponseWriter, r *http.Request) error {
	if g == nil || !g.some.Load() {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	for _, a := range g.accounts(r) {
		b, ok := g.of[a.key]
		if !ok || b.filled(now, a.perMinute) >= 1 || a.proxy && g.spares(r, now) {
			continue
		}
		w.Header().Set("Retry-After", strconv.Itoa(1+int(60/a.perMinute)))
		return errs.WithRemedy(errs.New(errs.TooMany, "too many unknown tokens came from this address"),
			g.from.remedy(r, "check the token against backend.auth.externalAccess before sending it again"))
	}
	return nil
}

// failed holds a token that is not known against the addresses that it came from. One that comes again is held
// against them once: a script with an old token guesses nothing, and must not lock out its neighbours.
func (g *guesses) failed(r *http.Request) {
	if g == nil {
		return
	}
	token := maphash.String(guessSeed, r.Header.Get("Authorization"))
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.some.Store(true)
	for _, a := range g.accounts(r) {
		b, ok := g.of[a.key]
		switch {
		case !ok:
			g.makeRoom(now)
			b = bucket{left: a.perMinute, at: now}
		case b.last == token:
			continue
		}
		b.left, b.at, b.last = max(0, b.filled(now, a.perMinute)-1), now, token
		g.of[a.key] = b
	}
}

// spend counts a sign-in that begins, and refuses it where the address has begun too many. Only the client's own address
// counts, by the word of a proxy too: what all who come through one share, a few of them could use up for everybody.
func (g *guesses) spend(w http.ResponseWriter, r *http.Request) error {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now, client := g.now(), g.clientOf(r)
	b, ok := g.of[client]
	if !ok {
		g.makeRoom(now)
		b = bucket{left: g.perMinute, at: now}
	}
	if b.left, b.at = b.filled(now, g.perMinute), now; b.left < 1 {
		w.Header().Set("Retry-After", strconv.Itoa(1+int(60/g.perMinute)))
		return errs.WithRemedy(errs.New(errs.TooMany, "too many sign-ins were begun from this address"),
			g.from.remedy(r, "wait a minute and sign in again; where many people share the address, raise portico.limits.signIns"))
	}
	b.left--
	g.of[client] = b
	return nil
}

// checkVisit refuses what no person went to: another site's page makes a browser ask for images and frames, ahead of time
// too, any number of times, and would use up what its visitor's address may begin. Programs and old browsers do not say
// what they ask for, and are let through. A window that a page opens asks for a document, as a person does.
func checkVisit(r *http.Request) error {
	dest, ahead := r.Header.Get("Sec-Fetch-Dest"), r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose")
	if dest == "" || dest == "document" && !strings.Contains(ahead, "prefetch") {
		return nil
	}
	return errs.WithRemedy(errs.New(errs.Forbidden, "a sign-in begins where somebody goes to it, and not within another page or ahead of time"),
		"open the portal and sign in there")
}

var guessSeed = maphash.MakeSeed()

// clientOf tells clients apart.
func (g *guesses) clientOf(r *http.Request) [16]byte { return network(g.from.client(r)) }

// spares reports whether a full bucket of the proxy does not concern the request.
func (g *guesses) spares(r *http.Request, now time.Time) bool {
	b, ok := g.of[g.clientOf(r)]
	if !ok || now.Sub(b.at) >= lately {
		return true
	}
	at, ok := g.good[g.holderOf(r)]
	return ok && now.Sub(at) < lately
}

// holderOf tells apart who sends which token. That is not the token alone: elsewhere it could be a guess.
func (g *guesses) holderOf(r *http.Request) uint64 {
	return maphash.Comparable(guessSeed, struct {
		client [16]byte
		token  string
	}{g.clientOf(r), r.Header.Get("Authorization")})
}

// known notes that a token is. Before anybody failed nothing hangs on it.
func (g *guesses) known(r *http.Request) {
	if g == nil || !g.some.Load() {
		return
	}
	holder := g.holderOf(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if _, ok := g.good[holder]; !ok && len(g.good) >= maxGuessers {
		clear(g.good) // they are known again with their next request
	}
	g.good[holder] = now
}

func (b bucket) filled(now time.Time, perMinute float64) float64 {
	return min(perMinute, b.left+now.Sub(b.at).Minutes()*perMinute)
}

type account struct {
	key       [16]byte
	perMinute float64
	proxy     bool
}

// accounts are the client's, and the proxy's where one names the client: or whoever can name any would have any number
// of guesses.
func (g *guesses) accounts(r *http.Request) []account {
	client, peer := g.clientOf(r), network(peerOf(r))
	if client == peer {
		return []account{{key: client, perMinute: g.perMinute}}
	}
	// Told apart from a client of that address.
	peer[0] ^= 0xff
	return []account{{key: client, perMinute: g.perMinute}, {key: peer, perMinute: g.perMinute * widely, proxy: true}}
}

func (g *guesses) makeRoom(now time.Time) {
	if len(g.of) < maxGuessers {
		return
	}
	for k, b := range g.of {
		if now.Sub(b.at) > time.Minute {
			delete(g.of, k)
		}
	}
	for k := range g.of { // in no order
		if len(g.of) < maxGuessers {
			return
		}
		delete(g.of, k)
	}
}
