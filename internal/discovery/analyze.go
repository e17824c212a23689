package discovery

import (
	"context"
	"path"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/discovery/infer"
	"portico/internal/errs"
)

// Analyze implements catalog.Analyzer: the descriptors in the repository or folder at loc, or, when
// there is none, a guess at what it is. An URL of a single file gives that file. Errors: as Read.
func (r *Reader) Analyze(ctx context.Context, loc catalog.Location, filename string) ([]catalog.File, error) {
	if strings.ContainsAny(filename, "/\\*") {
		return nil, errs.New(errs.Invalid, "%q is not the name of a file", filename)
	}
	switch loc.Type {
	case "git":
		g, err := parseGitTarget(loc.Target)
		if err != nil {
			return nil, err
		}
		return filesOf(r.readGitFiles(ctx, g, filename, catalog.Known{}))
	case "folder":
		return filesOf(r.readFolderNamed(ctx, loc.Target, filename, ""))
	case "url":
		h, err := r.parseHostURL(loc.Target)
		switch {
		case err != nil:
			return nil, err
		case h != nil && h.tree && !isGlob(h.path):
			return r.analyzeHost(ctx, h, filename)
		case h == nil && strings.HasSuffix(loc.Target, ".git"):
			return filesOf(r.readGitFiles(ctx, gitTarget{url: loc.Target}, filename, catalog.Known{}))
		}
	}
	return filesOf(r.Read(ctx, loc, catalog.Known{}))
}

func filesOf(reading *catalog.Reading, err error) ([]catalog.File, error) {
	if err != nil {
		return nil, err
	}
	// Somebody who registers a repository with descriptors is to see these.
	declared := slices.DeleteFunc(slices.Clone(reading.Files), func(f catalog.File) bool { return f.Location.Type == "inferred" })
	if len(declared) > 0 {
		return declared, nil
	}
	return reading.Files, nil
}

// analyzeHost looks at a repository, or at a folder of it, through the host's API.
func (r *Reader) analyzeHost(ctx context.Context, h *hostURL, filename string) ([]catalog.File, error) {
	reading, err := r.readHostTree(ctx, h, filename, catalog.Known{})
	if err == nil || !errs.Is(err, errs.NotFound) {
		return filesOf(reading, err)
	}
	list, err := r.listHost(ctx, h)
	if err != nil {
		return nil, err
	}
	in := infer.Input{Folder: path.Base(path.Join(h.repo, h.path)), RemoteURL: h.cloneURL(), SourceLocation: "url:" + h.web(h.path, true) + "/"}
	for _, f := range list {
		if p := relativeTo(h.path, f.path); p != "" && len(in.Files) < maxInferFiles {
			in.Files = append(in.Files, infer.File{Path: p, Size: f.size})
		}
	}
	if len(in.Files) == 0 {
		return nil, errs.New(errs.NotFound, "%s holds no files", h.web(h.path, true))
	}
	in.Read = func(p string) ([]byte, error) {
		data, _, err := r.readHostFile(ctx, h, path.Join(h.path, p), "", false)
		return data, err
	}
	f, err := InferredFile(infer.Look(in), h.web(h.path, true))
	if err != nil {
		return nil, err
	}
	return []catalog.File{f}, nil
}
