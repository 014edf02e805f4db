// SPDX-License-Identifier: MIT

package component

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// minGo is the minor version of Go that a program needs.
const minGo = 26

// Source is what [Build] builds.
type Source struct {
	// Package is the package, as the go command takes it: an import path or a
	// folder such as "./cmd/app". Empty means the package in Dir.
	Package string
	// Form is how the program is started; empty means FormCommand.
	Form Form
	// Flags are flags for go build and go list, such as "-tags=x".
	Flags []string
	// BuildFlags are flags for go build alone, such as "-v".
	BuildFlags []string
	// Dir is the folder in which the go command runs; empty means the current one.
	Dir string
	// Go is the go command; empty means "go".
	Go string
	// Output is where the go command's own messages go; nil drops them.
	Output io.Writer
}

// Build builds the package for GOOS=wasip1 and makes a component of it.
func Build(ctx context.Context, source Source, opts *Options) (*Result, error) {
	source = source.withDefaults()
	started := time.Now()
	if err := source.checkGo(ctx); err != nil {
		return nil, err
	}
	if err := source.checkPackage(ctx); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gocomponent-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	core := filepath.Join(dir, "core.wasm")
	if err := source.compile(ctx, core); err != nil {
		return nil, err
	}
	built := time.Since(started)

	result, err := Wrap(ctx, core, opts)
	if err != nil {
		return nil, err
	}
	result.Form = source.Form
	result.BuildTime = built
	return result, nil
}

func (s Source) withDefaults() Source {
	s.Package = cmp.Or(s.Package, ".")
	s.Form = cmp.Or(s.Form, FormCommand)
	s.Go = cmp.Or(s.Go, "go")
	return s
}

// command is a run of the go command for wasip1.
func (s Source) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.Go, args...)
	cmd.Dir = s.Dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	return cmd
}

func (s Source) checkGo(ctx context.Context) error {
	out, err := s.command(ctx, "env", "GOVERSION").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return faultf(ErrGoVersion, "the go command is not on the PATH: install Go 1.%d or later", minGo)
	}
	if err != nil {
		return faultf(ErrGoVersion, "the go command does not tell its version: %s", goText(err))
	}
	version := strings.TrimSpace(string(out))
	if minor, ok := goMinor(version); ok && minor < minGo {
		return faultf(ErrGoVersion, "the go command is %s, and a component needs Go 1.%d or later", version, minGo)
	}
	return nil
}

// goMinor returns 26 for "go1.26.8". Development versions have no number.
func goMinor(version string) (int, bool) {
	rest, ok := strings.CutPrefix(version, "go1.")
	if !ok {
		return 0, false
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	minor, err := strconv.Atoi(rest[:end])
	return minor, err == nil
}

func (s Source) checkPackage(ctx context.Context) error {
	if strings.HasPrefix(s.Package, "-") {
		return faultf(ErrNotMain, "%s is not a package", s.Package)
	}
	args := append([]string{"list", "-f", "{{.Name}} {{len .TestGoFiles}} {{len .XTestGoFiles}}"}, s.Flags...)
	out, err := s.command(ctx, append(args, s.Package)...).Output()
	if err != nil {
		return faultf(ErrBuild, "%s", goText(err))
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 1 || lines[0] == "" {
		return faultf(ErrNotMain, "%s stands for %d packages: name one", s.Package, len(lines))
	}
	name, tests, _ := strings.Cut(lines[0], " ")
	switch {
	case s.Form == FormTest && tests == "0 0":
		return faultf(ErrNotMain, "%s has no test files for GOOS=wasip1", s.Package)
	case s.Form != FormTest && name != "main":
		return faultf(ErrNotMain, "%s is package %s, and a component is made of a package main (or of a package's tests, with -form test)", s.Package, name)
	}
	return nil
}

// ImportPath returns the import path of the package, or for files on the command line
// "command-line-arguments".
func (s Source) ImportPath(ctx context.Context) (string, error) {
	s = s.withDefaults()
	args := append([]string{"list"}, s.Flags...)
	out, err := s.command(ctx, append(args, s.Package)...).Output()
	if err != nil {
		return "", faultf(ErrBuild, "%s", goText(err))
	}
	return strings.TrimSpace(string(out)), nil
}

func (s Source) compile(ctx context.Context, core string) error {
	args := []string{"build"}
	switch s.Form {
	case FormCommand:
		args = append(args, "-buildmode=c-shared")
	case FormTest:
		args = []string{"test", "-c"}
	}
	args = append(args, s.Flags...)
	args = append(args, s.BuildFlags...)
	cmd := s.command(ctx, append(args, "-o", core, s.Package)...)
	var messages bytes.Buffer
	cmd.Stderr = &messages
	err := cmd.Run()
	if err != nil && duplicateExport(messages.String()) {
		return faultf(ErrForeignRealloc,
			"two packages of %s export %s: other bindings for components stand beside %s; use one of them alone",
			s.Package, exportRealloc, importWASI)
	}
	if s.Output != nil {
		s.Output.Write(messages.Bytes())
	}
	if err != nil {
		return faultf(ErrBuild, "go %s failed for %s (its messages are above)", args[0], s.Package)
	}
	if _, err := os.Stat(core); err != nil {
		return faultf(ErrBuild, "go %s left no module for %s", args[0], s.Package)
	}
	return nil
}

// duplicateExport recognizes the linker's complaint about two exports of cabi_realloc or
// cabi_realloc_adapter.
func duplicateExport(messages string) bool {
	return strings.Contains(messages, "duplicated definition of symbol "+exportRealloc)
}

// goText is what the go command wrote before it failed, in one line.
func goText(err error) string {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return strings.Join(strings.Fields(string(exit.Stderr)), " ")
	}
	return err.Error()
}
