// SPDX-License-Identifier: MIT

package wasi

import (
	"net/http"

	"github.com/isohttp/isohttp/transport/driver"
)

// name is the Backend field of this package's errors.
const name = "wasi"

// Backend sends requests through wasi:http. It is safe for concurrent use, and there may
// be several in a program.
type Backend struct {
	options Options
}

var _ driver.Configurable = (*Backend)(nil)

// New returns a Backend. options may be nil. On platforms other than wasip1 it fails with
// driver.KindUnsupported.
func New(options *Options) (*Backend, error) {
	b := &Backend{}
	if options != nil {
		b.options = *options
	}
	if err := b.options.Timeouts.check(); err != nil {
		return nil, &driver.Error{Op: driver.OpNew, Kind: driver.KindInvalid, Backend: name, Err: err}
	}
	if err := available(); err != nil {
		return nil, err
	}
	return b, nil
}

// RoundTrip implements driver.Backend.
func (b *Backend) RoundTrip(req *http.Request) (*http.Response, error) { return b.roundTrip(req) }

// Capabilities implements driver.Backend. It has what all hosts can do; a host may do
// more (wazerohost reuses connections, and delivers an early response whose server then
// closes the connection, which wasmtime reports as a malformed one).
func (b *Backend) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(
		driver.RawTarget,
		driver.GetBody,
		driver.HeaderUserAgent,
		driver.HeaderCookie,
		driver.HeaderLinesOut,
		driver.HeaderObsText,
		driver.UploadStream,
		driver.UploadStreamHTTP1,
		driver.UploadDuplex,
		driver.HeaderLinesIn,
		driver.HeaderSetCookie,
		driver.HeaderAll,
		driver.RawEncoding,
		driver.Uncompressed,
		driver.StreamDecode,
		driver.Backpressure,
		driver.StatusWide,
		driver.TrailersIn,
		driver.TrailersOut,
		driver.RedirectExpose,
		driver.AbortWire,
		driver.PhaseTimeout,
		driver.CauseDNS,
		driver.CauseRefused,
		driver.CauseTLS,
		driver.Denied,
	).WithForbiddenHeaders(
		// Hosts refuse these, but Expect, which they pass on and do not honor, and Trailer,
		// which this backend makes of Request.Trailer and wazerohost of what is sent.
		"Connection", "Expect", "Host", "HTTP2-Settings", "Keep-Alive", "Proxy-Authenticate",
		"Proxy-Authorization", "Proxy-Connection", "Trailer", "Transfer-Encoding", "Upgrade",
	)
}

// Configure implements driver.Configurable. It takes DisableCompression, and
// MaxBufferedBody, which has no effect because every body is streamed.
func (b *Backend) Configure(config driver.Config) (driver.Backend, error) {
	refuse := ""
	switch {
	case config.Proxy != nil:
		refuse = "Proxy"
	case config.TLSClientConfig != nil:
		refuse = "TLSClientConfig"
	case config.MaxResponseHeaderBytes != 0:
		refuse = "MaxResponseHeaderBytes"
	}
	if refuse != "" {
		return nil, &driver.Error{Op: driver.OpNew, Kind: driver.KindUnsupported, Backend: name,
			Err: &driver.Unsupported{Feature: refuse, Reason: "it belongs to the WASI host"}}
	}
	c := *b
	c.options.DisableCompression = b.options.DisableCompression || config.DisableCompression
	return &c, nil
}
