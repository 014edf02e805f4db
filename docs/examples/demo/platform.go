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
	"strings"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

// platform is one place where the portable program runs.
type platform struct {
	name   string
	target target
	runner []string // program of conformance/runner that runs it, and its flags; empty for none

	// version asks the platform for its version, given the path of the runner. An
	// error says how to get the platform. It is asked without a runner first, to
	// spare building one for nothing.
	version func(ctx context.Context, d *demo, runner string) (string, error)
}

// platforms are all of them, in the order of the table.
func platforms() []platform {
	return []platform{
		{"native", forMachine, nil, nativeVersion},
		{"chromium", forJS, []string{"browserexec"}, chromiumVersion},
		{"node", forJS, []string{"nodeexec"}, nodeVersion},
		{"wazero", forWASIP1, []string{"wazeroexec"}, wazeroVersion},
		// A component that sent its requests by other ways than the host's
		// wasi:http would prove nothing.
		{"wasmtime", forComponent, []string{"wasmtimeexec", "-require", "wasi:http/outgoing-handler"}, wasmtimeVersion},
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
	runner := ""
	if len(p.runner) > 0 {
		if _, err := p.version(ctx, d, ""); err != nil {
			return nil, &local.Missing{Err: err}
		}
		var err error
		if runner, err = d.buildRunner(ctx, p.runner[0]); err != nil {
			return nil, err
		}
		m.argv = append([]string{runner}, p.runner[1:]...)
	}
	var err error
	if m.label, err = p.version(ctx, d, runner); err != nil {
		return nil, &local.Missing{Err: err}
	}
	program, err := d.buildPortable(ctx, p.target)
	if err != nil {
		return nil, err
	}
	m.argv = append(m.argv, program)
	return m, nil
}

func nativeVersion(ctx context.Context, _ *demo, _ string) (string, error) {
	version, err := local.GoEnv(ctx, "GOVERSION")
	return version + " " + runtime.GOOS + "/" + runtime.GOARCH, err
}

func wazeroVersion(_ context.Context, _ *demo, runner string) (string, error) {
	if runner == "" {
		return "", nil // it is in the runner
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

func nodeVersion(ctx context.Context, _ *demo, _ string) (string, error) {
	_, version, err := local.FindNode(ctx)
	return version, err
}

func chromiumVersion(ctx context.Context, _ *demo, _ string) (string, error) {
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

// wasmtimeVersion has the runner install the wasmtime and the component tools that it
// needs, once, where the demo may: they come from pip and npm.
func wasmtimeVersion(ctx context.Context, d *demo, runner string) (string, error) {
	if runner == "" {
		if _, _, err := local.FindNode(ctx); err != nil {
			return "", fmt.Errorf("for its components, %w", err)
		}
		return "", nil
	}
	if d.install {
		err := d.log.Step("looking for wasmtime, and installing it where it is not (once, 40 MB)", nil, func() error {
			_, err := local.Output(local.Command(ctx, "", nil, runner, "-install"))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	version, err := local.Output(local.Command(ctx, "", nil, runner, "-version"))
	return strings.TrimSpace(version), err
}
