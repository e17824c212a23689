//go:build !unix

package git

import (
	"io/fs"
	"os/exec"
)

// inOwnGroup does nothing where there are no process groups: helpers end when their pipe closes.
func inOwnGroup(*exec.Cmd) {}

// owned is true: the temporary folder is the user's own there.
func owned(fs.FileInfo) bool { return true }
