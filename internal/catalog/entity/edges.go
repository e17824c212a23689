package entity

import (
	"slices"
	"strings"
)

// Edge is one relation: self --Type--> Target, and so Target --Inverse--> self.
type Edge struct {
	Type, Inverse string
	Target        string // canonical ref
}

// field makes edges of one spec field.
type field struct {
	name, typ, inverse string
	kind               string // what a ref means that names no kind; "": it must name one
}

var (
	owner       = field{"owner", "ownedBy", "ownerOf", "Group"}
	system      = field{"system", "partOf", "hasPart", "System"}
	domain      = field{"domain", "partOf", "hasPart", "Domain"}
	provides    = field{"providesApis", "providesApi", "apiProvidedBy", "API"}
	consumes    = field{"consumesApis", "consumesApi", "apiConsumedBy", "API"}
	dependsOn   = field{"dependsOn", "dependsOn", "dependencyOf", ""}
	dependents  = field{"dependencyOf", "dependencyOf", "dependsOn", ""}
	skillNeeds  = field{"dependsOn", "dependsOn", "dependencyOf", "AiResource"}
	partSkills  = field{"skills", "hasPart", "partOf", "AiResource"}
	partPlugins = field{"plugins", "hasPart", "partOf", "AiResource"}
)

// edgeFields is what relates the built-in kinds to others, by kind in lower case.
var edgeFields = map[string][]field{
	"component": {owner, {"subcomponentOf", "partOf", "hasPart", "Component"}, provides, consumes, dependsOn, dependents, system},
	"api":       {owner, system},
	"resource":  {owner, dependsOn, dependents, system},
	"system":    {owner, domain},
	"domain":    {owner, {"subdomainOf", "partOf", "hasPart", "Domain"}},
	"user":      {{"memberOf", "memberOf", "hasMember", "Group"}},
	"group": {
		{"parent", "childOf", "parentOf", "Group"},
		{"children", "parentOf", "childOf", "Group"},
		{"members", "hasMember", "memberOf", "User"},
	},
	"location": nil,
	"template": {owner},
}

// customFields relate a custom kind: the fields whose meaning does not hang on the kind.
var customFields = []field{owner, system, domain, provides, consumes, dependsOn, dependents}

// Relations lists the types of the relations that entities can have, sorted.
func Relations() (types []string) {
	lists := [][]field{customFields, {skillNeeds, partSkills, partPlugins}}
	for _, fields := range edgeFields {
		lists = append(lists, fields)
	}
	for _, f := range slices.Concat(lists...) {
		types = append(types, f.typ, f.inverse)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// needs are the types of relations that lead from who needs, or belongs, to what it needs or belongs to, by the types that
// lead back.
var needs = map[string]string{
	"apiConsumedBy": "consumesApi",
	"apiProvidedBy": "providesApi",
	"dependencyOf":  "dependsOn",
	"hasMember":     "memberOf",
	"hasPart":       "partOf",
	"ownerOf":       "ownedBy",
	"parentOf":      "childOf",
}

// Need returns the type of a relation as who needs or belongs has it. back is true where typ is the other end's: then the
// target is who needs. A type that is not known leads where it says.
func Need(typ string) (need string, back bool) {
	if need, ok := needs[typ]; ok {
		return need, true
	}
	return typ, false
}

// Back returns the type that leads back from what is needed to who needs it; "" where typ has none.
func Back(need string) string {
	for back, typ := range needs {
		if typ == need {
			return back
		}
	}
	return ""
}

func fieldsOf(kind string, values func(string) []string) []field {
	kind = strings.ToLower(kind)
	if fs, ok := edgeFields[kind]; ok {
		return fs
	}
	if kind != "airesource" {
		return customFields
	}
	fs := []field{owner, system}
	for _, typ := range values("type") {
		switch typ {
		case "skill":
			fs = append(fs, skillNeeds)
		case "plugin":
			fs = append(fs, partSkills)
		case "marketplace":
			fs = append(fs, partPlugins)
		}
	}
	return fs
}

// Edges derives the relations of an entity from its spec. values returns the strings of one spec
// field: one for a text, several for a list, none when it is absent or something else.
//
// A ref without a namespace means the namespace of self. Malformed refs make no edge. Each edge comes
// once, in the order of the fields and then as written. Custom kinds relate by owner, system, domain,
// providesApis, consumesApis, dependsOn and dependencyOf.
func Edges(self Ref, values func(specField string) []string) []Edge {
	var edges []Edge
	for _, f := range fieldsOf(self.Kind, values) {
		for _, s := range values(f.name) {
			ref, err := ParseRef(s, Ref{Kind: f.kind, Namespace: self.Namespace})
			if err != nil {
				continue
			}
			edges = append(edges, Edge{Type: f.typ, Inverse: f.inverse, Target: ref.String()})
		}
	}
	return unique(edges)
}

func unique(edges []Edge) []Edge {
	if len(edges) < 2 {
		return edges
	}
	seen := make(map[Edge]bool, len(edges))
	kept := edges[:0]
	for _, e := range edges {
		if !seen[e] {
			seen[e] = true
			kept = append(kept, e)
		}
	}
	return kept
}
