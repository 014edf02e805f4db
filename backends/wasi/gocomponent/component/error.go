// SPDX-License-Identifier: MIT

package component

import (
	"errors"
	"fmt"
)

// Reasons for which no component is made. errors.Is finds them in the errors of this
// package, whose texts are sentences for the person at the keyboard.
var (
	// ErrNotWasm: the file is no WebAssembly, or is damaged.
	ErrNotWasm = errors.New("not a WebAssembly module")
	// ErrIsComponent: the file is a component already.
	ErrIsComponent = errors.New("already a component")
	// ErrNotGuest: the module was built for something other than wasip1, or imports
	// what the WIT does not have.
	ErrNotGuest = errors.New("not a module for this tool")
	// ErrNoRealloc: the module lacks cabi_realloc_adapter.
	ErrNoRealloc = errors.New("no cabi_realloc_adapter")
	// ErrForeignRealloc: cabi_realloc comes from other bindings, or from two places.
	ErrForeignRealloc = errors.New("another cabi_realloc")
	// ErrNoRun: a c-shared module lacks the export wasi:cli/run.
	ErrNoRun = errors.New("no wasi:cli/run")
	// ErrNotMain: the package is not one package main, or has no tests.
	ErrNotMain = errors.New("not a main package")
	// ErrGoVersion: there is no go command, or it is too old.
	ErrGoVersion = errors.New("wrong go version")
	// ErrBuild: the go command failed; its own output says why.
	ErrBuild = errors.New("go build failed")
	// ErrNoTools: no component encoder, or no adapter, was found.
	ErrNoTools = errors.New("no component tools")
	// ErrAdapter: the adapter is not one that this package knows.
	ErrAdapter = errors.New("wrong adapter")
	// ErrEncode: the encoder refused the module.
	ErrEncode = errors.New("component encoder failed")
)

// fault is a sentence and the reason it stands for.
type fault struct {
	reason error
	text   string
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.reason }

func faultf(reason error, format string, args ...any) error {
	return &fault{reason: reason, text: fmt.Sprintf(format, args...)}
}
