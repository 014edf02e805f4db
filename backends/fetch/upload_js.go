// SPDX-License-Identifier: MIT

package fetch

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"sync"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// keepaliveMax is the standard's limit for the body of a keepalive request, in bytes.
const keepaliveMax = 64 << 10

// body returns the request's body in a form that fetch can send, and its length. It sets
// x.up if the body streams.
func (x *exchange) body(limit int64) (int64, *jsfetch.RequestBody, error) {
	length := x.req.ContentLength
	if x.req.Body == nil || x.req.Body == http.NoBody {
		if x.req.Method == http.MethodPatch {
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
	case length >= 0 && x.facts.streamsLength():
		if length < jsfetch.BufferSize {
			ahead := x.readAhead()
			if data, err := ahead.all(); err == io.EOF {
				body, err := x.gatherFrom(&sliceReader{data}, length, limit)
				x.req.Body.Close()
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
		body, err := x.stream(length, x.req.Body, make(chan struct{}))
		return length, body, err
	case length < 0 && x.facts.streams && (!x.facts.page() || (x.init.StreamBody && !x.notes.refusedBefore(x.origin()))):
		body, err := x.stream(-1, x.req.Body, make(chan struct{}))
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

// gather reads the whole body before anything is sent, outside Go's memory. It ends with the
// context also while the caller's Read is stuck.
func (x *exchange) gather(length, limit int64) (*jsfetch.RequestBody, error) {
	if length > limit {
		return nil, tooLarge("the request body")
	}
	type result struct {
		body *jsfetch.RequestBody
		err  error
	}
	done := make(chan result, 1)
	go func() {
		body, err := x.gatherFrom(x.req.Body, length, limit)
		done <- result{body, err}
	}()
	select {
	case r := <-done:
		x.req.Body.Close()
		return r.body, r.err
	case <-x.ctx.Done():
		return nil, driver.ContextError(x.ctx, driver.OpUpload, name)
	}
}

func (x *exchange) gatherFrom(src io.Reader, length, limit int64) (*jsfetch.RequestBody, error) {
	g, exc := x.rt.NewGather(length)
	if exc != nil {
		return nil, x.gatherError(exc)
	}
	buf := x.rt.TakeBuffer()
	defer x.rt.PutBuffer(buf)
	for {
		if err := driver.ContextError(x.ctx, driver.OpUpload, name); err != nil {
			return nil, err
		}
		n, err := src.Read(buf)
		total := int64(g.Len()) + int64(n)
		if total > limit {
			return nil, tooLarge("the request body")
		}
		if length >= 0 && total > length {
			return nil, &driver.Error{Op: driver.OpUpload, Kind: driver.KindInvalid, Backend: name, Err: errorText("the request body is longer than declared")}
		}
		if exc := g.Write(buf[:n]); exc != nil {
			return nil, x.gatherError(exc)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, uploadError(err)
		}
	}
	if length >= 0 && int64(g.Len()) < length {
		return nil, uploadError(&described{"the request body is shorter than declared", io.ErrUnexpectedEOF})
	}
	body, exc := g.Body()
	if exc != nil {
		return nil, x.gatherError(exc)
	}
	return body, nil
}

// gatherError returns the error for memory that the platform did not give, or a Blob that it
// could not make.
func (x *exchange) gatherError(exc *jsfetch.Exception) error {
	kind := driver.KindOther
	if exc.Name == "RangeError" {
		kind = driver.KindLimit
	}
	return &driver.Error{Op: driver.OpUpload, Kind: kind, Backend: name,
		Err: &described{"the request body could not be gathered", newError(exc, secrets(x.req))}}
}

// eofReader is an empty body.
type eofReader struct{}

func (eofReader) Read([]byte) (int, error) { return 0, io.EOF }

// sliceReader reads from a slice once.
type sliceReader struct{ data []byte }

func (r *sliceReader) Read(p []byte) (int, error) {
	n := copy(p, r.data)
	if r.data = r.data[n:]; len(r.data) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// ahead reads a small body in a goroutine of its own, so that one that is there at once can
// be sent as a whole, which costs a tenth of a stream, while a slow one still streams.
type ahead struct {
	mu    sync.Mutex
	data  []byte // read and not yet taken
	err   error
	moved chan struct{} // has room for one
	quit  chan struct{} // closed when nobody is going to take any more
}

func (x *exchange) readAhead() *ahead {
	a := &ahead{moved: make(chan struct{}, 1), quit: make(chan struct{})}
	go func() {
		buf := x.rt.TakeBuffer()
		defer x.rt.PutBuffer(buf)
		for err := error(nil); err == nil; {
			var n int
			n, err = x.req.Body.Read(buf)
			a.mu.Lock()
			a.data, a.err = append(a.data, buf[:n]...), err
			a.mu.Unlock()
			select {
			case <-a.quit:
				return
			default:
			}
			select {
			case a.moved <- struct{}{}:
			default:
			}
		}
	}()
	return a
}

// all returns the whole body and io.EOF if it can be had without waiting: the reader's
// goroutine runs until it blocks. It may also be held up by the collector, hence the
// further turns; too few of them cost a stream where none was needed, no more.
func (a *ahead) all() ([]byte, error) {
	for range 4 {
		runtime.Gosched()
		a.mu.Lock()
		data, err := a.data, a.err
		a.mu.Unlock()
		if err != nil {
			return data, err
		}
	}
	return nil, nil
}

var errOver = errors.New("the exchange is over")

// Read waits for data.
func (a *ahead) Read(p []byte) (int, error) {
	for {
		a.mu.Lock()
		n := copy(p, a.data)
		a.data = a.data[n:]
		var err error
		if len(a.data) == 0 {
			err = a.err
		}
		a.mu.Unlock()
		if n > 0 || err != nil {
			return n, err
		}
		select {
		case <-a.moved:
		case <-a.quit:
			return 0, errOver
		}
	}
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
			u.x.req.Body.Close()
			return
		case <-u.quit:
			more = false
		}
	}
	u.breakOff() // unless it has come to its end
}

// feed answers one wish of the platform. It reports whether there can be another.
func (u *upload) feed(buf []byte) bool {
	for !u.quits() {
		n, err := u.src.Read(buf)
		if u.quits() {
			break
		}
		if n > 0 {
			if exc := u.stream.Write(buf[:n]); exc != nil {
				u.finish() // the platform has canceled the stream
				u.x.req.Body.Close()
				return false
			}
		}
		switch {
		case err == io.EOF:
			u.finish()
			u.stream.Close()
			u.x.req.Body.Close()
			return false
		case err != nil:
			u.mu.Lock()
			u.err = uploadError(err)
			u.mu.Unlock()
			u.x.stop()
			u.x.req.Body.Close()
			return false
		case n > 0:
			return true
		}
	}
	return false
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
		u.x.req.Body.Close()
	})
}

// release gives up a stream that nothing has been read from, and leaves the caller's body
// alone.
func (u *upload) release() {
	u.once.Do(func() { close(u.quit) })
}
