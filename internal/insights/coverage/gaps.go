package coverage

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"portico/internal/catalog/index"
	"portico/internal/errs"
)

// Reason says why something is in a list, and what to do about it.
type Reason struct {
	Code   string `json:"code"`
	Says   string `json:"says"`             // a sentence
	Remedy string `json:"remedy,omitempty"` // a sentence
	Ref    string `json:"ref,omitempty"`    // the other entity that it is about
}

// Gap is an entity of a list.
type Gap struct {
	Entity json.RawMessage `json:"entity"`
	Ref    string          `json:"ref"`
	Weight float64         `json:"weight"`
	Reason Reason          `json:"reason"`
}

var gapFields, _ = index.ParseFields([]string{"kind,metadata.name,metadata.namespace,metadata.title,metadata.description,spec.type,spec.owner"})

// list is what a measure lacks in a scope, or has: its numerator.
func (v *view) list(m Measure, within index.Set, have bool) index.Set {
	p := v.pairs[m]
	if have {
		return p.have.And(within)
	}
	of := p.of
	if m == Declared || m == Inferred || m == Verified { // what has no owner at all is in the list of ownership
		of = v.pairs[Ownership].have
	}
	return of.Without(p.have).And(within)
}

func (v *view) gaps(m Measure, docs []*index.Doc, have bool) []Gap {
	out := make([]Gap, len(docs))
	for i, doc := range docs {
		out[i] = Gap{Entity: doc.AppendFields(nil, gapFields), Ref: doc.Ref(), Weight: noTier}
		for _, t := range v.tiers {
			if t.set.Has(doc) {
				out[i].Weight = t.weight
			}
		}
		if have {
			out[i].Reason = Reason{Code: "counted", Says: "It counts."}
		} else {
			out[i].Reason = v.reason(m, doc)
		}
	}
	return out
}

func (v *view) reason(m Measure, doc *index.Doc) Reason {
	switch m {
	case Ownership:
		return v.ownerless(doc)
	case Declared:
		return Reason{Code: "inferred", Says: "Its owner is inferred from its repository.", Remedy: "Confirm it, or name the owner in spec.owner of its file."}
	case Inferred:
		return Reason{Code: "declared", Says: "Its owner is declared."}
	case Verified:
		return Reason{Code: "not-verified", Says: "Its owner has not confirmed that it is theirs, or not for long.", Remedy: "Let the team confirm it."}
	case Docs:
		return Reason{Code: "no-docs", Says: "It does not say where its docs are.", Remedy: "Add a docs folder with an mkdocs.yml, and the annotation backstage.io/techdocs-ref: dir:. to its file."}
	case Definitions:
		return Reason{Code: "no-definition", Says: "It has no definition.", Remedy: "Put its OpenAPI, AsyncAPI, GraphQL or protobuf text into spec.definition, or refer to it with $text."}
	}
	return v.apiless(doc)
}

// ownerless says why nobody who could be asked owns an entity; of several owners by the first.
func (v *view) ownerless(doc *index.Doc) Reason {
	for _, rel := range doc.Relations() {
		if rel.Type != "ownedBy" {
			continue
		}
		ref := rel.TargetRef
		switch kind, _, _ := strings.Cut(ref, ":"); {
		case v.groups[ref]:
			return Reason{Code: "owner-empty", Ref: ref, Says: "Its owner is a team without anybody in it.", Remedy: "Add members to the team, or give it to another one."}
		case v.snap.ByRef(ref, v.seen) == nil:
			return Reason{Code: "owner-missing", Ref: ref, Says: "Its owner is not in the catalog.", Remedy: "Correct the name, or bring the team into the catalog."}
		case kind == "user":
			return Reason{Code: "owner-person", Ref: ref, Says: "Its owner is a person and not a team.", Remedy: "Name the person's team instead."}
		default:
			return Reason{Code: "owner-other", Ref: ref, Says: "Its owner is not a team.", Remedy: "Name a team instead."}
		}
	}
	return Reason{Code: "no-owner", Says: "It names no owner.", Remedy: "Name a team in spec.owner of its file."}
}

func (v *view) apiless(doc *index.Doc) Reason {
	for _, rel := range doc.Relations() {
		if rel.Type != "providesApi" {
			continue
		}
		if v.snap.ByRef(rel.TargetRef, v.seen) == nil {
			return Reason{Code: "api-missing", Ref: rel.TargetRef, Says: "The API that it provides is not in the catalog.", Remedy: "Correct the name, or register the API."}
		}
		return Reason{Code: "api-undefined", Ref: rel.TargetRef, Says: "The API that it provides has no definition.", Remedy: "Give the API its definition."}
	}
	return Reason{Code: "no-api", Says: "It provides no API.", Remedy: "Name what it serves in spec.providesApis. If it serves nothing, it is not of type service."}
}

// unlinked says why no entity comes from a repository.
func unlinked(r *Repository) Reason {
	switch {
	case r.LeftOut != "":
		return Reason{Code: "left-out", Says: "The provider's filters leave it out: " + sentence(r.LeftOut), Remedy: "Change the filters in the configuration, or archive it if nobody works on it."}
	case r.Error != "":
		return Reason{Code: "unreadable", Says: "It could not be read: " + sentence(r.Error), Remedy: "Look at the source under Sources and problems."}
	case r.ReadAt == nil:
		return Reason{Code: "unread", Says: "It has not been read yet.", Remedy: "Wait for the crawl to come to it."}
	}
	return Reason{Code: "nothing-found", Says: "Nothing in it could be made an entity of.", Remedy: "Add a catalog-info.yaml."}
}

func sentence(s string) string { return strings.TrimRight(s, ".") + "." }

// repositoriesAfter is a page of repositories.
func (c *Coverage) repositoriesAfter(ctx context.Context, cursor string, have bool, limit int) (_ []Repository, next string, err error) {
	provider, id := "", ""
	if cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		at, ok := "", false
		if at, id, ok = strings.Cut(string(raw), "\n"); err != nil || !ok || !utf8.Valid(raw) || strings.IndexByte(id+at, 0) >= 0 {
			return nil, "", badCursor()
		}
		provider = at
	}
	list, err := c.Store.Repositories(ctx, c.now(), have, provider, id, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = base64.RawURLEncoding.EncodeToString([]byte(last.Provider + "\n" + last.ID))
	}
	for i := range list {
		if have {
			list[i].Reason = Reason{Code: "counted", Says: "It counts."}
		} else {
			list[i].Reason = unlinked(&list[i])
		}
	}
	return list, next, nil
}

func badCursor() error {
	return errs.WithRemedy(errs.New(errs.Invalid, "the cursor is not one that this list gave out"),
		"send a cursor exactly as nextCursor of the previous answer gave it, or none to begin at the start")
}

// title is what a team is called; "" where it has no title.
func (v *view) title(ref string) string {
	doc := v.snap.ByRef(ref, v.seen)
	if doc == nil {
		return ""
	}
	var e struct {
		Metadata struct{ Title string }
		Spec     struct {
			Profile struct{ DisplayName string }
		}
	}
	if json.Unmarshal([]byte(doc.Declared()), &e) != nil {
		return ""
	}
	if e.Metadata.Title != "" {
		return e.Metadata.Title
	}
	return e.Spec.Profile.DisplayName
}
