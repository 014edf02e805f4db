// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// switching is the answer after which a connection belongs to both ends.
const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n"

// serveUpgrade switches protocols for every request, and hands the connection to f.
func serveUpgrade(t *testing.T, f func(c *net.TCPConn, r *bufio.Reader)) string {
	t.Helper()
	return "http://" + serveConns(t, func(c *net.TCPConn) {
		r := bufio.NewReader(c)
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		io.WriteString(c, switching)
		f(c, r)
	})
}

// echo sends back what it gets, until the other end has no more.
func echo(c *net.TCPConn, r *bufio.Reader) { io.Copy(c, r) }

// upgrade asks for another protocol, and gets it.
func upgrade(t *testing.T, tr http.RoundTripper, ctx context.Context, url string) (*http.Response, io.ReadWriteCloser) {
	t.Helper()
	req := get(t, ctx, url)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "test")
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	rwc, ok := resp.Body.(io.ReadWriteCloser)
	if !ok || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %s, with a body of type %T", resp.Status, resp.Body)
	}
	t.Cleanup(func() { rwc.Close() })
	return resp, rwc
}

// eachLimit runs f with a context without limits, and with one that has all of them.
func eachLimit(t *testing.T, f func(t *testing.T, ctx context.Context)) {
	t.Run("without limits", func(t *testing.T) { f(t, t.Context()) })
	t.Run("with limits", func(t *testing.T) { f(t, transport.WithRequestOptions(t.Context(), allLimits)) })
}

// TestUpgradeHalfClose ends one direction of an upgraded connection and reads what comes back.
func TestUpgradeHalfClose(t *testing.T) {
	origin := serveUpgrade(t, func(c *net.TCPConn, r *bufio.Reader) {
		all, err := io.ReadAll(r)
		fmt.Fprintf(c, "got %q, %v", all, err)
	})
	const want = `got "data", <nil>`
	eachLimit(t, func(t *testing.T, ctx context.Context) {
		_, rwc := upgrade(t, newTransport(t, nil), ctx, origin)
		half, ok := rwc.(interface{ CloseWrite() error })
		if !ok {
			t.Fatalf("a %T has no CloseWrite", rwc)
		}
		io.WriteString(rwc, "data")
		if err := half.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if all, err := io.ReadAll(rwc); string(all) != want || err != nil {
			t.Errorf("got %q, %v; want %q", all, err, want)
		}
	})

	t.Run("behind ReverseProxy", func(t *testing.T) {
		target, err := url.Parse(origin)
		if err != nil {
			t.Fatal(err)
		}
		proxy := httputil.NewSingleHostReverseProxy(target)
		proxy.Transport = newTransport(t, nil)
		front := httptest.NewServer(proxy)
		t.Cleanup(front.Close)
		_, rwc := upgrade(t, http.DefaultTransport, t.Context(), front.URL)
		io.WriteString(rwc, "data")
		rwc.(interface{ CloseWrite() error }).CloseWrite()
		if all, err := io.ReadAll(rwc); string(all) != want || err != nil {
			t.Errorf("got %q, %v; want %q", all, err, want)
		}
	})
}

// TestUpgradeOutlivesTheCall: behind a 101 the context has no say, as with bare net/http.
func TestUpgradeOutlivesTheCall(t *testing.T) {
	origin := serveUpgrade(t, echo)
	eachLimit(t, func(t *testing.T, ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		_, rwc := upgrade(t, newTransport(t, nil), ctx, origin)
		read := make(chan string)
		go func() {
			defer close(read)
			for range 2 {
				var p [1]byte
				_, err := io.ReadFull(rwc, p[:])
				read <- fmt.Sprint(string(p[:]), err)
			}
		}()
		cancel()
		for _, word := range []string{"a", "b"} {
			if _, err := io.WriteString(rwc, word); err != nil {
				t.Fatal(err)
			}
			if got := <-read; got != word+"<nil>" {
				t.Errorf("read %s, want %s", got, word)
			}
		}
	})
}

// TestUpgradeEndsThePhases: what a call with limits holds is free once its connection has
// become the program's.
func TestUpgradeEndsThePhases(t *testing.T) {
	origin := serveUpgrade(t, echo)
	var sent context.Context
	base := &http.Transport{Proxy: func(req *http.Request) (*url.URL, error) {
		sent = req.Context()
		return nil, nil
	}}
	b, err := nethttp.New(&nethttp.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	upgrade(t, tr, transport.WithRequestOptions(t.Context(), transport.RequestOptions{ConnectTimeout: time.Hour}), origin)
	if sent.Err() == nil {
		t.Error("the context of the call goes on, below that of the caller")
	}
}

func TestUpgradeReadErrors(t *testing.T) {
	ended := serveUpgrade(t, func(c *net.TCPConn, _ *bufio.Reader) { io.WriteString(c, "last") })
	reset := serveUpgrade(t, func(c *net.TCPConn, r *bufio.Reader) {
		r.ReadByte() // the response has been read by then: a reset would discard it
		c.SetLinger(0)
	})
	eachLimit(t, func(t *testing.T, ctx context.Context) {
		_, rwc := upgrade(t, newTransport(t, nil), ctx, ended)
		if all, err := io.ReadAll(rwc); string(all) != "last" || err != nil {
			t.Errorf("got %q, %v; want a clean end", all, err)
		}

		_, rwc = upgrade(t, newTransport(t, nil), ctx, reset)
		io.WriteString(rwc, "x")
		_, err := io.ReadAll(rwc)
		var e *driver.Error
		if !errors.As(err, &e) || e.Kind != driver.KindNetwork || e.Backend != "nethttp" || e.Op != driver.OpRead || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v, want a reset of KindNetwork", err)
		}
	})
}
