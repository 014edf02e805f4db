// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// platform is what all copies of a Backend share.
type platform struct {
	rt    *jsfetch.Runtime
	facts facts
	notes *notes
}

func (p platform) release() {
	if p.rt != nil {
		p.rt.Release()
	}
}

// start makes the platform part of b.
func (b *Backend) start() error {
	rt, ok := jsfetch.New(b.opts.Fetch)
	if !ok {
		if b.opts.Fetch != nil {
			return &driver.Error{Op: driver.OpNew, Kind: driver.KindInvalid, Backend: name,
				Err: errorText("Options.Fetch is neither a function nor an object with a fetch method")}
		}
		return unsupported(driver.OpNew, name, "there is no fetch function")
	}
	b.platform = platform{rt: rt, facts: probe(rt), notes: &notes{members: map[member]bool{}, whole: map[string]struct{}{}}}
	if err := b.platform.has(driver.OpNew, &b.opts.Init); err != nil {
		return err
	}
	b.caps = b.platform.facts.capabilities(b.opts.Init)
	return nil
}

// exchange is one call of RoundTrip.
//
// It has what it needs of the request instead of the request: a response body refers to it,
// is converted to an interface, and would by that have the linker keep all methods of all
// types that http.Request refers to, down to those of crypto/x509.
type exchange struct {
	platform
	ctx      context.Context
	init     RequestInit
	url      string
	origin   string // scheme, host and port
	hostname string
	method   string
	header   http.Header
	reqBody  io.ReadCloser
	length   int64
	secrets  func() []string // what must not be in an error text

	abort *jsfetch.Abort // nil as long as nothing can end the exchange early
	up    *upload        // nil unless the body streams
}

func (b *Backend) roundTrip(req *http.Request) (*http.Response, error) {
	if b.platform.rt == nil {
		return nil, unsupported(driver.OpSend, name, "the Backend was not made by New")
	}
	x := &exchange{
		platform: b.platform, ctx: req.Context(), init: b.opts.Init, url: target(req.URL),
		origin: req.URL.Scheme + "://" + req.URL.Host, hostname: req.URL.Hostname(),
		method: req.Method, header: req.Header, reqBody: req.Body, length: req.ContentLength,
		secrets: func() []string { return driver.Secrets(req) },
	}
	if err := driver.ContextError(x.ctx, driver.OpSend, name); err != nil {
		return nil, err
	}
	if init, ok := requestInit(x.ctx); ok {
		x.init = init.over(x.init)
		if err := x.init.check(driver.OpSend); err != nil {
			return nil, err
		}
		if err := x.has(driver.OpSend, &x.init); err != nil {
			return nil, err
		}
	}
	if err := x.checkMethodOverride(); err != nil {
		return nil, err
	}
	resp, err := x.send(req, b.opts.MaxBufferedBody)
	if err != nil {
		x.up.end()
		return nil, err
	}
	return resp, nil
}

// checkMethodOverride refuses what a page drops in silence: the fields by which a server is
// told another method, if that is one of the forbidden ones.
func (x *exchange) checkMethodOverride() error {
	if !x.facts.page() {
		return nil
	}
	for key, values := range x.header {
		switch http.CanonicalHeaderKey(key) {
		case "X-Http-Method", "X-Http-Method-Override", "X-Method-Override":
			for _, method := range strings.Split(strings.ToUpper(strings.Join(values, ",")), ",") {
				switch strings.TrimSpace(method) {
				case "CONNECT", "TRACE", "TRACK":
					return &driver.Error{Op: driver.OpSend, Kind: driver.KindUnsupported, Backend: name,
						Err: &driver.Unsupported{Feature: http.CanonicalHeaderKey(key), Header: true, Reason: "for this method"}}
				}
			}
		}
	}
	return nil
}

// send sends the request and returns the response as soon as its header is in.
func (x *exchange) send(req *http.Request, limit int64) (*http.Response, error) {
	if x.ctx.Done() != nil {
		if err := x.makeAbort(); err != nil {
			return nil, err
		}
	}
	length, body, err := x.body(limit)
	if err != nil {
		return nil, err
	}
	resp, exc, err := x.fetch(length, body)
	if exc != nil && x.up != nil && x.facts.page() && !x.up.stream.Pulled() && x.ctx.Err() == nil {
		// The browser refused the stream before it took anything from it, as
		// Chromium does over HTTP/1.1. Nothing of the body has been read.
		x.up.release()
		x.up = nil
		if body, err = x.gather(-1, limit); err != nil {
			return nil, err
		}
		if resp, exc, err = x.fetch(-1, body); exc == nil && err == nil {
			x.notes.refused(x.origin)
		}
	}
	if err != nil {
		return nil, err
	}
	if exc != nil {
		return nil, x.failure(exc)
	}
	return x.response(req, resp)
}

func (x *exchange) makeAbort() error {
	if x.abort != nil {
		return nil
	}
	abort, exc := x.rt.NewAbort()
	if exc != nil {
		return x.failure(exc)
	}
	x.abort = abort
	return nil
}

// stop ends the exchange on the wire, at whatever stage it is.
//
// Chromium, when it is told to abort a request whose body streams, sends the end of the body
// first: to the server a request that was broken off is a complete one. An error of
// the stream itself resets the connection, and rejects the fetch, so that in a page it
// has to do alone (with both, Chromium reports an unhandled rejection).
func (x *exchange) stop() {
	if x.up != nil && x.up.breakOff() && x.facts.page() {
		return
	}
	if x.abort != nil {
		x.abort.Abort()
	}
}

// fetch calls the platform's fetch and waits for the response's header, or for the end of
// the context.
func (x *exchange) fetch(length int64, body *jsfetch.RequestBody) (*jsfetch.Response, *jsfetch.Exception, error) {
	call, exc := x.rt.Start(x.url, x.dictionary(length), x.abort, body)
	if exc != nil {
		return nil, exc, nil
	}
	resp, exc, ok := call.Wait(x.ctx.Done())
	if !ok {
		x.stop()
		return nil, nil, driver.ContextError(x.ctx, driver.OpSend, name)
	}
	return resp, exc, nil
}

// dictionary returns the JSON text of the init dictionary: one string, because each value
// that is set by itself costs more than all of its bytes.
func (x *exchange) dictionary(length int64) string {
	d := make([]byte, 0, 512)
	d = append(d, `{"method":`...)
	d = jsfetch.AppendString(d, x.method)
	d = append(d, `,"headers":`...)
	d = appendHeaders(d, x.header)
	if x.up != nil {
		if length >= 0 && x.facts.lengthHeader() {
			d = d[:len(d)-1] // the list's closing bracket
			if d[len(d)-1] != '[' {
				d = append(d, ',')
			}
			d = append(d, `["content-length","`...)
			d = strconv.AppendInt(d, length, 10)
			d = append(d, `"]]`...)
		}
		d = append(d, `,"duplex":"half"`...)
	}
	init := x.init
	if init.Redirect == "error" || (init.Redirect == "" && !x.facts.page()) {
		init.Redirect = "manual"
	}
	if init.Cache == "" && x.facts.noStore && (x.method == http.MethodGet || x.method == http.MethodHead) {
		init.Cache = "no-store"
	}
	d = init.appendMembers(d)
	return string(append(d, '}'))
}

// failure returns the error for a fetch that threw or was rejected.
func (x *exchange) failure(exc *jsfetch.Exception) error {
	if err := driver.ContextError(x.ctx, driver.OpSend, name); err != nil {
		return err
	}
	if err := x.up.failure(); err != nil {
		return err
	}
	e := newError(exc, x.secrets())
	if e.Name == "TypeError" && e.Code == "" && x.rt.HasRequest() {
		// A browser reports every network failure as a TypeError, and so every wrong
		// argument. The latter show when a Request is made of them.
		init := *x
		init.up = nil
		if exc := x.rt.Accepts(x.url, init.dictionary(-1)); exc != nil {
			return &driver.Error{Op: driver.OpSend, Kind: driver.KindInvalid, Backend: name, Err: newError(exc, x.secrets())}
		}
	}
	kind, about := kindOf(e)
	e.err = standard(e, x.hostname)
	var cause error = e
	switch {
	case kind == driver.KindNetwork && x.facts.page() && e.Code == "":
		e.Message = strings.TrimSuffix(e.Error(), ".") + " (" + hint + ")"
	case about != "":
		cause = &described{about, e}
	}
	return &driver.Error{Op: driver.OpSend, Kind: kind, Backend: name, Err: cause}
}
