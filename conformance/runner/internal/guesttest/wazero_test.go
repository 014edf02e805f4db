// SPDX-License-Identifier: MIT

package guesttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

func wazero(t *testing.T) platform {
	t.Helper()
	for _, p := range platforms {
		if p.name == "wazeroexec" {
			return p
		}
	}
	t.Fatal("wazeroexec is not among the platforms")
	panic("unreachable")
}

// A guest that ends well with handles open has a backend that lost track of them.
func TestHandlesLeftOpen(t *testing.T) {
	p := wazero(t)
	for _, c := range []struct {
		flags  []string
		exit   string
		status int
		stderr string
	}{
		{nil, "0", launch.ExitRunner, "left 1 host handles open"},
		{nil, "3", 3, ""}, // it has failed already, and its own message is the one to read
		{[]string{"-handles", "print"}, "3", 3, "1 host handles left open"},
		{[]string{"-handles", "ignore"}, "0", 0, ""},
	} {
		o := p.runWith(t, c.flags, nil, nil, "leak", c.exit)
		if o.status != c.status || !strings.Contains(o.stderr, c.stderr) || c.stderr == "" && o.stderr != "" {
			t.Errorf("%q, exit %s: status %d, %q", c.flags, c.exit, o.status, o.stderr)
		}
	}
	if o := p.runWith(t, []string{"-handles", "print"}, nil, nil, "return"); o.status != 0 || !strings.Contains(o.stderr, "0 host handles") {
		t.Errorf("without a leak: status %d, %q", o.status, o.stderr)
	}
}

// A guest writes in its own folder and where -dir says, and nowhere else.
func TestFoldersOfAGuest(t *testing.T) {
	p := wazero(t)
	// The repository may be below the folder for temporary files, which is writable.
	env := []string{"TMPDIR=" + t.TempDir()}
	dir := t.TempDir()
	outside := filepath.ToSlash(filepath.Join(dir, "written"))
	if o := p.runWith(t, nil, env, nil, "write", outside); o.status != 1 {
		t.Errorf("writing outside: status %d, %q", o.status, o.stdout)
	}
	p.runWith(t, []string{"-dir", dir}, env, nil, "write", outside).check(t, 0, "")
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}
