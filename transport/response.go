// SPDX-License-Identifier: MIT

package transport

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// dress makes a backend's response the same on every platform. req is the caller's
// request, out what the backend was given.
func (t *Transport) dress(resp *http.Response, req, out *http.Request, up *upload, c *call) *http.Response {
	// Asked in one place, for all of it goes for most responses of net/http.
	if resp.Request != req || !isStatusLine(resp.Status, resp.StatusCode) || !isCanonical(resp.Header) ||
		resp.Body == nil || resp.Uncompressed || resp.ContentLength < 0 || bodyless(out.Method, resp.StatusCode) {
		normalize(resp, req, out)
	}
	if c != nil {
		c.headerIn(resp)
	}
	if resp.Body == http.NoBody || resp.StatusCode == http.StatusSwitchingProtocols {
		return t.dressOther(resp, out, up, c)
	}
	resp.Body = t.newResponseBody(resp, out, up, c, resp.ContentLength)
	return resp
}

// dressOther is the end of dress for a response without a body, or with a stream in its place.
func (t *Transport) dressOther(resp *http.Response, out *http.Request, up *upload, c *call) *http.Response {
	switch {
	case resp.Body == http.NoBody && up.over():
		c.finish(nil) // for nobody has to close http.NoBody
	case resp.StatusCode == http.StatusSwitchingProtocols:
		resp.Body = newUpgradedBody(t, resp, out, up, c)
	default:
		// Of unknown length: that of HEAD counts other bytes.
		resp.Body = t.newResponseBody(resp, out, up, c, -1)
	}
	return resp
}

// normalize gives the fields of a response the form that they have on every platform.
func normalize(resp *http.Response, req, out *http.Request) {
	if resp.Request == nil || resp.Request == out {
		resp.Request = req
	}
	resp.Status = statusLine(resp.StatusCode, resp.Status)
	if !isCanonical(resp.Header) {
		resp.Header = canonicalHeader(resp.Header)
	}
	if resp.Uncompressed {
		// The fields describe bytes that nobody will see.
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
	}
	resp.ContentLength = max(resp.ContentLength, -1)
	if bodyless(out.Method, resp.StatusCode) && resp.Body != nil {
		resp.Body.Close()
		resp.Body = nil
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
}

// isStatusLine reports whether status is code, space, and a reason phrase.
func isStatusLine(status string, code int) bool {
	return len(status) > 4 && 100 <= code && code <= 999 && status[3] == ' ' && status[4] != ' ' &&
		int(status[0]-'0')*100+int(status[1]-'0')*10+int(status[2]-'0') == code
}

// statusLine returns code, space, and the wire's reason phrase or else the standard text.
func statusLine(code int, status string) string {
	if isStatusLine(status, code) {
		return status // the usual case needs no new string
	}
	digits := strconv.Itoa(code)
	reason := strings.TrimSpace(strings.TrimPrefix(status, digits))
	if reason == "" {
		reason = http.StatusText(code)
	}
	return digits + " " + reason
}

// isCanonical reports whether there is a header and its keys are in canonical form. azcore and
// go-retryablehttp look into the map with canonical keys.
func isCanonical(h http.Header) bool {
	for k := range h {
		switch k {
		case "Date", "Content-Length", "Content-Type", "Server", "Etag", "Last-Modified", "Vary", "Connection", "Cache-Control":
			continue // known to be; every other is looked at byte by byte
		}
		if !isCanonicalKey(k) && http.CanonicalHeaderKey(k) != k {
			return false
		}
	}
	return h != nil
}

// isCanonicalKey reports whether k is in canonical form, for certain: it is quicker than to make that
// form, and most keys are.
func isCanonicalKey(k string) bool {
	wrong := inLower // at the beginning of a word
	found := uint8(0)
	for i := range len(k) {
		class := classes[k[i]]
		found |= class & wrong
		wrong = inUpper
		if k[i] == '-' {
			wrong = inLower
		}
	}
	return found == 0
}

// canonicalHeader returns a header with the fields of h, under canonical keys.
func canonicalHeader(h http.Header) http.Header {
	out := make(http.Header, len(h))
	for k, values := range h {
		c := http.CanonicalHeaderKey(k)
		out[c] = append(out[c], values...)
	}
	return out
}

// bodyless reports whether a response has no body by the rules of HTTP, whatever the
// platform delivers (RFC 9110 section 6.4.1; 205 in 15.3.6).
func bodyless(method string, status int) bool {
	return method == http.MethodHead || status == http.StatusNoContent ||
		status == http.StatusResetContent || status == http.StatusNotModified
}

// newResponseBody wraps the body of a response, which has the given length.
func (t *Transport) newResponseBody(resp *http.Response, out *http.Request, up *upload, c *call, length int64) io.ReadCloser {
	b := &responseBody{src: resp.Body, ctx: out.Context(), t: t, req: out, call: c, up: up, length: length, remain: remaining(length)}
	if t.netHTTP == nil {
		if w, ok := resp.Body.(io.WriterTo); ok {
			return &piecesBody{b, w}
		}
	}
	return b
}
