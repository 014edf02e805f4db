// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
)

const guest = "component/testdata/guest"

// runCommand runs the command and returns what it said.
func runCommand(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

// haveTools reports whether components can be made here; under CI they must be.
func haveTools(t *testing.T) bool {
	t.Helper()
	if os.Getenv("CI") == "true" {
		if _, err := component.Install(t.Context()); err != nil {
			t.Fatal(err)
		}
		return true
	}
	if _, err := component.FindTools(t.Context(), "").Check(); err != nil {
		t.Logf("not run: %v", err)
		return false
	}
	return true
}

func TestBuild(t *testing.T) {
	if !haveTools(t) {
		return
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "out.wasm")
	status, _, stderr := runCommand(t, "build", "-C", guest, "-form", "exe", "-tags", "x", "-trimpath", "-o", out, "./plain")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	for _, want := range []string{out + ": component, exe form, ", "imports ", "wasi:http@0.2.0 (outgoing-handler types)",
		"exports wasi:cli@0.2.12 (run)", "made by jco " + component.JcoVersion} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the report lacks %q:\n%s", want, stderr)
		}
	}
	if lines := strings.Count(stderr, "\n"); lines != 4 {
		t.Errorf("the report has %d lines:\n%s", lines, stderr)
	}
	status, stdout, _ := runCommand(t, "show", out)
	if status != 0 || !strings.HasPrefix(stdout, "component\n") || !strings.Contains(stdout, "\nimport wasi:http/outgoing-handler@0.2.0\n") {
		t.Errorf("show: %d, %s", status, stdout)
	}

	// The same again comes from the cache, and -q says nothing.
	if _, _, stderr := runCommand(t, "build", "-C", guest, "-form=exe", "-tags=x", "-trimpath", "-o", out, "./plain"); !strings.Contains(stderr, "from the cache") {
		t.Errorf("not from the cache:\n%s", stderr)
	}
	if status, stdout, stderr := runCommand(t, "build", "-q", "-C", guest, "-o", out, "./hello"); status != 0 || stdout+stderr != "" {
		t.Errorf("-q: %d, %s%s", status, stdout, stderr)
	}
}

func TestDefaultOutput(t *testing.T) {
	for _, c := range []struct {
		pkg  string
		form component.Form
		want string
	}{
		{"./hello", component.FormCommand, "hello.wasm"},
		{"./hello", component.FormTest, "hello.test.wasm"},
		{"./v2", component.FormExe, "guest.wasm"},
	} {
		got, err := defaultOutput(t.Context(), component.Source{Package: c.pkg, Form: c.form, Dir: guest})
		if got != c.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", c.pkg, got, err, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	if !haveTools(t) {
		return
	}
	dir := t.TempDir()
	core := filepath.Join(dir, "core.wasm")
	result, err := component.Build(t.Context(), component.Source{Package: "./hello", Dir: guest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := result.CopyTo(filepath.Join(dir, "component.wasm")); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := runCommand(t, "wrap", filepath.Join(dir, "component.wasm"))
	if status != exitFailed || !strings.Contains(stderr, "already a component") {
		t.Errorf("a component: %d, %s", status, stderr)
	}
	if err := os.WriteFile(core, []byte("\x00asm\x01\x00\x00\x00"), 0o666); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = runCommand(t, "wrap", core)
	if status != exitFailed || !strings.Contains(stderr, "core.wasm: the module does not import") {
		t.Errorf("an empty module: %d, %s", status, stderr)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// A failure is one sentence and leaves an output file that was there as it was.
func TestFailureKeepsOutput(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.wasm")
	if err := os.WriteFile(out, []byte("before"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"build", "-C", guest, "-o", out, "./lib"},
		{"build", "-C", guest, "-o", out, "./bare"},
		{"build", "-C", guest, "-o", out, "./double"},
		{"build", "-C", guest, "-o", out, "-form", "exe", "-tools", t.TempDir(), "./plain"},
		{"build", "-C", guest, "-o", out, "-go", filepath.Join(t.TempDir(), "go"), "./hello"},
		{"wrap", "-o", out, "main.go"},
		{"wrap", "-o", out, "no-such-file.wasm"},
		{"show", "main.go"},
		{"tools", "-tools", t.TempDir()},
	} {
		status, _, stderr := runCommand(t, args...)
		if status != exitFailed || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "gocomponent: ") {
			t.Errorf("%q: exit status %d, %q", args, status, stderr)
		}
		if got, err := os.ReadFile(out); string(got) != "before" {
			t.Errorf("%q: the output is %q, %v", args, got, err)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		text   string
	}{
		{nil, exitUsage, "Usage:"},
		{[]string{"help"}, 0, "Usage:"},
		{[]string{"nonsense"}, exitUsage, `no command "nonsense"`},
		{[]string{"build", "-h"}, 0, "-form"},
		{[]string{"build", "-form", "other"}, exitUsage, "want command, exe or test"},
		{[]string{"build", "-nonsense"}, exitUsage, "-nonsense"},
		{[]string{"build", "./a", "./b"}, exitUsage, "build takes"},
		{[]string{"wrap"}, exitUsage, "wrap takes"},
	} {
		status, stdout, stderr := runCommand(t, c.args...)
		if status != c.status || !strings.Contains(stderr, c.text) || stdout != "" {
			t.Errorf("%q: exit status %d, %s", c.args, status, stderr)
		}
	}
	if status, stdout, _ := runCommand(t, "wit"); status != 0 || stdout != component.WIT() {
		t.Errorf("wit: %d", status)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, stderr bytes.Buffer
	if status := run(ctx, []string{"build", "-C", guest, "./hello"}, &out, &stderr); status != exitFailed || stderr.String() != "gocomponent: interrupted\n" {
		t.Errorf("exit status %d, %s", status, &stderr)
	}
}
