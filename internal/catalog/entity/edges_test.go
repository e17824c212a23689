package entity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEdges(t *testing.T) {
	tests := []struct {
		name string
		self Ref
		spec map[string]string // lists are written with commas
		want []string
	}{
		{"component", Ref{"Component", "shop", "billing"}, map[string]string{
			"owner": "payments", "system": "pay", "subcomponentOf": "till", "providesApis": "a,b", "consumesApis": "other/c", "dependsOn": "resource:db,component:default/x", "dependencyOf": "component:y",
		}, []string{
			"ownedBy/ownerOf group:shop/payments", "partOf/hasPart component:shop/till", "providesApi/apiProvidedBy api:shop/a", "providesApi/apiProvidedBy api:shop/b",
			"consumesApi/apiConsumedBy api:other/c", "dependsOn/dependencyOf resource:shop/db", "dependsOn/dependencyOf component:default/x", "dependencyOf/dependsOn component:shop/y", "partOf/hasPart system:shop/pay",
		}},
		{"owner may be a user", Ref{"API", "default", "a"}, map[string]string{"owner": "User:Jane", "dependsOn": "component:x"}, []string{"ownedBy/ownerOf user:default/jane"}},
		{"resource", Ref{"Resource", "default", "a"}, map[string]string{"system": "s", "dependsOn": "component:x", "providesApis": "a"}, []string{"dependsOn/dependencyOf component:default/x", "partOf/hasPart system:default/s"}},
		{"system", Ref{"System", "default", "a"}, map[string]string{"domain": "d"}, []string{"partOf/hasPart domain:default/d"}},
		{"domain", Ref{"Domain", "default", "a"}, map[string]string{"subdomainOf": "d"}, []string{"partOf/hasPart domain:default/d"}},
		{"user", Ref{"User", "default", "a"}, map[string]string{"memberOf": "g", "owner": "x"}, []string{"memberOf/hasMember group:default/g"}},
		{"group", Ref{"Group", "default", "a"}, map[string]string{"parent": "p", "children": "c1,c2", "members": "u"},
			[]string{"childOf/parentOf group:default/p", "parentOf/childOf group:default/c1", "parentOf/childOf group:default/c2", "hasMember/memberOf user:default/u"}},
		{"template", Ref{"Template", "default", "a"}, map[string]string{"owner": "g", "system": "s"}, []string{"ownedBy/ownerOf group:default/g"}},
		{"location has none", Ref{"Location", "default", "a"}, map[string]string{"owner": "g"}, nil},
		{"kind in lower case", Ref{"component", "default", "a"}, map[string]string{"owner": "g"}, []string{"ownedBy/ownerOf group:default/g"}},
		{"AI skill", Ref{"AiResource", "default", "a"}, map[string]string{"type": "skill", "owner": "g", "dependsOn": "b", "skills": "x"}, []string{"ownedBy/ownerOf group:default/g", "dependsOn/dependencyOf airesource:default/b"}},
		{"AI plugin", Ref{"AiResource", "default", "a"}, map[string]string{"type": "plugin", "skills": "b"}, []string{"hasPart/partOf airesource:default/b"}},
		{"AI marketplace", Ref{"AiResource", "default", "a"}, map[string]string{"type": "marketplace", "plugins": "b"}, []string{"hasPart/partOf airesource:default/b"}},
		{"custom kind", Ref{"Runbook", "default", "a"}, map[string]string{"owner": "g", "system": "s", "dependsOn": "component:c", "parent": "x"},
			[]string{"ownedBy/ownerOf group:default/g", "partOf/hasPart system:default/s", "dependsOn/dependencyOf component:default/c"}},
		{"malformed refs make none", Ref{"Component", "default", "a"}, map[string]string{"owner": "group:", "dependsOn": "nokind,component:x,:y"}, []string{"dependsOn/dependencyOf component:default/x"}},
		{"once each", Ref{"Component", "default", "a"}, map[string]string{"dependsOn": "component:x,Component:default/X", "providesApis": "a,a"},
			[]string{"providesApi/apiProvidedBy api:default/a", "dependsOn/dependencyOf component:default/x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values := func(f string) []string {
				if tt.spec[f] == "" {
					return nil
				}
				return strings.Split(tt.spec[f], ",")
			}
			var got []string
			for _, e := range Edges(tt.self, values) {
				got = append(got, e.Type+"/"+e.Inverse+" "+e.Target)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
