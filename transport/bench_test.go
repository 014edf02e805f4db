// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

func connect(b *testing.B) *conformance.Witness {
	b.Helper()
	w, err := conformance.Connect(transport.Default())
	if err != nil {
		b.Fatal(err)
	}
	return w
}

// exchange sends a request and reads the response to its end.
func exchange(b *testing.B, rt http.RoundTripper, method, url string, body io.Reader) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, url, body)
	if err != nil {
		b.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
}

func BenchmarkGet(b *testing.B) {
	w := connect(b)
	url := w.URL(w.Token(), "bytes", "size", "100")
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, transport.Default(), "GET", url, nil)
	}
}

func BenchmarkDownload(b *testing.B) {
	w := connect(b)
	const size = 64 << 20
	url := w.URL(w.Token(), "bytes", "size", "67108864")
	b.SetBytes(size)
	for b.Loop() {
		exchange(b, transport.Default(), "GET", url, nil)
	}
}

func BenchmarkUpload(b *testing.B) {
	w := connect(b)
	const size = 16 << 20
	data := make([]byte, size)
	url := w.URL(w.Token(), "echo")
	b.SetBytes(size)
	for b.Loop() {
		exchange(b, transport.Default(), "PUT", url, bytes.NewReader(data))
	}
}

// BenchmarkOverlap sends 50 requests at once to a server that waits 100 ms for each, and
// fails if the server has not seen them all at once.
func BenchmarkOverlap(b *testing.B) {
	w := connect(b)
	const requests = 50
	for b.Loop() {
		token := w.Token()
		url := w.URL(token, "delay", "ms", "100")
		var wg sync.WaitGroup
		for range requests {
			wg.Go(func() { exchange(b, transport.Default(), "GET", url, nil) })
		}
		wg.Wait()
		b.StopTimer()
		events, err := w.Events(b.Context(), token, conformance.EventDone, requests, limit)
		if err != nil {
			b.Fatal(err)
		}
		peak := 0
		for _, e := range events {
			peak = max(peak, e.Active)
		}
		if overlapsFreely && peak != requests {
			b.Fatalf("a peak of %d requests on the server, want %d", peak, requests)
		}
		b.StartTimer()
	}
}
