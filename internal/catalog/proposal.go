package catalog

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// Layers are what is known of one entity, for whoever writes that down where it can be declared.
type Layers struct {
	Ref      string
	Revision int64
	Guessed  bool   // no file declares it
	Location string // of the file that it belongs to: "url:https://…", "inferred:https://…"
	File     string // its name
	Folder   string // the location of the folder that the file describes; "" where none is known
	Text     []byte // of the file as it was last read; nil where it is not kept
	Parts    layer.Parts
	Set      []SetField       // what people set in the portal, by path
	Evidence []layer.Evidence // of what was inferred
}

// SetField is a field that somebody set in the portal.
type SetField struct {
	Path  string
	Value json.RawMessage
	By    string
	At    time.Time
}

// LayersOf returns the layers of an entity. Errors: errs.NotFound.
func (s *Store) LayersOf(ctx context.Context, ref string) (*Layers, error) {
	return s.layersOf(ctx, ref, nil)
}

// layersOf is LayersOf of what is seen. Errors: also *otherVersion, where something may be hidden.
func (s *Store) layersOf(ctx context.Context, ref string, v *sight) (out *Layers, err error) {
	defer errs.Wrap(&err, "catalog: the layers of %s", ref)
	absent := errs.New(errs.NotFound, "there is no entity %s", ref)
	if !v.hasRef(ref) {
		return nil, absent
	}
	err = pg.Transact(ctx, s.db, pg.TxOptions{ReadOnly: true, Idempotent: true, Isolation: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		out, err = layersIn(ctx, tx, ref, v)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return nil, absent
	}
	return out, err
}

func layersIn(ctx context.Context, tx pgx.Tx, ref string, v *sight) (*Layers, error) {
	h, err := pg.Collect1(ctx, tx, scanHolder, selectHolders+` AND e.state <> 'removed'`, []string{ref})
	if err != nil {
		return nil, err
	}
	out := &Layers{Ref: ref, Guessed: h.guesses(), Location: h.location, File: h.name, Folder: h.folder}
	if err := tx.QueryRow(ctx, `
		SELECT e.revision, t.text FROM catalog_entities AS e LEFT JOIN catalog_unit_texts AS t ON t.unit_id = e.unit_id
		WHERE e.ref = $1`, ref).Scan(&out.Revision, &out.Text); err != nil {
		return nil, err
	}
	if v.restricted() {
		if doc := v.snap.ByRef(ref, v.seen); doc == nil || doc.UID() != h.uid.String() || doc.Revision() != out.Revision {
			return nil, &otherVersion{out.Revision}
		}
	}
	c := composer{ctx: ctx, tx: tx}
	var owners []string
	if owner := ownerOf(h.body); owner != "" {
		owners = append(owners, resolveOwner(owner, ref))
	}
	if err := c.load([]string{ref}, owners); err != nil {
		return nil, err
	}
	out.Parts = c.parts(ref, c.base(h), h.whence)
	fields, authors, err := overlayOf(c.rows[ref][layer.Overlay])
	if err != nil {
		return nil, err
	}
	for _, path := range overlayFields {
		if value, ok := fields[path]; ok {
			out.Set = append(out.Set, SetField{path, value, authors[path].Author, authors[path].At.UTC()})
		}
	}
	if guessed := c.rows[ref][layer.Inferred]; guessed.evidence != nil {
		if err := json.Unmarshal(guessed.evidence, &out.Evidence); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Editable returns the layers of an entity whose fields whoever asks may edit. Errors: errs.NotFound where they do not see
// it; errs.Forbidden.
func (h *Handler) Editable(ctx context.Context, ref string) (l *Layers, err error) {
	r, err := entity.ParseRef(ref, entity.Ref{})
	if err != nil {
		return nil, err
	}
	err = h.asJudged(ctx, r.String(), func(ctx context.Context, v *sight) (err error) {
		if v != nil {
			if err := v.mayChange(ctx, entityEdit, v.snap.ByRef(r.String(), v.seen), notFound(r)); err != nil {
				return err
			}
		}
		l, err = h.Store.layersOf(ctx, r.String(), v)
		return err
	})
	return l, err
}

// Hides reports whether one of the entities is there, and not for whoever asks to see.
func (h *Handler) Hides(ctx context.Context, refs []string) bool {
	v := h.sight(ctx)
	for _, ref := range refs {
		if v.hides(ref) {
			return true
		}
	}
	return false
}

// Proposal is a pull request that proposes to the file of an entity what is known of it.
type Proposal struct {
	Provider   string    `json:"provider"`
	Repository string    `json:"repository"`
	Branch     string    `json:"branch"`
	Number     int       `json:"number"`
	URL        string    `json:"url"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	// Fields are the path and value of what people had set in the portal.
	Fields map[string]json.RawMessage `json:"-"`
}

// SaidBy reports whether what declares the entity says all that was proposed.
func (p *Proposal) SaidBy(declared json.RawMessage) bool {
	for path, value := range p.Fields {
		if !says(declared, path, value) {
			return false
		}
	}
	return true
}

// says reports whether an entity has a value in a field, or all entries of it in a list that is joined.
func says(body json.RawMessage, path string, value json.RawMessage) bool {
	var want any
	if json.Unmarshal(layer.Without(path, value, body), &want) != nil {
		return false
	}
	if list, ok := want.([]any); ok && len(list) == 0 {
		return true
	}
	var e map[string]map[string]json.RawMessage
	parts := struct {
		Metadata map[string]json.RawMessage `json:"metadata"`
		Spec     map[string]json.RawMessage `json:"spec"`
	}{}
	if json.Unmarshal(body, &parts) != nil {
		return false
	}
	e = map[string]map[string]json.RawMessage{"metadata": parts.Metadata, "spec": parts.Spec}
	part, key, _ := strings.Cut(path, ".")
	var has any
	return json.Unmarshal(e[part][key], &has) == nil && reflect.DeepEqual(has, want)
}

// ProposalOf returns the last pull request of an entity; nil where there was none.
func (s *Store) ProposalOf(ctx context.Context, ref string) (_ *Proposal, err error) {
	defer errs.Wrap(&err, "catalog: the proposal of %s", ref)
	return proposalIn(ctx, s.db, ref)
}

func proposalIn(ctx context.Context, db pg.DB, ref string) (*Proposal, error) {
	p, err := pg.Collect1(ctx, db, func(row pgx.CollectableRow) (p Proposal, err error) {
		var fields []byte
		if err := row.Scan(&p.Provider, &p.Repository, &p.Branch, &p.Number, &p.URL, &fields, &p.By, &p.At); err != nil {
			return p, err
		}
		p.At = p.At.UTC()
		return p, json.Unmarshal(fields, &p.Fields)
	}, `SELECT provider, repository, branch, number, url, fields, by, at FROM catalog_proposals WHERE ref = $1`, ref)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// KeepProposal keeps that a pull request is there, in place of the one before it.
func (s *Store) KeepProposal(ctx context.Context, ref string, p *Proposal, by audit.Author) (err error) {
	defer errs.Wrap(&err, "catalog: keep the proposal of %s", ref)
	if p.Fields == nil {
		p.Fields = map[string]json.RawMessage{}
	}
	return pg.Transact(ctx, s.db, pg.TxOptions{Idempotent: true}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `
			INSERT INTO catalog_proposals (ref, provider, repository, branch, number, url, fields, by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (ref) DO UPDATE
			SET provider = EXCLUDED.provider, repository = EXCLUDED.repository, branch = EXCLUDED.branch, number = EXCLUDED.number,
			    url = EXCLUDED.url, fields = EXCLUDED.fields, by = EXCLUDED.by, at = now()
			RETURNING at`, ref, p.Provider, p.Repository, p.Branch, p.Number, p.URL, string(mustJSON(p.Fields)), by.Name).Scan(&p.At); err != nil {
			return err
		}
		p.By, p.At = by.Name, p.At.UTC()
		return by.Record(ctx, tx, ref, map[string]any{"repository": p.Repository, "number": p.Number, "url": p.URL, "branch": p.Branch})
	})
}

// ProposalShown returns the pull request that proposes what the file of an entity does not declare yet; nil where there is none.
func (s *Store) ProposalShown(ctx context.Context, ref string) (*Proposal, error) {
	p, err := s.ProposalOf(ctx, ref)
	if err != nil || p == nil {
		return nil, err
	}
	l, err := s.LayersOf(ctx, ref)
	if err != nil || !l.Guessed && p.SaidBy(l.Parts.Base) {
		return nil, err
	}
	return p, nil
}
