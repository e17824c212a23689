//go:build unix

package git

import (
	"os/exec"
	"syscall"
)

// inOwnGroup makes a cancelled git take its helpers (git-remote-https, index-pack) with it.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
