package propose

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/catalog/entity"
	"portico/internal/catalog/layer"
	"portico/internal/discovery/crawl"
	"portico/internal/errs"
	"portico/internal/forge"
	"portico/internal/forge/budget"
	"portico/internal/identity/audit"
)

// Proposer makes pull requests of what the catalog knows.
type Proposer struct {
	Store   *catalog.Store
	Crawler *crawl.Crawler
	// Layers returns what is known of an entity to whoever may edit it; Store.LayersOf where that is everybody. Errors:
	// errs.NotFound, errs.Forbidden.
	Layers func(ctx context.Context, ref string) (*catalog.Layers, error)
	// Hides reports whether one of these entities is there and must not be seen by whoever asks. It may be nil.
	Hides func(ctx context.Context, refs []string) bool
	Log   *slog.Logger
}

// Bounds of one proposal.
const (
	takes     = time.Minute // with the fetch
	maxAPIs   = 20          // that are declared along with their component
	maxFields = 200         // that are told of
	maxShowns = 2000        // bytes of a value that is told of
)

// Preview is what would be proposed.
type Preview struct {
	Ref        string   `json:"ref"`
	Provider   string   `json:"provider,omitempty"` // "" where no provider reads the repository
	Repository string   `json:"repository,omitempty"`
	Base       string   `json:"base,omitempty"` // branch that it is for
	Path       string   `json:"path"`
	URL        string   `json:"url,omitempty"` // of the file at its host, where it is there
	IsNew      bool     `json:"isNew"`         // there is no such file yet
	Adds       bool     `json:"adds"`          // a document is added to a file that is there
	Before     string   `json:"before"`
	After      string   `json:"after"`
	Fields     []Field  `json:"fields"`
	Also       []string `json:"also,omitempty"` // APIs that are declared in the same file
	// Why says why it cannot be sent, and what to do; "" where it can.
	Why string `json:"why,omitempty"`
	// Open is the last pull request for the entity, unless its file says all of it by now.
	Open *catalog.Proposal `json:"open,omitempty"`

	home *crawl.Home
	last *catalog.Proposal // the one before, whatever became of it
	set  map[string]json.RawMessage
}

// Field is a field that the file is to have.
type Field struct {
	Path     string           `json:"path"`
	Before   json.RawMessage  `json:"before,omitempty"`
	After    json.RawMessage  `json:"after"`
	Layer    string           `json:"layer"`
	By       string           `json:"by,omitempty"`
	At       *time.Time       `json:"at,omitempty"`
	Evidence []layer.Evidence `json:"evidence,omitempty"`
}

// Preview says what would be proposed for an entity, with the APIs that its component provides unless alone is set. Errors:
// those of Layers; errs.Conflict where there is nothing to propose, or the file is not what it was; those of the host.
func (p *Proposer) Preview(ctx context.Context, ref string, alone bool) (_ *Preview, err error) {
	defer errs.Wrap(&err, "propose: preview of %s", ref)
	ctx, cancel := context.WithTimeout(ctx, takes)
	defer cancel()
	l, err := p.Layers(ctx, ref)
	if err != nil {
		return nil, err
	}
	v := &Preview{Ref: l.Ref, Fields: []Field{}, set: map[string]json.RawMessage{}}
	for _, f := range l.Set {
		v.set[f.Path] = f.Value
	}
	if v.last, err = p.Store.ProposalOf(ctx, l.Ref); err != nil {
		return nil, err
	}
	w := &writing{p: p, l: l, v: v, alone: alone}
	if err := w.find(ctx); err != nil {
		return nil, err
	}
	if l.Guessed {
		err = w.declare(ctx)
	} else {
		err = w.edit(ctx)
	}
	if err != nil {
		return nil, err
	}
	if p.Hides != nil && p.Hides(ctx, refsOf(v.Path, []byte(v.After))) {
		return nil, errs.WithRemedy(errs.New(errs.Forbidden, "%s also declares entities that policies hide from you, so it is not shown", v.Path),
			"ask somebody who may see them to propose the change")
	}
	return v, nil
}

// writing is one proposal on its way.
type writing struct {
	p     *Proposer
	l     *catalog.Layers
	v     *Preview
	alone bool
	head  *crawl.Head
}

// find finds the repository, and fetches it. Where no provider reads it, what can be said is said of the file as it was read
// last.
func (w *writing) find(ctx context.Context) error {
	home, err := w.p.Crawler.RepositoryOf(ctx, w.l.Location)
	if errs.Is(err, errs.NotFound) {
		w.v.Why = "No provider reads the repository of this file, so nothing can be sent to it: copy the file, and commit it there."
		return nil
	}
	if err != nil {
		return err
	}
	if w.head, err = home.Head(ctx); err != nil {
		return err
	}
	w.v.home, w.v.Provider, w.v.Repository, w.v.Base = home, home.Provider.ID, home.Name, home.Branch
	if home.Archived {
		w.v.Why = home.Name + " is archived, so nothing can be proposed to it: bring it back from the archive first, or copy the file."
	}
	return nil
}

// read is a file at the head; nil where there is none.
func (w *writing) read(ctx context.Context, name string) ([]byte, error) {
	data, err := w.head.File(ctx, name)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return data, err
}

// edit sets what people set in the file that declares the entity.
func (w *writing) edit(ctx context.Context) error {
	if len(w.l.Set) == 0 {
		return nothing("no field of %s was set in the portal", w.l.Ref)
	}
	if w.v.home == nil {
		w.v.Path = w.l.File
		if len(w.l.Text) == 0 {
			return errs.WithRemedy(errs.New(errs.Conflict, "the text of %s is not kept", w.l.File), "edit the file where it is")
		}
		return w.editText(w.l.Text)
	}
	name, ok := w.v.home.PathOf(w.l.Location)
	if !ok {
		return errs.WithRemedy(errs.New(errs.Conflict, "the file that declares %s was read from another branch or repository than is read now", w.l.Ref), "try again after the next pass over the repositories")
	}
	w.v.Path = name
	data, err := w.read(ctx, name)
	if err != nil {
		return err
	}
	if declared(name, data, w.l.Ref) == nil {
		return errs.WithRemedy(errs.New(errs.Conflict, "%s of %s no longer declares %s", name, w.v.Repository, w.l.Ref), "try again when the catalog has read it anew, in a moment")
	}
	return w.editText(data)
}

func (w *writing) editText(data []byte) error {
	v := w.v
	doc := declared(v.Path, data, w.l.Ref)
	if doc == nil {
		return errs.WithRemedy(errs.New(errs.Conflict, "%s does not declare %s where it can be edited", v.Path, w.l.Ref), "edit the file by hand")
	}
	list, err := changes(w.l, doc)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return nothing("%s says already all that people set of %s in the portal", v.Path, w.l.Ref)
	}
	after, err := set(v.Path, data, w.l.Ref, list)
	if err != nil {
		return err
	}
	v.Before, v.After = string(data), string(after)
	if v.home != nil {
		v.URL = v.home.Page(v.Path)
	}
	for _, c := range list {
		f := Field{Path: c.Path, Before: c.before, After: c.after, Layer: layer.Overlay, By: c.By}
		if !c.At.IsZero() {
			f.At = &c.At
		}
		v.Fields = append(v.Fields, f)
	}
	if v.last != nil {
		if m, err := object(doc); err == nil {
			if raw, err := encoded(m); err == nil && !v.last.SaidBy(raw) {
				v.Open = v.last
			}
		}
	}
	return nil
}

func nothing(format string, args ...any) error {
	return errs.WithRemedy(errs.New(errs.Conflict, "there is nothing to propose: "+format, args...), "set a field on the page of the entity first")
}

const descriptor = "catalog-info.yaml"

// declare writes an entity that no file declares into the one of its folder, or that of the repository's top where the
// provider would not read it there.
func (w *writing) declare(ctx context.Context) error {
	v := w.v
	m, err := composed(w.l)
	if err != nil {
		return err
	}
	v.Open = v.last
	dir, places := w.places(m)
	at := places[0]
	var before []byte
	if w.v.home != nil {
		found := false
		for _, name := range places {
			data, err := w.read(ctx, name)
			if err != nil {
				return err
			}
			if declared(name, data, w.l.Ref) != nil { // since the catalog read it last
				v.Path = name
				v.Open = nil
				return w.editText(data)
			}
			if !found && data != nil && (path.Dir(name) == path.Dir(at) || !v.home.Reads(at)) {
				at, before, found = name, data, true
			}
		}
		if !v.home.Reads(at) {
			return errs.WithRemedy(errs.New(errs.Conflict, "the catalogPath of %s names neither a descriptor in %q nor one at the top of %s, so one would not be read", v.Provider, orTop(dir), v.Repository),
				"widen catalogPath to **/catalog-info.yaml")
		}
		if err := readable(at, before); err != nil {
			return err
		}
	}
	v.Path, v.IsNew, v.Adds, v.Before = at, before == nil, before != nil, string(before)
	if v.Adds {
		v.URL = v.home.Page(at)
	}
	folder := path.Dir("/" + at)[1:]
	doc, err := document(m, folder, w.folderOf(folder))
	if err != nil {
		return err
	}
	documents := [][]byte{doc}
	if !w.alone {
		apis, err := w.provided(ctx, m, folder, before)
		if err != nil {
			return err
		}
		documents = append(documents, apis...)
	}
	after := adds(before, documents)
	if declared(at, after, v.Ref) == nil || v.Adds && !bytes.HasPrefix(after, bytes.TrimRight(before, " \t\r\n")) {
		return errs.WithRemedy(errs.New(errs.Conflict, "%s cannot be added to %s", v.Ref, at), "add it by hand")
	}
	v.After = string(after)
	w.tell()
	return nil
}

func orTop(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// folderOf is the location of a folder of the repository, as the catalog has it of a file there.
func (w *writing) folderOf(dir string) string {
	at := strings.TrimSuffix(w.l.Folder, "/")
	if dir == "" {
		return at
	}
	return at + "/" + dir
}

// places are the files that may declare the entity: in the folder of its source, then at the top.
func (w *writing) places(m map[string]any) (dir string, places []string) {
	source := sourceOf(m)
	if w.v.home != nil {
		dir, _ = w.v.home.PathOf(source)
	} else if rest, ok := strings.CutPrefix(source, strings.TrimSuffix(w.l.Folder, "/")+"/"); ok && w.l.Folder != "" {
		dir = strings.Trim(path.Clean("/"+rest), "/")
	}
	names := []string{descriptor, "catalog-info.yml"}
	if w.v.home != nil {
		if fixed := strings.TrimPrefix(w.v.home.Provider.Filters.CatalogPath, "/"); fixed != "" && !strings.ContainsAny(fixed, "*?[{\\") {
			return dir, []string{fixed}
		}
		if name := path.Base(w.v.home.Provider.Filters.CatalogPath); w.v.home.Provider.Filters.CatalogPath != "" && !strings.ContainsAny(name, "*?[{\\") {
			names = []string{name}
		}
	}
	for _, d := range []string{dir, ""} {
		for _, n := range names {
			p := path.Join(d, n)
			if !slices.Contains(places, p) && (w.v.home == nil || w.v.home.Reads(p)) {
				places = append(places, p)
			}
		}
	}
	if len(places) == 0 {
		places = []string{path.Join(dir, names[0])}
	}
	return dir, places
}

// provided are the documents of the APIs that the entity provides and that nobody declares, of the same repository.
func (w *writing) provided(ctx context.Context, m map[string]any, folder string, before []byte) (documents [][]byte, err error) {
	list, _ := child(m, "spec")["providesApis"].([]any)
	of, err := entity.ParseRef(w.l.Ref, entity.Ref{})
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		text, _ := v.(string)
		r, err := entity.ParseRef(text, entity.Ref{Kind: "api", Namespace: of.Namespace})
		if err != nil || len(documents) == maxAPIs || slices.Contains(w.v.Also, r.String()) || declared(w.v.Path, before, r.String()) != nil {
			continue
		}
		l, err := w.p.Layers(ctx, r.String())
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
			continue // it is declared elsewhere, or not for whoever asks
		}
		if err != nil {
			return nil, err
		}
		if !l.Guessed || l.Location != w.l.Location {
			continue
		}
		api, err := composed(l)
		if err != nil {
			return nil, err
		}
		doc, err := document(api, folder, w.folderOf(folder))
		if err != nil {
			w.p.Log.Debug("an API is not proposed along with its component", "api", l.Ref, "error", err)
			continue
		}
		documents, w.v.Also = append(documents, doc), append(w.v.Also, l.Ref)
	}
	return documents, nil
}

// tell lists the fields of the entity, and where each comes from.
func (w *writing) tell() {
	by := map[string]catalog.SetField{}
	for _, f := range w.l.Set {
		by[f.Path] = f
	}
	for _, f := range layer.Fields(w.l.Parts) {
		if len(w.v.Fields) == maxFields {
			break
		}
		if strings.HasPrefix(f.Path, "metadata.annotations.portico.dev/") || f.Path == "metadata.annotations."+annotationSource {
			continue
		}
		out := Field{Path: f.Path, After: f.Value, Layer: f.Layer}
		if len(out.After) > maxShowns {
			out.After, _ = json.Marshal(fmt.Sprintf("%d bytes", len(f.Value)))
		}
		if f.Layer == layer.Overlay {
			field, _, _ := strings.Cut(f.Path, "[")
			if s, ok := by[field]; ok {
				out.By = s.By
				if !s.At.IsZero() {
					out.At = &s.At
				}
			}
		} else if seen := layer.EvidenceOf(w.l.Evidence, f.Path); len(seen) > 0 {
			out.Evidence = seen[:min(len(seen), 3)]
		}
		w.v.Fields = append(w.v.Fields, out)
	}
}

// Open opens the pull request of an entity, or brings the one that is open up to date, and keeps it. Errors: those of Preview;
// errs.Conflict where nothing can be sent to the repository, or the host refuses it.
func (p *Proposer) Open(ctx context.Context, ref string, alone bool, note string, by audit.Author) (_ *catalog.Proposal, existing bool, err error) {
	defer errs.Wrap(&err, "propose: a pull request for %s", ref)
	if len(note) > maxNote {
		return nil, false, errs.WithRemedy(errs.New(errs.Invalid, "note: it has %d bytes; at most %d fit", len(note), maxNote), "shorten it")
	}
	v, err := p.Preview(ctx, ref, alone)
	if err != nil {
		return nil, false, err
	}
	if v.Why != "" {
		sentence, remedy, _ := strings.Cut(v.Why, ": ")
		return nil, false, errs.WithRemedy(errs.New(errs.Conflict, "%s", strings.ToLower(sentence[:1])+sentence[1:]), strings.TrimSuffix(remedy, "."))
	}
	ctx, cancel := context.WithTimeout(budget.For(ctx, v.Provider, budget.Person), takes)
	defer cancel()
	head := branch(v.Ref)
	if v.last != nil && v.last.Repository == v.Repository {
		// The branch of one that was merged may have gone other ways than what it was merged into.
		if head = v.last.Branch; v.Open == nil {
			head = fmt.Sprintf("%s-after-%d", branch(v.Ref), v.last.Number)
		}
	}
	made, err := v.home.Provider.Forge.Propose(ctx, forge.Change{
		Repository: v.Repository, Base: v.Base, Branch: head, Title: v.title(), Message: v.title(), Body: v.body(by.Name, note),
		Files: []forge.ChangedFile{{Path: v.Path, Data: []byte(v.After)}},
	})
	if err != nil {
		return nil, false, v.refused(err, head)
	}
	kept := &catalog.Proposal{Provider: v.Provider, Repository: v.Repository, Branch: head, Number: made.Number, URL: made.URL, Fields: v.set}
	if err := p.Store.KeepProposal(ctx, v.Ref, kept, by); err != nil {
		return nil, false, err
	}
	return kept, made.Existing, nil
}

// rights are what a credential takes to open pull requests, by the kind of host.
var rights = map[string]string{
	"github": "give the App, or the token, of integrations.github write access to Contents and to Pull requests of the repository (a classic token: the scope repo)",
	"gitlab": "give the token of integrations.gitlab the scope api and the role Developer in the project",
	"gitea":  "give the token of integrations.gitea the scope write:repository, and its account write access to the repository",
}

// refused says in words why a host takes no pull request. That the portal's credential may not is nothing that whoever asks lacks
// a permission for.
func (v *Preview) refused(err error, head string) error {
	host := v.home.Provider.Kind
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errs.WithRemedy(errs.Public(errs.Unavailable, "the host did not answer in time", err), "try again: what it did meanwhile is gone on with")
	case errs.Is(err, errs.Forbidden):
		return errs.WithRemedy(errs.Public(errs.Conflict, fmt.Sprintf("the portal may not open pull requests in %s: %s", v.Repository, errs.Sentence(err)), err),
			rights[host]+"; if it has that, a rule of the repository protects branches named "+head)
	case errs.Is(err, errs.NotFound):
		return errs.WithRemedy(errs.Public(errs.Conflict, fmt.Sprintf("%s is not there for the portal's credential, or %s is not: %s", v.Repository, v.Base, errs.Sentence(err)), err), rights[host])
	case errs.Is(err, errs.Invalid):
		return errs.WithRemedy(errs.Public(errs.Conflict, fmt.Sprintf("%s refuses the pull request: %s", v.Repository, errs.Sentence(err)), err),
			"see whether a rule protects branches named "+head+", or whether pull requests are switched off there")
	}
	return err
}
