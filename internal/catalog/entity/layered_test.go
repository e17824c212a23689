package entity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLayered(t *testing.T) {
	entityOf := func(yaml string) *Entity {
		t.Helper()
		d := Parse("a.yaml", []byte(yaml))[0]
		d.Validate()
		e, err := d.Entity(map[string]string{AnnotationManagedByLocation: "file:/a.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	// The second link is not safe to follow, so the catalog left its address empty: which is a fault in a file.
	base := entityOf("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: a\n  links:\n    - {url: \"https://a.example\"}\n    - {url: \"javascript:x()\", title: b}\n" +
		"  annotations: {example.com/size: \"1\"}\nspec:\n  type: service\n  weight: 1.50\n  owner: team-a\n  lifecycle: production\n  dependsOn: [\"component:c\", \"component:b\"]\n")
	same, faults, err := Layered(base.JSON, base.JSON)
	if err != nil || faults != nil {
		t.Fatalf("an entity over itself: %v, %v", faults, err)
	}
	if d := cmp.Diff(string(base.JSON), string(same.JSON)); d != "" || same.Digest != base.Digest || same.Ref != base.Ref {
		t.Errorf("an entity over itself is another (-want +got):\n%s", d)
	}
	bad := strings.Replace(string(base.JSON), `"owner":"team-a"`, `"owner":7`, 1)
	if _, faults, err := Layered([]byte(bad), base.JSON); err != nil || len(faults) != 1 || faults[0].Path != "spec.owner" {
		t.Errorf("a fault of a layer: %+v, %v", faults, err)
	}
	if e, faults, err := Layered([]byte(`[]`), base.JSON); e != nil || len(faults) == 0 && err == nil {
		t.Errorf("a list became %v, %v, %v", e, faults, err)
	}
	if _, _, err := Layered([]byte(`null`), base.JSON); err == nil {
		t.Error("nothing became an entity")
	}
}
