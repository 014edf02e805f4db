// SPDX-License-Identifier: MIT

// Package ours makes the transports under test, and counts what they send.
package ours

import (
	"fmt"
	"net/http"
	"os"
	"sync"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/conformance/runner/internal/dropin/seam"
	"github.com/isohttp/isohttp/transport"
)

// Make is the seam.Maker. Without a base the Transport is one that transport.New(nil)
// makes natively.
func Make(base *http.Transport) (seam.Transport, error) {
	backend, err := nethttp.New(&nethttp.Options{Base: base})
	if err != nil {
		return nil, err
	}
	return transport.NewWith(counted{backend}, nil)
}

// counted writes a line to the file of counts for each request that it hands to net/http,
// which does the same for each that it is handed.
type counted struct{ *nethttp.Backend }

func (c counted) RoundTrip(req *http.Request) (*http.Response, error) {
	count()
	return c.Backend.RoundTrip(req)
}

var counts struct {
	once sync.Once
	file *os.File
	dir  string
}

func count() {
	counts.once.Do(func() {
		counts.dir, _ = os.Getwd()
		file, err := os.OpenFile(os.Getenv(seam.CountsVariable), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			panic(err)
		}
		counts.file = file
	})
	if _, err := fmt.Fprintf(counts.file, "ours %s\n", counts.dir); err != nil {
		panic(err)
	}
}
