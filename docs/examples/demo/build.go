// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/isohttp/isohttp/docs/examples/internal/azblobwasip1"
)

// tree is the checkout that the demo runs in.
type tree struct {
	root     string // of the repository
	examples string // this module
	runner   string // module of the programs that run WebAssembly
}

// findTree asks the go command where the modules are.
func findTree(ctx context.Context) (*tree, error) {
	out, err := output(command(ctx, "", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/isohttp/isohttp"))
	if err != nil {
		return nil, fmt.Errorf("not in the folder docs/examples of the repository: %w", err)
	}
	root := strings.TrimSpace(out)
	t := &tree{root, filepath.Join(root, "docs", "examples"), filepath.Join(root, "conformance", "runner")}
	for _, dir := range []string{t.examples, t.runner} {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			return nil, fmt.Errorf("not a whole checkout: %w", err)
		}
	}
	return t, nil
}

// exe is the name of a program of this machine.
func exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// goBuild builds a package. What the go command says goes to the log: it names what it
// downloads.
func (d *demo) goBuild(ctx context.Context, what, dir, out, pkg string, env []string, flags ...string) error {
	args := append(append([]string{"build", "-o", out}, flags...), pkg)
	return d.log.step("building "+what, d.downloaded, func() error {
		cmd := command(ctx, dir, env, "go", args...)
		cmd.Stderr = lineWriter{d.log}
		return cmd.Run()
	})
}

// hostBuild builds a package for this machine, whatever the environment says.
func (d *demo) hostBuild(ctx context.Context, what, dir, out, pkg string) error {
	return d.goBuild(ctx, what, dir, out, pkg, []string{"GOOS=", "GOARCH=", "GOFLAGS=-buildvcs=false"})
}

// models is the module whose download takes long, and its size in the module cache.
const (
	models    = "github.com/pemistahl/lingua-go"
	modelsMiB = 124
)

// downloaded tells how much of the language models is here while they are on their way.
func (d *demo) downloaded() string {
	parts, err := filepath.Glob(filepath.Join(d.modcache, "cache", "download", filepath.FromSlash(models), "@v", "*.zip*.tmp"))
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
type lineWriter struct{ log *logger }

func (w lineWriter) Write(p []byte) (int, error) {
	if text := strings.TrimRight(string(p), "\n"); text != "" {
		w.log.printf("%s", text)
	}
	return len(p), nil
}

// buildPortable builds the portable example for a target and returns the file.
func (d *demo) buildPortable(ctx context.Context, goos, goarch string) (string, error) {
	if file, ok := d.built[goos]; ok {
		return file, nil
	}
	if goos == "" {
		file := filepath.Join(d.tmp, exe("portable"))
		err := d.hostBuild(ctx, "the portable program for this machine", d.tree.examples, file, "./portable")
		d.built[goos] = file
		return file, err
	}
	env := []string{"GOOS=" + goos, "GOARCH=" + goarch, "GOFLAGS=-buildvcs=false"}
	flags := []string{"-ldflags=-s -w"}
	if goos == "wasip1" {
		modfile, err := azblobwasip1.Prepare(ctx, d.tree.examples)
		if err != nil {
			return "", err
		}
		flags = append(flags, "-modfile="+modfile)
	}
	file := filepath.Join(d.tmp, "portable-"+goos+".wasm")
	err := d.goBuild(ctx, "the portable program for "+goos, d.tree.examples, file, "./portable", env, flags...)
	d.built[goos] = file
	return file, err
}

// buildRunner builds a program that runs WebAssembly and returns the file.
func (d *demo) buildRunner(ctx context.Context, name string) (string, error) {
	file := filepath.Join(d.tmp, exe(name))
	return file, d.hostBuild(ctx, name, d.tree.runner, file, "./cmd/"+name)
}

// goEnv asks the go command for one of its settings.
func goEnv(ctx context.Context, name string) (string, error) {
	out, err := output(command(ctx, "", nil, "go", "env", name))
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("the go command is not in PATH")
	}
	return strings.TrimSpace(out), err
}
