// SPDX-License-Identifier: MIT

package wazerohost

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// errClosed is the end of a stream, as the case "closed" of stream-error.
var errClosed = errors.New("closed")

// download is a response body on its way: a goroutine reads ahead of the guest, as far as
// the buffer allows, so that poll knows when there is something.
type download struct {
	x    *exchange
	resp *http.Response // its Body is owned: closed by the goroutine, or by stop if there is none

	mu      sync.Mutex
	change  sync.Cond // for the goroutine: there is room, or the guest has gone
	buf     ring
	running bool  // the goroutine exists and uses buf
	discard bool  // read on to the end, but keep nothing: only the trailers matter
	stopped bool  // the guest has gone
	err     error // what comes after what is in buf: errClosed or a *codeError
}

func newDownload(x *exchange, resp *http.Response) *download {
	d := &download{x: x, resp: resp}
	d.change.L = &d.mu
	return d
}

// start begins to read the body.
func (d *download) start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running || d.stopped || d.err != nil {
		return
	}
	if d.resp.Body == http.NoBody {
		d.err = errClosed
		return
	}
	d.buf.open(&d.x.g.host.buffers)
	d.running = true
	d.x.g.host.spawn(d.run)
}

func (d *download) run() {
	// A piece is at most a quarter of the buffer, so that both ends work at the same time.
	piece := d.x.g.host.limits.BufferBytes / 4
	for {
		d.mu.Lock()
		for d.buf.space() == 0 && !d.stopped && !d.discard {
			d.change.Wait()
		}
		if d.discard {
			d.buf.r = d.buf.w
		}
		if d.stopped {
			d.end(errClosed)
			d.mu.Unlock()
			d.resp.Body.Close()
			return
		}
		p := d.buf.free()
		d.mu.Unlock()

		n, err := d.read(p[:min(len(p), piece)])

		d.mu.Lock()
		d.buf.commit(n)
		if err != nil {
			d.end(d.classify(err))
		}
		d.mu.Unlock()
		d.x.g.notify()
		if err != nil {
			d.resp.Body.Close()
			return
		}
	}
}

// read is one Read of the body, within the limit for the time between two of them.
func (d *download) read(p []byte) (int, error) {
	if limit := d.x.options.betweenBytes; limit > 0 {
		t := time.AfterFunc(limit, func() { d.x.cancel(&codeError{code: codeConnectionReadTimeout}) })
		defer t.Stop()
	}
	return d.resp.Body.Read(p)
}

func (d *download) classify(err error) error {
	if err == io.EOF {
		return errClosed
	}
	ce := classify(err, d.x.cause())
	if ce.code == codeConnectionTerminated {
		ce = &codeError{code: codeResponseIncomplete}
	}
	return ce
}

// end is called with the lock by the goroutine when it stops.
func (d *download) end(err error) {
	d.running, d.err = false, err
	if d.stopped || d.buf.len() == 0 {
		d.buf.recycle()
	}
}

// take copies up to n bytes into memory that dst returns, for the guest. Without any
// it returns why: nil when they are yet to come.
func (d *download) take(n int, dst func(n int) []byte) (int, error) {
	d.mu.Lock()
	n = min(n, d.buf.len())
	err := d.err
	d.mu.Unlock()
	if n == 0 {
		return 0, err
	}
	p := dst(n) // calls the guest, so not under the lock; only more can come meanwhile
	d.mu.Lock()
	defer d.mu.Unlock()
	n = d.buf.read(p)
	d.change.Signal()
	if d.buf.len() == 0 && !d.running {
		d.buf.recycle()
	}
	return n, nil
}

// ready makes download a source: there is something to read, or never will be.
func (d *download) ready() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.buf.len() > 0 || d.err != nil
}

// drain lets the rest of the body pass, for the trailers behind it.
func (d *download) drain() {
	d.start()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.discard = true
	if !d.running {
		d.buf.recycle()
	}
	d.change.Signal()
}

// ended returns how the body ended, or nil if it has not.
func (d *download) ended() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// stop ends the download. The exchange has been canceled, so a Read in progress returns.
func (d *download) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return
	}
	d.stopped = true
	switch {
	case d.running:
		d.change.Signal()
	case d.err == nil:
		d.err = errClosed
		d.x.g.host.spawn(func() { d.resp.Body.Close() })
	default:
		d.buf.recycle()
	}
}
