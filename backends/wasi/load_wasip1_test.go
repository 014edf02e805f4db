// SPDX-License-Identifier: MIT

package wasi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/isohttp/isohttp/backends/wasi"
	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// The tests of this file put the backend under the load that shows mistakes in its
// handling of memory and handles: a component host ends the program for most of them.

type load struct {
	*testing.T
	backend driver.Backend
	witness *conformance.Witness
	token   string
}

func newLoad(t *testing.T) *load {
	t.Helper()
	backend, err := wasi.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := conformance.Connect(transport.Default())
	if err != nil {
		t.Fatal(err)
	}
	return &load{T: t, backend: backend, witness: w, token: w.Token()}
}

func (l *load) send(ctx context.Context, method, scenario string, size int64, body io.Reader, pairs ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, l.witness.URL(l.token, scenario, pairs...), body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.ContentLength = size
	}
	return l.backend.RoundTrip(req)
}

// deep uses n frames of stack, so that stacks grow and move.
func deep(n int, f func()) {
	var frame [128]byte
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
	runtime.KeepAlive(&frame)
}

// TestLoadEchoes sends bodies of all sizes from many goroutines while the collector runs
// all the time: a buffer that the host fills after Go has given it to somebody else
// comes back wrong.
func TestLoadEchoes(t *testing.T) {
	l := newLoad(t)
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	const goroutines, echoes = 64, 20
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(g), 1))
			for range echoes {
				data := conformance.Pattern(1+random.IntN(200_000), random.Uint64())
				deep(random.IntN(200), func() {
					if err := l.echo(data); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
	wg.Wait()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	t.Logf("%d collections", stats.NumGC)
	if stats.NumGC < 50 {
		t.Errorf("only %d collections: the test shows nothing", stats.NumGC)
	}
}

func (l *load) echo(data []byte) error {
	// Hidden from net/http, which would take the length from a bytes.Reader.
	size, body := int64(len(data)), io.Reader(struct{ io.Reader }{bytes.NewReader(data)})
	if len(data)%2 == 0 {
		size = -1
	}
	resp, err := l.send(l.Context(), "POST", "echo-body", size, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, data) {
		return fmt.Errorf("%d bytes came back as %d others", len(data), len(got))
	}
	return nil
}

const (
	bigSize   = 256 << 20
	heapLimit = 64 << 20
)

// checkHeap fails when the memory that Go has ever had is over the limit. Memory of a
// wasm program never shrinks, so the peak is what it has now.
func checkHeap(t *testing.T) {
	t.Helper()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	t.Logf("%.1f MiB of memory", float64(stats.Sys)/(1<<20))
	if stats.Sys > heapLimit {
		t.Errorf("Go has had %d MiB of memory, over %d", stats.Sys>>20, heapLimit>>20)
	}
}

// TestBigDownload and TestBigUpload move much more than they may keep. What the other
// tests of this file need counts too.
func TestBigDownload(t *testing.T) {
	l := newLoad(t)
	resp, err := l.send(t.Context(), "GET", "bytes", 0, nil, "size", strconv.Itoa(bigSize), "seed", "3")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	started := time.Now()
	want, got := newPattern(3), make([]byte, 64<<10)
	expect := make([]byte, len(got))
	var total int64
	for {
		n, err := io.ReadFull(resp.Body, got)
		io.ReadFull(want, expect[:n])
		if !bytes.Equal(got[:n], expect[:n]) {
			t.Fatalf("wrong bytes after %d", total)
		}
		total += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if total != bigSize {
		t.Errorf("%d bytes of %d", total, bigSize)
	}
	t.Logf("%.0f MB/s, with the comparison", float64(total)/1e6/time.Since(started).Seconds())
	checkHeap(t)
}

func TestBigUpload(t *testing.T) {
	for _, size := range []int64{bigSize, -1} {
		l := newLoad(t)
		hash := sha256.New()
		body := io.TeeReader(io.LimitReader(newPattern(5), bigSize), hash)
		started := time.Now()
		resp, err := l.send(t.Context(), "PUT", "echo", size, body)
		if err != nil {
			t.Fatal(err)
		}
		var seen conformance.Echo
		if err := json.NewDecoder(resp.Body).Decode(&seen); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if seen.Bytes != bigSize || seen.SHA256 != hex.EncodeToString(hash.Sum(nil)) {
			t.Errorf("the server saw %d bytes of %d, or others", seen.Bytes, bigSize)
		}
		if seen.ContentLength != size {
			t.Errorf("the server saw a length of %d, want %d", seen.ContentLength, size)
		}
		t.Logf("length %d: %.0f MB/s, with both hashes", size, bigSize/1e6/time.Since(started).Seconds())
	}
	checkHeap(t)
}

// pattern makes the bytes of conformance.Pattern without an end.
type pattern struct {
	source *rand.PCG
	rest   []byte
	word   [8]byte
}

func newPattern(seed uint64) *pattern { return &pattern{source: rand.NewPCG(seed, 0)} }

func (p *pattern) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if len(p.rest) == 0 {
			v := p.source.Uint64()
			for i := range p.word {
				p.word[i] = byte(v >> (8 * i))
			}
			p.rest = p.word[:]
		}
		m := copy(b[n:], p.rest)
		p.rest = p.rest[m:]
		n += m
	}
	return n, nil
}

// TestLoadCancel ends many exchanges at random moments, in every stage, and then checks
// that the others are right: a handle dropped twice or in the wrong order ends the
// program on a component host.
func TestLoadCancel(t *testing.T) {
	l := newLoad(t)
	scenarios := []struct {
		method, name string
		body         bool
		pairs        []string
	}{
		{"GET", "hang", false, nil},
		{"GET", "endless", false, nil},
		{"GET", "bytes", false, []string{"size", "3000000"}},
		{"POST", "echo", true, nil},
		{"POST", "early", true, nil},
	}
	const goroutines, each = 32, 15
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(g), 2))
			for range each {
				s := scenarios[random.IntN(len(scenarios))]
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(30_000))*time.Microsecond)
				var body io.Reader
				if s.body {
					body = newPattern(1) // without an end
				}
				resp, err := l.send(ctx, s.method, s.name, -1, body, s.pairs...)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err != nil && ctx.Err() == nil && !s.body {
					t.Errorf("%s failed though its time was not up: %v", s.name, err)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	for i := range 20 {
		if err := l.echo(conformance.Pattern(50_000+i, 9)); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
}
