//go:build unix

package git

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// inOwnGroup makes a cancelled git take its helpers (git-remote-https, index-pack) with it.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// owned reports whether a file is our own.
func owned(fi fs.FileInfo) bool { return int(fi.Sys().(*syscall.Stat_t).Uid) == os.Geteuid() }
