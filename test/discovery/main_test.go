package discovery

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"portico/internal/forge/gitea/giteatest"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "portico-discovery-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := trust(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return giteatest.Main(m)
}

// trust makes this a machine that knows the authority of the hosts that these tests play: the portal and git trust the
// system's, and git does not look for it where Go does.
func trust(dir string) error {
	srv := httptest.NewTLSServer(nil)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	srv.Close()
	authority := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(authority, cert, 0o600); err != nil {
		return err
	}
	git, err := exec.LookPath("git")
	if err != nil {
		return err
	}
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\nGIT_SSL_CAINFO='%s' exec '%s' \"$@\"\n", authority, git)
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o700); err != nil {
		return err
	}
	if err := os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
		return err
	}
	return os.Setenv("SSL_CERT_FILE", authority) // read once, when it is first needed
}

// secure serves a host over TLS until the test ends, and returns where without the scheme.
func secure(t *testing.T, h http.Handler) (host string) {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.Listener.Addr().String()
}
