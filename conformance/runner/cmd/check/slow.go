// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"runtime"
	"strings"
)

// slowVariable has the suite run the cases that take long, too, and at the catalogue's pace. Natively
// it always runs them, and with CI=true in Chromium and wasmtime.
const slowVariable = "ISOHTTP_SLOW=1"

// slowSteps run the whole suite, with the cases that take long, natively and on every platform.
func (c *checker) slowSteps(platforms []platform) []step {
	args := []string{"-count=1", "-timeout=20m", "-v", "-run=^TestProfile$", "./conformance"}
	steps := []step{{what: "slow cases", platform: "native", version: strings.TrimPrefix(runtime.Version(), "go"),
		run: c.all(command{dir: ".", args: append([]string{"go", "test", "-race", "-vet=off"}, args...)})}}
	for _, p := range platforms {
		steps = append(steps, step{what: "slow cases", platform: p.name, version: p.version, run: func(ctx context.Context) error {
			if p.err != nil {
				return p.err
			}
			cmd, err := c.guestCommand(ctx, module{dir: "."}, p, args...)
			if err != nil {
				return err
			}
			cmd.env = append(cmd.env, slowVariable)
			return c.exec(ctx, cmd)
		}})
	}
	return steps
}

// secureStep runs the cases that need a page of https. Everything else runs in one of http, which
// can ask for both.
func (c *checker) secureStep(p platform) step {
	return step{what: "https page", platform: p.name, version: p.version, run: func(ctx context.Context) error {
		if p.err != nil {
			return p.err
		}
		runner, err := c.runner(ctx, p.runner)
		if err != nil {
			return err
		}
		return c.exec(ctx, command{dir: ".", env: target(p.goos), args: []string{"go", "test", "-exec", quote(runner) + " -secure", "-vet=off",
			"-count=1", "-timeout=4m", "-run=^TestProfile$/^ER$/^ER-12", "./conformance"}})
	}}
}
