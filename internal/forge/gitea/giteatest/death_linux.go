package giteatest

import (
	"os/exec"
	"syscall"
)

// dieWithUs has the program end when the tests are killed before they can end it.
func dieWithUs(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL }
