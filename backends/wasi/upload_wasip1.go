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

// uploadBuffer is how much of a request body is gathered. Hosts that let a program write
// a megabyte at a time make it wait after each write, however short; a large
// piece makes the wait worth it.
const uploadBuffer = 256 << 10

// upload sends a request body. One goroutine reads the caller's reader into a ring, and
// another writes what is there to the host. There is one thread, so the writer gets
// its turn when the reader has filled the ring or has to wait: while the caller has
// more at once it is gathered, and when not it is sent at once.
type upload struct {
	x    *exchange
	body io.ReadCloser // closed by write, at its end
	req  *http.Request // for its Trailer, which the caller may fill in while it is read

	filled chan struct{} // for the writer: there is something new
	room   chan struct{} // for the reader: there is room

	mu   sync.Mutex
	ring []byte
	r, w int   // bytes written to the host, and read from the caller, so far
	err  error // the reader's end: io.EOF or a failure
}

func startUpload(x *exchange, req *http.Request) {
	size := uploadBuffer
	if req.ContentLength > 0 {
		size = int(min(req.ContentLength, uploadBuffer))
	}
	u := &upload{
		x: x, body: req.Body, req: req, ring: make([]byte, size),
		filled: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	go u.read()
	go u.write()
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// read copies from the caller to the ring until the body or the exchange ends.
func (u *upload) read() {
	for {
		u.mu.Lock()
		at := u.w % len(u.ring)
		p := u.ring[at:min(len(u.ring), at+len(u.ring)-(u.w-u.r))]
		u.mu.Unlock()
		if len(p) == 0 {
			select {
			case <-u.room:
				continue
			case <-u.x.done:
				return
			}
		}
		n, err := u.body.Read(p)
		u.mu.Lock()
		u.w += n
		u.err = err
		u.mu.Unlock()
		signal(u.filled)
		if err != nil {
			return
		}
		select {
		case <-u.x.done:
			return
		default:
		}
		if n == 0 {
			runtime.Gosched() // an idle reader may not stop the program
		}
	}
}

// write copies from the ring to the host, and finishes the body.
func (u *upload) write() {
	x := u.x
	defer func() {
		u.body.Close() // read may be inside the caller's Read for long
		x.mu.Lock()
		x.sending = false
		x.mu.Unlock()
		x.complete()
	}()
	for {
		u.mu.Lock()
		at := u.r % len(u.ring)
		p, err := u.ring[at:min(len(u.ring), at+u.w-u.r)], u.err
		u.mu.Unlock()
		switch {
		case len(p) > 0:
			n, ok := u.send(p)
			if !ok {
				return
			}
			u.mu.Lock()
			u.r += n
			u.mu.Unlock()
			signal(u.room)
		case err == io.EOF:
			u.finish()
			return
		case err != nil:
			x.end(&driver.Error{Op: driver.OpUpload, Backend: name, Err: err})
			return
		default:
			select {
			case <-u.filled:
			case <-x.done:
				return
			}
		}
	}
}

// send writes a part of p, as soon as the host takes any. It is false when the host
// takes no more: then the response, or its failure, says why.
func (u *upload) send(p []byte) (int, bool) {
	x := u.x
	for {
		x.mu.Lock()
		if x.ended {
			x.mu.Unlock()
			return 0, false
		}
		n, status, why := x.out.CheckWrite()
		if status == wit.OK && n > 0 {
			n = min(n, len(p))
			status, why = x.out.Write(p[:n])
			if status == wit.OK {
				x.mu.Unlock()
				return n, true
			}
		}
		if status != wit.OK {
			if status == wit.Failed {
				why.Drop()
			}
			x.mu.Unlock()
			return 0, false
		}
		x.begin(&x.outWait, x.out.Subscribe)
		x.mu.Unlock()
		if !x.wait(&x.outWait) {
			return 0, false
		}
	}
}

// finish waits until the host has passed everything on, and tells it that the body is
// complete, with the trailers.
func (u *upload) finish() {
	x := u.x
	x.mu.Lock()
	if !x.ended {
		if status, why := x.out.Flush(); status == wit.Failed {
			why.Drop()
		}
	}
	for {
		if x.ended {
			x.mu.Unlock()
			return
		}
		n, status, why := x.out.CheckWrite()
		if status == wit.Failed {
			why.Drop()
		}
		if n > 0 || status != wit.OK {
			break
		}
		x.begin(&x.outWait, x.out.Subscribe)
		x.mu.Unlock()
		x.wait(&x.outWait)
		x.mu.Lock()
	}
	defer x.mu.Unlock()
	x.outWait.drop()
	release(&x.out)
	b := x.outBody
	x.outBody = 0 // Finish takes it
	// Every byte has been written; if the host finds fault with that, the response
	// fails as well.
	b.Finish(u.trailer())
}

// trailer returns the trailers, for Finish to take, or 0.
func (u *upload) trailer() wit.Fields {
	if !sendsTrailer(u.req) {
		return 0
	}
	f := wit.NewFields()
	for key, values := range u.req.Trailer {
		for _, v := range values {
			f.Append(key, v)
		}
	}
	return f
}
