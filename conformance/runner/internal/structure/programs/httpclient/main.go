// SPDX-License-Identifier: MIT

// Command httpclient uses http.Client, which the rules for small programs must notice.
package main

import (
	"net/http"
	"os"
)

func main() {
	resp, err := http.Get(os.Getenv("ISOHTTP_ORIGIN"))
	if err != nil {
		os.Exit(1)
	}
	resp.Body.Close()
}
