// SPDX-License-Identifier: MIT

// Demo shows one Go program, unchanged, at work on every platform that isohttp knows and
// this machine has: it starts a language service and, where Node is there, a blob
// store, both on loopback and with keys of this run only; builds the portable example for
// each platform; runs it there; and prints one table.
//
//	go run ./demo                        # in docs/examples
//	TEXT="Guten Tag" go run ./demo       # other texts, one a line
//
// It needs nothing but Go. For a platform that this machine lacks it says how to get it.
// The exit code is 1 when a row of the table fails. All that it starts it ends, and all that
// it writes goes to a folder for temporary files or to the user's cache folder.
package main
