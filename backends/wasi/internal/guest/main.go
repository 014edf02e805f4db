// SPDX-License-Identifier: MIT

// Command guest gets the URLs of its arguments, all at once, and prints a line for each:
// what the server has answered, or why it has not. The tests of package wazerohost build
// it for WASI and run it.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"

	"github.com/isohttp/isohttp/transport"
)

func main() {
	lines := make([]string, len(os.Args)-1)
	var wg sync.WaitGroup
	for i, url := range os.Args[1:] {
		wg.Go(func() {
			text, err := get(url)
			if err != nil {
				text = err.Error()
			}
			lines[i] = text
		})
	}
	wg.Wait()
	for _, line := range lines {
		fmt.Println(line)
	}
}

func get(url string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := transport.Default().RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%s: %s", resp.Status, body), err
}
