package catalog

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/httpx"
)

// benchRows makes n components, a fifth as many teams' worth of owners, and APIs between them.
func benchRows(n int) []index.Row {
	rows := make([]index.Row, 0, n)
	for i := range n {
		name := fmt.Sprintf("payment-service-%05d", i)
		yaml := fmt.Sprintf(`apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: %s
  description: "Takes part %d of the orders that customers pay, and settles them with partners."
  annotations:
    backstage.io/techdocs-ref: dir:.
    backstage.io/kubernetes-id: %s
    github.com/project-slug: org-%d/%s
  tags: [go, grpc, tier%d]
  links:
    - {url: "https://dashboard.example.com/%s", title: Dashboard}
spec:
  type: service
  lifecycle: production
  owner: group:default/team-%d
  system: system-%d
  consumesApis: [api-%d, api-%d]
`, name, i, name, i%12, name, i%3, name, i%50, i%100, i%200, (i*7)%200)
		d := entity.Parse("bench.yaml", []byte(yaml))[0]
		d.Validate()
		e, err := d.Entity(map[string]string{entity.AnnotationManagedByLocation: "file:/bench.yaml"})
		if err != nil {
			panic(err)
		}
		rows = append(rows, index.Row{UID: fmt.Sprintf("00000000-0000-7000-8000-%012d", i), Ref: e.Ref.String(), Revision: 1, JSON: e.JSON})
	}
	return rows
}

type benchGate struct{}

func (benchGate) Admit(*http.Request, httpx.Access) (httpx.Caller, error) {
	return httpx.Caller{Name: "service:bench"}, nil
}

// discardResponse takes an answer as a connection would, without the network.
type discardResponse struct {
	h http.Header
	n int
}

func (d *discardResponse) Header() http.Header         { return d.h }
func (d *discardResponse) WriteHeader(int)             {}
func (d *discardResponse) Write(p []byte) (int, error) { d.n += len(p); return len(p), nil }

// BenchmarkHandler is a request from the router to the last byte, without the network.
func BenchmarkHandler(b *testing.B) {
	ix := index.New(index.Options{})
	ix.Apply(benchRows(50_000), 1)
	g := new(httpx.Registry)
	(&Handler{Index: ix}).Mount(g)
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	h, err := g.Handler(httpx.Options{Gate: benchGate{}, Log: log, Limits: httpx.Limits{Requests: 64, Streams: 16, FailedSignIns: 30}})
	if err != nil {
		b.Fatal(err)
	}
	var refs []string
	for i := range 50 {
		refs = append(refs, fmt.Sprintf("%q", fmt.Sprintf("component:default/payment-service-%05d", i*997)))
	}
	byRefs := `{"entityRefs":[` + strings.Join(refs, ",") + `]}`
	const c = "/api/catalog"
	for _, bb := range []struct{ name, method, path, body string }{
		{"by_name", "GET", c + "/entities/by-name/component/default/payment-service-00997", ""},
		{"by_refs_50", "POST", c + "/entities/by-refs", byRefs},
		{"page", "GET", c + "/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,asc", ""},
		{"fulltext", "GET", c + "/entities/by-query?filter=kind=component&limit=20&orderField=metadata.name,asc&fullTextFilterTerm=service-01&fullTextFilterFields=metadata.name,metadata.title,metadata.description", ""},
		{"facets_four", "GET", c + "/entity-facets?facet=kind&facet=spec.type&facet=spec.lifecycle&facet=metadata.tags&filter=kind=component", ""},
		{"ancestry", "GET", c + "/entities/by-name/component/default/payment-service-00997/ancestry", ""},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			r := httptest.NewRequest(bb.method, bb.path, nil)
			r.Header.Set("Authorization", "Bearer x")
			for b.Loop() {
				if bb.body != "" {
					r.Body = io.NopCloser(bytes.NewReader([]byte(bb.body)))
					r.ContentLength = int64(len(bb.body))
				}
				w := &discardResponse{h: http.Header{}}
				h.ServeHTTP(w, r)
				if w.n == 0 {
					b.Fatal("nothing was answered")
				}
			}
		})
	}
}

// BenchmarkLoadInUnits is what a follower does while sources are being read for the first time: a
// unit's worth of rows, a snapshot, and so on.
func BenchmarkLoadInUnits(b *testing.B) {
	rows := benchRows(100_000)
	for b.Loop() {
		ix := index.New(index.Options{})
		for i := 0; i < len(rows); i += 500 {
			ix.Apply(rows[i:i+500], int64(i+500))
		}
	}
}
