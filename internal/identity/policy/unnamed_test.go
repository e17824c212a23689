package policy

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
)

// A role that no policy names gives nothing. Taking the last policy of a role away counts all the same.
func TestUnnamedRoles(t *testing.T) {
	path := written(t, `permit (principal, action == Action::"portico.audit.read", resource) when { principal in Role::"auditor" };`)
	var log bytes.Buffer
	e, err := New(Options{
		Paths: []string{path}, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Assignments: Assignments{Roles: map[string][]string{"auditor": {"user:default/ben"}, "admn": nil, Admin: nil}, SignedIn: []string{Owner, "nosuch"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(e.UnnamedRoles()); got != "[admn nosuch]" {
		t.Errorf("unnamed %s", got)
	}
	ben := Subject{Type: "user", Ref: "user:default/ben"}
	if !e.Allow(ben, perm(t, "portico.audit.read")).Allowed {
		t.Fatal("the role gives nothing")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Load(); err != nil {
		t.Fatal(err)
	}
	if e.Allow(ben, perm(t, "portico.audit.read")).Allowed || !strings.Contains(log.String(), "does not start again so") || !strings.Contains(log.String(), "auditor") {
		t.Errorf("what was taken away counts, or nothing is said:\n%s", log.String())
	}
}
