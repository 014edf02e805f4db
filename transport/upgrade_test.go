// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport"
)

// stream is the body of a 101, of a platform that cannot close one direction.
type stream struct {
	io.Reader
	written strings.Builder
	closed  int
}

func (s *stream) Write(p []byte) (int, error) { return s.written.Write(p) }
func (s *stream) Close() error                { s.closed++; return nil }

// halfStream is one that can.
type halfStream struct{ stream }

var errHalf = errors.New("half")

func (s *halfStream) CloseWrite() error { return errHalf }

// switched returns a Transport that switches to src, and the context of the last request that
// its platform had.
func switched(t *testing.T, src io.ReadCloser, opts *transport.Options) (*transport.Transport, *context.Context) {
	t.Helper()
	sent := new(context.Context)
	tr, err := transport.NewWith(&backend{caps: all(), roundTrip: func(out *http.Request) (*http.Response, error) {
		*sent = out.Context()
		return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: src}, nil
	}}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tr, sent
}

// TestUpgradedBody: the body behind a 101 can do what the platform's can, and nothing else.
func TestUpgradedBody(t *testing.T) {
	pass := func(next http.RoundTripper) http.RoundTripper { return next }
	for way, opts := range map[string]*transport.Options{"plain": nil, "below a middleware": {Wrap: pass}} {
		for _, half := range []bool{false, true} {
			s := &halfStream{stream{Reader: strings.NewReader("answer")}}
			var src io.ReadCloser = s
			if !half {
				src = &s.stream
			}
			tr, _ := switched(t, src, opts)
			resp, err := tr.RoundTrip(post(t, strings.NewReader("body"))) // which is one more thing to close
			if err != nil {
				t.Fatal(err)
			}
			w, ok := resp.Body.(io.Writer)
			if !ok {
				t.Fatalf("%s: a %T has no Write", way, resp.Body)
			}
			io.WriteString(w, "word")
			c, ok := resp.Body.(interface{ CloseWrite() error })
			if ok != half || half && c.CloseWrite() != errHalf {
				t.Errorf("%s: CloseWrite is there: %v, want %v, and what it returns", way, ok, half)
			}
			all, err := io.ReadAll(resp.Body)
			if string(all) != "answer" || err != nil || s.written.String() != "word" {
				t.Errorf("%s: read %q, %v, wrote %q", way, all, err, s.written.String())
			}
			if resp.Body.Close(); s.closed != 1 {
				t.Errorf("%s: closed %d times", way, s.closed)
			}
		}
	}
}

// TestUpgradeEndsTheCall: a 101 is the end of the exchange. Its context has no say over what
// follows, and nothing of the call is left.
func TestUpgradeEndsTheCall(t *testing.T) {
	tr, sent := switched(t, &stream{Reader: strings.NewReader("answer")}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	progress := 0
	req := get(t).WithContext(transport.WithRequestOptions(ctx, transport.RequestOptions{
		ResponseHeaderTimeout: time.Hour,
		Progress:              func(transport.Progress) { progress++ },
	}))
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if (*sent).Err() == nil || ctx.Err() != nil {
		t.Errorf("the platform's context: %v, the caller's: %v; want only the former to be over", (*sent).Err(), ctx.Err())
	}
	cancel()
	if all, err := io.ReadAll(resp.Body); string(all) != "answer" || err != nil {
		t.Errorf("after the end of the context: %q, %v", all, err)
	}
	if progress != 0 {
		t.Errorf("%d reports of what is not a body", progress)
	}
}
