// SPDX-License-Identifier: MIT

// Package component turns the modules that the go command builds for GOOS=wasip1 into
// WebAssembly components, which WASI 0.2 hosts such as wasmtime run.
//
// The command gocomponent and the runner wasmtimeexec are thin layers over it.
//
// # The steps
//
// The go command knows WASI preview 1 only: what it builds is a core module that
// imports wasi_snapshot_preview1, and wasi:http by raw imports. [Wrap] looks at the
// module, embeds the description of its typed imports (the WIT of [WIT]), and
// lets the component encoder of jco or of wasm-tools put the preview 1 adapter
// beside it, which answers the preview 1 calls by WASI 0.2 ones. The encoder
// validates what it made.
//
// # The forms
//
// There are two ways in which a Go program can start inside a component; see [Form].
//
// # What is kept
//
// Components are kept in the user's cache folder by the hash of everything that went
// into them, and removed when they have not been used for a week. Files appear
// complete or not at all.
package component
