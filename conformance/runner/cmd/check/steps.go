// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/conformance/runner/internal/browser"
)

// The kinds of run.
const (
	everything = iota
	benchmarks
	soaking
	goldens
	slowCases
)

// steps returns what is to be run, in an order that fails early.
func (c *checker) steps(ctx context.Context, mode int) ([]step, error) {
	mods, err := findModules(ctx, c.root)
	if err != nil {
		return nil, err
	}
	platforms, err := c.platforms(ctx)
	if err != nil {
		return nil, err
	}
	switch mode {
	case benchmarks:
		return c.benchSteps(platforms), nil
	case soaking:
		return c.soakSteps(ctx, mods, platforms), nil
	case slowCases:
		return c.slowSteps(platforms), nil
	case goldens:
		return c.goldenSteps(platforms), nil
	}
	steps := []step{c.formatStep(), c.tidyStep(mods), c.dropinStep()}
	for _, goos := range allTargets {
		steps = append(steps, c.vetStep(mods, goos))
	}
	steps = append(steps, c.staticcheckStep(mods))
	steps = append(steps, c.nativeSteps(mods)...)
	for _, p := range platforms {
		steps = append(steps, c.guestStep(mods, p))
		if p.runner == "browserexec" && (c.ci || browser.CanTrust() == nil) {
			steps = append(steps, c.secureStep(p))
		}
	}
	steps = append(steps, c.suiteSteps(platforms)...)
	steps = append(steps, c.faultStep())
	steps = append(steps, c.servedSteps(ctx, mods, platforms)...)
	if c.ci {
		steps = append(steps, c.cleanStep(ctx))
	}
	return steps, nil
}

// target returns the variables that select a GOOS. The architecture is this machine's
// where the system is, too.
func target(goos string) []string {
	goarch := "amd64"
	switch goos {
	case "js", "wasip1":
		goarch = "wasm"
	case "darwin":
		goarch = "arm64"
	}
	if goos == runtime.GOOS {
		goarch = runtime.GOARCH
	}
	return []string{"GOOS=" + goos, "GOARCH=" + goarch}
}

func (c *checker) formatStep() step {
	return step{what: "gofmt", run: func(ctx context.Context) error {
		files, err := gitFiles(ctx, c.root, "*.go")
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, "gofmt", append([]string{"-l"}, files...)...)
		cmd.Dir = c.root
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		if len(out) > 0 {
			return fmt.Errorf("not formatted:\n%s", out)
		}
		return nil
	}}
}

func (c *checker) tidyStep(mods []module) step {
	var cmds []command
	for _, m := range mods {
		cmds = append(cmds, command{dir: m.dir, args: []string{"go", "mod", "tidy", "-diff"}})
	}
	return step{what: "go mod tidy", run: c.all(cmds...)}
}

func (c *checker) vetStep(mods []module, goos string) step {
	return step{what: "go vet", platform: goos, computes: true, run: c.each(mods, goos, "go", "vet", "./...")}
}

// each returns a step function that runs a program in every module that has the target.
func (c *checker) each(mods []module, goos string, args ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		var errs []error
		for _, m := range mods {
			if !slices.Contains(m.targets, goos) {
				continue
			}
			env, err := c.environ(ctx, m, goos)
			if err == nil {
				err = c.exec(ctx, command{dir: m.dir, env: env, args: args})
			}
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}
}

// environ returns the variables to build m for goos.
func (c *checker) environ(ctx context.Context, m module, goos string) ([]string, error) {
	env := target(goos)
	if m.modfile == "" || goos != "wasip1" {
		return env, nil
	}
	flag, err := c.output(ctx, m.dir, nil, "go", "run", m.modfile)
	if err != nil {
		return nil, fmt.Errorf("preparing %s for wasip1: %w", m.dir, err)
	}
	return append(env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" "+flag)), nil
}

// nativeSteps run every module's tests on this machine, with the race detector.
func (c *checker) nativeSteps(mods []module) []step {
	var steps []step
	for _, m := range mods {
		s := step{what: "go test -race", platform: "native", version: strings.TrimPrefix(runtime.Version(), "go"),
			run: func(ctx context.Context) error {
				packages, err := c.unserved(ctx, m)
				if err != nil {
					return err
				}
				return c.exec(ctx, command{dir: m.dir, args: append(append(nativeTest(), "-skip="+suiteTest+"|"+faultTests), packages...)})
			}}
		if m.dir == "." {
			s.ran = "native"
		} else {
			s.what += " " + m.dir
		}
		steps = append(steps, s)
	}
	return steps
}

// nativeTest is the command for tests on this machine, without the packages.
func nativeTest() []string {
	return []string{"go", "test", "-race", "-vet=off", "-count=1", "-timeout=20m"}
}

// dropinStep runs the suites of other people's libraries over our transport. They wait most of the
// time, for servers that are slow on purpose.
func (c *checker) dropinStep() step {
	text := new(bytes.Buffer)
	side := *c
	side.out = text
	return step{what: "drop-in", platform: "native", version: strings.TrimPrefix(runtime.Version(), "go"), beside: text,
		run: side.all(command{dir: "conformance/runner", args: []string{"go", "run", "./cmd/dropin"}})}
}

// cleanStep fails if the run has left something in the tree. It is for CI: on a
// developer's machine somebody edits meanwhile.
func (c *checker) cleanStep(ctx context.Context) step {
	status := func(ctx context.Context) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "git", "status", "--porcelain")
		cmd.Dir = c.root
		return cmd.Output()
	}
	before, err := status(ctx)
	return step{what: "tree unchanged", run: func(ctx context.Context) error {
		after, err2 := status(ctx)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if !bytes.Equal(before, after) {
			return fmt.Errorf("the run has changed files:\n%s", after)
		}
		return nil
	}}
}
