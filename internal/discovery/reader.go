package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"portico/internal/catalog"
	"portico/internal/discovery/org"
	"portico/internal/errs"
	"portico/internal/forge/git"
	"portico/internal/outbound"
)

// Options configure a Reader.
type Options struct {
	// Outbound reads URLs; without it none is read.
	Outbound *outbound.Client
	// Git reads repositories; without it none is read.
	Git *git.Client
	// Integrations are the Git hosts whose URLs are understood.
	Integrations []Integration
	// Organizations reads teams and people; without it no location of theirs is read.
	Organizations *org.Reader
	// CacheDir holds clones, readable by the portal's user alone.
	CacheDir string
	// Local are the files, globs and folders that the operator named: see AllowLocal.
	Local []string
	// MaxFile bounds one file, in bytes; 10 MiB when 0.
	MaxFile int64
	// MaxFiles bounds what one glob or folder yields; 50,000 when 0.
	MaxFiles int
	// Log is told of repositories in a folder that could not be read; nothing when nil.
	Log *slog.Logger
}

// Reader reads locations. It is safe for concurrent use.
type Reader struct {
	opts   Options
	local  local
	stamps stamps

	mu       sync.Mutex
	commits  map[string]commitAt // by URL and ref
	inferred map[string]guess    // by folder
	names    map[string]called   // what repositories in folders are called among others
}

var (
	_ catalog.Reader   = (*Reader)(nil)
	_ catalog.Analyzer = (*Reader)(nil)
)

// New returns a reader. Errors: errs.Invalid for an integration or a local path that cannot be used.
func New(opts Options) (*Reader, error) {
	if opts.MaxFile <= 0 {
		opts.MaxFile = 10 << 20
	}
	if opts.MaxFiles <= 0 {
		opts.MaxFiles = 50_000
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	integrations := make([]Integration, len(opts.Integrations))
	for i, in := range opts.Integrations {
		full, err := in.complete()
		if err != nil {
			return nil, err
		}
		integrations[i] = full
	}
	opts.Integrations = integrations
	r := &Reader{opts: opts, commits: map[string]commitAt{}, inferred: map[string]guess{}, names: map[string]called{}}
	r.stamps.known, r.local.named = map[string]stamped{}, map[string]bool{}
	if err := r.AllowLocal(opts.Local...); err != nil {
		return nil, err
	}
	return r, nil
}

// Read implements catalog.Reader.
func (r *Reader) Read(ctx context.Context, loc catalog.Location, known catalog.Known) (*catalog.Reading, error) {
	switch loc.Type {
	case "file":
		return r.readLocal(ctx, loc.Target, known)
	case "folder":
		return r.readFolder(ctx, loc.Target, known.Revision)
	case "inferred":
		return r.readInferred(ctx, loc.Target, known.Revision)
	case "url":
		return r.readURL(ctx, loc.Target, known)
	case "git":
		return r.readGit(ctx, loc.Target, known)
	}
	if r.opts.Organizations.Reads(loc.Type) {
		return r.opts.Organizations.Read(ctx, loc, known)
	}
	return nil, errs.WithRemedy(errs.New(errs.Invalid, "locations of type %q are not read", loc.Type), "use file, url, git or folder")
}

// digest is the revision of content that has no better one.
func digest(data []byte) string { return fmt.Sprintf("xxh:%016x", xxhash.Sum64(data)) }

// combined is the revision of several files: it changes with any name and any revision.
func combined(files []catalog.File) string {
	h := xxhash.New()
	for _, f := range files {
		_, _ = h.WriteString(f.Location.Target)
		_, _ = h.WriteString("\x00" + f.Revision + "\x00")
		if f.Err != nil {
			_, _ = h.WriteString("!" + f.Err.Error())
		}
	}
	return fmt.Sprintf("xxh:%016x", h.Sum64())
}

// shortName is how people are shown a file: its folder and its name.
func shortName(p string) string {
	p = strings.TrimSuffix(p, "/")
	return path.Join(path.Base(path.Dir(p)), path.Base(p))
}

// isGlob is true for a pattern in a repository elsewhere, where other characters stand for themselves:
// folders such as pages/[id] are common, and nothing says that one is not there without asking.
func isGlob(target string) bool { return strings.Contains(target, "*") }

func isURL(target string) bool {
	l := strings.ToLower(target)
	return strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://")
}

// commitAt remembers where a branch was a moment ago: many files of one repository are read in a row.
type commitAt struct {
	commit string
	at     time.Time
}
