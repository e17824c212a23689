package index

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/errs"
)

func TestParseFilters(t *testing.T) {
	tests := []struct {
		name   string
		params []string
		want   string // as JSON; "" for nil
	}{
		{"none", nil, ""},
		{"empty", []string{"", " , ,"}, ""},
		{"one", []string{"kind=Component"}, `{"anyOf":[{"allOf":[{"key":"kind","values":["Component"]}]}]}`},
		{"spaces", []string{" kind = Component , spec.type "}, `{"anyOf":[{"allOf":[{"key":"kind","values":["Component"]},{"key":"spec.type"}]}]}`},
		{"same key twice is or", []string{"kind=a,kind=b"}, `{"anyOf":[{"allOf":[{"key":"kind","values":["a","b"]}]}]}`},
		{"a value wins over existence", []string{"kind,kind=b,kind"}, `{"anyOf":[{"allOf":[{"key":"kind","values":["b"]}]}]}`},
		{"empty value", []string{"kind="}, `{"anyOf":[{"allOf":[{"key":"kind","values":[""]}]}]}`},
		{"equals sign in a value", []string{"a=b=c"}, `{"anyOf":[{"allOf":[{"key":"a","values":["b=c"]}]}]}`},
		{"several", []string{"kind=a", "", "b"}, `{"anyOf":[{"allOf":[{"key":"kind","values":["a"]}]},{"allOf":[{"key":"b"}]}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseFilters(tt.params)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if f != nil {
				got = f.json
				again, err := parseFilterJSON([]byte(f.json))
				if err != nil || again.key != f.key {
					t.Errorf("read back as %v, %v; want the same filter", again, err)
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestRefusals wants for each kind of bad input what is wrong, where, and what to write.
func TestRefusals(t *testing.T) {
	filters := func(p ...string) error { _, err := ParseFilters(p); return err }
	query := func(s string) error { _, err := ParsePredicate([]byte(s)); return err }
	fields := func(p ...string) error { _, err := ParseFields(p); return err }
	facets := func(p ...string) error { _, err := ParseFacets(p); return err }
	orderField := func(p ...string) error { _, err := ParseOrderFields(p); return err }
	order := func(p ...string) error { _, err := ParseOrders(p); return err }
	deep := strings.Repeat(`{"$not":`, 1e5) + `{"a":1}` + strings.Repeat(`}`, 1e5)
	many := make([]string, 1e4)
	for i := range many {
		many[i] = "k=v"
	}
	tests := []struct {
		name string
		err  error
		want string // in the message
	}{
		{"filter without key", filters("kind=a,=b"), `"=b"`},
		{"filter too long", filters(strings.Repeat("x", 1<<20)), "1048576 bytes"},
		{"filter of many terms", filters(strings.Join(many, ",")), "more than 2000 conditions"},
		{"many filters", filters(many...), "more than 2000 conditions"},
		{"query no JSON", query(`{`), "not valid JSON"},
		{"query text", query(`"a"`), `query must be an object and is "a"`},
		{"query list", query(`[1]`), "query must be an object and is [1]"},
		{"query null", query(`null`), "query must be an object and is null"},
		{"nested text", query(`{"$all":[{"a":1},"b"]}`), `query.$all[1] must be an object and is "b"`},
		{"all no list", query(`{"$all":{"a":1}}`), "query.$all must be a list"},
		{"any no list", query(`{"$any":1}`), "query.$any must be a list"},
		{"not a list", query(`{"$not":[]}`), "query.$not must be an object"},
		{"unknown operator", query(`{"$some":[]}`), "query.$some is not an operator"},
		{"misplaced operator", query(`{"$in":["a"]}`), "query.$in is not an operator that stands by itself"},
		{"mixed", query(`{"$all":[],"kind":"a"}`), "query mixes $all with other keys"},
		{"null value", query(`{"a":null}`), "query.a is null"},
		{"list value", query(`{"a":["b"]}`), `query.a is ["b"]`},
		{"empty value", query(`{"a":{}}`), "query.a must hold one operator and holds 0"},
		{"two operators", query(`{"a":{"$in":[],"$exists":true}}`), "query.a must hold one operator and holds 2"},
		{"unknown value operator", query(`{"a":{"b":1}}`), "query.a.b is not an operator"},
		{"exists what", query(`{"a":{"$exists":"yes"}}`), `query.a.$exists must be a boolean and is "yes"`},
		{"in what", query(`{"a":{"$in":"b"}}`), "query.a.$in must be a list"},
		{"in object", query(`{"a":{"$in":["b",{}]}}`), "query.a.$in[1] must be a text, a number or a boolean"},
		{"prefix number", query(`{"a":{"$hasPrefix":1}}`), "query.a.$hasPrefix must be a text and is 1"},
		{"contains object", query(`{"a":{"$contains":{"b":1}}}`), "understood for relations only"},
		{"contains list", query(`{"relations":{"$contains":["b"]}}`), "query.relations.$contains is"},
		{"relation without type", query(`{"relations":{"$contains":{"targetRef":"a"}}}`), "does not say which type"},
		{"relation type number", query(`{"relations":{"$contains":{"type":1}}}`), "$contains.type must be one text"},
		{"relation type twice", query(`{"relations":{"$contains":{"type":"a","Type":"b"}}}`), "$contains.Type must be one text"},
		{"relation target number", query(`{"relations":{"$contains":{"type":"a","targetRef":1}}}`), "targetRef is 1"},
		{"relation target twice", query(`{"relations":{"$contains":{"type":"a","targetRef":"b","targetref":"c"}}}`), "is there twice"},
		{"relation no targets", query(`{"relations":{"$contains":{"type":"a","targetRef":{"$in":[]}}}}`), "names no target"},
		{"relation other target", query(`{"relations":{"$contains":{"type":"a","targetRef":{"$not":"b"}}}}`), `"$not"`},
		{"relation other key", query(`{"relations":{"$contains":{"type":"a","target":"b"}}}`), "a relation has type and targetRef"},
		{"query too deep", query(deep[:60000] + deep[len(deep)-10:]), "not valid JSON"},
		{"query deep", query(strings.Repeat(`{"$not":`, 40) + `{"a":1}` + strings.Repeat(`}`, 40)), "nested more than 32 deep"},
		{"query 10^5 deep", query(deep), "bytes long"},
		{"query 1 MiB", query(`{"a":"` + strings.Repeat("x", 1<<20) + `"}`), "bytes long"},
		{"query of many terms", query(`{"a":{"$in":["` + strings.Join(many, `","`) + `"]}}`), "more than 2000"},
		{"query of many prefixes", query(`{"$any":[` + strings.Repeat(`{"a":{"$hasPrefix":"b"}},`, 20) + `{"a":1}]}`), "more than 16 times $hasPrefix"},
		{"fields of a list", fields("kind,metadata.tags[0]"), `"metadata.tags[0]"`},
		{"fields closing", fields("a]"), `"a]"`},
		{"many fields", fields(many...), "more than 200 paths"},
		{"long fields", fields(strings.Repeat("x", 1<<20)), "longer than"},
		{"no facets", facets("", " "), "no facet is named"},
		{"long facet", facets(strings.Repeat("x", 1<<20)), "1048576 bytes"},
		{"many facets", facets(strings.Split(strings.Repeat("a b c d e f g h i j ", 10)+"k", " ")...), ""},
		{"order direction", orderField("metadata.name,up"), `"metadata.name,up"`},
		{"order nothing", orderField(""), `""`},
		{"many orders", orderField(many...), "comes 10000 times"},
		{"list order", order("metadata.name"), `"metadata.name"`},
		{"list order direction", order("up:metadata.name"), `"up:metadata.name"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == "" {
				if tt.err != nil {
					t.Errorf("got %v, want no error: repeats count once", tt.err)
				}
				return
			}
			if !errs.Is(tt.err, errs.Invalid) || errs.Remedy(tt.err) == "" {
				t.Fatalf("got %v, want an invalid input with a remedy", tt.err)
			}
			if got := errs.Sentence(tt.err); !strings.Contains(got, tt.want) || len(got) > 300 {
				t.Errorf("got %q, want it to hold %q and be short", got, tt.want)
			}
		})
	}
}

// TestHostileInputIsRefusedAtOnce bounds the work, not the time: the time is generous.
func TestHostileInputIsRefusedAtOnce(t *testing.T) {
	inputs := []string{
		strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<18), strings.Repeat(`{"$all":[`, 7000), `{"` + strings.Repeat("$", 60000),
		`{"$any":[` + strings.Repeat(`{},`, 20000) + `{}]}`, strings.Repeat(",", 1<<20), strings.Repeat("a,", 30000), strings.Repeat("a=", 30000),
	}
	start := time.Now()
	for _, in := range inputs {
		if _, err := ParsePredicate([]byte(in)); err == nil {
			t.Errorf("%.20s…: accepted as a predicate", in)
		}
		_, _ = ParseFilters([]string{in})
		_, _ = ParseFields([]string{in})
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestParseOrders(t *testing.T) {
	got, err := ParseOrderFields([]string{"metadata.name", "kind,desc", "spec.type,asc"})
	if diff := cmp.Diff([]Order{{"metadata.name", false}, {"kind", true}, {"spec.type", false}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	got, err = ParseOrders([]string{"asc:metadata.name", "desc:a:b"})
	if diff := cmp.Diff([]Order{{"metadata.name", false}, {"a:b", true}}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	facets, err := ParseFacets([]string{"kind", "spec.type", "kind", ""})
	if diff := cmp.Diff([]string{"kind", "spec.type"}, facets); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// TestNumberText compares with what JavaScript's String says of the number.
func TestNumberText(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0.0": "0", "1": "1", "-1": "-1", "1.0": "1", "1e3": "1000", "1.50": "1.5", "123456789012345": "123456789012345",
		"12345678901234567890": "12345678901234567000", "1e21": "1e+21", "1e20": "100000000000000000000", "1e-6": "0.000001", "1e-7": "1e-7", "1.5e-9": "1.5e-9",
		"1e400": "Infinity", "-1e400": "-Infinity", "0.1": "0.1", "1e100": "1e+100", "9007199254740993": "9007199254740992",
	} {
		if got := numberText(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestProjection(t *testing.T) {
	s := New(Options{}).Apply([]Row{
		{UID: "u\"1", Ref: "component:default/a", JSON: []byte(`{"kind":"Component","metadata":{"name":"a","annotations":{"a.b/c":"1","a":"2","a.b":"3","é\nx":"4"},"tags":["x"]},"spec":{"owner":"team","n":{"d":{"e":null}}}}`), Status: []byte(`[{"level":"error"}]`)},
		{UID: "2", Ref: "group:default/team", JSON: []byte(`{"kind":"Group","metadata":{}}`)},
	}, 1)
	doc := s.ByRef("component:default/a", nil)
	tests := []struct{ fields, want string }{
		{"kind", `{"kind":"Component"}`},
		{"kind,kind", `{"kind":"Component"}`},
		{"metadata.name,kind", `{"kind":"Component","metadata":{"name":"a"}}`},
		{"metadata.uid", `{"metadata":{"uid":"u\"1"}}`},
		{"metadata.annotations.a.b/c", `{"metadata":{"annotations":{"a.b/c":"1"}}}`},
		{"metadata.annotations.a.b", `{"metadata":{"annotations":{"a.b":"3"}}}`},
		{"metadata.annotations.é\nx", `{"metadata":{"annotations":{"é\nx":"4"}}}`},
		{"metadata.tags,metadata.tags.x", `{"metadata":{"tags":["x"]}}`},
		{"metadata.tags.x", `{}`},
		{"spec.n.d.e", `{"spec":{"n":{"d":{"e":null}}}}`},
		{"spec.n.d.e.f,spec.none", `{}`},
		{"relations,status", `{"relations":[{"type":"ownedBy","targetRef":"group:default/team"}],"status":{"items":[{"level":"error"}]}}`},
		{"Kind", `{}`},
	}
	for _, tt := range tests {
		f, err := ParseFields([]string{tt.fields})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(doc.AppendFields([]byte("x"), f)); got != "x"+tt.want {
			t.Errorf("%s: got %s, want %s", tt.fields, got[1:], tt.want)
		}
	}
	if got := string(s.ByRef("group:default/team", nil).JSON()); !json.Valid([]byte(got)) || !strings.Contains(got, `"metadata":{"uid":"2","etag":"`) {
		t.Errorf("an entity with empty metadata is served as %s", got)
	}
}

func TestAnswers(t *testing.T) {
	s := New(Options{}).Apply([]Row{
		{UID: "1", Ref: "location:default/l", JSON: []byte(`{"kind":"Location","metadata":{"name":"l"}}`)},
		{UID: "2", Ref: "component:default/a", JSON: []byte(`{"kind":"Component","metadata":{"name":"a","tags":["B","a"]}}`), Parent: "location:default/l"},
	}, 1)
	name := &Fields{paths: []string{"metadata.name"}}
	page, err := s.Query(Query{Limit: 1, Order: []Order{{Field: "metadata.name"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	next := page.Next
	if got, want := string(AppendPage(nil, &page, name, nil)), `{"items":[{"metadata":{"name":"a"}}],"totalItems":2,"pageInfo":{"nextCursor":"`+next+`"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if page, err = s.Query(Query{Limit: 1, Cursor: next}, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := string(AppendPage(nil, &page, name, nil)), `{"items":[{"metadata":{"name":"l"}}],"totalItems":2,"pageInfo":{"prevCursor":"`+page.Prev+`"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(AppendFacets(nil, s.Facets([]string{"metadata.tags", "none", "metadata.tags.b"}, Filters{}, nil))),
		`{"facets":{"metadata.tags":[{"value":"B","count":1},{"value":"a","count":1}],"none":[],"metadata.tags.b":[{"value":"true","count":1}]}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(AppendBatch(nil, s.Batch([]string{"component:default/A", "x"}, Filters{}, nil), name, nil)), `{"items":[{"metadata":{"name":"a"}},null]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	a, l := string(s.ByUID("2", nil).JSON()), string(s.ByUID("1", nil).JSON())
	if got, want := string(AppendAncestry(nil, s.Ancestry("component:default/a", nil))),
		`{"rootEntityRef":"component:default/a","items":[{"entity":`+a+`,"parentEntityRefs":["location:default/l"]},{"entity":`+l+`,"parentEntityRefs":[]}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
