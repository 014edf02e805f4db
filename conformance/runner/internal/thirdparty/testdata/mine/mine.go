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

// Capabilities are all that there are.
func (b *Backend) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.AllCapabilities()...)
}

// New returns a Transport over a fresh Backend.
func New(c driver.Config) (*transport.Transport, error) {
	b := new(Backend)
	b.Proxy, b.TLSClientConfig, b.DisableCompression = c.Proxy, c.TLSClientConfig, c.DisableCompression
	b.MaxResponseHeaderBytes = c.MaxResponseHeaderBytes
	return transport.NewWith(b, nil)
}
