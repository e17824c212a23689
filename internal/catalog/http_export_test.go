package catalog

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
)

// exporting is a handler over entities; of each the spec and what else its metadata holds are given.
func exporting(t *testing.T, guard Guard, rows ...[3]string) *Handler {
	t.Helper()
	var list []index.Row
	for i, r := range rows {
		kind, name, _ := strings.Cut(r[0], ":")
		e := fmt.Sprintf(`{"apiVersion":"backstage.io/v1alpha1","kind":%q,"metadata":{"name":%q,"namespace":"default","annotations":{"backstage.io/managed-by-location":"url:https://example.com/a"}%s},"spec":{%s}}`, kind, name, r[1], r[2])
		list = append(list, index.Row{UID: fmt.Sprintf("uid-%d", i), Ref: strings.ToLower(kind) + ":default/" + strings.ToLower(name), JSON: []byte(e)})
	}
	x := index.New(index.Options{})
	x.Apply(list, 1)
	return &Handler{Index: x, Guard: guard, Log: slog.New(slog.DiscardHandler)}
}

func (h *Handler) export(t *testing.T, query string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	if err := h.getExport(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/x?"+query, nil)); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rec
}

func shopRows() [][3]string {
	return [][3]string{
		{"Component:web", `,"title":"The web, \"all\" of it","tags":["b","a"],"description":"=HYPERLINK(\"https://evil.example\")","links":[{"url":"https://a.example"},{"url":"https://b.example","title":"B"}],"labels":{"tier.example/is":"1"}`, `"type":"website","lifecycle":"production","owner":"pay","system":"shop","dependsOn":["component:api"],"n":12,"flags":[1,"x"]`},
		{"Component:api", `,"description":"line one\nline two"`, `"type":"service","lifecycle":"deprecated","owner":"user:ann"`},
		{"Component:Zed", `,"title":"-1+2","labels":{"hidden":"true"}`, `"type":"@SUM","lifecycle":"x","owner":"pay"`},
		{"User:ann", `,"description":"  =1"`, `"profile":{"displayName":"Ann Ärger"},"memberOf":[]`},
		{"System:shop", `,"description":"＝1"`, `"owner":"pay","domain":"sales"`},
	}
}

func TestExportCSV(t *testing.T) {
	t.Parallel()
	h := exporting(t, nil, shopRows()...)
	rec := h.export(t, "format=csv&filter=kind=component")
	want := "\uFEFFref,kind,namespace,name,title,owner,system,domain,type,lifecycle,tags,description\r\n" +
		"component:default/api,Component,default,api,,user:default/ann,,,service,deprecated,,\"line one\nline two\"\r\n" +
		"component:default/web,Component,default,web,\"The web, \"\"all\"\" of it\",group:default/pay,system:default/shop,,website,production,\"b, a\",\"'=HYPERLINK(\"\"https://evil.example\"\")\"\r\n" +
		"component:default/zed,Component,default,Zed,'-1+2,group:default/pay,,,'@SUM,x,,\r\n"
	if d := cmp.Diff(want, rec.Body.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := rec.Header().Get("Content-Disposition"); got != "attachment; filename=catalog-component-"+time.Now().UTC().Format(time.DateOnly)+".csv" || rec.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("%v", rec.Header())
	}
	rec = h.export(t, "format=csv&columns=name,links,metadata.labels.tier.example/is&columns=spec.n,spec.flags,spec.profile,uid&orderField=metadata.name,desc")
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(rec.Body.String(), "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{
		{"name", "links", "metadata.labels.tier.example/is", "spec.n", "spec.flags", "spec.profile", "uid"},
		{"Zed", "", "", "", "", "", "uid-2"},
		{"web", "https://a.example https://b.example", "1", "12", `[1,"x"]`, "", "uid-0"},
		{"shop", "", "", "", "", "", "uid-4"},
		{"api", "", "", "", "", "", "uid-1"},
		{"ann", "", "", "", "", `{"displayName":"Ann Ärger"}`, "uid-3"},
	}, table); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, cell := range []string{"=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "  =1", "＝1", " @a"} {
		if got := string(appendCell(nil, 0, cell)); !strings.HasPrefix(strings.TrimPrefix(got, `"`), "'") {
			t.Errorf("%q is written as %s, which may be a formula", cell, got)
		}
	}
	if got := string(appendCell(nil, 0, "a-b=c")); got != "a-b=c" {
		t.Errorf("a text became %s", got)
	}
}

func TestExportJSONAndYAML(t *testing.T) {
	t.Parallel()
	h := exporting(t, nil, shopRows()...)
	q := "&fullTextFilterTerm=e&fullTextFilterFields=metadata.name,kind&query=" + url.QueryEscape(`{"$not":{"kind":"user"}}`)
	rec := h.export(t, "format=json"+q)
	var list []json.RawMessage
	if err := json.Unmarshal(rec.Body.Bytes(), &list); err != nil || len(list) != 4 {
		t.Fatalf("%d entities (%v) in %s", len(list), err, rec.Body)
	}
	if want := h.Index.Snapshot().ByRef("component:default/api", nil).JSON(); string(list[0]) != string(want) {
		t.Errorf("got %s, want %s", list[0], want)
	}
	docs := entity.Parse("a.yaml", h.export(t, "format=yaml"+q).Body.Bytes())
	if len(docs) != 4 {
		t.Fatalf("%d documents", len(docs))
	}
	for i, d := range docs {
		d.Validate()
		e, err := d.Entity(map[string]string{entity.AnnotationManagedByLocation: "url:https://example.com/a"})
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if json.Unmarshal([]byte(h.Index.Snapshot().ByRef(e.Ref.String(), nil).Declared()), &want) != nil || json.Unmarshal(e.JSON, &got) != nil {
			t.Fatal("no JSON")
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("document %d: %s", i, d)
		}
	}
	for format, want := range map[string]string{"json": "[\n]\n", "yaml": "", "csv": "\uFEFFname\r\n"} {
		if got := h.export(t, "format="+format+"&columns=name&filter=kind=none").Body.String(); got != want {
			t.Errorf("%s of nothing is %q", format, got)
		}
	}
}

func TestExportShowsWhatIsSeen(t *testing.T) {
	t.Parallel()
	guard := &testGuard{}
	guard.set(restrictedTo(t, `{"$not":{"metadata.labels.hidden":"true"}}`), nil)
	rows := append(shopRows(), [3]string{"API:secret", `,"labels":{"hidden":"true"}`, `"system":"shop","owner":"pay"`})
	h := exporting(t, guard, rows...)
	for _, format := range []string{"csv", "json", "yaml"} {
		if got := h.export(t, "format="+format).Body.String(); strings.Contains(strings.ToLower(got), "zed") || strings.Contains(got, "secret") || !strings.Contains(got, "shop") {
			t.Errorf("%s", got)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	t.Parallel()
	h := exporting(t, nil, shopRows()...)
	for query, words := range map[string]string{
		"": `"csv"`, "format=xlsx": "xlsx", "format=csv&columns=owners": "owners", "format=csv&columns=" + strings.Repeat("name,", 51): "51",
		"format=json&filter==": "filter", "format=json&query={": "query", "format=json&orderField=name,up": "orderField", "format=json&fullTextFilterTerm=" + strings.Repeat("x", 1001): "1001",
	} {
		rec := httptest.NewRecorder()
		err := h.getExport(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/x?"+query, nil))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(errs.Sentence(err), words) || rec.Body.Len() > 0 {
			t.Errorf("%s: %v %q", cut(query), err, rec.Body)
		}
	}
}

func TestExportName(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	for want, q := range map[string]struct {
		filters []string
		query   string
	}{
		"catalog-2026-03-01.csv":           {},
		"catalog-api-2026-03-01.csv":       {filters: []string{"kind=API,spec.type=grpc", "Kind = api"}},
		"catalog-component-2026-03-01.csv": {query: `{"$all":[{"kind":"component"},{"spec.type":"x"}]}`},
		"catalog-system-2026-03-01.csv":    {query: `{"kind":"System"}`},
	} {
		if got := exportName(kindAsked(q.filters, json.RawMessage(q.query)), at, "csv"); got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	for _, f := range [][]string{{"kind=a,kind=b"}, {"kind=a", "kind=b"}, {"kind=a", "spec.type=b"}, {`kind="; x`}} {
		if got := exportName(kindAsked(f, nil), at, "csv"); got != "catalog-2026-03-01.csv" {
			t.Errorf("%v: %s", f, got)
		}
	}
}

// leaving is a client that goes after some bytes.
type leaving struct {
	http.ResponseWriter
	left, writes int
}

func (l *leaving) Write(b []byte) (int, error) {
	l.writes++
	if l.left -= len(b); l.left < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(b), nil
}

func TestExportEndsWithItsClient(t *testing.T) {
	t.Parallel()
	var rows [][3]string
	for i := range 3000 {
		rows = append(rows, [3]string{fmt.Sprintf("Component:c%d", i), `,"description":"` + strings.Repeat("x", 200) + `"`, `"owner":"a"`})
	}
	h := exporting(t, nil, rows...)
	for format := range exportFormats {
		w := &leaving{ResponseWriter: httptest.NewRecorder(), left: 100_000}
		func() {
			defer func() {
				if v := recover(); v != http.ErrAbortHandler {
					t.Errorf("%s: what was cut short looks complete (%v)", format, v)
				}
			}()
			_ = h.getExport(w, httptest.NewRequestWithContext(t.Context(), "GET", "/x?format="+format, nil)) // it does not return
		}()
		if w.writes > 5 {
			t.Errorf("%s: %d pieces are written to nobody", format, w.writes)
		}
	}
}

func TestExportSaysWhenItChanged(t *testing.T) {
	t.Parallel()
	row := func(name string, at time.Time) index.Row {
		e := fmt.Sprintf(`{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":%q,"namespace":"default"},"spec":{}}`, name)
		return index.Row{UID: "uid-" + name, Ref: "component:default/" + name, JSON: []byte(e), Changed: at}
	}
	x := index.New(index.Options{})
	x.Apply([]index.Row{row("a", time.Date(2026, 1, 31, 11, 0, 0, 0, time.FixedZone("", 3600))), row("b", time.Time{})}, 1)
	h := &Handler{Index: x, Log: slog.New(slog.DiscardHandler)}
	got := h.export(t, "format=csv&columns=name,changed&filter=kind=component").Body.String()
	if want := "\uFEFFname,changed\r\na,2026-01-31T10:00:00Z\r\nb,\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
