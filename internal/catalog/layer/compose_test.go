package layer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompose(t *testing.T) {
	const head = `"apiVersion":"backstage.io/v1alpha1","kind":"Component"`
	for _, tt := range []struct {
		name  string
		parts Parts
		want  string
	}{
		{
			name:  "nothing but a base",
			parts: Parts{Base: json.RawMessage(`{` + head + `,"metadata":{"name":"a","namespace":"default","tags":["x","x"],"labels":{}},"spec":{"owner":"o"}}`)},
			want:  `{` + head + `,"metadata":{"name":"a","namespace":"default","tags":["x","x"],"labels":{}},"spec":{"owner":"o"}}`,
		},
		{
			name: "a declared field wins, what is missing is taken from below, highest first",
			parts: Parts{
				Base:     json.RawMessage(`{` + head + `,"metadata":{"name":"a","namespace":"default","description":"","annotations":{"k":"d"}},"spec":{"type":"service","system":null}}`),
				Overlay:  json.RawMessage(`{"metadata":{"title":"O","description":"from people"},"spec":{"type":"website","lifecycle":"production"}}`),
				Inferred: json.RawMessage(`{"metadata":{"name":"b","description":"guess","annotations":{"k":"i","z":"1","portico.dev/inferred":"true","backstage.io/managed-by-location":"x"}},"spec":{"lifecycle":"experimental","owner":"team","system":"s"}}`),
			},
			want: `{` + head + `,"metadata":{"name":"a","namespace":"default","description":"from people","annotations":{"k":"d","z":"1","portico.dev/owner-inferred":"true"},"title":"O"},"spec":{"type":"service","system":"s","lifecycle":"production","owner":"team"}}`,
		},
		{
			name: "an overlay lies over a guess, and makes its owner nobody's guess",
			parts: Parts{Guessed: true,
				Base:    json.RawMessage(`{` + head + `,"metadata":{"name":"a","namespace":"default","annotations":{"portico.dev/inferred":"true","portico.dev/owner-inferred":"true"},"tags":["go","old"]},"spec":{"owner":"guess"}}`),
				Overlay: json.RawMessage(`{"metadata":{"tags":["go","new"]},"spec":{"owner":"team"}}`),
			},
			want: `{` + head + `,"metadata":{"name":"a","namespace":"default","annotations":{"portico.dev/inferred":"true"},"tags":["go","new"]},"spec":{"owner":"team"}}`,
		},
		{
			name: "tags and links are joined with a file's",
			parts: Parts{
				Base:     json.RawMessage(`{"metadata":{"name":"a","tags":["d"],"links":[{"url":"https://d"}]}}`),
				Overlay:  json.RawMessage(`{"metadata":{"tags":["o","d"]}}`),
				Inferred: json.RawMessage(`{"metadata":{"tags":["i"],"links":[{"url":"https://i","title":"I"},{"url":"https://d","title":"D"}]}}`),
			},
			want: `{"metadata":{"name":"a","tags":["d","o"],"links":[{"url":"https://d"},{"url":"https://i","title":"I"}]}}`,
		},
		{
			name: "people may set a list to nothing",
			parts: Parts{Guessed: true,
				Base:    json.RawMessage(`{"metadata":{"name":"a","tags":["i"]}}`),
				Overlay: json.RawMessage(`{"metadata":{"tags":[]}}`),
			},
			want: `{"metadata":{"name":"a"}}`,
		},
		{
			name: "a declared owner is no guess; an old name of an owner stands for the new one",
			parts: Parts{
				Base:     json.RawMessage(`{"metadata":{"name":"a","annotations":{"portico.dev/owner-inferred":"true"}},"spec":{"owner":"old"}}`),
				Inferred: json.RawMessage(`{"spec":{"owner":"other"}}`),
				Owner:    func(s string) string { return strings.Replace(s, "old", "group:default/new", 1) },
			},
			want: `{"metadata":{"name":"a","annotations":{}},"spec":{"owner":"group:default/new"}}`,
		},
		{
			name: "what only reading could resolve is not lent",
			parts: Parts{
				Base:     json.RawMessage(`{"metadata":{"name":"a"},"spec":{"type":"openapi"}}`),
				Inferred: json.RawMessage(`{"spec":{"definition":{"$text":"./openapi.yaml"}}}`),
			},
			want: `{"metadata":{"name":"a"},"spec":{"type":"openapi"}}`,
		},
		{
			name: "layers that are no objects say nothing",
			parts: Parts{
				Base:     json.RawMessage(`{"metadata":{"name":"a"}}`),
				Overlay:  json.RawMessage(`[1]`),
				Inferred: json.RawMessage(`{"metadata":7,"spec":"x"}`),
			},
			want: `{"metadata":{"name":"a"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, string(Compose(tt.parts))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestFields(t *testing.T) {
	got := Fields(Parts{
		Base:     json.RawMessage(`{"kind":"Component","metadata":{"name":"a","tags":["go"],"annotations":{"k":"v"}},"spec":{"type":"service"}}`),
		Overlay:  json.RawMessage(`{"metadata":{"tags":["x"]},"spec":{"type":"website","owner":"team"}}`),
		Inferred: json.RawMessage(`{"metadata":{"tags":["hidden"],"description":"D"},"spec":{"type":"library","owner":"team","lifecycle":"experimental"}}`),
	})
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	want := []Field{
		{Path: "metadata.annotations.k", Layer: Declared, Value: raw(`"v"`)},
		{Path: "metadata.description", Layer: Inferred, Value: raw(`"D"`)},
		{Path: "metadata.tags[go]", Layer: Declared, Value: raw(`"go"`)},
		{Path: "metadata.tags[x]", Layer: Overlay, Value: raw(`"x"`)},
		{Path: "spec.lifecycle", Layer: Inferred, Value: raw(`"experimental"`)},
		{Path: "spec.owner", Layer: Overlay, Value: raw(`"team"`)},
		{Path: "spec.type", Layer: Declared, Value: raw(`"service"`), Others: []Other{{Overlay, raw(`"website"`)}, {Inferred, raw(`"library"`)}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestEvidenceOf(t *testing.T) {
	all := []Evidence{{Field: "metadata.tags"}, {Field: "spec.dependsOn[resource:default/db]"}, {Field: "spec.dependsOn"}, {Field: "metadata.tags[go]"}}
	for path, want := range map[string][]Evidence{
		"metadata.tags[go]": {all[3], all[0]},
		"spec.dependsOn":    {all[2], all[1]},
		"spec.owner":        nil,
	} {
		if d := cmp.Diff(want, EvidenceOf(all, path)); d != "" {
			t.Errorf("%s (-want +got):\n%s", path, d)
		}
	}
}

// FuzzCompose holds that whatever layers say, the result is JSON, the same each time, and of the same entity.
func FuzzCompose(f *testing.F) {
	f.Add(`{"metadata":{"tags":["a"],"links":[{"url":"u"}]},"spec":{"owner":"x"}}`, `{"metadata":{"name":"b"}}`)
	f.Fuzz(func(t *testing.T, overlay, inferred string) {
		p := Parts{Base: json.RawMessage(`{"kind":"Component","metadata":{"name":"a","tags":["t"]},"spec":{"type":"service"}}`)}
		if json.Valid([]byte(overlay)) {
			p.Overlay = json.RawMessage(overlay)
		}
		if json.Valid([]byte(inferred)) {
			p.Inferred = json.RawMessage(inferred)
		}
		got := Compose(p)
		if string(got) != string(Compose(p)) || !json.Valid(got) {
			t.Fatalf("%s", got)
		}
		if o := objectOf(got); text(objectOf(o.values["metadata"]).values["name"]) != "a" || text(objectOf(o.values["spec"]).values["type"]) != "service" {
			t.Errorf("another entity: %s", got)
		}
		Fields(p)
	})
}
