// SPDX-License-Identifier: MIT

package wasi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/isohttp/isohttp/backends/wasi/internal/wit"
	"github.com/isohttp/isohttp/transport/driver"
)

// exchange owns every handle of one request and its response, from the moment each is
// made. end is the one place where they are released early, and may be called at any
// time from any goroutine: by the context's end, by Close, by a failure, or when the
// last part is done. Handles that are 0 are not held.
type exchange struct {
	req      *http.Request // for the text of errors
	deadline time.Time     // of the context
	unwatch  func() bool
	done     chan struct{} // closed by end

	mu    sync.Mutex // held over calls to the host, none of which blocks
	ended bool
	err   error  // why, set by end; nil when it was closed or complete
	op    string // the step that an end of the context interrupts

	future  wit.FutureResponse
	outBody wit.OutgoingBody
	out     wit.OutputStream
	inBody  wit.IncomingBody
	in      wit.InputStream
	trailer wit.FutureTrailers

	// The pollables of the four that can be waited for are in their waiters.
	futureWait, outWait, inWait, trailerWait waiter

	sending   bool // the request body is not finished
	receiving bool // the response body is not at its end
}

func newExchange(ctx context.Context, req *http.Request) *exchange {
	x := &exchange{req: req, done: make(chan struct{}), op: driver.OpSend, receiving: true}
	x.deadline, _ = ctx.Deadline()
	x.unwatch = context.AfterFunc(ctx, func() {
		x.mu.Lock()
		op := x.op
		x.mu.Unlock()
		x.end(driver.ContextError(ctx, op, name))
	})
	return x
}

// end releases all handles: the host stops the exchange on the wire. Only the first call
// counts.
func (x *exchange) end(err error) {
	x.mu.Lock()
	if x.ended {
		x.mu.Unlock()
		return
	}
	x.ended, x.err = true, err
	x.futureWait.drop()
	release(&x.future)
	x.outWait.drop()
	release(&x.out)
	release(&x.outBody)
	x.inWait.drop()
	release(&x.in)
	release(&x.inBody)
	x.trailerWait.drop()
	release(&x.trailer)
	close(x.done)
	x.mu.Unlock()
	x.unwatch()
}

// complete ends the exchange when both directions are through.
func (x *exchange) complete() {
	x.mu.Lock()
	through := !x.sending && !x.receiving
	x.mu.Unlock()
	if through {
		x.end(nil)
	}
}

// release drops a handle, if there is one.
func release[H interface {
	~uint32
	Drop()
}](h *H) {
	if *h != 0 {
		(*h).Drop()
		*h = 0
	}
}

// drop ends a wait and releases its pollable.
func (w *waiter) drop() {
	loop.remove(w)
	release(&w.pollable)
}

// begin registers a wait with the reactor; the caller has x.mu and has seen that x has
// not ended. subscribe makes the pollable, the first time.
func (x *exchange) begin(w *waiter, subscribe func() wit.Pollable) {
	if w.pollable == 0 {
		w.pollable = subscribe()
		w.deadline = x.deadline
	}
	loop.add(w)
}

// wait is the second half of a wait, without x.mu. It returns false when x has ended.
func (x *exchange) wait(w *waiter) bool {
	select {
	case <-w.fired:
		return true
	case <-x.done:
		return false
	}
}

// cause returns why x has ended, as the error of a call or of a Read.
func (x *exchange) cause() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err != nil {
		return x.err
	}
	return &driver.Error{Op: driver.OpRead, Backend: name, Err: errClosed}
}

// errClosed is converted, not declared as error: go doc would list New away from its type.
var errClosed = error(closedError{})

// closedError is the error of a Read during or after Close.
type closedError struct{}

func (closedError) Error() string        { return "read on closed response body" }
func (closedError) Is(target error) bool { return target == http.ErrBodyReadAfterClose }

// streamError takes the Error of a failed stream and makes an error of it.
func (x *exchange) streamError(op string, e wit.Error) error {
	defer e.Drop()
	if code, ok := e.Code(); ok {
		return x.refused(op, code)
	}
	text, hide := e.Text(), driver.Secrets(x.req)
	if op == driver.OpRead {
		return readError(text, hide...)
	}
	return &driver.Error{Op: op, Kind: driver.KindNetwork, Backend: name, Err: errors.New(driver.CleanText(text, hide...))}
}

// refused makes an error of the host's error-code.
func (x *exchange) refused(op string, code wit.ErrorCode) *driver.Error {
	return newError(op, x.req.URL.Hostname(), fromWIT(code), driver.Secrets(x.req)...)
}

func fromWIT(c wit.ErrorCode) *ErrorCode {
	return &ErrorCode{Case: ErrorCase(c.Case), Text: c.Text, Number: c.Small, Size: c.Size}
}
