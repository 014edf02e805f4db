// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
)

// BenchmarkGet compares a small GET through a Transport with one through the bare
// http.Transport below it.
func BenchmarkGet(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", 100))
	}))
	defer server.Close()
	bare := &http.Transport{}
	defer bare.CloseIdleConnections()
	backend, err := nethttp.New(&nethttp.Options{Base: bare})
	if err != nil {
		b.Fatal(err)
	}
	ours, err := transport.NewWith(backend, nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		rt   http.RoundTripper
	}{{"bare", bare}, {"transport", ours}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 4096)
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), "GET", server.URL, nil)
				if err != nil {
					b.Fatal(err)
				}
				resp, err := c.rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = resp.Body.Read(buf)
				}
				resp.Body.Close()
			}
		})
	}
}
