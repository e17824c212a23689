package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
)

// Analyzer looks at a repository that somebody wants to register.
type Analyzer interface {
	// Analyze returns the descriptors in the repository or folder at loc (filename says what they
	// are called; "" is catalog-info.yaml), or, when there is none, a descriptor made from what can
	// be seen: a File whose Location has type "inferred".
	Analyze(ctx context.Context, loc Location, filename string) ([]File, error)
}

// analysis is Backstage's AnalyzeLocationResponse.
type analysis struct {
	ExistingEntityFiles []existingEntity  `json:"existingEntityFiles"`
	GenerateEntities    []generatedEntity `json:"generateEntities"`
}

type existingEntity struct {
	Location     Location        `json:"location"`
	IsRegistered bool            `json:"isRegistered"`
	Entity       json.RawMessage `json:"entity"`
}

type generatedEntity struct {
	Entity json.RawMessage `json:"entity"`
	Fields []analyzedField `json:"fields"`
}

type analyzedField struct {
	Field       string  `json:"field"`
	State       string  `json:"state"`
	Value       *string `json:"value"`
	Description string  `json:"description"`
}

// MarshalJSON makes a location {"type","target"}.
func (l Location) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type   string `json:"type"`
		Target string `json:"target"`
	}{l.Type, l.Target})
}

func (h *Handler) analyze(ctx context.Context, loc Location, filename string) (*analysis, error) {
	analyzer := h.analyzer(loc)
	if analyzer == nil {
		return nil, errs.New(errs.NotImplemented, "this portal cannot look into repositories")
	}
	files, err := analyzer.Analyze(ctx, loc, filename)
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			return nil, errs.Public(errs.Invalid, loc.Target+" is not there", err)
		}
		return nil, err
	}
	out := &analysis{ExistingEntityFiles: []existingEntity{}, GenerateEntities: []generatedEntity{}}
	snap := h.Index.Snapshot()
	for i := range files {
		f := &files[i]
		if f.Err != nil {
			return nil, f.Err
		}
		for _, d := range entity.Parse(f.Name, f.Data) {
			d.Validate()
			e, err := d.Entity(nil)
			if err != nil || d.Verdict == entity.Empty {
				continue // what is broken is shown by the preview, with its place
			}
			if f.Location.Type == "inferred" {
				out.GenerateEntities = append(out.GenerateEntities, generatedEntity{Entity: e.JSON, Fields: fieldsToConfirm(d, f.Layers)})
				continue
			}
			registered := snap.ByRef(d.Ref.String(), h.seen(ctx)) != nil
			out.ExistingEntityFiles = append(out.ExistingEntityFiles, existingEntity{Location: f.Location, IsRegistered: registered, Entity: e.JSON})
		}
	}
	return out, nil
}

// fieldsToConfirm tells which fields of an inferred entity a person should look at, and why.
func fieldsToConfirm(d *entity.Document, layers []layer.Layer) []analyzedField {
	var evidence []layer.Evidence
	if i := slices.IndexFunc(layers, func(l layer.Layer) bool { return l.Ref == d.Ref.String() }); i >= 0 {
		evidence = layers[i].Evidence
	}
	var out []analyzedField
	for _, f := range []struct{ path, value, ask string }{
		{"metadata.name", d.Ref.Name, "The name of the entity, unique among its kind."},
		{"spec.type", d.SpecString("type"), "What it is: service, website, library."},
		{"spec.lifecycle", d.SpecString("lifecycle"), "How finished it is: experimental, production, deprecated."},
		{"spec.owner", d.SpecString("owner"), "The team that looks after it."},
	} {
		value, seen := f.value, layer.EvidenceOf(evidence, f.path)
		a := analyzedField{Field: f.path, State: "needsUserInput", Description: f.ask}
		if len(seen) > 0 {
			a.State, a.Value, a.Description = "analysisSuggestedValue", &value, f.ask+" Suggested by "+placeOf(seen[0])+"."
		}
		out = append(out, a)
	}
	return out
}

// placeOf is where a piece of evidence is, as people write it: "go.mod:3", or what says it.
func placeOf(e layer.Evidence) string {
	switch {
	case e.File == "":
		return e.Says
	case e.Line > 0:
		return fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return e.File
}

// AnnotationInferred is ours, "true": nobody declared the entity, it was made from what can be seen.
const AnnotationInferred = "portico.dev/inferred"
