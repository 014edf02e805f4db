// SPDX-License-Identifier: MIT

package driver

import (
	"crypto/tls"
	"net/http"
	"net/url"
)

// Backend performs one HTTP exchange on one platform. The package text lists what
// it receives and what it owes.
//
// A Backend that has idle connections to close has a CloseIdleConnections method,
// one that takes portable options implements [Configurable], one that is
// made for a single Transport may implement io.Closer, and one over net/http [NetHTTP].
type Backend interface {
	http.RoundTripper

	// Capabilities reports what this platform can do, found out at run time. It
	// is cheap, safe for concurrent use, and its answer does not change once the
	// backend has been made.
	Capabilities() Capabilities
}

// Configurable is a Backend that takes the portable options that need its help.
type Configurable interface {
	Backend

	// Configure returns a backend of the same kind with the set fields of
	// config applied. It does not change the receiver. A field that is set and
	// cannot be honoured is an error that matches errors.ErrUnsupported and names
	// the field; see [Unsupported].
	Configure(config Config) (Backend, error)
}

// NetHTTP is a Backend over net/http that package transport may ask for net/http's responses as they
// are: the errors of their bodies have no class until BodyError gives it to them. So a response that
// nothing is wrong with needs one body around net/http's, and not two.
type NetHTTP interface {
	Backend

	// Bare returns what does the same as RoundTrip of self but for the class of those errors. It
	// returns nil if self is not the receiver: another type has it embedded, and may have a
	// RoundTrip of its own.
	Bare(self Backend) http.RoundTripper

	// BodyError returns what err is, which is not io.EOF, and which Read of the body of the response
	// to req has returned.
	BodyError(req *http.Request, err error) *Error
}

// Config has the portable options that only a backend can carry out. A zero field
// means the backend's own default.
type Config struct {
	// Proxy chooses a proxy for a request, as http.Transport.Proxy does.
	Proxy func(*http.Request) (*url.URL, error)

	// TLSClientConfig replaces the default TLS client configuration.
	TLSClientConfig *tls.Config

	// MaxResponseHeaderBytes bounds a response's header, in bytes.
	MaxResponseHeaderBytes int64

	// MaxBufferedBody bounds, in bytes, a request body that has to be gathered
	// before it can be sent. Backends that stream every body have no use for it
	// and accept it.
	MaxBufferedBody int64

	// DisableCompression stops the backend from asking for compressed responses
	// by itself.
	DisableCompression bool
}
