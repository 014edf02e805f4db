// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// platform is one place where the portable program runs.
type platform struct {
	name         string
	goos, goarch string // empty for this machine
	runner       string // program of conformance/runner that runs it; empty for none

	// version asks the platform for its version. An error says how to get it.
	version func(ctx context.Context, runner string) (string, error)
}

// platforms are all of them, in the order of the table.
func platforms() []platform {
	return []platform{
		{name: "native", version: nativeVersion},
		{name: "chromium", goos: "js", goarch: "wasm", runner: "browserexec", version: chromiumVersion},
		{name: "node", goos: "js", goarch: "wasm", runner: "nodeexec", version: nodeVersion},
		{name: "wazero", goos: "wasip1", goarch: "wasm", runner: "wazeroexec", version: wazeroVersion},
	}
}

func platformNames() []string {
	var names []string
	for _, p := range platforms() {
		names = append(names, p.name)
	}
	return names
}

// machine is a platform that is here, with what runs on it.
type machine struct {
	platform
	label string   // its version
	argv  []string // program and first arguments
}

// prepare finds out whether a platform is here, and builds what runs on it.
func (d *demo) prepare(ctx context.Context, p platform) (*machine, error) {
	m := &machine{platform: p}
	if p.runner != "" {
		// Only a runner that is pure Go has its version in itself.
		if _, err := p.version(ctx, ""); err != nil {
			return nil, &missing{err}
		}
		runner, err := d.buildRunner(ctx, p.runner)
		if err != nil {
			return nil, err
		}
		m.argv = append(m.argv, runner)
	}
	var err error
	if m.label, err = p.version(ctx, firstOf(m.argv)); err != nil {
		return nil, &missing{err}
	}
	program, err := d.buildPortable(ctx, p.goos, p.goarch)
	if err != nil {
		return nil, err
	}
	m.argv = append(m.argv, program)
	return m, nil
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// missing is a platform that this machine lacks. Its text says how to get it.
type missing struct{ err error }

func (m *missing) Error() string { return m.err.Error() }

func nativeVersion(ctx context.Context, _ string) (string, error) {
	version, err := goEnv(ctx, "GOVERSION")
	return version + " " + runtime.GOOS + "/" + runtime.GOARCH, err
}

func wazeroVersion(_ context.Context, runner string) (string, error) {
	if runner == "" {
		return "", nil // nothing to look for
	}
	info, err := buildinfo.ReadFile(runner)
	if err != nil {
		return "", err
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/tetratelabs/wazero" {
			return dep.Version, nil
		}
	}
	return "", errors.New("the runner has no wazero in it")
}

// The variables by which the runners are told which program to use.
const (
	nodeVariable    = "ISOHTTP_NODE"
	browserVariable = "ISOHTTP_BROWSER_PATH"
	nodeMajor       = 20
)

// findNode returns the path of Node and its version.
func findNode(ctx context.Context) (path, version string, err error) {
	name := os.Getenv(nodeVariable)
	if name == "" {
		name = "node"
	}
	path, err = exec.LookPath(name)
	if err != nil {
		return "", "", fmt.Errorf("install Node %d or newer (Debian: apt-get install nodejs npm)", nodeMajor)
	}
	out, err := output(command(ctx, "", nil, path, "--version"))
	if err != nil {
		return "", "", err
	}
	version = strings.TrimPrefix(strings.TrimSpace(out), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < nodeMajor {
		return "", "", fmt.Errorf("Node %s is too old, install %d or newer", version, nodeMajor)
	}
	return path, version, nil
}

func nodeVersion(ctx context.Context, _ string) (string, error) {
	_, version, err := findNode(ctx)
	return version, err
}

func chromiumVersion(ctx context.Context, _ string) (string, error) {
	names := []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
	}
	if name := os.Getenv(browserVariable); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := output(command(ctx, "", nil, path, "--version"))
		if err != nil {
			return "", err
		}
		// "Chromium 156.0.7900.1 built on Debian": the number is what counts.
		for _, field := range strings.Fields(out) {
			if field[0] >= '0' && field[0] <= '9' {
				return field, nil
			}
		}
		return strings.TrimSpace(out), nil
	}
	return "", errors.New("install Chromium or Chrome (Debian: apt-get install chromium)")
}
