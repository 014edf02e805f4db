// SPDX-License-Identifier: MIT

//go:build unix

package guesttest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/isohttp/isohttp/conformance/runner/internal/browser"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// eachBrowser runs f with a command whose folder for temporary files is temp, and with
// what the command prints to standard error.
func eachBrowser(t *testing.T, f func(t *testing.T, cmd *exec.Cmd, temp string, stderr *bytes.Buffer)) {
	each(t, func(t *testing.T, p platform) {
		if p.name != "browserexec" {
			return
		}
		// t.TempDir has the test's name in it, and sockets need short paths.
		temp, err := os.MkdirTemp("", "b")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(temp)
		cmd := p.command(t, guestPath(p.goos), "stuck")
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		f(t, cmd, temp, &stderr)
		if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if pids := processesOf(t, temp); len(pids) != 0 {
			t.Errorf("browser processes left behind: %v", pids)
		}
	})
}

// started starts cmd and waits until the guest runs.
func started(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "waiting\n" {
		t.Fatalf("the guest said %q, %v", line, err)
	}
}

func TestInterruptEndsTheBrowser(t *testing.T) {
	eachBrowser(t, func(t *testing.T, cmd *exec.Cmd, temp string, stderr *bytes.Buffer) {
		started(t, cmd)
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != launch.ExitRunner || !strings.Contains(stderr.String(), "interrupted") {
			t.Errorf("exit status %d, %q", status, stderr)
		}
	})
}

func TestBrowserThatDies(t *testing.T) {
	eachBrowser(t, func(t *testing.T, cmd *exec.Cmd, temp string, stderr *bytes.Buffer) {
		started(t, cmd)
		pids := processesOf(t, temp)
		if len(pids) == 0 {
			t.Fatal("found no browser process")
		}
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != launch.ExitRunner || !strings.Contains(stderr.String(), "before the program") {
			t.Errorf("exit status %d, %q", status, stderr)
		}
	})
}

func TestPageThatCrashes(t *testing.T) {
	eachBrowser(t, func(t *testing.T, cmd *exec.Cmd, temp string, stderr *bytes.Buffer) {
		started(t, cmd)
		for _, pid := range processesOf(t, temp, "--type=renderer") {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		cmd.Wait()
		if status := cmd.ProcessState.ExitCode(); status != launch.ExitRunner || !strings.Contains(stderr.String(), "lost the page") {
			t.Errorf("exit status %d, %q", status, stderr)
		}
	})
}

func TestBrowserThatDoesNotStart(t *testing.T) {
	eachBrowser(t, func(t *testing.T, cmd *exec.Cmd, temp string, stderr *bytes.Buffer) {
		// Not the go command: it leaves a process behind that writes to its home folder.
		cmd.Env = append(cmd.Env, browser.Variable+"=false") // ends at once, whatever its flags
		cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != launch.ExitRunner || !strings.Contains(stderr.String(), "before it had loaded the page") {
			t.Errorf("exit status %d, %q", status, stderr)
		}
	})
}

// processesOf returns the processes with dir and all of words in their command lines.
func processesOf(t *testing.T, dir string, words ...string) []int {
	t.Helper()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		return nil // no such file system here; the folder's being empty has to do
	}
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, name := range names {
		line, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(line, []byte(dir)) {
			continue
		}
		all := true
		for _, word := range words {
			all = all && bytes.Contains(line, []byte(word))
		}
		var pid int
		if _, err := fmt.Sscanf(name, "/proc/%d/cmdline", &pid); err == nil && all {
			pids = append(pids, pid)
		}
	}
	return pids
}
