package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A guard keeps names of a package out of a part of the tree.
type guard struct {
	pkg   string   // import path
	names []string // what may not be used of it
	in    []string // where; empty: everywhere
	not   []string // where it may be used all the same
	tests bool     // tests are held to it too
	why   string
}

// Whatever takes a path in the host's file system, symbolic links and all.
var osPaths = []string{
	"Chdir", "Chmod", "Chown", "Chtimes", "CopyFS", "Create", "CreateTemp", "DirFS", "Lchown", "Link", "Lstat", "Mkdir", "MkdirAll",
	"MkdirTemp", "Open", "OpenFile", "OpenInRoot", "OpenRoot", "ReadDir", "ReadFile", "Readlink", "Remove", "RemoveAll", "Rename",
	"Stat", "Symlink", "Truncate", "WriteFile",
}

// The parts that read what somebody else wrote: repositories, docs, templates, manifests.
var readers = []string{
	"internal/catalog", "internal/discovery", "internal/forge", "internal/insights", "internal/kube", "internal/plugins", "internal/scaffold",
	"internal/search", "internal/techdocs",
}

const (
	caged     = "what comes from a repository is read through internal/cage, which no path and no symbolic link leaves"
	guarded   = "requests leave through internal/outbound, which checks the address that it connects to"
	oneRouter = "every route is a line of the registry in internal/httpx, with its access rule"
)

var guards = []guard{
	{pkg: "os", names: osPaths, in: readers, why: caged},
	{pkg: "path/filepath", names: []string{"EvalSymlinks", "Glob", "Walk", "WalkDir"}, in: readers, why: caged},
	{
		pkg: "net/http", not: []string{"internal/outbound"}, why: guarded,
		names: []string{"Client", "DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm", "Transport"},
	},
	{
		pkg: "net", not: []string{"internal/outbound", "internal/pg"}, why: guarded,
		names: []string{
			"Dial", "DialIP", "DialTCP", "DialTimeout", "DialUDP", "DialUnix", "Dialer", "LookupAddr", "LookupCNAME", "LookupHost", "LookupIP",
			"LookupTXT", "Resolver",
		},
	},
	{
		pkg: "net/http", not: []string{"internal/httpx"}, why: oneRouter,
		names: []string{"DefaultServeMux", "Handle", "HandleFunc", "ListenAndServe", "ListenAndServeTLS", "NewServeMux", "ServeMux"},
	},
	{pkg: "net/http", names: []string{"Dir", "ServeFile"}, why: "it serves the host's files; use an fs.FS that holds what is meant"},
	{
		pkg: "unsafe", tests: true, why: "the one argued use is to read bytes that never change as a string",
		names: []string{"Add", "Alignof", "Offsetof", "Pointer", "Sizeof", "Slice", "StringData"},
	},
}

// unchecked is the field of tls.Config that this project does not set.
const unchecked = "Insecure" + "SkipVerify"

// An exception is one use that a guard would refuse, with the reason that it may stay.
type exception struct {
	file string // relative to the root
	use  string // with the package's own name: os.Stat
	why  string
}

// exceptions are argued one by one. One that nothing needs any more fails the test.
var exceptions = []exception{
	{"internal/config/backend.go", "tls." + unchecked, "the operator wrote ssl.rejectUnauthorized: false, Backstage's key, for this one database"},
	{"internal/discovery/org/ldap/read.go", "os.ReadFile", "the file of authorities that the operator named in tls.ca"},
	{"internal/discovery/org/ldap/read.go", "tls." + unchecked, "the operator wrote tls.rejectUnauthorized: false, Backstage's key, for this one directory"},
	{"internal/forge/git/client.go", "os.Lstat", "the empty home of the git command, to see that it is still ours"},
	{"internal/forge/git/client.go", "os.MkdirTemp", "the same home, which is ours"},
	{"internal/forge/git/client.go", "os.RemoveAll", "the same home, at the end"},
	{"internal/forge/git/clones.go", "os.Chtimes", "the folder of a clone of ours, to tell when it was needed last"},
	{"internal/forge/git/clones.go", "os.ReadDir", "the folder of the clones, which are ours"},
	{"internal/forge/git/clones.go", "os.RemoveAll", "a clone of ours that nobody needs"},
	{"internal/forge/git/repo.go", "os.MkdirAll", "the folder of the clones, for our user alone, before git makes it for all"},
	{"internal/forge/git/repo.go", "os.RemoveAll", "a cache of ours that is not whole is made anew"},
}

func calls(files []*goFile, exceptions []exception) (faults []string) {
	used := make([]bool, len(exceptions))
	argued := func(f *goFile, use string) bool {
		i := slices.IndexFunc(exceptions, func(e exception) bool { return e.file == f.path && e.use == use })
		if i >= 0 {
			used[i] = true
		}
		return i >= 0
	}
	for _, f := range files {
		for _, imp := range f.imports() {
			for _, g := range guards {
				if imp.path != g.pkg || len(g.in) > 0 && !belowAny(f.dir, g.in...) || belowAny(f.dir, g.not...) || !g.tests && !f.ships() {
					continue
				}
				for _, sel := range uses(f, imp.name) {
					if !slices.Contains(g.names, sel.Sel.Name) {
						continue
					}
					use := g.pkg[strings.LastIndexByte(g.pkg, '/')+1:] + "." + sel.Sel.Name
					if argued(f, use) {
						continue
					}
					faults = append(faults, fmt.Sprintf("%s: no %s in %s: %s", f.at(sel.Pos()), use, f.dir, g.why))
				}
			}
		}
		// An unchecked certificate is no option, in tests either: httptest's own client knows its server.
		for _, pos := range sets(f, unchecked) {
			if !argued(f, "tls."+unchecked) {
				faults = append(faults, fmt.Sprintf("%s: no tls.%s: a certificate that is not checked proves nothing", f.at(pos), unchecked))
			}
		}
	}
	for i, e := range exceptions {
		if !used[i] {
			faults = append(faults, fmt.Sprintf("%s no longer uses %s: take it from the exceptions in internal/house/calls_test.go", e.file, e.use))
		}
		if e.why == "" {
			faults = append(faults, fmt.Sprintf("the exception for %s in %s gives no reason", e.use, e.file))
		}
	}
	return faults
}

// uses returns the selections from an imported package in f. A pointer to one of its types is none: who takes a
// *http.Client has it from somebody who may make one.
func uses(f *goFile, name string) (list []*ast.SelectorExpr) {
	pointers := map[ast.Expr]bool{}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			pointers[n.X] = true
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == name && !pointers[n] {
				list = append(list, n)
			}
		}
		return true
	})
	return list
}

// sets returns where f gives the field name a value.
func sets(f *goFile, name string) (list []token.Pos) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok && id.Name == name {
				list = append(list, id.Pos())
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if sel, ok := left.(*ast.SelectorExpr); ok && sel.Sel.Name == name {
					list = append(list, sel.Sel.Pos())
				}
			}
		}
		return true
	})
	return list
}

func TestCalls(t *testing.T) { report(t, calls(goFiles(t), exceptions)) }

func TestCallsBite(t *testing.T) {
	stat := []exception{{"internal/discovery/x.go", "os.Stat", "the folder that the operator named"}}
	tests := []struct {
		name, path, imports, body string
		exceptions                []exception
		want                      string
	}{
		{name: "reading a repository", path: "internal/discovery/x.go", imports: `"os"`, body: `os.ReadFile("x")`, want: "x.go:5: no os.ReadFile in internal/discovery: what comes"},
		{name: "under another name", path: "internal/discovery/x.go", imports: `sys "os"`, body: `sys.Open("x")`, want: "no os.Open in"},
		{name: "as a value", path: "internal/scaffold/x.go", imports: `"os"`, body: `run(os.RemoveAll)`, want: "no os.RemoveAll in"},
		{name: "walking", path: "internal/techdocs/x.go", imports: `"path/filepath"`, body: `filepath.WalkDir("x", nil)`, want: "no filepath.WalkDir in"},
		{name: "an argued use", path: "internal/discovery/x.go", imports: `"os"`, body: `os.Stat("x")`, exceptions: stat},
		{name: "an argument for nothing", path: "internal/discovery/x.go", imports: `"os"`, body: `os.Getpid()`, exceptions: stat, want: "no longer uses os.Stat"},
		{name: "the cage itself", path: "internal/cage/x.go", imports: `"os"`, body: `os.OpenRoot("x")`},
		{name: "a test writes files", path: "internal/discovery/x_test.go", imports: `"os"`, body: `os.WriteFile("x", nil, 0)`},
		{name: "the environment", path: "internal/discovery/x.go", imports: `"os"`, body: `os.Getenv("x")`},
		{name: "a request", path: "internal/catalog/x.go", imports: `"net/http"`, body: `http.Get("x")`, want: "no http.Get in"},
		{name: "a client", path: "internal/catalog/x.go", imports: `"net/http"`, body: `use(&http.Client{})`, want: "no http.Client in"},
		{name: "a new client", path: "internal/catalog/x.go", imports: `"net/http"`, body: `use(new(http.Client))`, want: "no http.Client in"},
		{name: "a client variable", path: "internal/catalog/x.go", imports: `"net/http"`, body: `var c http.Client`, want: "no http.Client in"},
		{name: "a client from elsewhere", path: "internal/forge/github/x.go", imports: `"net/http"`, body: `var c *http.Client`},
		{name: "the client's package", path: "internal/outbound/x.go", imports: `"net/http"`, body: `use(&http.Client{})`},
		{name: "a test's client", path: "internal/httpx/x_test.go", imports: `"net/http"`, body: `http.Get("x")`},
		{name: "a connection", path: "internal/kube/x.go", imports: `"net"`, body: `net.Dial("tcp", "x")`, want: "no net.Dial in"},
		{name: "a second router", path: "internal/kube/x.go", imports: `"net/http"`, body: `http.NewServeMux()`, want: "no http.NewServeMux in"},
		{name: "pointers", path: "internal/catalog/index/json.go", imports: `"unsafe"`, body: `_ = unsafe.Pointer(nil)`, want: "no unsafe.Pointer in"},
		{name: "files of the host", path: "internal/app/x.go", imports: `"net/http"`, body: `use(http.Dir("/"))`, want: "no http.Dir in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := source(t, tt.path, fmt.Sprintf("package x\n\nimport %s\n\nfunc f() { %s }\n", tt.imports, tt.body))
			expect(t, calls(files, tt.exceptions), tt.want)
		})
	}
}

func TestUncheckedCertificatesBite(t *testing.T) {
	expect(t, calls(source(t, "internal/kube/x_test.go", "package x\n\nfunc f() { if c."+unchecked+" { panic(1) } }\n"), nil), "")
	for _, body := range []string{"c := tls.Config{" + unchecked + ": true}", "c." + unchecked + " = true"} {
		t.Run(body, func(t *testing.T) {
			expect(t, calls(source(t, "internal/kube/x_test.go", "package x\n\nfunc f() { "+body+" }\n"), nil), "a certificate")
		})
	}
}

// The flag that rewrites golden files is registered once, or a test binary that meets it twice panics.
func updateFlags(files []*goFile) (faults []string) {
	for _, f := range files {
		if f.dir == "internal/testenv" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); !ok || pkg.Name != "flag" {
				return true
			}
			for _, arg := range call.Args {
				if lit, ok := arg.(*ast.BasicLit); ok {
					if s, err := strconv.Unquote(lit.Value); err == nil && s == "update" {
						faults = append(faults, fmt.Sprintf("%s: the flag -update is internal/testenv's: use testenv.Golden or testenv.Update", f.at(call.Pos())))
					}
				}
			}
			return true
		})
	}
	return faults
}

func TestOneUpdateFlag(t *testing.T) { report(t, updateFlags(goFiles(t))) }

func TestOneUpdateFlagBites(t *testing.T) {
	text := "package x\n\nimport \"flag\"\n\nvar u = flag.Bool(\"update\", false, \"\")\n"
	expect(t, updateFlags(source(t, "internal/httpx/x_test.go", text)), "is internal/testenv's")
	expect(t, updateFlags(source(t, "internal/testenv/x.go", text)), "")
}
