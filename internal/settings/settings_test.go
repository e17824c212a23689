package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/pg"
)

// at is where Backstage's client asks for a setting: it encodes each part as encodeURIComponent does.
func at(p Place) string {
	return "/api/user-settings/buckets/" + url.PathEscape(p.Bucket) + "/keys/" + url.PathEscape(p.Key)
}

// The contract of Backstage's user-settings plugin, request by request.
func TestContract(t *testing.T) {
	t.Parallel()
	_, r := world(t)
	ann := r.enter("ann")
	home := Place{"default.home.customHomepage", "home"}
	r.want(ann, "GET", at(home), "", 404, `"name":"NotFoundError","message":"Unable to find 'home' in bucket 'default.home.customHomepage'"`)
	const value = `"{\"version\":1,\"pages\":{\"default\":[]}}"`
	want := `{"bucket":"default.home.customHomepage","key":"home","value":` + value + `}`
	if got := r.want(ann, "PUT", at(home), `{"value":`+value+`}`, 200, ""); got != want {
		t.Errorf("PUT answers %s", got)
	}
	if got := r.want(ann, "GET", at(home), "", 200, ""); got != want {
		t.Errorf("GET answers %s", got)
	}
	visits := Place{"default", "@backstage/plugin-home:visits:user:default/ann"}
	r.set(ann, visits, `[{"id":"<&>","hits":1.50}]`)
	got := r.want(ann, "POST", "/api/user-settings/multiget", `{"items":[{"bucket":"default","key":"none"},{"bucket":"default","key":"@backstage/plugin-home:visits:user:default/ann"},{"bucket":"default.home.customHomepage","key":"home"}]}`, 200, "")
	if got != `{"items":[null,{"bucket":"default","key":"@backstage/plugin-home:visits:user:default/ann","value":[{"id":"<&>","hits":1.50}]},`+want+`]}` {
		t.Errorf("multiget answers %s", got)
	}
	r.want(ann, "POST", "/api/user-settings/multiget", `{"items":[]}`, 200, `{"items":[]}`)
	if resp, text := r.send(ann, "DELETE", at(home), ""); resp.StatusCode != 204 || text != "" {
		t.Errorf("DELETE: %d %s", resp.StatusCode, text)
	}
	r.want(ann, "DELETE", at(home), "", 204, "")
	r.want(ann, "GET", at(home), "", 404, "")
	r.want(ann, "PUT", at(home), `{}`, 400, `"name":"InputError","message":"Missing required field \"value\""`)
	r.want(ann, "PUT", at(home), `{"value":null,"more":1}`, 200, `"value":null`)
	for _, w := range []who{{}, {token: "the-token-of-the-configuration"}} {
		r.want(w, "GET", at(home), "", 403, `"name":"NotAllowedError"`)
		r.want(w, "PUT", at(home), `{"value":1}`, 403, "kept of people who signed in")
		r.want(w, "DELETE", at(home), "", 403, "")
		r.want(w, "POST", "/api/user-settings/multiget", `{"items":[]}`, 403, "")
		r.want(w, "GET", "/api/portico/me/settings", "", 403, "")
	}
	r.want(who{token: "nobody-knows-this-one"}, "GET", at(home), "", 401, `"name":"AuthenticationError"`)
}

func TestAll(t *testing.T) {
	t.Parallel()
	_, r := world(t)
	ann := r.enter("ann")
	r.want(ann, "GET", "/api/portico/me/settings", "", 200, `{"items":[]}`)
	r.set(ann, Place{"b", "two"}, `2`)
	r.set(ann, Place{"b", "one"}, ` [ 1 ] `)
	r.set(ann, Place{"a", "x"}, `{}`)
	if got := r.settingsOf(ann); got != `{"items":[{"bucket":"a","key":"x","value":{}},{"bucket":"b","key":"one","value":[1]},{"bucket":"b","key":"two","value":2}]}` {
		t.Errorf("all: %s", got)
	}
	if got := r.want(ann, "GET", "/api/portico/me/settings?bucket=a&bucket=none", "", 200, ""); got != `{"items":[{"bucket":"a","key":"x","value":{}}]}` {
		t.Errorf("of some buckets: %s", got)
	}
	r.want(ann, "GET", "/api/portico/me/settings?bucket=%00", "", 400, "control characters")
	r.want(ann, "GET", "/api/portico/me/settings?"+strings.Repeat("bucket=a&", 101), "", 400, "at most 100")
}

func TestBounds(t *testing.T) {
	t.Parallel()
	pool, r := world(t)
	ann := r.enter("ann")
	p := Place{"b", "k"}
	long := strings.Repeat("ü", mostName)
	r.set(ann, Place{long, long}, `1`)
	for name, tt := range map[string]struct {
		place  Place
		body   string
		status int
		part   string
	}{
		"a long bucket":          {Place{long + "x", "k"}, `{"value":1}`, 400, "1 to 255 characters"},
		"a long key":             {Place{"b", long + "x"}, `{"value":1}`, 400, "1 to 255 characters"},
		"a nul in the key":       {Place{"b", "k\x00"}, `{"value":1}`, 400, "no text"},
		"a newline":              {Place{"b\n", "k"}, `{"value":1}`, 400, "control characters"},
		"a bucket that is none":  {Place{"\xff", "k"}, `{"value":1}`, 400, "no text"},
		"a value that is none":   {p, `{"value":}`, 400, "not JSON"},
		"bytes that are no text": {p, "{\"value\":\"\xff\"}", 400, "not UTF-8"},
		"no object":              {p, `[1]`, 400, "must be an object"},
		"too much":               {p, `{"value":"` + strings.Repeat("x", mostValue-1) + `"}`, 413, "at most 65536"},
		"too deep":               {p, `{"value":` + strings.Repeat("[", mostDepth+1) + strings.Repeat("]", mostDepth+1) + `}`, 400, "inside each other"},
	} {
		r.want(ann, "PUT", at(tt.place), tt.body, tt.status, tt.part)
		if t.Failed() {
			t.Fatalf("with %s", name)
		}
	}
	r.want(ann, "GET", at(p), "", 404, "")
	for _, value := range []string{
		`"\u0000"`, `"\ud800"`, `"[{\"\\"`, `1e400`, `{"a":1,"a":2}`, `"` + strings.Repeat("x", mostValue-2) + `"`,
		strings.Repeat("[", mostDepth) + strings.Repeat("]", mostDepth),
	} {
		r.set(ann, p, value)
		if got := r.want(ann, "GET", at(p), "", 200, ""); got != `{"bucket":"b","key":"k","value":`+value+`}` {
			t.Errorf("%.40s became %.80s", value, got)
		}
	}
	fill(t, pool, mostSettings-2)
	r.set(ann, p, `2`) // it is there
	r.want(ann, "PUT", at(Place{"b", "more"}), `{"value":1}`, 409, "1000 settings already")
	r.want(ann, "DELETE", at(p), "", 204, "")
	r.set(ann, Place{"b", "more"}, `1`)

	bob := r.enter("bob")
	big := `"` + strings.Repeat("x", mostValue-2) + `"`
	for i := range mostBytes / mostValue {
		r.set(bob, Place{"b", fmt.Sprint(i)}, big)
	}
	r.want(bob, "PUT", at(p), `{"value":1}`, 409, "more than 4194304 bytes")
	r.set(bob, Place{"b", "0"}, `1`)
	r.set(bob, p, `1`)
	many := strings.TrimSuffix(strings.Repeat(`{"bucket":"b","key":"1"},`, 100), ",")
	r.want(bob, "POST", "/api/user-settings/multiget", `{"items":[`+many+`]}`, 400, "ask for each once")
	r.want(bob, "POST", "/api/user-settings/multiget", `{"items":[`+strings.TrimSuffix(strings.Repeat(`{"bucket":"b","key":"x"},`, 1001), ",")+`]}`, 400, "at most 1000")
	r.want(bob, "POST", "/api/user-settings/multiget", `{"items":[{"bucket":"b"}]}`, 400, "key")
}

// fill gives ann so many settings more, without a request for each.
func fill(t *testing.T, pool *pg.Pool, n int) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `
		WITH o AS (UPDATE setting_owners SET settings = settings + $1, bytes = bytes + $1 WHERE user_ref = 'user:default/ann' RETURNING id)
		INSERT INTO user_settings (owner_id, bucket, key, value)
		SELECT o.id, 'filled', n::text, '1' FROM o, generate_series(1, $1) AS n`, n); err != nil {
		t.Fatal(err)
	}
}

// Nobody reads, changes or hears of what is another's: not an operator, and not somebody else under the same name.
func TestAnothers(t *testing.T) {
	t.Parallel()
	_, r := world(t)
	ann, bob := r.enter("ann"), r.enter("bob")
	one, other := r.enter("visitor"), r.enter("visitor?subject=another")
	p := Place{"b", "k"}
	r.set(ann, p, `"ann's"`)
	r.set(one, p, `"one's"`)
	for _, w := range []who{bob, other} {
		r.want(w, "GET", at(p), "", 404, "")
		r.want(w, "POST", "/api/user-settings/multiget", `{"items":[{"bucket":"b","key":"k"}]}`, 200, `{"items":[null]}`)
		r.want(w, "GET", "/api/portico/me/settings", "", 200, `{"items":[]}`)
		r.want(w, "DELETE", at(p), "", 204, "")
		r.set(w, p, `"another's"`)
	}
	r.want(ann, "GET", at(p), "", 200, `"ann's"`)
	r.want(one, "GET", at(p), "", 200, `"one's"`)
	r.want(r.enter("ann?subject=of+another+provider"), "GET", at(p), "", 200, `"ann's"`) // two accounts of one User are one person
}

func TestStars(t *testing.T) {
	t.Parallel()
	pool, r := world(t)
	ann, bob := r.enter("ann"), r.enter("bob")
	stars := func(w who, refs ...string) {
		t.Helper()
		list, err := json.Marshal(refs)
		if err != nil {
			t.Fatal(err)
		}
		r.set(w, starred, string(list))
	}
	want := func(w who, name string, people int, mine bool) {
		t.Helper()
		if p, m := r.people(w, name); p != people || m != mine {
			t.Errorf("%s: %d people, mine %v; want %d, %v", name, p, m, people, mine)
		}
	}
	want(ann, "checkout", 0, false)
	stars(ann, "Component:default/Checkout", "component:default/checkout", "nonsense", "component:default/payments")
	stars(bob, "component:default/checkout")
	want(ann, "checkout", 2, true)
	want(who{}, "checkout", 2, false)
	want(who{token: "the-token-of-the-configuration"}, "checkout", 2, false)
	want(bob, "payments", 1, false)
	stars(ann, "component:default/payments")
	want(ann, "checkout", 1, false)
	r.want(bob, "DELETE", at(starred), "", 204, "")
	want(bob, "checkout", 0, false)
	r.set(ann, starred, `{"not":"a list"}`)
	want(ann, "payments", 0, false)
	stars(ann, "component:default/hidden")
	r.want(ann, "GET", "/api/catalog/entities/by-name/component/default/hidden/stars", "", 404, "No entity named 'hidden' found, with kind 'component' in namespace 'default'")
	r.set(ann, starred, `[]`)
	if n := rows(t, pool, "star_counts"); n != 0 {
		t.Errorf("%d counts are left of nothing", n)
	}
}

func rows(t *testing.T, pool *pg.Pool, table string) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Many at once star and unstar the same few entities; in the end the counts are what the lists say.
func TestStarsAtOnce(t *testing.T) {
	t.Parallel()
	pool, r := world(t)
	people := make([]who, 6)
	for i := range people {
		people[i] = r.enter(fmt.Sprintf("person%d", i))
	}
	const refs = 4
	var all sync.WaitGroup
	for i, w := range people {
		all.Go(func() {
			for round := range 12 {
				var list []string
				for n := range refs {
					if (i*7+round*3+n)%3 != 0 {
						list = append(list, fmt.Sprintf(`"component:default/e%d"`, (n+i)%refs))
					}
				}
				if resp, text := r.send(w, "PUT", at(starred), `{"value":[`+strings.Join(list, ",")+`]}`); resp.StatusCode != 200 {
					t.Errorf("%d %s", resp.StatusCode, text)
				}
			}
		})
	}
	all.Wait()
	wrong, err := pg.Collect(t.Context(), pool, pgx.RowTo[string], `
		SELECT format('%s: %s, not %s', coalesce(c.entity_ref, l.ref), c.people, l.people)
		FROM star_counts c
		FULL JOIN (
			SELECT ref, count(*) AS people
			FROM user_settings, json_array_elements_text(value) AS ref
			GROUP BY ref
		) AS l ON l.ref = c.entity_ref
		WHERE c.people IS DISTINCT FROM l.people`)
	if err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Errorf("counts that are wrong: %v", wrong)
	}
}

// Settings go with the person, and the next of the name finds nothing.
func TestGone(t *testing.T) {
	t.Parallel()
	pool, r := world(t)
	ann, bob, cyd, one := r.enter("ann"), r.enter("bob"), r.enter("cyd"), r.enter("visitor")
	for _, w := range []who{ann, bob, cyd, one} {
		r.set(w, starred, `["component:default/checkout"]`)
	}
	if err := pg.Transact(t.Context(), pool, pg.TxOptions{}, func(tx pgx.Tx) error {
		return Forget(t.Context(), tx, []string{"User:default/Ann", "user:default/nobody"})
	}); err != nil {
		t.Fatal(err)
	}
	people := func(want int) {
		t.Helper()
		if n, _ := r.people(bob, "checkout"); n != want {
			t.Errorf("%d people, want %d", n, want)
		}
	}
	people(3)
	r.want(ann, "GET", at(starred), "", 404, "")
	users := map[string]bool{"user:default/bob": true, "user:default/visitor": true}
	gone := func(ref string) bool { return !users[ref] }
	if err := (&Store{DB: pool}).ForgetGone(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	people(1) // cyd is no User any more, and the visitor's name is a User's now
	delete(users, "user:default/bob")
	if err := (&Store{DB: pool}).ForgetGone(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"setting_owners", "user_settings", "star_counts"} {
		if n := rows(t, pool, table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

// heard waits until the follower has something to tell.
func heard(t *testing.T, f *Follower) string {
	t.Helper()
	select {
	case <-f.Wake():
		return string(f.Frames())
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is told")
		return ""
	}
}

// Of two replicas each tells the pages that it serves what was changed at the other, and nobody else's.
func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	pool, here := world(t)
	there := start(t, pool)
	ann := here.enter("ann")
	const frame = "event: setting\ndata: {\"bucket\":\"b\",\"key\":\"k\"}\n\n"
	mine, bobs := there.news.Follow(Owner{Ref: "user:default/ann"}), there.news.Follow(Owner{Ref: "user:default/bob"})
	visitors := there.news.Follow(Owner{Ref: "user:default/ann", Account: 7})
	own := here.news.Follow(Owner{Ref: "user:default/ann"})
	defer mine.Stop()
	// That a replica listens is told by what says that something may have been missed.
	for _, f := range []*Follower{own, mine, bobs, visitors} {
		here.settle(ann, f)
	}
	here.set(ann, Place{"b", "k"}, `1`)
	for _, f := range []*Follower{own, mine} {
		for text := ""; !strings.Contains(text, frame); {
			text = heard(t, f)
		}
	}
	here.want(ann, "DELETE", at(Place{"b", "k"}), "", 204, "")
	if got := heard(t, mine); got != frame {
		t.Errorf("of a removal it is told %q", got)
	}
	for _, f := range []*Follower{bobs, visitors} {
		if text := string(f.Frames()); strings.Contains(text, `"k"`) {
			t.Errorf("another hears %s", text)
		}
		f.Stop()
	}
	own.Stop()
	for range mostPending + 1 {
		mine.add(&Place{"b", "k"})
	}
	if got := string(mine.Frames()); got != frame {
		t.Errorf("many changes of one setting are told as %q", got)
	}
	for i := range mostPending + 1 {
		mine.add(&Place{"b", fmt.Sprint(i)})
	}
	if got := string(mine.Frames()); !strings.HasPrefix(got, "event: setting\ndata: {}\n\n") || strings.Count(got, "event:") != mostPending+1 {
		t.Errorf("more than wait are told as %.200q", got)
	}
}

// settle waits until a follower's replica listens: it has then heard that it may have missed something, or something.
func (r *replica) settle(ann who, f *Follower) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	for f.owner.Ref == "user:default/ann" && f.owner.Account == 0 {
		r.set(ann, Place{"b", "settle"}, `1`)
		select {
		case <-f.Wake():
			f.Frames()
			return
		case <-time.After(50 * time.Millisecond):
		}
		if ctx.Err() != nil {
			r.t.Fatal("the replica does not listen")
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{`1`: 0, `[]`: 1, `{"a":[[1],{}]}`: 3, `"[[["`: 0, `"\"[["`: 0, `["\\",[]]`: 2, `[[],[]]`: 2} {
		if got := depth([]byte(value)); got != want {
			t.Errorf("depth of %s is %d, want %d", value, got, want)
		}
	}
}
