// SPDX-License-Identifier: MIT

// Package wazerohost gives WebAssembly guests that a Go program runs with wazero an
// HTTP client: it implements the interfaces wasi:http (types, outgoing-handler),
// wasi:io (poll, streams, error) and wasi:clocks/monotonic-clock, version 0.2.0,
// as host modules for core modules. Nothing has to be turned into a component
// first: an ordinary "GOOS=wasip1 GOARCH=wasm go build" of a program that uses
// github.com/isohttp/isohttp is such a guest, and so is any module that
// imports these interfaces by the canonical ABI and exports cabi_realloc.
//
// # Closed by default
//
// A guest reaches nothing until the [Config] grants it:
//
//	grants, err := wazerohost.ParseGrants("https://*.blob.core.windows.net", "http://127.0.0.1:*")
//	host, err := wazerohost.Instantiate(ctx, runtime, &wazerohost.Config{Grants: grants})
//
// A request that no [Grant] covers is answered with the error code
// HTTP-request-denied before a name is looked up or a byte is sent. The host does not
// follow redirects: the guest does, and each hop is a request that is checked like
// the first. With the default RoundTripper a name cannot be used to reach what
// was not meant: see [Grant] for which addresses a name may stand for. Proxies of
// the environment are not used.
//
// # Order of calls
//
// Instantiate the host before the guest, beside wasi_snapshot_preview1 of wazero:
//
//	runtime := wazero.NewRuntime(ctx)
//	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
//	host, err := wazerohost.Instantiate(ctx, runtime, config)
//	guest, err := runtime.InstantiateModule(host.Context(ctx), compiled, moduleConfig)
//
// Guests of Go need WithSysNanosleep and WithSysNanotime in their ModuleConfig, or
// their timers go wrong.
//
// # Guests are isolated and bounded
//
// Each guest module has a handle table of its own; a handle of one guest means nothing
// in another. What a guest can make the host allocate is bounded by [Limits]. A
// guest that breaks a rule of the interfaces (an unknown handle, a pointer outside
// of its memory, a write beyond the grant, a child that outlives its parent) is
// stopped by a trap: the guest's call returns an error, and the host goes on.
//
// When a guest module closes, its exchanges are stopped on the wire and everything
// it held is released: at once when it was instantiated with [Host.Context],
// otherwise when another guest makes its first call, when [Host.Handles] is
// called, or when the Host or the runtime is closed.
//
// # What is implemented
//
// All of the client side: fields, outgoing-request, request-options, streamed bodies
// both ways with back-pressure, trailers both ways, error codes. The resources of
// the server side (incoming-request, outgoing-response, response-outparam) are not
// there; a module that imports one does not instantiate.
package wazerohost
