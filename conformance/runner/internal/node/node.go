// SPDX-License-Identifier: MIT

// Package node runs Go programs built for GOOS=js in Node.
package node

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// MinMajor is the oldest Node that is supported: the first with a fetch whose streams
// hand out bytes into the reader's own buffer, and a global crypto.
const MinMajor = 20

// Variable names the Node to use, instead of the first in PATH.
const Variable = "ISOHTTP_NODE"

//go:embed host.cjs
var host string

// Find returns the path and the version ("20.20.2") of the Node to use. An error says
// how to get one.
func Find(ctx context.Context) (path, version string, err error) {
	name := os.Getenv(Variable)
	if name == "" {
		name = "node"
	}
	const hint = "install Node %d or newer (Debian: apt-get install nodejs), or set %s"
	path, err = exec.LookPath(name)
	if err != nil {
		return "", "", fmt.Errorf("no Node found: "+hint, MinMajor, Variable)
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", "", fmt.Errorf("asking Node for its version: %w", err)
	}
	version = strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	first, _, _ := strings.Cut(version, ".")
	if major, err := strconv.Atoi(first); err != nil || major < MinMajor {
		return "", "", fmt.Errorf("this Node is %q, too old: "+hint, version, MinMajor, Variable)
	}
	return path, version, nil
}

// Run runs guest and returns its exit status. The guest has this process's input,
// output and current folder, and Node's whole file system.
func Run(ctx context.Context, guest *launch.Guest) (int, error) {
	path, _, err := Find(ctx)
	if err != nil {
		return 0, err
	}
	wasmExec, err := launch.WasmExec(ctx)
	if err != nil {
		return 0, err
	}
	authorities, err := writeAuthorities(guest.Origin.Addresses().CA)
	if err != nil {
		return 0, err
	}
	defer os.Remove(authorities)
	guest.Offer("ca")
	env := launch.SetDefault(guest.Env, "TMPDIR", os.TempDir())
	if err := launch.CheckJSArea(guest.Args, env); err != nil {
		return 0, err
	}
	variables, err := json.Marshal(maps.Collect(pairs(env)))
	if err != nil {
		return 0, err
	}
	// The script goes in by -e, so that no file has to be written and removed. "--"
	// keeps Node from taking the guest's flags for its own.
	args := append([]string{"-e", host, "--", wasmExec, guest.Path, string(variables)}, guest.Args...)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), extraAuthorities+"="+authorities)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	status, err := launch.RunChild(cmd)
	if err != nil {
		return 0, fmt.Errorf("running Node: %w", err)
	}
	return status, nil
}

// extraAuthorities is Node's variable with the file of authorities that it trusts beside its
// own.
const extraAuthorities = "NODE_EXTRA_CA_CERTS"

// writeAuthorities returns a file with an authority, PEM, and with those that the user has
// added.
func writeAuthorities(authority string) (string, error) {
	f, err := os.CreateTemp("", "isohttp-*.pem")
	if err != nil {
		return "", err
	}
	own, _ := os.ReadFile(os.Getenv(extraAuthorities)) // Node warns of one that is not there
	_, err = f.WriteString(authority + string(own))
	return f.Name(), errors.Join(err, f.Close())
}

func pairs(env []string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for _, pair := range env {
			name, value, _ := strings.Cut(pair, "=")
			if !yield(name, value) {
				return
			}
		}
	}
}
