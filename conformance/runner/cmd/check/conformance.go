// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/runner/internal/matrix"
)

// suiteTest is the test that runs the whole conformance suite on its platform. It has a step of
// its own, so that its totals are seen.
const suiteTest = "^TestProfile$"

// faultTests run that suite once for each of the faulty transports that it has to find. They
// look for no races, and the detector makes them slow.
const faultTests = "^(TestFaultsAreCaught|TestNoFault)$"

// faultStep runs faultTests.
func (c *checker) faultStep() step {
	return step{what: "faulty transports", platform: "native", version: strings.TrimPrefix(runtime.Version(), "go"),
		run: c.all(command{dir: "conformance", args: []string{"go", "test", "-vet=off", "-count=1", "-timeout=15m", "-run=" + faultTests}})}
}

// profileOf returns the name of the profile that the suite has on a platform.
func profileOf(platform string) string {
	return map[string]string{"native": "nethttp", "chromium": "fetch/chromium", "node": "fetch/node",
		"wazero": "wasi/wazero", "wasmtime": "wasi/wasmtime"}[platform]
}

// suiteSteps run the conformance suite natively and on every platform.
func (c *checker) suiteSteps(platforms []platform) []step {
	native := platform{name: "native", version: strings.TrimPrefix(runtime.Version(), "go")}
	var steps []step
	for _, p := range append([]platform{native}, platforms...) {
		steps = append(steps, step{what: "conformance", platform: p.name, version: p.version, run: func(ctx context.Context) error {
			_, err := c.suite(ctx, p)
			return err
		}})
	}
	return steps
}

// suite runs the conformance suite on p, wants one line of totals, and returns the output.
func (c *checker) suite(ctx context.Context, p platform, env ...string) (string, error) {
	if p.err != nil {
		return "", p.err
	}
	// Without a package the go command passes on what the test prints, while it runs.
	cmd := command{dir: "conformance", args: append(nativeTest(), "-run="+suiteTest)}
	if p.runner != "" {
		var err error
		cmd, err = c.guestCommand(ctx, module{dir: "conformance"}, p, "-count=1", "-timeout=20m", "-run="+suiteTest, ".")
		if err != nil {
			return "", err
		}
		cmd.args = cmd.args[:len(cmd.args)-1]
	}
	cmd.env = append(cmd.env, append(env, "ISOHTTP_PROGRESS=1")...)
	out := &totalsWriter{out: c.out}
	inner := *c
	inner.out = out
	err := inner.exec(ctx, cmd)
	out.flush()
	c.totals = append(c.totals, out.totals...)
	if err == nil {
		err = checkTotals(profileOf(p.name), out.totals)
	}
	return out.all.String(), err
}

var (
	totalsLine = regexp.MustCompile(`^conformance (\S+)(?: \(.*\))?: (.*), of (\d+)$`)
	totalsPart = regexp.MustCompile(`^(\d+) ([a-z]+)$`)
)

// checkTotals wants one line, of the profile, whose parts are states and add up to the number of
// cases.
func checkTotals(profile string, lines []string) error {
	if len(lines) != 1 {
		return fmt.Errorf("want one line of totals of %s, got %q", profile, lines)
	}
	m := totalsLine.FindStringSubmatch(lines[0])
	if m == nil || m[1] != profile {
		return fmt.Errorf("the totals are not those of %s: %q", profile, lines[0])
	}
	sum := 0
	for part := range strings.SplitSeq(m[2], ", ") {
		p := totalsPart.FindStringSubmatch(part)
		if p == nil {
			return fmt.Errorf("the totals have a part %q: %q", part, lines[0])
		}
		n, _ := strconv.Atoi(p[1]) // digits
		sum += n
		if p[2] == string(conformance.StateFail) && n > 0 {
			return fmt.Errorf("cases have failed: %q", lines[0])
		}
	}
	if want := len(conformance.Cases()); strconv.Itoa(sum) != m[3] || sum != want {
		return fmt.Errorf("the totals add up to %d, not to the %d cases: %q", sum, want, lines[0])
	}
	return nil
}

// totalsWriter keeps lines of totals back, for the end, and passes everything else on.
type totalsWriter struct {
	out    io.Writer
	totals []string

	mu   sync.Mutex // the commands' output and their errors come at once
	line []byte
	all  bytes.Buffer
}

func (w *totalsWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(b)
	w.line = append(w.line, b...)
	for {
		i := bytes.IndexByte(w.line, '\n')
		if i < 0 {
			return len(b), nil
		}
		line := w.line[:i+1]
		if text := strings.TrimSpace(string(line)); totalsLine.MatchString(text) {
			w.totals = append(w.totals, text)
		} else if _, err := w.out.Write(line); err != nil {
			return 0, err
		}
		w.line = append(w.line[:0], w.line[i+1:]...)
	}
}

// flush passes on a last line without an end.
func (w *totalsWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.Write(w.line)
	w.line = nil
}

// goldenSteps write the matrices of all profiles anew, then the page that is made of them.
func (c *checker) goldenSteps(platforms []platform) []step {
	var steps []step
	for _, s := range c.suiteSteps(platforms) {
		for _, p := range append([]platform{{name: "native"}}, platforms...) {
			if p.name == s.platform {
				s.what = "golden matrix"
				s.run = func(ctx context.Context) error { return c.writeGolden(ctx, p) }
			}
		}
		steps = append(steps, s)
	}
	return append(steps, step{what: matrix.File, run: func(context.Context) error {
		goldens, err := matrix.Load(filepath.Join(c.root, filepath.FromSlash(matrix.Dir)))
		if err != nil {
			return err
		}
		page := matrix.Page(conformance.Cases(), goldens)
		return os.WriteFile(filepath.Join(c.root, filepath.FromSlash(matrix.File)), []byte(page), 0o644)
	}})
}

// writeGolden runs the suite on p and keeps its matrix.
func (c *checker) writeGolden(ctx context.Context, p platform) error {
	output, err := c.suite(ctx, p, "ISOHTTP_MATRIX=print")
	if err != nil {
		return err
	}
	text, err := matrix.Extract([]byte(output))
	if err != nil {
		return err
	}
	name := filepath.Join(c.root, filepath.FromSlash(matrix.Dir), matrix.FileName(profileOf(p.name)))
	if g, err := matrix.Parse(text); err != nil || g.Profile != profileOf(p.name) {
		return errors.Join(err, fmt.Errorf("the matrix is of the profile %q", g.Profile))
	}
	return os.WriteFile(name, text, 0o644)
}
