package policy

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// stream follows the changes of the catalog.
type stream struct {
	p    *portal
	body io.ReadCloser
	r    *bufio.Reader
	id   string // that it began with
}

func (p *portal) stream(o ...option) *stream {
	p.t.Helper()
	resp, err := http.DefaultClient.Do(p.request("GET", "/api/catalog/changes", "", append(o, with("Accept", "text/event-stream"))...))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = resp.Body.Close() })
	s := &stream{p: p, body: resp.Body, r: bufio.NewReader(resp.Body)}
	_, s.id, _ = strings.Cut(strings.TrimSpace(s.to("id: ")), "id: ") // it is open
	return s
}

// inTime breaks the stream when what is waited for does not come; beats come for ever.
func (s *stream) inTime() (done func() bool) {
	return time.AfterFunc(30*time.Second, func() { _ = s.body.Close() }).Stop
}

// to reads up to a line that begins so, and returns what came.
func (s *stream) to(begins string) (text string) {
	s.p.t.Helper()
	defer s.inTime()()
	for {
		line, err := s.r.ReadString('\n')
		text += line
		if strings.HasPrefix(line, begins) {
			return text
		}
		if err != nil {
			s.p.t.Fatalf("the stream ended before %q came: %v\n%s", begins, err, text)
		}
	}
}

// rest reads what comes until the stream ends by itself.
func (s *stream) rest() string {
	s.p.t.Helper()
	defer s.inTime()()
	b, err := io.ReadAll(s.r)
	if err != nil {
		s.p.t.Fatalf("the stream did not end: %v\n%s", err, b)
	}
	return string(b)
}

// records are those of the audit log about policies, oldest first.
func (p *portal) records() (list []record) {
	p.t.Helper()
	var page struct{ Items []record }
	p.ops("GET", "/api/portico/audit?action=identity.policy.load", "").ok().into(&page)
	for i := len(page.Items) - 1; i >= 0; i-- {
		list = append(list, page.Items[i])
	}
	return list
}

type record struct {
	Actor, Principal, Target, Outcome string
	Detail                            struct {
		Digest, Error   string
		Files, Policies int
	}
}

const open = "// nothing is hidden\n"

// A file changes, and the next request decides by it; one that cannot be used changes nothing, and is told of.
func TestPoliciesOfARunningPortal(t *testing.T) {
	t.Parallel()
	p := start(t, files(true), open)
	other := &portal{t: t, dir: p.dir, dsn: p.dsn, logs: new(logs)}
	other.run() // a replica, on the same files
	ben := p.signIn("ben")
	status := func(p *portal) (s struct {
		Generation    int
		Digest, Error string
	}) {
		p.ops("GET", "/api/portico/policy", "").ok().into(&s)
		return s
	}
	p.until("the start is recorded", func() bool { return len(p.records()) == 1 })
	p.do("GET", pathOf("component:default/by-owner"), "", ben).is(200)
	p.write("rules/house.cedar", rules)
	for _, replica := range []*portal{p, other} {
		p.until("the policies count", func() bool { return status(replica).Generation == 2 })
		replica.do("GET", pathOf("component:default/by-owner"), "", ben).is(404)
	}
	p.write("rules/house.cedar", rules+"\nforbid (principal, action, resource) when { oops };\n")
	line := strings.Count(rules, "\n") + 2
	at := "house.cedar:" + string(mustJSON(t, line)) + ":"
	for _, replica := range []*portal{p, other} {
		p.until("a file that cannot be used is told of", func() bool { return strings.Contains(status(replica).Error, at) })
		replica.do("GET", pathOf("component:default/by-owner"), "", ben).is(404)
		replica.do("GET", pathOf("component:default/depot"), "", ben).is(200)
		if !strings.Contains(replica.logs.String(), at) {
			t.Errorf("the log does not say where: %s", replica.logs)
		}
	}
	good := status(p).Digest
	p.write("rules/house.cedar", open)
	for _, replica := range []*portal{p, other} {
		p.until("a file that can be used counts", func() bool { s := status(replica); return s.Error == "" && s.Generation == 3 })
		replica.do("GET", pathOf("component:default/by-owner"), "", ben).is(200)
	}
	// Each change once, however many replicas made it.
	p.until("all is recorded", func() bool { return len(p.records()) >= 4 })
	list := p.records()
	if len(list) != 4 {
		t.Fatalf("%d records: %+v", len(list), list)
	}
	for i, want := range []string{"allowed", "allowed", "denied", "allowed"} {
		r := list[i]
		if r.Outcome != want || r.Actor != "system:policies" || r.Principal != "system" || r.Target != "policies" || len(r.Detail.Digest) != 16 || r.Detail.Files != 1 {
			t.Errorf("record %d is %+v, want %s", i, r, want)
		}
	}
	if list[1].Detail.Digest != good || list[2].Detail.Digest != good || !strings.Contains(list[2].Detail.Error, at) || list[0].Detail.Digest != list[3].Detail.Digest {
		t.Errorf("digests and errors: %+v", list)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A stream whose reader loses sight of something says that all is to be read anew, tells nothing more, and ends.
func TestStreamsOfWhoSeesLess(t *testing.T) {
	t.Parallel()
	const sight = "event: resync\ndata: {\"reason\":\"visibility\"}\n\n"
	texts := files(true)
	shop := texts["shop.yaml"]
	set := func(p *portal, from, to string) {
		t.Helper()
		if !strings.Contains(shop, from) {
			t.Fatalf("%q is not declared", from)
		}
		shop = strings.Replace(shop, from, to, 1)
		p.write("catalog/shop.yaml", shop)
	}
	p := start(t, texts, rules)
	ben, ola := p.signIn("ben"), p.signIn("ops")

	// An entity becomes one of those that are hidden.
	his, all := p.stream(ben), p.stream(ola)
	set(p, "name: tide-table, tags: [java]", "name: tide-table, tags: [java, secret]")
	if got := his.rest(); !strings.HasSuffix(got, sight) || strings.Contains(got, "tide-table") {
		t.Errorf("who sees it no more is told %q", got)
	}
	if got := all.to("data: "); !strings.Contains(got, "component:default/tide-table") {
		t.Errorf("who sees everything is told %q", got)
	}
	p.do("GET", pathOf("component:default/tide-table"), "", ben).is(404)

	// Something hidden changes: nobody is told who did not see it, and the stream goes on.
	his = p.stream(ben)
	set(p, "name: by-owner", "name: by-owner, title: Deal")
	all.to("data: ")
	set(p, "name: depot", "name: depot, title: Depot")
	if got := his.to("data: "); !strings.Contains(got, "component:default/depot") || strings.Contains(got, "by-owner") || strings.Contains(got, "resync") {
		t.Errorf("of what was hidden all along is told %q", got)
	}

	// The reader leaves a group. That others' streams go on shows that they are compared, not ended with every change.
	set(p, "memberOf: [contractors]", "memberOf: []")
	if got := his.rest(); !strings.HasSuffix(got, sight) {
		t.Errorf("who left a group is told %q", got)
	}

	// The policies change, and the catalog does not.
	his = p.stream(ben)
	p.write("rules/house.cedar", rules+`forbid (principal == User::"user:default/ben", action == Action::"catalog.entity.read", resource is Entity);`)
	if got := his.rest(); got != "\n"+sight {
		t.Errorf("who may read nothing any more is told %q", got)
	}
	p.do("GET", "/api/catalog/changes", "", ben).is(403)
	set(p, "name: pilots", "name: pilots, title: Pilots")
	if got := all.to("data: {\"revision\"") + all.to("data: "); strings.Contains(got, "resync") {
		t.Errorf("who sees everything, as before, is told %q", got)
	}
}

// Who was cut off is told to read anew where they may have lost sight of something meanwhile, once, and not what it was.
func TestStreamsThatAreResumed(t *testing.T) {
	t.Parallel()
	const sight = "event: resync\ndata: {\"reason\":\"visibility\"}\n"
	texts := files(true)
	shop := texts["shop.yaml"]
	p := start(t, texts, rules)
	ben, ola := p.signIn("ben"), p.signIn("ops")
	set := func(from, to, seen string) {
		t.Helper()
		all := p.stream(ola)
		shop = strings.Replace(shop, from, to, 1)
		p.write("catalog/shop.yaml", shop)
		if got := all.to("data: "); !strings.Contains(got, seen) {
			t.Fatalf("who sees everything is told %q", got)
		}
		_ = all.body.Close()
	}
	resume := func(who option, id string) *stream { return p.stream(who, with("Last-Event-ID", id)) }
	his, all := p.stream(ben), p.stream(ola)
	if !strings.Contains(his.id, ".") || strings.Contains(all.id, ".") {
		t.Fatalf("the ids are %q for who is restricted and %q for who is not", his.id, all.id)
	}
	_, _ = his.body.Close(), all.body.Close()

	// Nothing happened: the stream goes on, and its events have the mark as well.
	his = resume(ben, his.id)
	set("name: depot", "name: depot, title: Depot", "component:default/depot")
	got := his.to("data: ")
	_, id, _ := strings.Cut(strings.TrimPrefix(got, "\n"), "id: ")
	id, _, _ = strings.Cut(id, "\n")
	if !strings.Contains(got, "component:default/depot") || !strings.Contains(id, ".") {
		t.Fatalf("who goes on is told %q under the id %q", got, id)
	}
	_ = his.body.Close()

	// An entity is hidden while he is away.
	set("name: tide-table, tags: [java]", "name: tide-table, tags: [java, secret]", "component:default/tide-table")
	set("name: pilots", "name: pilots, title: Pilots", "group:default/pilots")
	his = resume(ben, id)
	if got := his.to("data: "); got != sight {
		t.Errorf("who comes back is told %q", got)
	}
	// The stream goes on: whatever changes, once is enough. So it is for a browser that is cut off then.
	set("title: Depot", "title: The depot", "component:default/depot")
	if got := his.to("data: "); !strings.Contains(got, "component:default/depot") || strings.Contains(got, "resync") || strings.Contains(got, "pilots") {
		t.Errorf("who reads everything anew is told %q", got)
	}
	_ = his.body.Close()
	his = p.stream(ben)
	_ = his.body.Close()
	his = resume(ben, his.id)
	set("title: The depot", "title: A depot", "component:default/depot")
	if got := his.to("data: "); !strings.Contains(got, "component:default/depot") || strings.Contains(got, "resync") {
		t.Errorf("who read everything anew is told %q", got)
	}
	_ = his.body.Close()
	his = p.stream(ben)
	_ = his.body.Close()

	// The policies change while he is away, and the catalog does not.
	p.write("rules/house.cedar", rules+`forbid (principal == User::"user:default/ben", action == Action::"catalog.entity.read", resource == Entity::"component:default/depot");`)
	p.until("the policies count", func() bool { return p.do("GET", pathOf("component:default/depot"), "", ben).status == 404 })
	if got := resume(ben, his.id).to("data: "); got != sight {
		t.Errorf("who comes back to other policies is told %q", got)
	}

	// Who sees everything resumes by a revision, and misses nothing.
	if got := resume(ola, all.id).to("data: "); strings.Contains(got, "resync") || !strings.Contains(got, "component:default/depot") {
		t.Errorf("who sees everything is told %q", got)
	}
	revision, _, _ := strings.Cut(his.id, ".")
	his = resume(ben, revision)
	if his.id == revision || !strings.HasPrefix(his.id, revision+".") {
		t.Errorf("a bare revision %q is resumed as %q", revision, his.id)
	}
}
