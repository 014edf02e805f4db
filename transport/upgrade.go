// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"io"
	"net/http"
)

// newUpgradedBody returns the stream behind a 101, which is no HTTP body, and goes both ways. The
// exchange is over: its context, its limits, Request.Cancel and Progress have no more to do with the
// stream, and it is logged. Only the request's body, if it is still being sent, ends with the stream.
// So it is with net/http alone: code that dials by a request under a timeout, and lets go of that
// when it has its connection, is to work here as well.
func newUpgradedBody(t *Transport, resp *http.Response, out *http.Request, up *upload, c *call) io.ReadCloser {
	c.finish(nil)
	b := &responseBody{src: resp.Body, ctx: context.Background(), t: t, req: out, up: up, length: -1, remain: remaining(-1)}
	if w, ok := resp.Body.(io.Writer); ok {
		return bothWays(b, w)
	}
	return b
}

// halfCloser ends one direction of a stream. httputil.ReverseProxy and tunnels look for it.
type halfCloser interface{ CloseWrite() error }

// bothWays returns body with the Write of stream, and with its CloseWrite if it has one.
func bothWays(body io.ReadCloser, stream io.Writer) io.ReadCloser {
	if half, ok := stream.(halfCloser); ok {
		return struct {
			io.ReadCloser
			io.Writer
			halfCloser
		}{body, stream, half}
	}
	return struct {
		io.ReadCloser
		io.Writer
	}{body, stream}
}
