// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
)

// work is one kind of work.
type work struct {
	name  string
	unit  string
	size  int   // requests per sample
	bytes int64 // of a body
	parts int   // samples that each round has of each side; 0 for one
	limit limit
	run   func(w work, rt http.RoundTripper, server string) (float64, error)
}

var works = []work{
	{"GET of 100 bytes", "µs per request", 500, 0, 24, limit{ratio: 1.03}, timeGets},
	{"GET of 100 bytes, allocations", "per request, server included", 3000, 0, 0, limit{more: 3}, countGets},
	{"download of 1 GiB", "ms", 1, 1 << 30, 6, limit{ratio: 1.02}, timeDownload},
	{"download of 64 MiB, allocations", "per read of 64 KiB, server included", 1, 64 << 20, 0, limit{more: 0.01}, countDownload},
	{"upload of 1 GiB from a file", "ms", 1, 1 << 30, 6, limit{ratio: 1.02}, timeUpload},
	{"1,000 requests that wait", "heap bytes per request, server included", 1000, 0, 0, limit{ratio: 1.1}, heapOfWaiting},
}

// measure takes the samples of both sides by turns, after a round that does not count.
func measure(w work, rounds int) (Result, error) {
	bare := &http.Transport{MaxIdleConnsPerHost: 10}
	defer bare.CloseIdleConnections()
	backend, err := nethttp.New(&nethttp.Options{Base: bare})
	if err != nil {
		return Result{}, err
	}
	ours, err := transport.NewWith(backend, nil)
	if err != nil {
		return Result{}, err
	}
	server := httptest.NewServer(http.HandlerFunc(serve))
	defer server.Close()
	r := Result{Peer: "bare http.Transport", Unit: w.unit}
	parts := max(w.parts, 1)
	for i := range (rounds + 1) * parts {
		// Who goes first changes, because the second finds the caches warm.
		sides := []http.RoundTripper{bare, ours}
		samples := [2]float64{}
		for j := range sides {
			k := (i + j) % 2
			if samples[k], err = w.run(w, sides[k], server.URL); err != nil {
				return Result{}, err
			}
		}
		if i >= parts {
			r.Bare, r.Transport = append(r.Bare, samples[0]), append(r.Transport, samples[1])
		}
	}
	return r, nil
}

// serve answers GET /N with N bytes, GET /wait when the client has gone, and PUT after the
// body.
func serve(w http.ResponseWriter, r *http.Request) {
	buf := make([]byte, 64<<10)
	if r.Method == http.MethodPut {
		for {
			if _, err := r.Body.Read(buf); err != nil {
				return
			}
		}
	}
	if r.URL.Path == "/wait" {
		w.Header().Set("X-Waiting", "1")
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	n, err := strconv.ParseInt(r.URL.Path[1:], 10, 64)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", r.URL.Path[1:])
	for n > 0 {
		m, err := w.Write(buf[:min(n, int64(len(buf)))])
		if err != nil {
			return
		}
		n -= int64(m)
	}
}

// exchange sends a request, reads the response into buf to its end, and returns its size.
func exchange(rt http.RoundTripper, req *http.Request, buf []byte) (int64, error) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var n int64
	for {
		m, err := resp.Body.Read(buf)
		n += int64(m)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func gets(w work, rt http.RoundTripper, server string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	buf := make([]byte, 4096)
	for range w.size {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/100", nil)
		if err != nil {
			return err
		}
		if n, err := exchange(rt, req, buf); err != nil || n != 100 {
			return fmt.Errorf("%d bytes, %w", n, err)
		}
	}
	return nil
}

func timeGets(w work, rt http.RoundTripper, server string) (float64, error) {
	start := time.Now()
	err := gets(w, rt, server)
	return float64(time.Since(start).Nanoseconds()) / 1e3 / float64(w.size), err
}

func countGets(w work, rt http.RoundTripper, server string) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := gets(w, rt, server)
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(w.size), err
}

func timeDownload(w work, rt http.RoundTripper, server string) (float64, error) {
	req, err := http.NewRequest(http.MethodGet, server+"/"+strconv.FormatInt(w.bytes, 10), nil)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	n, err := exchange(rt, req, make([]byte, 64<<10))
	if err == nil && n != w.bytes {
		err = fmt.Errorf("%d bytes", n)
	}
	return time.Since(start).Seconds() * 1e3, err
}

func countDownload(w work, rt http.RoundTripper, server string) (float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := timeDownload(w, rt, server)
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(max(w.bytes>>16, 1)), err
}

func timeUpload(w work, rt http.RoundTripper, server string) (float64, error) {
	f, err := os.CreateTemp("", "isohttp-bench")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := f.Truncate(w.bytes); err != nil {
		return 0, err
	}
	req, err := http.NewRequest(http.MethodPut, server, f)
	if err != nil {
		return 0, err
	}
	req.ContentLength = w.bytes
	start := time.Now()
	_, err = exchange(rt, req, make([]byte, 4096))
	return time.Since(start).Seconds() * 1e3, err
}

// heapOfWaiting measures the heap while requests wait for the rest of their responses.
func heapOfWaiting(w work, rt http.RoundTripper, server string) (float64, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	responses := make(chan *http.Response, w.size)
	errs := make(chan error, w.size)
	var wg sync.WaitGroup
	for range w.size {
		wg.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/wait", nil)
			if err == nil {
				var resp *http.Response
				if resp, err = rt.RoundTrip(req); err == nil {
					responses <- resp
					return
				}
			}
			errs <- err
		})
	}
	wg.Wait()
	runtime.GC()
	runtime.ReadMemStats(&after)
	close(responses)
	for resp := range responses {
		resp.Body.Close()
	}
	select {
	case err := <-errs:
		return 0, err
	default:
	}
	return (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(w.size), nil
}
