// SPDX-License-Identifier: MIT

// Command newwith uses a backend of its own and never the platform's, so on wasip1 it must
// run on hosts that have no wasi:http.
package main

import (
	"context"
	"net/http"
	"os"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// empty answers every request with an empty response.
type empty struct{}

func (empty) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

func (empty) Capabilities() driver.Capabilities { return driver.Capabilities{} }

func main() {
	t, err := transport.NewWith(empty{}, nil)
	if err != nil {
		os.Exit(1)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1/", nil)
	if err != nil {
		os.Exit(1)
	}
	resp, err := t.Do(req)
	if err != nil {
		os.Exit(1)
	}
	resp.Body.Close()
	println(resp.Status)
}
