// SPDX-License-Identifier: MIT

package fetch

import (
	"io"
	"net/http"
	"sync"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// keepaliveMax is the standard's limit for the body of a keepalive request, in bytes.
const keepaliveMax = 64 << 10

// body returns the request's body in a form that fetch can send, and its length. It sets
// x.up if the body streams.
func (x *exchange) body(limit int64) (int64, *jsfetch.RequestBody, error) {
	length := x.length
	if x.reqBody == nil || x.reqBody == http.NoBody {
		if x.method == http.MethodPatch {
			// The standard sends Content-Length: 0 for POST and PUT only.
			body, err := x.gatherFrom(eofReader{}, 0, limit)
			return 0, body, err
		}
		return 0, nil, nil
	}
	if length == 0 {
		length = -1
	}
	if x.init.Keepalive && x.facts.page() && length > keepaliveMax {
		return 0, nil, tooLarge("a keepalive request's body")
	}
	switch {
	case x.init.Keepalive:
		// The Fetch standard refuses a stream then ("extract a body").
	case length >= 0 && x.facts.streamsLength():
		if length < jsfetch.BufferSize && length <= limit { // the limit is for what cannot stream
			ahead := x.readAhead()
			if data, err := ahead.all(); err == io.EOF {
				body, err := x.gatherFrom(&sliceReader{data}, length, limit)
				x.reqBody.Close()
				return length, body, err
			} else if err != nil {
				return 0, nil, uploadError(err)
			}
			body, err := x.stream(length, ahead, ahead.quit)
			if err != nil {
				close(ahead.quit)
			}
			return length, body, err
		}
		body, err := x.stream(length, x.reqBody, make(chan struct{}))
		return length, body, err
	case length < 0 && x.facts.streams && (!x.facts.page() || (x.init.StreamBody && !x.notes.refusedBefore(x.origin))):
		body, err := x.stream(-1, x.reqBody, make(chan struct{}))
		return -1, body, err
	}
	body, err := x.gather(length, limit)
	return length, body, err
}

// uploadError returns the error for a reader that failed.
func uploadError(err error) *driver.Error {
	if e, ok := err.(*driver.Error); ok {
		return e
	}
	return &driver.Error{Op: driver.OpUpload, Kind: driver.KindOther, Backend: name, Err: err}
}

func tooLarge(what string) *driver.Error {
	return &driver.Error{Op: driver.OpUpload, Kind: driver.KindLimit, Backend: name, Err: errorText(what + " is too large to be gathered")}
}

// maxEmptyReads is how often a reader may return nothing and no error in a row. While Go
// spins, JavaScript stands still.
const maxEmptyReads = 100

// readSome reads until there is something.
func readSome(r io.Reader, p []byte) (int, error) {
	for range maxEmptyReads {
		if n, err := r.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// upload sends a body while it is being read. Its methods work on nil, for a request
// without one.
type upload struct {
	x      *exchange
	stream *jsfetch.Stream
	src    io.Reader
	quit   chan struct{} // closed by end
	once   sync.Once

	mu   sync.Mutex
	over bool          // the stream has been closed, canceled or broken off
	err  *driver.Error // what the caller's reader failed with
}

// stream makes a streaming body of src, and the goroutine that feeds it.
func (x *exchange) stream(length int64, src io.Reader, quit chan struct{}) (*jsfetch.RequestBody, error) {
	// A failed upload has to take the exchange down with it.
	if err := x.makeAbort(); err != nil {
		return nil, err
	}
	stream, exc := x.rt.NewStream()
	if exc != nil {
		return nil, x.gatherError(exc)
	}
	body, exc := stream.Body(length)
	if exc != nil {
		stream.Release()
		return nil, x.gatherError(exc)
	}
	x.up = &upload{x: x, stream: stream, src: src, quit: quit}
	go x.up.run()
	return body, nil
}

// run reads as much as the platform asks for. It owns the stream, and releases it.
func (u *upload) run() {
	defer u.stream.Release()
	buf := u.x.rt.TakeBuffer()
	defer u.x.rt.PutBuffer(buf)
	for more := true; more; {
		select {
		case <-u.stream.Wanted():
			more = u.feed(buf)
		case <-u.stream.Canceled():
			u.finish()
			u.x.reqBody.Close()
			return
		case <-u.quit:
			more = false
		}
	}
	u.breakOff() // unless it has come to its end
}

// feed answers one wish of the platform. It reports whether there can be another.
func (u *upload) feed(buf []byte) bool {
	if u.quits() {
		return false
	}
	n, err := readSome(u.src, buf)
	if u.quits() {
		return false
	}
	if n > 0 {
		if exc := u.stream.Write(buf[:n]); exc != nil {
			// The platform has canceled the stream, or is out of memory.
			u.x.reqBody.Close()
			return false
		}
	}
	switch {
	case err == io.EOF:
		u.finish()
		u.stream.Close()
		u.x.reqBody.Close()
		return false
	case err != nil:
		u.mu.Lock()
		u.err = uploadError(err)
		u.mu.Unlock()
		u.x.stop()
		u.x.reqBody.Close()
		return false
	}
	return true
}

func (u *upload) quits() bool {
	select {
	case <-u.quit:
		return true
	default:
		return false
	}
}

// finish marks the stream as one that nothing has to be done about. It reports whether it
// was not before.
func (u *upload) finish() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	before := u.over
	u.over = true
	return !before
}

// breakOff makes the stream fail if it has not come to its end, so that the request is
// never completed. It reports whether it did.
func (u *upload) breakOff() bool {
	if !u.finish() {
		return false
	}
	select {
	case <-u.stream.Canceled():
		return false
	default:
	}
	u.stream.Fail("the request body was broken off")
	return true
}

// failure returns what the caller's reader failed with; nil if it did not.
func (u *upload) failure() error {
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil {
		return nil
	}
	return u.err
}

// end stops the upload: no further Read of the caller's body starts. It closes the body,
// which may be what frees a Read that is stuck.
func (u *upload) end() {
	if u == nil {
		return
	}
	u.once.Do(func() {
		close(u.quit)
		u.x.reqBody.Close()
	})
}

// release gives up a stream that nothing has been read from, and leaves the caller's body
// alone.
func (u *upload) release() {
	u.once.Do(func() { close(u.quit) })
}
