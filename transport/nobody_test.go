// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport"
)

// TestNoBodyEndsCall: a call whose response has no body is over as soon as its request has been
// sent: the response need not be closed, and its body is http.NoBody.
func TestNoBodyEndsCall(t *testing.T) {
	empty := func(r *http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}
	}
	begun, stuck := make(chan struct{}), make(chan struct{})
	for name, c := range map[string]struct {
		send func(*http.Request)
		over bool
	}{
		"sent": {func(r *http.Request) { io.Copy(io.Discard, r.Body); r.Body.Close() }, true},
		// The server has answered before it had all: the rest may be on its way yet.
		"early": {func(r *http.Request) { r.Body.Read(make([]byte, 2)) }, false},
		"read":  {func(r *http.Request) { io.Copy(io.Discard, r.Body) }, false},
		// Close does not wait for long.
		"stuck": {func(r *http.Request) { go r.Body.Read(make([]byte, 2)); <-begun; r.Body.Close() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var sent *http.Request
			var last transport.Progress
			body := &closeCounter{Reader: strings.NewReader("body")}
			if name == "stuck" {
				body.Reader = stuckReader{begun, stuck}
				defer close(stuck)
			}
			req := post(t, body)
			req.ContentLength = 4
			again := &closeCounter{Reader: strings.NewReader("body")}
			req.GetBody = func() (io.ReadCloser, error) { return again, nil }
			req = req.WithContext(transport.WithRequestOptions(req.Context(), transport.RequestOptions{Progress: func(p transport.Progress) { last = p }}))
			//lint:ignore SA1019 It is what leaves a goroutine.
			req.Cancel = make(chan struct{})
			resp, err := over(t, func(r *http.Request) (*http.Response, error) {
				c.send(r)
				sent = r
				return empty(r), nil
			}).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if got := resp.Body == http.NoBody; got != c.over {
				t.Errorf("the body is a %T", resp.Body)
			}
			if got := sent.Context().Err() != nil; got != c.over {
				t.Errorf("the call is over: %v, want %v", got, c.over)
			}
			if got, err := io.ReadAll(resp.Body); len(got) != 0 || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			resp.Body.Close()
			if body.closed.Load() != 1 || context.Cause(sent.Context()) != context.Canceled {
				t.Errorf("the request body was closed %d times, the context ended by %v", body.closed.Load(), context.Cause(sent.Context()))
			}
			if name == "sent" && (last != transport.Progress{Sent: 4, SentTotal: 4, ReceivedTotal: -1}) {
				t.Errorf("the last Progress is %+v", last)
			}
			if _, err := sent.Body.Read(make([]byte, 1)); err == nil || err == io.EOF {
				t.Errorf("a late Read of the request body: %v", err)
			}
			if _, err := sent.GetBody(); err != nil || again.closed.Load() != 1 {
				t.Errorf("a late GetBody: %v, its body was closed %d times", err, again.closed.Load())
			}
		})
	}
}

// stuckReader does not return from Read until released.
type stuckReader struct{ begun, release chan struct{} }

func (s stuckReader) Read([]byte) (int, error) {
	close(s.begun)
	<-s.release
	return 0, io.EOF
}
