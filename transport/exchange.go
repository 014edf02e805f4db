// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// exchange is RoundTrip without the middleware: check, send, dress. What only some calls need is in
// functions of its own, here and in these: a small request is to run through little code, which is what
// it costs where other code has run since the last one.
func (t *Transport) exchange(req *http.Request) (*http.Response, error) {
	out, c, err := t.prepare(req)
	if err != nil {
		return nil, refused(req, err)
	}
	var up *upload
	var resp *http.Response
	if out.Body == nil {
		resp, err = roundTrip(t.sender, out)
	} else {
		up, out = newUpload(req, out, c)
		resp, err = t.send(out, up)
	}
	if err == nil && c != nil {
		err = c.inTime(resp)
	}
	if err != nil {
		return nil, t.failed(req, out, up, c, err)
	}
	return t.dress(resp, req, out, up, c), nil
}

// prepare checks a request, and returns what to send and the state of its call.
func (t *Transport) prepare(req *http.Request) (*http.Request, *call, error) {
	if t.sender == nil {
		return nil, nil, t.noBackend()
	}
	out, err := checkRequest(req, t.caps)
	if err != nil {
		return nil, nil, err
	}
	ctx := req.Context()
	if ctx.Err() != nil { // asked in place, for it is asked of every request
		return nil, nil, driver.ContextError(ctx, driver.OpSend, "")
	}
	opts, _ := ctx.Value(requestOptionsKey{}).(*carried)
	//lint:ignore SA1019 http.Client sets it for every transport that is not its own.
	if opts == nil && t.newCall == nil && out.Cancel == nil {
		return out, nil, nil
	}
	return t.begin(opts, out)
}

// refused ends a call of which nothing is sent, and returns its error.
func refused(req *http.Request, err error) error {
	closeBody(req)
	return err
}

// noBackend is not to be inlined: every request goes past it.
//
//go:noinline
func (t *Transport) noBackend() error {
	if t.broken != nil {
		return t.broken
	}
	return &Error{Op: driver.OpSend, Kind: KindInvalid, Err: errorText("zero Transport; use New or Default")}
}

// failed ends a call with no response, and returns its error.
func (t *Transport) failed(req, out *http.Request, up *upload, c *call, err error) error {
	up.stop()
	err = t.sendError(req.Context(), out.Context(), c, up, err)
	c.finish(err)
	return err
}

// sendError decides which of several reasons a failed exchange is reported with: the end
// of the context first, then what the caller's own reader did, then the platform's word.
func (t *Transport) sendError(ctx, sent context.Context, c *call, up *upload, err error) error {
	e := asError(driver.OpSend, "", err)
	if e.Kind == KindTimeout {
		awaitDeadline(ctx)
	}
	if ce := driver.ContextError(ctx, driver.OpSend, e.Backend); ce != nil {
		return ce
	}
	if c.timedOut(sent) {
		return &Error{Op: driver.OpSend, Kind: KindTimeout, Backend: e.Backend, Err: errHeaderTimeout}
	}
	if c != nil && c.cancel != nil {
		if ce := driver.ContextError(sent, driver.OpSend, e.Backend); ce != nil {
			return ce // by Request.Cancel
		}
	}
	if failure := up.failure(); failure != nil {
		failure.Backend = e.Backend
		return failure
	}
	return e
}

// backendGrace is how long a call whose context has ended waits for its backend to return.
const backendGrace = 200 * time.Millisecond

// result is what a backend's RoundTrip returned.
type result struct {
	resp *http.Response
	err  error
}

// send calls the backend with a body, in a goroutine of its own, because a backend may be
// inside the caller's Read for as long as that takes, and the end of the context is not to
// wait for it.
func (t *Transport) send(out *http.Request, up *upload) (*http.Response, error) {
	done := out.Context().Done()
	if done == nil {
		return roundTrip(t.sender, out)
	}
	answer := make(chan result) // unbuffered: a late response finds nobody and is let go
	gone := make(chan struct{})
	go func() {
		resp, err := roundTrip(t.sender, out)
		select {
		case answer <- result{resp, err}:
		case <-gone:
			if resp != nil && resp.Body != nil {
				resp.Body.Close()
			}
		}
	}()
	select {
	case r := <-answer:
		return r.resp, r.err
	case <-done:
		// The caller's Read may be stuck, or on its way: only then is there
		// no answer soon. Stopping the upload first is what ends the backend.
		up.stop()
		// The request is the caller's again once the call has returned, its header
		// map with it. A backend that is still reading that is given the time to
		// see the end of the context; one that is inside the caller's Read is past it.
		timer := time.NewTimer(backendGrace)
		defer timer.Stop()
		select {
		case r := <-answer:
			if r.resp != nil && r.resp.Body != nil {
				r.resp.Body.Close()
			}
		case <-timer.C:
			close(gone)
		}
		return nil, driver.ContextError(out.Context(), driver.OpSend, "")
	}
}

// roundTrip calls a backend and turns a panic into an error: no exception of a platform
// may end the program.
func roundTrip(sender http.RoundTripper, out *http.Request) (resp *http.Response, err error) {
	defer func() {
		if v := recover(); v != nil {
			resp, err = nil, panicked(driver.OpSend, v)
		}
	}()
	resp, err = sender.RoundTrip(out)
	if resp != nil && err == nil {
		return resp, nil
	}
	if err == nil {
		return nil, &Error{Op: driver.OpSend, Kind: KindOther, Err: errorText("the backend returned neither a response nor an error")}
	}
	if resp != nil && resp.Body != nil {
		resp.Body.Close()
	}
	return nil, err
}

// panicked returns the error for what a backend has panicked with.
func panicked(op string, v any) *Error {
	return &Error{Op: op, Kind: KindOther, Err: panicError(v)}
}

// panicError describes a recovered panic by its type. Its text is left out unless it is
// an error of the run-time system, for it may quote a URL.
func panicError(v any) error {
	if e, ok := v.(interface {
		error
		RuntimeError()
	}); ok {
		return errorText("panic: " + e.Error())
	}
	return errorText("panic")
}
