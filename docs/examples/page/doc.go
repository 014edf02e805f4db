// SPDX-License-Identifier: MIT

// Page shows the portable example in a browser: texts in, languages out, and files to and
// from a blob store, with progress, cancellation and a log of requests.
//
//	go run ./page                        # in docs/examples
//
// It starts a language service and, where Node is there, a blob store, both on loopback and
// with keys of this run only; builds the programs for the browser; serves the page on
// loopback; and prints its address, and the keys to type in.
//
// The program behind the page is in folder wasm, the page itself in folder static. Beside
// it, onetag.html runs the portable program by a single tag.
package main
