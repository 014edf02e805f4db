// SPDX-License-Identifier: MIT

// Package nethttp is the backend over net/http, for every platform that has sockets.
//
// Programs get it from package transport; they import this package to give it a
// *http.Transport of their own:
//
//	backend, err := nethttp.New(&nethttp.Options{Base: base})
//	t, err := transport.NewWith(backend, nil)
//
// # Defaults
//
// Without a Base, the connection settings are those of azcore's default client: proxy
// from the environment, 30 s to connect, 10 s for the TLS handshake, TLS 1.2 or later,
// up to 100 idle connections, 10 per host, for 90 s, HTTP/2 where offered, with a ping
// after 10 s of silence. There is no limit on the time of a whole exchange; that is the
// context's.
//
// # What the platform adds and repeats
//
// net/http sends User-Agent: Go-http-client when a request has none, and asks for gzip
// when it has no Accept-Encoding and no Range, in which case the body arrives decoded.
// It sends a request again by itself when a kept connection turns out to be closed and
// the request is safe to repeat or was not sent at all.
//
// # Errors
//
// net/http quotes what a server sends that it does not understand, and a proxy's address that it
// cannot parse. Error texts are without what is of the request in that, and without the address;
// such an error still matches by errors.Is and errors.As (a *url.Error does not), but its own text
// cannot be reached.
//
// What a VerifyConnection or VerifyPeerCertificate of the caller refuses is of KindTLS, and a
// proxy's refusal of CONNECT is told by its status, without the proxy's own phrase. Both need
// settings of the Backend's own transport. In a Base to which no option is applied nothing is
// changed, so there net/http's errors for these are passed on, the former as KindOther.
//
// A trailer that is cut and one that does not fit in net/http's read buffer (4 KiB) fail with the
// same text. Both are of KindNetwork and match io.ErrUnexpectedEOF.
package nethttp
