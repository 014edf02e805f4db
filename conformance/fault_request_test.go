// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/isohttp/isohttp/transport/driver"
)

// requestFaults are those in what is sent.
func requestFaults() []fault {
	return []fault{
		{name: "edits the request", caught: []string{"CT-05"}, start: always(editsRequest)},
		{name: "body left open on error", hangs: true, caught: []string{"UP-14"}, also: []string{"SC-01", "SC-03"}, start: always(leavesBodyOpen)},
		{name: "body closed twice or read after: closed", caught: []string{"UP-15"}, also: []string{"SC-03", "UP-20", "UP-21"}, start: always(closesAgain)},
		{name: "body closed twice or read after: read", caught: []string{"UP-15"}, also: []string{"SC-03", "UP-20", "UP-21"}, start: always(readsAfter)},
		{name: "stream sent as text", caught: []string{"UP-08"}, also: []string{"TR-04"}, start: always(sendsText)},
		{name: "short upload accepted", caught: []string{"UP-10"}, also: []string{"SC-03"}, start: always(fillsUp)},
		{name: "panics on bad header", hangs: true, caught: []string{"HQ-07"}, also: []string{"SC-01", "SC-03", "UP-14"}, start: always(panicsOnHeader)},
		{name: "drops a header silently: Request.Host", caught: []string{"HQ-12"}, also: []string{"SC-03"}, start: always(dropsHost)},
		{name: "drops a header silently: those that it cannot send", caught: []string{"HQ-09"},
			also: []string{"ER-13", "ER-14", "HQ-10", "SC-03", "UP-14"}, start: always(dropsForbidden)},
		{name: "re-encodes header bytes", caught: []string{"HQ-06", "HR-06"}, start: always(reencodes)},
		{name: "option silently ignored", caught: []string{"CT-10"}, lacks: []driver.Capability{driver.LimitHeader}, start: always(send.call)},
		{name: "hidden retry of POST: answered 503", caught: []string{"ST-09"}, start: always(repeatsUnavailable)},
		{name: "hidden retry of POST: a broken connection", caught: []string{"CN-04"},
			also: []string{"ER-03", "ER-04", "ER-05"}, start: always(repeatsBroken)},
	}
}

func (s send) call(req *http.Request) (*http.Response, error) { return s(req) }

// editsRequest takes fields that the platform writes by itself out of the caller's map.
func editsRequest(next send, req *http.Request) (*http.Response, error) {
	resp, err := next(req)
	if req.Header != nil {
		req.Header.Del("Content-Length")
		req.Header.Del("Host")
	}
	return resp, err
}

// withBody returns a copy of a request with another body, if it has one.
func withBody(req *http.Request, change func(io.ReadCloser) io.ReadCloser) *http.Request {
	if req == nil || req.Body == nil || req.Body == http.NoBody {
		return req
	}
	out := *req
	out.Body = change(req.Body)
	return &out
}

// restored sends a changed copy of a request and hides that from the caller.
func restored(next send, req, out *http.Request) (*http.Response, error) {
	resp, err := next(out)
	if err == nil && resp.Request == out {
		resp.Request = req
	}
	return resp, err
}

// leavesBodyOpen does not close the body of a request whose method is refused.
func leavesBodyOpen(next send, req *http.Request) (*http.Response, error) {
	if !strings.Contains(req.Method, " ") {
		return next(req)
	}
	return restored(next, req, withBody(req, func(b io.ReadCloser) io.ReadCloser { return io.NopCloser(b) }))
}

// tracked is a request body that knows whether it was read to its end.
type tracked struct {
	io.ReadCloser
	ended atomic.Bool
}

func (b *tracked) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.ended.Store(true)
	}
	return n, err
}

// afterClose calls late behind the Close of a response whose request is still being sent.
func afterClose(late func(io.ReadCloser)) trip {
	return func(next send, req *http.Request) (*http.Response, error) {
		var body *tracked
		out := withBody(req, func(b io.ReadCloser) io.ReadCloser {
			body = &tracked{ReadCloser: b}
			return body
		})
		resp, err := restored(next, req, out)
		if err == nil && body != nil {
			resp.Body = &closeFunc{ReadCloser: resp.Body, after: func() {
				if !body.ended.Load() {
					late(body.ReadCloser)
				}
			}}
		}
		return resp, err
	}
}

// closeFunc is a response body that does something behind its first Close.
type closeFunc struct {
	io.ReadCloser
	once  sync.Once
	after func()
}

func (c *closeFunc) Close() error {
	err := c.ReadCloser.Close()
	c.once.Do(c.after)
	return err
}

func closesAgain(next send, req *http.Request) (*http.Response, error) {
	return afterClose(func(b io.ReadCloser) { b.Close() })(next, req)
}

func readsAfter(next send, req *http.Request) (*http.Response, error) {
	return afterClose(func(b io.ReadCloser) { b.Read(make([]byte, 1)) })(next, req)
}

func sendsText(next send, req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodPost || req.ContentLength > 0 {
		return next(req)
	}
	return restored(next, req, withBody(req, func(b io.ReadCloser) io.ReadCloser { return &textBody{ReadCloser: b} }))
}

// textBody replaces what a body has by the text that JavaScript makes of an object. It does so
// for a line of text only: nearly every case about bodies would fail.
type textBody struct {
	io.ReadCloser
	text io.Reader
}

func (b *textBody) Read(p []byte) (int, error) {
	if b.text != nil {
		return b.text.Read(p)
	}
	n, err := b.ReadCloser.Read(p)
	if n < 20 || n > 60 {
		return n, err
	}
	b.text = strings.NewReader("[object ReadableStream]")
	return b.text.Read(p)
}

func fillsUp(next send, req *http.Request) (*http.Response, error) {
	if req.ContentLength <= 0 {
		return next(req)
	}
	return restored(next, req, withBody(req, func(b io.ReadCloser) io.ReadCloser {
		return &fullBody{ReadCloser: b, left: req.ContentLength}
	}))
}

// fullBody has zeros behind a reader that ends too early.
type fullBody struct {
	io.ReadCloser
	left  int64
	short bool
}

func (b *fullBody) Read(p []byte) (n int, err error) {
	if !b.short {
		n, err = b.ReadCloser.Read(p)
		b.left -= int64(n)
		if err != io.EOF || b.left <= 0 {
			return n, err
		}
		b.short = true
		return n, nil
	}
	n = int(min(int64(len(p)), b.left))
	clear(p[:n])
	if b.left -= int64(n); b.left == 0 {
		err = io.EOF
	}
	return n, err
}

func panicsOnHeader(next send, req *http.Request) (*http.Response, error) {
	for name, values := range req.Header {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00\x7f") {
			panic("Headers.append: invalid")
		}
	}
	return next(req)
}

func dropsHost(next send, req *http.Request) (*http.Response, error) {
	if req.Host == "" || req.URL == nil || req.Host == req.URL.Host {
		return next(req)
	}
	out := *req
	out.Host = ""
	return restored(next, req, &out)
}

// dropsForbidden leaves out what net/http writes by itself.
func dropsForbidden(next send, req *http.Request) (*http.Response, error) {
	if req.Header.Get("Transfer-Encoding") == "" && req.Header.Get("Trailer") == "" {
		return next(req)
	}
	out := *req
	out.Header = req.Header.Clone()
	out.Header.Del("Transfer-Encoding")
	out.Header.Del("Trailer")
	return restored(next, req, &out)
}

// utf8 takes every byte of s for a character.
func utf8(s string) string {
	runes := make([]rune, 0, len(s))
	for i := range len(s) {
		runes = append(runes, rune(s[i]))
	}
	return string(runes)
}

func reencodeAll(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			out[name] = append(out[name], utf8(v))
		}
	}
	return out
}

func reencodes(next send, req *http.Request) (*http.Response, error) {
	out := *req
	if req.Header != nil {
		out.Header = reencodeAll(req.Header)
	}
	resp, err := restored(next, req, &out)
	if err == nil {
		resp.Header = reencodeAll(resp.Header)
	}
	return resp, err
}

// repeatsUnavailable sends a POST again whose server says that it is busy.
func repeatsUnavailable(next send, req *http.Request) (*http.Response, error) {
	resp, err := next(req)
	if err != nil || req.Method != http.MethodPost || resp.StatusCode != http.StatusServiceUnavailable || req.GetBody == nil {
		return resp, err
	}
	resp.Body.Close()
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	out := *req
	out.Body = body
	return restored(next, req, &out)
}

// repeatsBroken keeps what a POST has sent, and sends it once more when no response comes.
func repeatsBroken(next send, req *http.Request) (*http.Response, error) {
	if req == nil || req.Method != http.MethodPost {
		return next(req)
	}
	var kept *keeping
	resp, err := restored(next, req, withBody(req, func(b io.ReadCloser) io.ReadCloser {
		kept = &keeping{ReadCloser: b}
		return kept
	}))
	if err == nil || kept == nil || !kept.whole.Load() || req.Context().Err() != nil {
		return resp, err
	}
	again := *req
	again.Body = io.NopCloser(bytes.NewReader(kept.data))
	return restored(next, req, &again)
}

// keeping is a request body that remembers what was read of it.
type keeping struct {
	io.ReadCloser
	data  []byte
	whole atomic.Bool
}

func (b *keeping) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.data = append(b.data, p[:n]...)
	if err == io.EOF {
		b.whole.Store(true)
	}
	return n, err
}
