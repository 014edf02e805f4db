// SPDX-License-Identifier: MIT

// Package transport sends HTTP requests from Go programs that run natively, in a browser,
// on a JavaScript runtime or inside a WASI host, with one set of rules.
//
//	t := transport.Default()
//	resp, err := t.Do(req)
//
// A Transport is an http.RoundTripper, and its Do method makes it a policy.Transporter
// for Azure SDK clients:
//
//	opts := &azblob.ClientOptions{}
//	opts.Transport = transport.Default()
//
// # Platforms
//
// The platform is chosen when the program is built.
//
//	GOOS=js       backends/fetch     the Fetch API of the page, worker or runtime
//	GOOS=wasip1   backends/wasi      wasi:http/outgoing-handler of the host
//	all others    backends/nethttp   net/http.Transport
//
// To use another backend, or one with options of its own, pass it to NewWith.
//
// # What a Transport promises
//
// The following holds on every platform.
//
//   - Exactly one of response and error is returned, and nothing that a platform throws
//     becomes a panic.
//   - The request is not modified. Its body is closed once, on every path, and not read
//     after the call has failed or the response body has been closed.
//   - A response is returned for every status code. Its Body, Header and Request are not
//     nil, its header keys are canonical, and Status is "404 Not Found".
//   - Headers are returned as soon as they are in, and the body streams, with
//     back-pressure. A body that ends early is io.ErrUnexpectedEOF and never a clean end.
//   - When the context ends, RoundTrip and reads of the body return promptly with an error
//     that matches both ctx.Err and context.Cause, and the server sees the client go.
//   - Close of a response body may come at any time, also while a Read waits, and stops the
//     transfer.
//   - The declared ContentLength is what is sent. If the body's reader is shorter, longer,
//     fails or panics, the call fails, and the server never has a complete message.
//   - A request is sent once. Nothing is retried, cached or kept, there are no cookies.
//
// # What depends on the platform
//
// Capabilities tells what the current platform can do. What it cannot do is refused with
// an error that matches errors.ErrUnsupported, an option in New and a request before
// anything is sent. It is never ignored, with these exceptions, because SDKs set
// them on every call: the header User-Agent, the header Content-Length when it equals the
// real length, the header Host, Request.Close, and Expect: 100-continue. Where the
// platform cannot send them, the request goes without.
//
// In a page the browser follows redirects before the program sees them, sets some headers
// itself, and needs the consent of a server on another origin (CORS). A failed request
// says little there: KindNetwork covers an unknown host, a refused connection and a missing
// consent alike. Package fetch tells more.
//
// Under GOOS=js, a Go function that JavaScript calls must not block; start a goroutine in
// it and send from there.
//
// # Errors
//
// Errors have type *Error. Op is the step that failed and Kind is its class:
//
//	if errors.Is(err, transport.KindTimeout) { ... }
//
// The platform's own error is in the chain, for errors.As. Error texts never have the URL
// in them, because a URL may carry a signature.
//
// # Retries
//
// A Transport does not retry. Azure SDK clients do so by their own policy, and learn from
// the error which failures are final.
package transport
