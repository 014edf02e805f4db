// SPDX-License-Identifier: MIT

//go:build !unix

package browser

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: without process groups, the browser's other processes notice
// the end of the first one.
func ownGroup(*exec.Cmd) {}

func killGroup(p *os.Process) { p.Kill() }
