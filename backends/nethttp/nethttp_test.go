// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

func newTransport(t *testing.T, opts *transport.Options) *transport.Transport {
	t.Helper()
	b, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(b, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func get(t *testing.T, ctx context.Context, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// serveConns hands every connection to f, which has it until it returns, and returns the address.
func serveConns(t *testing.T, f func(c *net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c.(*net.TCPConn))
			}()
		}
	}()
	return l.Addr().String()
}

// serveRaw answers every connection with the same bytes, once a request head is in.
func serveRaw(t *testing.T, answer string) string {
	t.Helper()
	return serveEcho(t, func(string) string { return answer })
}

func TestErrorKinds(t *testing.T) {
	tlsServer := httptest.NewTLSServer(http.NotFoundHandler())
	defer tlsServer.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()

	for _, c := range []struct {
		name  string
		url   string
		kind  driver.Kind
		check func(error) bool
	}{
		{"unknown host", "http://no-such-host.invalid/", driver.KindNetwork, func(err error) bool {
			var dns *net.DNSError
			return errors.As(err, &dns)
		}},
		{"refused", closed.URL, driver.KindNetwork, func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }},
		{"untrusted certificate", tlsServer.URL, driver.KindTLS, func(err error) bool {
			var authority x509.UnknownAuthorityError
			return errors.As(err, &authority) && strings.Contains(err.Error(), "certificate is not trusted")
		}},
		{"TLS to a plain port", strings.Replace(plain.URL, "http:", "https:", 1), driver.KindProtocol, nil},
		{"closed before a byte", serveRaw(t, ""), driver.KindNetwork, nil},
		{"closed in the header", serveRaw(t, "HTTP/1.1 200 OK\r\nX-A: b\r\n"), driver.KindNetwork, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"not HTTP", serveRaw(t, "SSH-2.0-x\r\n\r\n"), driver.KindProtocol, nil},
		{"bad status", serveRaw(t, "HTTP/1.1 abc OK\r\n\r\n"), driver.KindProtocol, nil},
		{"bad field", serveRaw(t, "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), driver.KindProtocol, nil},
		{"bad length", serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), driver.KindProtocol, nil},
		{"header flood", serveRaw(t, "HTTP/1.1 200 OK\r\nX-Big: "+strings.Repeat("x", 100<<10)+"\r\n\r\n"), driver.KindLimit, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := newTransport(t, &transport.Options{MaxResponseHeaderBytes: 50 << 10})
			resp, err := tr.RoundTrip(get(t, t.Context(), c.url+"/path?sig=secret"))
			if err == nil {
				resp.Body.Close()
				t.Fatalf("got a response %s", resp.Status)
			}
			var e *driver.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Backend != "nethttp" {
				t.Errorf("got %v, want kind %v", err, c.kind)
			}
			if c.check != nil && !c.check(err) {
				t.Errorf("the cause is not in the chain of %v", err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error has the query in it: %v", err)
			}
		})
	}
}

func TestOptionsAreHonoured(t *testing.T) {
	proxied := make(chan string, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied <- r.RequestURI
		io.WriteString(w, "by proxy")
	}))
	defer proxy.Close()
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	tr := newTransport(t, &transport.Options{Proxy: http.ProxyURL(proxyURL)})
	resp, err := tr.RoundTrip(get(t, t.Context(), "http://somewhere.invalid/x"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := <-proxied; got != "http://somewhere.invalid/x" {
		t.Errorf("the proxy saw %q", got)
	}

	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("Accept-Encoding")+" "+r.Proto)
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	tr = newTransport(t, &transport.Options{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableCompression: true})
	resp, err = tr.RoundTrip(get(t, t.Context(), server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != " HTTP/1.1" || resp.TLS == nil || resp.Proto != "HTTP/1.1" {
		t.Errorf("body %q, TLS %v, proto %q, %v", body, resp.TLS != nil, resp.Proto, err)
	}
}

func TestTracePassesThrough(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	tr := newTransport(t, nil)
	var first, second bool
	for _, reused := range []*bool{&first, &second} {
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { *reused = i.Reused }})
		resp, err := tr.RoundTrip(get(t, ctx, server.URL))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if first || !second {
		t.Errorf("connection reused: first %v, second %v", first, second)
	}
}

func TestBaseIsNotChanged(t *testing.T) {
	base := &http.Transport{MaxResponseHeaderBytes: 7}
	b, err := nethttp.New(&nethttp.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Configure(driver.Config{MaxResponseHeaderBytes: 9, DisableCompression: true}); err != nil {
		t.Fatal(err)
	}
	if base.MaxResponseHeaderBytes != 7 || base.DisableCompression {
		t.Error("Configure has changed the caller's transport")
	}
}

func TestUpgrade(t *testing.T) {
	tr := newTransport(t, nil)
	req := get(t, t.Context(), serveRaw(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello"))
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	rw, ok := resp.Body.(io.ReadWriter)
	if !ok || resp.StatusCode != 101 {
		t.Fatalf("status %d, writable %v", resp.StatusCode, ok)
	}
	if _, err := rw.Write([]byte("x")); err != nil {
		t.Errorf("Write: %v", err)
	}
	p := make([]byte, 5)
	if _, err := io.ReadFull(rw, p); err != nil || string(p) != "hello" {
		t.Errorf("%q, %v", p, err)
	}
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
