// SPDX-License-Identifier: MIT

package wazerohost

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// upload is a request body on its way: the guest writes at one end, and net/http reads at
// the other as its io.ReadCloser. The buffer between them is bounded, which is
// the back-pressure.
//
// Until the request is handed over, nobody reads and no exchange is counted. So there is
// only a little room then, and the buffer comes with the exchange.
type upload struct {
	g *guest

	mu      sync.Mutex
	change  sync.Cond // for the reader: there is something to do
	begun   bool      // the exchange has begun
	early   []byte    // what was written before it has
	buf     ring      // opened at the first write after it has
	length  int64     // the declared length, or -1; set by declare
	written int64
	ended   bool  // the guest has finished, or err is set
	err     error // why the reader is to fail
	gone    bool  // the reader will not read any more

	// trailer is the map of the request, with the names that were announced. Only
	// net/http's own goroutine touches it, in Read: it may be reading it before.
	trailer http.Header
	final   http.Header // what the guest has finished with
}

var errAborted = errors.New("the guest dropped the request body before its end")

// earlyBytes is how much of a body a guest may write before it hands the request over: one
// blocking write.
const earlyBytes = blockingWrite

func newUpload(g *guest) *upload {
	u := &upload{g: g, length: -1}
	u.change.L = &u.mu
	return u
}

// declare sets the length that the request's fields have, or -1. It fails when what was
// written already does not go with it. It is called before begin.
func (u *upload) declare(length int64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.length = length
	complete := u.ended && u.err == nil
	if length >= 0 && (u.written > length || complete && u.written < length) {
		return u.sizeError()
	}
	return nil
}

// begin is called when the exchange begins: from here on there is all the room.
func (u *upload) begin() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.begun = true
	if len(u.early) > 0 {
		u.buf.open(&u.g.host.buffers)
		u.buf.write(u.early) // BufferBytes is at least earlyBytes
		u.early = nil
	}
}

// recycle gives away what was written and not read.
func (u *upload) recycle() {
	u.early = nil
	u.buf.recycle()
}

// Read gives net/http what the guest has written. It blocks until there is something.
func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for {
		switch {
		case u.gone:
			return 0, errors.New("read of a closed request body")
		case u.err != nil:
			return 0, u.err
		case u.buf.len() > 0:
			n := u.buf.read(p)
			u.g.notify()
			return n, nil
		case u.ended:
			for name := range u.trailer {
				u.trailer[name] = u.final[name]
			}
			return 0, io.EOF
		}
		u.change.Wait()
	}
}

// Close is called by net/http when it needs no more of the body.
func (u *upload) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.gone = true
	u.recycle()
	u.change.Broadcast()
	u.g.notify()
	return nil
}

// abort makes the reader fail, unless the guest has finished the body.
func (u *upload) abort(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.ended {
		u.ended, u.err = true, err
		u.recycle()
		u.change.Broadcast()
		u.g.notify()
	}
}

// finish ends the body. It fails when the length is not the declared one.
func (u *upload) finish(trailer http.Header) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.ended:
		return nil
	case u.length >= 0 && u.written != u.length:
		u.ended, u.err = true, u.sizeError()
		u.recycle()
		u.change.Broadcast()
		return u.err
	}
	u.ended, u.final = true, trailer
	u.change.Broadcast()
	return nil
}

func (u *upload) sizeError() error {
	return &codeError{code: codeRequestBodySize, size: uint64(u.written)}
}

// room returns how much the guest may write, and whether it may at all.
func (u *upload) room() (n int, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.err != nil:
		return 0, u.err
	case u.gone || u.ended:
		return 0, errClosed
	}
	return u.space(), nil
}

func (u *upload) space() int {
	switch {
	case !u.begun:
		return earlyBytes - len(u.early)
	case u.buf.buf == nil:
		return u.g.host.limits.BufferBytes
	}
	return u.buf.space()
}

// write takes what the guest writes.
func (u *upload) write(p []byte) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.err != nil:
		return u.err
	case u.gone || u.ended:
		return errClosed
	case u.length >= 0 && u.written+int64(len(p)) > u.length:
		u.written += int64(len(p))
		u.ended, u.err = true, u.sizeError()
		u.recycle()
		u.change.Broadcast()
		return u.err
	case len(p) == 0:
		return nil
	}
	if len(p) > u.space() {
		panic(trap("a write beyond what check-write granted"))
	}
	switch {
	case !u.begun && u.early == nil:
		u.early = append(make([]byte, 0, earlyBytes), p...)
	case !u.begun:
		u.early = append(u.early, p...)
	default:
		if u.buf.buf == nil {
			u.buf.open(&u.g.host.buffers)
		}
		u.buf.write(p)
	}
	u.written += int64(len(p))
	u.change.Signal()
	return nil
}

// ready makes upload a source: a stream can be written to, or never will be.
func (u *upload) ready() bool {
	n, err := u.room()
	return n > 0 || err != nil
}
