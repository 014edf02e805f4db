// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

const (
	// smallBody is up to which length a body is read by the plain reader, in bytes.
	smallBody = 64 << 10

	// directRead is from which size on a caller's buffer is worth a crossing of its
	// own, in bytes. Smaller ones are served from a copy of the chunk.
	directRead = 32 << 10
)

// body is a response body. It owns the reader and the watch on the context.
type body struct {
	*exchange
	quit    chan struct{} // closed by Close
	once    sync.Once
	unwatch func() bool // ends the watch on the context; nil without one

	mu      sync.Mutex      // held while reading
	reader  *jsfetch.Reader // nil once released
	buf     []byte          // a buffer of the Runtime's pool; nil until one is needed
	pending []byte          // the part of buf that has not been delivered
	left    int64           // how many bytes are still to come; -1 when unknown
	err     error           // what Read returns when pending is empty
}

var _ io.WriterTo = (*body)(nil)

// watch makes the end of the context end the transfer, also between reads.
func (b *body) watch() {
	if b.ctx.Done() == nil {
		return
	}
	b.unwatch = context.AfterFunc(b.ctx, func() {
		b.exchange.stop()
		b.up.end()
	})
}

// Read reads from the body. It ends when the context does, or the body is closed.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.unlock()
	if b.closed() {
		return 0, http.ErrBodyReadAfterClose
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(b.pending) == 0 {
		if err := b.chunk(); err != nil {
			return 0, err
		}
		if len(p) >= directRead || len(p) >= b.reader.Buffered() {
			return b.copy(p)
		}
		if err := b.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.pending)
	b.pending = b.pending[n:]
	return n, nil
}

// WriteTo writes what is left of the body to w, in the chunks that arrive.
func (b *body) WriteTo(w io.Writer) (written int64, err error) {
	b.mu.Lock()
	defer b.unlock()
	for {
		if b.closed() {
			return written, http.ErrBodyReadAfterClose
		}
		if len(b.pending) == 0 {
			err := b.chunk()
			if err == nil {
				err = b.fill()
			}
			if err == io.EOF {
				return written, nil
			}
			if err != nil {
				return written, err
			}
		}
		n, err := w.Write(b.pending)
		if n < 0 || n > len(b.pending) {
			n = 0
		}
		written += int64(n)
		short := n < len(b.pending)
		b.pending = b.pending[n:]
		if err != nil {
			return written, err
		}
		if short {
			return written, io.ErrShortWrite
		}
	}
}

// peek returns the first n bytes of the body, or fewer if it is shorter.
func (b *body) peek(n int) []byte {
	b.mu.Lock()
	defer b.unlock()
	for len(b.pending) < n && b.chunk() == nil {
		b.takeBuffer()
		m, err := b.copy(b.buf[len(b.pending):])
		if err != nil {
			break
		}
		b.pending = b.buf[:len(b.pending)+m]
	}
	return b.pending
}

// chunk makes sure that the reader has bytes, or returns why not.
func (b *body) chunk() error {
	if b.err != nil {
		return b.err
	}
	if b.reader.Buffered() > 0 {
		return nil
	}
	more, exc, ok := b.reader.Next(b.ctx.Done(), b.quit)
	switch {
	case !ok:
		if b.closed() {
			return http.ErrBodyReadAfterClose
		}
		b.fail(driver.ContextError(b.ctx, driver.OpRead, name))
	case exc != nil:
		b.fail(b.failure(exc))
	case !more && b.closed():
		return http.ErrBodyReadAfterClose // it ended because it was canceled
	case !more:
		b.fail(io.EOF)
		if b.unwatch != nil && b.up == nil {
			b.unwatch() // nothing is left that could be stopped
		}
	default:
		return nil
	}
	return b.err
}

// copy copies from the reader's chunk.
func (b *body) copy(p []byte) (int, error) {
	n, exc := b.reader.CopyTo(p)
	if b.left > 0 {
		b.left -= int64(n)
	}
	if exc != nil {
		b.fail(b.failure(exc))
		return n, b.err
	}
	return n, nil
}

// fill copies from the reader's chunk to the buffer.
func (b *body) fill() error {
	b.takeBuffer()
	n, err := b.copy(b.buf)
	b.pending = b.buf[:n]
	return err
}

func (b *body) takeBuffer() {
	if b.buf == nil {
		b.buf = b.rt.TakeBuffer()
	}
}

// fail makes err what Read returns from now on, and lets go of what is not needed for that.
func (b *body) fail(err error) {
	b.err = err
	if err != io.EOF {
		b.tearDown(b.reader)
	}
	b.release()
}

// release gives back what the body holds. It is called with mu held.
func (b *body) release() {
	if b.reader != nil {
		b.reader.Release()
		b.reader = nil
	}
	if b.buf != nil && len(b.pending) == 0 {
		b.rt.PutBuffer(b.buf)
		b.buf = nil
	}
}

// failure returns the error for a read that was rejected.
func (b *body) failure(exc *jsfetch.Exception) error {
	if err := driver.ContextError(b.ctx, driver.OpRead, name); err != nil {
		return err
	}
	if b.closed() {
		return http.ErrBodyReadAfterClose
	}
	if err := b.up.failure(); err != nil {
		return err
	}
	e := newError(exc, b.secrets())
	kind, about := kindOf(e)
	e.err = standard(e, b.hostname)
	var cause error = e
	if about != "" {
		cause = &described{about, e}
	}
	return &driver.Error{Op: driver.OpRead, Kind: kind, Backend: name, Err: cause}
}

func (b *body) closed() bool {
	select {
	case <-b.quit:
		return true
	default:
		return false
	}
}

// Close stops the transfer on the wire and frees what the platform holds for it. It does
// not wait for a Read that is under way, which ends by itself.
func (b *body) Close() error {
	b.once.Do(func() {
		close(b.quit)
		if b.unwatch != nil {
			b.unwatch()
		}
		if b.mu.TryLock() {
			b.drop()
			b.pending = nil
			b.release()
			b.mu.Unlock()
		} else {
			// A reader is at work, so there is something to stop.
			b.tearDown(b.reader)
		}
		b.up.end()
	})
	return nil
}

// drop ends a transfer that nobody reads from. It is called with mu held.
func (b *body) drop() {
	switch {
	case b.err != nil:
		// It is over, except that the upload may go on after the response.
		if b.up != nil {
			b.exchange.stop()
		}
	case b.left == 0 && b.up == nil:
		b.reader.Finish()
	default:
		b.tearDown(b.reader)
	}
}

func (b *body) tearDown(reader *jsfetch.Reader) {
	if reader != nil {
		reader.Cancel()
	}
	b.exchange.stop()
}

// unlock ends a read. If the body was closed meanwhile, it does what Close could not.
func (b *body) unlock() {
	b.mu.Unlock()
	if b.closed() && b.mu.TryLock() {
		b.pending = nil
		b.release()
		b.mu.Unlock()
	}
}
