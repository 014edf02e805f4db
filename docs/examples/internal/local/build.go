// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Tree is the checkout that the examples are run in.
type Tree struct {
	Root     string // of the repository
	Examples string // the examples' module
	Runner   string // module of the programs that run WebAssembly
}

// findTree asks the go command where the modules are.
func findTree(ctx context.Context) (*Tree, error) {
	out, err := Output(Command(ctx, "", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/isohttp/isohttp"))
	if err != nil {
		return nil, fmt.Errorf("not in the folder docs/examples of the repository: %w", err)
	}
	root := strings.TrimSpace(out)
	t := &Tree{root, filepath.Join(root, "docs", "examples"), filepath.Join(root, "conformance", "runner")}
	for _, dir := range []string{t.Examples, t.Runner} {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			return nil, fmt.Errorf("not a whole checkout: %w", err)
		}
	}
	return t, nil
}

// Exe is the file name of a program of this machine.
func Exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// Build builds a package. What the go command says goes to the log: it names what it
// downloads.
func (h *Host) Build(ctx context.Context, what, dir, out, pkg string, env []string, flags ...string) error {
	args := append(append([]string{"build", "-o", out}, flags...), pkg)
	return h.Log.Step("building "+what, h.downloaded, func() error {
		cmd := Command(ctx, dir, env, "go", args...)
		cmd.Stderr = lineWriter{h.Log}
		return cmd.Run()
	})
}

// BuildHere builds a package for this machine, whatever the environment says.
func (h *Host) BuildHere(ctx context.Context, what, dir, out, pkg string) error {
	return h.Build(ctx, what, dir, out, pkg, []string{"GOOS=", "GOARCH=", "GOFLAGS=-buildvcs=false"})
}

// models is the module whose download takes long, and its size in the module cache.
const (
	models    = "github.com/pemistahl/lingua-go"
	modelsMiB = 124
)

// downloaded tells how much of the language models is here while they are on their way.
func (h *Host) downloaded() string {
	parts, err := filepath.Glob(filepath.Join(h.modcache, "cache", "download", filepath.FromSlash(models), "@v", "*.zip*.tmp"))
	if err != nil || len(parts) == 0 {
		return ""
	}
	var size int64
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil {
			size = max(size, info.Size())
		}
	}
	return fmt.Sprintf(", language models: %d of about %d MiB", size>>20, modelsMiB)
}

// lineWriter prints what a process says on its standard error.
type lineWriter struct{ log *Log }

func (w lineWriter) Write(p []byte) (int, error) {
	if text := strings.TrimRight(string(p), "\n"); text != "" {
		w.log.Printf("%s", text)
	}
	return len(p), nil
}
