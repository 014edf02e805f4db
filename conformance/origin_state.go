// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

// cookie sets a cookie that a client with a jar would send back from then on.
func (x *exchange) cookie() {
	x.w.Header().Add("Set-Cookie", "session="+x.token+"; Path=/")
	io.WriteString(x.w, "cookie")
}

// auth asks for credentials, whatever the request has.
func (x *exchange) auth() {
	x.w.Header().Set("WWW-Authenticate", `Basic realm="suite"`)
	x.w.WriteHeader(http.StatusUnauthorized)
	io.WriteString(x.w, "auth")
}

// cacheable may be kept for an hour by whoever keeps answers. The body is the number of the
// token's requests so far, so that a kept one gives itself away.
func (x *exchange) cacheable() {
	h := x.w.Header()
	h.Set("Content-Type", "text/plain")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", `"cacheable"`)
	h.Set("Last-Modified", x.origin.log.start.Add(-24*time.Hour).UTC().Format(http.TimeFormat))
	if x.r.Header.Get("If-None-Match") != "" || x.r.Header.Get("If-Modified-Since") != "" {
		x.w.WriteHeader(http.StatusNotModified)
		return
	}
	events, _ := x.origin.log.snapshot(x.token)
	io.WriteString(x.w, strconv.Itoa(countKind(events, EventRequest)))
}

// framingOf says which of the two framings of a body the head of a request asks for.
func framingOf(lines []string) string {
	e := Echo{Lines: lines}
	length, chunked := e.Line("Content-Length") != nil, e.Line("Transfer-Encoding") != nil
	switch {
	case length && chunked:
		return bothFramings
	case length:
		return "length"
	case chunked:
		return "chunked"
	}
	return ""
}

const bothFramings = "length and chunked"
