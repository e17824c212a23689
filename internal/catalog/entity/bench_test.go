package entity

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkCatalog is Parse, Validate and Entity for 10,000 documents, the work of a first load. It
// reads the folder that PORTICO_BENCH_CATALOG names, or documents made here.
func BenchmarkCatalog(b *testing.B) {
	files := benchFiles(b)
	size := 0
	for _, f := range files {
		size += len(f)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, f := range files {
			for _, d := range Parse("bench.yaml", f) {
				d.Validate()
				if _, err := d.Entity(benchAnnotations); err != nil {
					b.Fatal(err, d.Problems)
				}
				n++
			}
		}
		b.ReportMetric(float64(n), "documents")
	}
}

var benchAnnotations = map[string]string{
	AnnotationManagedByLocation: "file:/srv/catalog/all.yaml", AnnotationManagedByOriginLocation: "file:/srv/catalog/all.yaml",
	AnnotationSourceLocation: "file:/srv/catalog/",
}

func benchFiles(b *testing.B) (files [][]byte) {
	dir := os.Getenv("PORTICO_BENCH_CATALOG")
	if dir == "" {
		for i := range 10_000 {
			files = append(files, []byte(benchDocument(i)))
		}
		return files
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, data)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return files
}

func benchDocument(i int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: service-%05d\n  title: Service %d\n  description: Keeps the books of ferry line %d, and settles them every night.\n", i, i, i%40)
	fmt.Fprintf(&s, "  labels:\n    example.com/tier: \"%d\"\n  annotations:\n    github.com/project-slug: marrowby/service-%05d\n    backstage.io/techdocs-ref: dir:.\n    pagerduty.com/service-id: P%05d\n", i%4, i, i)
	fmt.Fprintf(&s, "  tags: [go, grpc, line-%d]\n  links:\n    - url: https://grafana.example.com/d/%d\n      title: Dashboard\n      icon: dashboard\n    - url: https://runbooks.example.com/service-%d\n      title: Runbook\n", i%40, i, i)
	fmt.Fprintf(&s, "spec:\n  type: service\n  lifecycle: production\n  owner: group:default/team-%d\n  system: system-%d\n  providesApis:\n    - api-%d\n  consumesApis:\n    - api-%d\n    - api-%d\n  dependsOn:\n    - resource:default/db-%d\n    - component:default/service-%05d\n", i%60, i%200, i, i+1, i+2, i, (i+7)%10_000)
	return s.String()
}
