// SPDX-License-Identifier: MIT

// Package mine is somebody's own backend.
package mine

import (
	"net/http"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// Backend does what net/http does, and takes no options.
type Backend struct{ http.Transport }

// Capabilities are all but those that are options.
func (b *Backend) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.AllCapabilities()...).Without(driver.Proxy, driver.TLSConfig, driver.LimitHeader)
}

// New returns a Transport over a fresh Backend.
func New(c driver.Config) (*transport.Transport, error) {
	return transport.NewWith(new(Backend), &transport.Options{Proxy: c.Proxy, TLSClientConfig: c.TLSClientConfig,
		MaxResponseHeaderBytes: c.MaxResponseHeaderBytes, DisableCompression: c.DisableCompression})
}
