// SPDX-License-Identifier: MIT

package jsfetch

import "syscall/js"

// Abort is an AbortController. It needs no release: it is garbage once the exchange is
// over.
type Abort struct {
	r    *Runtime
	ctrl js.Value
}

// NewAbort returns a controller that has not aborted.
func (r *Runtime) NewAbort() (*Abort, *Exception) {
	ctrl, exc := r.construct(r.abortMaker)
	if exc != nil {
		return nil, exc
	}
	return &Abort{r, ctrl}, nil
}

// Abort ends the exchange at whatever stage it is.
func (a *Abort) Abort() { a.r.call(a.ctrl, "abort") }

// RequestBody is a body that fetch can send: a Uint8Array, a Blob or a stream.
type RequestBody struct {
	value js.Value
	size  int // JavaScript memory it holds on to, in bytes
}

// Call is a fetch that has been started.
type Call struct {
	r       *Runtime
	promise js.Value
	size    int
}

// Start calls fetch. init is the JSON text of the init dictionary; abort and body may be
// nil.
func (r *Runtime) Start(url, init string, abort *Abort, body *RequestBody) (*Call, *Exception) {
	dict, exc := r.invoke(r.jsonParse, init)
	if exc != nil {
		return nil, exc
	}
	// dict is a plain object that JSON.parse just made, so Set cannot throw.
	if abort != nil {
		signal, exc := r.get(abort.ctrl, r.keys.signal)
		if exc != nil {
			return nil, exc
		}
		dict.Set("signal", signal)
	}
	c := &Call{r: r}
	if body != nil {
		dict.Set("body", body.value)
		c.size = body.size
	}
	if r.this {
		c.promise, exc = r.call(r.fetch, "fetch", url, dict)
	} else {
		c.promise, exc = r.invoke(r.fetch, url, dict)
	}
	if exc != nil {
		return nil, exc
	}
	return c, nil
}

// Wait returns the response, or false when stop was closed first. A response that comes
// after that is canceled.
func (c *Call) Wait(stop <-chan struct{}) (*Response, *Exception, bool) {
	v, exc, ok := c.r.await(c.promise, stop, nil, func(v js.Value) { (&Response{r: c.r, value: v}).Cancel() })
	c.promise = js.Undefined()
	if c.size > 0 {
		c.r.loosen(c.size)
	}
	if exc != nil || !ok {
		return nil, exc, ok
	}
	resp, exc := c.r.newResponse(v)
	return resp, exc, true
}

// Response is a response whose body has not been looked at.
type Response struct {
	r     *Runtime
	value js.Value

	Status     int
	StatusText string // the bytes of the wire
	Type       string // "basic", "cors", "opaqueredirect", ...
	URL        string
	Redirected bool
	Headers    string // one line for each entry: name, comma, value; as code points
}

// newResponse reads all scalars by one JSON.stringify and all fields by one join, because
// each value that crosses costs more than its bytes do.
func (r *Runtime) newResponse(v js.Value) (*Response, *Exception) {
	resp := &Response{r: r, value: v}
	text, exc := r.invoke(r.jsonStringify, v, r.responseKeys)
	if exc != nil {
		return nil, exc
	}
	notOne := &Exception{Name: "TypeError", Message: "fetch returned something that is not a Response"}
	if typeOf(text) != js.TypeString {
		return nil, notOne
	}
	parsed, err := ParseJSON(text.String())
	if err != nil {
		return nil, notOne
	}
	m, _ := parsed.(map[string]any)
	status, isNumber := m["status"].(float64)
	if !isNumber || !(status >= 0 && status < 1000) {
		return nil, notOne
	}
	resp.Status = int(status)
	resp.StatusText, _ = m["statusText"].(string)
	resp.StatusText = Bytes(resp.StatusText)
	resp.Type, _ = m["type"].(string)
	resp.URL, _ = m["url"].(string)
	resp.Redirected, _ = m["redirected"].(bool)

	headers, exc := r.get(v, r.keys.headers)
	if exc != nil {
		return nil, exc
	}
	if headers, exc = r.invoke(r.arrayFrom, headers); exc != nil {
		return nil, exc
	}
	if headers, exc = r.call(headers, "join", "\n"); exc != nil {
		return nil, exc
	}
	if typeOf(headers) != js.TypeString {
		return nil, notOne
	}
	resp.Headers = headers.String()
	return resp, nil
}

// Cancel ends the transfer of a body that nobody is going to read.
func (resp *Response) Cancel() {
	if body, exc := resp.r.get(resp.value, resp.r.keys.body); exc == nil && typeOf(body) == js.TypeObject {
		if p, exc := resp.r.call(body, "cancel"); exc == nil {
			resp.r.forget(p)
		}
	}
	resp.value = js.Undefined()
}
