// SPDX-License-Identifier: MIT

// Package wit has the imports of wasi:http, wasi:io and wasi:clocks that the backend
// uses, version 0.2.0, and the memory discipline that they need. It is kept by hand.
//
// # Handles
//
// A handle type (Pollable, InputStream and so on) is a number in the host's table. It is
// owned by exactly one place, which calls its Drop once, or passes it to a function
// whose text says "takes". Children go before parents: a Pollable before what it
// was made from, a stream before its body. A host stops the program otherwise.
//
// # Memory
//
// A host that returns a list or a string asks for memory by calling the exported
// cabi_realloc in the middle of the import's call. Nothing there may allocate on the Go
// heap, read the clock or be scheduled away: component hosts stop the program for it.
// So the caller of an import hands in the memory before, with setArena, and
// cabi_realloc only cuts pieces off it. What does not fit is counted, and the caller
// makes the call again with more; every call for which that can happen has no
// other effect.
//
// Results larger than a scalar are left in ret, which is static. Between an import and
// the reading of ret no Go code may allocate or block, because another goroutine
// could run and make an import of its own. Strings are copied out of static memory
// to the stack first, for the same reason.
//
// # Adapter
//
// A component is made from a Go program with an adapter of preview 1, which needs two
// pages of memory of its own. It asks for them through cabi_realloc_adapter, before Go's
// runtime has begun, and gets static ones. Otherwise it would grow the memory, which Go's
// runtime does not notice, and both would use the same pages.
package wit
