// SPDX-License-Identifier: MIT

//go:build !unix

package launch

import "os"

func stopSignals() []os.Signal { return []os.Signal{os.Interrupt} }

func exitStatus(state *os.ProcessState) int { return state.ExitCode() }
