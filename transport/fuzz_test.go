// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

var errDial = errors.New("as far as the dialer")

// oracle is net/http's own transport, which checks a request and then finds nobody there.
func oracle() *http.Transport {
	return &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errDial }}
}

// FuzzHeader: a header is accepted exactly when net/http accepts it, and reaches the backend
// with its values trimmed and otherwise unchanged.
func FuzzHeader(f *testing.F) {
	for _, s := range [][2]string{{"X-Test", "value"}, {"x test", "v"}, {"X", "a\r\nb: c"}, {"X", " \t padded\t"}, {"X:", ""},
		{"X", "caf\xe9"}, {"", "v"}, {"X", "\x7f"}, {"Content-Length", "5"}, {"hOST", "h"}, {"Ünï", "v"}, {"Range", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		var got http.Header
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			got = r.Header
			return &http.Response{StatusCode: 200}, nil
		})
		req := get(t)
		req.Header[name] = []string{value}
		resp, err := tr.RoundTrip(req)
		_, want := oracle().RoundTrip(req)
		accepted := errors.Is(want, errDial)
		switch {
		case err == nil:
			resp.Body.Close()
			if !accepted {
				t.Fatalf("%q: %q was accepted; net/http says %v", name, value, want)
			}
			switch strings.ToLower(name) {
			case "host", "content-length":
			default:
				trimmed := strings.Trim(value, " \t")
				if v := got[name]; (len(v) != 1 || v[0] != trimmed) && got.Get(name) != trimmed {
					t.Fatalf("%q: %q reached the backend as %q", name, value, got)
				}
			}
		case accepted && !strings.EqualFold(name, "Content-Length"): // which net/http ignores, and we compare
			t.Fatalf("%q: %q was refused with %v; net/http accepts it", name, value, err)
		case !errors.Is(err, transport.KindInvalid):
			t.Fatalf("%q: %q was refused with %v", name, value, err)
		}
	})
}

// FuzzMethod: a method is accepted exactly when net/http accepts it.
func FuzzMethod(f *testing.F) {
	for _, s := range []string{"GET", "", "get", "G T", "POST\r\n", "X-Y!", "Ü", "TRACE", "CONNECT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, method string) {
		tr := over(t, func(r *http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil })
		req := get(t)
		req.Method = method
		resp, err := tr.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		_, want := oracle().RoundTrip(req)
		if (err == nil) != errors.Is(want, errDial) {
			t.Fatalf("%q: %v; net/http says %v", method, err, want)
		}
	})
}

// errHost is net/http's dialer refusing an address.
var errHost = errors.New("no address to dial")

// hostOracle is oracle with a dialer that looks at the address as package net does before it asks
// anybody: the port, and that only an IP address has colons.
func hostOracle() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		name, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, errHost
		}
		if _, err := netip.ParseAddr(name); err != nil && strings.Contains(name, ":") {
			return nil, errHost
		}
		if _, err := net.DefaultResolver.LookupPort(ctx, network, port); err != nil {
			return nil, errHost
		}
		return nil, errDial
	}}
}

// refusedHosts are the hosts that are refused although net/http connects to them: contract 13.
var refusedHosts = map[string]func(host string) bool{
	// net/http escapes it, cuts the Host field off before it, or sends none.
	"a character that no host has": func(host string) bool {
		return strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("\"#/<>?@\\^`{|}", r) })
	},
	// net/http connects to the machine itself.
	"no name": func(host string) bool { return strings.HasPrefix(host, ":") },
	// net/http leaves the brackets out.
	"brackets around something else than an IPv6 address": func(host string) bool {
		inner, _, found := strings.Cut(strings.TrimPrefix(host, "["), "]")
		addr, err := netip.ParseAddr(inner)
		return strings.HasPrefix(host, "[") && found && (err != nil || !addr.Is6())
	},
	// net/http takes a sign, and the names of services.
	"a port that is not a number": func(host string) bool {
		_, port, _ := strings.Cut(host[strings.LastIndexByte(host, ']')+1:], ":")
		return strings.ContainsFunc(port, func(r rune) bool { return r < '0' || r > '9' })
	},
}

// FuzzHost: a host that net/http would not connect to is refused, one that it would connect to is
// refused for a reason that has a name, and none that reaches the backend can change the
// request's meaning.
func FuzzHost(f *testing.F) {
	for _, s := range []string{"example.test", "example.test:80", "[::1]:8080", "a b", "h/x", "h?x", "user@h", "h:99999", "h:x", "[::1", "h\r\nX: y", ":80", "",
		"h:", "h:+80", "h:http", "h:080", "h:65536", "::1", "[::1]x", "[]", "[]:80", "a[b]:1", "[::1%25eth0]", "ü.test", "h\xff", "a%b", "h..", "]", "a]", "[", "[0:]", "[h]:80", "[1.2.3.4]", "[::1%[]:80", "h:1:2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		reached := false
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			reached = true
			return &http.Response{StatusCode: 200}, nil
		})
		req := get(t)
		req.URL.Host, req.Host = host, ""
		resp, err := tr.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if reached != (err == nil) {
			t.Fatalf("%q: reached the backend %v, %v", host, reached, err)
		}
		if reached && (strings.ContainsAny(host, "\r\n\x00 /?#@\\") || host == "") {
			t.Fatalf("%q reached the backend", host)
		}
		if err != nil && !errors.Is(err, transport.KindInvalid) {
			t.Fatalf("%q: %v", host, err)
		}
		_, want := hostOracle().RoundTrip(req)
		named := false
		for _, is := range refusedHosts {
			named = named || is(host)
		}
		switch connects := errors.Is(want, errDial); {
		case err == nil && !connects:
			t.Fatalf("%q was accepted; net/http says %v", host, want)
		case err == nil && named:
			t.Fatalf("%q was accepted, and is one of refusedHosts", host)
		case err != nil && connects && !named:
			t.Fatalf("%q was refused with %v; net/http connects to it", host, err)
		}
	})
}

// world answers requests from a table of redirects, and keeps what it was asked.
type world struct {
	hops []byte // status and target of each redirect, by position
	seen []string
	next int
}

var worldHosts = [...]string{"a.test", "b.test", "sub.a.test", "a.test:8080"}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	h := r.Header.Clone()
	h.Del("Content-Length") // http.Client leaves it to net/http to ignore it
	length := r.ContentLength
	if r.Body == nil || r.Body == http.NoBody {
		length = 0
	}
	w.seen = append(w.seen, fmt.Sprintf("%s %s host=%q length=%d %q %v", r.Method, r.URL, strings.TrimSuffix(r.Host, r.URL.Host), length, body, h))
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("end")), ContentLength: -1, Request: r}
	if w.next+1 < len(w.hops) {
		status, target := w.hops[w.next], w.hops[w.next+1]
		w.next += 2
		resp.StatusCode = []int{301, 302, 303, 307, 308, 300, 304, 200}[status%8]
		scheme := []string{"http", "https"}[target>>2&1]
		host := worldHosts[target&3]
		switch target >> 3 & 7 {
		case 0:
			resp.Header.Set("Location", "/relative?x="+strconv.Itoa(w.next))
		case 1: // no Location
		case 2:
			resp.Header.Set("Location", "//"+host+"/p")
		case 3:
			resp.Header.Set("Location", scheme+"://user:pw@"+host+"/q")
		case 4:
			resp.Header.Set("Location", "http://[bad")
		default:
			resp.Header.Set("Location", scheme+"://"+host+"/"+strconv.Itoa(w.next))
		}
	}
	return resp, nil
}

func (w *world) Capabilities() driver.Capabilities { return all() }

// FuzzRedirect: Do and http.Client put the same requests on the wire and come to the same end.
func FuzzRedirect(f *testing.F) {
	f.Add([]byte{0, 40, 3, 41, 1, 42}, byte(3))
	f.Add([]byte{3, 41, 4, 40, 3, 0}, byte(2))
	f.Add([]byte{2, 44, 3, 46}, byte(9))
	f.Add(bytes.Repeat([]byte{1, 40}, 12), byte(0))
	f.Add([]byte{0, 32}, byte(18))
	f.Add([]byte{3, 24, 3, 47}, byte(39))
	f.Fuzz(func(t *testing.T, hops []byte, how byte) {
		run := func(do func(*world) func(*http.Request) (*http.Response, error)) ([]string, string) {
			w := &world{hops: hops}
			method := []string{"GET", "POST", "HEAD", "PUT", "DELETE"}[how%5]
			var body io.Reader
			if method == "POST" || method == "PUT" {
				body = strings.NewReader("the body")
			}
			url := "http://a.test/start"
			if how&32 != 0 {
				url = "https://me:secret@a.test/start"
			}
			req, err := http.NewRequestWithContext(t.Context(), method, url, body)
			if err != nil {
				t.Fatal(err)
			}
			if how&64 != 0 {
				req.GetBody = nil
			}
			if how&128 != 0 {
				req.Host = "virtual.test"
			}
			req.Header.Set("Content-Type", "text/plain")
			req.Header.Set("X-Custom", "kept")
			if how&16 != 0 {
				req.Header.Set("Authorization", "Bearer token")
				req.Header.Set("Cookie", "a=b")
				req.Header.Set("Referer", "http://before.test/")
			}
			resp, err := do(w)(req)
			if err != nil {
				switch {
				case strings.Contains(err.Error(), "stopped after 10 redirects"):
					return w.seen, "too many"
				case strings.Contains(err.Error(), "failed to parse Location header"):
					return w.seen, "bad location"
				}
				return w.seen, "error"
			}
			defer resp.Body.Close()
			b, _ := io.ReadAll(resp.Body)
			return w.seen, fmt.Sprintf("%d %s %q", resp.StatusCode, resp.Request.URL, b)
		}
		wantSeen, want := run(func(w *world) func(*http.Request) (*http.Response, error) {
			// Through the same checks, so that only the following differs.
			tr, err := transport.NewWith(w, nil)
			if err != nil {
				t.Fatal(err)
			}
			return (&http.Client{Transport: tr}).Do
		})
		gotSeen, got := run(func(w *world) func(*http.Request) (*http.Response, error) {
			tr, err := transport.NewWith(w, nil)
			if err != nil {
				t.Fatal(err)
			}
			return tr.Do
		})
		if want != got {
			t.Errorf("Do: %s; http.Client: %s", got, want)
		}
		if d := cmp.Diff(wantSeen, gotSeen); d != "" {
			t.Errorf("other requests (-http.Client +Do):\n%s", d)
		}
	})
}

// scriptReader does what a script of bytes says, and keeps to the law of io.Reader or not.
type scriptReader struct {
	script []byte
	given  int
	closed int
	late   bool
}

func (s *scriptReader) Read(p []byte) (int, error) {
	if s.closed > 0 {
		s.late = true
	}
	if len(s.script) == 0 {
		return 0, io.EOF
	}
	c := s.script[0]
	s.script = s.script[1:]
	n := min(int(c&15), len(p))
	for i := range n {
		p[i] = 'x'
	}
	s.given += n
	switch c >> 4 {
	case 1:
		s.script = nil
		return n, io.EOF
	case 2:
		return n, errCause
	case 3:
		panic("reader")
	case 4:
		return len(p) + 1, nil
	}
	return n, nil
}

func (s *scriptReader) Close() error { s.closed++; return nil }

// FuzzUpload: whatever the caller's reader does, the backend sees a complete body exactly when
// the reader gave what was declared and then its end; the body is closed once and not read
// afterwards.
func FuzzUpload(f *testing.F) {
	f.Add([]byte{5, 5}, int16(10), byte(3))
	f.Add([]byte{5, 5, 1}, int16(10), byte(3))
	f.Add([]byte{5, 0x15}, int16(10), byte(255))
	f.Add([]byte{5, 0x25}, int16(10), byte(1))
	f.Add([]byte{5, 0x30}, int16(-1), byte(1))
	f.Add([]byte{0, 0, 0, 5}, int16(0), byte(0))
	f.Fuzz(func(t *testing.T, script []byte, declared int16, size byte) {
		length := max(int64(declared), -1)
		r := &scriptReader{script: script}
		req := get(t)
		req.Method, req.Body, req.ContentLength = "POST", r, length
		seen, complete := 0, false
		resp, err := over(t, func(out *http.Request) (*http.Response, error) {
			p := make([]byte, int(size)+1)
			for {
				n, err := out.Body.Read(p)
				seen += n
				if err == io.EOF {
					complete = true
					out.Body.Close()
					return &http.Response{StatusCode: 200}, nil
				}
				if err != nil {
					return nil, err
				}
			}
		}).RoundTrip(req)
		if complete != (err == nil) {
			t.Fatalf("complete %v, %v", complete, err)
		}
		if err == nil {
			resp.Body.Close()
		}
		known := length > 0 // 0 with a body is unknown
		if complete && known && int64(seen) != length {
			t.Fatalf("a complete body of %d bytes, declared %d", seen, length)
		}
		if !complete && known && int64(seen) >= length {
			t.Fatalf("%d bytes of declared %d went out, and then the call failed with %v", seen, length, err)
		}
		if complete && seen != r.given {
			t.Fatalf("the reader gave %d bytes, the backend saw %d", r.given, seen)
		}
		if r.closed != 1 || r.late {
			t.Fatalf("closed %d times, read late %v", r.closed, r.late)
		}
	})
}
