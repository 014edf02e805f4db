// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/isohttp/isohttp/conformance/runner/internal/browser"
	"github.com/isohttp/isohttp/conformance/runner/internal/node"
	"github.com/isohttp/isohttp/conformance/runner/internal/wasmtime"
)

// nodeVersion is the Node that npm brings where Debian's own is too old.
const nodeVersion = "20.20.2"

// install gets what this machine lacks for a complete run: packages of Debian as they
// are current, and from npm and PyPI the pinned ones. Elsewhere than as root on Debian
// it only gets the latter, which need no rights.
func install(ctx context.Context, out io.Writer) error {
	var errs []error
	if os.Geteuid() == 0 && isDebian() {
		if packages := missingPackages(ctx); len(packages) > 0 {
			errs = append(errs, apt(ctx, out, packages))
		}
		errs = append(errs, installNode(ctx, out))
	}
	return errors.Join(append(errs, wasmtime.Install(ctx))...)
}

func isDebian() bool {
	_, err := os.Stat("/etc/debian_version")
	return err == nil
}

// missingPackages returns the packages of Debian that would bring what is missing.
func missingPackages(ctx context.Context) []string {
	var packages []string
	need := func(present bool, names ...string) {
		if !present {
			packages = append(packages, names...)
		}
	}
	has := func(command string) bool {
		_, err := exec.LookPath(command)
		return err == nil
	}
	chromium, err := browser.ByName("chromium")
	if err == nil {
		_, err = chromium.Find()
	}
	need(err == nil, "chromium")
	need(browser.CanTrust() == nil, "libnss3-tools")
	need(has("gcc"), "gcc", "libc6-dev") // the race detector needs cgo
	need(has("node"), "nodejs")
	need(has("npm"), "npm")
	need(has("python3"), "python3")
	need(has("python3") && exec.CommandContext(ctx, "python3", "-m", "pip", "--version").Run() == nil, "python3-pip")
	return packages
}

func apt(ctx context.Context, out io.Writer, packages []string) error {
	for _, args := range [][]string{
		{"update"},
		append([]string{"install", "-y", "--no-install-recommends"}, packages...),
	} {
		fmt.Fprintf(out, "--- apt-get %s %v\n", args[0], args[1:])
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, output)
		}
	}
	return nil
}

// installNode puts the pinned Node in front of the PATH of this process where the
// machine's own is too old, as that of Debian 12 is.
func installNode(ctx context.Context, out io.Writer) error {
	if _, _, err := node.Find(ctx); err == nil {
		return nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	dir := filepath.Join(base, "isohttp", "tools", "node-"+nodeVersion)
	// The package has nothing but the program for one system.
	name := "node-linux-" + map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	bin := filepath.Join(dir, "node_modules", name, "bin")
	if _, err := os.Stat(filepath.Join(bin, "node")); err != nil {
		fmt.Fprintf(out, "--- npm install %s@%s\n", name, nodeVersion)
		cmd := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund",
			"--loglevel=error", name+"@"+nodeVersion)
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("npm install %s: %w\n%s", name, err, output)
		}
	}
	return os.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
}
