package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
	"portico/internal/pg"
)

// Provenance says of each field of an entity where it comes from.
type Provenance struct {
	Ref      string `json:"ref"`
	Revision int64  `json:"revision"`
	// Base is the layer of the file that the entity belongs to: "declared", or "inferred" where nobody declared it.
	Base string `json:"base"`
	File string `json:"file"` // its name
	// Settable are the fields that can be set in the portal.
	Settable []string      `json:"settable"`
	Fields   []Provenanced `json:"fields"`
	// LeftOut are layers that are not shown, because the entity would be none with them.
	LeftOut []string `json:"leftOut"`
	// Proposal is the pull request that proposes to the entity's file what it does not declare yet.
	Proposal *Proposal `json:"proposal,omitempty"`
}

// Provenanced is one field.
type Provenanced struct {
	Path     string          `json:"path"`
	Value    json.RawMessage `json:"value"`
	Layer    string          `json:"layer"`
	Evidence []SeenAt        `json:"evidence,omitempty"`
	By       string          `json:"by,omitempty"` // of what was set in the portal
	At       *time.Time      `json:"at,omitempty"`
	// Alias is set of the owner where another name stands in the layer.
	Alias *AliasOf `json:"alias,omitempty"`
	// Differs is what other layers say.
	Differs []Difference `json:"differs,omitempty"`
}

// AliasOf says which text of an owner the shown one stands for.
type AliasOf struct {
	Says string    `json:"says"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// Difference is what a layer says that is not shown.
type Difference struct {
	Layer    string          `json:"layer"`
	Value    json.RawMessage `json:"value"`
	Evidence []SeenAt        `json:"evidence,omitempty"`
	By       string          `json:"by,omitempty"`
	At       *time.Time      `json:"at,omitempty"`
}

// SeenAt is a piece of evidence, with a link to where it stands at its host.
type SeenAt struct {
	Value string `json:"value,omitempty"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
	Says  string `json:"says,omitempty"`
	Sure  string `json:"sure,omitempty"`
	URL   string `json:"url,omitempty"`
}

// mostEvidence bounds what is shown of one field.
const mostEvidence = 20

// provenance answers for one entity that is seen. Errors: errs.NotFound; *otherVersion, where something may be hidden.
func (s *Store) provenance(ctx context.Context, ref string, v *sight) (_ *Provenance, err error) {
	defer errs.Wrap(&err, "catalog: where the fields of %s come from", ref)
	absent := errs.New(errs.NotFound, "there is no entity %s", ref)
	if !v.hasRef(ref) {
		return nil, absent
	}
	var out *Provenance
	// One moment: the layers of one state with the body of another would say what never was.
	err = pg.Transact(ctx, s.db, pg.TxOptions{ReadOnly: true, Idempotent: true, Isolation: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		out, err = provenanceIn(ctx, tx, ref, v)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return nil, absent
	}
	return out, err
}

func provenanceIn(ctx context.Context, tx pgx.Tx, ref string, v *sight) (*Provenance, error) {
	h, err := pg.Collect1(ctx, tx, scanHolder, selectHolders+` AND e.state <> 'removed'`, []string{ref})
	if err != nil {
		return nil, err
	}
	out := &Provenance{Ref: ref, Base: h.base(), File: h.name, Settable: Settable(strings.Split(ref, ":")[0]), Fields: []Provenanced{}, LeftOut: []string{}}
	var viewURL string
	var text, problems []byte
	if err := tx.QueryRow(ctx, `
		SELECT e.revision, coalesce(u.view_url, ''), t.text, coalesce(u.problems, '[]')
		FROM catalog_entities AS e
		LEFT JOIN catalog_units AS u ON u.id = e.unit_id
		LEFT JOIN catalog_unit_texts AS t ON t.unit_id = u.id
		WHERE e.ref = $1`, ref).Scan(&out.Revision, &viewURL, &text, &problems); err != nil {
		return nil, err
	}
	if v.restricted() {
		if doc := v.snap.ByRef(ref, v.seen); doc == nil || doc.UID() != h.uid.String() || doc.Revision() != out.Revision {
			return nil, &otherVersion{out.Revision}
		}
	}
	c := composer{ctx: ctx, tx: tx}
	if err := c.load([]string{ref}, nil); err != nil {
		return nil, err
	}
	parts := c.parts(ref, c.base(h), h.whence)
	c.compose(ref, parts.Base, h.whence)
	for i, p := range c.faults {
		if c.left[i] == layer.Inferred {
			parts.Inferred = nil
		} else {
			parts.Overlay = nil
		}
		out.LeftOut = append(out.LeftOut, p.Message)
	}
	_, authors, err := overlayOf(c.rows[ref][layer.Overlay])
	if err != nil {
		return nil, err
	}
	if out.Proposal, err = proposalIn(ctx, tx, ref); err != nil {
		return nil, err
	}
	if out.Proposal != nil && !h.guesses() && out.Proposal.SaidBy(parts.Base) {
		out.Proposal = nil
	}
	lines := linesDeclared(h.name, text, ref)
	guessed := c.rows[ref][layer.Inferred]
	var evidence []layer.Evidence
	if guessed.evidence != nil {
		if err := json.Unmarshal(guessed.evidence, &evidence); err != nil {
			return nil, err
		}
	}
	from := func(path, of string) (list []SeenAt, by string, at *time.Time) {
		switch of {
		case layer.Overlay:
			field, _, _ := strings.Cut(path, "[")
			if a, ok := authors[field]; ok {
				at := a.At.UTC()
				return nil, a.Author, &at
			}
		case layer.Inferred:
			for _, e := range layer.EvidenceOf(evidence, path) {
				if len(list) < mostEvidence {
					list = append(list, SeenAt{Value: e.Value, File: e.File, Line: e.Line, Says: e.Says, Sure: e.Sure, URL: atHost(guessed.folder, e.File, e.Line)})
				}
			}
		default:
			line := lines.line(path)
			at := SeenAt{File: h.name, Line: line}
			if viewURL != "" && entity.SafeURL(viewURL) && line > 0 && strings.HasPrefix(viewURL, "http") {
				at.URL = viewURL + "#L" + fmt.Sprint(line)
			}
			return []SeenAt{at}, "", nil
		}
		return list, "", nil
	}
	for _, f := range layer.Fields(parts) {
		p := Provenanced{Path: f.Path, Value: shownValue(f.Value), Layer: f.Layer}
		p.Evidence, p.By, p.At = from(f.Path, f.Layer)
		for _, o := range f.Others {
			d := Difference{Layer: o.Layer, Value: shownValue(o.Value)}
			d.Evidence, d.By, d.At = from(f.Path, o.Layer)
			p.Differs = append(p.Differs, d)
		}
		if f.Path == "spec.owner" {
			if err := c.aliased(ref, &p); err != nil {
				return nil, err
			}
		}
		out.Fields = append(out.Fields, p)
	}
	return out, nil
}

// aliased shows whose the entity is where the text of its owner is an old name.
func (c *composer) aliased(ref string, p *Provenanced) error {
	var says string
	if json.Unmarshal(p.Value, &says) != nil {
		return nil
	}
	var to string
	a := AliasOf{Says: says}
	err := c.tx.QueryRow(c.ctx, `SELECT new_ref, by, at FROM owner_aliases WHERE old_ref = $1`, resolveOwner(says, ref)).Scan(&to, &a.By, &a.At)
	if errs.Is(pg.Err(err), errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.At = a.At.UTC()
	p.Alias, p.Value = &a, mustJSON(to)
	return nil
}

// shownValue is a value as far as it is shown: of a definition of a megabyte, how it begins.
func shownValue(v json.RawMessage) json.RawMessage {
	one := []entity.FieldChange{{To: v}}
	entity.Shorten(one)
	return one[0].To
}

// declaredLines tells where in a file the fields of an entity stand.
type declaredLines struct{ doc *entity.Document }

func linesDeclared(file string, text []byte, ref string) declaredLines {
	for _, d := range entity.Parse(file, text) {
		if d.Node != nil && d.Ref.Kind != "" && d.Ref.String() == ref {
			return declaredLines{d}
		}
	}
	return declaredLines{}
}

func (l declaredLines) line(path string) int {
	if l.doc == nil {
		return 0
	}
	path, _, _ = strings.Cut(path, "[")
	part, key, _ := strings.Cut(path, ".")
	keys := []string{part, key}
	if name, ok := strings.CutPrefix(key, "annotations."); ok {
		keys = []string{part, "annotations", name}
	} else if name, ok := strings.CutPrefix(key, "labels."); ok {
		keys = []string{part, "labels", name}
	}
	return l.doc.LineOf(keys)
}

// atHost is where a file of a repository stands at its host, from the location of the repository's tree; "" where that
// cannot be told.
func atHost(folder, file string, line int) string {
	tree, ok := strings.CutPrefix(folder, "url:")
	if !ok || file == "" || strings.HasPrefix(file, "/") || slices.Contains(strings.Split(file, "/"), "..") || !entity.SafeURL(tree) {
		return ""
	}
	u, err := url.Parse(strings.TrimSuffix(tree, "/") + "/")
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	if !strings.Contains(u.Path, "/src/") { // GitHub and GitLab say tree of a folder, and blob of a file
		u.Path, u.RawPath = strings.Replace(u.Path, "/tree/", "/blob/", 1), strings.Replace(u.RawPath, "/tree/", "/blob/", 1)
	}
	for name := range strings.SplitSeq(file, "/") {
		u = u.JoinPath(url.PathEscape(name))
	}
	if line > 0 {
		u.Fragment = fmt.Sprintf("L%d", line)
	}
	return u.String()
}
