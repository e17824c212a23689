package private

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/errs"
)

// MinMajor is the oldest major version of PostgreSQL that will do.
const MinMajor = 14

// EnvBinDir is the environment variable that names the directory of the binaries, and no other.
const EnvBinDir = "PORTICO_PG_BIN"

// Search says where server binaries may be.
type Search struct {
	// BinDir holds initdb and postgres; no other place is tried. Empty: $PORTICO_PG_BIN.
	BinDir string
	// NodeModules are node_modules folders that may hold the npm package. Nil: those beside the
	// program (node_modules, web/node_modules and .cache/postgres/node_modules, in the program's
	// folder and in the one above). Never the working folder, which may be anyone's.
	NodeModules []string
	// NPMOnly leaves the system's servers and $PORTICO_PG_BIN out.
	NPMOnly bool
	// CacheDir receives a copy of an npm package that the server's user cannot read, or that lacks
	// its links and cannot be written. Empty: /var/cache/portico for root, else the user's cache.
	CacheDir string
}

// Binaries are those of one server.
type Binaries struct {
	Dir     string // absolute; holds initdb and postgres
	Major   int    // 18
	Version string // "18.4"
	Origin  string // for people: "the system's", "npm's", EnvBinDir
}

// String is for people: "PostgreSQL 15.18 (/usr/lib/postgresql/15/bin)".
func (b Binaries) String() string { return fmt.Sprintf("PostgreSQL %s (%s)", b.Version, b.Dir) }

func (b Binaries) postgres() string { return filepath.Join(b.Dir, "postgres") }
func (b Binaries) initdb() string   { return filepath.Join(b.Dir, "initdb") }

// Find returns the first server that will do, in this order: Search.BinDir or $PORTICO_PG_BIN and
// then no other; PATH; the usual places of Linux distributions, Homebrew and Postgres.app, newest
// first; the npm package. Where major is not 0, only that version will do.
//
// When there is none, the error is errs.Unavailable and its remedy names the ways out.
func Find(ctx context.Context, s Search, major int) (Binaries, error) {
	acct, err := defaultAccount()
	if err != nil {
		return Binaries{}, err
	}
	return find(ctx, s, major, acct)
}

func find(ctx context.Context, s Search, major int, acct account) (Binaries, error) {
	var tried []error
	var others []string // good servers of another version
	try := func(dir, origin string) (Binaries, bool) {
		b, err := inspect(ctx, dir, origin, acct)
		switch {
		case err != nil:
			tried = append(tried, err)
		case major != 0 && b.Major != major:
			others = append(others, b.String())
		default:
			return b, true
		}
		return Binaries{}, false
	}

	if dir := cmp.Or(s.BinDir, envBinDir(s)); dir != "" {
		b, ok := try(dir, EnvBinDir)
		if !ok && len(others) == 0 {
			return b, errs.WithRemedy(
				errs.Public(errs.Unavailable, "no PostgreSQL server that can be used is in "+dir, errors.Join(tried...)),
				"let "+EnvBinDir+" name the directory that holds initdb and postgres, or leave it unset")
		}
		if ok {
			return b, nil
		}
		return b, missing(major, others, tried)
	}
	if !s.NPMOnly {
		for _, dir := range slices.Concat(pathDirs(), usualDirs()) {
			if b, ok := try(dir, "the system's"); ok {
				return b, nil
			}
		}
	}
	for _, nm := range cmpOrSlice(s.NodeModules, besideProgram()) {
		dir, err := npmBinaries(nm, s, acct)
		if err != nil {
			tried = append(tried, err)
			continue
		}
		if b, ok := try(dir, "npm's"); ok {
			return b, nil
		}
	}
	return Binaries{}, missing(major, others, tried)
}

func envBinDir(s Search) string {
	if s.NPMOnly {
		return ""
	}
	return os.Getenv(EnvBinDir)
}

func missing(major int, others []string, tried []error) error {
	cause := errors.Join(tried...)
	if major != 0 && len(others) > 0 {
		return &versionError{major: major, others: others, cause: cause}
	}
	install := "install PostgreSQL from the system's packages"
	if runtime.GOOS == "linux" {
		install += " (for example `apt-get install postgresql`)"
	}
	if pkg := NPMPackage(); pkg != "" {
		install += ", or run `npm install --prefix .cache/postgres " + pkg + "@" + NPMVersion + "` in Portico's folder"
	}
	wanted := fmt.Sprintf("%d or newer", MinMajor)
	if major != 0 {
		wanted = "version " + strconv.Itoa(major)
	}
	return errs.WithRemedy(
		errs.Public(errs.Unavailable, "no PostgreSQL server ("+wanted+") was found on this machine", cause),
		install+"; or name a server of your own in backend.database")
}

// versionError says that there are servers, but none of the version that the data needs.
type versionError struct {
	major  int
	others []string
	cause  error
}

func (e *versionError) Error() string {
	return fmt.Sprintf("PostgreSQL %d is needed, found only: %s", e.major, strings.Join(e.others, ", "))
}

func (e *versionError) Unwrap() error { return e.cause }

var versionText = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// inspect tells what the binaries in dir are, by running one.
func inspect(ctx context.Context, dir, origin string, acct account) (Binaries, error) {
	// A folder of links (/usr/local/bin) is not where the server's libraries and data are.
	real, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return Binaries{}, fmt.Errorf("%s: no postgres there", dir)
	}
	b := Binaries{Dir: filepath.Dir(real), Origin: origin}
	if _, err := os.Stat(b.initdb()); err != nil {
		return b, fmt.Errorf("%s: no initdb there", b.Dir)
	}
	if !acct.reaches(b.postgres()) {
		return b, fmt.Errorf("%s: %s may not run what is there", b.Dir, acct)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.postgres(), "-V")
	acct.prepare(cmd)
	out, err := cmd.Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(ee.Stderr)))
		}
		return b, fmt.Errorf("%s -V: %w", b.postgres(), err)
	}
	m := versionText.FindStringSubmatch(string(out))
	if m == nil {
		return b, fmt.Errorf("%s -V: not understood: %q", b.postgres(), out)
	}
	b.Version = m[1]
	b.Major, _ = strconv.Atoi(m[2]) // digits, by the expression
	if b.Major < MinMajor {
		return b, fmt.Errorf("%s is too old: %d is needed", b, MinMajor)
	}
	return b, nil
}

// pathDirs are the folders of PATH; relative ones would depend on the working folder.
func pathDirs() []string {
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) && isFile(filepath.Join(dir, "postgres")) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

var usualPatterns = []string{
	"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                   // Red Hat, from postgresql.org
	"/usr/libexec/postgresql*",           // Alpine
	"/opt/homebrew/opt/postgresql@*/bin", // Homebrew
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/usr/local/pgsql/bin", // from source
}

// usualDirs are the places where servers are installed, the newest first within a kind.
func usualDirs() []string {
	var dirs []string
	for _, pattern := range usualPatterns {
		found, _ := filepath.Glob(pattern) // the patterns are ours, and well-formed
		slices.SortStableFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		for _, dir := range found {
			if isFile(filepath.Join(dir, "postgres")) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// versionIn is the last number in a path, 0 without one.
func versionIn(path string) int {
	all := digits.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1])
	return n
}

func isFile(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular()
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func cmpOrSlice(a, b []string) []string {
	if a != nil {
		return a
	}
	return b
}
