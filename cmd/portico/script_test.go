package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"portico/internal/pg/pgtest"
	"portico/internal/pg/private"
	"portico/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portico": main})
}

// TestScripts runs testdata/script: what people and programs meet on the command line. Beside the
// commands of testscript there are
//
//	exits CODE PROGRAM [ARG...]   run, and hold the exit code to be CODE
//	ready FILE                    wait for the ready file of a portal
//	get FILE PATH [REGEXP]        GET from the portal of a ready file, until the answer matches
//	send METHOD FILE PATH TOKEN STATUS [BODY]
//	                              send a request with a token to the portal of a ready file, and hold the status of the answer
//	sql URL STATEMENT             run a statement on a database
//	term                          send SIGTERM to the program started last
//	database VAR                  set VAR to the URL of an empty database of the script's own
//	taken VAR                     set VAR to an address that something else listens on
//	something-in DIR              wait until a folder is not empty
//	nothing-in DIR                hold that a folder is empty
func TestScripts(t *testing.T) {
	// Where root runs the tests, the private PostgreSQL runs as another user, who must get in.
	dir, err := os.MkdirTemp("", "portico-script-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	bins, err := private.Find(t.Context(), private.Search{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		WorkdirRoot:         dir,
		UpdateScripts:       testenv.Update(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// Found here, beside the repository, where a script's own folder is not.
			env.Setenv(private.EnvBinDir, bins.Dir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":        exits,
			"ready":        ready,
			"get":          get,
			"send":         send,
			"sql":          runSQL,
			"term":         term,
			"taken":        taken,
			"something-in": somethingIn,
			"nothing-in":   nothingIn,
			"database": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], pgtest.Empty(t))
			},
		},
	})
}

// patience is how long a script waits for what a busy machine may take long for.
const patience = 90 * time.Second

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

func ready(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no portal wrote %s within %s", args[0], patience)
		}
		for _, cmd := range ts.BackgroundCmds() {
			if cmd.ProcessState != nil {
				ts.Fatalf("%s ended: %v\n%v", strings.Join(cmd.Args, " "), cmd.ProcessState, cmd.Stderr)
			}
		}
	}
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("")
	if len(args) > 2 {
		want = regexp.MustCompile(args[2])
	}
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		base, err := os.ReadFile(ts.MkAbs(args[0])) // each time: a portal that just starts replaces it
		url, body := strings.TrimSpace(string(base))+args[1], ""
		if err == nil {
			body, err = fetch(url)
		}
		if err == nil && want.MatchString(body) {
			fmt.Fprint(ts.Stdout(), body)
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("GET %s: %v\n%s\nwant %s", url, err, body, want)
		}
	}
}

func fetch(url string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK && err == nil {
		err = errors.New(res.Status)
	}
	return string(body), err
}

func send(ts *testscript.TestScript, _ bool, args []string) {
	base, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, args[0], strings.TrimSpace(string(base))+args[2], strings.NewReader(strings.Join(args[5:], " ")))
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+args[3])
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	if strconv.Itoa(res.StatusCode) != args[4] {
		ts.Fatalf("%s %s: %s\n%s", args[0], args[2], res.Status, body)
	}
	fmt.Fprint(ts.Stdout(), string(body))
}

func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := pgx.Connect(context.Background(), args[0])
	ts.Check(err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), args[1])
	ts.Check(err)
}

func term(ts *testscript.TestScript, _ bool, _ []string) {
	cmds := ts.BackgroundCmds()
	ts.Check(cmds[len(cmds)-1].Process.Signal(syscall.SIGTERM))
}

func taken(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

func somethingIn(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		entries, err := os.ReadDir(ts.MkAbs(args[0]))
		ts.Check(err)
		if len(entries) > 0 {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s is empty after %s", args[0], patience)
		}
	}
}

func nothingIn(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s holds %v", args[0], entries)
	}
}
