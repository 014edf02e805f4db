// SPDX-License-Identifier: MIT

package retry

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/isohttp/isohttp/transport/driver"
)

// Reasons why a body is not sent again.
const (
	reasonNoWay   = "body cannot be sent again"
	reasonGetBody = "GetBody failed"
	reasonSeek    = "Seek failed"
)

// replay hands out a request's body, once for each try. It owns the caller's body where it
// reads that itself (source is set), and a body from GetBody until it is handed out;
// otherwise each body that it hands out belongs to the transport that gets it.
type replay struct {
	original io.ReadCloser
	source   source                        // reads the original and goes back; nil without
	again    func() (io.ReadCloser, error) // Request.GetBody; nil without
	opened   bool
	ready    io.ReadCloser // from again, for the next try

	turn   chan struct{} // filled by who uses source
	wanted atomic.Bool   // prepare waits for its turn

	mu   sync.Mutex
	last *tryBody // the one handed out last, over source
	over bool     // no further try will come
	once sync.Once
}

// source is the original body, read by one try at a time. Its methods are called one at
// a time.
type source interface {
	io.Reader
	// hold goes back to the start, after which a Read fails until release. It returns
	// why it could not; the try that reads may go on then.
	hold() (reason string)
	// release lets the next try read.
	release()
}

// newReplay returns nil for a request without a body.
func newReplay(req *http.Request, limit int64) *replay {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	r := &replay{original: req.Body, again: req.GetBody, turn: make(chan struct{}, 1)}
	// Seek comes first: where a body has both, as azcore's, GetBody gives the same stream
	// and not another one, with a Close that really closes it.
	if s, ok := req.Body.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil {
			r.source = &seekSource{from: s, start: start}
			return r
		}
	}
	if r.again == nil && limit > 0 && req.ContentLength <= limit {
		r.source = &copySource{from: req.Body, limit: limit, wanted: &r.wanted}
	}
	return r
}

// prepare makes sure of the body for another try, while what the last one came to is still
// there to be returned. It returns the reason why there is none. The body that was handed out
// last need not be read to its end after a success, and is as it was otherwise.
func (r *replay) prepare(ctx context.Context) (reason string) {
	switch {
	case r == nil:
		return ""
	case r.source != nil:
		return r.holdSource(ctx)
	case r.again == nil:
		return reasonNoWay
	}
	body, err := r.again()
	if err != nil || body == nil {
		return reasonGetBody
	}
	r.ready = body
	return ""
}

// holdSource waits for a Read that is under way: only then is it known what it brings. The
// end of ctx, which the caller looks at, ends that.
func (r *replay) holdSource(ctx context.Context) (reason string) {
	r.wanted.Store(true)
	defer r.wanted.Store(false)
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
		return r.source.hold()
	case <-ctx.Done():
		return reasonNoWay
	}
}

// open returns the body for the next try. It waits until the try before has let go of its
// own, which a transport may do after it has returned, and even after its response was closed.
func (r *replay) open(ctx context.Context) (io.ReadCloser, error) {
	first := !r.opened
	r.opened = true
	switch {
	case r.source == nil && first:
		return r.original, nil
	case r.source == nil:
		body := r.ready
		r.ready = nil
		return body, nil
	case !first:
		select {
		case <-r.last.idle:
		case <-ctx.Done():
			return nil, driver.ContextError(ctx, driver.OpUpload, "")
		}
		r.source.release() // no Read is under way any more
	}
	b := &tryBody{replay: r, idle: make(chan struct{})}
	r.mu.Lock()
	r.last = b
	r.mu.Unlock()
	return b, nil
}

// finish says that no further try will come. The original is closed now, or when the last
// try, whose response may be in before its body is sent, lets go of it.
func (r *replay) finish() {
	if r == nil {
		return
	}
	if r.ready != nil {
		r.ready.Close()
	}
	r.mu.Lock()
	r.over = true
	unused := r.last == nil || r.last.isClosed()
	r.mu.Unlock()
	if r.source != nil && unused {
		r.once.Do(func() { r.original.Close() })
	}
}

// released is called when a try closes its body.
func (r *replay) released() error {
	r.mu.Lock()
	over := r.over
	r.mu.Unlock()
	var err error
	if over {
		r.once.Do(func() { err = r.original.Close() })
	}
	return err
}

// tryBody is the body of one try. It lets no Read through after it was closed, and tells
// when the last one is over: the source's next reader starts then.
type tryBody struct {
	replay *replay
	idle   chan struct{} // closed when closed and not reading

	mu      sync.Mutex
	reading bool
	closed  bool
}

// Read implements io.Reader.
func (b *tryBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	}
	b.reading = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.reading = false
		if b.closed {
			close(b.idle)
		}
	}()
	b.replay.turn <- struct{}{}
	defer func() { <-b.replay.turn }()
	return b.replay.source.Read(p)
}

// Close implements io.Closer.
func (b *tryBody) Close() error {
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	if first && !b.reading {
		close(b.idle)
	}
	b.mu.Unlock()
	if !first {
		return nil
	}
	return b.replay.released()
}

func (b *tryBody) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}
