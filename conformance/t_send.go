// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Request makes a request whose body, if it has one, is watched. A body of package bytes or
// strings has its length declared and can be had again.
func (t *T) Request(method, url string, body io.Reader) *http.Request {
	return t.RequestContext(t.ctx, method, url, body)
}

// RequestContext is Request with a context of the case's own.
func (t *T) RequestContext(ctx context.Context, method, url string, body io.Reader) *http.Request {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatalf("making a request: %v", err)
	}
	if req.Body != nil && req.Body != http.NoBody {
		var src io.Reader = body
		req.Body = t.Watch(src)
	}
	if again := req.GetBody; again != nil && req.Body != http.NoBody {
		req.GetBody = func() (io.ReadCloser, error) {
			b, err := again()
			if err != nil {
				return nil, err
			}
			return t.Watch(b), nil
		}
	}
	return req
}

// Watch makes a watched body of a reader.
func (t *T) Watch(r io.Reader) *Body {
	b := newBody(r)
	t.mu.Lock()
	t.bodies = append(t.bodies, b)
	t.mu.Unlock()
	return b
}

// Get makes a GET request.
func (t *T) Get(url string) *http.Request { return t.Request(http.MethodGet, url, nil) }

// Try performs an exchange by RoundTrip.
func (t *T) Try(req *http.Request) (*http.Response, error) {
	return t.call(t.tr.RoundTrip, req)
}

// TryDo performs an exchange by Do.
func (t *T) TryDo(req *http.Request) (*http.Response, error) {
	return t.call(t.tr.Do, req)
}

// TryOn performs an exchange on a transport that the case has made.
func (t *T) TryOn(tr Transport, req *http.Request) (*http.Response, error) {
	return t.call(tr.RoundTrip, req)
}

// call checks on every exchange what always holds: no panic, and exactly one of response and
// error.
func (t *T) call(f func(*http.Request) (*http.Response, error), req *http.Request) (resp *http.Response, err error) {
	var body *Body
	if req != nil {
		body, _ = req.Body.(*Body)
		t.mu.Lock()
		t.calls++
		t.note(req.Header)
		t.mu.Unlock()
	}
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("the transport panicked: %v", v)
			resp, err = nil, errors.New("panicked")
		}
		if err != nil && body != nil {
			body.failed()
		}
	}()
	resp, err = f(req)
	if (resp == nil) == (err == nil) {
		t.Errorf("exactly one of response and error must be nil: response %v, error %v", resp != nil, err)
	}
	if resp == nil {
		if err == nil {
			err = errors.New("neither response nor error")
		}
		return nil, err
	}
	t.True(resp.Body != nil && resp.Header != nil && resp.Request != nil, "a response has nil: Body %v, Header %v, Request %v",
		resp.Body == nil, resp.Header == nil, resp.Request == nil)
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	t.mu.Lock()
	t.answers++
	t.opened = append(t.opened, resp.Body)
	t.mu.Unlock()
	return resp, err
}

// Send is Try that ends the case on an error.
func (t *T) Send(req *http.Request) *http.Response {
	resp, err := t.Try(req)
	if err != nil {
		t.Fatalf("%s failed: %v", req.Method, err)
	}
	return resp
}

// Fail is Try that wants an error, and ends the case on a response.
func (t *T) Fail(req *http.Request) error {
	resp, err := t.Try(req)
	if err == nil {
		t.Fatalf("got a response %s, want an error", resp.Status)
	}
	return err
}

// Read reads a body to its end; the case ends if that fails.
func (t *T) Read(resp *http.Response) []byte {
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body failed after %d bytes: %v", len(data), err)
	}
	return data
}

// Echo sends a request to the scenario "echo" and returns what the origin saw. The echo comes
// through the transport under test, so who holds the log compares it with what was seen.
func (t *T) Echo(req *http.Request) Echo { return t.echoOf(t.Send(req)) }

func (t *T) echoOf(resp *http.Response) Echo {
	var e Echo
	if err := json.Unmarshal(t.Read(resp), &e); err != nil {
		t.Fatalf("the echo, status %s: %v", resp.Status, err)
	}
	t.Expect(echoed(e))
	return e
}

// Line returns the values of the lines of a field in the head as the origin saw it.
func (e Echo) Line(name string) []string {
	var values []string
	for i, line := range e.Lines {
		if n, v, ok := strings.Cut(line, ":"); ok && i > 0 && strings.EqualFold(n, name) {
			values = append(values, strings.Trim(v, " \t"))
		}
	}
	return values
}

// Client returns an http.Client over the transport.
func (t *T) Client() *http.Client {
	return &http.Client{Transport: tripper{t}}
}

// forget drops the bodies that the case has closed and that need no look at the end.
func (t *T) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opened = nil
}

// tripper is the transport with the checks of call.
type tripper struct{ t *T }

func (r tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	byClient(req)
	return r.t.Try(req)
}

func (r tripper) CloseIdleConnections() { r.t.tr.CloseIdleConnections() }

// unsized hides the length of data from http.NewRequest.
func unsized(data []byte) io.Reader { return struct{ io.Reader }{bytes.NewReader(data)} }
