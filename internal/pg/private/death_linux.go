package private

import (
	"os/exec"
	"syscall"
)

// dieWithUs has the kernel stop the child (a fast shutdown, for the server) when the thread that
// starts it ends: that thread must be locked to its goroutine and live as long as the child may.
func dieWithUs(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGINT }

// watch has nothing to do where the kernel watches.
func watch(int) (unwatch func(), err error) { return func() {}, nil }
