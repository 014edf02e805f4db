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
	if m.served == "" {
		return []string{"./..."}, nil
	}
	all, err := c.packages(ctx, m, "./...")
	if err != nil {
		return nil, err
	}
	served, err := c.packages(ctx, m, m.served)
	if err != nil {
		return nil, err
	}
	return without(all, served), nil
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
	_, _, err := node.Find(ctx)
	if _, npm := exec.LookPath("npm"); err == nil && npm != nil {
		err = errors.New("there is no npm (Debian: apt-get install npm)")
	}
	var steps []step
	for _, m := range mods {
		if m.served == "" {
			continue
		}
		name := path.Base(m.served)
		if err != nil && !c.ci {
			c.notRun = append(c.notRun, name+": "+err.Error())
			continue
		}
		steps = append(steps, step{what: name, platform: "native", version: strings.TrimPrefix(runtime.Version(), "go"),
			run: func(ctx context.Context) error {
				if err != nil {
					return err
				}
				return c.withServices(ctx, m, command{dir: m.dir, args: append(nativeTest(), m.served)})
			}})
		for _, p := range platforms {
			steps = append(steps, step{what: name, platform: p.name, version: p.version, run: func(ctx context.Context) error {
				if err := errors.Join(err, p.err); err != nil {
					return err
				}
				cmd, err := c.guestCommand(ctx, m, p, "-count=1", "-timeout=10m", m.served)
				if err == nil && len(cmd.args) == 0 {
					err = fmt.Errorf("no test of %s can run on %s", m.served, p.name)
				}
				if err != nil {
					return err
				}
				return c.withServices(ctx, m, cmd)
			}})
		}
	}
	return steps
}

// withServices runs cmd with the services of m beside it.
func (c *checker) withServices(ctx context.Context, m module, cmd command) error {
	tool := filepath.Join(c.temp, path.Base(m.services))
	if runtime.GOOS == "windows" {
		tool += ".exe"
	}
	if err := c.quiet(ctx, m.dir, nil, "go", "build", "-o", tool, m.services); err != nil {
		return err
	}
	cmd.args = append([]string{tool, "--"}, cmd.args...)
	return c.exec(ctx, cmd)
}
