// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// exchange is one request and its response. It is owned by one resource of the guest at
// a time: the future, then the response, then its body, then its trailers. The owner
// ends it.
type exchange struct {
	g       *guest
	ctx     context.Context
	cancel  context.CancelCauseFunc
	options options
	up      *upload // the request body, or nil; owned by outgoing-body

	mu    sync.Mutex
	done  bool // resp or err is set
	ended bool
	resp  *http.Response
	err   *codeError
	down  *download
}

var errEnded = errors.New("the guest has dropped the exchange")

// exchangeKey is the key of the exchange in its request's context.
type exchangeKey struct{}

// begin starts an exchange. The request's context has the values of the guest's call,
// but does not end with it.
func begin(g *guest, req *http.Request, up *upload, opts options) *exchange {
	x := &exchange{g: g, up: up, options: opts}
	ctx := context.WithValue(context.WithoutCancel(g.ctx), exchangeKey{}, x)
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	g.exchanges.Add(1)
	if up != nil {
		up.begin()
	}
	g.host.spawn(func() {
		defer g.notify()
		x.send(req)
	})
	return x
}

func (x *exchange) send(req *http.Request) {
	stop, ctx := x.limitPhases()
	resp, err := x.roundTrip(req.WithContext(ctx))
	stop()
	if err == nil && resp.Body == nil {
		resp.Body = http.NoBody // a RoundTripper of the program's that is not strict
	}
	if err == nil && resp.StatusCode < 200 {
		resp.Body.Close()
		err = &codeError{code: codeUpgradeFailed}
	}
	var ce *codeError
	if err != nil {
		ce = classify(err, x.cause())
	}
	x.mu.Lock()
	late := x.ended
	x.done, x.err = true, ce
	if !late {
		x.resp = resp
	}
	x.mu.Unlock()
	if late && err == nil {
		resp.Body.Close()
	}
}

func (x *exchange) roundTrip(req *http.Request) (*http.Response, error) {
	if fault := x.g.host.fault; fault != nil {
		if code := fault(req); code != nil {
			if req.Body != nil {
				req.Body.Close() // as a RoundTripper does
			}
			return nil, code
		}
	}
	return x.g.host.transport.RoundTrip(req)
}

// limitPhases watches the time that connecting takes, and then the time until the
// response's header is in.
func (x *exchange) limitPhases() (stop func(), ctx context.Context) {
	o := x.options
	if o.connect <= 0 && o.firstByte <= 0 {
		return func() {}, x.ctx
	}
	var (
		mu      sync.Mutex
		timer   *time.Timer
		stopped bool // a connection may be had when it is not wanted any more
	)
	set := func(d time.Duration, c code) {
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
			timer = nil
		}
		if d > 0 && !stopped {
			timer = time.AfterFunc(d, func() { x.cancel(&codeError{code: c}) })
		}
	}
	set(o.connect, codeConnectionTimeout)
	ctx = httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { set(o.firstByte, codeResponseTimeout) },
	})
	stop = func() {
		mu.Lock()
		stopped = true
		mu.Unlock()
		set(0, 0)
	}
	return stop, ctx
}

func (x *exchange) cause() error { return context.Cause(x.ctx) }

// end stops the exchange on the wire and releases what it holds, also from memory: a future
// or a response whose exchange has gone on to another owner still has it. It is called
// once or more, by the resource that owns the exchange.
func (x *exchange) end() {
	x.mu.Lock()
	ended, resp, down, up := x.ended, x.resp, x.down, x.up
	x.ended, x.resp, x.down, x.up = true, nil, nil, nil
	x.mu.Unlock()
	if ended {
		return
	}
	x.cancel(errEnded)
	x.g.exchanges.Add(-1)
	if up != nil {
		up.abort(errEnded)
	}
	switch {
	case down != nil:
		down.stop()
	case resp != nil:
		x.g.host.spawn(func() { resp.Body.Close() })
	}
}

// body returns the download, made at the first call. A guest that is being closed from
// another goroutine may ask after the end, and gets an empty one.
func (x *exchange) body() *download {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.ended:
		return newDownload(x, &http.Response{Body: http.NoBody})
	case x.down == nil:
		x.down = newDownload(x, x.resp)
	}
	return x.down
}

// ready makes exchange the source of its future.
func (x *exchange) ready() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.done
}
