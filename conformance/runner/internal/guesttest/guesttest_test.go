// SPDX-License-Identifier: MIT

// Package guesttest runs the runner programs as users do: by themselves, and under go
// test and go run.
package guesttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance/runner/internal/browser"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
	"github.com/isohttp/isohttp/conformance/runner/internal/node"
	"github.com/isohttp/isohttp/conformance/runner/internal/wasmtime"
)

// limit ends a runner that hangs; nothing waits for it to pass.
const limit = 2 * time.Minute

// platform is one runner and the target that it takes.
type platform struct {
	name string // the command's name
	goos string
	// files reports whether the guest has a file system.
	files bool
	// twoStatuses reports whether a guest's exit status is only 0 or 1.
	twoStatuses bool
	// find reports whether the runtime is there; the error says how to get it.
	find func(context.Context) error
}

var platforms = []platform{
	{name: "nodeexec", goos: "js", files: true, find: func(ctx context.Context) error {
		_, _, err := node.Find(ctx)
		return err
	}},
	{name: "browserexec", goos: "js", find: func(context.Context) error {
		chromium, err := browser.ByName("chromium")
		if err == nil {
			_, err = chromium.Find()
		}
		return err
	}},
	{name: "wazeroexec", goos: "wasip1", files: true, find: func(context.Context) error { return nil }},
	{name: "wasmtimeexec", goos: "wasip1", files: true, twoStatuses: true, find: wasmtime.Ready},
}

// built is the folder of the runners and guests that TestMain builds.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "guesttest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = dir
	status := build(dir)
	if status == 0 {
		status = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

func build(dir string) int {
	steps := [][]string{{"", "-o", dir + string(filepath.Separator), "../../cmd/browserexec", "../../cmd/nodeexec", "../../cmd/wazeroexec", "../../cmd/wasmtimeexec"}}
	for _, goos := range []string{"js", "wasip1"} {
		steps = append(steps, []string{goos, "-o", guestPath(goos), "./guest"}, []string{goos, "-o", liarPath(goos), "./liar"})
	}
	for _, step := range steps {
		cmd := exec.Command("go", append([]string{"build"}, step[1:]...)...)
		cmd.Env = wasmEnv(step[0])
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
			return 1
		}
	}
	return 0
}

func guestPath(goos string) string { return filepath.Join(built, "guest-"+goos+".wasm") }

func wasmEnv(goos string) []string {
	if goos == "" {
		return os.Environ()
	}
	return append(os.Environ(), "GOOS="+goos, "GOARCH=wasm")
}

// status is what becomes of a guest's exit status.
func (p platform) status(status int) int {
	if p.twoStatuses {
		return min(status, 1)
	}
	return status
}

func (p platform) path() string { return filepath.Join(built, p.name) }

// each runs f for every platform whose runtime is there. Under CI all of them must be.
func each(t *testing.T, f func(t *testing.T, p platform)) {
	for _, p := range platforms {
		if err := p.find(t.Context()); err != nil {
			if os.Getenv("CI") == "true" {
				t.Errorf("%s: %v", p.name, err)
			} else {
				t.Logf("%s was not run: %v", p.name, err)
			}
			continue
		}
		t.Run(p.name, func(t *testing.T) { f(t, p) })
	}
}

// outcome is what a run left behind.
type outcome struct {
	status         int
	stdout, stderr string
}

// run runs the guest with args on p.
func (p platform) run(t *testing.T, stdin io.Reader, args ...string) outcome {
	t.Helper()
	return p.runWith(t, nil, nil, stdin, args...)
}

// runWith is run with flags for the runner and further variables.
func (p platform) runWith(t *testing.T, flags, env []string, stdin io.Reader, args ...string) outcome {
	t.Helper()
	cmd := p.command(t, append(append(flags, guestPath(p.goos)), args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = stdin
	return finish(t, cmd)
}

func (p platform) command(t *testing.T, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, p.path(), args...)
	cmd.Dir = "guest"
	return cmd
}

func finish(t *testing.T, cmd *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func (o outcome) check(t *testing.T, status int, stdout string) {
	t.Helper()
	if o.status != status || o.stdout != stdout {
		t.Errorf("exit status %d, output %q; want %d, %q\nstandard error: %s", o.status, o.stdout, status, stdout, o.stderr)
	}
}

func TestArguments(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		p.run(t, nil, "args", "a b", "-x", "--y=z", "é", "").check(t, 0, `["a b" "-x" "--y=z" "é" ""]`+"\n")
	})
}

func TestExitStatus(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		p.run(t, nil, "return").check(t, 0, "")
		p.run(t, nil, "exit", "7").check(t, p.status(7), "last words\n")
		o := p.run(t, nil, "panic")
		o.check(t, p.status(2), "")
		if !strings.Contains(o.stderr, "panic: as asked") {
			t.Errorf("standard error has no panic: %q", o.stderr)
		}
	})
}

func TestStreamsAreSeparate(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		o := p.run(t, nil, "streams")
		o.check(t, 0, "to standard output\n")
		if o.stderr != "to standard error\n" {
			t.Errorf("standard error is %q", o.stderr)
		}
	})
}

func TestEnvironment(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		env := []string{"ISOHTTP_OF_TEST=1", "GOGC=50", "SECRET=s", "LISTED=2", "PREFIXED_A=3", "HOME=/nowhere",
			launch.PassVariable + "=LISTED,PREFIXED_*"}
		if p.name == "browserexec" {
			env = slices.DeleteFunc(env, func(pair string) bool { return strings.HasPrefix(pair, "HOME=") })
		}
		flags := []string{"-pass", "FLAGGED", "-env", "GIVEN=4", "-env", "GOGC=60"}
		o := p.runWith(t, flags, append(env, "FLAGGED=5"), nil,
			"env", "ISOHTTP_OF_TEST", "GOGC", "SECRET", "LISTED", "PREFIXED_A", "HOME", "FLAGGED", "GIVEN")
		o.check(t, 0, "ISOHTTP_OF_TEST=1 true\nGOGC=60 true\nSECRET= false\nLISTED=2 true\nPREFIXED_A=3 true\nHOME= false\n"+
			"FLAGGED=5 true\nGIVEN=4 true\n")
		if o := p.run(t, nil, "env", "ISOHTTP_ORIGIN"); !strings.HasPrefix(o.stdout, "ISOHTTP_ORIGIN=http://127.0.0.1:") {
			t.Errorf("no origin: %q", o.stdout)
		}
	})
}

func TestStandardInput(t *testing.T) {
	var data []byte
	for i := range 1 << 20 {
		data = append(data, byte(i>>8^i))
	}
	each(t, func(t *testing.T, p platform) {
		o := p.run(t, bytes.NewReader(data), "cat")
		if o.status != 0 || o.stdout != string(data) {
			t.Errorf("exit status %d, %d bytes back of %d: %s", o.status, len(o.stdout), len(data), o.stderr)
		}
		p.run(t, strings.NewReader(""), "cat").check(t, 0, "")
		p.run(t, strings.NewReader("x"), "stdin").check(t, 0, "terminal: false\n")
	})
}

// Each line is answered before the next one is written: neither side is buffered.
func TestConversation(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		cmd := p.command(t, guestPath(p.goos), "lines")
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64)
		for _, line := range []string{"one\n", "two\n", "three\n"} {
			io.WriteString(stdin, line)
			n, err := io.ReadAtLeast(stdout, buf, len(line))
			if err != nil || string(buf[:n]) != strings.ToUpper(line) {
				t.Fatalf("answer to %q is %q, %v", line, buf[:n], err)
			}
		}
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestMuchOutput(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		o := p.run(t, nil, "flood")
		if want := strings.Repeat(strings.Repeat("x", 999)+"\n", 4000); o.status != 0 || o.stdout != want {
			t.Errorf("exit status %d, %d bytes of %d", o.status, len(o.stdout), len(want))
		}
	})
}

// A program that ends while it waits for input ends at once, though nobody closes the
// input. wazero is not among them: its reads of standard input stop the whole program.
func TestExitWhileReading(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		if p.goos != "js" {
			return
		}
		r, w := io.Pipe()
		defer w.Close()
		cmd := p.command(t, guestPath(p.goos), "exitwhilereading")
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
		defer r.Close()
		finish(t, cmd).check(t, 3, "")
	})
}

func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		if p.files {
			p.run(t, nil, "files").check(t, 0, `"seed\n" <nil>`+"\n"+`"kept" <nil>`+"\n")
			return
		}
		// A page has files of its own, but not this machine's.
		o := p.run(t, nil, "files")
		if o.status != 0 || !strings.Contains(o.stdout, "No such file") || !strings.Contains(o.stdout, `"kept" <nil>`) {
			t.Errorf("exit status %d, output %q; want an error for testdata, and a file that is kept", o.status, o.stdout)
		}
	})
}

func TestBadCommandLine(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		for _, args := range [][]string{{}, {"-nonsense"}, {"no-such-file.wasm"}, {"-env", "novalue", guestPath(p.goos)}} {
			if o := finish(t, p.command(t, args...)); o.status != launch.ExitRunner || o.stderr == "" {
				t.Errorf("%q: exit status %d, %q", args, o.status, o.stderr)
			}
		}
		o := finish(t, p.command(t, "-h"))
		if o.status != 0 || !strings.Contains(o.stderr, "usage: "+p.name) {
			t.Errorf("-h: exit status %d, %q", o.status, o.stderr)
		}
	})
}

// A file that is no program of the platform is the runner's failure, not the guest's.
func TestNotAProgram(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bad.wasm")
	if err := os.WriteFile(name, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, p platform) {
		if o := finish(t, p.command(t, name)); o.status == 0 || o.stderr == "" {
			t.Errorf("exit status %d, %q", o.status, o.stderr)
		}
	})
}

func TestTooLargeEnvironment(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		if p.goos != "js" {
			return
		}
		o := p.run(t, nil, "args", strings.Repeat("x", 9000))
		if o.status != launch.ExitRunner || !strings.Contains(o.stderr, "has room for") {
			t.Errorf("exit status %d, %q", o.status, o.stderr)
		}
	})
}
