// SPDX-License-Identifier: MIT

//go:build !wasm

package azblobwasip1

import (
	"os"
	"os/exec"
	"testing"
)

// wasip1Command is the go command for wasip1, in the module that is to be built.
func wasip1Command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = examples
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
	return cmd
}
