// SPDX-License-Identifier: MIT

//go:build !unix

package launch

import (
	"os"
	"os/exec"
)

// Without process groups there is only the first process. Those that a browser starts
// notice when it ends.

func ownGroup(*exec.Cmd) {}

func killGroup(p *os.Process) { p.Kill() }

func interruptGroup(p *os.Process) error { return p.Signal(os.Interrupt) }
