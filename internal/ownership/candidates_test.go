package ownership

import (
	"encoding/json"
	"strings"
	"testing"

	"portico/internal/catalog/index"
	"portico/internal/catalog/layer"
)

// snapshotOf holds entities.
func snapshotOf(t *testing.T, entities ...string) *index.Snapshot {
	t.Helper()
	x := index.New(index.Options{})
	var rows []index.Row
	for i, e := range entities {
		var said struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		if err := json.Unmarshal([]byte(e), &said); err != nil {
			t.Fatal(err)
		}
		if said.Metadata.Namespace == "" {
			said.Metadata.Namespace = "default"
		}
		ref := strings.ToLower(said.Kind + ":" + said.Metadata.Namespace + "/" + said.Metadata.Name)
		rows = append(rows, index.Row{UID: ref, Ref: ref, Revision: int64(i + 1), JSON: []byte(e)})
	}
	x.Apply(rows, int64(len(rows)))
	return x.Snapshot()
}

// A team of a host is found by what the host calls it, wherever the import put it.
func TestCandidatesByTheirHost(t *testing.T) {
	snap := snapshotOf(t,
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Group","metadata":{"name":"payments","namespace":"acme","annotations":{"github.com/team-slug":"acme/payments"}},"spec":{"type":"team","children":[]}}`,
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Group","metadata":{"name":"payments","namespace":"other","annotations":{"github.com/team-slug":"other/payments"}},"spec":{"type":"team","children":[]}}`,
		`{"apiVersion":"backstage.io/v1alpha1","kind":"Group","metadata":{"name":"tools-build","annotations":{"gitlab.com/team-path":"acme/tools/build"}},"spec":{"type":"team","children":[]}}`)
	for _, tt := range []struct {
		name string
		said layer.Evidence
		want string
	}{
		{"a team of GitHub", layer.Evidence{Field: "spec.owner", Value: "group:payments", As: "@other/payments"}, "group:other/payments"},
		{"a subgroup of GitLab", layer.Evidence{Field: "spec.owner", Value: "group:build", As: "@acme/tools/build"}, "group:default/tools-build"},
		{"a name that two have", layer.Evidence{Field: "spec.owner", Value: "group:payments"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for _, c := range candidates(snap, &Standing{Owner: "group:default/payments", State: Inferred}, []layer.Evidence{tt.said}, placed{}, nil, nil) {
				got = c.owner
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
