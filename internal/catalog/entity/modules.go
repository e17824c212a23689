package entity

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// The kinds that Backstage validates outside its catalog: Template and AiResource.

var permissions = rule{name: "backstage:permissions", shape: aMap, example: "{tags: [internal]}", of: []rule{
	{name: "tags", shape: texts, blank: true, example: "internal"},
}}

var decorators = []rule{{name: "id", blank: true, example: "decorator"}, {name: "input", shape: aMap}}

var templateRule = &kindRule{
	versions: []string{"scaffolder.backstage.io/v1beta3"},
	module:   true,
	spec: []rule{
		typeRule("it says what the template makes", "service"),
		{name: "owner", example: "group:default/platform"},
		{name: "lifecycle", example: "production"},
		{name: "parameters", shape: mapOrMaps, example: "{title: About, properties: {name: {type: string}}}", of: []rule{permissions}},
		{name: "secrets", shape: aMap, of: []rule{{name: "schema", shape: aMap}}},
		{name: "presentation", shape: aMap, of: []rule{{name: "buttonLabels", shape: aMap, of: []rule{
			{name: "backButtonText", blank: true, example: "Back"}, {name: "createButtonText", blank: true, example: "Create"}, {name: "reviewButtonText", blank: true, example: "Review"},
		}}}},
		{name: "EXPERIMENTAL_recovery", shape: aMap, of: []rule{{name: "EXPERIMENTAL_strategy", blank: true, example: "startOver"}}},
		{name: "formDecorators", shape: maps, of: decorators},
		{name: "EXPERIMENTAL_formDecorators", shape: maps, of: decorators},
		{name: "steps", shape: maps, need: true, why: "they are what the template does", example: "{id: fetch, action: fetch:template, input: {url: ./skeleton}}", of: []rule{
			{name: "id", blank: true, example: "fetch"}, {name: "name", blank: true, example: "Fetch the skeleton"},
			{name: "action", need: true, why: "it says what the step does", blank: true, example: "fetch:template"},
			{name: "input", shape: aMap, example: "{url: ./skeleton}"}, {name: "if", shape: textOrFlag, blank: true, example: "${{ parameters.deploy }}"},
			permissions,
		}},
		{name: "output", shape: aMap, example: "{links: [{title: Repository, url: \"${{ steps.publish.output.remoteUrl }}\"}]}",
			of: []rule{
				{name: "links", shape: maps, example: "{title: Repository, url: \"${{ steps.publish.output.remoteUrl }}\"}", of: []rule{
					{name: "if", shape: textOrFlag, blank: true, example: "true"}, {name: "url", example: "https://example.com"},
					{name: "entityRef", example: "component:default/my-service"}, {name: "title", example: "Repository"}, {name: "icon", example: "github"},
				}},
				{name: "text", shape: maps, example: "{title: Next steps, content: Read the runbook.}", of: []rule{
					{name: "if", shape: textOrFlag, blank: true, example: "true"}, {name: "title", example: "Next steps"}, {name: "icon", example: "help"},
					{name: "content", blank: true, example: "Read the runbook."},
				}},
			},
			rest: &rule{blank: true, example: "${{ steps.publish.output.remoteUrl }}"}},
	},
	said: map[string]string{"params": "parameters", "inputs": "parameters", "outputs": "output", "actions": "steps", "ownedby": "owner"},
}

// templateSteps warns of step ids that are there twice: the later step's output hides the earlier's.
func (v *validator) templateSteps(spec *yaml.Node, at *place) {
	steps := deref(get(spec, "steps"))
	if typeOf(steps) != list {
		return
	}
	seen := map[string]int{}
	for i, s := range steps.Content {
		id := get(s, "id")
		if text(id) == "" {
			continue
		}
		if line, ok := seen[text(id)]; ok {
			p := &place{up: &place{up: &place{up: at, key: "steps"}, index: i}, key: "id"}
			v.warn(id, p, fmt.Sprintf("the step id %s is there twice, first on line %d: the output of the first cannot be used", quote(text(id)), line), "give each step an id of its own")
			continue
		}
		seen[text(id)] = id.Line
	}
}

var aiResourceRule = &kindRule{
	versions: []string{"backstage.io/v1alpha1"},
	module:   true,
	spec:     aiBase,
	said:     saidOfOwner,
}

var (
	aiBase        = []rule{typeRule("it says what sort of AI resource it is", "skill"), lifecycleRule, ownerRule, systemRule}
	aiDisciplines = rule{name: "disciplines", shape: texts, example: "web"}
	aiVersion     = rule{name: "version", example: "1.0.0"}
)

var aiSpecs = map[string][]rule{
	"skill": aiRules(aiDisciplines, rule{name: "categories", shape: texts, example: "framework"}, rule{name: "agents", shape: texts, example: "my-agent"},
		rule{name: "dependsOn", shape: texts, example: "airesource:default/base-skill"}, rule{name: "allowedTools", example: "Read Edit"},
		rule{name: "license", example: "Apache-2.0"}, rule{name: "compatibility", example: "Python 3.11+", most: 500}),
	"rule": aiRules(aiDisciplines, rule{name: "category", need: true, why: "it says what the rule is about", example: "architecture"},
		rule{name: "rationale", need: true, why: "it says what the rule is good for", example: "Errors look the same in every service."}),
	"plugin": aiRules(rule{name: "skills", shape: texts, need: true, why: "it lists the skills that the plugin brings", example: "airesource:default/frontend-design"}, aiVersion),
	"marketplace": aiRules(rule{name: "plugins", shape: texts, need: true, why: "it lists the plugins that the marketplace offers", example: "airesource:default/code-review"},
		aiVersion),
}

func aiRules(more ...rule) []rule { return append(append([]rule{}, aiBase...), more...) }

func aiResourceSpec(typ string) []rule {
	if r, ok := aiSpecs[typ]; ok {
		return r
	}
	return aiBase
}
