// SPDX-License-Identifier: MIT

//go:build !wasm

package retry_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/retry"
)

// TestServer retries over a real connection: a server that answers early and one that drops
// the connection, with bodies larger than any buffer in between.
func TestServer(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 1<<16)
	var mu sync.Mutex
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tries++
		n := tries
		mu.Unlock()
		switch n {
		case 1: // while the body is on its way
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			io.CopyN(io.Discard, r.Body, 1000)
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
		default:
			got, err := io.ReadAll(r.Body)
			if err != nil || string(got) != body {
				t.Errorf("the third try had %d bytes, error %v", len(got), err)
			}
		}
	}))
	defer server.Close()
	for _, rt := range []http.RoundTripper{transport.Default(), http.DefaultTransport} {
		for _, source := range []func() io.Reader{
			func() io.Reader { return strings.NewReader(body) },
			func() io.Reader { return &closing{Reader: strings.NewReader(body)} },
			func() io.Reader { return &seeking{ReadSeeker: strings.NewReader(body)} },
		} {
			mu.Lock()
			tries = 0
			mu.Unlock()
			req, err := http.NewRequestWithContext(t.Context(), "PUT", server.URL, source())
			if err != nil {
				t.Fatal(err)
			}
			resp, err := retry.NewClient(rt, &retry.Options{RetryDelay: time.Millisecond, MaxBodyCopy: 2 << 20}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != 200 || tries != 3 {
				t.Errorf("%T: got %s after %d tries, want 200 after 3", rt, resp.Status, tries)
			}
		}
		rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	}
}
