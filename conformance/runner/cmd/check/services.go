// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/conformance/runner/internal/node"
)

// unserved returns the packages of m to test without services.
func (c *checker) unserved(ctx context.Context, m module) ([]string, error) {
	if len(m.served) == 0 {
		return []string{"./..."}, nil
	}
	all, err := c.packages(ctx, m, "./...")
	if err != nil {
		return nil, err
	}
	for _, s := range m.served {
		names, err := c.packages(ctx, m, s.tests)
		if err != nil {
			return nil, err
		}
		all = without(all, names)
	}
	return all, nil
}

// packages returns the import paths of a pattern.
func (c *checker) packages(ctx context.Context, m module, pattern string) ([]string, error) {
	out, err := c.output(ctx, m.dir, nil, "go", "list", pattern)
	return strings.Fields(out), err
}

// without returns what list has and drop does not.
func without(list, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

// servedSteps run the tests that need services beside them, natively and on every platform.
// The services need Node, and npm the first time.
func (c *checker) servedSteps(ctx context.Context, mods []module, platforms []platform) []step {
	err := servicesReady(ctx)
	var steps []step
	for _, m := range mods {
		for _, s := range m.served {
			if name := path.Base(s.tests); err != nil && !c.ci {
				c.notRun = append(c.notRun, name+": "+err.Error())
				continue
			}
			on := platforms
			if s.tests == endurance {
				on = nil // elsewhere it is part of the long run
			}
			steps = append(steps, c.servedOn(m, s, on, err, nativeTest(), "-count=1", "-timeout=20m")...)
		}
	}
	return steps
}

// servicesReady returns what this machine lacks for services.
func servicesReady(ctx context.Context) error {
	_, _, err := node.Find(ctx)
	if _, npm := exec.LookPath("npm"); err == nil && npm != nil {
		err = errors.New("there is no npm (Debian: apt-get install npm)")
	}
	return err
}

// servedOn returns the steps of one package: native is the command without it, args are the
// arguments for guests. The steps fail with err if there is one.
func (c *checker) servedOn(m module, s served, platforms []platform, err error, native []string, args ...string) []step {
	name := path.Base(s.tests)
	steps := []step{{what: name, platform: "native", version: strings.TrimPrefix(runtime.Version(), "go"),
		run: func(ctx context.Context) error {
			if err != nil {
				return err
			}
			return c.withServices(ctx, m, s, command{dir: m.dir, args: append(slices.Clone(native), s.tests)})
		}}}
	for _, p := range platforms {
		steps = append(steps, step{what: name, platform: p.name, version: p.version, run: func(ctx context.Context) error {
			if err := errors.Join(err, p.err); err != nil {
				return err
			}
			cmd, err := c.guestCommand(ctx, m, p, append(slices.Clone(args), s.tests)...)
			if err == nil && len(cmd.args) == 0 {
				err = fmt.Errorf("no test of %s can run on %s", s.tests, p.name)
			}
			if err != nil {
				return err
			}
			return c.withServices(ctx, m, s, cmd)
		}})
	}
	return steps
}

// withServices runs cmd with the services of s, which is in m, beside it.
func (c *checker) withServices(ctx context.Context, m module, s served, cmd command) error {
	tool := filepath.Join(c.temp, path.Base(s.services))
	if runtime.GOOS == "windows" {
		tool += ".exe"
	}
	if err := c.quiet(ctx, m.dir, nil, "go", "build", "-o", tool, s.services); err != nil {
		return err
	}
	cmd.args = append([]string{tool, "--"}, cmd.args...)
	return c.exec(ctx, cmd)
}
