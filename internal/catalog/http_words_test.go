package catalog

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"portico/internal/errs"
	"portico/internal/httpx"
)

// TestTextByWords asks the lists, the counts and the export for the words of a text, and for the text as a whole, which is
// all that Backstage knows.
func TestTextByWords(t *testing.T) {
	t.Parallel()
	guard := &testGuard{}
	guard.set(restrictedTo(t, `{"$not":{"metadata.labels.hidden":{"$exists":true}}}`), nil)
	h := exporting(t, guard,
		[3]string{"Component:payments-ledger", "", `"type":"service"`},
		[3]string{"Component:ledger", `,"tags":["pay"]`, `"type":"service"`},
		[3]string{"Component:books", `,"title":"Pay by ledger","description":"pay led"`, `"type":"website"`},
		[3]string{"Component:payroll", "", `"type":"service"`},
		[3]string{"Component:vault-pay-ledger", `,"labels":{"hidden":"true"}`, `"type":"secret"`})
	const fields = "metadata.name,metadata.title,metadata.description,metadata.tags"
	call := func(t *testing.T, fn httpx.HandlerFunc, method, target, body string) []byte {
		t.Helper()
		rec := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if err := fn(rec, r); err != nil {
			t.Fatalf("%s %s %s: %v", method, target, body, err)
		}
		return rec.Body.Bytes()
	}
	tests := []struct {
		term  string
		words bool
		want  string // names
		types string
	}{
		{"pay led", true, "books ledger payments-ledger", "service 2, website 1"},
		{"LED  pay", true, "books ledger payments-ledger", "service 2, website 1"},
		{"pay led", false, "books", "website 1"},
		{"led pay", false, "", ""},
		{"pay led by", true, "books", "website 1"},
		{"pay none", true, "", ""},
		{"pay", true, "books ledger payments-ledger payroll", "service 3, website 1"},
		{"vault pay", true, "", ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.term, " ", tt.words), func(t *testing.T) {
			param := "fullTextFilterTerm=" + url.QueryEscape(tt.term) + "&fullTextFilterFields=" + fields
			words := ""
			if tt.words {
				param += "&fullTextFilterWords=true"
				words = `,"words":true`
			}
			text := fmt.Sprintf(`"fullTextFilter":{"term":%q,"fields":["%s"]%s}`, tt.term, strings.ReplaceAll(fields, ",", `","`), words)
			var got []string
			for _, raw := range [][]byte{
				call(t, h.getByQuery, "GET", "/x?orderField=metadata.name,asc&"+param, ""),
				call(t, h.postByQuery, "POST", "/x", `{"orderBy":[{"field":"metadata.name","order":"asc"}],`+text+`}`),
			} {
				var page struct {
					Items []struct{ Metadata struct{ Name string } }
				}
				if err := json.Unmarshal(raw, &page); err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, e := range page.Items {
					names = append(names, e.Metadata.Name)
				}
				got = append(got, strings.Join(names, " "))
			}
			table, err := csv.NewReader(strings.NewReader(h.export(t, "format=csv&columns=name&"+param).Body.String())).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, row := range table[1:] {
				names = append(names, row[0])
			}
			if got = append(got, strings.Join(names, " ")); slices.ContainsFunc(got, func(one string) bool { return one != tt.want }) {
				t.Errorf("GET, POST and the export find %q, want %q of each", got, tt.want)
			}
			for _, raw := range [][]byte{
				call(t, h.getFacets, "GET", "/x?facet=spec.type&"+param, ""),
				call(t, h.postFacets, "POST", "/x", `{"facets":["spec.type"],`+text+`}`),
			} {
				var answer struct {
					Facets map[string][]struct {
						Value string
						Count int
					}
				}
				if err := json.Unmarshal(raw, &answer); err != nil {
					t.Fatal(err)
				}
				var types []string
				for _, v := range answer.Facets["spec.type"] {
					types = append(types, fmt.Sprint(v.Value, " ", v.Count))
				}
				if got := strings.Join(types, ", "); got != tt.types {
					t.Errorf("counted %q, want %q", got, tt.types)
				}
			}
		})
	}
	for target, fn := range map[string]httpx.HandlerFunc{
		"/x?fullTextFilterTerm=a&fullTextFilterWords=yes":                                                                       h.getByQuery,
		"/x?facet=kind&fullTextFilterTerm=a&fullTextFilterWords=1":                                                              h.getFacets,
		"/x?format=csv&fullTextFilterTerm=a&fullTextFilterWords=all":                                                            h.getExport,
		"/x?facet=kind&fullTextFilterWords=true&fullTextFilterTerm=" + url.QueryEscape(strings.Repeat("a ", 17)):                h.getFacets,
		"/x?fullTextFilterWords=true&fullTextFilterFields=kind&fullTextFilterTerm=" + url.QueryEscape(strings.Repeat("a ", 17)): h.getByQuery,
	} {
		if err := fn(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", target, nil)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v, want invalid", target, err)
		}
	}
}
