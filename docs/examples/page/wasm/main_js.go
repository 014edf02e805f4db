// SPDX-License-Identifier: MIT

// Wasm is the program behind the demo page: package app, whose clients know nothing of
// browsers, with functions that the page's scripts call. It is built for GOOS=js.
//
// Each function takes one object and returns a promise. The object's signal, an
// AbortSignal, cancels it at any moment. What goes wrong arrives as an Error whose
// message and detail are for the person to read and whose kind is for the script.
//
// Once it is ready the program sets the global "portable" to its functions and
// dispatches the event "portable" on the window.
package main

import (
	"fmt"
	"os"
	"syscall/js"
)

func main() {
	p, err := newProgram()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	window := js.Global()
	window.Set("portable", p.functions())
	window.Call("dispatchEvent", window.Get("Event").New("portable"))
	select {} // the page calls from here on
}
