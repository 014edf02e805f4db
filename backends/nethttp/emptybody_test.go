// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
)

// serveEmpty answers every request with an empty response, once it has all of the request.
func serveEmpty(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	t.Cleanup(server.Close)
	return server.URL
}

// TestEmptyBodyIsNoBody: a response that is known to have no body has http.NoBody, as with a bare
// http.Transport, so that it need not be closed.
func TestEmptyBodyIsNoBody(t *testing.T) {
	address := serveEmpty(t)
	b, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.CloseIdleConnections()
	for name, rt := range map[string]http.RoundTripper{"backend": b, "transport": newTransport(t, nil)} {
		for _, method := range []string{"GET", "POST"} {
			var body io.Reader
			if method == "POST" {
				body = strings.NewReader("body")
			}
			req, err := http.NewRequestWithContext(t.Context(), method, address, body)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Body != http.NoBody || resp.ContentLength != 0 {
				t.Errorf("%s, %s: the body is a %T, its length %d", name, method, resp.Body, resp.ContentLength)
			}
		}
	}
}

// countingContext knows how many contexts are below it.
type countingContext struct {
	context.Context
	below *atomic.Int32
}

func (c countingContext) Done() <-chan struct{} { return make(chan struct{}) }

func (c countingContext) AfterFunc(func()) (stop func() bool) {
	c.below.Add(1)
	return func() bool { c.below.Add(-1); return true }
}

// TestEmptyBodyEndsPhases: what keeps the limits of a call whose response has no body is gone with
// RoundTrip's return; while the request body may still be on its way, with Close.
func TestEmptyBodyEndsPhases(t *testing.T) {
	early := serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") // before the body has begun
	b, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.CloseIdleConnections()
	tr, err := transport.NewWith(handOver{b}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	defer w.Close()
	for name, c := range map[string]struct {
		address string
		body    io.ReadCloser
		left    int32
	}{
		"no request body": {serveEmpty(t), nil, 0},
		"early answer":    {early, r, 1},
	} {
		below := new(atomic.Int32)
		ctx := transport.WithRequestOptions(t.Context(), transport.RequestOptions{BetweenBytesTimeout: time.Minute})
		req := get(t, context.WithValue(ctx, belowKey{}, below), c.address)
		if c.body != nil {
			req.Method, req.Body, req.ContentLength = "POST", c.body, -1
		}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if left := below.Load(); left != c.left || (resp.Body == http.NoBody) != (left == 0) {
			t.Errorf("%s: the body is a %T, and %d contexts are left", name, resp.Body, left)
		}
		resp.Body.Close()
		if left := below.Load(); left != 0 {
			t.Errorf("%s: %d contexts are left after Close", name, left)
		}
	}
}

type belowKey struct{}

// handOver is the backend with a context that counts.
type handOver struct{ *nethttp.Backend }

func (h handOver) RoundTrip(req *http.Request) (*http.Response, error) {
	below := req.Context().Value(belowKey{}).(*atomic.Int32)
	return h.Backend.RoundTrip(req.WithContext(countingContext{req.Context(), below}))
}
