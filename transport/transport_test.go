// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// backend is a platform made of two functions.
type backend struct {
	roundTrip func(*http.Request) (*http.Response, error)
	caps      driver.Capabilities
	idle      int
}

func (b *backend) RoundTrip(req *http.Request) (*http.Response, error) { return b.roundTrip(req) }
func (b *backend) Capabilities() driver.Capabilities                   { return b.caps }
func (b *backend) CloseIdleConnections()                               { b.idle++ }

func all() driver.Capabilities { return driver.NewCapabilities(driver.AllCapabilities()...) }

func over(t *testing.T, f func(*http.Request) (*http.Response, error)) *transport.Transport {
	t.Helper()
	tr, err := transport.NewWith(&backend{roundTrip: f, caps: all()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func get(t *testing.T) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://example.test/path?sig="+secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func post(t *testing.T, body io.Reader) *http.Request {
	req := get(t)
	req.Method = "POST"
	req.Body = io.NopCloser(body)
	if c, ok := body.(io.ReadCloser); ok {
		req.Body = c
	}
	return req
}

func TestBackendMisbehaves(t *testing.T) {
	both := &closeCounter{Reader: strings.NewReader("x")}
	for name, f := range map[string]func(*http.Request) (*http.Response, error){
		"neither": func(*http.Request) (*http.Response, error) { return nil, nil },
		"both": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: both}, errors.New("and an error")
		},
		"panics":             func(*http.Request) (*http.Response, error) { panic("http://example.test/path?sig=" + secret) },
		"panics at run time": func(*http.Request) (*http.Response, error) { var list []*http.Response; return list[len(list)], nil },
		"a url.Error": func(*http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Get", URL: "http://h/?sig=" + secret, Err: io.EOF}
		},
		"an unknown error": func(*http.Request) (*http.Response, error) { return nil, errors.New("odd") },
	} {
		t.Run(name, func(t *testing.T) {
			body := &closeCounter{Reader: strings.NewReader("body")}
			resp, err := over(t, f).RoundTrip(post(t, body))
			var e *transport.Error
			if resp != nil || !errors.As(err, &e) || e.Kind != transport.KindOther {
				t.Errorf("got %v, %v; want an *Error of KindOther", resp, err)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error has the query in it: %v", err)
			}
			if body.closed.Load() != 1 {
				t.Errorf("the request body was closed %d times", body.closed.Load())
			}
		})
	}
	if both.closed.Load() != 1 {
		t.Errorf("the body of a response beside an error was closed %d times", both.closed.Load())
	}
}

func TestDress(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		in     http.Response
		status string
		length int64
		body   string
		header http.Header
	}{
		{"bare", "GET", http.Response{StatusCode: 200}, "200 OK", 0, "", http.Header{}},
		{"reason", "GET", http.Response{StatusCode: 404, Status: "404 Nothing Here"}, "404 Nothing Here", 0, "", http.Header{}},
		{"no reason", "GET", http.Response{StatusCode: 404, Status: "404 "}, "404 Not Found", 0, "", http.Header{}},
		{"reason alone", "GET", http.Response{StatusCode: 404, Status: "Gone Fishing"}, "404 Gone Fishing", 0, "", http.Header{}},
		{"unknown code", "GET", http.Response{StatusCode: 299}, "299 ", 0, "", http.Header{}},
		{"lower case", "GET", http.Response{StatusCode: 200, Header: http.Header{"retry-after": {"1"}, "x-a": {"2"}, "X-A": {"1"}}},
			"200 OK", 0, "", http.Header{"Retry-After": {"1"}, "X-A": {"1", "2"}}},
		{"decoded", "GET", http.Response{StatusCode: 200, Uncompressed: true, ContentLength: 3, Body: io.NopCloser(strings.NewReader("longer")),
			Header: http.Header{"Content-Encoding": {"br"}, "Content-Length": {"3"}}}, "200 OK", -1, "longer", http.Header{}},
		{"HEAD", "HEAD", http.Response{StatusCode: 200, ContentLength: 7, Body: io.NopCloser(strings.NewReader("illegal")),
			Header: http.Header{"Content-Length": {"7"}}}, "200 OK", 7, "", http.Header{"Content-Length": {"7"}}},
		{"205", "GET", http.Response{StatusCode: 205, ContentLength: -1, Body: io.NopCloser(strings.NewReader("illegal"))}, "205 Reset Content", -1, "", http.Header{}},
		{"too long", "GET", http.Response{StatusCode: 200, ContentLength: 3, Body: io.NopCloser(strings.NewReader("longer"))}, "200 OK", 3, "lon", http.Header{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := get(t)
			req.Method = c.method
			resp, err := over(t, func(*http.Request) (*http.Response, error) { r := c.in; return &r, nil }).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || string(body) != c.body {
				t.Errorf("body %q, %v; want %q", body, err, c.body)
			}
			if resp.Status != c.status || resp.ContentLength != c.length || resp.Request != req {
				t.Errorf("status %q, length %d, same request %v", resp.Status, resp.ContentLength, resp.Request == req)
			}
			if len(resp.Header) != len(c.header) {
				t.Errorf("header %v, want %v", resp.Header, c.header)
			}
			for name, values := range c.header {
				if len(resp.Header[name]) != len(values) {
					t.Errorf("header %v, want %v", resp.Header, c.header)
				}
			}
		})
	}
}

// TestBackendReceives checks what package driver promises to backends.
func TestBackendReceives(t *testing.T) {
	var got *http.Request
	caps := driver.NewCapabilities(driver.HeaderObsText).WithForbiddenHeaders("User-Agent", "Cookie", "Sec-")
	tr, err := transport.NewWith(&backend{caps: caps, roundTrip: func(r *http.Request) (*http.Response, error) {
		got = r
		return &http.Response{StatusCode: 200}, nil
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	req := post(t, strings.NewReader("four"))
	req.ContentLength = 4
	req.Header = http.Header{"content-length": {"4"}, "HOST": {"other"}, "user-agent": {"me"}, "Expect": {"100-continue"},
		"X-A": {" a "}, "range": {"bytes=0-1"}}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want := http.Header{"X-A": {"a"}, "Range": {"bytes=0-1"}}
	if len(got.Header) != 2 || got.Header.Get("X-A") != "a" || got.Header.Get("Range") != "bytes=0-1" {
		t.Errorf("the backend saw %v, want %v", got.Header, want)
	}
	if len(req.Header) != 6 || req.Header["X-A"][0] != " a " {
		t.Errorf("the caller's header was modified: %v", req.Header)
	}
	req = get(t)
	req.Method, req.Body = "", http.NoBody
	resp, err = tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got.Method != "GET" || got.Body != nil || req.Method != "" {
		t.Errorf("method %q, body %v; the caller's %q", got.Method, got.Body, req.Method)
	}
	req = get(t)
	if resp, err = tr.RoundTrip(req); err != nil || got != req {
		t.Errorf("a request that needs no change was copied (%v)", err)
	} else {
		resp.Body.Close()
	}
	for name, edit := range map[string]func(*http.Request){
		"Cookie":               func(r *http.Request) { r.Header.Set("cookie", "a=b") },
		"Sec-Fetch-Mode":       func(r *http.Request) { r.Header.Set("sec-fetch-mode", "cors") },
		"method.connect_trace": func(r *http.Request) { r.Method = "TRACE" },
		"get_body":             func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) },
		"hdr.host":             func(r *http.Request) { r.Host = "elsewhere.test" },
		"tr.out":               func(r *http.Request) { r.Trailer = http.Header{"X": {"y"}} },
	} {
		got = nil
		req := get(t)
		edit(req)
		_, err := tr.RoundTrip(req)
		var u *transport.Unsupported
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &u) || u.Feature != name || got != nil {
			t.Errorf("%s: %v; reached the backend: %v", name, err, got != nil)
		}
	}
}

// A backend gets no port that is the scheme's own, and the caller's request stays as it is.
func TestDefaultPort(t *testing.T) {
	for _, c := range [][3]string{ // the URL, its host at the backend, Request.Host there
		{"http://a.test:80/", "a.test", "a.test"}, {"https://a.test:443/", "a.test", "a.test"}, {"http://[::1]:80/", "[::1]", "[::1]"},
		{"http://a.test:8080/", "a.test:8080", "a.test:8080"}, {"https://a.test:80/", "a.test:80", "a.test:80"},
		{"http://a.test:180/", "a.test:180", "a.test:180"},
	} {
		for _, host := range []string{"", "other.test:80"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			want := c[2]
			if host != "" {
				req.Host, want = host, host
			}
			before, u := *req, *req.URL
			var got *http.Request
			resp, err := over(t, func(out *http.Request) (*http.Response, error) {
				got = out
				return &http.Response{StatusCode: 204}, nil
			}).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if got.URL.Host != c[1] || got.Host != want {
				t.Errorf("%s, Host %q: the backend gets %s, Host %s, want %s, %s", c[0], host, got.URL.Host, got.Host, c[1], want)
			}
			if *req.URL != u || req.Host != before.Host || resp.Request != req {
				t.Errorf("%s: the request is %s, %s, that of the response %p, want %p", c[0], req.URL, req.Host, resp.Request, req)
			}
		}
	}
}

// The target of a CONNECT is the host, and has to have a port (RFC 9110 section 9.3.6).
func TestConnectKeepsPort(t *testing.T) {
	for _, url := range []string{"http://a.test:80", "https://a.test:443"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodConnect, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := over(t, func(out *http.Request) (*http.Response, error) {
			if out.URL.Host != req.URL.Host || out.Host != req.Host {
				t.Errorf("%s: the backend gets %s, Host %s", url, out.URL.Host, out.Host)
			}
			return &http.Response{StatusCode: 200}, nil
		}).RoundTrip(req); err != nil {
			t.Error(err)
		}
	}
}

func TestOptions(t *testing.T) {
	b := &backend{caps: driver.NewCapabilities()}
	proxy := func(*http.Request) (*url.URL, error) { return nil, nil }
	for name, c := range map[string]struct {
		opts transport.Options
		kind transport.Kind
	}{
		"Proxy":                  {transport.Options{Proxy: proxy}, transport.KindUnsupported},
		"MaxResponseHeaderBytes": {transport.Options{MaxResponseHeaderBytes: 1}, transport.KindUnsupported},
		"DisableCompression":     {transport.Options{DisableCompression: true}, transport.KindUnsupported},
		"CheckRedirect":          {transport.Options{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}, transport.KindUnsupported},
		"MaxBufferedBody":        {transport.Options{MaxBufferedBody: -1}, transport.KindInvalid},
		"Wrap":                   {transport.Options{Wrap: func(http.RoundTripper) http.RoundTripper { return nil }}, transport.KindInvalid},
	} {
		tr, err := transport.NewWith(b, &c.opts)
		var e *transport.Error
		if tr != nil || !errors.As(err, &e) || e.Op != driver.OpNew || e.Kind != c.kind || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := transport.NewWith(nil, nil); !errors.Is(err, transport.KindInvalid) {
		t.Errorf("nil backend: %v", err)
	}
	var zero transport.Transport
	if _, err := zero.RoundTrip(get(t)); !errors.Is(err, transport.KindInvalid) {
		t.Errorf("zero Transport: %v", err)
	}
	zero.CloseIdleConnections()
	tr, err := transport.NewWith(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tr.CloseIdleConnections(); b.idle != 1 {
		t.Error("CloseIdleConnections did not reach the backend")
	}
}

// TestWrap: middleware sees finished responses, and what it adds is checked.
func TestWrap(t *testing.T) {
	type roundTripper struct{ http.RoundTripper }
	add := "X-Added"
	tr, err := transport.NewWith(&backend{caps: all(), roundTrip: func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"x-seen": r.Header["X-Added"]}}, nil
	}}, &transport.Options{Wrap: func(next http.RoundTripper) http.RoundTripper {
		return middleware(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header[add] = []string{"v"}
			resp, err := (roundTripper{next}).RoundTrip(r)
			if err == nil && (resp.Body == nil || resp.Header.Get("X-Seen") != "v") {
				t.Errorf("the middleware saw %v", resp.Header)
			}
			return resp, err
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []func(*http.Request) (*http.Response, error){tr.RoundTrip, tr.Do} {
		add = "X-Added"
		resp, err := call(get(t))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		add = "bad name"
		if _, err := call(get(t)); !errors.Is(err, transport.KindInvalid) {
			t.Errorf("what the middleware added was not checked: %v", err)
		}
	}
}

type middleware func(*http.Request) (*http.Response, error)

func (m middleware) RoundTrip(r *http.Request) (*http.Response, error) { return m(r) }

func TestErrorMatches(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errCause)
	tr := over(t, func(r *http.Request) (*http.Response, error) { return nil, io.EOF })
	_, err := tr.RoundTrip(get(t).WithContext(ctx))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errCause) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	client := &http.Client{Transport: tr}
	_, err = client.Do(get(t))
	var u *url.Error
	var e *transport.Error
	if !errors.As(err, &u) || !errors.As(err, &e) || !errors.Is(err, io.EOF) || u.Err != error(e) {
		t.Errorf("through http.Client: %v", err)
	}
}
