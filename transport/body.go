// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// responseBody is the body of every response: errors have a class, reads end with the
// context, a short body is never a clean end, and Close may come at any time.
type responseBody struct {
	src    io.ReadCloser
	ctx    context.Context
	t      *Transport
	req    *http.Request // as the backend has it
	call   *call
	up     *upload // the request's body; over when this one is closed
	closed atomic.Bool

	// Owned by the goroutine that reads.
	length int64 // declared; -1 when unknown
	remain int64 // bytes still to come; of an unknown length, more than there can be
	err    error // what every further Read returns
}

// remaining returns remain of a body of the given length of which nothing has been read.
func remaining(length int64) int64 {
	if length < 0 {
		return math.MaxInt64
	}
	return length
}

// Read implements io.Reader.
func (b *responseBody) Read(p []byte) (int, error) {
	if err := b.ready(); err != nil || len(p) == 0 {
		return 0, err
	}
	n, err := b.read(p)
	n, over := b.count(n, len(p))
	if over || b.call != nil {
		return b.report(n, over, err)
	}
	if err == nil {
		return n, nil
	}
	return n, b.fail(err)
}

// read is the platform's Read. It is by itself, for every return of a function that recovers is long.
func (b *responseBody) read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, panicked(driver.OpRead, v)
		}
	}()
	return b.src.Read(p)
}

// report ends a Read of n bytes of a call that has a state, or of more than there may be.
func (b *responseBody) report(n int, over bool, err error) (int, error) {
	if fault := b.call.received(n); fault != nil {
		return n, b.ended(fault)
	}
	switch {
	case over:
		return n, b.ended(io.EOF)
	case err == nil:
		return n, nil
	}
	return n, b.fail(err)
}

// piecesBody is the body over a platform that hands out pieces of its own size.
type piecesBody struct {
	*responseBody
	pieces io.WriterTo
}

// WriteTo implements io.WriterTo, so that io.Copy takes the platform's own pieces.
func (b *piecesBody) WriteTo(w io.Writer) (int64, error) {
	if err := b.ready(); err != nil {
		if err == io.EOF {
			err = nil
		}
		return 0, err
	}
	return b.writeTo(w)
}

func (b *piecesBody) writeTo(w io.Writer) (n int64, err error) {
	sink := &countingWriter{body: b.responseBody, w: w}
	defer func() {
		if v := recover(); v != nil {
			n, err = sink.written, b.fail(panicked(driver.OpRead, v))
		}
	}()
	_, err = b.pieces.WriteTo(sink)
	switch {
	case sink.err != nil:
		return sink.written, sink.err // the caller's writer failed, not the body
	case sink.over:
		b.ended(io.EOF)
		return sink.written, nil
	case err == nil:
		err = io.EOF
	}
	if err = b.fail(err); err == io.EOF {
		err = nil
	}
	return sink.written, err
}

// countingWriter is what a platform's WriteTo writes to.
type countingWriter struct {
	body    *responseBody
	w       io.Writer
	written int64
	over    bool  // more came than Content-Length allows
	err     error // of w
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, over := c.body.count(len(p), len(p))
	if c.err = c.body.call.received(n); c.err != nil {
		return 0, c.body.ended(c.err)
	}
	m, err := c.w.Write(p[:n])
	c.written += int64(m)
	if err == nil && m < n {
		err = io.ErrShortWrite
	}
	if c.err = err; err != nil {
		return m, err
	}
	if c.over = over; over {
		return m, io.ErrShortWrite // ends the platform's loop
	}
	return m, nil
}

// ready returns the error of a Read that is not to reach the platform any more.
func (b *responseBody) ready() error {
	if b.closed.Load() {
		return http.ErrBodyReadAfterClose
	}
	if b.err != nil {
		return b.err
	}
	// With all bytes delivered, only the end is missing, and a context that ends
	// now has nothing left to stop.
	if b.remain != 0 && b.ctx.Err() != nil {
		return b.ended(driver.ContextError(b.ctx, driver.OpRead, ""))
	}
	return nil
}

// count takes note of n bytes that have come into a buffer of size limit. It returns how
// many of them belong to the body, and whether the platform gave more than that.
func (b *responseBody) count(n, limit int) (int, bool) {
	n = max(0, min(n, limit))
	over := int64(n) > b.remain
	if over {
		n = int(b.remain)
	}
	b.remain -= int64(n)
	return n, over
}

// fail turns what the platform's Read returned into what the caller gets, now and from
// every further Read.
func (b *responseBody) fail(err error) error {
	if err == io.EOF && (b.remain == 0 || b.length < 0) && !b.closed.Load() {
		return b.ended(err)
	}
	return b.broken(err)
}

// broken is fail for all but the end of a whole body.
func (b *responseBody) broken(err error) error {
	switch {
	case b.closed.Load():
		// Also for io.EOF: some platforms report the end when the body is closed
		// under a Read, and a cut stream must not look whole.
		return http.ErrBodyReadAfterClose
	case err == io.EOF:
		err = &Error{Op: driver.OpRead, Kind: KindNetwork, Err: cutBody{b.length - b.remain, b.length}}
	default:
		e := b.t.bodyError(b.req, err)
		if e.Kind == KindTimeout {
			awaitDeadline(b.ctx)
		}
		err = e
	}
	if ce := driver.ContextError(b.ctx, driver.OpRead, ""); ce != nil {
		err = ce
	}
	return b.ended(err)
}

// ended settles what every further Read returns.
func (b *responseBody) ended(err error) error {
	b.err = err
	if b.call != nil {
		b.call.finish(err)
	}
	return err
}

// bodyError returns what err is that a platform's Read has returned for the response to req.
func (t *Transport) bodyError(req *http.Request, err error) (e *Error) {
	defer func() {
		if v := recover(); v != nil {
			e = panicked(driver.OpRead, v)
		}
	}()
	e, _ = err.(*Error)
	if e == nil && t.netHTTP != nil {
		e = t.netHTTP.BodyError(req, err)
	}
	if e == nil {
		e = asError(driver.OpRead, "", err)
	}
	switch {
	case e.Op != driver.OpRead, e.Kind != KindNetwork && e.Kind != KindTLS, e.Kind == KindNetwork && errors.Is(e, io.ErrUnexpectedEOF):
		return e
	case e.Err == nil:
		return &Error{Op: e.Op, Kind: KindNetwork, Backend: e.Backend, Err: io.ErrUnexpectedEOF}
	}
	// Whatever became of the connection, the body has ended too early. So it is with TLS: the peers
	// had agreed, and the server has answered. Before the response it need not be an accident of the
	// connection: in TLS 1.3 the client's handshake is over before the server has looked at the
	// client's certificate, and the alert that refuses it comes in place of the response.
	return &Error{Op: e.Op, Kind: KindNetwork, Backend: e.Backend, Err: brokenBody{e.Err}}
}

// brokenBody is a body that ended with the connection. It matches io.ErrUnexpectedEOF.
type brokenBody struct{ err error }

func (b brokenBody) Error() string   { return b.err.Error() + ": unexpected EOF" }
func (b brokenBody) Unwrap() []error { return []error{b.err, io.ErrUnexpectedEOF} }

// cutBody is a body that ended before its Content-Length. It matches
// io.ErrUnexpectedEOF.
type cutBody struct{ got, declared int64 }

func (c cutBody) Error() string {
	return "unexpected EOF after " + strconv.FormatInt(c.got, 10) + " of " + strconv.FormatInt(c.declared, 10) + " bytes"
}

func (c cutBody) Unwrap() error { return io.ErrUnexpectedEOF }

// Close stops the transfer and frees what the platform holds for it. It may be called at
// any time, from any goroutine and more than once; a Read that waits ends with an error.
func (b *responseBody) Close() (err error) {
	if b.closed.Swap(true) {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = panicked(driver.OpRead, v)
		}
		if b.up != nil {
			b.up.stop()
		}
		if b.call != nil {
			b.call.finish(nil)
		}
	}()
	if err := b.src.Close(); err != nil {
		return asError(driver.OpRead, "", err)
	}
	return nil
}

// awaitDeadline waits for the context of a call that a platform has ended for its
// deadline: the platform's timer may be a moment ahead of the context's, and the error is
// to have the context's cause.
func awaitDeadline(ctx context.Context) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= 0 {
		<-ctx.Done()
	}
}
