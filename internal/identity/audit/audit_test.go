package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/identity"
	"portico/internal/pg"
	"portico/internal/pg/pgtest"
)

// book is a log on a database of its own.
type book struct {
	*Store
	t testing.TB
}

func newBook(t testing.TB) *book { return &book{&Store{DB: pgtest.New(t)}, t} }

func author(name, action string) Author {
	c := httpx.Caller{Name: name, Principal: &identity.Principal{Type: "service"}, RequestID: "51B0-7E21", Action: action, Address: netip.MustParseAddr("192.0.2.7")}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	return Of(r.WithContext(httpx.WithCaller(r.Context(), c)))
}

func (b *book) record(by Author, target string, more any) {
	b.t.Helper()
	err := pg.Transact(b.t.Context(), b.DB, pg.TxOptions{}, func(tx pgx.Tx) error { return by.Record(b.t.Context(), tx, target, more) })
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) fill(n int) {
	b.t.Helper()
	for i := range n {
		b.record(author("service:ci", "catalog.entity.remove"), fmt.Sprintf("component:default/c%d", i+1), map[string]any{"uid": i})
	}
}

func (b *book) exec(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.DB.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) verify() Report {
	b.t.Helper()
	rep, err := b.Verify(b.t.Context(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return rep
}

func TestARecordIsPartOfTheChange(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	if rep := b.verify(); !rep.OK || rep.Records != 0 {
		t.Errorf("an empty log: %+v", rep)
	}
	given := errors.New("given up")
	err := pg.Transact(t.Context(), b.DB, pg.TxOptions{}, func(tx pgx.Tx) error {
		if err := author("service:ci", "x").Record(t.Context(), tx, "y", nil); err != nil {
			return err
		}
		return given
	})
	if !errors.Is(err, given) {
		t.Fatal(err)
	}
	b.record(author("service:ci", "catalog.location.register"), "url:https://example.com/a\x00\xff", map[string]any{"presence": "required"})
	b.record(System("system:schedule"), "nothing is recorded of the portal itself", nil)
	b.record(author("service:ci", "x").Quiet(), "nor of what belongs to what is recorded", nil)
	list, _, err := b.Latest(t.Context(), Filter{}, 100, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	want := Record{Seq: 1, At: list[0].At, Actor: "service:ci", Principal: "service", Action: "catalog.location.register", Target: "url:https://example.com/a\uFFFD\uFFFD",
		Outcome: Allowed, Detail: json.RawMessage(`{"presence":"required"}`), RequestID: "51B0-7E21", Address: "192.0.2.7", Prev: make(Digest, 32), Digest: list[0].Digest}
	if diff := cmp.Diff(want, list[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if rep := b.verify(); !rep.OK || rep.Records != 1 || rep.UpTo != 1 || !bytes.Equal(rep.Digest, list[0].Digest) {
		t.Errorf("%+v", rep)
	}
	// Without the head nothing can be recorded, so nothing can be done.
	b.exec(`DELETE FROM audit_head`)
	err = pg.Transact(t.Context(), b.DB, pg.TxOptions{}, func(tx pgx.Tx) error { return author("a", "x").Record(t.Context(), tx, "y", nil) })
	if errs.KindOf(err) != errs.Internal || err == nil {
		t.Errorf("recorded without a head: %v", err)
	}
	if rep := b.verify(); rep.OK || rep.Broken == nil {
		t.Errorf("no head: %+v", rep)
	}
}

func TestTheChainIsLinear(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 10 {
				b.record(author(fmt.Sprintf("service:%d", i), "x"), "y", nil)
			}
		})
	}
	wg.Wait()
	if rep := b.verify(); !rep.OK || rep.Records != 80 || rep.First != 1 || rep.UpTo != 80 {
		t.Errorf("%+v", rep)
	}
}

func TestVerifyFindsWhatWasDone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sql string
		seq       int64
		problem   string
	}{
		{"time", `UPDATE audit_log SET at = at - interval '1 microsecond' WHERE seq = 4`, 4, "edited"},
		{"actor", `UPDATE audit_log SET actor = 'service:cj' WHERE seq = 4`, 4, "edited"},
		{"principal", `UPDATE audit_log SET principal = 'guest' WHERE seq = 4`, 4, "edited"},
		{"action", `UPDATE audit_log SET action = 'catalog.entity.restore' WHERE seq = 4`, 4, "edited"},
		{"target", `UPDATE audit_log SET target = 'component:default/x' WHERE seq = 4`, 4, "edited"},
		{"outcome", `UPDATE audit_log SET outcome = 'denied' WHERE seq = 4`, 4, "edited"},
		{"status", `UPDATE audit_log SET status = 403 WHERE seq = 4`, 4, "edited"},
		{"detail, in its spaces alone", `UPDATE audit_log SET detail = '{"uid": 3}' WHERE seq = 4`, 4, "edited"},
		{"request", `UPDATE audit_log SET request_id = '' WHERE seq = 4`, 4, "edited"},
		{"address", `UPDATE audit_log SET address = '192.0.2.8' WHERE seq = 4`, 4, "edited"},
		{"text moved into the next field", `UPDATE audit_log SET actor = 'service:c', principal = 'iservice' WHERE seq = 4`, 4, "edited"},
		{"digest", `UPDATE audit_log SET digest = sha256('x') WHERE seq = 4`, 4, "edited"},
		{"prev", `UPDATE audit_log SET prev = sha256('x') WHERE seq = 4`, 4, "edited"},
		{"both, to a chain of one's own", `UPDATE audit_log SET prev = n.prev, digest = n.digest FROM audit_log AS n WHERE audit_log.seq = 4 AND n.seq = 5`, 4, "edited"},
		{"first deleted", `DELETE FROM audit_log WHERE seq = 1`, 1, "deleted"},
		{"one deleted", `DELETE FROM audit_log WHERE seq = 4`, 4, "deleted"},
		{"several deleted", `DELETE FROM audit_log WHERE seq IN (4, 5)`, 4, "deleted"},
		{"last deleted", `DELETE FROM audit_log WHERE seq = 9`, 9, "deleted"},
		{"all deleted", `DELETE FROM audit_log`, 1, "deleted"},
		{"deleted, and the rest moved up", `WITH d AS (DELETE FROM audit_log WHERE seq = 9 RETURNING 1) UPDATE audit_head SET seq = 8`, 8, "edited"},
		{"two swapped", `UPDATE audit_log SET seq = 100 WHERE seq = 4; UPDATE audit_log SET seq = 4 WHERE seq = 5; UPDATE audit_log SET seq = 5 WHERE seq = 100`, 4, "edited"},
		{"one in front", `INSERT INTO audit_log SELECT 0, at, actor, principal, action, target, outcome, status, detail, request_id, address, prev, digest FROM audit_log WHERE seq = 1`, 0, "inserted"},
		{"one behind", `INSERT INTO audit_log SELECT 10, at, actor, principal, action, target, outcome, status, detail, request_id, address, prev, digest FROM audit_log WHERE seq = 9`, 10, "edited"},
		{"head set back", `UPDATE audit_head SET seq = 8, digest = (SELECT digest FROM audit_log WHERE seq = 8)`, 9, "inserted"},
		{"anchor", `UPDATE audit_head SET anchor_digest = sha256('x')`, 1, "edited"},
		{"first deleted, and the anchor moved there", `UPDATE audit_head SET anchor_seq = 1, anchor_digest = (SELECT digest FROM audit_log WHERE seq = 1); DELETE FROM audit_log WHERE seq = 1`, 1, "deleted"},
		{"several deleted, and the anchor moved there", `UPDATE audit_head SET anchor_seq = 5, anchor_digest = (SELECT digest FROM audit_log WHERE seq = 5); DELETE FROM audit_log WHERE seq <= 5`, 1, "deleted"},
		{"all deleted, and the anchor moved to the head", `UPDATE audit_head SET anchor_seq = seq, anchor_digest = digest; DELETE FROM audit_log`, 1, "deleted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBook(t)
			b.fill(9)
			if rep := b.verify(); !rep.OK {
				t.Fatalf("before: %+v", rep)
			}
			b.exec(tt.sql)
			rep := b.verify()
			if rep.OK || rep.Broken == nil || rep.Broken.Seq != tt.seq || rep.Broken.Problem != tt.problem {
				t.Errorf("%+v %+v, want %d %s", rep, rep.Broken, tt.seq, tt.problem)
			}
		})
	}
}

func (b *book) list() []Record {
	b.t.Helper()
	list, _, err := b.Latest(b.t.Context(), Filter{}, 1<<40, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func (b *book) serve() http.Handler {
	g := new(httpx.Registry)
	log := slog.New(slog.DiscardHandler)
	(&Handler{Store: b.Store, Log: log, Retention: 48 * time.Hour}).Mount(g)
	gate, err := identity.NewGate(&identity.Guest{Ref: "user:default/guest"}, []identity.StaticToken{
		{Token: "operator-token", Subject: "op"}, {Token: "catalog-token", Subject: "c", Restrictions: []identity.Restriction{{Plugin: "catalog"}}},
	}, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	h, err := g.Handler(httpx.Options{Gate: gate, Log: log})
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

func get(t *testing.T, h http.Handler, token, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	b.fill(5)
	b.record(author("user:default/ana", "catalog.location.register"), "url:https://example.com/<a>", nil)
	h := b.serve()
	for _, path := range []string{"/api/portico/audit", "/api/portico/audit/export", "/api/portico/audit/status"} {
		for token, want := range map[string]int{"": 403, "catalog-token": 403, "operator-token": 200} {
			if rec := get(t, h, token, path); rec.Code != want {
				t.Errorf("%s with %q: %d", path, token, rec.Code)
			}
		}
	}
	all := b.list()
	mid := all[3].At.Format(time.RFC3339Nano)
	tests := []struct {
		query, want string
	}{
		{"", "6 5 4 3 2 1"},
		{"?actor=service:ci", "5 4 3 2 1"},
		{"?action=catalog.location.register", "6"},
		{"?target=component:default/c3", "3"},
		{"?outcome=denied", ""},
		{"?outcome=allowed&limit=2", "6 5 …5"},
		{"?limit=2&cursor=5", "4 3 …3"},
		{"?limit=2&cursor=3", "2 1"},
		{"?since=" + mid, "6 5 4 3"},
		{"?until=" + mid, "2 1"},
	}
	for _, tt := range tests {
		rec := get(t, h, "operator-token", "/api/portico/audit"+tt.query)
		var page struct {
			Items      []Record
			NextCursor *string
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil {
			t.Fatalf("%s: %v\n%s", tt.query, err, rec.Body)
		}
		var got []string
		for _, r := range page.Items {
			got = append(got, fmt.Sprint(r.Seq))
		}
		if page.NextCursor != nil {
			got = append(got, "…"+*page.NextCursor)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%q: %s, want %s", tt.query, s, tt.want)
		}
	}
	for _, bad := range []string{"?outcome=maybe", "?since=yesterday", "?limit=0", "?limit=x", "?cursor=0", "?cursor=x", "?actor=%00", "?target=%ff"} {
		if rec := get(t, h, "operator-token", "/api/portico/audit"+bad); rec.Code != 400 {
			t.Errorf("%s: %d", bad, rec.Code)
		}
	}
	// An export holds all that it takes to verify it.
	rec := get(t, h, "operator-token", "/api/portico/audit/export")
	c := chain{digest: make(Digest, 32)}
	for line := range bytes.Lines(rec.Body.Bytes()) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if f := c.next(&r); f != nil {
			t.Error(f)
		}
	}
	if c.seq != 6 {
		t.Errorf("exported up to %d", c.seq)
	}
	if body := get(t, h, "operator-token", "/api/portico/audit/export?action=catalog.location.register").Body.String(); strings.Count(body, "\n") != 1 || !strings.Contains(body, "/<a>") {
		t.Errorf("filtered: %s", body)
	}
	if body := get(t, h, "operator-token", "/api/portico/audit/status").Body.String(); !strings.Contains(body, `"ok":true,"records":6,"first":1,"verifiedUpTo":6,`) || !strings.Contains(body, `"broken":null,"retentionSeconds":172800`) {
		t.Errorf("status: %s", body)
	}
	b.exec(`UPDATE audit_log SET actor = 'x' WHERE seq = 2`)
	if body := get(t, b.serve(), "operator-token", "/api/portico/audit/status").Body.String(); !strings.Contains(body, `"verifiedUpTo":1,`) || !strings.Contains(body, `"broken":{"seq":2,"problem":"edited"`) {
		t.Errorf("broken: %s", body)
	}
}

func TestDetailIsBounded(t *testing.T) {
	laptop := &used{17, `Ana's "laptop"`}
	for _, tt := range []struct {
		v     any
		token *used
		want  string
	}{
		{nil, nil, `{}`},
		{nil, laptop, `{"token":{"id":17,"name":"Ana's \"laptop\""}}`},
		{map[string]any{"uid": 1}, laptop, `{"uid":1,"token":{"id":17,"name":"Ana's \"laptop\""}}`},
		{map[string]any{"a": strings.Repeat("x", maxDetail)}, nil, `{"bytes":8200,"truncated":true}`},
		{map[string]any{"a": strings.Repeat("x", maxDetail)}, laptop, `{"bytes":8200,"truncated":true,"token":{"id":17,"name":"Ana's \"laptop\""}}`},
	} {
		if got, err := detail(tt.v, tt.token); err != nil || string(got) != tt.want {
			t.Errorf("%s, %v, want %s", got, err, tt.want)
		}
	}
	if got, err := detail([]string{"a list"}, nil); err == nil {
		t.Errorf("a list became %s", got)
	}
	if got := clean(strings.Repeat("ä", maxText)); len(got) > maxText+len("…") {
		t.Errorf("%d bytes", len(got))
	}
}

// A record says by which token of the portal's own it was done, in what is digested; what has none is as it always was.
func TestRecordsNameTheToken(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	caller := func(token *identity.TokenInfo) httpx.Caller {
		return httpx.Caller{Name: "user:default/ana", Principal: &identity.Principal{Type: "user", Token: token}, Action: "x.y.z"}
	}
	by := func(c httpx.Caller) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		return r.WithContext(httpx.WithCaller(r.Context(), c))
	}
	laptop := caller(&identity.TokenInfo{ID: 17, Name: "laptop", Scopes: []string{"catalog:write"}})
	b.record(Of(by(laptop)), "of", map[string]any{"uid": 1})
	b.record(For(by(laptop).Context(), "x.y.z"), "for", nil)
	b.record(Self(by(laptop).Context(), "user:default/ana", "x.y.z"), "self", nil)
	b.record(Of(by(caller(nil))), "in a browser", map[string]any{"uid": 1})
	b.record(Of(by(caller(&identity.TokenInfo{Name: "ops"}))), "by the configuration", nil)
	d := &Denials{Store: b.Store, Log: slog.New(slog.DiscardHandler)}
	phone := caller(&identity.TokenInfo{ID: 18, Name: "phone"})
	for _, c := range []httpx.Caller{laptop, laptop, phone} {
		d.Note(t.Context(), httpx.Denial{Caller: c, Action: "x.y.z", Method: "POST", Path: "/denied", Status: 403})
	}
	for _, r := range d.due(time.Now(), true) {
		d.write(t.Context(), r)
	}
	const name = `{"token":{"id":17,"name":"laptop"}}`
	want := []string{
		`of {"uid":1,"token":{"id":17,"name":"laptop"}}`, "for " + name, "self " + name, `in a browser {"uid":1}`, "by the configuration {}",
		`/denied {"id":17,"name":"laptop"}`, `/denied {"id":18,"name":"phone"}`, `/denied {"id":17,"name":"laptop"}`,
	}
	var got []string
	for _, r := range slices.Backward(b.list()) {
		text := string(r.Detail)
		if r.Outcome == Denied {
			var said struct{ Token json.RawMessage }
			mustDecode(t, r.Detail, &said)
			text = string(said.Token)
		}
		got = append(got, r.Target+" "+text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rep := b.verify(); !rep.OK {
		t.Errorf("%+v", rep.Broken)
	}
	b.exec(`UPDATE audit_log SET detail = replace(detail::text, '17', '19')::json WHERE seq = 2`)
	if rep := b.verify(); rep.OK || rep.Broken.Seq != 2 || rep.Broken.Problem != "edited" {
		t.Errorf("another token was put in, and it is %+v", rep)
	}
}

// What was recorded before records named tokens still verifies, and by the same form.
func TestTheFormStays(t *testing.T) {
	r := Record{
		Seq: 1, At: time.Unix(1_700_000_000, 123_000).UTC(), Actor: "user:default/ana", Principal: "user", Action: "catalog.entity.remove", Target: "component:default/x",
		Outcome: Allowed, Detail: json.RawMessage(`{"uid": 7}`), RequestID: "51B0-7E21", Address: "192.0.2.7",
	}
	const want = "3df190d5abd97512ee9e8a07dd95efb2021bd949a2a492edca6e9d4c8dcae981"
	if got, _ := r.sum(make(Digest, 32)).MarshalText(); string(got) != want {
		t.Errorf("its digest is %s, and was %s", got, want)
	}
}
