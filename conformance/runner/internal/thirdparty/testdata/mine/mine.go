// SPDX-License-Identifier: MIT

// Package mine is somebody's own backend.
package mine

import (
	"io"
	"net/http"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// Backend does what net/http does.
type Backend struct{ http.Transport }

// RoundTrip calls whatever fails a failure of the network.
func (b *Backend) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.Transport.RoundTrip(req)
	if err != nil {
		return nil, &driver.Error{Op: driver.OpSend, Kind: driver.KindNetwork, Err: err}
	}
	resp.Body = body{resp.Body}
	return resp, nil
}

type body struct{ io.ReadCloser }

func (b body) Read(p []byte) (n int, err error) {
	if n, err = b.ReadCloser.Read(p); err != nil && err != io.EOF {
		err = &driver.Error{Op: driver.OpRead, Kind: driver.KindNetwork, Err: err}
	}
	return n, err
}

var caps = driver.NewCapabilities(driver.AllCapabilities()...).WithForbiddenHeaders("Transfer-Encoding").Without(driver.RedirectFollow, driver.CauseTLS, driver.LimitHeader, driver.PhaseTimeout, driver.Upgrade)

// Capabilities are all but those that take more than thirty lines.
func (b *Backend) Capabilities() driver.Capabilities { return caps }

// New returns a Transport over a fresh Backend. What that cannot do NewWith refuses.
func New(c driver.Config) (*transport.Transport, error) {
	b := http.Transport{Proxy: c.Proxy, TLSClientConfig: c.TLSClientConfig, DisableCompression: c.DisableCompression}
	return transport.NewWith(&Backend{b}, &transport.Options{MaxResponseHeaderBytes: c.MaxResponseHeaderBytes})
}
