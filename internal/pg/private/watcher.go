//go:build unix && !aix && !solaris

package private

import (
	"os/exec"
	"strconv"
	"syscall"
)

// watchByShell starts a shell that sends pid SIGINT once we are gone: its standard input is a pipe
// that only we hold, and reading from it ends when we do.
func watchByShell(pid int) (unwatch func(), err error) {
	cmd := exec.Command("/bin/sh", "-c", "read -r _; kill -INT "+strconv.Itoa(pid))
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		cmd.Process.Kill() // before the pipe closes: pid may be somebody else's by now
		cmd.Wait()
		pipe.Close()
	}, nil
}
