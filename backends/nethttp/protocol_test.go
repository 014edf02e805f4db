// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
)

// startTLS starts a server with HTTP/2 and returns it with the options that trust it.
func startTLS(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *transport.Options) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, &transport.Options{TLSClientConfig: &tls.Config{RootCAs: roots}}
}

func TestHTTP2(t *testing.T) {
	server, opts := startTLS(t, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	tr := newTransport(t, opts)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, strings.NewReader(strings.Repeat("x", 100000)))
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := tr.RoundTrip(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || len(body) != 100000 || resp.ProtoMajor != 2 || resp.Proto != "HTTP/2.0" {
				t.Errorf("%d bytes, %v, %s", len(body), err, resp.Proto)
			}
		})
	}
	wg.Wait()
}

// TestFaultyBodiesHTTP2: over HTTP/2, too, the server never has a complete message when the
// reader is wrong, and a stuck reader does not hold the call.
func TestFaultyBodiesHTTP2(t *testing.T) {
	ends := make(chan error, 1)
	server, opts := startTLS(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ends <- err
	})
	tr := newTransport(t, opts)
	for name, body := range map[string]io.Reader{
		"short": strings.NewReader(strings.Repeat("x", 9999)),
		"long":  strings.NewReader(strings.Repeat("x", 10001)),
	} {
		req, err := http.NewRequestWithContext(t.Context(), "PUT", server.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength, req.GetBody = 10000, nil
		if resp, err := tr.RoundTrip(req); err == nil {
			resp.Body.Close()
			t.Errorf("%s: got a response", name)
		}
		if err := <-ends; err == nil {
			t.Errorf("%s: the server has a complete message", name)
		}
	}
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "PUT", server.URL, r)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := tr.RoundTrip(req)
		failed <- err
	}()
	if _, err := w.Write([]byte("first")); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := <-ends; err == nil {
		t.Error("canceled: the server has a complete message")
	}
}

func TestTrailers(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		io.Copy(w, r.Body)
		w.Header().Set("X-Sum", "response "+r.Trailer.Get("X-Sum"))
		w.Header().Set(http.TrailerPrefix+"X-Late", "late")
	}
	plain := httptest.NewServer(http.HandlerFunc(handler))
	defer plain.Close()
	secure, opts := startTLS(t, handler)
	for _, c := range []struct {
		url  string
		opts *transport.Options
	}{{plain.URL, nil}, {secure.URL, opts}} {
		tr := newTransport(t, c.opts)
		req, err := http.NewRequestWithContext(t.Context(), "POST", c.url, io.MultiReader(strings.NewReader("body")))
		if err != nil {
			t.Fatal(err)
		}
		req.Trailer = http.Header{"X-Sum": {"request"}}
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if v, announced := resp.Trailer["X-Sum"]; !announced || v != nil || resp.Header.Get("X-Sum") != "" {
			t.Errorf("before the end: trailer %v", resp.Trailer)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "body" {
			t.Errorf("%q, %v", body, err)
		}
		resp.Body.Close()
		if resp.Trailer.Get("X-Sum") != "response request" || resp.Trailer.Get("X-Late") != "late" {
			t.Errorf("after the end: trailer %v", resp.Trailer)
		}
	}
	tr := newTransport(t, nil)
	for name, trailer := range map[string]http.Header{"forbidden": {"Content-Length": {"5"}}, "illegal": {"X Y": {"v"}}, "value": {"X": {"a\nb"}}} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", plain.URL, io.MultiReader(strings.NewReader("body")))
		if err != nil {
			t.Fatal(err)
		}
		req.Trailer = trailer
		if _, err := tr.RoundTrip(req); !errors.Is(err, transport.KindInvalid) {
			t.Errorf("%s trailer: %v", name, err)
		}
	}
}

func TestInterimResponses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		io.WriteString(w, "final")
	}))
	defer server.Close()
	var codes []int
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		codes = append(codes, code)
		return nil
	}})
	resp, err := newTransport(t, nil).RoundTrip(get(t, ctx, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if len(codes) != 1 || codes[0] != 103 || resp.StatusCode != 200 || resp.Header.Get("Link") != "" {
		t.Errorf("interim %v, final %d with Link %q", codes, resp.StatusCode, resp.Header.Get("Link"))
	}
}

func TestExpectContinue(t *testing.T) {
	refuse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusExpectationFailed) // before the body was asked for
	}))
	defer refuse.Close()
	read := false
	req, err := http.NewRequestWithContext(t.Context(), "PUT", refuse.URL, readerFunc(func(p []byte) (int, error) {
		read = true
		return 0, io.EOF
	}))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 10
	req.Header.Set("Expect", "100-continue")
	resp, err := newTransport(t, nil).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusExpectationFailed || read {
		t.Errorf("%s; the body was read: %v", resp.Status, read)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// startProxy starts a proxy that knows CONNECT and SOCKS5, and connects everything to target.
func startProxy(t *testing.T, target string) (addr string, seen <-chan string) {
	t.Helper()
	log := make(chan string, 10)
	join := func(c net.Conn, r io.Reader) {
		up, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer up.Close()
		go io.Copy(up, r)
		io.Copy(c, up)
	}
	addr = serveConns(t, func(c *net.TCPConn) {
		r := bufio.NewReader(c)
		first, err := r.Peek(1)
		if err != nil {
			return
		}
		if first[0] == 5 { // SOCKS5 without credentials: greeting, answer, request, answer
			head := make([]byte, 3)
			io.ReadFull(r, head)
			c.Write([]byte{5, 0})
			head = make([]byte, 5)
			io.ReadFull(r, head)
			name := make([]byte, int(head[4])+2)
			io.ReadFull(r, name)
			log <- "socks5 " + string(name[:len(name)-2])
			c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
			join(c, r)
			return
		}
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		log <- req.Method + " " + req.RequestURI + " " + req.Header.Get("Proxy-Authorization")
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		join(c, r)
	})
	return addr, log
}

func TestProxies(t *testing.T) {
	server, opts := startTLS(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "behind the proxy") })
	target := strings.TrimPrefix(server.URL, "https://")
	addr, seen := startProxy(t, target)
	credentials := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:pw"))
	for proxy, want := range map[string]string{
		"http://" + addr:       "CONNECT example.com:443 ",
		"http://me:pw@" + addr: "CONNECT example.com:443 " + credentials,
		"socks5://" + addr:     "socks5 example.com",
	} {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		o := *opts
		o.Proxy = http.ProxyURL(u)
		resp, err := newTransport(t, &o).RoundTrip(get(t, t.Context(), "https://example.com/")) // a name of the test certificate
		if err != nil {
			t.Errorf("%s: %v", u.Scheme, err)
			continue
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "behind the proxy" {
			t.Errorf("%q, %v", body, err)
		}
		resp.Body.Close()
		if got := <-seen; got != want {
			t.Errorf("the proxy saw %q, want %q", got, want)
		}
	}
}

func TestClientCertificateAndMinimumVersion(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.TLS.PeerCertificates[0].Subject.Organization[0])
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	config := &tls.Config{RootCAs: roots, Certificates: server.TLS.Certificates}
	resp, err := newTransport(t, &transport.Options{TLSClientConfig: config}).RoundTrip(get(t, t.Context(), server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "Acme Co" || resp.TLS.Version != tls.VersionTLS12 {
		t.Errorf("%q, %v, TLS %x", body, err, resp.TLS.Version)
	}
	resp.Body.Close()
	for name, edit := range map[string]func(*tls.Config){
		"no certificate": func(c *tls.Config) { c.Certificates = nil },
		"TLS 1.3 only":   func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 },
	} {
		c := config.Clone()
		edit(c)
		if _, err := newTransport(t, &transport.Options{TLSClientConfig: c}).RoundTrip(get(t, t.Context(), server.URL)); !errors.Is(err, transport.KindTLS) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPoolControl(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	tr := newTransport(t, nil)
	for i, c := range []struct {
		before func(*http.Request)
		reused bool
	}{
		{func(*http.Request) {}, false},
		{func(*http.Request) {}, true},
		{func(*http.Request) { tr.CloseIdleConnections() }, false},
		{func(r *http.Request) { r.Close = true }, true},
		{func(*http.Request) {}, false},
	} {
		var reused bool
		req := get(t, httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }}), server.URL)
		c.before(req)
		resp, err := tr.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if reused != c.reused {
			t.Errorf("request %d: connection reused %v, want %v", i, reused, c.reused)
		}
	}
}

// TestNothingIsLeft: goroutines are back to where they were after canceled, failed, unread
// and finished exchanges.
func TestNothingIsLeft(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
			return
		}
		io.WriteString(w, strings.Repeat("x", 100000))
	}))
	backend, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(backend, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			path, timeout := "/", time.Minute
			if i%4 == 0 {
				path, timeout = "/hang", 20*time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, "POST", server.URL+path, strings.NewReader("body"))
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := tr.RoundTrip(req)
			if (err == nil) != (path == "/") {
				t.Errorf("%s: %v", path, err)
			}
			if err == nil {
				if i%2 == 0 {
					io.Copy(io.Discard, resp.Body)
				}
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	tr.CloseIdleConnections()
	server.Close()
	deadline := time.After(10 * time.Second)
	for runtime.NumGoroutine() > before {
		select {
		case <-deadline:
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		default:
			runtime.Gosched()
		}
	}
}
