// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
)

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
