// SPDX-License-Identifier: MIT

package launch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// WasmExec returns the path of the wasm_exec.js that belongs to the go command in use.
// A js program only runs with the one of the toolchain that built it, so there is no
// copy in this repository.
func WasmExec(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("asking the go command for GOROOT: %w", err)
	}
	path := filepath.Join(strings.TrimSpace(string(out)), "lib", "wasm", "wasm_exec.js")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("this Go installation has no wasm_exec.js: %w", err)
	}
	return path, nil
}

// jsArea is the room that wasm_exec.js has for arguments and variables, from address
// 4096 up to where the linker puts the first data.
const jsArea = 8192

// CheckJSArea fails when args and env do not fit into the area that a js program has
// for them. wasm_exec.js would fail too, with a text that gives no sizes.
func CheckJSArea(args, env []string) error {
	size := 0
	for _, list := range [][]string{args, env} {
		for _, s := range list {
			size += (len(s)+1+7)/8*8 + 8
		}
		size += 8
	}
	if size < jsArea {
		return nil
	}
	return fmt.Errorf("arguments and environment need %d bytes and a js program has room for %d: pass fewer variables",
		size, jsArea)
}
