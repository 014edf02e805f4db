// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// allLimits is every time limit of a call, none of which is going to be exceeded.
var allLimits = transport.RequestOptions{
	ConnectTimeout: time.Hour, FirstByteTimeout: time.Hour, BetweenBytesTimeout: time.Hour, ResponseHeaderTimeout: time.Hour,
}

// wantTimeout checks the error of an exceeded limit.
func wantTimeout(t *testing.T, err error, text string) {
	t.Helper()
	var timeout net.Error
	if !errors.Is(err, transport.KindTimeout) || !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled) ||
		!errors.As(err, &timeout) || !timeout.Timeout() || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want KindTimeout, %q", err, text)
	}
}

// TestPhaseTimeouts lets each phase alone exceed its limit, with the other two generous.
func TestPhaseTimeouts(t *testing.T) {
	release := make(chan struct{})
	gone := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			<-r.Context().Done()
			gone <- r.URL.Path
		case "/stall":
			io.WriteString(w, "first")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			gone <- r.URL.Path
		case "/gate":
			io.WriteString(w, "first")
			w.(http.Flusher).Flush()
			<-release
			io.WriteString(w, "second")
		}
	}))
	defer server.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts, so TLS never begins
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()

	const short, long = 50 * time.Millisecond, time.Hour
	tr := newTransport(t, nil)
	send := func(url string, o transport.RequestOptions) (*http.Response, error) {
		return tr.RoundTrip(get(t, transport.WithRequestOptions(t.Context(), o), url))
	}
	_, err = send("https://"+silent.Addr().String(), transport.RequestOptions{ConnectTimeout: short, FirstByteTimeout: long, BetweenBytesTimeout: long})
	wantTimeout(t, err, "connecting")

	_, err = send(server.URL+"/hang", transport.RequestOptions{ConnectTimeout: long, FirstByteTimeout: short, BetweenBytesTimeout: long})
	wantTimeout(t, err, "response to begin")
	if path := <-gone; path != "/hang" {
		t.Errorf("the server lost %s", path)
	}

	resp, err := send(server.URL+"/stall", transport.RequestOptions{ConnectTimeout: long, FirstByteTimeout: long, BetweenBytesTimeout: short})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if string(body) != "first" {
		t.Errorf("read %q", body)
	}
	wantTimeout(t, err, "more of the body")
	if path := <-gone; path != "/stall" {
		t.Errorf("the server lost %s", path)
	}
	resp.Body.Close()

	// A program that takes its time between reads exceeds no limit, and neither does a
	// response whose header took longer than the limit of its body.
	resp, err = send(server.URL+"/gate", transport.RequestOptions{FirstByteTimeout: long, BetweenBytesTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := iotest.TestReader(resp.Body, []byte("firstsecond")); err != nil {
		t.Error(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}

// TestPhaseTimeoutsAndContext: the context's own end is told from a limit's.
func TestPhaseTimeoutsAndContext(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(hang)
		<-r.Context().Done()
	}))
	defer server.Close()
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-hang
		cancel(cause)
	}()
	ctx = transport.WithRequestOptions(ctx, transport.RequestOptions{FirstByteTimeout: time.Hour})
	if _, err := newTransport(t, nil).RoundTrip(get(t, ctx, server.URL)); !errors.Is(err, cause) || !errors.Is(err, transport.KindCanceled) {
		t.Errorf("got %v, want the context's cause", err)
	}
}

func TestPhaseTimeoutsKeepTheRequest(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	b, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.CloseIdleConnections()
	req := get(t, transport.WithRequestOptions(t.Context(), transport.RequestOptions{ConnectTimeout: time.Hour}), server.URL)
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Request != req {
		t.Error("the response has another request than the one that was sent")
	}
}

// stuckBody is a request body whose Read waits until it is released, whatever happens.
type stuckBody struct{ release chan struct{} }

func (b *stuckBody) Read([]byte) (int, error) {
	<-b.release
	return 0, io.EOF
}

func (b *stuckBody) Close() error { return nil }

// TestFirstByteTimeoutWithStuckBody: the limit ends a call whose body gives nothing, also where
// nothing else would end it.
func TestFirstByteTimeoutWithStuckBody(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	plain := httptest.NewServer(handler)
	t.Cleanup(plain.Close)
	http2 := httptest.NewUnstartedServer(handler)
	http2.EnableHTTP2 = true
	http2.StartTLS()
	t.Cleanup(http2.Close)
	roots := x509.NewCertPool()
	roots.AddCert(http2.Certificate())
	for _, c := range []struct {
		name string
		ctx  context.Context
		url  string
	}{
		{"no context", context.Background(), plain.URL},
		{"a context", t.Context(), plain.URL},
		{"HTTP/2", context.Background(), http2.URL},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := newTransport(t, &transport.Options{TLSClientConfig: &tls.Config{RootCAs: roots}})
			body := &stuckBody{make(chan struct{})}
			defer close(body.release)
			req := get(t, transport.WithRequestOptions(c.ctx, transport.RequestOptions{FirstByteTimeout: 50 * time.Millisecond}), c.url)
			req.Method, req.Body, req.ContentLength = "PUT", body, -1
			done := make(chan error, 1)
			go func() {
				resp, err := tr.RoundTrip(req)
				if err == nil {
					resp.Body.Close()
				}
				done <- err
			}()
			// The Read may not have begun when the limit ends the call.
			select {
			case err := <-done:
				wantTimeout(t, err, "response to begin")
			case <-time.After(10 * time.Second):
				t.Error("the call goes on")
			}
		})
	}
}

// TestPhaseTimeoutsGiveTheHeaderBack: a call that a limit has ended leaves the caller's header map
// alone, also where the limit comes while net/http is reading it. The race detector tells.
func TestPhaseTimeoutsGiveTheHeaderBack(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	tr := newTransport(t, nil)
	ctx := transport.WithRequestOptions(context.Background(), transport.RequestOptions{FirstByteTimeout: 1})
	for range 100 {
		req := get(t, ctx, server.URL)
		req.Method, req.Body, req.ContentLength = "PUT", io.NopCloser(strings.NewReader("body")), 4
		if resp, err := tr.RoundTrip(req); err == nil {
			resp.Body.Close()
		}
		req.Header.Set("X-Next", "1")
	}
}

// signal is a reader of nothing, which says that it was read.
type signal struct{ read chan struct{} }

func (s *signal) Read([]byte) (int, error) {
	close(s.read)
	return 0, io.EOF
}

// TestLateErrorLeavesTheRequestAlone: a call whose context has ended is over while net/http still
// waits for the body. What it says then is not looked up in the request, which is the caller's again.
// The race detector tells.
func TestLateErrorLeavesTheRequestAlone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	// Without package transport, whose guard would close the body.
	backend, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, phases := range []driver.PhaseTimeouts{{}, {BetweenBytes: time.Hour}} {
		ctx, cancel := context.WithCancelCause(driver.WithPhaseTimeouts(t.Context(), phases))
		reading, body := make(chan struct{}), &stuckBody{make(chan struct{})}
		req := get(t, ctx, server.URL)
		req.Method, req.ContentLength = "PUT", -1
		req.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(&signal{reading}, body), body}
		req.Header.Set("X-Secret", "a header's value")
		done := make(chan error, 1)
		go func() {
			_, err := backend.RoundTrip(req)
			done <- err
		}()
		<-reading // so that net/http is through with the header
		cancel(errors.New("a cause of its own"))
		go close(body.release)
		req.Header.Set("X-Next", "1")
		if err := <-done; !errors.Is(err, driver.KindCanceled) {
			t.Errorf("%+v: got %v", phases, err)
		}
	}
}

// TestFirstByteTimeoutAndInterim: a 1xx is not the response that the limit is about.
func TestFirstByteTimeoutAndInterim(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	tr := newTransport(t, nil)
	send := func(path string, limit time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		resp, err := tr.RoundTrip(get(t, transport.WithRequestOptions(ctx, transport.RequestOptions{FirstByteTimeout: limit}), server.URL+path))
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	wantTimeout(t, send("/hang", 50*time.Millisecond), "response to begin")
	if err := send("/", time.Hour); err != nil {
		t.Errorf("with time enough: %v", err)
	}
}

// TestPhaseTimeoutsAndPanic: what panics in a call with limits and a body is its error, too.
func TestPhaseTimeoutsAndPanic(t *testing.T) {
	b, err := nethttp.New(&nethttp.Options{Base: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { panic("odd") }}})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	req := get(t, transport.WithRequestOptions(t.Context(), allLimits), "http://example.test/")
	req.Method, req.Body, req.ContentLength = "PUT", io.NopCloser(strings.NewReader("x")), 1
	if _, err := tr.RoundTrip(req); !errors.Is(err, transport.KindOther) || !strings.Contains(err.Error(), "panic") {
		t.Errorf("got %v, want the panic as an error", err)
	}
}
