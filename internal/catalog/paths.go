package catalog

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"portico/internal/errs"
)

// Paths reads the files of this machine that may be registered: those below some folders, and no others, whatever
// links are in there.
type Paths interface {
	Reader
	Analyzer
	// Folders are these folders, absolute; none where no path may be registered.
	Folders() []string
	// Covers reports whether a clean path, or a pattern, is below one of them. It looks at nothing that is there.
	Covers(target string) bool
	// IsFolder reports whether a path below one of them is a folder.
	IsFolder(target string) bool
}

// local is true for what lies on this machine.
func (l Location) local() bool {
	switch l.Type {
	case "file", "folder":
		return true
	case "inferred":
		return filepath.IsAbs(l.Target)
	}
	return false
}

// reader is what reads a location that a source leads to. A path that was registered is read only below the folders that
// are open for that now, also where the configuration itself reads files beside them.
func (w *walk) reader(loc Location) Reader {
	if w.Paths != nil && w.src.Origin == FromRegister && loc.local() {
		return w.Paths
	}
	return w.Reader
}

// analyzer is what looks at a location that is to be registered.
func (h *Handler) analyzer(loc Location) Analyzer {
	if loc.local() {
		return h.Refresher.Paths
	}
	return h.Analyzer
}

// registrable is a location as it may be registered: a URL as it was written, a path clean, and a folder said to be one.
// Nothing is looked at of a path that the caller may not register, and they are told of no folder.
func (h *Handler) registrable(ctx context.Context, loc Location) (Location, error) {
	if loc.Type != "file" && loc.Type != "folder" || h.Refresher == nil || h.Refresher.Paths == nil || len(h.Refresher.Paths.Folders()) == 0 {
		return loc, checkRegistrable(loc)
	}
	paths := h.Refresher.Paths
	if loc.Target == "" {
		return loc, errs.New(errs.Invalid, "target is missing; write the path of a catalog-info.yaml")
	}
	if err := checkLocation(loc); err != nil {
		return loc, err
	}
	clean := Location{Type: "file", Target: filepath.Clean(loc.Target)}
	if err := h.sight(ctx).mayRegister(ctx, ingestionManage, clean); err != nil {
		return loc, errs.WithRemedy(errs.Public(errs.KindOf(err), "a path of the portal's machine is for whoever may manage sources: "+errs.Sentence(err), err), errs.Remedy(err))
	}
	folders := strings.Join(paths.Folders(), ", ")
	if !filepath.IsAbs(loc.Target) {
		return loc, errs.WithRemedy(errs.New(errs.Invalid, "%s is not an absolute path", cut(loc.Target)), "write the whole path, from /; what may be registered is below "+folders)
	}
	parts := strings.FieldsFunc(loc.Target, func(c rune) bool { return strings.ContainsRune(`/\{,}`, c) })
	if slices.Contains(parts, "..") {
		return loc, errs.WithRemedy(errs.New(errs.Invalid, `%s has a ".."`, cut(loc.Target)), "write the path without it")
	}
	if !paths.Covers(clean.Target) {
		return loc, errs.WithRemedy(errs.New(errs.Forbidden, "%s is not read: it is outside the folders below which paths may be registered", cut(clean.Target)),
			"register what is below "+folders+", or have an operator add its folder to portico.catalog.registerPaths")
	}
	if paths.IsFolder(clean.Target) {
		clean.Type = "folder"
	}
	return clean, nil
}
