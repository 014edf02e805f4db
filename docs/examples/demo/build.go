// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"path/filepath"

	"github.com/isohttp/isohttp/docs/examples/internal/azblobwasip1"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

// buildPortable builds the portable example for a target and returns the file.
func (d *demo) buildPortable(ctx context.Context, goos, goarch string) (string, error) {
	if file, ok := d.built[goos]; ok {
		return file, nil
	}
	if goos == "" {
		file := filepath.Join(d.host.Dir, local.Exe("portable"))
		err := d.host.BuildHere(ctx, "the portable program for this machine", d.host.Tree.Examples, file, "./portable")
		d.built[goos] = file
		return file, err
	}
	env := []string{"GOOS=" + goos, "GOARCH=" + goarch, "GOFLAGS=-buildvcs=false"}
	flags := []string{"-ldflags=-s -w"}
	if goos == "wasip1" {
		modfile, err := azblobwasip1.Prepare(ctx, d.host.Tree.Examples)
		if err != nil {
			return "", err
		}
		flags = append(flags, "-modfile="+modfile)
	}
	file := filepath.Join(d.host.Dir, "portable-"+goos+".wasm")
	err := d.host.Build(ctx, "the portable program for "+goos, d.host.Tree.Examples, file, "./portable", env, flags...)
	d.built[goos] = file
	return file, err
}

// buildRunner builds a program that runs WebAssembly and returns the file.
func (d *demo) buildRunner(ctx context.Context, name string) (string, error) {
	file := filepath.Join(d.host.Dir, local.Exe(name))
	return file, d.host.BuildHere(ctx, name, d.host.Tree.Runner, file, "./cmd/"+name)
}
