// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

type endlessBody struct{}

func (endlessBody) Read(p []byte) (int, error) { return len(p), nil }
func (endlessBody) Close() error               { return nil }

type endlessBackend struct{}

func (endlessBackend) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: endlessBody{}, ContentLength: 1 << 60, Request: req}, nil
}
func (endlessBackend) Capabilities() driver.Capabilities { return driver.NewCapabilities() }

// endlessResponse returns a response whose body never ends, through a Transport.
func endlessResponse(tb testing.TB, ctx context.Context) *http.Response {
	tb.Helper()
	tr, err := transport.NewWith(endlessBackend{}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, "GET", "http://example.test/", nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	return resp
}

// TestReadAllocatesNothing holds what the Transport adds to each Read.
func TestReadAllocatesNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	resp := endlessResponse(t, ctx)
	defer resp.Body.Close()
	buf := make([]byte, 1024)
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := resp.Body.Read(buf); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for each Read", n)
	}
}

// BenchmarkRead is what a Transport adds to each Read of a response body.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name string
		with func(context.Context) (context.Context, context.CancelFunc)
	}{
		{"background", func(context.Context) (context.Context, context.CancelFunc) { return context.Background(), func() {} }},
		{"cancellable", context.WithCancel},
		{"deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Hour)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			ctx, cancel := c.with(context.Background())
			defer cancel()
			resp := endlessResponse(b, ctx)
			defer resp.Body.Close()
			buf := make([]byte, 64<<10)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := resp.Body.Read(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
