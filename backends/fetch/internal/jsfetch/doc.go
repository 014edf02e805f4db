// SPDX-License-Identifier: MIT

// Package jsfetch is a typed wrapper over syscall/js for what the fetch backend needs:
// the fetch function, responses and their byte streams, request bodies, abort
// controllers. No other package of the module touches a js.Value.
//
// Nothing here panics, whatever JavaScript throws: every call and every property read
// goes through a native that syscall/js guards (Reflect.get, Reflect.apply), and what
// was thrown becomes an [Exception]. No script text is ever evaluated, so the package
// runs under a strict Content-Security-Policy.
//
// JavaScript never waits for Go: the Go functions it calls hand over to a goroutine and
// return. Go never calls JavaScript with a lock held, because such a call may call back.
package jsfetch

// BufferSize is the size in bytes of the buffers that carry body data between Go and
// JavaScript. A bigger one gains under three per cent.
const BufferSize = 256 << 10
