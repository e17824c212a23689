package fault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portico/internal/app/apptest"
	"portico/internal/testenv"
)

// program is the binary: the one that PORTICO_BIN names, else a fresh build.
func program(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("PORTICO_BIN"); bin != "" {
		return bin
	}
	root := testenv.Repo(t)
	building.Do(func() {
		cmd := exec.Command("go", "build", "-o", filepath.Join(scratch, "portico"), "./cmd/portico")
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			buildErr = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if buildErr != nil {
		t.Fatal(buildErr)
	}
	return filepath.Join(scratch, "portico")
}

var (
	building sync.Once
	buildErr error
)

// process is a portal in a process of its own.
type process struct {
	client
	cmd  *exec.Cmd
	done chan struct{}
	out  *logs
}

// launch starts the binary on its own PostgreSQL and returns at once.
func launch(t *testing.T, bin, pgDir string, files []string) *process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	args := []string{"serve", "--listen", addr, "--private-postgres=" + pgDir, "--log", "text"}
	for _, f := range files {
		args = append(args, "--config", f)
	}
	p := &process{client: client{t: t, url: "http://" + addr}, cmd: exec.Command(bin, args...), done: make(chan struct{}), out: new(logs)}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.Env = append(os.Environ(), "DATABASE_URL=")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	return p
}

// end sends the signal and waits until the process is gone.
func (p *process) end(sig syscall.Signal) time.Duration {
	begun := time.Now()
	_ = p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		p.t.Errorf("the portal did not end within 20 s of %s:\n%s", sig, p.out)
	}
	return time.Since(begun)
}

// ready waits until the portal says that it is, and returns how long that took.
func (p *process) ready(limit time.Duration) time.Duration {
	p.t.Helper()
	begun := time.Now()
	for {
		status, _, _, err := p.ask("GET", "/.backstage/health/v1/readiness", "")
		if err == nil && status == 200 {
			return time.Since(begun)
		}
		select {
		case <-p.done:
			p.t.Fatalf("the portal ended by itself:\n%s", p.out)
		default:
		}
		if time.Since(begun) > limit {
			p.t.Fatalf("the portal is not ready after %s:\n%s", limit, p.out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// servers returns the PostgreSQL processes that work in a directory.
func servers(dir string) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range list {
		cwd, err := os.Readlink(filepath.Join(p, "cwd"))
		if err != nil || !strings.HasPrefix(cwd, dir) {
			continue
		}
		comm, _ := os.ReadFile(filepath.Join(p, "comm"))
		if pid, err := strconv.Atoi(filepath.Base(p)); err == nil && bytes.HasPrefix(comm, []byte("postgres")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// The portal is killed at five random moments while it writes what changed in thirty files. Whatever was
// half-way, the next start comes to exactly what the files say.
func TestKilledDuringApply(t *testing.T) {
	t.Parallel()
	const files, each, kills = 30, 100, 5
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("PORTICO_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("seed %d (PORTICO_SEED repeats it)", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	bin := program(t)
	dir, home := t.TempDir(), shortDir(t)
	pgDir := filepath.Join(home, "postgres")
	glob := filepath.Join(dir, "*.yaml")
	names := make([][]string, files)
	edit := func(round int) {
		for f := range files {
			names[f] = named(fmt.Sprintf("killed-%02d", f), each)
			if f == round {
				names[f] = names[f][:each-5] // some go, too
			}
			save(t, filepath.Join(dir, fmt.Sprintf("file-%02d.yaml", f)), declare(fmt.Sprintf("round %d", round), names[f]...))
		}
	}
	edit(-1)
	config := configFiles(t, dir, fileSource(glob)+"portico:\n  catalog: {refreshInterval: 10m}\n")
	// The configuration lies beside what is read; it is none of it.
	for i, f := range config {
		config[i] = f + ".config"
		if err := os.Rename(f, config[i]); err != nil {
			t.Fatal(err)
		}
	}

	var starts []time.Duration
	for round := range kills {
		p := launch(t, bin, pgDir, config)
		starts = append(starts, p.ready(30*time.Second))
		if round > 0 {
			edit(round) // all at once, so that the watcher and the start's reading have their hands full
		}
		time.Sleep(time.Duration(random.Int64N(int64(500 * time.Millisecond))))
		p.end(syscall.SIGKILL)
	}
	edit(kills)
	p := launch(t, bin, pgDir, config)
	starts = append(starts, p.ready(30*time.Second))
	t.Logf("ready after %v", starts)

	begun := time.Now()
	apptest.Until(t, 15*time.Second, "everything is as the files say", func() bool {
		all, want := p.components(), 0
		for f := range files {
			for _, n := range names[f] {
				want++
				if e := all[n]; e == nil || e.missing() || e.Metadata.Description != fmt.Sprintf("round %d", kills) {
					return false
				}
			}
		}
		active := 0
		for _, e := range all {
			if !e.missing() {
				active++
			}
		}
		return active == want
	})
	t.Logf("converged %s after it was ready", time.Since(begun).Round(time.Millisecond))
	apptest.Until(t, 5*time.Second, "no source is being read any more", func() bool { return p.source(glob).State == "current" })
	if s := p.source(glob); s.Units != files || s.Problems != 0 {
		t.Errorf("the source has %d units and %d problems, want %d and none", s.Units, s.Problems, files)
	}

	// The log says how it came about, without a gap in any entity's story.
	var last int64
	state := map[string]string{}
	next := map[string]string{"": "created", "created": "updated missing", "updated": "updated missing", "missing": "returned", "returned": "updated missing"}
	log := p.changes(0)
	for _, c := range log {
		if c.Revision <= last {
			t.Fatalf("revision %d follows %d", c.Revision, last)
		}
		last = c.Revision
		if !strings.Contains(next[state[c.Ref]], c.Op) {
			t.Fatalf("revision %d: %s is %s after %q", c.Revision, c.Ref, c.Op, state[c.Ref])
		}
		state[c.Ref] = c.Op
	}
	if len(log) < files*each {
		t.Errorf("the log has %d changes", len(log))
	}
	// A change is still seen after all this.
	save(t, filepath.Join(dir, "file-00.yaml"), declare("at last", names[0]...))
	t.Logf("a change seen after %s", apptest.Until(t, seen, "a change is seen", func() bool {
		return p.component("killed-00-0000").Metadata.Description == "at last"
	}))

	took := p.end(syscall.SIGTERM)
	t.Logf("stopped in %s", took.Round(time.Millisecond))
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the portal ended with %d after SIGTERM:\n%s", code, p.out)
	}
	if strings.Contains(p.out.String(), "panic") {
		t.Errorf("the portal speaks of a panic:\n%s", p.out)
	}
	apptest.Until(t, 5*time.Second, "no PostgreSQL is left over", func() bool { return len(servers(home)) == 0 })
}

// A signal that comes while the portal starts ends it, and its PostgreSQL.
func TestTerminatedWhileStarting(t *testing.T) {
	t.Parallel()
	bin := program(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "one.yaml"), declare("x", "one"))
	for _, after := range []time.Duration{30 * time.Millisecond, 300 * time.Millisecond, 900 * time.Millisecond} {
		home := shortDir(t)
		p := launch(t, bin, filepath.Join(home, "postgres"), configFiles(t, t.TempDir(), fileSource(filepath.Join(dir, "*.yaml"))))
		time.Sleep(after)
		took := p.end(syscall.SIGTERM)
		t.Logf("told to stop after %s, ended after %s with %d", after, took.Round(time.Millisecond), p.cmd.ProcessState.ExitCode())
		if took > 5*time.Second {
			t.Errorf("told to stop %s after its start, the portal took %s:\n%s", after, took, p.out)
		}
		apptest.Until(t, 5*time.Second, "no PostgreSQL is left over", func() bool { return len(servers(home)) == 0 })
	}
}

// shortDir is a folder whose path leaves room for a socket's name, and that the server's user may enter.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "pf-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
