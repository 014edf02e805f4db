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
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// runLimit bounds one run of a few cases. The suite has a limit for every case, so that this
// one is only met by a guest that stands still as a whole.
const runLimit = 10 * time.Minute

// laboratory has a copy of the library to break, and builds and runs its tests.
type laboratory struct {
	root string // the repository
	temp string
	tree string // the copy
	log  io.Writer

	runners []string // those that are built
}

// control demands that the cases pass as long as nothing is broken.
func (l *laboratory) control(ctx context.Context, mutants []mutant) error {
	var errs []error
	for _, p := range places() {
		var ids []string
		for _, m := range mutants {
			if m.profile == p.profile {
				ids = append(ids, m.id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		fmt.Fprintf(l.log, "unbroken, on %s: %s\n", p.profile, strings.Join(ids, " "))
		binary, err := l.build(ctx, p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		said, err := l.run(ctx, p, binary, ids)
		if err != nil {
			errs = append(errs, fmt.Errorf("unbroken, on %s: %w\n%s", p.profile, err, tail(said)))
			continue
		}
		for _, id := range ids {
			if !strings.Contains(said, "--- PASS: "+testName(id)) {
				errs = append(errs, fmt.Errorf("unbroken, on %s: %s has not passed\n%s", p.profile, id, tail(said)))
			}
		}
	}
	return errors.Join(errs...)
}

// mutate breaks the copy, runs the case, and repairs the copy. It returns what the suite
// said against the mutant, and an error if it had nothing to say.
func (l *laboratory) mutate(ctx context.Context, m mutant) (evidence string, err error) {
	p, _ := placeOf(m.profile)
	defer func() {
		for _, name := range m.files {
			err = errors.Join(err, copyFile(l.root, l.tree, name))
		}
	}()
	if err := applyPatch(ctx, l.tree, m.path); err != nil {
		return "", err
	}
	binary, err := l.build(ctx, p)
	if err != nil {
		return "", fmt.Errorf("the mutant does not compile: %w", err)
	}
	said, err := l.run(ctx, p, binary, []string{m.id})
	return judge(m, said, err)
}

// judge decides whether what a run has printed speaks against the mutant.
func judge(m mutant, said string, failed error) (string, error) {
	name := testName(m.id)
	switch {
	case failed == nil:
		return "", fmt.Errorf("%s passes on %s", m.id, m.profile)
	case !strings.Contains(said, "--- FAIL: "+name):
		return "", fmt.Errorf("%s has not failed, but the run has: %w\n%s", m.id, failed, tail(said))
	case strings.Contains(said, m.id+" was not run"):
		return "", fmt.Errorf("%s was not run, because others have failed before\n%s", m.id, tail(said))
	}
	if match := problem.FindStringSubmatch(said); match != nil {
		return match[1], nil
	}
	return "", fmt.Errorf("%s fails without a reason\n%s", m.id, tail(said))
}

// problem is how the suite prints what was wrong.
var problem = regexp.MustCompile(`(?m)^ +  - (.*)$`)

// testName is how the name of a case's test begins.
func testName(id string) string {
	group, _, _ := strings.Cut(id, "-")
	return "TestProfile/" + group + "/" + id + "-"
}

// pattern is the argument of -test.run for some cases.
func pattern(ids []string) string {
	var groups []string
	for _, id := range ids {
		group, _, _ := strings.Cut(id, "-")
		groups = append(groups, group)
	}
	return "^TestProfile$/^(" + strings.Join(groups, "|") + ")$/^(" + strings.Join(ids, "|") + ")-"
}

// build compiles the suite with the copy's library, and the runner with the repository's.
func (l *laboratory) build(ctx context.Context, p place) (string, error) {
	if p.runner != "" && !slices.Contains(l.runners, p.runner) {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", l.program(p.runner), "./cmd/"+p.runner)
		cmd.Dir = filepath.Join(l.root, "conformance", "runner")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("building %s: %w\n%s", p.runner, err, out)
		}
		l.runners = append(l.runners, p.runner)
	}
	binary := l.program("suite" + p.goos)
	// Without symbols the linker, which is most of the time, has half of its work.
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-trimpath", "-vet=off", "-ldflags=-s -w", "-o", binary, "./conformance")
	cmd.Dir = l.tree
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if p.goos != "" {
		cmd.Env = append(cmd.Env, "GOOS="+p.goos, "GOARCH=wasm")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
}

func (l *laboratory) program(name string) string {
	path := filepath.Join(l.temp, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	return path
}

// run runs cases and returns what was printed.
func (l *laboratory) run(ctx context.Context, p place, binary string, ids []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	args := []string{binary, "-test.v", "-test.timeout=9m", "-test.run=" + pattern(ids)}
	if p.runner != "" {
		args = append([]string{l.program(p.runner)}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = filepath.Join(l.tree, "conformance")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// A runner is asked to stop, so that it ends its browser.
	launch.OwnGroup(cmd)
	cmd.Cancel = func() error { return launch.InterruptGroup(cmd.Process) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil && cmd.Process != nil {
		launch.KillGroup(cmd.Process) // whoever did not listen
	}
	return out.String(), err
}

// tail returns the end of a long text.
func tail(s string) string {
	const most = 3000
	if len(s) > most {
		s = "... " + strings.ToValidUTF8(s[len(s)-most:], "")
	}
	return s
}
