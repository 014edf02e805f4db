// SPDX-License-Identifier: MIT

// Command roundtrip is the smallest program that uses a Transport: its size is that of the
// library.
package main

import (
	"context"
	"io"
	"net/http"
	"os"

	"github.com/isohttp/isohttp/transport"
)

func main() {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, os.Getenv("ISOHTTP_ORIGIN"), nil)
	if err != nil {
		os.Exit(1)
	}
	resp, err := transport.Default().RoundTrip(req)
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	defer resp.Body.Close()
	io.Copy(os.Stdout, resp.Body)
}
