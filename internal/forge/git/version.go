package git

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"portico/internal/errs"
)

// Version is what the git command on PATH says of itself: "git version 2.39.5". Errors:
// errs.Unavailable when there is none.
func Version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "--version").Output()
	if err != nil {
		return "", errs.WithRemedy(errs.Public(errs.Unavailable, "the git command was not found", err), "install git 2.30 or later to read locations of type git")
	}
	return strings.TrimSpace(string(out)), nil
}
