// SPDX-License-Identifier: MIT

// Gocomponent builds Go programs as WebAssembly components, for WASI 0.2 hosts such as
// wasmtime.
//
//	gocomponent build ./cmd/app            # app.wasm, ready for "wasmtime run -S http"
//	gocomponent build -form test ./pkg     # the package's tests as pkg.test.wasm
//	gocomponent wrap core.wasm             # a module that was built already
//	gocomponent tools -install             # get the component tools it needs
//
// It needs the go command, and the component tools of jco (npm) or wasm-tools; the
// command "gocomponent tools" says what is there and how to get the rest.
//
// A program in the command form imports package backends/wasi/command:
//
//	import _ "github.com/isohttp/isohttp/backends/wasi/command"
//
// The exit status is 0, 1 when no component was made (standard error has a sentence
// that says why, and no output file is left behind), or 2 for a mistake on the
// command line.
package main
