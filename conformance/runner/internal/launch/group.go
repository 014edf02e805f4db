// SPDX-License-Identifier: MIT

package launch

import (
	"os"
	"os/exec"
)

// OwnGroup puts cmd, which is to be started next, and the processes that it starts into a
// process group of their own, where the system has such groups.
func OwnGroup(cmd *exec.Cmd) { ownGroup(cmd) }

// KillGroup ends the group that p leads. p's number is not given to another process while
// the group has a member, nor before p has been waited for.
func KillGroup(p *os.Process) { killGroup(p) }

// InterruptGroup asks the group that p leads to stop.
func InterruptGroup(p *os.Process) error { return interruptGroup(p) }
