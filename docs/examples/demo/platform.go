// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
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
			return nil, &local.Missing{Err: err}
		}
		runner, err := d.buildRunner(ctx, p.runner)
		if err != nil {
			return nil, err
		}
		m.argv = append(m.argv, runner)
	}
	var err error
	if m.label, err = p.version(ctx, firstOf(m.argv)); err != nil {
		return nil, &local.Missing{Err: err}
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

func nativeVersion(ctx context.Context, _ string) (string, error) {
	version, err := local.GoEnv(ctx, "GOVERSION")
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

// browserVariable tells the runner which browser to use.
const browserVariable = "ISOHTTP_BROWSER_PATH"

func nodeVersion(ctx context.Context, _ string) (string, error) {
	_, version, err := local.FindNode(ctx)
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
		out, err := local.Output(local.Command(ctx, "", nil, path, "--version"))
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
