// SPDX-License-Identifier: MIT

package fetch

import (
	"net/http"
	"strconv"

	"github.com/isohttp/isohttp/transport/driver"
)

// DefaultMaxBufferedBody is the default of [Options.MaxBufferedBody]: the size of azblob's
// largest single upload, which is also what browsers' Blobs can be relied on to hold.
const DefaultMaxBufferedBody = 256 << 20

// Options are the options of [New]. The zero value is usable.
type Options struct {
	// Fetch is used in place of the global fetch function. Its type is
	// syscall/js.Value, which exists under GOOS=js only: a function with fetch's
	// signature, or an object with a fetch method, such as a service binding of a
	// worker.
	Fetch any

	// Init has the defaults for every request.
	Init RequestInit

	// MaxBufferedBody bounds a request body that has to be gathered before it can be
	// sent, in bytes. Zero means DefaultMaxBufferedBody.
	MaxBufferedBody int64
}

// Backend sends requests through a fetch function. It is made by [New], and safe for
// concurrent use.
type Backend struct {
	opts     Options
	caps     driver.Capabilities
	platform platform
}

var _ driver.Configurable = (*Backend)(nil)

// New returns a Backend over the platform's fetch function. A nil opts is a zero Options.
//
// It fails with KindUnsupported where there is no fetch function, or where opts.Init has a
// value that the platform lacks, and with KindInvalid for a wrong option.
func New(opts *Options) (*Backend, error) {
	b := new(Backend)
	if opts != nil {
		b.opts = *opts
	}
	if err := b.opts.check(); err != nil {
		return nil, err
	}
	if err := b.start(); err != nil {
		return nil, err
	}
	return b, nil
}

// check completes o and refuses what no platform has.
func (o *Options) check() error {
	if o.MaxBufferedBody < 0 {
		return &driver.Error{Op: driver.OpNew, Kind: driver.KindInvalid, Backend: name,
			Err: errorText("MaxBufferedBody is " + strconv.FormatInt(o.MaxBufferedBody, 10))}
	}
	if o.MaxBufferedBody == 0 {
		o.MaxBufferedBody = DefaultMaxBufferedBody
	}
	if err := o.Init.check(driver.OpNew); err != nil {
		return err
	}
	return nil
}

// Configure returns a copy of b with the portable options applied. MaxBufferedBody is
// honored; a proxy, TLS, compression and the size of headers are the platform's own
// affair, and those options are refused by name.
func (b *Backend) Configure(config driver.Config) (driver.Backend, error) {
	for _, option := range [...]struct {
		name string
		set  bool
	}{
		{"Proxy", config.Proxy != nil},
		{"TLSClientConfig", config.TLSClientConfig != nil},
		{"MaxResponseHeaderBytes", config.MaxResponseHeaderBytes != 0},
		{"DisableCompression", config.DisableCompression},
	} {
		if option.set {
			return nil, unsupported(driver.OpNew, option.name, "fetch decides it")
		}
	}
	c := *b
	if config.MaxBufferedBody != 0 {
		c.opts.MaxBufferedBody = config.MaxBufferedBody
	}
	if err := c.opts.check(); err != nil {
		return nil, err
	}
	return &c, nil
}

// Capabilities reports what the platform can do.
func (b *Backend) Capabilities() driver.Capabilities { return b.caps }

// CloseIdleConnections frees what is kept between requests: callbacks and buffers. The
// connections themselves belong to the platform.
func (b *Backend) CloseIdleConnections() { b.platform.release() }

// RoundTrip performs one exchange. Package transport checks requests before, and dresses
// responses after; see package driver.
func (b *Backend) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.roundTrip(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	return resp, nil
}
