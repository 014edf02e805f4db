// SPDX-License-Identifier: MIT

package driver_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// canned is a backend whose platform knows one answer. Status text, header keys, Request and
// the rest of the contract come from package transport.
type canned struct{ body string }

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	return &http.Response{
		StatusCode:    http.StatusOK,
		Header:        http.Header{"content-type": {"text/plain"}},
		Body:          io.NopCloser(strings.NewReader(c.body)),
		ContentLength: int64(len(c.body)),
	}, nil
}

func (c canned) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.RedirectExpose)
}

// A backend of one's own, and a Transport over it.
func ExampleBackend() {
	t, err := transport.NewWith(canned{"hello"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	req, _ := http.NewRequest("GET", "http://anywhere.example/", nil)
	resp, err := t.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.Status, resp.Header.Get("Content-Type"), string(body))
	// Output: 200 OK text/plain hello
}
