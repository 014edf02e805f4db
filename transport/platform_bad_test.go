// SPDX-License-Identifier: MIT

package transport_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

const secret = "sig-d3adb33f"

// TestPlatformInvalid sends requests that no platform may be asked for. Nothing may reach
// the origin, and the secret in the query may reach no error text.
func TestPlatformInvalid(t *testing.T) {
	for name, edit := range map[string]func(*http.Request){
		"header name with a space":  func(r *http.Request) { r.Header["X Bad"] = []string{"v"} },
		"header name with a colon":  func(r *http.Request) { r.Header["js.fetch:mode"] = []string{"no-cors"} },
		"header name with a CR":     func(r *http.Request) { r.Header["X\rBad"] = []string{"v"} },
		"empty header name":         func(r *http.Request) { r.Header[""] = []string{"v"} },
		"header value with a LF":    func(r *http.Request) { r.Header["X-Bad"] = []string{"a\nX-Injected: b"} },
		"header value with a NUL":   func(r *http.Request) { r.Header["X-Bad"] = []string{"a\x00b"} },
		"method with a space":       func(r *http.Request) { r.Method = "GET /" },
		"method with a CR LF":       func(r *http.Request) { r.Method = "GET\r\nX: y" },
		"scheme ftp":                func(r *http.Request) { r.URL.Scheme = "ftp" },
		"scheme file":               func(r *http.Request) { r.URL.Scheme = "file" },
		"scheme data":               func(r *http.Request) { r.URL.Scheme = "data" },
		"no scheme":                 func(r *http.Request) { r.URL.Scheme = "" },
		"port 99999":                func(r *http.Request) { r.URL.Host = "127.0.0.1:99999"; r.Host = "" },
		"port of letters":           func(r *http.Request) { r.URL.Host = "127.0.0.1:http"; r.Host = "" },
		"no host":                   func(r *http.Request) { r.URL.Host = ""; r.Host = "" },
		"host with a slash":         func(r *http.Request) { r.URL.Host = "127.0.0.1/evil"; r.Host = "" },
		"query with a LF":           func(r *http.Request) { r.URL.RawQuery += "\nX-Injected: y" },
		"nil URL":                   func(r *http.Request) { r.URL = nil },
		"nil header":                func(r *http.Request) { r.Header = nil },
		"length without body":       func(r *http.Request) { r.Body = nil; r.ContentLength = 5 },
		"length below -1":           func(r *http.Request) { r.ContentLength = -2 },
		"another length in the map": func(r *http.Request) { r.Header["content-length"] = []string{"99"} },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlatform(t)
			body := &closeCounter{Reader: strings.NewReader("12345")}
			req := p.request(t.Context(), "POST", p.url("echo", "sig", secret), body)
			req.ContentLength = 5
			edit(req)
			for _, call := range []func(*http.Request) (*http.Response, error){p.tr.RoundTrip, p.tr.Do} {
				body.closed.Store(0)
				resp, err := call(req)
				if err == nil {
					resp.Body.Close()
					t.Fatalf("got a response %s", resp.Status)
				}
				var marker interface{ NonRetriable() }
				if !errors.Is(err, transport.KindInvalid) || !errors.As(err, &marker) {
					t.Errorf("got %v, want KindInvalid with azcore's marker", err)
				}
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error has the query in it: %v", err)
				}
				if req.Body != nil && body.closed.Load() != 1 {
					t.Errorf("the body was closed %d times", body.closed.Load())
				}
			}
			if all, err := p.witness.Events(t.Context(), p.token, "", 0, 0); err != nil || len(all) != 0 {
				t.Errorf("the origin saw %v, %v", all, err)
			}
		})
	}
	p := newPlatform(t)
	if _, err := p.tr.RoundTrip(nil); !errors.Is(err, transport.KindInvalid) {
		t.Errorf("nil request: %v", err)
	}
	if _, err := p.tr.Do(nil); !errors.Is(err, transport.KindInvalid) {
		t.Errorf("nil request: %v", err)
	}
}

func TestPlatformRefused(t *testing.T) {
	p := newPlatform(t)
	u, err := url.Parse(p.witness.Addresses().Dead)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = "sig=" + secret
	body := &closeCounter{Reader: strings.NewReader("12345")}
	_, err = p.tr.RoundTrip(p.request(t.Context(), "PUT", u.String(), body))
	var marker interface{ NonRetriable() }
	if !errors.Is(err, transport.KindNetwork) || errors.As(err, &marker) {
		t.Errorf("got %v, want a retriable KindNetwork", err)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("the error has the query in it: %v", err)
	}
	if body.closed.Load() != 1 {
		t.Errorf("the body was closed %d times", body.closed.Load())
	}
}

// TestPlatformForbiddenHeaders: a header that the platform does not let a program set is
// refused by name, and every other one is sent.
func TestPlatformForbiddenHeaders(t *testing.T) {
	p := newPlatform(t)
	advisory := map[string]bool{"Host": true, "User-Agent": true, "Content-Length": true, "Expect": true}
	forbidden := p.tr.Capabilities().ForbiddenHeaders()
	for _, name := range forbidden {
		if advisory[name] {
			continue
		}
		if strings.HasSuffix(name, "-") {
			name += "Test"
		}
		req := p.request(t.Context(), "GET", p.url("echo"), nil)
		req.Header.Set(name, "v")
		_, err := p.tr.RoundTrip(req)
		var u *transport.Unsupported
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &u) || !u.Header || !strings.EqualFold(u.Feature, name) {
			t.Errorf("%s: got %v, want KindUnsupported naming the header", name, err)
		}
	}
	for _, name := range []string{"Cookie", "Referer", "Authorization", "If-None-Match", "Range", "Accept-Encoding", "Via", "Date"} {
		if p.tr.Capabilities().ForbidsHeader(name) {
			continue
		}
		req := p.request(t.Context(), "GET", p.url("echo"), nil)
		value := map[string]string{"Range": "bytes=0-9", "Accept-Encoding": "identity", "Cookie": "a=b", "Referer": p.url("status")}[name]
		if value == "" {
			value = "v"
		}
		req.Header.Set(name, value)
		if got := p.echo(req).Header[name]; len(got) != 1 || got[0] != value {
			t.Errorf("%s is not forbidden, but the origin saw %q", name, got)
		}
	}
	if all, err := p.witness.Events(t.Context(), p.token, conformance.EventBodyCut, 0, 0); err != nil {
		t.Error(all, err)
	}
	req := p.request(t.Context(), "PUT", p.url("echo"), strings.NewReader("body"))
	req.Header.Set("Expect", "100-continue")
	if e := p.echo(req); e.Bytes != 4 || (e.Header["Expect"] != nil) != p.tr.Capabilities().Has(driver.Expect) {
		t.Errorf("Expect: the origin saw %d bytes and %q", e.Bytes, e.Header["Expect"])
	}
	req = p.request(t.Context(), "GET", p.url("echo"), strings.NewReader("body"))
	resp, err := p.tr.RoundTrip(req)
	if p.tr.Capabilities().Has(driver.GetBody) {
		if err != nil {
			t.Fatalf("GET with a body: %v", err)
		}
		resp.Body.Close()
	} else if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("GET with a body: %v", err)
	}
}
