// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFinish(t *testing.T) {
	good := func(context.Context) error { return nil }
	bad := func(context.Context) error { return errors.New("as asked") }
	for _, c := range []struct {
		what  string
		steps []step
		err   string
		lines []string
		file  string
	}{
		{"all well", []step{{what: "vet", platform: "js", run: good}, {what: "test", platform: "node", version: "20", ran: "node", run: good}}, "",
			[]string{"2 passed, 0 failed", "platforms: node"}, "platforms node\npassed 2\nfailed 0\n"},
		{"a failure", []step{{what: "vet", run: bad}, {what: "test", platform: "node", ran: "node", run: bad}, {what: "last", run: good}}, "2 of 3 steps failed",
			[]string{"1 passed, 2 failed", "=== FAILED vet: as asked", "platforms: node"}, "platforms node\npassed 1\nfailed 2\n"},
		{"nothing", nil, "no step", []string{"0 passed, 0 failed", "platforms: "}, "platforms \npassed 0\nfailed 0\n"},
	} {
		var out bytes.Buffer
		ch := &checker{out: &out, notRun: []string{"wasmtime: get it"}}
		for _, s := range c.steps {
			ch.do(t.Context(), s)
		}
		report := filepath.Join(t.TempDir(), "report")
		err := ch.finish(t.Context(), report)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error is %v, want %q", c.what, err, c.err)
		}
		lines := strings.Split(out.String(), "\n")
		for _, line := range append(c.lines, "not run: wasmtime: get it") {
			if !slices.Contains(lines, line) {
				t.Errorf("%s: no line %q in:\n%s", c.what, line, &out)
			}
		}
		if file, err := os.ReadFile(report); err != nil || string(file) != c.file {
			t.Errorf("%s: report is %q, %v", c.what, file, err)
		}
	}
}

// A step that goes on beside others is over before one begins that it could disturb, and what
// it prints is in one piece.
func TestBeside(t *testing.T) {
	for _, fault := range []error{nil, errors.New("as asked")} {
		var out bytes.Buffer
		ch := &checker{out: &out}
		text := new(bytes.Buffer)
		begun, computed := make(chan bool), make(chan bool)
		over := false
		ch.do(t.Context(), step{what: "waits", beside: text, run: func(context.Context) error {
			text.WriteString("one\n")
			close(begun)
			<-computed
			text.WriteString("two\n")
			over = true
			return fault
		}})
		ch.do(t.Context(), step{what: "computes", computes: true, run: func(context.Context) error {
			<-begun
			close(computed)
			return nil
		}})
		ch.do(t.Context(), step{what: "measures", run: func(context.Context) error {
			if !over {
				t.Error("the step beside is not over")
			}
			return nil
		}})
		err := ch.finish(t.Context(), "")
		if (err == nil) != (fault == nil) || !strings.Contains(out.String(), "one\ntwo\n") || len(ch.results) != 3 {
			t.Errorf("error %v, %d results:\n%s", err, len(ch.results), &out)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	ch := &checker{out: &out}
	ch.do(ctx, step{what: "long", run: func(context.Context) error { cancel(); return nil }})
	if err := ch.finish(ctx, ""); err == nil || !strings.Contains(out.String(), "0 passed, 1 failed") {
		t.Errorf("error %v:\n%s", err, &out)
	}
}

// Every command runs, and each failure is told.
func TestAll(t *testing.T) {
	var out bytes.Buffer
	ch := &checker{root: t.TempDir(), out: &out}
	err := ch.all(
		command{args: []string{"go", "no-such-command"}},
		command{args: []string{"go", "env", "GOOS"}, env: []string{"GOOS=plan9"}},
		command{args: []string{"go", "another"}},
	)(t.Context())
	if err == nil || strings.Count(err.Error(), "exit status 2") != 2 || !strings.Contains(out.String(), "plan9\n") {
		t.Errorf("error %v:\n%s", err, &out)
	}
}

func TestMatchModules(t *testing.T) {
	table := []module{{dir: "."}, {dir: "a"}, {dir: "b/c"}}
	found, err := matchModules(table, []string{".", "b/c", "x/testdata/m", ".tools", "_old/m"})
	if err != nil || len(found) != 2 || found[0].dir != "." || found[1].dir != "b/c" {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := matchModules(table, []string{".", "new"}); err == nil || !strings.Contains(err.Error(), "module in new is not in the table") {
		t.Errorf("a module that is not in the table: %v", err)
	}
}

// The table says of every module where it is checked, and why.
func TestModules(t *testing.T) {
	for _, m := range modules() {
		for _, goos := range guestTargets {
			if !slices.Contains(m.targets, goos) {
				t.Errorf("%s is not vetted for %s", m.dir, goos)
			}
		}
		if m.reason == "" {
			t.Errorf("%s: no reason", m.dir)
		}
	}
}

func TestSelectTests(t *testing.T) {
	lines := `m/a errors backends/wasi
m/a.test errors backends/wasi m/a
m/b.test errors m/b
m/c.test errors m/backends/wasi backends/wasi [m/c.test]
m/c_test [m/c.test] backends/wasi

m/d.test backends/wasi/command
`
	if got := selectTests(lines, "backends/wasi"); !slices.Equal(got, []string{"m/a", "m/c"}) {
		t.Errorf("selected %q", got)
	}
}

func TestTarget(t *testing.T) {
	if got := target("js"); !slices.Equal(got, []string{"GOOS=js", "GOARCH=wasm"}) {
		t.Errorf("js is %q", got)
	}
	if got := target("windows"); got[0] != "GOOS=windows" || got[1] == "GOARCH=wasm" {
		t.Errorf("windows is %q", got)
	}
}

func TestWorkspace(t *testing.T) {
	text, err := workspace("/repo/m", []byte(`{"Go":"1.26.0","Replace":[{"Old":{"Path":"a"},"New":{"Path":"../a"}},{"Old":{"Path":"b","Version":"v1.0.0"},"New":{"Path":"/c/b"}}]}`))
	want := "go 1.26.0\n\nuse \"/repo/m\"\n\nreplace b v1.0.0 => \"/c/b\"\n"
	if filepath.IsAbs("/c/b") && (err != nil || text != want) {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := workspace("/repo/m", []byte("{")); err == nil {
		t.Error("half a file was accepted")
	}
}

func TestQuote(t *testing.T) {
	if got := quote("/a/b"); got != "/a/b" {
		t.Errorf("got %q", got)
	}
	if got := quote("/a b/c"); got != `"/a b/c"` {
		t.Errorf("got %q", got)
	}
}
