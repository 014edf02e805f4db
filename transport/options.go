// SPDX-License-Identifier: MIT

package transport

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// Options configures a Transport. The zero value and a nil pointer are usable and mean
// the platform's defaults. An option that the platform cannot honour makes New or
// NewWith fail with an error that matches errors.ErrUnsupported and names the
// option; none is ignored.
type Options struct {
	// CheckRedirect decides about redirects in Do, with the signature and the
	// meaning of http.Client's field: nil stops after 10, and
	// http.ErrUseLastResponse returns the last response unread. It is refused
	// where the platform follows redirects by itself (pages).
	CheckRedirect func(req *http.Request, via []*http.Request) error

	// Wrap puts middleware around every exchange. It is called once, by New or
	// NewWith. The RoundTripper that it is given checks what the middleware has
	// made of the request, and returns finished responses. What the middleware itself
	// returns is held to the rules of RoundTrip: if it panics, or returns neither a
	// response nor an error, the call fails with KindInvalid; a response without a Body
	// or Header gets empty ones; and the request's body is closed once, whether the
	// middleware has sent it, replaced it or lost it.
	Wrap func(http.RoundTripper) http.RoundTripper

	// Proxy chooses a proxy for a request, as http.Transport.Proxy does.
	Proxy func(*http.Request) (*url.URL, error)

	// TLSClientConfig replaces the platform's TLS client configuration.
	TLSClientConfig *tls.Config

	// MaxResponseHeaderBytes bounds the header of a response, in bytes. Zero means
	// the platform's default.
	MaxResponseHeaderBytes int64

	// MaxBufferedBody bounds, in bytes, a request body that the platform cannot
	// stream and that is therefore gathered before it is sent (see package
	// fetch). A larger one fails with KindLimit. Zero means 256 MiB. Platforms that
	// stream every body accept it.
	MaxBufferedBody int64

	// ResponseHeaderTimeout bounds the time from the moment when the platform has all of
	// the request, body included, until the header of the response is in. The call then
	// fails with KindTimeout. The transport keeps the time itself, on every platform.
	// Where a body streams, that moment is the end of the upload, less what buffers hold.
	// Where it is gathered (in pages nearly always, see package fetch) that moment is
	// before its first byte is sent, for no platform says when the last one has left: the
	// limit has to have room for the upload. Zero means no limit but the context's.
	ResponseHeaderTimeout time.Duration

	// Logger gets one line about every exchange when it is over: at debug level, and
	// at warning level for one that failed. The line has method, host, status,
	// durations and sizes, and the class of an error, but neither path nor query,
	// headers or error texts, where secrets may be. Nil means no log. Its counting keeps the
	// system from copying an *os.File that is sent by itself.
	Logger *slog.Logger

	// DisableCompression stops the transport from asking for gzip by itself. It is
	// refused where the platform always does (pages).
	DisableCompression bool
}

// config returns the part of o that a backend has to carry out.
func (o *Options) config() (driver.Config, bool) {
	c := driver.Config{
		Proxy:                  o.Proxy,
		TLSClientConfig:        o.TLSClientConfig,
		MaxResponseHeaderBytes: o.MaxResponseHeaderBytes,
		MaxBufferedBody:        o.MaxBufferedBody,
		DisableCompression:     o.DisableCompression,
	}
	set := c.Proxy != nil || c.TLSClientConfig != nil || c.MaxResponseHeaderBytes != 0 ||
		c.MaxBufferedBody != 0 || c.DisableCompression
	return c, set
}

// check refuses options that are wrong on every platform.
func (o *Options) check() error {
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"MaxResponseHeaderBytes", o.MaxResponseHeaderBytes},
		{"MaxBufferedBody", o.MaxBufferedBody},
		{"ResponseHeaderTimeout", int64(o.ResponseHeaderTimeout)},
	} {
		if f.value < 0 {
			return &Error{Op: driver.OpNew, Kind: KindInvalid, Err: errorText("negative " + f.name)}
		}
	}
	return nil
}

// errorText is an error that is only a sentence.
type errorText string

func (e errorText) Error() string { return string(e) }
