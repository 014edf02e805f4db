// SPDX-License-Identifier: MIT

package launch

import (
	"os/exec"
	"syscall"
)

// endWithParent asks the kernel to kill the child when the thread that starts it ends.
func endWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
