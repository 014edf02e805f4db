// SPDX-License-Identifier: MIT

package guesttest

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// goCommand runs the go command for p, with p's runner as -exec.
func (p platform) goCommand(t *testing.T, verb string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "go", append([]string{verb, "-exec", p.path()}, args...)...)
	cmd.Env = wasmEnv(p.goos)
	return finish(t, cmd)
}

func TestGoTest(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		run := func(args ...string) outcome {
			return p.goCommand(t, "test", append(append([]string{"-count=1"}, args...), "./testdata/suite")...)
		}
		for _, c := range []struct {
			args   []string
			status int
			want   []string
		}{
			{[]string{"-run", "TestPass"}, 0, []string{"ok  \t"}},
			{[]string{"-run", "TestPass", "-v"}, 0, []string{"--- PASS: TestPass", "on " + p.goos, "ok  \t"}},
			{[]string{"-run", "TestFail"}, 1, []string{"--- FAIL: TestFail", "as asked", "FAIL\t"}},
			{[]string{"-run", "TestPanic"}, 1, []string{"panic: as asked", "FAIL\t"}},
			{[]string{"-run", "NONE", "-bench", ".", "-benchtime", "1000000x"}, 0, []string{"BenchmarkNothing", "ns/op", "ok  \t"}},
			{[]string{"-run", "NONE"}, 0, []string{"no tests to run"}},
		} {
			o := run(c.args...)
			out := o.stdout + o.stderr
			if o.status != c.status {
				t.Errorf("%q: exit status %d, want %d:\n%s", c.args, o.status, c.status, out)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q: output lacks %q:\n%s", c.args, want, out)
				}
			}
		}
		want := 0
		if !p.files {
			want = 1
		}
		if o := run("-run", "TestFiles"); o.status != want {
			t.Errorf("TestFiles: exit status %d, want %d:\n%s%s", o.status, want, o.stdout, o.stderr)
		}
	})
}

func TestGoRun(t *testing.T) {
	each(t, func(t *testing.T, p platform) {
		p.goCommand(t, "run", "./guest", "args", "-v", "x y").check(t, 0, `["-v" "x y"]`+"\n")
		// go run itself ends with 1 and says what the program's status was.
		o := p.goCommand(t, "run", "./guest", "exit", "7")
		o.check(t, 1, "last words\n")
		if want := fmt.Sprintf("exit status %d", p.status(7)); !strings.Contains(o.stderr, want) {
			t.Errorf("go run says %q", o.stderr)
		}
	})
}
