package catalog

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"portico/internal/catalog/entity"
)

// Problem is something wrong with what a unit declares, fit to be shown.
type Problem struct {
	ID       string    `json:"id"`
	SourceID string    `json:"sourceId"`
	Location string    `json:"location"`
	Ref      *string   `json:"ref"` // the entity that it is about, where one can be told
	File     string    `json:"file"`
	Line     int       `json:"line"`   // from 1; 0: the file as a whole
	Column   int       `json:"column"` // from 1
	Path     string    `json:"path"`   // "spec.owner"
	Level    string    `json:"level"`  // "error" or "warning"
	Message  string    `json:"message"`
	Remedy   string    `json:"remedy"`
	Excerpt  *Excerpt  `json:"excerpt,omitempty"`
	Since    time.Time `json:"since"`
}

// Excerpt is the lines around a problem.
type Excerpt struct {
	Line  int      `json:"line"` // the number of the first of Lines
	Lines []string `json:"lines"`
}

func hasErrors(ps []Problem) bool {
	for _, p := range ps {
		if p.Level == "error" {
			return true
		}
	}
	return false
}

// problem makes an entity.Problem fit to be shown, with the lines around it.
func (u *Unit) problem(p entity.Problem, ref string) Problem {
	out := Problem{
		SourceID: u.SourceID, Location: u.File.Location.String(), File: u.File.Name,
		Line: p.Line, Column: p.Column, Path: p.Path, Level: p.Level.String(), Message: p.Message, Remedy: p.Remedy,
	}
	if ref != "" {
		out.Ref = &ref
	}
	out.Excerpt = excerpt(u.File.Data, p.Line)
	out.ID = problemID(out)
	return out
}

// problemID stays the same as long as the problem does.
func problemID(p Problem) string {
	h := xxhash.New()
	fmt.Fprintf(h, "%s\x00%d\x00%s\x00%s", p.Location, p.Line, p.Path, p.Message)
	return hex.EncodeToString(h.Sum(nil))
}

// excerpt returns the line and two on each side. Long lines are cut.
func excerpt(data []byte, line int) *Excerpt {
	const around, longest = 2, 200
	if line <= 0 || len(data) == 0 {
		return nil
	}
	first := max(1, line-around)
	ex := &Excerpt{Line: first}
	for n := 1; len(data) > 0 && n <= line+around; n++ {
		var l []byte
		l, data, _ = bytes.Cut(data, []byte("\n"))
		if n < first {
			continue
		}
		s := strings.ToValidUTF8(strings.TrimSuffix(string(l), "\r"), "\uFFFD")
		if r := []rune(s); len(r) > longest {
			s = string(r[:longest]) + "…"
		}
		ex.Lines = append(ex.Lines, s)
	}
	if len(ex.Lines) == 0 {
		return nil
	}
	return ex
}

// statusItem is one entry of an entity's status.items.
type statusItem struct {
	Type    string       `json:"type"`
	Level   string       `json:"level"`
	Message string       `json:"message"`
	Error   *statusError `json:"error,omitempty"`
}

type statusError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// statusOf returns the status items of an entity whose document cannot be used now, nil when nothing
// says why.
func statusOf(ps []Problem, ref string) []byte {
	var items []statusItem
	for _, p := range ps {
		if p.Level != "error" || (p.Ref != nil && *p.Ref != ref) {
			continue
		}
		text := p.Message
		if p.Line > 0 {
			text = fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
		}
		items = append(items, statusItem{
			Type: "backstage.io/catalog-processing", Level: "error", Message: text,
			Error: &statusError{Name: "InputError", Message: text},
		})
	}
	return itemsJSON(items)
}
