package security

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"portico/internal/cage"
	"portico/internal/catalog/entity"
)

// within ends the test when what f does takes many times the second of the processors that it may: it would not end. How
// long things take is a figure of the machine, and of the race detector, and is told where it is near the second. What it
// allocates, garbage included, is no such figure: it returns that, in bytes, and more than 64 MiB fail.
func within(t *testing.T, name string, f func()) uint64 {
	t.Helper()
	taken := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(taken)
	before := taken[0].Value.Uint64()
	begun := used()
	f()
	metrics.Read(taken)
	allocated := taken[0].Value.Uint64() - before
	if allocated > 64<<20 {
		t.Errorf("%.100s took %d MiB of memory", name, allocated>>20)
	}
	switch took := used() - begun; {
	case took > 30*time.Second:
		t.Fatalf("%.100s took %s of the processors", name, took)
	case took > time.Second/2:
		t.Logf("%.100s took %s of the processors", name, took)
	}
	return allocated
}

// leaving are names that lead out of a folder, or that some reader takes for one that does.
func leaving(outside string) (list []string) {
	for depth := 1; depth <= 6; depth++ {
		for _, up := range []string{"..", "%2e%2e", "..%00", "..;", ".. ", "...", "．．", "..\\", "%c0%ae%c0%ae", ". .", "\\.\\.", "..%2f"} {
			for _, slash := range []string{"/", "//", "/./"} {
				list = append(list, strings.Repeat(up+slash, depth)+"outside/canary.txt")
			}
		}
	}
	return append(list,
		outside+"/canary.txt", "/"+outside+"/canary.txt", "file://"+outside+"/canary.txt", "link/canary.txt", "link", "one/canary.txt", "one", "file", "file/", "sub/up/canary.txt", "sub/../../outside/canary.txt", "./../outside/canary.txt",
		"", ".", "/", "..", "\x00", "a\x00b", "C:\\x", "C:x", "\\\\host\\share", "//host/share", "NUL", "CON", "aux.txt", "sub/", "sub/.", "sub/..", strings.Repeat("x", 300), strings.Repeat("x/", 3000), "a\nb", "\xff\xfe", "-rf", "~", "~root/x", "$HOME/x", "`id`", "/proc/self/environ", "/dev/zero", "proc", "pipe")
}

// S1: no name leads out of a folder that somebody else writes.
func TestS1Paths(t *testing.T) {
	dir := t.TempDir()
	inside, outside := filepath.Join(dir, "inside"), filepath.Join(dir, "outside")
	for _, d := range []string{filepath.Join(inside, "sub"), outside} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const canary = "wall-canary"
	write(t, filepath.Join(outside, "canary.txt"), canary)
	write(t, filepath.Join(inside, "good.txt"), "good")
	symlink(t, outside, filepath.Join(inside, "link"))
	symlink(t, filepath.Join(inside, "link"), filepath.Join(inside, "one"))
	symlink(t, filepath.Join(outside, "canary.txt"), filepath.Join(inside, "file"))
	symlink(t, "../../outside", filepath.Join(inside, "sub", "up"))
	symlink(t, "/proc/self/environ", filepath.Join(inside, "proc"))
	root, err := cage.Open(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if b, err := root.ReadFile("good.txt", 100); err != nil || string(b) != "good" {
		t.Fatalf("what is inside is not read: %q, %v", b, err)
	}
	names, most := leaving(outside), uint64(0)
	for _, name := range names {
		most = max(most, within(t, name, func() {
			if b, err := root.ReadFile(name, 1000); err == nil {
				t.Errorf("%q was read: %q", name, b)
			}
			_, _ = root.Stat(name)
			if list, err := root.Glob(t.Context(), name, 100); err == nil {
				for _, found := range list {
					if b, err := root.ReadFile(found, 1000); err == nil && strings.Contains(string(b), canary) {
						t.Errorf("the pattern %q found %q", name, found)
					}
				}
			}
		}))
	}
	if b, err := os.ReadFile(filepath.Join(outside, "canary.txt")); err != nil || string(b) != canary {
		t.Error("the canary changed")
	}
	t.Logf("at most %d KiB of memory", most>>10)
	count(t, "S1", "paths: of a folder that somebody else writes", len(names))
	if len(names) < 220 {
		t.Errorf("only %d paths", len(names))
	}
}

// documents are descriptors that parsers have choked on.
func documents() map[string]string {
	const head = "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
	const spec = "spec: {type: service, lifecycle: x, owner: x}\n"
	list := map[string]string{"nothing": "", "a NUL": "\x00", "a mark of order": "\xff\xfe", "no text": "\xff\xff\xff", "only dashes": strings.Repeat("---\n", 5000), "a tab": "\tkind: x", "an endless flow": "[" + strings.Repeat("[", 5000), "quotes": `"`, "an anchor of itself": "a: &a [*a]\n", "an alias of nobody": "a: *b\n", "a tag": "!!python/object/apply:os.system ['touch /tmp/wall']\n", "a tag of ours": "kind: !!js/function 'x'\n"}
	for _, n := range []int{65, 100, 1000, 10_000, 100_000} {
		list[fmt.Sprintf("%d lists deep", n)] = head + "metadata: {name: a}\nspec: {x: " + strings.Repeat("[", n) + strings.Repeat("]", n) + "}\n"
		list[fmt.Sprintf("%d objects deep", n)] = head + "metadata: {name: a}\nspec: {x: " + strings.Repeat("{a: ", n) + "1" + strings.Repeat("}", n) + "}\n"
		list[fmt.Sprintf("%d labels", n)] = head + "metadata: {name: a, labels: {" + strings.Repeat("a: b, ", n) + "}}\n" + spec
		list[fmt.Sprintf("%d tags", n)] = head + "metadata: {name: a, tags: [" + strings.Repeat("x, ", n) + "]}\n" + spec
		list[fmt.Sprintf("%d aliases", n)] = "a: &a [x, x, x, x]\nb: [" + strings.Repeat("*a, ", n) + "]\n"
		list[fmt.Sprintf("a text of %d", n)] = head + "metadata: {name: a, description: '" + strings.Repeat("x", n) + "'}\n" + spec
		list[fmt.Sprintf("a number of %d digits", n)] = head + "metadata: {name: a}\nspec: {x: " + strings.Repeat("9", n) + "}\n"
		list[fmt.Sprintf("%d documents", n/10+1)] = strings.Repeat(head+"metadata: {name: a}\n"+spec+"---\n", n/10+1)
	}
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	list["a billion laughs"] = bomb.String()
	for _, name := range []string{"..", ".", "../../x", "a/b", `a\b`, "a b", "", "A" + strings.Repeat("a", 63), "a\x00", "é", "-a", "a-", "__proto__", "constructor", "a:b", "%2e%2e", "null", "[a]", "{a: b}", "1e999", ".inf", "~", "a\u202eb", "\u200b", "CON"} {
		for _, field := range []string{"name", "namespace"} {
			list[fmt.Sprintf("the %s %q", field, name)] = head + fmt.Sprintf("metadata: {name: a, %s: %q}\n", field, name) + spec
		}
	}
	for _, kind := range []string{"../x", "__proto__", "a/b", "", "component", "Component\n", "[x]"} {
		list[fmt.Sprintf("the kind %q", kind)] = fmt.Sprintf("apiVersion: backstage.io/v1alpha1\nkind: %q\nmetadata: {name: a}\n", kind) + spec
	}
	return list
}

// S1: every document is read to a verdict, and none that may not have its name has it.
func TestS1Documents(t *testing.T) {
	list, most := documents(), uint64(0)
	for name, text := range list {
		most = max(most, within(t, name, func() {
			for _, d := range entity.Parse("f.yaml", []byte(text)) {
				d.Validate()
				if !d.Usable() {
					continue
				}
				e, err := d.Entity(nil)
				if err == nil && strings.ContainsAny(e.Ref.String(), "\\\x00\n %") || err == nil && strings.Contains(e.Ref.String(), "..") {
					t.Errorf("%s is the entity %q", name, e.Ref)
				}
			}
		}), within(t, name, func() { entity.ParseJSON("f.json", []byte(text)).Validate() }))
	}
	t.Logf("at most %d KiB of memory", most>>10)
	count(t, "S1", "documents: descriptors", len(list))
	if len(list) < 100 {
		t.Errorf("only %d documents", len(list))
	}
}

// S1: requests of odd shape leave the portal as it was.
func TestS1Requests(t *testing.T) {
	p := start(t, setup{})
	before := p.contents()
	n := 0
	for _, verb := range []string{"GET", "POST", "get", "G\x00T", "", strings.Repeat("A", 9000), "GET\t", "PRI", "CONNECT"} {
		for _, target := range []string{"/", "*", "", "/api/catalog/entities", "http://evil.example/", "//", "/%", "/%zz", "/\r\nX: y", "/" + strings.Repeat("a", 100_000), "?", "#", "/\xff"} {
			for _, proto := range []string{"HTTP/1.1", "HTTP/2.0", "HTTP/9.9", "", "HTTP/1.1 x"} {
				n++
				within(t, verb+target, func() {
					if got := p.send("GET", message{method: verb, target: target, proto: proto, host: p.addr}.String()); got.status >= 500 && got.status != 501 && got.status != 505 {
						t.Errorf("%q %.50q %q: %d", verb, target, proto, got.status)
					}
				})
			}
		}
	}
	for _, head := range []string{"Content-Length: -1", "Content-Length: 1, 2", "Content-Length: 0x10", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding:\tchunked", " Transfer-Encoding: chunked", "Transfer_Encoding: chunked", "X: a\r\n b", "X\x00: y", "X: \x00", ": y", "X", "X : y",
		"Host: a\r\nHost: b", "Range: bytes=" + strings.Repeat("0-1,", 2000), "Accept-Language: " + strings.Repeat("a-", 9000), "Accept: " + strings.Repeat("*/*;q=0.1,", 2000), "If-None-Match: " + strings.Repeat(`W/"x",`, 3000), "Expect: 100-continue", "Expect: x", "Upgrade: h2c", "TE: trailers", "Trailer: Authorization", "Cookie: " + strings.Repeat("portico-session=x; ", 1000), "Origin: \"><x", "Authorization: Bearer " + url.QueryEscape("\x00"), "Last-Event-ID: x", "Portico-Min-Revision: 99999999999999999999", "Portico-Min-Revision: -1"} {
		n++
		within(t, head, func() {
			m := message{method: "GET", target: "/api/catalog/entities?limit=1", host: p.addr, header: []string{head, "Authorization: Bearer " + narrowToken}}
			if got := p.send("GET", m.String()); got.status >= 500 && got.status != 501 {
				t.Errorf("%.60q: %d %.200s", head, got.status, got.body)
			}
		})
	}
	if now := p.contents(); !maps.Equal(before, now) {
		t.Errorf("the database changed: %v → %v", before, now)
	}
	count(t, "S1", "requests: of odd shape", n)
}
