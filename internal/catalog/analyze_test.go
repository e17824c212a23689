package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
)

// What was seen is suggested, with its place; the rest is asked.
func TestFieldsToConfirm(t *testing.T) {
	t.Parallel()
	docs := entity.Parse("x", []byte("apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: shop\nspec:\n  type: service\n  lifecycle: production\n  owner: group:default/web\n"))
	other := layer.Layer{Ref: "component:default/till", Evidence: []layer.Evidence{{Field: "spec.lifecycle", Says: "of another"}}}
	shop := layer.Layer{Ref: "component:default/shop", Evidence: []layer.Evidence{
		{Field: "metadata.name", Says: "the repository is called so"},
		{Field: "spec.type", File: "go.mod", Line: 3},
		{Field: "spec.owner", File: ".github/CODEOWNERS"},
	}}
	got := map[string]string{}
	for _, f := range fieldsToConfirm(docs[0], []layer.Layer{other, shop}) {
		text := f.State + ": " + f.Description
		if f.Value != nil {
			text = *f.Value + ", " + text
		}
		got[f.Field] = text
	}
	want := map[string]string{
		"metadata.name":  "shop, analysisSuggestedValue: The name of the entity, unique among its kind. Suggested by the repository is called so.",
		"spec.type":      "service, analysisSuggestedValue: What it is: service, website, library. Suggested by go.mod:3.",
		"spec.lifecycle": "needsUserInput: How finished it is: experimental, production, deprecated.",
		"spec.owner":     "group:default/web, analysisSuggestedValue: The team that looks after it. Suggested by .github/CODEOWNERS.",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
}
