// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

func ctCases() []Case {
	return []Case{
		must("CT-01", plainGet, Count(EventRequest, 1), Each(EventRequest, "method", "GET")),
		must("CT-02", responseXorError),
		must("CT-03", neverNil, Count(EventRequest, 4)),
		must("CT-04", responseRequest),
		must("CT-05", requestUnmodified),
		must("CT-06", unsetFields, Nothing()),
		must("CT-07", doAgrees),
		must("CT-08", sameRequestAgain, Count(EventRequest, 2), Each(EventRequest, "method", "GET")),
		gated("CT-09", driver.Proto, protoSeen, protoZero),
		must("CT-10", optionsRefused),
	}
}

func plainGet(t *T) {
	resp := t.Send(t.Get(t.URL("bytes", "size", "1000")))
	t.Equal("status", resp.StatusCode, 200)
	t.Equal("body", t.Read(resp), Pattern(1000, 1))
	t.Expect(Each(EventRequest, "target", "/t/"+t.Token()+"/bytes?size=1000"))
}

func responseXorError(t *T) {
	// Send and Try assert it of every exchange.
	t.Read(t.Send(t.Get(t.URL("echo"))))
	t.Read(t.Send(t.Get(t.URL("status", "code", "500"))))
	t.Fail(t.Get(t.Addresses().Dead + "/"))
	t.Requests(2, 2)
}

func neverNil(t *T) {
	for _, req := range []*http.Request{
		t.Get(t.URL("bytes", "size", "0")),
		t.Request(http.MethodHead, t.URL("bytes", "size", "10"), nil),
		t.Get(t.URL("status", "code", "204")),
		t.Get(t.URL("status", "code", "304")),
	} {
		resp := t.Send(req) // asserts it
		n, err := resp.Body.Read(make([]byte, 10))
		t.True(n == 0 && err == io.EOF, "%s %s: Read gives %d, %v, want 0, EOF", req.Method, resp.Status, n, err)
	}
}

func responseRequest(t *T) {
	req := t.Get(t.URL("echo"))
	resp := t.Send(req)
	t.True(resp.Request == req, "Response.Request is not the request that was sent")
	req = t.Request(http.MethodPost, t.URL("echo"), strings.NewReader("body"))
	resp = t.Send(req)
	t.True(resp.Request == req, "Response.Request is not the request that was sent, with a body")
}

func requestUnmodified(t *T) {
	for _, base := range []string{t.URL("echo", "q", "1"), t.Addresses().Dead + "/x"} {
		req := t.Request(http.MethodPost, base, strings.NewReader("body"))
		entries := map[string][]string(req.Header)
		entries["x-lower"] = []string{" padded ", "two"}
		req.Header.Set("User-Agent", "suite/1")
		req.Header.Set("Content-Length", "4")
		req.Header.Set("Host", req.URL.Host)
		before, u, header := *req, *req.URL, maps.Clone(req.Header)
		for name, values := range header {
			header[name] = append([]string(nil), values...)
		}
		resp, err := t.Try(req)
		if err == nil {
			t.Read(resp)
		}
		t.Equal("URL", req.URL.String(), u.String())
		t.Equal("Header", map[string][]string(req.Header), map[string][]string(header))
		t.True(req.Method == before.Method && req.Host == before.Host && req.ContentLength == before.ContentLength &&
			req.Close == before.Close && len(req.Trailer) == 0 && req.Body == before.Body && req.URL == before.URL &&
			len(req.TransferEncoding) == 0, "the request was modified: %+v", *req)
	}
	t.Requests(1, 1)
}

func unsetFields(t *T) {
	for what, spoil := range map[string]func(*http.Request){
		"nil URL":    func(r *http.Request) { r.URL = nil },
		"nil Header": func(r *http.Request) { r.Header = nil },
		"empty host": func(r *http.Request) { r.URL.Host, r.Host = "", "" },
	} {
		req := t.Request(http.MethodPost, t.URL("echo"), strings.NewReader("body"))
		body := req.Body.(*Body)
		spoil(req)
		t.refused(what, req, driver.KindInvalid)
		t.Within(what+": closing the body", body.Closed())
	}
}

// doAgrees compares the two faces of a transport. What they say is made comparable by
// leaving out what differs from one exchange to the next.
func doAgrees(t *T) {
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	scenarios := []struct {
		name string
		make func() *http.Request
	}{
		{"echo", func() *http.Request { return t.Get(t.URL("status", "code", "200")) }},
		{"bytes", func() *http.Request { return t.Get(t.URL("bytes", "size", "70000")) }},
		{"chunked", func() *http.Request { return t.Get(t.URL("bytes", "size", "70000", "length", "0")) }},
		{"head", func() *http.Request { return t.Request(http.MethodHead, t.URL("bytes", "size", "100"), nil) }},
		{"204", func() *http.Request { return t.Get(t.URL("status", "code", "204")) }},
		{"404", func() *http.Request { return t.Get(t.URL("status", "code", "404")) }},
		{"500", func() *http.Request { return t.Get(t.URL("status", "code", "500")) }},
		{"post", func() *http.Request {
			return t.Request(http.MethodPost, t.URL("echo-body"), strings.NewReader("some text"))
		}},
		{"gzip", func() *http.Request { return t.Get(t.URL("encoded", "coding", "gzip", "size", "5000")) }},
		{"refused", func() *http.Request { return t.Get(t.Addresses().Dead + "/") }},
		{"canceled", func() *http.Request { return t.RequestContext(canceled, "GET", t.URL("echo"), nil) }},
		{"cut", func() *http.Request { return t.Get(t.URL("script", "name", "short")) }},
	}
	for _, s := range scenarios {
		a := summary(t.Try(s.make()))
		b := summary(t.TryDo(s.make()))
		t.Equal(s.name+": Do", b, a)
	}
	t.Requests(20, 20)
}

func summary(resp *http.Response, err error) string {
	class := func(err error) string {
		var e *driver.Error
		if errors.As(err, &e) {
			return e.Op + " " + e.Kind.Error()
		}
		return fmt.Sprint(err != nil)
	}
	if err != nil {
		return "error " + class(err)
	}
	data, err := io.ReadAll(resp.Body)
	s := fmt.Sprintf("%s %d %v ", resp.Status, resp.ContentLength, resp.Uncompressed)
	if err != nil {
		// How much of a broken body arrives is a matter of chance.
		return s + "error " + class(err)
	}
	return s + hashOf(data)
}

func sameRequestAgain(t *T) {
	req := t.Get(t.URL("echo", "n", "1"))
	first := t.Echo(req)
	second := t.Echo(req)
	t.Equal("target", second.Target, first.Target)
	t.Equal("header", second.Header, first.Header)
}

func protoSeen(t *T) {
	resp := t.Send(t.Get(t.URL("echo")))
	t.True(resp.ProtoAtLeast(1, 1), "the protocol is %q, %d.%d", resp.Proto, resp.ProtoMajor, resp.ProtoMinor)
	t.Expect(Each(EventRequest, "proto", resp.Proto))
}

func protoZero(t *T) {
	resp := t.Send(t.Get(t.URL("echo")))
	t.True(resp.Proto == "" && resp.ProtoMajor == 0 && resp.ProtoMinor == 0, "the protocol is claimed to be %q, %d.%d",
		resp.Proto, resp.ProtoMajor, resp.ProtoMinor)
	t.Expect(Count(EventRequest, 1))
}

func optionsRefused(t *T) {
	none := func(*http.Request) (*url.URL, error) { return nil, nil }
	for _, o := range []struct {
		name   string
		needs  driver.Capability
		config driver.Config
	}{
		{"Proxy", driver.Proxy, driver.Config{Proxy: none}},
		{"TLSClientConfig", driver.TLSConfig, driver.Config{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}},
		{"MaxResponseHeaderBytes", driver.LimitHeader, driver.Config{MaxResponseHeaderBytes: 1 << 20}},
		{"DisableCompression", driver.RawEncoding, driver.Config{DisableCompression: true}},
	} {
		tr, err := t.New(Config{Config: o.config})
		if t.Has(o.needs) {
			if t.True(err == nil, "%s: %v", o.name, err) {
				resp, err := t.TryOn(tr, t.Get(t.URL("echo")))
				if t.True(err == nil, "%s: %v", o.name, err) {
					t.Read(resp)
				}
			}
			continue
		}
		t.True(errors.Is(err, errors.ErrUnsupported) && err != nil && strings.Contains(err.Error(), o.name),
			"%s: got %v, want an error that matches errors.ErrUnsupported and names it", o.name, err)
	}
}
