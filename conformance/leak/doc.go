// SPDX-License-Identifier: MIT

// Package leak counts what a program holds: goroutines, references to JavaScript values,
// handles of a WASI host, and memory. A test takes the counts before and after a load and
// compares them; the load of this package's own tests is 10,000 requests, one after the
// other, and 1,000 at once.
//
// The counts are of the whole process. What else runs in it (an origin, another test) counts
// too, and has to be elsewhere or idle.
package leak
