// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestPhaseTimeouts runs on a clock of its own.
func TestPhaseTimeouts(t *testing.T) {
	for _, c := range []struct {
		name    string
		message message
		rt      roundTripFunc
		want    code
	}{
		{"connect", message{connect: 5e9}, func(req *http.Request) (*http.Response, error) {
			tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}
			defer tr.CloseIdleConnections() // also ends the dial
			return tr.RoundTrip(req)
		}, codeConnectionTimeout},
		{"first byte", message{connect: 5e9, firstByte: 7e9}, func(req *http.Request) (*http.Response, error) {
			here, there := net.Pipe()
			go io.Copy(io.Discard, there)
			tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return here, nil }}
			defer there.Close()
			return tr.RoundTrip(req)
		}, codeResponseTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, &Config{RoundTripper: c.rt})
				start := time.Now()
				f, _, _ := s.send(c.message.to("http://127.0.0.1"))
				if _, got := s.answer(f); got != c.want {
					t.Errorf("error-code %d, want %d", got, c.want)
				}
				if d := time.Since(start); d != time.Duration(max(c.message.firstByte, 5e9)) {
					t.Errorf("after %v", d)
				}
				s.wantNoHandles()
			})
		})
	}
	t.Run("between bytes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			s := newScript(t, &Config{RoundTripper: respond(&untilCanceled{r: r})})
			resp := s.response(message{between: 3e9}.to("http://127.0.0.1"))
			body, stream := s.open(resp)
			for range 5 { // slower than the limit in all, but never between two
				time.Sleep(2 * time.Second)
				w.Write([]byte("x"))
				if data, _, _ := s.read(stream, 10); data != "x" {
					t.Fatalf("read %q", data)
				}
			}
			start := time.Now()
			if _, _, c := s.read(stream, 10); c != codeConnectionReadTimeout || time.Since(start) != 3*time.Second {
				t.Errorf("error-code %d after %v", c, time.Since(start))
			}
			s.call("[resource-drop]input-stream", stream)
			s.call("[resource-drop]incoming-body", body)
			s.wantNoHandles()
		})
	})
}

// respond returns a RoundTripper that answers with a body, which learns of the context.
func respond(body io.ReadCloser) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		if b, ok := body.(*untilCanceled); ok {
			context.AfterFunc(req.Context(), func() { b.r.CloseWithError(req.Context().Err()) })
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, ContentLength: -1}, nil
	}
}

// untilCanceled is a body whose Read ends with the request's context, as net/http's do.
type untilCanceled struct{ r *io.PipeReader }

func (u *untilCanceled) Read(p []byte) (int, error) { return u.r.Read(p) }
func (u *untilCanceled) Close() error               { return u.r.Close() }
