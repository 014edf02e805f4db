// SPDX-License-Identifier: MIT

//go:build unix

package browser

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts the browser and the processes that it starts into a group of their own.
func ownGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setpgid = true
}

// killGroup ends the group that p leads. p's number is not given to another process
// while the group has a member, nor before p has been waited for.
func killGroup(p *os.Process) { syscall.Kill(-p.Pid, syscall.SIGKILL) }
