// SPDX-License-Identifier: MIT

// Package suite is a test binary for the runners to run. Its failures are wanted, one
// at a time, with -run.
package suite

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	_ "github.com/isohttp/isohttp/backends/wasi/command" // for wasmtimeexec; inert elsewhere
)

func TestPass(t *testing.T) {
	t.Logf("on %s", runtime.GOOS)
}

func TestFail(t *testing.T) {
	t.Error("as asked")
}

func TestPanic(t *testing.T) {
	panic("as asked")
}

func TestFiles(t *testing.T) {
	if got, err := os.ReadFile("testdata/seed.txt"); err != nil || string(got) != "seed\n" {
		t.Errorf("reading testdata: %q, %v", got, err)
	}
	name := filepath.Join(t.TempDir(), "sub", "file")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "kept" {
		t.Errorf("reading back: %q, %v", got, err)
	}
}

func BenchmarkNothing(b *testing.B) {
	for b.Loop() {
	}
}
