// SPDX-License-Identifier: MIT

package wasi

import (
	"io"
	"net/http"
	"runtime"
	"sync"

	"github.com/isohttp/isohttp/backends/wasi/internal/wit"
	"github.com/isohttp/isohttp/transport/driver"
)

// body is a response body. The exchange does not refer to it, so that one that nobody
// has closed is found by the garbage collector and its exchange ended.
type body struct {
	x       *exchange
	cleanup runtime.Cleanup

	reading sync.Mutex // held by Read
	resp    *http.Response
	err     error // what every further Read returns
}

func newBody(x *exchange, resp *http.Response) *body {
	b := &body{x: x, resp: resp}
	b.cleanup = runtime.AddCleanup(b, func(x *exchange) { x.end(nil) }, x)
	return b
}

// Close ends the exchange: at any time, from any goroutine, also during a Read.
func (b *body) Close() error {
	b.cleanup.Stop()
	b.x.end(nil)
	return nil
}

// Read lets the host write what is there into p, and waits when there is nothing.
func (b *body) Read(p []byte) (int, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if len(p) == 0 || b.err != nil {
		return 0, b.err
	}
	n, err := b.read(p)
	if err != nil {
		b.err = err
		b.cleanup.Stop()
		if err != io.EOF {
			b.x.end(err)
		}
	}
	return n, err
}

func (b *body) read(p []byte) (int, error) {
	x := b.x
	for {
		x.mu.Lock()
		if x.ended {
			x.mu.Unlock()
			return 0, x.cause()
		}
		n, status, why := x.in.Read(p)
		switch status {
		case wit.Failed:
			x.mu.Unlock()
			return 0, x.streamError(driver.OpRead, why)
		case wit.Closed:
			x.inWait.drop()
			release(&x.in)
			x.mu.Unlock()
			return 0, b.atEnd()
		}
		if n > 0 {
			x.mu.Unlock()
			return n, nil
		}
		x.begin(&x.inWait, x.in.Subscribe)
		x.mu.Unlock()
		x.wait(&x.inWait)
	}
}

// atEnd takes the trailers, if there can be any, and returns io.EOF.
func (b *body) atEnd() error {
	x := b.x
	if b.resp.Trailer != nil || b.resp.ContentLength < 0 {
		if err := b.readTrailer(); err != nil {
			return err
		}
	}
	x.mu.Lock()
	x.receiving = false
	x.mu.Unlock()
	x.complete()
	return io.EOF
}

func (b *body) readTrailer() error {
	x := b.x
	x.mu.Lock()
	if !x.ended {
		x.trailer = x.inBody.Finish()
		x.inBody = 0
	}
	for {
		if x.ended {
			x.mu.Unlock()
			return x.cause()
		}
		fields, code, progress := x.trailer.Get()
		switch progress {
		case wit.Refused:
			x.mu.Unlock()
			return x.refused(driver.OpRead, code)
		case wit.Ready:
			if fields != 0 {
				if b.resp.Trailer == nil {
					b.resp.Trailer = make(http.Header)
				}
				fields.Entries(func(key, value string) { b.resp.Trailer.Add(key, value) })
				fields.Drop()
			}
			x.mu.Unlock()
			return nil
		}
		x.begin(&x.trailerWait, x.trailer.Subscribe)
		x.mu.Unlock()
		x.wait(&x.trailerWait)
		x.mu.Lock()
	}
}
