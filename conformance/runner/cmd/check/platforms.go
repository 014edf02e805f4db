// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
	"github.com/isohttp/isohttp/conformance/runner/internal/browser"
	"github.com/isohttp/isohttp/conformance/runner/internal/node"
	"github.com/isohttp/isohttp/conformance/runner/internal/wasihost"
	"github.com/isohttp/isohttp/conformance/runner/internal/wasmtime"
)

// platform is a place where guests run.
type platform struct {
	name    string // in the table and in .ci/platforms
	goos    string
	runner  string // the command of this module for -exec
	version string
	// needs is the package that a guest has to link to run there at all. Packages
	// whose test binaries do not are left out; empty means there is no such need.
	needs string
	// err says that it is not there and how to get it.
	err error
}

// platforms returns all guest platforms and whether they are there.
func (c *checker) platforms(ctx context.Context) ([]platform, error) {
	all := []platform{
		{name: "node", goos: "js", runner: "nodeexec"},
		{name: "chromium", goos: "js", runner: "browserexec"},
		{name: "wazero", goos: "wasip1", runner: "wazeroexec", version: wasihost.Version()},
		{name: "wasmtime", goos: "wasip1", runner: "wasmtimeexec", version: wasmtime.Version,
			needs: "github.com/isohttp/isohttp/backends/wasi"},
	}
	_, all[0].version, all[0].err = node.Find(ctx)
	chromium, err := browser.ByName("chromium")
	if err != nil {
		return nil, err
	}
	all[1].version, all[1].err = chromium.Version(ctx)
	if err := browser.CanTrust(); all[1].err == nil && err != nil {
		c.notRun = append(c.notRun, "chromium, the cases over TLS: "+err.Error())
	}
	if _, all[3].err = wasmtime.Find(); all[3].err == nil {
		_, all[3].err = component.FindTools(ctx, "").Check()
	}

	var there []platform
	for _, p := range all {
		if p.err != nil && !c.ci {
			c.notRun = append(c.notRun, p.name+": "+p.err.Error())
			continue
		}
		there = append(there, p)
	}
	return there, nil
}

// guestStep runs the tests of the library, and of what else is portable, on p.
func (c *checker) guestStep(mods []module, p platform) step {
	s := step{what: "go test", platform: p.name, version: p.version}
	s.run = func(ctx context.Context) error {
		var errs []error
		for _, m := range mods {
			if m.guests != "" {
				errs = append(errs, c.guestTests(ctx, m, p, "-count=1", "-timeout=4m", "-skip="+suiteTest, m.guests))
			}
		}
		return errors.Join(errs...)
	}
	if p.err != nil {
		s.run = func(context.Context) error { return p.err }
	} else {
		s.ran = p.name
	}
	return s
}

// guestTests runs go test in m for p.
func (c *checker) guestTests(ctx context.Context, m module, p platform, args ...string) error {
	cmd, err := c.guestCommand(ctx, m, p, args...)
	if err != nil || len(cmd.args) == 0 {
		return err
	}
	return c.exec(ctx, cmd)
}

// guestCommand returns the command that runs go test in m for p, which has no arguments when
// no package is to be tested there. Packages are tested one after the other: some tests
// measure, and this machine may have no more than two cores.
func (c *checker) guestCommand(ctx context.Context, m module, p platform, args ...string) (command, error) {
	env, err := c.environ(ctx, m, p.goos)
	if err != nil {
		return command{}, err
	}
	runner, err := c.runner(ctx, p.runner)
	if err != nil {
		return command{}, err
	}
	if p.needs != "" {
		pattern := args[len(args)-1]
		packages, err := c.packagesWith(ctx, m, env, pattern, p.needs)
		if err != nil || len(packages) == 0 {
			return command{}, err
		}
		args = append(args[:len(args)-1:len(args)-1], packages...)
	}
	return command{dir: m.dir, env: env,
		args: append([]string{"go", "test", "-exec", quote(runner), "-vet=off", "-p=1"}, args...)}, nil
}

// runner builds a command of this module, once.
func (c *checker) runner(ctx context.Context, name string) (string, error) {
	path := filepath.Join(c.temp, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	return path, c.quiet(ctx, "conformance/runner", nil, "go", "build", "-o", path, "./cmd/"+name)
}

// packagesWith returns the packages of a pattern whose test binaries link the package
// needed.
func (c *checker) packagesWith(ctx context.Context, m module, env []string, pattern, needed string) ([]string, error) {
	out, err := c.output(ctx, m.dir, env, "go", "list", "-test", "-f", "{{.ImportPath}} {{join .Deps \" \"}}", pattern)
	if err != nil {
		return nil, err
	}
	return selectTests(out, needed), nil
}

// selectTests returns the tested packages out of lines "pkg.test dep dep ..." that have
// needed among their dependencies. Lines of packages that are no test binary say
// nothing.
func selectTests(lines, needed string) []string {
	var packages []string
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		name, ok := strings.CutSuffix(words[0], ".test")
		if !ok {
			continue
		}
		for i := 1; i < len(words); i++ {
			// A package that is compiled anew for a test is followed by "[pkg.test]".
			if words[i] == needed {
				packages = append(packages, name)
				break
			}
		}
	}
	return packages
}

// quote makes path one word for the go command's -exec flag.
func quote(path string) string {
	if strings.ContainsAny(path, " \t") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// benchSteps run the benchmarks of the library natively and on every platform.
func (c *checker) benchSteps(platforms []platform) []step {
	args := []string{"-run=^$", "-bench=.", "-timeout=20m", "./..."}
	steps := []step{{what: "benchmarks", platform: "native", version: strings.TrimPrefix(runtime.Version(), "go"),
		run: c.all(command{dir: ".", args: append([]string{"go", "test", "-p=1"}, args...)})}}
	for _, p := range platforms {
		steps = append(steps, step{what: "benchmarks", platform: p.name, version: p.version, run: func(ctx context.Context) error {
			if p.err != nil {
				return p.err
			}
			return c.guestTests(ctx, module{dir: "."}, p, args...)
		}})
	}
	return steps
}
