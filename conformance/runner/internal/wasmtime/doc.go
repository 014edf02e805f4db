// SPDX-License-Identifier: MIT

// Package wasmtime runs Go programs built for GOOS=wasip1 as components on wasmtime,
// with wasmtime's own wasi:http.
//
// The wasmtime is the official Python package of a pinned version: a wheel with the
// engine inside that installs in seconds, where a command line program with HTTP would
// have to be compiled for minutes.
package wasmtime
