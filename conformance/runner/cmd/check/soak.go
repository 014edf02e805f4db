// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"runtime"
	"strings"
	"text/tabwriter"
)

// soakVariable makes the tests of the packages below as long as they get.
const soakVariable = "ISOHTTP_SOAK=1"

// The suite must give the same result every time.
const (
	suiteRunsNative = 20
	suiteRunsGuest  = 5
)

// soakSteps run what finds leaks and what fails once in a thousand times: many requests, many
// operations on a storage account that is killed meanwhile, and the suite again and again.
func (c *checker) soakSteps(ctx context.Context, mods []module, platforms []platform) []step {
	native := platform{name: "native", version: strings.TrimPrefix(runtime.Version(), "go")}
	var leaks, suite, long []step
	for _, p := range append([]platform{native}, platforms...) {
		leaks = append(leaks, c.soakStep("leak", p, "-v", "-count=1", "-timeout=30m", "./conformance/leak"))
		args := []string{fmt.Sprintf("-count=%d", suiteRunsGuest), "-run=^TestProfile$", "-timeout=90m", "./conformance"}
		if p.name == native.name {
			args[0] = fmt.Sprintf("-count=%d", suiteRunsNative)
			args = append([]string{"-race"}, args...)
		}
		suite = append(suite, c.soakStep("suite", p, args...))
	}
	err := servicesReady(ctx)
	for _, m := range mods {
		for _, s := range m.served {
			if s.tests != endurance {
				continue
			}
			if err != nil && !c.ci {
				c.notRun = append(c.notRun, path.Base(s.tests)+": "+err.Error())
				continue
			}
			args := []string{"-v", "-count=1", "-timeout=60m"}
			for _, st := range c.servedOn(m, s, platforms, err, append([]string{"go", "test", "-vet=off"}, args...), args...) {
				long = append(long, c.soaking(st))
			}
		}
	}
	return append(append(leaks, long...), suite...)
}

// soakStep runs go test in the root module on p.
func (c *checker) soakStep(what string, p platform, args ...string) step {
	return c.soaking(step{what: what, platform: p.name, version: p.version, run: func(ctx context.Context) error {
		if p.err != nil {
			return p.err
		}
		if p.goos != "" {
			return c.guestTests(ctx, module{dir: "."}, p, args...)
		}
		return c.exec(ctx, command{dir: ".", args: append([]string{"go", "test", "-vet=off"}, args...)})
	}})
}

// soaking runs a step with the variable set.
func (c *checker) soaking(s step) step {
	run := s.run
	s.run = func(ctx context.Context) error {
		c.env = []string{soakVariable}
		defer func() { c.env = nil }()
		return run(ctx)
	}
	return s
}

// soakLog picks out of the output what the tests say that they have measured: the rest of
// a line after "soak: ", in parts between bars.
type soakLog struct {
	platform string
	line     []byte
	rows     []string
}

func (l *soakLog) begin(platform string) { l.platform = platform }

// Write implements io.Writer.
func (l *soakLog) Write(p []byte) (int, error) {
	l.line = append(l.line, p...)
	for {
		line, rest, ok := bytes.Cut(l.line, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		if _, text, ok := bytes.Cut(line, []byte("soak: ")); ok {
			l.rows = append(l.rows, l.platform+" | "+string(text))
		}
		l.line = append([]byte(nil), rest...)
	}
}

// table has a row for each line that was picked out.
func (l *soakLog) table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range l.rows {
		fmt.Fprintln(w, strings.ReplaceAll(row, " | ", "\t"))
	}
	w.Flush()
	return b.String()
}
