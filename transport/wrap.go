// SPDX-License-Identifier: MIT

package transport

import (
	"io"
	"net/http"
	"sync/atomic"

	"github.com/isohttp/isohttp/transport/driver"
)

// wrap puts the program's middleware around an exchange.
func wrap(middleware func(http.RoundTripper) http.RoundTripper, exchange roundTripperFunc) (func(*http.Request) (*http.Response, error), error) {
	var w wrapping
	err := guarded(driver.OpNew, "Wrap", func() error {
		if w.RoundTripper = middleware(exchange); w.RoundTripper == nil {
			return &Error{Op: driver.OpNew, Kind: KindInvalid, Err: errorText("Wrap returned nil")}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w.roundTrip, nil
}

// wrapping is what Options.Wrap made. It is not of this package, and may lose a body, return what
// http.RoundTripper forbids, or panic.
type wrapping struct{ http.RoundTripper }

// roundTrip calls the middleware, and holds it to what Transport.RoundTrip promises.
func (w wrapping) roundTrip(req *http.Request) (*http.Response, error) {
	out, body := req, (*ownedBody)(nil)
	if req.Body != nil && req.Body != http.NoBody {
		body = &ownedBody{ReadCloser: req.Body}
		out = new(http.Request)
		*out = *req
		out.Body = body
	}
	var resp *http.Response
	err := guarded(driver.OpSend, "Wrap", func() (err error) {
		resp, err = w.RoundTrip(out)
		return err
	})
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			resp.Body.Close()
		}
		body.drop()
		return nil, asError(driver.OpSend, "", err)
	case resp == nil:
		body.drop()
		return nil, &Error{Op: driver.OpSend, Kind: KindInvalid, Err: errorText("Wrap: neither a response nor an error")}
	}
	resp.Status = statusLine(resp.StatusCode, resp.Status)
	if resp.Header == nil {
		resp.Header = make(http.Header)
	}
	if resp.Request == nil || resp.Request == out {
		resp.Request = req
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if body != nil && !body.closed.Load() {
		resp.Body = body.until(resp.Body)
	}
	return resp, nil
}

// ownedBody is the caller's body on its way through a middleware. It is closed once, whoever
// does it.
type ownedBody struct {
	io.ReadCloser
	closed atomic.Bool
}

// Close implements io.Closer.
func (b *ownedBody) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	return b.ReadCloser.Close()
}

// drop closes the body of a request that is over. A nil ownedBody is a request without one.
func (b *ownedBody) drop() {
	if b != nil {
		guarded(driver.OpSend, "Request.Body", b.Close)
	}
}

// until returns a response body whose end is the end of b too: a middleware that has answered by
// itself has not closed it, and one that is still sending it does so then at the latest.
func (b *ownedBody) until(resp io.ReadCloser) io.ReadCloser {
	if resp == http.NoBody {
		b.drop()
		return resp
	}
	both := &bothBodies{resp, b}
	if w, ok := resp.(io.Writer); ok { // behind 101
		return bothWays(both, w)
	}
	if w, ok := resp.(io.WriterTo); ok {
		return struct {
			*bothBodies
			io.WriterTo
		}{both, w}
	}
	return both
}

// bothBodies is a response body, and the request body that goes with it.
type bothBodies struct {
	io.ReadCloser
	sent *ownedBody
}

// Close implements io.Closer.
func (b *bothBodies) Close() error {
	defer b.sent.drop()
	return b.ReadCloser.Close()
}

// guarded calls a function that is not this package's, and makes an error of its panic.
func guarded(op, what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{Op: op, Kind: KindInvalid, Err: errorText(what + ": " + panicError(v).Error())}
		}
	}()
	return f()
}
