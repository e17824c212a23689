package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/index"
	"portico/internal/errs"
	"portico/internal/httpx"
	"portico/internal/pg"
)

// Guard says what whoever makes a request may see of the catalog, and do to it, entity by entity. That they have the
// permission of a route at all was decided before. Both are asked for every request, and must be quick.
type Guard interface {
	// Seen is what they may see: nil is everything, index.Restrict(nil) nothing.
	Seen(ctx context.Context) *index.Restriction
	// May returns nil, or an errs.Forbidden with the reason. It is asked only of what they see: of a location, the
	// Location entity that stands for it; of a removed entity, the document that it last had.
	May(ctx context.Context, p httpx.Permission, doc *index.Doc) error
	// Forbids returns an errs.Forbidden with the reason where a policy forbids it in so many words, and nil also where
	// none permits it: for what comes of a change that another permission is for.
	Forbids(ctx context.Context, p httpx.Permission, doc *index.Doc) error
}

// seen is the restriction of a request.
func (h *Handler) seen(ctx context.Context) *index.Restriction {
	if h.Guard == nil {
		return nil
	}
	return h.Guard.Seen(ctx)
}

// sight is what one request sees of what the database holds beside the read model. What is not seen is absent: it is
// left out, and nothing is counted or told of it. The nil sight, that of a handler without a guard, sees everything.
type sight struct {
	guard Guard
	store *Store
	snap  *index.Snapshot
	seen  *index.Restriction
}

func (h *Handler) sight(ctx context.Context) *sight {
	if h.Guard == nil {
		return nil
	}
	return &sight{guard: h.Guard, store: h.Store, snap: h.Index.Snapshot(), seen: h.Guard.Seen(ctx)}
}

// restricted reports whether anything may be hidden.
func (v *sight) restricted() bool { return v != nil && v.seen != nil }

// hasRef reports whether there is an entity of that ref to be seen.
func (v *sight) hasRef(ref string) bool { return !v.restricted() || v.snap.ByRef(ref, v.seen) != nil }

// docs returns those of the entities that are seen, by uid: living ones as they are now, removed ones as they were when
// they were removed.
//
// A removed entity is judged by itself: the relations that others gave it are not known any more. With fewer
// relations a restriction shows less, unless it excludes by relation; then it shows no removed entity at all.
func (v *sight) docs(ctx context.Context, db pg.DB, uids []string) (map[string]*index.Doc, error) {
	docs := make(map[string]*index.Doc, len(uids))
	var gone []string
	for _, uid := range uids {
		if doc := v.snap.ByUID(uid, v.seen); doc != nil {
			docs[uid] = doc
		} else if v.snap.ByUID(uid, nil) == nil { // else it is hidden, whatever it was
			gone = append(gone, uid)
		}
	}
	if len(gone) == 0 || v.seen.Relational() {
		return docs, nil
	}
	rows, err := pg.Collect(ctx, db, func(row pgx.CollectableRow) (r index.Row, err error) {
		err = row.Scan(&r.UID, &r.Ref, &r.Revision, &r.Parent, &r.JSON)
		return r, err
	}, `
		SELECT uid::text, ref, revision, parent_ref, entity
		FROM catalog_entities
		WHERE uid = ANY($1::uuid[]) AND state = 'removed'`, gone)
	if err != nil || len(rows) == 0 {
		return docs, err
	}
	past := index.New(index.Options{Alone: true}).Apply(rows, 0)
	for _, uid := range gone {
		if doc := past.ByUID(uid, v.seen); doc != nil {
			docs[uid] = doc
		}
	}
	return docs, nil
}

// mayChange answers for the change of one entity: nil, absent where it is not seen, or why it may not be.
func (v *sight) mayChange(ctx context.Context, p httpx.Permission, doc *index.Doc, absent error) error {
	switch {
	case v == nil:
		return nil
	case doc == nil:
		return absent
	}
	return v.guard.May(ctx, p, doc)
}

// choice narrows down what is changed at once. The nil choice leaves all.
type choice func(ctx context.Context, db pg.DB, list []gone) ([]gone, error)

// choose leaves those that are seen. When one of these may not be changed, none is, and the error says why.
func (v *sight) choose(p httpx.Permission) choice {
	if v == nil {
		return nil
	}
	return func(ctx context.Context, db pg.DB, list []gone) (seen []gone, err error) {
		uids := make([]string, len(list))
		for i, g := range list {
			uids[i] = g.uid.String()
		}
		docs, err := v.docs(ctx, db, uids)
		if err != nil {
			return nil, err
		}
		for i, g := range list {
			doc := docs[uids[i]]
			if doc == nil {
				continue
			}
			if err := v.guard.May(ctx, p, doc); err != nil {
				return nil, err
			}
			seen = append(seen, g)
		}
		return seen, nil
	}
}

// veto refuses a change of all the entities at once. The nil veto refuses none.
type veto func(list []gone) error

// spare refuses to let entities go of which policies forbid it, and says of how many.
func (v *sight) spare(ctx context.Context, p httpx.Permission) veto {
	if v == nil {
		return nil
	}
	return func(list []gone) (err error) {
		kept, first := 0, ""
		for _, g := range list {
			doc := v.snap.ByUID(g.uid.String(), nil)
			if doc == nil {
				return errs.WithRemedy(errs.New(errs.Conflict, "this portal does not show %s yet, so it cannot tell whether you may let it go", g.ref), "try again in a moment")
			}
			why := v.guard.Forbids(ctx, p, doc)
			switch {
			case why == nil:
				continue
			case !errs.Is(why, errs.Forbidden):
				return why
			case kept == 0:
				err, first = why, g.ref
			}
			kept++
		}
		if err == nil {
			return nil
		}
		return errs.WithRemedy(errs.Public(errs.Forbidden, fmt.Sprintf("of the %d entities that would go you may not remove %d, the first of which is %s: %s", len(list), kept, first, errs.Sentence(err)), err),
			"keep them, or have it decided by somebody whom no policy forbids it")
	}
}

// location is the Location entity that stands for a location, where it is seen. One that has not been read yet, or is
// not registered, is judged by the entity that it would be.
func (v *sight) location(loc Location) (*index.Doc, error) {
	ref := "location:default/" + generatedName(loc)
	if v.snap.ByRef(ref, nil) != nil {
		return v.snap.ByRef(ref, v.seen), nil
	}
	return v.standIn(loc)
}

// standIn judges the Location entity that a location would have.
func (v *sight) standIn(loc Location) (*index.Doc, error) {
	if v.seen.Relational() {
		return nil, nil
	}
	e, err := sourceEntity(loc)
	if err != nil {
		return nil, err
	}
	one := index.New(index.Options{Alone: true}).Apply([]index.Row{{UID: uuid.Nil.String(), Ref: e.Ref.String(), JSON: e.JSON}}, 0)
	return one.ByRef(e.Ref.String(), v.seen), nil
}

// sources leaves those sources whose locations are seen.
func (v *sight) sources(all []*Source) ([]*Source, error) {
	if !v.restricted() {
		return all, nil
	}
	var out []*Source
	for _, s := range all {
		doc, err := v.location(s.Location)
		if err != nil {
			return nil, err
		}
		if doc != nil {
			out = append(out, s)
		}
	}
	return out, nil
}

// mayRegister answers for a location that may or may not be registered already. It does not look whether it is: who
// would not see the Location entity is refused either way, so that trying tells nothing.
func (v *sight) mayRegister(ctx context.Context, p httpx.Permission, loc Location) error {
	if v == nil {
		return nil
	}
	doc, err := v.standIn(loc)
	if err != nil {
		return err
	}
	if doc == nil {
		return errs.WithRemedy(errs.New(errs.Forbidden, "you cannot register %s:%s: policies hide from you the Location entity that would stand for it, so you would not see what comes of it", loc.Type, cut(loc.Target)),
			`ask whoever writes the policies to exempt Location entities from what hides them: resource.kind == "Location"`)
	}
	return v.guard.May(ctx, p, doc)
}

// mayChangeSource answers for the change of a source that was found by an id.
func (v *sight) mayChangeSource(ctx context.Context, p httpx.Permission, s *Source, absent error) error {
	if v == nil {
		return nil
	}
	doc, err := v.location(s.Location)
	if err != nil {
		return err
	}
	return v.mayChange(ctx, p, doc, absent)
}

// trim takes out of a change what names other entities: the Location entity that led to it, where that is not seen.
func (v *sight) trim(c *Change) {
	kept := c.Diff[:0]
	for _, d := range c.Diff {
		if d.Path == "parent" {
			d.From, d.To = v.ref(d.From), v.ref(d.To)
			if d.From == nil && d.To == nil {
				continue
			}
		}
		kept = append(kept, d)
	}
	c.Diff = kept
}

// ref is the JSON of a ref, if there is such an entity to be seen.
func (v *sight) ref(raw json.RawMessage) json.RawMessage {
	var ref string
	if json.Unmarshal(raw, &ref) != nil || !v.hasRef(ref) {
		return nil
	}
	return raw
}

// declaration is a Declaration without what else its file holds: the lines are those of the entity in the text as it is
// now, not those of when it was last in order, and nothing tells how long the file is or when it changed.
func (v *sight) declaration(d *Declaration, ref string, text []byte) {
	d.Text, d.Line, d.EndLine, d.Revision = "", 0, 0, ""
	lines := linesOf(text)
	for _, doc := range entity.Parse(d.File, text) {
		if doc.Ref.String() == ref && doc.Line > 0 && doc.EndLine >= doc.Line && doc.EndLine <= len(lines) {
			d.Line, d.EndLine = doc.Line, doc.EndLine
			d.Text = strings.Join(lines[d.Line-1:d.EndLine], "\n")
			break
		}
	}
	d.FileTextLines = d.EndLine
	own := []Problem{}
	for _, p := range d.Problems {
		if p.Ref != nil {
			p.Excerpt = nil // it may show lines of what stands around
			own = append(own, p)
		}
	}
	d.Problems = own
}

// entityOf finds what a request by uid is to change.
func (h *Handler) entityOf(r *http.Request, v *sight, uid uuid.UUID) (*index.Doc, error) {
	if v == nil {
		return nil, nil
	}
	docs, err := v.docs(r.Context(), h.Store.db, []string{uid.String()})
	return docs[uid.String()], err
}
