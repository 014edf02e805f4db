// SPDX-License-Identifier: MIT

// Package conformance has what the tests of a portable HTTP transport need: an origin
// server that can misbehave in every way that matters, keeps a log of what it saw, and
// can be asked for it by a client on any platform.
//
// A test must not take the client's word for what happened on the wire. Each test takes a
// token of its own, puts it into the URLs it uses, and asks the [Witness] for the events
// that the [Origin] has logged under it.
//
// An Origin runs in process where sockets exist. Guests (pages, JavaScript runtimes, WASI
// hosts) cannot listen; a runner starts the Origin for them and passes its addresses in
// the environment, see [Origin.Environ]. [Connect] serves both.
//
// # A transport of one's own
//
// [Run] tries any transport as subtests of go test, [Check] without it. What has more than a
// RoundTrip method is a [Transport] as it is; [Adapt] makes one of every other
// http.RoundTripper. Its Do is then that of an http.Client, and its capabilities are all there
// are, less those that Adapt is told of. A RoundTripper with a method Capabilities, a
// driver.Backend, says so itself, and there it can also name the request headers that its
// platform refuses.
package conformance
