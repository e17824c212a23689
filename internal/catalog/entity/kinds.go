package entity

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// kindNames are the kinds with rules of their own.
var kindNames = []string{"Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template", "AiResource"}

var builtinVersions = []string{"backstage.io/v1alpha1", "backstage.io/v1beta1"}

// kindRule is what a kind asks of its spec.
type kindRule struct {
	versions []string
	module   bool // Backstage validates it outside the catalog
	spec     []rule
	// said are field names that people write, and the field that they mean.
	said map[string]string
}

var (
	ownerRule     = rule{name: "owner", need: true, why: "it says which team or person answers for it", example: "group:default/payments"}
	lifecycleRule = rule{name: "lifecycle", need: true, why: "it says how mature it is", example: "production"}
	systemRule    = rule{name: "system", example: "billing"}
	dependsRule   = rule{name: "dependsOn", shape: texts, example: "component:default/ledger, resource:default/orders-db"}
	profileRule   = rule{name: "profile", shape: aMap, example: "{displayName: Payments}", of: []rule{
		{name: "displayName", example: "Payments"}, {name: "email", example: "payments@example.com"}, {name: "picture", example: "https://example.com/payments.png"},
	}}
)

func typeRule(why, example string) rule {
	return rule{name: "type", need: true, why: why, example: example}
}

var saidOfOwner = map[string]string{"ownedby": "owner", "owners": "owner", "team": "owner"}

func said(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2+len(saidOfOwner))
	for k, v := range saidOfOwner {
		m[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

var kindRules = map[string]*kindRule{
	"Component": {
		versions: builtinVersions,
		spec: []rule{
			typeRule("it says what sort of component it is", "service"), lifecycleRule, ownerRule, systemRule,
			{name: "subcomponentOf", example: "billing-service"},
			{name: "providesApis", shape: texts, example: "billing-api"},
			{name: "consumesApis", shape: texts, example: "ledger-api"},
			dependsRule,
			// Read for relations, and not checked by Backstage.
			{name: "dependencyOf", shape: anything},
		},
		said: said("interactswith", "dependsOn", "uses", "dependsOn", "dependencies", "dependsOn", "dependson", "dependsOn", "deployedat", "dependsOn", "deployedon", "dependsOn",
			"implementsapis", "providesApis", "implementsapi", "providesApis", "exposesapis", "providesApis", "apis", "providesApis", "apiprovides", "providesApis",
			"apiconsumedby", "consumesApis", "usesapis", "consumesApis", "partof", "system", "parent", "subcomponentOf", "stage", "lifecycle"),
	},
	"API": {
		versions: builtinVersions,
		spec: []rule{
			typeRule("it says how the API is described", "openapi"), lifecycleRule, ownerRule, systemRule,
			{name: "definition", need: true, why: "it holds the description of the API, or says which file does", example: "{$text: ./openapi.yaml}"},
		},
		said: said("spec", "definition", "schema", "definition", "apispec", "definition", "partof", "system", "stage", "lifecycle"),
	},
	"Resource": {
		versions: builtinVersions,
		spec: []rule{
			typeRule("it says what sort of resource it is", "database"), ownerRule, dependsRule, systemRule,
			{name: "dependencyOf", shape: anything},
		},
		said: said("interactswith", "dependsOn", "dependencies", "dependsOn", "usedby", "dependencyOf", "partof", "system"),
	},
	"System": {
		versions: builtinVersions,
		spec:     []rule{ownerRule, {name: "domain", example: "payments"}, {name: "type", example: "product"}},
		said:     said("partof", "domain"),
	},
	"Domain": {
		versions: builtinVersions,
		spec:     []rule{ownerRule, {name: "subdomainOf", example: "finance"}, {name: "type", example: "product-area"}},
		said:     said("partof", "subdomainOf", "parent", "subdomainOf"),
	},
	"Group": {
		versions: builtinVersions,
		spec: []rule{
			typeRule("it says what sort of group it is", "team"), profileRule, {name: "parent", example: "engineering"},
			{name: "children", shape: texts, need: true, why: "it lists the groups below this one; a group without any says so", example: "payments-cards, payments-bank", without: "[]"},
			{name: "members", shape: texts, example: "jane.doe"},
		},
		said: map[string]string{"memberof": "parent", "users": "members", "subgroups": "children", "partof": "parent"},
	},
	"User": {
		versions: builtinVersions,
		spec: []rule{
			profileRule,
			{name: "memberOf", shape: texts, need: true, why: "it lists the groups that the user is in; a user in none says so", example: "payments", without: "[]"},
		},
		said: map[string]string{"groups": "memberOf", "group": "memberOf", "teams": "memberOf", "members": "memberOf"},
	},
	"Location": {
		versions: builtinVersions,
		spec: []rule{
			{name: "type", example: "url"}, {name: "target", example: "./services/catalog-info.yaml"},
			{name: "targets", shape: texts, example: "./services/catalog-info.yaml"},
			{name: "presence", example: "optional", enum: []string{"required", "optional"}},
		},
		said: map[string]string{"url": "target", "path": "target", "paths": "targets", "locations": "targets"},
	},
	"Template":   templateRule,
	"AiResource": aiResourceRule,
}

// mcpServer is what an API of type mcp-server asks for in place of a definition.
var mcpServer = []rule{
	typeRule("it says how the API is described", "mcp-server"), lifecycleRule, ownerRule, systemRule,
	{name: "remotes", shape: maps, least: 1, need: true, why: "it says where the MCP server can be reached", example: "{type: streamable-http, url: \"https://mcp.example.com\"}", of: []rule{
		{name: "type", need: true, why: "it says how to talk to the server", example: "streamable-http"},
		{name: "url", need: true, why: "it says where the server is", example: "https://mcp.example.com"},
	}},
}

// kindRules checks what the kind asks for. specOK is false when spec is there and is not a map.
func (v *validator) kindRules(root *yaml.Node, apiVersion, kind string, spec *yaml.Node, specOK bool) {
	k, ok := kindRules[kind]
	if !ok {
		v.customKind(root, apiVersion, kind)
		return
	}
	if k.module {
		v.module, v.ours = true, true
		defer func() { v.ours = false }()
	}
	if !slices.Contains(k.versions, apiVersion) {
		if validAPIVersion(apiVersion) {
			v.otherVersion(root, apiVersion, kind, k)
		}
		return
	}
	v.builtin = true
	if spec == nil {
		remedy := "add spec, and indented below it: " + firstNeeded(k.spec)
		if names := strayFields(root, k.spec); names != "" {
			remedy = "add a line spec: and indent below it " + names
		}
		v.fail(root, &place{key: "spec"}, "spec is missing: every "+kind+" says more about itself there", remedy)
		return
	}
	if !specOK {
		return
	}
	if placeholderOf(spec) != "" {
		return // refused or, for the kinds of other modules, not to be judged yet
	}
	rules := k.spec
	switch kind {
	case "API":
		if text(get(spec, "type")) == "mcp-server" && get(spec, "definition") == nil {
			rules = mcpServer
		}
	case "AiResource":
		rules = aiResourceSpec(text(get(spec, "type")))
	}
	at := &place{key: "spec"}
	misspelt := v.specFields(root, spec, at, rules)
	v.unknownFields(spec, at, kind, rules, k.said, misspelt)
	v.refs(spec, at, kind)
	switch kind {
	case "Location":
		v.location(root, spec)
	case "Template":
		v.templateSteps(spec, at)
	}
}

// firstNeeded is an example of the first field that has to be there.
func firstNeeded(rules []rule) string {
	for _, r := range rules {
		if r.need {
			return r.sample()
		}
	}
	return rules[0].sample()
}

// strayFields names the fields of a spec that stand at the top level.
func strayFields(root *yaml.Node, rules []rule) string {
	var names []string
	for _, r := range rules {
		if get(root, r.name) != nil {
			names = append(names, r.name)
		}
	}
	return strings.Join(names, ", ")
}

// specFields is fields with the position of missing ones at the key "spec", or at the key that was written in their
// place: those are returned, since nothing more is to be said of them.
func (v *validator) specFields(root, spec *yaml.Node, at *place, rules []rule) (misspelt []*yaml.Node) {
	k, _ := pair(root, "spec")
	for i := range rules {
		r := &rules[i]
		n := get(spec, r.name)
		switch {
		case n != nil:
			v.value(n, &place{up: at, key: r.name}, r)
		case r.need:
			if key := misspeltKey(spec, r.name, rules); key != nil {
				v.fail(key, &place{up: at, key: keyText(key)}, "the spec has no field "+keyText(key), "did you mean "+r.name+"? It has to be there: "+r.why)
				misspelt = append(misspelt, key)
				continue
			}
			remedy := "add below spec: " + r.sample()
			if m, _ := pair(get(root, "metadata"), r.name); m != nil {
				remedy = fmt.Sprintf("move %s from metadata (line %d) below spec", r.name, m.Line)
			}
			v.fail(k, &place{up: at, key: r.name}, r.name+" is missing: "+r.why, remedy)
		}
	}
	return misspelt
}

// misspeltKey is the key of a field that is most likely meant to be the missing one; nil when there is none.
func misspeltKey(spec *yaml.Node, name string, rules []rule) *yaml.Node {
	m := deref(spec)
	for i := 0; i+1 < len(m.Content); i += 2 {
		key := keyText(m.Content[i])
		known := slices.ContainsFunc(rules, func(r rule) bool { return r.name == key })
		if !known && suggest(key, []string{name}) != "" {
			return m.Content[i]
		}
	}
	return nil
}

// unknownFields warns of spec fields that are most likely meant to be another one. Any other field
// is welcome: a spec is open.
func (v *validator) unknownFields(spec *yaml.Node, at *place, kind string, rules []rule, said map[string]string, misspelt []*yaml.Node) {
	m := deref(spec)
	for i := 0; i+1 < len(m.Content); i += 2 {
		k := m.Content[i]
		name := keyText(k)
		if slices.Contains(misspelt, k) {
			continue
		}
		if slices.ContainsFunc(rules, func(r rule) bool { return r.name == name }) {
			continue
		}
		p := &place{up: at, key: name}
		names := make([]string, len(rules))
		for i := range rules {
			names[i] = rules[i].name
		}
		meant := said[strings.ToLower(name)]
		if meant == "" {
			meant = suggest(name, names)
		}
		switch {
		case strings.EqualFold(name, meant) && get(spec, meant) != nil: // keys that differ by case: said already
		case strings.EqualFold(name, "subcomponents"):
			v.warn(k, p, "subcomponents is kept, and makes no relation", "write subcomponentOf in each of the subcomponents instead")
		case name == "<<":
			v.warn(k, p, "the merge key << is not applied here: it is kept as a field of its own", "write the fields out")
		case meant != "" && get(spec, meant) == nil:
			v.warn(k, p, fmt.Sprintf("a %s has no field %s: it is kept, and makes no relation", kind, name), "did you mean "+meant+"?")
		case meant != "":
			v.warn(k, p, fmt.Sprintf("a %s has no field %s: it is kept, and makes no relation", kind, name), "did you mean "+meant+"? It is there, too: merge the two")
		case slices.Contains(metadataFields, name) && name != "name":
			v.warn(k, p, name+" is not read from spec", "move it below metadata")
		}
	}
}

// isSpecField reports whether a built-in kind has a spec field of this name, given in lower case.
func isSpecField(low string) bool {
	for _, k := range kindRules {
		for _, r := range k.spec {
			if strings.ToLower(r.name) == low {
				return true
			}
		}
	}
	return false
}

// refs warns of texts that are to name entities and do not.
func (v *validator) refs(spec *yaml.Node, at *place, kind string) {
	typ := func(string) []string { return []string{text(get(spec, "type"))} }
	for _, f := range fieldsOf(kind, typ) {
		n := get(spec, f.name)
		if n == nil {
			continue
		}
		p := &place{up: at, key: f.name}
		if typeOf(n) == textual {
			v.ref(n, p, f)
			continue
		}
		if typeOf(n) == list {
			for i, c := range deref(n).Content {
				v.ref(c, &place{up: p, index: i}, f)
			}
		}
	}
}

func (v *validator) ref(n *yaml.Node, p *place, f field) {
	s := text(n)
	if s == "" {
		return
	}
	if _, err := ParseRef(s, Ref{Kind: f.kind}); err == nil {
		return
	}
	if _, err := ParseRef(s, Ref{Kind: "component"}); err == nil {
		v.warn(n, p, fmt.Sprintf("%s names %s without a kind: it makes no relation, and Backstage refuses the entity", p.name(), quote(s)), "write "+line(p, "component:"+s)+", or resource:"+s)
		return
	}
	v.warn(n, p, fmt.Sprintf("%s holds %s, which names no entity: it makes no relation, and Backstage refuses the entity", p.name(), quote(s)),
		"write [kind:][namespace/]name: "+line(p, strings.ToLower(or(f.kind, "component"))+":default/my-"+strings.ToLower(or(f.kind, "component"))))
}

func (v *validator) location(root, spec *yaml.Node) {
	if get(spec, "target") == nil && get(spec, "targets") == nil {
		k, _ := pair(root, "spec")
		v.warn(k, &place{up: &place{key: "spec"}, key: "targets"}, "this Location has no targets: it leads nowhere", "add below spec: targets: [./services/catalog-info.yaml]")
	}
}

// otherVersion deals with a known kind under an apiVersion that its rules do not cover.
func (v *validator) otherVersion(root *yaml.Node, apiVersion, kind string, k *kindRule) {
	p := &place{key: "apiVersion"}
	remedy := "write apiVersion: " + k.versions[0]
	n := get(root, "apiVersion")
	if k.module {
		v.warn(n, p, fmt.Sprintf("a %s with apiVersion %s is kept, and nothing can use it", kind, quote(apiVersion)), remedy)
		return
	}
	v.ours = true
	v.fail(n, p, fmt.Sprintf("there are no rules for a %s with apiVersion %s", kind, quote(apiVersion)), remedy)
	v.ours = false
}

// customKind looks at kinds without rules. They are welcome, unless a built-in one was meant.
func (v *validator) customKind(root *yaml.Node, apiVersion, kind string) {
	if !validKind(kind) {
		return
	}
	p := &place{key: "kind"}
	n := get(root, "kind")
	for _, k := range kindNames {
		if strings.EqualFold(k, kind) {
			v.ours = true
			v.fail(n, p, fmt.Sprintf("kind %s has to be written %s", quote(kind), k), "write kind: "+k)
			v.ours = false
			return
		}
	}
	remedy := "if it is meant to be a kind of your own, give it an apiVersion of your own: example.com/v1"
	if s := suggest(kind, kindNames); s != "" {
		remedy = "did you mean kind: " + s + "?"
	} else if !slices.Contains(builtinVersions, apiVersion) {
		return
	} else if kind == "Service" || kind == "Website" || kind == "Library" || kind == "Application" {
		remedy = "did you mean kind: Component with type: " + strings.ToLower(kind) + "?"
	}
	v.warn(n, p, fmt.Sprintf("%s is not a built-in kind: it is kept as a kind of your own, without rules for its spec", kind), remedy)
}
