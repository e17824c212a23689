//go:build !unix

package git

import "os/exec"

// inOwnGroup does nothing where there are no process groups: helpers end when their pipe closes.
func inOwnGroup(*exec.Cmd) {}
