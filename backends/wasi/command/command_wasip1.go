// SPDX-License-Identifier: MIT

package command

import (
	_ "unsafe" // for linkname

	// A component's adapter needs the exports of package wit, also in a program that
	// sends no request.
	_ "github.com/isohttp/isohttp/backends/wasi/internal/wit"
)

// mainMain is the program's main function. Package main cannot be imported, and asking
// the program to hand its main over would need a tagged file in each program; this
// package's empty assembly file lets the declaration have no body.
//
//go:linkname mainMain main.main
func mainMain()

// run is called by the host once the runtime has started. It does not return when the
// program calls os.Exit.
//
//lint:ignore U1000 The host uses it.
//go:wasmexport wasi:cli/run@0.2.0#run
func run() uint32 {
	mainMain()
	return 0 // the result's "ok"
}
