// SPDX-License-Identifier: MIT

// Package mine is somebody's own backend.
package mine

import (
	"net/http"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// Backend does what net/http does.
type Backend struct{ http.Transport }

// RoundTrip calls whatever fails a failure of the network.
func (b *Backend) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.Transport.RoundTrip(req)
	if err != nil && req.Context().Err() == nil {
		err = &driver.Error{Op: driver.OpSend, Kind: driver.KindNetwork, Err: err}
	}
	return resp, err
}

// Capabilities are all but one.
func (b *Backend) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.AllCapabilities()...).Without(driver.RedirectFollow).WithForbiddenHeaders("Transfer-Encoding")
}

// New returns a Transport over a fresh Backend.
func New(c driver.Config) (*transport.Transport, error) {
	return transport.NewWith(&Backend{http.Transport{Proxy: c.Proxy, TLSClientConfig: c.TLSClientConfig,
		DisableCompression: c.DisableCompression, MaxResponseHeaderBytes: c.MaxResponseHeaderBytes}}, nil)
}
