//go:build !unix || aix || solaris

package private

import (
	"context"
	"os/exec"
	"runtime"

	"portico/internal/errs"
)

// On systems without the means that this package needs (unix sockets with owners, flock, process
// groups) the portal wants a configured database. Everything here says so.

func unsupported() error {
	return errs.WithRemedy(errs.New(errs.NotImplemented, "the private PostgreSQL is not offered on %s", runtime.GOOS),
		"name a server of your own in backend.database or DATABASE_URL")
}

type account struct{}

func (account) String() string         { return "this user" }
func (account) prepare(*exec.Cmd)      {}
func (account) reaches(string) bool    { return true }
func defaultAccount() (account, error) { return account{}, unsupported() }

// Server is never made here.
type Server struct{ done chan struct{} }

// Start refuses.
func Start(context.Context, Options) (*Server, error) { return nil, unsupported() }

// State is never found.
type State struct {
	Major    int
	Binaries Binaries
}

// Check refuses.
func Check(context.Context, Options) (State, error) { return State{}, unsupported() }

// DSN is empty.
func (s *Server) DSN(string) string { return "" }

// Binaries are none.
func (s *Server) Binaries() Binaries { return Binaries{} }

// Dir is empty.
func (s *Server) Dir() string { return "" }

// PID is 0.
func (s *Server) PID() int { return 0 }

// Done is never closed.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop has nothing to stop.
func (s *Server) Stop(context.Context) error { return nil }

// Discard refuses.
func Discard(context.Context, string) error { return unsupported() }

// Sweep has nothing to sweep.
func Sweep(context.Context, string, string) []string { return nil }
