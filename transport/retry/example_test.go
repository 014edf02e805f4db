// SPDX-License-Identifier: MIT

package retry_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
	"github.com/isohttp/isohttp/transport/retry"
)

// busy stands for a server that is busy at first, so that the examples print the same
// everywhere.
type busy struct{ times int }

func (b *busy) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader("hello"))}
	if b.times--; b.times >= 0 {
		resp.StatusCode = http.StatusServiceUnavailable
		resp.Header.Set("Retry-After", "3600")
		if b.times > 0 {
			resp.Header.Set("Retry-After-Ms", "10")
		}
	}
	return resp, nil
}

func (*busy) Capabilities() driver.Capabilities { return driver.NewCapabilities(driver.RedirectExpose) }

// In a program, transport.Default() is in the place of the Transport here.
func ExampleNewClient() {
	t, err := transport.NewWith(&busy{times: 3}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := retry.NewClient(t, &retry.Options{MaxRetries: 5, RetryDelay: 10 * time.Millisecond})
	resp, err := client.Get("http://example.com/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	// The third answer asked for an hour, which is more than MaxRetryDelay.
	fmt.Println(resp.Status, resp.Header.Get("Retry-After"))
	// Output: 503 Service Unavailable 3600
}

// As middleware of a Transport, retries need no http.Client, and errors are bare: they do
// not print the URL.
func ExampleNewRoundTripper() {
	refuse := roundTripperFunc(func(*http.Request) (*http.Response, error) {
		return nil, &transport.Error{Op: driver.OpSend, Kind: transport.KindNetwork, Err: errors.New("connection refused")}
	})
	t, err := transport.NewWith(backend{refuse}, &transport.Options{
		Wrap: func(next http.RoundTripper) http.RoundTripper {
			return retry.NewRoundTripper(next, &retry.Options{RetryDelay: time.Millisecond})
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	req, _ := http.NewRequest("GET", "http://example.com/?sig=secret", nil)
	_, err = t.Do(req)
	fmt.Println(err)
	// Output: isohttp: send: network failure: connection refused
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

type backend struct{ http.RoundTripper }

func (backend) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.RedirectExpose)
}
