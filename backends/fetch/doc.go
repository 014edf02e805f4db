// SPDX-License-Identifier: MIT

// Package fetch is the backend over the Fetch API: pages, workers and service workers in
// browsers, and server-side JavaScript runtimes (Node, Deno, Bun, workerd). It is what
// package transport uses under GOOS=js; programs need this package only for what is
// particular to it: [Options] for [New], [WithRequestInit], and [Diagnose].
//
// All names exist on every platform, so that one source can mention them. Where there is
// no fetch, [New] fails with an error that matches errors.ErrUnsupported.
//
// No script text is evaluated: the package runs under the Content-Security-Policy
// "script-src 'self' 'wasm-unsafe-eval'".
//
// # Pages and servers
//
// A page (or worker) does not let a program do all that HTTP can. The package finds out
// what it runs on by what the platform does, and [Backend.Capabilities] says what came
// out.
//
//   - In a page, redirects are followed by the browser, and Response.Request.URL is the
//     final URL; on a server they are returned.
//   - In a page, request headers on the Fetch standard's forbidden list cannot be set,
//     and User-Agent is not sent because it would cause a preflight.
//   - In a page, only the response headers that CORS allows are seen. If Content-Encoding
//     may be hidden, Response.ContentLength is -1.
//   - GET and HEAD requests have the cache mode "no-store" (but in Node, which has no
//     cache): a cache that answers range requests with whole bodies, or a conditional
//     request by itself, breaks what is built on top. [RequestInit] overrides it.
//
// What the platform does by itself stays as it is. Node gives up after 10 s of connecting,
// and after 300 s without a header or without body data. Content codings are always
// decoded, and a gzip body that was cut short inside intact framing ends without an
// error in Node and Chromium. In Node, a gzip body that cannot be decoded leaves a Read
// waiting until the context ends, if all of it arrives before the decoder finds out. Chromium takes
// a header block that breaks off for a complete one. The methods get, head, post, put, delete and
// options are sent in upper case, as the standard has it. No platform says whether it knows
// Zstandard: the first response with that coding, and where it does not the first three, is returned
// only when its body has begun.
//
// # Request bodies
//
// A body of known length is sent with Content-Length. It streams where the platform keeps
// the length of a stream (Node, Bun, workerd); elsewhere it is gathered first, outside
// Go's memory, up to [Options.MaxBufferedBody]. A body of unknown length streams on
// servers. In a page it is gathered, unless RequestInit.StreamBody asks for streaming,
// the browser can, and the connection is HTTP/2 or later. What has been gathered is all
// that the transport can see of such an upload: ResponseHeaderTimeout counts from there.
//
// Node sends the request's header together with the first bytes of a streamed body. A
// body that has nothing to deliver before the response is in waits for ever there. The body
// of a request with RequestInit.Keepalive is always gathered.
//
// # Callbacks
//
// JavaScript has one thread. A Go function that JavaScript calls (a js.Func) must not wait
// for a request: start a goroutine. A program that returns from main while a request is
// under way leaves callbacks behind that find no program any more; in Node this ends
// the process with an error.
package fetch
