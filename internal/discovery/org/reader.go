package org

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"portico/internal/catalog"
	"portico/internal/errs"
)

// Source says who is there. An error is never errs.NotFound to those who read: see [Reader.Read].
type Source func(ctx context.Context) (*Directory, error)

// Types are the types of locations that hold organisations.
var Types = []string{"github-org", "gitlab-org", "gitea-org", "ldap-org"}

// Reader reads organisations for the catalog. It is safe for concurrent use.
type Reader struct {
	// Sources are those of the configuration, by their locations: "github-org:production".
	Sources map[string]Source
}

// Reads reports whether locations of a type are organisations.
func (r *Reader) Reads(typ string) bool { return r != nil && slices.Contains(Types, typ) }

// Read is catalog.Reader's. There is one file for each group, and one for about two hundred people each: whoever is added
// changes one of them. Errors: errs.Invalid where the configuration has no such organisation; never errs.NotFound, because
// a host that shows nothing to a credential says the same.
func (r *Reader) Read(ctx context.Context, loc catalog.Location, known catalog.Known) (*catalog.Reading, error) {
	source := r.Sources[loc.String()]
	if source == nil {
		return nil, errs.WithRemedy(errs.New(errs.Invalid, "the configuration has no organisation %s", loc.Shown()), "add it below catalog.providers")
	}
	d, err := source(ctx)
	if err != nil {
		return nil, fmt.Errorf("org: %s: %w", loc.Shown(), refused(err))
	}
	reading := &catalog.Reading{Files: files(loc, d, known)}
	whole := xxhash.New()
	for i := range reading.Files {
		f := &reading.Files[i]
		_, _ = whole.WriteString(f.Location.Target + "\x00" + f.Revision + "\x00")
		if f.Err != nil {
			_, _ = whole.WriteString(f.Err.Error())
		}
		if known.Has(f) {
			f.Data, f.Unchanged = nil, true
		}
	}
	reading.Revision = fmt.Sprintf("xxh:%016x", whole.Sum64())
	if reading.Revision == known.Revision {
		return nil, catalog.ErrUnchanged
	}
	return reading, nil
}

// refused makes every failure one that says nothing of who is there.
func refused(err error) error {
	if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Gone) {
		return err
	}
	sentence := errs.Sentence(err)
	if sentence == "" {
		sentence = "the organisation is not there for this credential"
	}
	return errs.WithRemedy(errs.Public(errs.Unavailable, sentence, err),
		"what is known of it stays; correct its name, or the rights of the credential, or take it out of the configuration")
}

// files makes files of stable parts.
func files(loc catalog.Location, d *Directory, known catalog.Known) []catalog.File {
	entities := d.Entities()
	var groups, people []Entity
	for _, e := range entities {
		if strings.HasPrefix(e.Ref, "group:") {
			groups = append(groups, e)
		} else {
			people = append(people, e)
		}
	}
	var out []catalog.File
	for _, g := range groups {
		name := strings.TrimPrefix(g.Ref, "group:")
		out = append(out, file(loc, "groups/"+name, "group "+name, []Entity{g}))
	}
	parts := make([][]Entity, partsOf(loc, known, len(people)))
	for _, p := range people {
		i := partOf(p.Ref, len(parts))
		parts[i] = append(parts[i], p)
	}
	for i, part := range parts {
		if len(part) > 0 {
			out = append(out, file(loc, fmt.Sprintf("people/%d-of-%d", i+1, len(parts)), fmt.Sprintf("people, part %d of %d", i+1, len(parts)), part))
		}
	}
	if len(d.LeftOut) > 0 {
		f := file(loc, "left-out", "who was left out", nil)
		f.Data, f.Revision, f.Err = nil, "", leftOut(d.LeftOut)
		out = append(out, f)
	}
	return out
}

const leftOutShown = 3

func leftOut(list []string) error {
	slices.Sort(list)
	text := strings.Join(list[:min(len(list), leftOutShown)], "; ")
	if more := len(list) - leftOutShown; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return errs.WithRemedy(errs.New(errs.Invalid, "left out: %s", text), "give each a name of their own, or leave them out by a filter")
}

func file(loc catalog.Location, part, name string, entities []Entity) catalog.File {
	var b bytes.Buffer
	for _, e := range entities {
		write(&b, e)
	}
	return catalog.File{
		Location: catalog.Location{Type: loc.Type, Target: loc.Target + "/" + part}, Name: loc.Shown() + ": " + name,
		Data: b.Bytes(), Revision: fmt.Sprintf("xxh:%016x", xxhash.Sum64(b.Bytes())),
	}
}

// People of a part, on average: how many there are to be, and between what it stays as it is, so that an organisation that
// grows does not have its parts made anew every other day.
const (
	part     = 200
	mostPart = 2 * part
	leastOf  = part / 4
)

// partsOf is how many parts n people come in: as before, while that is not far off.
func partsOf(loc catalog.Location, known catalog.Known, n int) int {
	for file := range known.Files {
		name, ok := strings.CutPrefix(file, loc.String()+"/people/")
		if !ok {
			continue
		}
		_, of, _ := strings.Cut(name, "-of-")
		before, err := strconv.Atoi(of)
		if err == nil && before > 0 && before <= maxPeople && n <= before*mostPart && (before == 1 || n >= before*leastOf) {
			return before
		}
	}
	return n/part + 1
}

func partOf(ref string, parts int) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(ref))
	return int(h.Sum64() % uint64(parts))
}
