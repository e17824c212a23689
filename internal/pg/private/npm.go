package private

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// NPMVersion is the release of the npm package that we test with. The "beta" is the package's own;
// the server in it is PostgreSQL 18.4 as released.
const NPMVersion = "18.4.0-beta.17"

const npmScope = "@embedded-postgres"

var npmArch = map[string]string{"amd64": "x64", "arm64": "arm64", "arm": "arm", "386": "ia32", "ppc64le": "ppc64"}

// NPMPackage is the npm package with server binaries for this machine, or "" where there is none.
func NPMPackage() string {
	arch, ok := npmArch[runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" && !(runtime.GOOS == "darwin" && (arch == "x64" || arch == "arm64")) {
		return ""
	}
	return npmScope + "/" + runtime.GOOS + "-" + arch
}

// besideProgram are the node_modules folders that belong to the program: it lies in bin/ of a
// checkout, or on top of an unpacked release.
func besideProgram() []string {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	var dirs []string
	here := filepath.Dir(exe)
	for _, dir := range []string{here, filepath.Dir(here)} {
		dirs = append(dirs, NodeModulesIn(dir)...)
	}
	return dirs
}

// NodeModulesIn are the node_modules folders of a checkout that may hold the npm package.
func NodeModulesIn(root string) []string {
	return []string{
		filepath.Join(root, ".cache", "postgres", "node_modules"),
		filepath.Join(root, "web", "node_modules"),
		filepath.Join(root, "node_modules"),
	}
}

// npmBinaries returns the bin directory of the package in a node_modules folder, ready to be run by acct.
func npmBinaries(nodeModules string, s Search, acct account) (string, error) {
	if NPMPackage() == "" {
		return "", fmt.Errorf("the npm packages have no server for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	pkg := filepath.Join(nodeModules, filepath.FromSlash(NPMPackage()))
	if !isFile(filepath.Join(pkg, "native", "bin", "postgres")) {
		return "", fmt.Errorf("%s: no %s there", nodeModules, NPMPackage())
	}
	bin := filepath.Join(pkg, "native", "bin")
	if acct.reaches(filepath.Join(bin, "postgres")) {
		err := linkLibraries(pkg)
		if err == nil {
			return bin, nil
		}
		if !errors.Is(err, fs.ErrPermission) {
			return "", err
		}
	}
	copied, err := copyPackage(pkg, s, acct)
	if err != nil {
		return "", err
	}
	return filepath.Join(copied, "native", "bin"), nil
}

// linkLibraries makes the links between the package's libraries (libpq.so.5 → libpq.so.5.18), which
// npm archives cannot carry. The package's own install script does the same, where npm runs it.
func linkLibraries(pkg string) error {
	list := filepath.Join(pkg, "native", "pg-symlinks.json")
	text, err := os.ReadFile(list)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // some platforms need none
	}
	if err != nil {
		return err
	}
	var links []struct {
		Source string `json:"source"` // the file, relative to the package
		Target string `json:"target"` // the link to make
	}
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("%s: %w", list, err)
	}
	for _, l := range links {
		for _, p := range []string{l.Source, l.Target} {
			if !filepath.IsLocal(p) || !strings.HasPrefix(p, "native/") {
				return fmt.Errorf("%s: %q points out of the package", list, p)
			}
		}
		target := filepath.Join(pkg, l.Target)
		if _, err := os.Stat(target); err == nil {
			continue
		}
		source, err := filepath.Rel(filepath.Dir(target), filepath.Join(pkg, l.Source))
		if err != nil {
			return err
		}
		os.Remove(target) // a link to nowhere, if anything
		// Two programs may be at it; either's link is right.
		if err := os.Symlink(source, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// copyPackage copies the package to a folder that everybody may read, once a version.
func copyPackage(pkg string, s Search, acct account) (string, error) {
	var meta struct {
		Version string `json:"version"`
	}
	text, err := os.ReadFile(filepath.Join(pkg, "package.json"))
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(pkg, "package.json"), err)
	}
	name := filepath.Base(pkg) + "-" + meta.Version
	if meta.Version == "" || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
		return "", fmt.Errorf("%s: its version %q cannot be a folder's name", pkg, meta.Version)
	}
	cache := s.CacheDir
	if cache == "" {
		if cache, err = defaultCacheDir(); err != nil {
			return "", err
		}
	}
	dst := filepath.Join(cache, name)
	if isFile(filepath.Join(dst, "native", "bin", "postgres")) {
		return dst, linkLibraries(dst)
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	// Under another name first: who finds dst finds all of it.
	tmp, err := os.MkdirTemp(cache, name+"-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	if err := os.CopyFS(tmp, os.DirFS(pkg)); err != nil {
		return "", fmt.Errorf("copy %s to %s: %w", pkg, cache, err)
	}
	if err := linkLibraries(tmp); err != nil {
		return "", err
	}
	if err := readableByAll(tmp); err != nil {
		return "", err
	}
	if err := os.Rename(tmp, dst); err != nil && !isFile(filepath.Join(dst, "native", "bin", "postgres")) {
		return "", err
	}
	if !acct.reaches(filepath.Join(dst, "native", "bin", "postgres")) {
		return "", fmt.Errorf("%s: %s may not run what is there; name another cache folder", dst, acct)
	}
	return dst, nil
}

// readableByAll undoes a strict umask.
func readableByAll(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		mode := fi.Mode().Perm() | 0o444
		if d.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}

func defaultCacheDir() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/portico", nil // root's own cache is root's alone
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "portico"), nil
}
