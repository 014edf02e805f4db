// SPDX-License-Identifier: MIT

package transport

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// readGrace is how long the end of a failed call waits for a Read of the caller's body
// that is under way. Callers such as azcore seek and send the same reader again at once;
// a reader in memory or on disk is done long before, and a stuck one costs no more.
const readGrace = 100 * time.Millisecond

// upload is the request body of one call: what a backend reads through, and what stops
// when the call is over. A nil upload is a call without a body.
type upload struct {
	mu      sync.Mutex
	call    *call
	bodies  []*requestBody // the first, and one for each GetBody of the backend
	stopped bool
}

// newUpload returns out with a guarded body in place of its own, and the guard. out is copied if
// it is still the caller's own request.
func newUpload(req, out *http.Request, c *call) (*upload, *http.Request) {
	if out == req {
		out = new(http.Request)
		*out = *req
	}
	up := &upload{call: c}
	length := out.ContentLength
	out.Body = up.add(out.Body, length)
	if getBody := out.GetBody; getBody != nil {
		out.GetBody = func() (io.ReadCloser, error) {
			body, err := getBody()
			if err != nil {
				return nil, err
			}
			return up.add(body, length), nil
		}
	}
	return up, out
}

func (up *upload) add(src io.ReadCloser, length int64) io.ReadCloser {
	b := &requestBody{src: src, length: length, call: up.call}
	_, b.atHand = src.(io.Seeker)
	if _, file := src.(interface{ Fd() uintptr }); file {
		b.atHand = false // it may be a pipe, and a regular one of that length has a guard of its own
	}
	up.mu.Lock()
	if len(up.bodies) > 0 {
		up.call.again()
	}
	up.bodies = append(up.bodies, b)
	stopped := up.stopped
	up.mu.Unlock()
	if stopped {
		b.Close()
	}
	return b.guard()
}

// stop ends the upload: no Read of the caller's body starts after it has returned, and
// the body is closed.
func (up *upload) stop() {
	if up == nil {
		return
	}
	up.mu.Lock()
	up.stopped = true
	bodies := up.bodies
	up.mu.Unlock()
	for _, b := range bodies {
		b.Close()
	}
}

// over ends the upload if all of it is done, and reports whether it is: every body is closed, and
// nothing reads it. It does not wait. A nil upload is over.
func (up *upload) over() bool {
	if up == nil {
		return true
	}
	up.mu.Lock()
	defer up.mu.Unlock()
	for _, b := range up.bodies {
		if !b.done() {
			return false
		}
	}
	up.stopped = true
	return true
}

// failure returns what the caller's own reader did wrong, if it did.
func (up *upload) failure() *Error {
	if up == nil {
		return nil
	}
	up.mu.Lock()
	defer up.mu.Unlock()
	for _, b := range up.bodies {
		if err := b.failure(); err != nil {
			return err
		}
	}
	return nil
}

// requestBody guards a caller's body. It delivers exactly length bytes or fails; the last
// one is held back until the reader has said that there are no more, for once all
// declared bytes are out the server has a complete message that nothing can take back. Files are
// an exception where the system copies them, see fileBody.
type requestBody struct {
	src    io.ReadCloser
	length int64 // declared; -1 when unknown
	atHand bool  // src does not wait at its end: all of it is there
	call   *call

	// The fields below belong to the Read that is under way. There is one at a
	// time: backends read a body from one goroutine.
	got   int64 // bytes taken from src
	given int64 // bytes that Read has returned
	last  byte  // the held-back byte
	held  bool
	end   error // what src ended with, once it has

	mu      sync.Mutex
	closed  bool
	gone    chan struct{} // made by the first Close, and closed once src is
	reading bool
	idle    chan struct{} // made by a Close that waits for the Read under way, which closes it
	fault   *Error
}

var errUploadOver = errors.New("the call is over")

// Read reads from the caller's body.
func (b *requestBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return 0, errUploadOver
	}
	b.reading = true
	b.mu.Unlock()

	n, err := b.read(p)
	b.given += int64(n)
	if fault := b.call.sent(b.given, err); fault != nil {
		n, err = 0, fault
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	if b.idle != nil {
		close(b.idle)
	}
	if b.closed {
		return 0, errUploadOver
	}
	if fault, ok := err.(*Error); ok {
		b.fault = fault
	}
	return n, err
}

func (b *requestBody) read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if b.length < 0 {
		if b.end != nil {
			return 0, b.end
		}
		n, err := b.readSource(p)
		b.end = err
		return n, err
	}
	if b.held {
		return b.readLast(p)
	}
	if b.end != nil {
		return 0, b.end
	}
	n, err := b.readSource(p)
	b.got += int64(n)
	b.end = err
	switch {
	case b.got > b.length:
		b.end = b.tooLong()
		return 0, b.end
	case err == io.EOF && b.got < b.length:
		b.end = &Error{Op: driver.OpUpload, Kind: KindInvalid, Err: shortBody{b.got, b.length}}
		return 0, b.end
	case err != nil && err != io.EOF:
		return 0, err
	case b.got == b.length && err == nil && b.atHand:
		return b.whole(n)
	case b.got == b.length && err == nil:
		n--
		b.last, b.held = p[n], true
		if n == 0 {
			return b.readLast(p)
		}
	}
	return n, err
}

// whole asks a reader that does not wait for its end at once, and then delivers all n bytes. To hold
// one back would cost a packet of its own.
func (b *requestBody) whole(n int) (int, error) {
	var extra [1]byte
	m, err := b.readSource(extra[:])
	if m > 0 {
		err = b.tooLong()
	}
	if b.end = err; err != io.EOF {
		return 0, err
	}
	return n, io.EOF
}

// readLast asks the reader for its end, and then delivers the byte that was held back.
func (b *requestBody) readLast(p []byte) (int, error) {
	var extra [1]byte
	n, err := b.readSource(extra[:])
	switch {
	case n > 0:
		b.held, b.end = false, b.tooLong()
	case err == io.EOF:
		b.held, b.end = false, io.EOF
		p[0] = b.last
		return 1, io.EOF
	default:
		b.held, b.end = false, err
	}
	return 0, b.end
}

func (b *requestBody) tooLong() error {
	return &Error{Op: driver.OpUpload, Kind: KindInvalid, Err: errorText(
		"request body is longer than Request.ContentLength " + strconv.FormatInt(b.length, 10))}
}

// shortBody is a reader that ended before the declared length. It matches
// io.ErrUnexpectedEOF.
type shortBody struct{ got, declared int64 }

func (s shortBody) Error() string {
	return "request body ended after " + strconv.FormatInt(s.got, 10) + " of " + strconv.FormatInt(s.declared, 10) + " bytes"
}

func (s shortBody) Is(target error) bool { return target == io.ErrUnexpectedEOF }

// maxEmptyReads is how often a reader may return nothing and no error in a row.
const maxEmptyReads = 100

// readSource calls the caller's Read until it gives something, and keeps to the law of
// io.Reader for it. The reader runs in a goroutine of the platform's, where a panic
// would end the program. Its errors other than io.EOF are of type *Error.
func (b *requestBody) readSource(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, &Error{Op: driver.OpUpload, Kind: KindInvalid, Err: panicError(v)}
		}
	}()
	for range maxEmptyReads {
		n, err = b.src.Read(p)
		if n < 0 || n > len(p) {
			return 0, &Error{Op: driver.OpUpload, Kind: KindInvalid, Err: errorText("request body returned an impossible count from Read")}
		}
		if err != nil && err != io.EOF {
			// Also for an *Error: one of another call's, whose body is being sent on.
			return n, &Error{Op: driver.OpUpload, Kind: kindOf(err), Err: cleaned(err)}
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, &Error{Op: driver.OpUpload, Kind: KindOther, Err: io.ErrNoProgress}
}

func (b *requestBody) failure() *Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}

// Close closes the caller's body, once, and returns when that is done. A Read that is under
// way is waited for, but not for long: it may be stuck, and closing the body may be what
// frees it. A body whose Close waits for such a Read is left to close when that is over.
func (b *requestBody) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		awaitGrace(b.gone) // set before closed was
		return nil
	}
	b.gone = make(chan struct{})
	b.closed = true
	if b.reading {
		b.idle = make(chan struct{})
	}
	idle := b.idle
	b.mu.Unlock()
	if idle != nil && !awaitGrace(idle) {
		go func() {
			defer close(b.gone)
			b.closeSource()
		}()
		awaitGrace(b.gone)
		return nil
	}
	defer close(b.gone)
	return b.closeSource()
}

// done reports whether the caller's body is closed, and no Read of it is under way.
func (b *requestBody) done() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-b.gone: // never before the first Close: it is nil then
		return !b.reading
	default:
		return false
	}
}

// awaitGrace waits for readGrace at most, and reports whether done was closed by then.
func awaitGrace(done <-chan struct{}) bool {
	timer := time.NewTimer(readGrace)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

func (b *requestBody) closeSource() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{Op: driver.OpUpload, Kind: KindInvalid, Err: panicError(v)}
		}
	}()
	return b.src.Close()
}
