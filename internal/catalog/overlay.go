package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/errs"
	"portico/internal/identity/audit"
	"portico/internal/pg"
)

// The fields that people can set in the portal, in the order in which an overlay has them.
var overlayFields = []string{"metadata.title", "metadata.description", "metadata.tags", "metadata.links",
	"spec.type", "spec.lifecycle", "spec.owner", "spec.system"}

// What an overlay may hold.
const (
	maxOverlayText = 10_000 // characters of a description
	maxOverlayLine = 200    // of another text
	maxOverlayList = 100    // tags, or links
)

// fieldsOfKind are the fields of spec that mean something, for the kinds that the catalog knows; of others all do.
var fieldsOfKind = map[string][]string{
	"component": {"spec.type", "spec.lifecycle", "spec.owner", "spec.system"},
	"api":       {"spec.type", "spec.lifecycle", "spec.owner", "spec.system"},
	"resource":  {"spec.type", "spec.owner", "spec.system"},
	"system":    {"spec.type", "spec.owner"},
	"domain":    {"spec.type", "spec.owner"},
	"template":  {"spec.type", "spec.owner"},
	"group":     {"spec.type"},
	"user":      {},
	"location":  {},
}

// Settable are the fields of an entity of a kind that people can set in the portal.
func Settable(kind string) []string {
	spec, known := fieldsOfKind[strings.ToLower(kind)]
	return slices.DeleteFunc(slices.Clone(overlayFields), func(f string) bool {
		return known && strings.HasPrefix(f, "spec.") && !slices.Contains(spec, f)
	})
}

// setBy is who set a field of an overlay, as the evidence of its row.
type setBy struct {
	Field  string    `json:"field"`
	Author string    `json:"author"`
	At     time.Time `json:"at"`
}

// SetOverlay sets fields of an entity in the portal; null takes what was set of a field away. What the file of the entity
// declares goes before it all the same, and shows it as a difference. Errors: errs.NotFound; errs.Invalid, with the field
// named.
func (s *Store) SetOverlay(ctx context.Context, ref string, set map[string]json.RawMessage, by audit.Author) (revision int64, err error) {
	return s.setOverlay(ctx, ref, "", set, by)
}

// setOverlay is SetOverlay of an entity as it was judged, or any where that is "". Errors: also *otherVersion.
func (s *Store) setOverlay(ctx context.Context, ref, judged string, set map[string]json.RawMessage, by audit.Author) (revision int64, err error) {
	defer errs.Wrap(&err, "catalog: set fields of %s", ref)
	return s.change(ctx, by, func(t *settler) error { return t.overlay(ref, judged, set) })
}

// SetOverlayTx is SetOverlay as a part of a transaction, which records it itself, and after this: a change of the catalog
// makes others wait until the commit.
func (s *Store) SetOverlayTx(ctx context.Context, tx pgx.Tx, ref string, set map[string]json.RawMessage, by audit.Author) (revision int64, err error) {
	defer errs.Wrap(&err, "catalog: set fields of %s", ref)
	rev, err := lockRevision(ctx, tx)
	if err != nil {
		return 0, err
	}
	t := &settler{ctx: ctx, tx: tx, rev: rev, actor: by.Name, now: time.Now().UTC(), detail: map[string]any{}}
	if err := t.overlay(ref, "", set); err != nil || t.rev == rev {
		return t.rev, err
	}
	return t.rev, advance(ctx, tx, t.rev)
}

func (t *settler) overlay(ref, judged string, set map[string]json.RawMessage) error {
	h, err := pg.Collect1(t.ctx, t.tx, scanHolder, selectHolders+` AND e.state <> 'removed'`, []string{ref})
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.NotFound, "there is no entity %s", ref)
		}
		return err
	}
	if judged != "" && string(h.body) != judged {
		var version int64
		if err := t.tx.QueryRow(t.ctx, `SELECT revision FROM catalog_entities WHERE uid = $1`, h.uid).Scan(&version); err != nil {
			return err
		}
		return &otherVersion{version}
	}
	c := composer{ctx: t.ctx, tx: t.tx}
	if err := c.load([]string{ref}, nil); err != nil {
		return err
	}
	body := c.base(h)
	had, exists := c.rows[ref][layer.Overlay]
	fields, authors, err := overlayOf(had)
	if err != nil {
		return err
	}
	before := maps.Clone(fields)
	kind, _, _ := strings.Cut(ref, ":")
	for _, field := range slices.Sorted(maps.Keys(set)) {
		value := set[field]
		if err := settable(kind, field, value); err != nil {
			return err
		}
		if isNull(value) {
			delete(fields, field)
			delete(authors, field)
			continue
		}
		if value, err = cleanValue(field, value); err != nil {
			return err
		}
		if !h.guesses() {
			value = layer.Without(field, value, body)
		}
		fields[field] = value
		if string(fields[field]) != string(before[field]) {
			authors[field] = setBy{field, t.actor, t.now}
		}
	}
	over := overlayJSON(fields)
	if err := checkOverlay(body, over, set); err != nil {
		return err
	}
	t.recorded(ref, map[string]any{"uid": h.uid, "fields": recordedFields(before, fields, set)})

	row := layerRow{ref: ref, layer: layer.Overlay, entity: over, evidence: authorsJSON(authors)}
	switch {
	case len(fields) > 0:
		c.puts = append(c.puts, row)
	case exists:
		c.drops = append(c.drops, had)
	default:
		return nil
	}
	if len(fields) > 0 && string(c.base(h)) == string(h.body) {
		// Before anything lies over it, so that what is set never becomes what the unit says.
		c.keepBase(ref, body, h.whence, false, nil)
	}
	if err := c.write(); err != nil {
		return err
	}
	return t.recompose([]string{ref}, "")
}

// overlayOf takes an overlay apart, by field.
func overlayOf(row layerRow) (fields map[string]json.RawMessage, authors map[string]setBy, err error) {
	fields, authors = map[string]json.RawMessage{}, map[string]setBy{}
	if row.entity == nil {
		return fields, authors, nil
	}
	var e map[string]map[string]json.RawMessage
	if err := json.Unmarshal(row.entity, &e); err != nil {
		return nil, nil, err
	}
	for part, values := range e {
		for key, v := range values {
			fields[part+"."+key] = v
		}
	}
	var list []setBy
	if err := json.Unmarshal(row.evidence, &list); err != nil {
		return nil, nil, err
	}
	for _, a := range list {
		authors[a.Field] = a
	}
	return fields, authors, nil
}

func overlayJSON(fields map[string]json.RawMessage) []byte {
	e := map[string]map[string]json.RawMessage{}
	for path, v := range fields {
		part, key, _ := strings.Cut(path, ".")
		if e[part] == nil {
			e[part] = map[string]json.RawMessage{}
		}
		e[part][key] = v
	}
	return mustJSON(e) // with its keys sorted
}

func authorsJSON(authors map[string]setBy) []byte {
	list := slices.Collect(maps.Values(authors))
	slices.SortFunc(list, func(a, b setBy) int { return strings.Compare(a.Field, b.Field) })
	return mustJSON(emptyNotNull(list))
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("catalog: encode a layer: %w", err)) // made of texts and valid JSON
	}
	return b
}

func isNull(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// badField says what is wrong with a field; it begins with the field, so that a form can show it there.
func badField(field, remedy, format string, args ...any) error {
	return errs.WithRemedy(errs.New(errs.Invalid, "%s: %s", field, fmt.Sprintf(format, args...)), remedy)
}

// settable says why a field cannot be set, or not to that.
func settable(kind, field string, value json.RawMessage) error {
	switch {
	case !slices.Contains(overlayFields, field):
		return errs.WithRemedy(errs.New(errs.Invalid, "%s cannot be set in the portal", cut(field)), "set one of "+strings.Join(overlayFields, ", ")+"; the others are for the file")
	case isNull(value):
		return nil
	case !slices.Contains(Settable(kind), field):
		return badField(field, "leave it out", "a %s has none that can be set in the portal", kind)
	}
	return nil
}

// cleanValue is a value of a field in its canonical form.
func cleanValue(field string, value json.RawMessage) (json.RawMessage, error) {
	line := func(what, s string, most int) error {
		switch {
		case !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0:
			return badField(field, "send plain text", "%s holds bytes that are no text", what)
		case utf8.RuneCountInString(s) > most:
			return badField(field, "shorten it", "%s has %d characters; at most %d fit", what, utf8.RuneCountInString(s), most)
		}
		return nil
	}
	switch field {
	case "metadata.tags":
		var tags []string
		if json.Unmarshal(value, &tags) != nil {
			return nil, badField(field, `send ["java", "payments"]`, "tags are a list of texts")
		}
		if len(tags) > maxOverlayList {
			return nil, badField(field, "leave some out", "there are %d tags; at most %d fit", len(tags), maxOverlayList)
		}
		var kept []string
		for _, tag := range tags {
			if err := line("a tag", tag, maxOverlayLine); err != nil {
				return nil, err
			}
			if !slices.Contains(kept, tag) {
				kept = append(kept, tag)
			}
		}
		return mustJSON(emptyNotNull(kept)), nil
	case "metadata.links":
		type link struct {
			URL   string `json:"url"`
			Title string `json:"title,omitempty"`
			Icon  string `json:"icon,omitempty"`
			Type  string `json:"type,omitempty"`
		}
		var links []link
		if json.Unmarshal(value, &links) != nil {
			return nil, badField(field, `send [{"url": "https://example.com", "title": "Dashboard"}]`, "links are a list of objects with a url")
		}
		if len(links) > maxOverlayList {
			return nil, badField(field, "leave some out", "there are %d links; at most %d fit", len(links), maxOverlayList)
		}
		for _, l := range links {
			for _, s := range []string{l.Title, l.Icon, l.Type} {
				if err := line("a link", s, maxOverlayLine); err != nil {
					return nil, err
				}
			}
			if err := line("the address of a link", l.URL, 2000); err != nil {
				return nil, err
			}
			if !entity.SafeURL(l.URL) {
				return nil, badField(field, "write an http or https address", "%q is not an address that is safe to follow", cut(l.URL))
			}
		}
		return mustJSON(emptyNotNull(links)), nil
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return nil, badField(field, "send a text, or null to take away what was set", "it is no text")
	}
	s = strings.TrimSpace(s)
	most := maxOverlayLine
	if field == "metadata.description" {
		most = maxOverlayText
	}
	if err := line("it", s, most); err != nil {
		return nil, err
	}
	if s == "" {
		return nil, badField(field, "write something, or send null to take away what was set", "it is empty")
	}
	if field == "spec.owner" || field == "spec.system" {
		kind := map[string]string{"spec.owner": "group", "spec.system": "system"}[field]
		if r, err := entity.ParseRef(s, entity.Ref{Kind: kind}); err != nil || strings.ContainsAny(r.String(), " \t\n") {
			return nil, badField(field, "write it as "+kind+":default/my-"+kind, "%q is no reference to an entity", cut(s))
		}
	}
	return mustJSON(s), nil
}

// checkOverlay holds what is set to the rules of the catalog, as if no file declared the fields.
func checkOverlay(body, overlay []byte, set map[string]json.RawMessage) error {
	_, faults, err := entity.Layered(layer.Compose(layer.Parts{Base: body, Guessed: true, Overlay: overlay}), body)
	if err != nil {
		return err
	}
	for _, p := range faults {
		for _, field := range slices.Sorted(maps.Keys(set)) {
			if p.Path == field || strings.HasPrefix(p.Path, field+".") {
				return errs.WithRemedy(errs.New(errs.Invalid, "%s: %s", field, p.Message), p.Remedy)
			}
		}
	}
	if len(faults) > 0 {
		return errs.WithRemedy(errs.New(errs.Invalid, "%s: %s", faults[0].Path, faults[0].Message), faults[0].Remedy)
	}
	return nil
}

// recordedFields is what the audit log keeps of a change: each field before and after, cut where it is long.
func recordedFields(before, after, set map[string]json.RawMessage) map[string]any {
	out := map[string]any{}
	for field := range set {
		show := func(v json.RawMessage) any {
			if v == nil {
				return nil
			}
			if len(v) > shownOfLong {
				return short(string(v))
			}
			return v
		}
		out[field] = map[string]any{"before": show(before[field]), "after": show(after[field])}
	}
	return out
}
