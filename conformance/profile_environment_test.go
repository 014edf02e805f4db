// SPDX-License-Identifier: MIT

package conformance_test

import (
	"crypto/tls"
	"crypto/x509"
	"runtime"

	"github.com/isohttp/isohttp/conformance"
)

// demanded returns the features of the surroundings that a profile must have in CI. A stock
// wasmtime knows no authorities but its built-in ones, and only a host of our own can be
// told what to fail with.
func demanded(profile string) []string {
	return map[string][]string{
		"nethttp":        {"ca", "ipv6", "proxy"},
		"fetch/chromium": {"ca", "ipv6", "proxy"},
		"fetch/node":     {"ca", "ipv6", "proxy"},
		"wasi/wazero":    {"ca", "ipv6", "proxy", "grants", "inject"},
		"wasi/wasmtime":  {"ipv6", "proxy"},
	}[profile]
}

// trusting returns the TLS options of a case, with the origin's authority added to those of
// net/http. Other platforms have their own store, where the runner has put it.
func trusting(c conformance.Config) *tls.Config {
	if c.RootCA == "" || runtime.GOOS == "js" || runtime.GOOS == "wasip1" || c.TLSClientConfig != nil && c.TLSClientConfig.RootCAs != nil {
		return c.TLSClientConfig
	}
	config := &tls.Config{}
	if c.TLSClientConfig != nil {
		config = c.TLSClientConfig.Clone()
	}
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AppendCertsFromPEM([]byte(c.RootCA))
	return config
}
