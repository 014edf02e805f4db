// SPDX-License-Identifier: MIT

// Package wasi is the backend for WASI hosts: it sends requests through wasi:http 0.2
// from programs that the standard Go toolchain builds with GOOS=wasip1 GOARCH=wasm.
//
// Such a program runs in hosts that supply wasi:http to core modules (package wazerohost
// is one), and as a component, made from it with the preview 1 adapter, in wasmtime and
// other component hosts. Package transport selects this backend by itself; import this
// package for [RequestOptions] and [ErrorCode].
//
// # What the host decides
//
// TLS, its roots, DNS, proxies, connection reuse and the HTTP version belong to the host,
// and so does permission: a destination that the host refuses is an error of
// driver.KindDenied. The fields of the connection itself (Connection, Host,
// Transfer-Encoding and so on) cannot be set, and are not seen in responses.
//
// Hosts do not decode bodies. Unless the request has an Accept-Encoding or a Range, or
// is a HEAD, this package asks for gzip and decodes it while it is read, as net/http
// does.
//
// # Scheduling
//
// A program in WebAssembly has one thread. While requests wait, one goroutine of this
// package asks the host for all of them at once, and gives way to every other
// goroutine in between. Deadlines of contexts are kept exactly; other timers may
// fire up to a millisecond late while something is going on, and up to 20 ms late in
// a program where nothing but the network has happened for a while.
//
// On other platforms [New] fails with an error that matches errors.ErrUnsupported.
package wasi
