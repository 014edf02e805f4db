// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"path/filepath"

	"github.com/isohttp/isohttp/docs/examples/internal/azblobwasip1"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

// target is a form of the portable program.
type target string

const (
	forMachine   target = "this machine"
	forJS        target = "js"
	forWASIP1    target = "wasip1"
	forComponent target = "component" // of wasip1, for hosts of WASI 0.2
)

// buildPortable builds the portable example for a target, once, and returns the file.
func (d *demo) buildPortable(ctx context.Context, t target) (string, error) {
	if file, ok := d.built[t]; ok {
		return file, nil
	}
	file, err := d.build(ctx, t)
	if err == nil {
		d.built[t] = file
	}
	return file, err
}

func (d *demo) build(ctx context.Context, t target) (string, error) {
	const what, pkg = "the portable program for ", "./portable"
	h := d.host
	if t == forMachine {
		file := filepath.Join(h.Dir, local.Exe("portable"))
		return file, h.BuildHere(ctx, what+string(t), h.Tree.Examples, file, pkg)
	}
	file := filepath.Join(h.Dir, "portable-"+string(t)+".wasm")
	flags := []string{"-ldflags=-s -w"}
	env := []string{"GOOS=" + string(t), "GOARCH=wasm", "GOFLAGS=-buildvcs=false"}
	if t == forJS {
		return file, h.Build(ctx, what+string(t), h.Tree.Examples, file, pkg, env, flags...)
	}
	modfile, err := azblobwasip1.Prepare(ctx, h.Tree.Examples)
	if err != nil {
		return "", err
	}
	flags = append(flags, "-modfile="+modfile)
	if t == forWASIP1 {
		return file, h.Build(ctx, what+string(t), h.Tree.Examples, file, pkg, env, flags...)
	}
	tool := filepath.Join(h.Dir, local.Exe("gocomponent"))
	source := filepath.Join(h.Tree.Root, "backends", "wasi", "gocomponent")
	if err := h.BuildHere(ctx, "gocomponent", source, tool, "."); err != nil {
		return "", err
	}
	return file, d.log.Step("building the portable program as a component", nil, func() error {
		args := append(append([]string{"build", "-q", "-o", file}, flags...), pkg)
		_, err := local.Output(local.Command(ctx, h.Tree.Examples, []string{"GOFLAGS=-buildvcs=false"}, tool, args...))
		return err
	})
}

// buildRunner builds a program that runs WebAssembly and returns the file.
func (d *demo) buildRunner(ctx context.Context, name string) (string, error) {
	file := filepath.Join(d.host.Dir, local.Exe(name))
	return file, d.host.BuildHere(ctx, name, d.host.Tree.Runner, file, "./cmd/"+name)
}
