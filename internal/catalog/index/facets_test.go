package index

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// An entity that comes to have one value in several letters has each of them in the facets, in whatever order they stand.
func TestFacetsOfOneValueInSeveralLetters(t *testing.T) {
	for _, tags := range [][]string{{"java", "Java"}, {"Java", "java"}, {"JAVA", "java", "Java"}, {"Java", "JAVA"}} {
		x := New(Options{})
		for revision, list := range [][]string{{"go"}, tags} {
			row := Row{
				Ref: "component:default/a", UID: "00000000-0000-4000-8000-000000000001", Revision: int64(revision + 1),
				JSON: fmt.Appendf(nil, `{"apiVersion":"backstage.io/v1alpha1","kind":"Component","metadata":{"name":"a","tags":["%s"]},"spec":{}}`, strings.Join(list, `","`)),
			}
			x.Apply([]Row{row}, row.Revision)
		}
		var got []string
		for _, v := range x.Snapshot().Facets([]string{"metadata.tags"}, Filters{}, nil)[0].Values {
			got = append(got, v.Value)
		}
		if want := slices.Sorted(slices.Values(tags)); !slices.Equal(got, want) {
			t.Errorf("%q: the facets are %q", tags, got)
		}
	}
}
