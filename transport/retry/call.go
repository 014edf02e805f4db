// SPDX-License-Identifier: MIT

package retry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/isohttp/isohttp/transport/driver"
)

// drainTime is how long the rest of a response that is not wanted is read, so that its
// connection can be used again.
const drainTime = time.Second

// call is one request with all its tries. Only one goroutine uses it.
type call struct {
	next http.RoundTripper
	opts *Options
	req  *http.Request
	ctx  context.Context // of req, and ended by Request.Cancel
	body *replay         // of req; nil without a body

	tries   int
	resp    *http.Response // of the last try
	err     error          // of the last try
	waiting bool           // from the decision to retry until the next try begins
	wait    time.Duration
}

// do runs go-retryablehttp's loop. Its Client is made for each call, since that is how its
// functions learn which call they decide about.
func (c *call) do() (*http.Response, error) {
	defer c.body.finish()
	var stop func()
	c.ctx, stop = ofRequest(c.req)
	defer stop()
	client := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: tryFunc(c.try)},
		RetryMax:     max(c.opts.MaxRetries, 0),
		CheckRetry:   c.check,
		Backoff:      c.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	// The loop is given a request that is only a name: the caller's own goes to next,
	// past the http.Client in between, which would add to it and follow redirects.
	name := (&http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "request"}}).WithContext(c.ctx)
	_, err := client.Do(&retryablehttp.Request{Request: name})
	switch {
	case err == nil:
		return c.resp, nil
	case c.waiting:
		if ce := driver.ContextError(c.ctx, driver.OpSend, ""); ce != nil {
			return nil, ce
		}
	}
	return nil, c.err
}

// errRequestCancel is the cause of a context that Request.Cancel has ended, in net/http's words.
var errRequestCancel = errors.New("net/http: request canceled")

// ofRequest returns a context that ends with that of req and with its Cancel, for the time between
// two tries. The function frees it.
func ofRequest(req *http.Request) (context.Context, func()) {
	//lint:ignore SA1019 An http.Client with a Timeout sets it.
	channel := req.Cancel
	if channel == nil {
		return req.Context(), func() {}
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	go func() {
		select {
		case <-channel:
			// An http.Client closes it at the deadline that it has given the context as well.
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= 0 {
				<-ctx.Done()
			}
			cancel(errRequestCancel)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

type tryFunc func(*http.Request) (*http.Response, error)

func (f tryFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// try sends the request once. What it returns is for the loop; the caller gets c.resp and
// c.err.
func (c *call) try(*http.Request) (*http.Response, error) {
	c.tries++
	c.waiting = false
	if c.resp, c.err = c.exchange(); c.err != nil {
		return nil, c.err
	}
	double := *c.resp
	if double.StatusCode >= 300 && double.StatusCode < 400 {
		double.StatusCode = http.StatusOK // no business of the http.Client in between
	}
	return &double, nil
}

func (c *call) exchange() (*http.Response, error) {
	out := new(http.Request)
	*out = *c.req
	if c.body != nil {
		body, err := c.body.open(c.ctx)
		if err != nil {
			return nil, err
		}
		out.Body = body
		if c.body.source != nil {
			out.GetBody = nil // another way to the same reader, at the same time
		}
	}
	resp, err := c.next.RoundTrip(out)
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil {
			resp.Body.Close()
		}
		return nil, err
	case resp == nil:
		return nil, &driver.Error{Op: driver.OpSend, Kind: driver.KindOther, Err: errorText("RoundTripper returned neither response nor error")}
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if resp.Request == nil || resp.Request == out {
		resp.Request = c.req
	}
	return resp, nil
}

// check is the loop's CheckRetry. All that speaks against another try is looked at here,
// because after it the loop reads and closes the response.
func (c *call) check(ctx context.Context, resp *http.Response, _ error) (bool, error) {
	if !worthRetry(ctx, c.resp, c.err) {
		return false, nil
	}
	wait, ok := c.opts.delay(c.resp, c.tries)
	var reason string
	switch {
	case c.tries > c.opts.MaxRetries:
		reason = "retries used up"
	case !ok:
		reason = "server asks for a longer wait than allowed"
	default:
		reason = c.body.prepare(ctx)
	}
	if ctx.Err() != nil { // since worthRetry; what the try came to is still there to return
		return false, nil
	}
	if reason != "" {
		c.logStop(reason)
		return false, nil
	}
	if resp != nil {
		resp.Body = newDrain(resp.Body)
	}
	c.waiting, c.wait = true, wait
	return true, nil
}

// backoff is the loop's Backoff.
func (c *call) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration {
	c.logRetry()
	return c.wait
}

// drain is the rest of a response that is not wanted. The loop reads some of it, which must
// not take forever when the server sends no more.
type drain struct {
	io.ReadCloser
	timer *time.Timer
}

func newDrain(body io.ReadCloser) *drain {
	return &drain{body, time.AfterFunc(drainTime, func() { body.Close() })}
}

func (d *drain) Close() error {
	d.timer.Stop()
	return d.ReadCloser.Close()
}
