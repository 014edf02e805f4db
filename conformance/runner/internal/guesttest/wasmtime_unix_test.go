// SPDX-License-Identifier: MIT

//go:build unix

package guesttest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/isohttp/isohttp/backends/wasi/gocomponent/component"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
	"github.com/isohttp/isohttp/conformance/runner/internal/wasmtime"
)

// onWasmtime runs f with wasmtimeexec, where that can run guests.
func onWasmtime(t *testing.T, f func(t *testing.T, p platform)) {
	each(t, func(t *testing.T, p platform) {
		if p.name == "wasmtimeexec" {
			f(t, p)
		}
	})
}

// A file that is a component already is run as it is, in either form.
func TestRunComponent(t *testing.T) {
	onWasmtime(t, func(t *testing.T, p platform) {
		for _, form := range []component.Form{component.FormCommand, component.FormExe} {
			result, err := component.Build(t.Context(), component.Source{Package: "./guest", Form: form}, nil)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "guest.wasm")
			if err := result.CopyTo(path); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) outcome { return finish(t, p.command(t, append([]string{path}, args...)...)) }
			run("args", "a b", "é").check(t, 0, `["a b" "é"]`+"\n")
			run("return").check(t, 0, "")
			run("exit", "0").check(t, 0, "last words\n")
			run("exit", "3").check(t, 1, "last words\n")
			run("files").check(t, 0, `"seed\n" <nil>`+"\n"+`"kept" <nil>`+"\n")
			// Go's runtime ends a program by a trap after a panic when it was not the
			// runtime that started it.
			status := map[component.Form]int{component.FormCommand: 134, component.FormExe: 1}[form]
			if o := run("panic"); o.status != status || !strings.Contains(o.stderr, "panic: as asked") {
				t.Errorf("%s form, panic: status %d, %q", form, o.status, o.stderr)
			}
		}
	})
}

// Deep recursion is fine, and a program that wasmtime has to stop is not taken for one
// that ended by itself.
func TestAbortedProgram(t *testing.T) {
	onWasmtime(t, func(t *testing.T, p platform) {
		p.run(t, nil, "recurse", "50000").check(t, 0, "50000\n")
		o := p.run(t, nil, "recurse", "100000000")
		if o.status != 134 || !strings.Contains(o.stderr, "ended by wasmtime") || !strings.Contains(o.stderr, "stack") {
			t.Errorf("status %d, %.300q", o.status, o.stderr)
		}
	})
}

func TestRequire(t *testing.T) {
	onWasmtime(t, func(t *testing.T, p platform) {
		o := p.runWith(t, []string{"-require", "wasi:io/streams", "-require", "wasi:http/outgoing-handler"}, nil, nil, "return")
		if o.status != launch.ExitRunner || !strings.Contains(o.stderr, "does not import wasi:http/outgoing-handler") {
			t.Errorf("status %d, %q", o.status, o.stderr)
		}
		p.runWith(t, []string{"-require", "wasi:io/streams"}, nil, nil, "return").check(t, 0, "")
	})
}

// What is missing is said in one sentence that tells how to get it.
func TestWasmtimeMissing(t *testing.T) {
	onWasmtime(t, func(t *testing.T, p platform) {
		empty := t.TempDir()
		for _, c := range []struct {
			what string
			env  []string
			text string
		}{
			{"wasmtime", []string{"XDG_CACHE_HOME=" + empty, "HOME=" + empty}, "wasmtimeexec -install"},
			{"python", []string{wasmtime.PythonVariable + "=" + filepath.Join(empty, "python")}, "no Python found"},
			{"component tools", []string{component.ToolsVariable + "=" + empty}, "gocomponent tools -install"},
		} {
			o := p.runWith(t, nil, append(c.env, "CI="), nil, "return")
			if o.status != launch.ExitRunner || !strings.Contains(o.stderr, c.text) || strings.Count(o.stderr, "\n") != 1 {
				t.Errorf("without %s: status %d, %q", c.what, o.status, o.stderr)
			}
		}
	})
}

func TestInterruptEndsTheComponent(t *testing.T) {
	onWasmtime(t, func(t *testing.T, p platform) {
		temp := t.TempDir() // its name is in the command line of the process to look for
		cmd := p.command(t, guestPath(p.goos), "stuck")
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		started(t, cmd)
		if len(processesOf(t, temp, "python")) == 0 {
			if _, err := os.Stat("/proc/self/cmdline"); err == nil {
				t.Error("found no process of the guest")
			}
		}
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != 128+int(syscall.SIGINT) {
			t.Errorf("exit status %d, %q", status, &stderr)
		}
		if pids := processesOf(t, temp); len(pids) != 0 {
			t.Errorf("processes left behind: %v", pids)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}
