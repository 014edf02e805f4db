// SPDX-License-Identifier: MIT

package fetch

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// response makes an http.Response of the platform's.
func (x *exchange) response(req *http.Request, r *jsfetch.Response) (*http.Response, error) {
	if err := x.hidden(r); err != nil {
		r.Cancel()
		x.stop()
		return nil, err
	}
	resp := &http.Response{StatusCode: r.Status, Header: parseHeaders(r.Headers), Request: req}
	if r.StatusText != "" {
		resp.Status = strconv.Itoa(r.Status) + " " + r.StatusText
	}
	if r.Redirected {
		resp.Request = redirected(req, r.URL)
	}
	resp.ContentLength = contentLength(resp.Header)
	setHop(resp)

	b := &body{exchange: x, left: -1, quit: make(chan struct{})}
	none := x.method == http.MethodHead || r.Status == http.StatusNoContent ||
		r.Status == http.StatusResetContent || r.Status == http.StatusNotModified
	if none {
		// Some engines have a stream here, with bytes in it for a 205.
		r.Cancel()
		if x.method != http.MethodHead {
			resp.ContentLength = 0
		}
	} else {
		var exc *jsfetch.Exception
		small := resp.ContentLength >= 0 && resp.ContentLength <= smallBody
		if b.reader, exc = r.Reader(small); exc != nil {
			x.stop()
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
	list, known, odd := codings(resp.Header)
	if !known {
		return
	}
	switch last := magicOf(list[len(list)-1]); {
	case odd && (last == "" || stillEncoded(list, b.peek(len(last)))):
		// "gzip, identity": Node and Chromium leave all of it on. Without bytes that
		// tell, that is what is believed.
		return
	case slices.Contains(list, "zstd") && !x.notes.decodesZstd(list, b):
		return
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
