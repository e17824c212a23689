package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/config"
)

// Below the folders that are tried, what is registered may declare what these may; a URL is as anywhere.
func TestRulesOfTrial(t *testing.T) {
	cfg := new(config.Config)
	path, url := catalog.Location{Type: "file", Target: "/srv/x.yaml"}, catalog.Location{Type: "url", Target: "https://example.com/x.yaml"}
	for _, tt := range []struct {
		name  string
		trial []string
		from  catalog.Location
		want  []catalog.Rule
	}{
		{"a path", []string{"/srv"}, path, anyKind},
		{"a URL", []string{"/srv"}, url, globalRules(cfg, url)},
		{"a path of a portal", nil, path, globalRules(cfg, path)},
	} {
		if d := cmp.Diff(tt.want, (&App{o: Options{Config: cfg, Trial: tt.trial}}).rulesFor(tt.from)); d != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, d)
		}
	}
}

func TestGlobalRules(t *testing.T) {
	here, there := catalog.Location{Type: "url", Target: "https://example.com/a/x.yaml"}, catalog.Location{Type: "file", Target: "/x.yaml"}
	rule := func(locations []config.RuleLocation, kinds ...string) config.Rule {
		r := config.Rule{Locations: locations}
		for _, k := range kinds {
			r.Allow = append(r.Allow, config.AllowedKind{Kind: k})
		}
		return r
	}
	tests := []struct {
		name    string
		catalog config.Catalog
		from    catalog.Location
		want    []catalog.Rule
	}{
		{"none", config.Catalog{}, here, []catalog.Rule{{Kind: "Component"}, {Kind: "API"}, {Kind: "Location"}}},
		{"without Location", config.Catalog{HasRules: true, Rules: []config.Rule{rule(nil, "Component")}}, here, []catalog.Rule{{Kind: "Component"}}},
		{"nothing at all", config.Catalog{HasRules: true}, here, nil},
		{"by location", config.Catalog{HasRules: true, Rules: []config.Rule{
			rule(nil, "Component"), rule([]config.RuleLocation{{Type: "url", Pattern: "https://example.com/a/**"}}, "Location"), rule([]config.RuleLocation{{Type: "file"}}, "User"),
		}}, here, []catalog.Rule{{Kind: "Component"}, {Kind: "Location"}}},
		{"by type", config.Catalog{HasRules: true, Rules: []config.Rule{rule([]config.RuleLocation{{Type: "file"}}, "User")}}, there, []catalog.Rule{{Kind: "User"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := globalRules(&config.Config{Catalog: tt.catalog}, tt.from)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
