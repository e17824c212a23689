package index

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// synth makes a catalog of n entities whose kinds, sizes and relations are spread as in a large
// organisation. The same n gives the same rows, but for entities being numbered by n.
func synth(n int) []Row {
	g := &synthesizer{r: rand.New(rand.NewPCG(42, uint64(n)))}
	counts := []struct {
		kind string
		n    int
	}{
		{"Group", n * 15 / 1000}, {"User", n * 4 / 100}, {"Domain", n * 5 / 1000}, {"System", n * 4 / 100},
		{"Resource", n * 8 / 100}, {"API", n * 12 / 100}, {"Location", n / 400},
	}
	left := n
	for i := range counts {
		counts[i].n = max(counts[i].n, 1)
		left -= counts[i].n
	}
	g.names = map[string][]string{}
	for _, c := range counts {
		for i := range c.n {
			g.names[c.kind] = append(g.names[c.kind], g.name(c.kind, i))
		}
	}
	for i := range left {
		g.names["Component"] = append(g.names["Component"], g.name("Component", i))
	}
	for _, c := range counts {
		for i := range c.n {
			g.add(c.kind, g.names[c.kind][i])
		}
	}
	for i := range left {
		g.add("Component", g.names["Component"][i])
	}
	return g.rows
}

var (
	synthWords = strings.Fields(`the a service that handles customer payment orders and invoices for every region with strict latency targets it reads events from
 queue then writes results into store used by internal teams to track delivery inventory pricing billing accounts identity access tokens sessions
 search ranking recommendation content media images upload download cache proxy gateway routing traffic policy audit logging metrics alerts
 dashboards reporting analytics pipeline batch stream schedule worker job notification email message template approval workflow contract partner
 supplier warehouse shipping returns refund ledger balance settlement currency exchange risk fraud scoring model feature training data export import
 migration schema registry config secret rotation backup restore archive retention compliance privacy consent profile preference loyalty reward
 campaign coupon checkout cart catalog product review rating comment moderation support ticket chat agent voice location map route driver vehicle`)
	synthNouns = strings.Fields(`payment order invoice customer account session search ranking content media upload cache gateway routing policy audit metrics
 alert report pipeline stream worker notification email workflow partner supplier warehouse shipping refund ledger balance settlement currency risk
 fraud scoring feature export import schema registry config secret backup archive consent profile loyalty reward campaign coupon checkout cart`)
	synthTags = strings.Fields(`java kotlin go python typescript javascript rust ruby scala react vue grpc rest graphql kafka postgres mysql redis mongodb s3
 kubernetes serverless batch streaming ml data etl frontend backend mobile ios android pci gdpr sox tier1 tier2 tier3 internal public legacy
 experimental billing identity search logistics marketing finance platform infra security observability ci docs sdk cli gateway edge cron queue`)
)

type synthesizer struct {
	r     *rand.Rand
	names map[string][]string
	rows  []Row
}

func (g *synthesizer) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *synthesizer) name(kind string, i int) string {
	if kind == "Component" {
		return fmt.Sprintf("%s-%s-%05d", g.pick(synthNouns...), g.pick("api", "core", "web", "worker", "sync", "store"), i)
	}
	return fmt.Sprintf("%s-%s-%05d", g.pick(synthNouns...), strings.ToLower(kind), i)
}

func (g *synthesizer) sentence() string {
	words := make([]string, 10+g.r.IntN(21))
	for i := range words {
		words[i] = g.pick(synthWords...)
	}
	s := strings.Join(words, " ")
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// skewed picks low indexes far more often: a few owners and APIs are popular.
func (g *synthesizer) skewed(kind string) string {
	list := g.names[kind]
	return list[min(g.r.IntN(len(list)), g.r.IntN(len(list)))]
}

func (g *synthesizer) some(most int, prefix, kind string) []string {
	seen := map[string]bool{}
	var out []string
	for range 1 + g.r.IntN(most) {
		if v := prefix + g.skewed(kind); !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

type synthMeta struct {
	Name        string            `json:"name"`
	Title       string            `json:"title,omitempty"`
	Description string            `json:"description,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Links       []synthLink       `json:"links,omitempty"`
}

type synthLink struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

func (g *synthesizer) add(kind, name string) {
	m := synthMeta{
		Name: name,
		Annotations: map[string]string{
			"backstage.io/managed-by-location":        "url:https://git.example.com/org/" + name + "/blob/main/catalog-info.yaml",
			"backstage.io/managed-by-origin-location": "url:https://git.example.com/org/all.yaml",
		},
	}
	spec := map[string]any{}
	if kind != "User" && kind != "Location" {
		m.Description = g.sentence()
	}
	if kind != "User" && kind != "Group" && kind != "Location" {
		m.Labels = map[string]string{"example.com/tier": fmt.Sprint(1 + g.r.IntN(4)), "example.com/region": g.pick("eu", "us", "apac")}
		m.Annotations["backstage.io/techdocs-ref"] = "dir:."
		m.Annotations["backstage.io/kubernetes-id"] = name
		m.Annotations["github.com/project-slug"] = fmt.Sprintf("org-%d/%s", g.r.IntN(12), name)
		for range 2 + g.r.IntN(4) {
			m.Tags = append(m.Tags, g.pick(synthTags...))
		}
		for i := range g.r.IntN(4) {
			t := g.pick("Dashboard", "Runbook", "Logs", "Chat")
			m.Links = append(m.Links, synthLink{fmt.Sprintf("https://%s.example.com/%s/%d", strings.ToLower(t), name, i), t})
		}
		spec["owner"] = "group:default/" + g.skewed("Group")
	}
	g.spec(kind, name, spec, &m)
	text, err := json.Marshal(struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   synthMeta      `json:"metadata"`
		Spec       map[string]any `json:"spec"`
	}{"backstage.io/v1alpha1", kind, m, spec})
	if err != nil {
		panic(err)
	}
	parent := ""
	if kind != "Location" {
		parent = "location:default/" + g.pick(g.names["Location"]...)
	}
	g.rows = append(g.rows, Row{
		UID: synthUID(g.r), Ref: strings.ToLower(kind) + ":default/" + name, Revision: int64(len(g.rows) + 1), JSON: text, Parent: parent,
	})
}

func (g *synthesizer) spec(kind, name string, spec map[string]any, m *synthMeta) {
	switch kind {
	case "Group":
		spec["type"] = "team"
		spec["profile"] = map[string]string{"displayName": "Team " + name, "email": name + "@example.com"}
		spec["parent"] = g.skewed("Group")
		spec["children"] = []string{}
	case "User":
		spec["profile"] = map[string]string{"displayName": strings.ReplaceAll(name, "-", " "), "email": name + "@example.com"}
		spec["memberOf"] = g.some(2, "", "Group")
	case "System":
		spec["domain"] = g.skewed("Domain")
	case "Location":
		spec["targets"] = []string{"./" + name + "/catalog-info.yaml"}
	case "Resource":
		spec["type"] = g.pick("database", "s3-bucket", "queue", "cache")
		spec["system"] = g.skewed("System")
	case "API":
		spec["type"] = g.pick("openapi", "openapi", "grpc", "graphql")
		spec["lifecycle"] = g.pick("production", "experimental", "deprecated")
		spec["system"] = g.skewed("System")
		var b strings.Builder
		fmt.Fprintf(&b, "openapi: 3.0.3\ninfo:\n  title: %s\npaths:\n", name)
		for i := range 3 + g.r.IntN(8) {
			fmt.Fprintf(&b, "  /%s/%d/{id}:\n    get:\n      operationId: get_%d\n      summary: %s\n      responses:\n        '200':\n          description: ok\n", g.pick(synthNouns...), i, i, g.sentence())
		}
		spec["definition"] = b.String()
	case "Component":
		spec["type"] = g.pick("service", "service", "website", "library", "job")
		spec["lifecycle"] = g.pick("production", "production", "experimental", "deprecated")
		spec["system"] = g.skewed("System")
		if g.r.IntN(10) < 3 {
			m.Title = strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "-", " ")
		}
		if g.r.IntN(100) < 35 {
			spec["providesApis"] = g.some(2, "", "API")
		}
		if g.r.IntN(100) < 60 {
			spec["consumesApis"] = g.some(3, "", "API")
		}
		if g.r.IntN(100) < 50 {
			spec["dependsOn"] = g.some(3, "resource:", "Resource")
		}
	}
}

func synthUID(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, 0x8000|r.Uint32()&0x3fff, r.Uint64()&0xffffffffffff)
}
