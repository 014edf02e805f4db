// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// step is one row of the table.
type step struct {
	what     string // "vet", "test"
	platform string // where: a GOOS or a platform; may be empty
	version  string // of the platform, or of the tool
	// ran names the platform whose tests of the library this step runs; empty for
	// others.
	ran string
	run func(ctx context.Context) error
	// beside is set for a step that waits most of its time: it goes on while others compute,
	// and what it prints is here until it is through.
	beside *bytes.Buffer
	// computes is set for a step that is not disturbed by another one beside it.
	computes bool
}

func (s step) name() string { return strings.TrimSpace(s.what + " " + s.platform) }

// result is what became of a step.
type result struct {
	step
	err     error
	seconds float64
}

// checker runs steps and collects what became of them.
type checker struct {
	root string // the repository
	temp string // for programs that are built on the way; removed at the end
	ci   bool
	out  io.Writer

	env []string // beside this process's own, for what is run

	results []result
	aside   []chan result // of the steps that go on beside others
	notRun  []string      // one sentence for each thing that was not there
	totals  []string      // a line for each profile of the conformance suite
}

// do runs s, after those that went on beside others if it could be disturbed by them.
func (c *checker) do(ctx context.Context, s step) {
	if s.beside != nil {
		fmt.Fprintf(c.out, "=== %s %s: begins, and goes on beside the next ones\n", s.name(), s.version)
		done := make(chan result, 1)
		go func() { done <- s.result(ctx) }()
		c.aside = append(c.aside, done)
		return
	}
	if !s.computes {
		c.await()
	}
	fmt.Fprintf(c.out, "=== %s %s\n", s.name(), s.version)
	c.note(s.result(ctx))
}

// result runs s.
func (s step) result(ctx context.Context) result {
	start := time.Now()
	err := s.run(ctx)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	return result{s, err, time.Since(start).Seconds()}
}

func (c *checker) note(r result) {
	c.results = append(c.results, r)
	if r.err != nil {
		fmt.Fprintf(c.out, "=== FAILED %s: %v\n", r.name(), r.err)
	}
}

// await waits for the steps that go on beside others.
func (c *checker) await() {
	for _, done := range c.aside {
		r := <-done
		fmt.Fprintf(c.out, "=== %s %s: went on beside others\n%s", r.name(), r.version, r.beside)
		c.note(r)
	}
	c.aside = nil
}

// command is a program to run in a folder of the repository.
type command struct {
	dir   string   // below the repository
	env   []string // beside this process's own
	args  []string
	stdin string
}

// exec runs cmd with its output going to c's.
func (c *checker) exec(ctx context.Context, cmd command) error {
	p := exec.CommandContext(ctx, cmd.args[0], cmd.args[1:]...)
	p.Dir = filepath.Join(c.root, cmd.dir)
	p.Env = append(append(os.Environ(), c.env...), cmd.env...)
	p.Stdin = strings.NewReader(cmd.stdin)
	p.Stdout, p.Stderr = c.out, c.out
	// The go command waits for the programs that it runs and passes no signal on, so the
	// whole group is asked to stop: a runner then ends its browser.
	launch.OwnGroup(p)
	p.Cancel = func() error { return launch.InterruptGroup(p.Process) }
	p.WaitDelay = 10 * time.Second
	fmt.Fprintf(c.out, "--- %s: %s\n", cmd.dir, strings.Join(append(cmd.env, cmd.args...), " "))
	err := p.Run()
	if ctx.Err() != nil && p.Process != nil {
		launch.KillGroup(p.Process) // whoever did not listen
	}
	if err != nil {
		return fmt.Errorf("in %s: %w", cmd.dir, err)
	}
	return nil
}

// all returns a step function that runs every command, also after a failure.
func (c *checker) all(cmds ...command) func(context.Context) error {
	return func(ctx context.Context) error {
		var errs []error
		for _, cmd := range cmds {
			if ctx.Err() != nil {
				break
			}
			errs = append(errs, c.exec(ctx, cmd))
		}
		return errors.Join(errs...)
	}
}

// finish prints the table, what was not run, and the count. It writes the report when
// its name is not empty. It fails if a step has.
func (c *checker) finish(ctx context.Context, report string) error {
	c.await()
	fmt.Fprintln(c.out)
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "step\tplatform\tversion\tresult\tseconds")
	passed, failed := 0, 0
	var platforms []string
	for _, r := range c.results {
		word := "ok"
		if r.err != nil {
			word = "FAILED"
			failed++
		} else {
			passed++
		}
		if r.ran != "" {
			platforms = append(platforms, r.ran)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f\n", r.what, dash(r.platform), dash(r.version), word, r.seconds)
	}
	w.Flush()
	fmt.Fprintln(c.out)
	for _, sentence := range c.notRun {
		fmt.Fprintln(c.out, "not run:", sentence)
	}
	for _, line := range c.totals {
		fmt.Fprintln(c.out, line)
	}
	fmt.Fprintf(c.out, "platforms: %s\n", strings.Join(platforms, " "))
	fmt.Fprintf(c.out, "%d passed, %d failed\n", passed, failed)
	if report != "" {
		text := fmt.Sprintf("platforms %s\npassed %d\nfailed %d\n", strings.Join(platforms, " "), passed, failed)
		if err := os.WriteFile(report, []byte(text), 0o666); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case failed > 0:
		return fmt.Errorf("%d of %d steps failed", failed, passed+failed)
	case passed == 0:
		return errors.New("no step was run")
	}
	return nil
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// output runs a program in a folder of the repository and returns what it prints. Its
// messages are part of the error.
func (c *checker) output(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	p := exec.CommandContext(ctx, args[0], args[1:]...)
	p.Dir = filepath.Join(c.root, dir)
	p.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	p.Stderr = &stderr
	out, err := p.Output()
	if err != nil {
		return "", fmt.Errorf("%s in %s: %w\n%s", strings.Join(args[:min(2, len(args))], " "), dir, err, stderr.String())
	}
	return string(out), nil
}

// quiet is output for a program that prints nothing of interest.
func (c *checker) quiet(ctx context.Context, dir string, env []string, args ...string) error {
	_, err := c.output(ctx, dir, env, args...)
	return err
}
