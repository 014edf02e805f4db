// SPDX-License-Identifier: MIT

package wasi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/isohttp/isohttp/backends/wasi"
	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// eventLimit is how long the origin is asked to wait for an event.
const eventLimit = 20 * time.Second

// The tests of package transport run on this backend too. Here is what only it has.

func (l *load) events(kind string, count int) []conformance.Event {
	l.Helper()
	events, err := l.witness.Events(l.Context(), l.token, kind, count, eventLimit)
	if err != nil {
		l.Fatal(err)
	}
	return events
}

func TestTimeouts(t *testing.T) {
	l := newLoad(t)
	short := wasi.RequestOptions{FirstByteTimeout: 100 * time.Millisecond}
	_, err := l.send(wasi.WithRequestOptions(t.Context(), short), "GET", "hang", 0, nil)
	var code *wasi.ErrorCode
	if !errors.Is(err, driver.KindTimeout) || !errors.As(err, &code) {
		t.Errorf("the first byte was late: %v", err)
	}
	l.events(conformance.EventGone, 1)

	short = wasi.RequestOptions{ConnectTimeout: time.Minute, BetweenBytesTimeout: 100 * time.Millisecond}
	resp, err := l.send(wasi.WithRequestOptions(t.Context(), short), "GET", "gate", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if data, err := io.ReadAll(resp.Body); len(data) != 1000 || !errors.Is(err, driver.KindTimeout) {
		t.Errorf("the second byte was late: %d bytes, %v", len(data), err)
	}
	l.events(conformance.EventGone, 2)

	// The backend's own limits count where the context has none.
	b, err := wasi.New(&wasi.Options{Timeouts: wasi.RequestOptions{FirstByteTimeout: 100 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	l.backend = b
	if _, err := l.send(t.Context(), "GET", "hang", 0, nil); !errors.Is(err, driver.KindTimeout) {
		t.Errorf("the backend's limit: %v", err)
	}
	l.events(conformance.EventRequest, 3)
	long := wasi.RequestOptions{FirstByteTimeout: time.Minute}
	if resp, err := l.send(wasi.WithRequestOptions(t.Context(), long), "GET", "delay", 0, nil, "ms", "300"); err != nil {
		t.Errorf("the context's limit does not come first: %v", err)
	} else {
		resp.Body.Close()
	}

	l.token = l.witness.Token()
	if _, err := l.send(wasi.WithRequestOptions(t.Context(), wasi.RequestOptions{ConnectTimeout: -1}), "GET", "status", 0, nil); !errors.Is(err, driver.KindInvalid) {
		t.Errorf("a negative limit: %v", err)
	}
	if events, err := l.witness.Events(t.Context(), l.token, "", 0, 0); err != nil || len(events) != 0 {
		t.Errorf("the origin saw %v, %v", events, err)
	}
}

// TestTimeoutsOfBothWords has limits in the platform's words and in the portable ones in one
// context. Each field counts by itself.
func TestTimeoutsOfBothWords(t *testing.T) {
	l := newLoad(t)
	const short, long = 100 * time.Millisecond, time.Minute
	b, err := wasi.New(&wasi.Options{Timeouts: wasi.RequestOptions{BetweenBytesTimeout: short}})
	if err != nil {
		t.Fatal(err)
	}
	l.backend, err = transport.NewWith(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A limit that is not kept must not leave the test hanging.
	ctx, cancel := context.WithTimeout(t.Context(), eventLimit)
	defer cancel()
	with := func(own wasi.RequestOptions, portable transport.RequestOptions) context.Context {
		return transport.WithRequestOptions(wasi.WithRequestOptions(ctx, own), portable)
	}
	gone := 0
	for _, own := range []wasi.RequestOptions{{}, {ConnectTimeout: long}, {FirstByteTimeout: short}} {
		portable := transport.RequestOptions{FirstByteTimeout: short}
		if own.FirstByteTimeout > 0 {
			portable.FirstByteTimeout = long
		}
		var code *wasi.ErrorCode // which the end of ctx has not
		if _, err := l.send(with(own, portable), "GET", "hang", 0, nil); !errors.Is(err, driver.KindTimeout) || !errors.As(err, &code) {
			t.Errorf("%+v and FirstByteTimeout %v: %v", own, portable.FirstByteTimeout, err)
		}
		gone++
		l.events(conformance.EventGone, gone)
	}
	resp, err := l.send(with(wasi.RequestOptions{FirstByteTimeout: long}, transport.RequestOptions{FirstByteTimeout: short}), "GET", "delay", 0, nil, "ms", "300")
	if err != nil {
		t.Fatalf("the platform's word does not come first: %v", err)
	}
	resp.Body.Close()

	// The backend's own BetweenBytesTimeout counts unless one of the two has that very field.
	for name, c := range map[string]struct {
		own      wasi.RequestOptions
		portable transport.RequestOptions
		over     bool
	}{
		"neither":  {wasi.RequestOptions{ConnectTimeout: long}, transport.RequestOptions{FirstByteTimeout: long}, true},
		"own":      {wasi.RequestOptions{BetweenBytesTimeout: long}, transport.RequestOptions{BetweenBytesTimeout: short}, false},
		"portable": {wasi.RequestOptions{FirstByteTimeout: long}, transport.RequestOptions{BetweenBytesTimeout: long}, false},
	} {
		l.token = l.witness.Token()
		resp, err := l.send(with(c.own, c.portable), "GET", "script", 0, nil, "name", "slow-body")
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(resp.Body); errors.Is(err, driver.KindTimeout) != c.over || !c.over && (err != nil || string(data) != "okok") {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		resp.Body.Close()
	}
}

func TestTrailers(t *testing.T) {
	l := newLoad(t)
	body := &trailingBody{Reader: strings.NewReader(strings.Repeat("x", 300_000))}
	req, err := http.NewRequestWithContext(t.Context(), "POST", l.witness.URL(l.token, "trailers"), body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = -1
	req.Trailer = http.Header{"X-Sent": nil, "X-Other": nil}
	body.trailer = req.Trailer
	resp, err := l.backend.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, announced := resp.Trailer["X-Sum"]; !announced || len(resp.Trailer) != 1 || resp.Header["Trailer"] != nil {
		t.Errorf("announced: %v, header %v", resp.Trailer, resp.Header)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	if resp.Trailer.Get("X-Sum") != "1234" || resp.Trailer.Get("X-Late") != "5678" {
		t.Errorf("trailers %v", resp.Trailer)
	}
	for _, e := range l.events(conformance.EventBodyEnd, 1) {
		var seen struct{ Trailer http.Header }
		if e.Kind == conformance.EventBodyEnd {
			if err := json.Unmarshal(e.Data, &seen); err != nil || seen.Trailer.Get("X-Sent") != "300000" {
				t.Errorf("the origin has the trailers %v, %v", seen.Trailer, err)
			}
		}
	}
}

// trailingBody sets a trailer at its end, as a body that computes a checksum does.
type trailingBody struct {
	*strings.Reader
	trailer http.Header
	n       int
}

func (b *trailingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.n += n
	if err == io.EOF {
		b.trailer.Set("X-Sent", strconv.Itoa(b.n))
	}
	return n, err
}

// TestManyFields has more header than the first try of reading it can hold. The fields go
// to the origin in the query, of which wasmtime takes 64 KiB, as it
// takes 100 fields.
func TestManyFields(t *testing.T) {
	l := newLoad(t)
	const fields = 80
	pairs := make([]string, 0, 2*fields)
	for i := range fields {
		pairs = append(pairs, "X-Field-"+strconv.Itoa(i), strings.Repeat(string(rune('a'+i%26)), 500))
	}
	resp, err := l.send(t.Context(), "GET", "headers", 0, nil, pairs...)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for i := 0; i < len(pairs); i += 2 {
		if got := resp.Header[pairs[i]]; len(got) != 1 || got[0] != pairs[i+1] {
			t.Fatalf("%s is %q", pairs[i], got)
		}
	}
}

func TestErrors(t *testing.T) {
	l := newLoad(t)
	send := func(url string, change func(*http.Request)) error {
		req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(req)
		}
		resp, err := l.backend.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	err := send(l.witness.Addresses().Dead+"/?sig=secret", nil)
	var code *wasi.ErrorCode
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.Is(err, driver.KindNetwork) || !errors.As(err, &code) || code.Case != wasi.ConnectionRefused {
		t.Errorf("refused: %v", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("%v has the query in it", err)
	}
	if err := send("https"+strings.TrimPrefix(l.witness.Addresses().Main, "http"), nil); !errors.Is(err, driver.KindTLS) {
		t.Errorf("TLS to a plain port: %v", err)
	}
	var u *driver.Unsupported
	err = send(l.witness.URL(l.token, "status"), func(r *http.Request) { r.Header["transfer-encoding"] = []string{"x"} })
	if !errors.As(err, &u) || u.Feature != "Transfer-Encoding" || !u.Header {
		t.Errorf("a forbidden header: %v", err)
	}
	err = send(l.witness.URL(l.token, "status"), func(r *http.Request) { r.Header["a b"] = []string{"x"} })
	if !errors.Is(err, driver.KindInvalid) || !strings.Contains(err.Error(), "invalid header field") {
		t.Errorf("an invalid header: %v", err)
	}
}

// TestAbandonedBody checks that a body that nobody closes does not keep its exchange.
func TestAbandonedBody(t *testing.T) {
	l := newLoad(t)
	func() {
		resp, err := l.send(t.Context(), "GET", "gate", 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}()
	l.events(conformance.EventGateWait, 1)
	runtime.GC()
	runtime.GC()
	l.events(conformance.EventGone, 1)
}

// TestGoroutines checks that none outlives its request, the reactor's included.
func TestGoroutines(t *testing.T) {
	l := newLoad(t)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			switch i % 3 {
			case 0: // complete
				if err := l.echo([]byte("data")); err != nil {
					t.Error(err)
				}
			case 1: // closed early
				resp, err := l.send(t.Context(), "GET", "endless", 0, nil)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Read(make([]byte, 10))
				resp.Body.Close()
			default: // canceled
				if resp, err := l.send(ctx, "POST", "hang", -1, strings.NewReader("data")); err == nil {
					resp.Body.Close()
					t.Error("a canceled request succeeded")
				}
			}
		})
	}
	l.events(conformance.EventGateWait, 33)
	cancel()
	wg.Wait()
	for range 1000 {
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before {
		buf := make([]byte, 64<<10)
		t.Errorf("%d goroutines, %d before:\n%s", after, before, buf[:runtime.Stack(buf, true)])
	}
}

// TestOverlap checks that a hundred requests wait at the same time, and that a timer fires
// meanwhile. The time they take is only logged: BenchmarkOverlap of package transport is
// what compares it with another platform's.
func TestOverlap(t *testing.T) {
	l := newLoad(t)
	const requests, delay = 100, 200 * time.Millisecond
	start := time.Now()
	var wg sync.WaitGroup
	for range requests {
		wg.Go(func() {
			resp, err := l.send(t.Context(), "GET", "delay", 0, nil, "ms", strconv.FormatInt(delay.Milliseconds(), 10))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if data, err := io.ReadAll(resp.Body); string(data) != "delayed" || err != nil {
				t.Errorf("%q, %v", data, err)
			}
		})
	}
	fired := make(chan time.Duration, 1)
	time.AfterFunc(delay/2, func() { fired <- time.Since(start) })
	at := <-fired
	wg.Wait()
	took := time.Since(start)
	t.Logf("%d requests took %v, the timer fired after %v", requests, took, at)
	if at >= took {
		t.Errorf("the timer fired after %v, with everything done after %v", at, took)
	}
	peak := 0
	for _, e := range l.events(conformance.EventDone, requests) {
		peak = max(peak, e.Active)
	}
	if peak != requests {
		t.Errorf("%d requests at once, want %d", peak, requests)
	}
}
