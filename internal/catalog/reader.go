package catalog

import (
	"context"
	"errors"
	"time"

	"portico/internal/catalog/layer"
	"portico/internal/outbound"
)

// Location says where something is declared: "file:/srv/catalog/all.yaml", "url:https://…".
type Location struct {
	// Type is "file" (a path or a glob on this machine), "url" (HTTP, or a file or tree at a Git
	// host), "git" (a clone URL) or "folder" (a Git repository, or a tree of them, on this machine).
	Type string
	// Target is an absolute path for "file" and "folder", an absolute URL for "url" and "git".
	Target string
}

// String is the form "type:target" that annotations carry.
func (l Location) String() string { return l.Type + ":" + l.Target }

// Shown is the location for logs and records. It differs where the target holds a credential, which nobody can register;
// the configuration can name one.
func (l Location) Shown() string { return l.Type + ":" + outbound.Masked(l.Target) }

// File is one descriptor as it was read.
type File struct {
	// Location is the exact place: never a glob, never a folder. For a repository that carries no
	// descriptor it has type "inferred" and Data is a descriptor made from what can be seen.
	Location Location
	// Name is the short name for people in messages: "payments/catalog-info.yaml".
	Name string
	Data []byte
	// Revision changes when Data may have changed: a digest, an ETag, a commit.
	Revision string
	// Unchanged is set instead of Data when the file is still at the revision that Known has of it.
	Unchanged bool
	// SourceLocation is the folder that the descriptor describes, ending in "/", as a location
	// string: "file:/srv/payments/" or "url:https://github.com/o/r/tree/main/".
	SourceLocation string
	// ViewURL and EditURL lead to the file at its host; empty where there is none.
	ViewURL, EditURL string
	// Err is set instead of Data when this one file could not be read, while others could.
	Err error
	// Layers are the inferred layers that come with a file of type "inferred": of each entity that Data holds, and of entities
	// that other files of the same repository declare.
	Layers []layer.Layer
	// Beside reads what placeholders of this file refer to, instead of Reader.ReadRelative: a file whose whole repository was
	// read at one commit brings it along. Nil where there is none.
	Beside func(ctx context.Context, target string) (*File, error)
}

// Reading is what one location held.
type Reading struct {
	Files []File
	// Revision is the revision of the location as a whole. Passing it to the next Read lets an
	// unchanged location be told apart without reading it again.
	Revision string
}

// Known is what is left of earlier readings of a location; nothing of it has to be there.
type Known struct {
	Revision string            // of the Reading
	Files    map[string]string // revisions of files that need not be read again, by their locations
}

// Has reports whether a file is at the revision that is known of it.
func (k Known) Has(f *File) bool {
	return f.Err == nil && f.Revision != "" && k.Files[f.Location.String()] == f.Revision
}

// ErrUnchanged is returned by Read when the location is still at the known revision.
var ErrUnchanged = errors.New("unchanged")

// Reader reads locations. The implementation lives in internal/discovery; app plugs it in.
type Reader interface {
	// Read returns what loc holds. Errors: ErrUnchanged when it is at the known revision as a whole;
	// errs.NotFound when the location is not there (gone, 404); errs.Forbidden when a rule of ours
	// forbids reading it; errs.Unavailable when it may work later. Where the other side asks to wait,
	// an error in the chain has RetryIn() time.Duration.
	Read(ctx context.Context, loc Location, known Known) (*Reading, error)

	// ReadRelative reads one file that a descriptor at base refers to ($text, $json, $yaml): target
	// is relative to base, or an absolute URL. It must stay in base's repository (or, for a file,
	// under the root of base's source). The file has a location, its content and a revision; known
	// is the revision of an earlier one or "". Errors: as Read.
	ReadRelative(ctx context.Context, base Location, target, known string) (*File, error)

	// Resolve makes the target of a Location entity declared at base absolute.
	Resolve(base Location, typ, target string) (Location, error)
}

// Crawler reads locations that hold so much that it comes in parts: all repositories of an account.
type Crawler interface {
	// Crawls reports whether locations of a type are crawled, and not read.
	Crawls(typ string) bool

	// Crawl hands over what loc holds, a part at a time; an error of yield ends it. A file that known has and that has not
	// moved is handed over as Unchanged. What a complete crawl does not hand over is gone. Errors are as Read's, but that
	// NotFound is never said of a location that was there once: a refusal is not an absence.
	Crawl(ctx context.Context, loc Location, known Known, yield func(part []File) error) (Crawled, error)

	// News is a Crawl of no more than what the host told of since, so it is always Partial.
	News(ctx context.Context, loc Location, known Known, yield func(part []File) error) (Crawled, error)
}

// Crawled is how a crawl ended.
type Crawled struct {
	// Partial is set when only some of what the location holds was looked at: what was neither handed over nor is in Gone
	// stays as it is.
	Partial bool
	// Gone are the locations of files that are no longer there, although they were handed over before, or the crawl is partial.
	Gone []string
	// Message says in a sentence what could not be read although the crawl is complete; "" where nothing.
	Message string
	// GoesOn is set where the crawl took its time and is to go on where it stopped, after that long.
	GoesOn time.Duration
	// Applied is called, where it is not nil, when all that was handed over is in the catalog, and what is Gone went.
	Applied func(context.Context) error
}

// Watcher tells when local files change, within a second.
type Watcher interface {
	// Set replaces the set of watched paths: files, folders (recursive) and globs.
	Set(paths []string) error
	// Changes yields batches of changed paths, debounced. It is closed by Close.
	Changes() <-chan []string
	Close() error
}
