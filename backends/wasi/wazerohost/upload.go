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
type upload struct {
	g *guest

	mu      sync.Mutex
	change  sync.Cond // for the reader: there is something to do
	buf     ring
	size    int   // of the buffer, made at the first write
	length  int64 // the declared length, or -1; set before the exchange begins
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

func newUpload(g *guest) *upload {
	u := &upload{g: g, length: -1, size: g.host.limits.BufferBytes}
	u.change.L = &u.mu
	return u
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
	u.buf.recycle()
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
		u.buf.recycle()
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
	case u.buf.buf == nil:
		return u.size, nil
	}
	return u.buf.space(), nil
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
		u.change.Broadcast()
		return u.err
	case len(p) == 0:
		return nil
	}
	if u.buf.buf == nil {
		u.buf.open(&u.g.host.buffers)
	}
	if len(p) > u.buf.space() {
		panic(trap("a write beyond what check-write granted"))
	}
	u.buf.write(p)
	u.written += int64(len(p))
	u.change.Signal()
	return nil
}

// ready makes upload a source: a stream can be written to, or never will be.
func (u *upload) ready() bool {
	n, err := u.room()
	return n > 0 || err != nil
}
