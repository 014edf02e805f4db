// SPDX-License-Identifier: MIT

// Command plain sends a request, and has no run function of its own.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/isohttp/isohttp/backends/wasi"
)

func main() {
	backend, err := wasi.New(nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	req, err := http.NewRequest("GET", os.Args[1], nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	resp, err := backend.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode)
}
