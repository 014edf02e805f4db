// SPDX-License-Identifier: MIT

package retry

import (
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/isohttp/isohttp/transport/driver"
)

// replay hands out a request's body, once for each try. It owns the caller's body where it
// reads that itself (source is set); otherwise each body that it hands out belongs to
// the transport that gets it.
type replay struct {
	original io.ReadCloser
	source   source                        // reads the original and goes back; nil without
	again    func() (io.ReadCloser, error) // Request.GetBody; nil without
	opened   bool

	mu   sync.Mutex
	last *tryBody // the one handed out last, over source
	over bool     // no further try will come
	once sync.Once
}

// source is the original body, read by one try at a time.
type source interface {
	io.Reader
	// hold reports whether rewind is possible, and sees to it that it remains so.
	hold() bool
	// rewind goes back to the start. No Read is under way.
	rewind() error
}

// newReplay returns nil for a request without a body.
func newReplay(req *http.Request, limit int64) *replay {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	r := &replay{original: req.Body, again: req.GetBody}
	// Seek comes first: where a body has both, as azcore's, GetBody gives the same stream
	// and not another one, with a Close that really closes it.
	if s, ok := req.Body.(io.ReadSeeker); ok {
		if start, err := s.Seek(0, io.SeekCurrent); err == nil {
			r.source = &seekSource{s, start}
			return r
		}
	}
	if r.again == nil && req.ContentLength <= limit {
		r.source = &copySource{from: req.Body, limit: limit}
	}
	return r
}

// hold reports whether there is a body for another try. The one that was handed out last
// need not be read to its end any more.
func (r *replay) hold() bool {
	switch {
	case r == nil:
		return true
	case r.source != nil:
		return r.source.hold()
	}
	return r.again != nil
}

// open returns the body for the next try. It waits until the try before has let go of its
// own, which a transport may do after it has returned.
func (r *replay) open(ctx context.Context) (io.ReadCloser, error) {
	first := !r.opened
	r.opened = true
	if r.source == nil {
		if first {
			return r.original, nil
		}
		body, err := r.again()
		if err != nil {
			return nil, bodyError(err)
		}
		return body, nil
	}
	if !first {
		select {
		case <-r.last.idle:
		case <-ctx.Done():
			return nil, driver.ContextError(ctx, driver.OpUpload, "")
		}
		if err := r.source.rewind(); err != nil {
			return nil, bodyError(err)
		}
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

func bodyError(err error) error {
	return &driver.Error{Op: driver.OpUpload, Kind: driver.KindOther, Err: err}
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
