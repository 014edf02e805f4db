// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// platform is what all copies of a Backend share.
type platform struct {
	rt    *jsfetch.Runtime
	facts facts
	notes *notes
}

// notes are what was found out while requests were sent.
type notes struct {
	mu      sync.Mutex
	members map[member]bool     // whether the platform has a value of RequestInit
	whole   map[string]struct{} // origins that take no streamed bodies
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
type exchange struct {
	platform
	req  *http.Request
	ctx  context.Context
	init RequestInit
	url  string

	abort *jsfetch.Abort // nil as long as nothing can end the exchange early
	up    *upload        // nil unless the body streams
}

func (b *Backend) roundTrip(req *http.Request) (*http.Response, error) {
	if b.platform.rt == nil {
		return nil, unsupported(driver.OpSend, name, "the Backend was not made by New")
	}
	x := &exchange{platform: b.platform, req: req, ctx: req.Context(), init: b.opts.Init, url: target(req.URL)}
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
	resp, err := x.send(b.opts.MaxBufferedBody)
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
	for key, values := range x.req.Header {
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
func (x *exchange) send(limit int64) (*http.Response, error) {
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
			x.notes.refused(x.origin())
		}
	}
	if err != nil {
		return nil, err
	}
	if exc != nil {
		return nil, x.failure(exc)
	}
	return x.response(resp)
}

func (x *exchange) origin() string { return x.req.URL.Scheme + "://" + x.req.URL.Host }

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
	d = jsfetch.AppendString(d, x.req.Method)
	d = append(d, `,"headers":`...)
	d = appendHeaders(d, x.req.Header)
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
	if init.Cache == "" && x.facts.noStore && (x.req.Method == http.MethodGet || x.req.Method == http.MethodHead) {
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
	e := newError(exc, secrets(x.req))
	if e.Name == "TypeError" && e.Code == "" && x.rt.HasRequest() {
		// A browser reports every network failure as a TypeError, and so every wrong
		// argument. The latter show when a Request is made of them.
		init := *x
		init.up = nil
		if exc := x.rt.Accepts(x.url, init.dictionary(-1)); exc != nil {
			return &driver.Error{Op: driver.OpSend, Kind: driver.KindInvalid, Backend: name, Err: newError(exc, secrets(x.req))}
		}
	}
	kind, about := kindOf(e)
	e.err = standard(e, x.req.URL.Hostname())
	var cause error = e
	switch {
	case kind == driver.KindNetwork && x.facts.page() && e.Code == "":
		e.Message = strings.TrimSuffix(e.Error(), ".") + " (" + hint + ")"
	case about != "":
		cause = &described{about, e}
	}
	return &driver.Error{Op: driver.OpSend, Kind: kind, Backend: name, Err: cause}
}

// response makes an http.Response of the platform's.
func (x *exchange) response(r *jsfetch.Response) (*http.Response, error) {
	if err := x.hidden(r); err != nil {
		r.Cancel()
		x.stop()
		return nil, err
	}
	resp := &http.Response{StatusCode: r.Status, Header: parseHeaders(r.Headers), Request: x.req}
	if r.StatusText != "" {
		resp.Status = strconv.Itoa(r.Status) + " " + r.StatusText
	}
	if r.Redirected {
		resp.Request = redirected(x.req, r.URL)
	}
	resp.ContentLength = contentLength(resp.Header)

	b := &body{exchange: x, left: -1, quit: make(chan struct{})}
	none := x.req.Method == http.MethodHead || r.Status == http.StatusNoContent ||
		r.Status == http.StatusResetContent || r.Status == http.StatusNotModified
	if none {
		// Some engines have a stream here, with bytes in it for a 205.
		r.Cancel()
		if x.req.Method != http.MethodHead {
			resp.ContentLength = 0
		}
	} else {
		var exc *jsfetch.Exception
		small := resp.ContentLength >= 0 && resp.ContentLength <= smallBody
		if b.reader, exc = r.Reader(small); exc != nil {
			return nil, x.failure(exc)
		}
		if b.reader == nil && resp.ContentLength < 0 {
			resp.ContentLength = 0
		}
	}
	if b.reader == nil {
		b.err = io.EOF
		if x.up == nil {
			resp.Body = http.NoBody
			return resp, nil
		}
	} else {
		x.decoded(resp, b)
		if r.Type == "cors" {
			// Content-Encoding may be hidden, and the length then is that of
			// other bytes than those that arrive.
			resp.ContentLength = -1
		}
		b.left = resp.ContentLength
	}
	b.watch()
	resp.Body = b
	return resp, nil
}

// decoded sets Uncompressed if the platform has taken the content codings off.
func (x *exchange) decoded(resp *http.Response, b *body) {
	list, known := codings(resp.Header)
	if !known {
		return
	}
	for _, coding := range list {
		if coding == "zstd" && stillEncoded(list, b.peek(len(zstdMagic))) {
			// Not every platform knows this one, and none says so before the
			// first bytes are there.
			return
		}
	}
	resp.Uncompressed = true
	resp.ContentLength = -1
}

// hidden returns the error for a response that the platform does not let a program see.
func (x *exchange) hidden(r *jsfetch.Response) error {
	switch {
	case r.Type == "opaqueredirect":
		return unsupported(driver.OpSend, driver.RedirectExpose.String(), "redirect hidden by the platform")
	case r.Type == "opaque":
		return unsupported(driver.OpSend, "mode no-cors", "its responses are hidden from programs")
	case r.Type == "error":
		return &driver.Error{Op: driver.OpSend, Kind: driver.KindNetwork, Backend: name, Err: &Error{Message: "a network error was returned as the response"}}
	case r.Status < 100:
		return &driver.Error{Op: driver.OpSend, Kind: driver.KindProtocol, Backend: name, Err: &Error{Message: "the response has no status"}}
	case x.init.Redirect == "error" && isRedirect(r.Status):
		return unsupported(driver.OpSend, "redirect", `RequestInit.Redirect is "error"`)
	}
	return nil
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirected returns req with the URL that the platform ended up at. The method it used
// there it does not tell.
func redirected(req *http.Request, final string) *http.Request {
	u, err := url.Parse(final)
	if err != nil {
		return req
	}
	last := new(http.Request)
	*last = *req
	last.URL = u
	last.Host = u.Host
	last.Body, last.GetBody, last.ContentLength = nil, nil, 0
	return last
}

// has compares init with what this platform's fetch has.
func (p platform) has(op string, init *RequestInit) error {
	for _, m := range init.members() {
		if m.key == "redirect" {
			continue // sent in a form that every platform has
		}
		if !p.hasMember(m) {
			return unsupported(op, "RequestInit "+m.key, "")
		}
	}
	if init.Keepalive && !p.rt.RequestHas("keepalive") {
		return unsupported(op, "RequestInit keepalive", "")
	}
	return nil
}

// hasMember finds out whether the platform knows m: whether the member shows on its Request
// class, or else, as unknown members are ignored, whether it refuses a value that cannot
// be right. Of those with a fixed set of values it must also take this one; what is
// wrong with any other shows when the request is made.
func (p platform) hasMember(m member) bool {
	enumerated := m.key != "referrer" && m.key != "integrity"
	if !enumerated {
		return p.rt.RequestHas(m.key)
	}
	p.notes.mu.Lock()
	has, found := p.notes.members[m]
	p.notes.mu.Unlock()
	if found {
		return has
	}
	accepts := func(value string) bool {
		init := jsfetch.AppendString([]byte{'{'}, m.key)
		init = append(init, ':')
		init = append(jsfetch.AppendString(init, value), '}')
		return p.rt.Accepts(p.rt.ProbeURL(), string(init)) == nil
	}
	has = p.rt.RequestHas(m.key) || !accepts("no such value")
	if m.value != "only-if-cached" { // which is bound to a mode
		has = has && accepts(m.value)
	}
	p.notes.mu.Lock()
	p.notes.members[m] = has
	p.notes.mu.Unlock()
	return has
}

// maxNotes bounds how many origins are remembered.
const maxNotes = 1024

// refused remembers that an origin takes no streamed bodies.
func (n *notes) refused(origin string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.whole) < maxNotes {
		n.whole[origin] = struct{}{}
	}
}

func (n *notes) refusedBefore(origin string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, found := n.whole[origin]
	return found
}
