package catalog

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"portico/internal/catalog/index"
	"portico/internal/httpx"
)

// pieces is a response that notes the largest piece it was given, and breaks off after so many bytes.
type pieces struct {
	*httptest.ResponseRecorder
	largest, total, breaksAt int
}

func (p *pieces) Write(b []byte) (int, error) {
	p.largest = max(p.largest, len(b))
	if p.total += len(b); p.breaksAt > 0 && p.total > p.breaksAt {
		return 0, http.ErrHandlerTimeout
	}
	return p.ResponseRecorder.Write(b)
}

func readHandler(t *testing.T, h *Handler) http.Handler {
	t.Helper()
	g := new(httpx.Registry)
	h.Mount(g)
	handler, err := g.Handler(httpx.Options{Gate: benchGate{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// TestLargeAnswersGoInPieces asks in every way for many entities, and for a large one many times.
func TestLargeAnswersGoInPieces(t *testing.T) {
	t.Parallel()
	const n, largeOne = 1500, 200 << 10
	const largest = atOnce + 2*largeOne
	rows := benchRows(n)
	rows[0].JSON = []byte(strings.Replace(string(rows[0].JSON), `"spec":{`, `"spec":{"definition":"`+strings.Repeat("x", largeOne)+`",`, 1))
	ix := index.New(index.Options{})
	ix.Apply(rows, 1)
	handler := readHandler(t, &Handler{Index: ix})
	refs := slices.Repeat([]string{`"component:default/payment-service-00000"`, `"component:default/none"`}, 30)
	const c = "/api/catalog/entities"
	for _, tt := range []struct {
		name, method, path, body string
		items, total             int
	}{
		{"all", "GET", c, "", n, 0},
		{"page", "GET", c + "/by-query?limit=100000", "", n, n},
		{"page by body", "POST", c + "/by-query", `{"limit":100000}`, n, n},
		{"one many times", "POST", c + "/by-refs", `{"entityRefs":[` + strings.Join(refs, ",") + `]}`, len(refs), 0},
	} {
		for range 3 { // what is large must not be remembered in part
			w := &pieces{ResponseRecorder: httptest.NewRecorder()}
			handler.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body)))
			if w.Code != http.StatusOK || w.largest > largest || w.total < 2*atOnce {
				t.Fatalf("%s: status %d, %d bytes, the largest piece has %d of at most %d", tt.name, w.Code, w.total, w.largest, largest)
			}
			body := w.Body.String()
			if tt.path == c {
				body = `{"items":` + body + `}`
			}
			var got struct {
				Items []struct {
					Kind     string
					Metadata struct{ Name string }
				}
				TotalItems int
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if len(got.Items) != tt.items || got.TotalItems != tt.total {
				t.Errorf("%s: %d items of %d, want %d of %d", tt.name, len(got.Items), got.TotalItems, tt.items, tt.total)
			}
			for i, e := range got.Items {
				if want := tt.name != "one many times" || i%2 == 0; (e.Metadata.Name != "") != want {
					t.Errorf("%s: item %d is %+v", tt.name, i, e)
				}
			}
		}
		w := &pieces{ResponseRecorder: httptest.NewRecorder(), breaksAt: 1}
		handler.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body)))
		if w.total > largest+piece {
			t.Errorf("%s: %d bytes were written to a client that was gone", tt.name, w.total)
		}
	}
	w := &pieces{ResponseRecorder: httptest.NewRecorder()}
	handler.ServeHTTP(w, httptest.NewRequest("GET", c+"/by-query?limit=20&filter=metadata.name=payment-service-00007", nil))
	if got := w.Header().Get("Content-Length"); got != fmt.Sprint(w.total) || w.largest != w.total {
		t.Errorf("a page of %d bytes has the length %q and a piece of %d", w.total, got, w.largest)
	}
}

// TestTagsTellCatalogsApart compares the tags of lists at one revision.
func TestTagsTellCatalogsApart(t *testing.T) {
	t.Parallel()
	tag := func(build string, revision int64, rows []index.Row) string {
		t.Helper()
		ix := index.New(index.Options{})
		for _, row := range rows {
			ix.Apply([]index.Row{row}, revision)
		}
		w := httptest.NewRecorder()
		readHandler(t, &Handler{Index: ix, Build: build}).ServeHTTP(w, httptest.NewRequest("GET", "/api/catalog/entity-facets?facet=kind", nil))
		if w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
		return w.Header().Get("ETag")
	}
	want := tag("v1", 7, benchRows(5))
	if !strings.HasPrefix(want, `W/"r7-`) {
		t.Errorf("the tag is %s", want)
	}
	other := benchRows(5)
	slices.Reverse(other)
	if got := tag("v1", 7, other); got != want {
		t.Errorf("another replica says %s, want %s", got, want)
	}
	restored := benchRows(5)
	restored[3].JSON = []byte(strings.Replace(string(restored[3].JSON), "production", "deprecated", 1))
	for name, got := range map[string]string{
		"another build":     tag("v2", 7, benchRows(5)),
		"a later revision":  tag("v1", 8, benchRows(5)),
		"a restored past":   tag("v1", 7, restored),
		"another portal":    tag("v1", 7, benchRows(4)),
		"an empty database": tag("v1", 7, nil),
	} {
		if got == want {
			t.Errorf("%s has the same tag", name)
		}
	}
}
