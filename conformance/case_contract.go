// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
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
		sized := t.Request(http.MethodPost, base, strings.NewReader("body"))
		sized.Header.Set("Content-Length", "4")
		sized.Close = true
		t.unmodified(sized)
		// Of a body whose length is not known there is more to set.
		rest := t.Request(http.MethodPost, base, unsized([]byte("body")))
		rest.TransferEncoding = []string{"chunked"}
		if t.Has(driver.TrailersOut) {
			rest.Trailer = http.Header{"X-Sum": {"1234"}}
		}
		t.unmodified(rest)
	}
	t.Requests(2, 2)
}

// unmodified sends a request, whatever comes of it, and compares it with what it was.
func (t *T) unmodified(req *http.Request) {
	entries := map[string][]string(req.Header)
	entries["x-lower"] = []string{" padded ", "two"}
	req.Header.Set("User-Agent", "suite/1")
	req.Header.Set("Host", req.URL.Host)
	before, u, coding := *req, *req.URL, slices.Clone(req.TransferEncoding)
	header, trailer := req.Header.Clone(), req.Trailer.Clone()
	resp, err := t.Try(req)
	if err == nil {
		t.Read(resp)
	}
	t.Equal("URL", *req.URL, u)
	t.Equal("Header", map[string][]string(req.Header), map[string][]string(header))
	t.Equal("Trailer", map[string][]string(req.Trailer), map[string][]string(trailer))
	t.Equal("TransferEncoding", req.TransferEncoding, coding)
	t.True(req.Method == before.Method && req.Host == before.Host && req.ContentLength == before.ContentLength &&
		req.Close == before.Close && req.Body == before.Body && req.URL == before.URL && req.Response == nil &&
		(req.GetBody == nil) == (before.GetBody == nil), "the request was modified: %+v", *req)
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

// doAgrees compares the two faces of a transport, by what the caller gets and by what the
// origin sees.
func doAgrees(t *T) {
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	post := func(body io.Reader) *http.Request {
		req := t.Request(http.MethodPost, t.URL("echo-body"), body)
		req.Header.Set("Content-Type", "text/plain")
		return req
	}
	for _, s := range []struct {
		name string
		make func() *http.Request
	}{
		{"headers", func() *http.Request { return t.Get(t.URL("headers", "X-Test", "a", "X-Test", "b", "Etag", `"c"`)) }},
		{"bytes", func() *http.Request { return t.Get(t.URL("bytes", "size", "70000")) }},
		{"chunked", func() *http.Request { return t.Get(t.URL("bytes", "size", "70000", "length", "0")) }},
		{"head", func() *http.Request { return t.Request(http.MethodHead, t.URL("bytes", "size", "100"), nil) }},
		{"204", func() *http.Request { return t.Get(t.URL("status", "code", "204")) }},
		{"500", func() *http.Request { return t.Get(t.URL("status", "code", "500")) }},
		{"post", func() *http.Request { return post(strings.NewReader("some text")) }},
		{"post without a length", func() *http.Request { return post(unsized([]byte("some text"))) }},
		{"gzip", func() *http.Request { return t.Get(t.URL("encoded", "coding", "gzip", "size", "5000")) }},
		{"refused", func() *http.Request { return t.Get(t.Addresses().Dead + "/") }},
		{"canceled", func() *http.Request { return t.RequestContext(canceled, "GET", t.URL("echo"), nil) }},
		{"cut", func() *http.Request { return t.Get(t.URL("script", "name", "short")) }},
	} {
		again := func() *http.Request {
			req := s.make()
			req.Header["X-Both"] = []string{"one", "two"}
			req.Header.Set("Authorization", "Bearer some")
			return req
		}
		want := t.observe(t.Try, again())
		t.Equal(s.name+": Do", t.observe(t.TryDo, again()), want)
	}
	t.Requests(20, 20)
	// And not only alike.
	t.Expect(Each(EventRequest, "header.X-Both", "one, two"), Each(EventRequest, "header.Authorization", "Bearer some"),
		Values(EventRequest, "header.Content-Type", times("text/plain", 4)...),
		Values(EventBodyEnd, "sha256", times(hashOf([]byte("some text")), 4)...))
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

// optionsRefused has every option that not all platforms have. Where New takes it, it must have
// an effect.
func optionsRefused(t *T) {
	asked := 0
	failing := errors.New("the hook has failed")
	requests := 0
	for _, o := range []struct {
		name   string
		needs  driver.Capability
		config driver.Config
		check  func(Transport)
	}{
		{"Proxy", driver.Proxy, driver.Config{Proxy: func(req *http.Request) (*url.URL, error) {
			asked++
			return url.Parse(t.Addresses().Dead)
		}}, func(tr Transport) {
			_, err := t.TryOn(tr, t.Get(t.URL("echo")))
			t.True(err != nil && asked > 0, "Proxy: the function was called %d times, and a proxy that is not there gives %v", asked, err)
		}},
		{"TLSClientConfig", driver.TLSConfig, driver.Config{TLSClientConfig: &tls.Config{RootCAs: t.testRoots(),
			VerifyConnection: func(tls.ConnectionState) error { return failing }}}, func(tr Transport) {
			_, err := t.TryOn(tr, t.Get(ScenarioURL(t.Addresses().TLS1, t.Token(), "echo")))
			t.True(errors.Is(err, failing), "TLSClientConfig: got %v, want the error of VerifyConnection", err)
		}},
		{"MaxResponseHeaderBytes", driver.LimitHeader, driver.Config{MaxResponseHeaderBytes: 64 << 10}, func(tr Transport) {
			_, err := t.TryOn(tr, t.Get(t.URL("headers", "X-Test", strings.Repeat("h", 96<<10))))
			t.True(err != nil, "MaxResponseHeaderBytes: more than the limit was taken") // of which kind, SC-04 says
			requests++
		}},
		{"DisableCompression", driver.RawEncoding, driver.Config{DisableCompression: true}, func(tr Transport) {
			resp, err := t.TryOn(tr, t.Get(t.URL("echo")))
			if t.True(err == nil, "DisableCompression: %v", err) {
				t.Equal("DisableCompression: Accept-Encoding", t.echoOf(resp).Header["Accept-Encoding"], []string(nil))
			}
			requests++
		}},
	} {
		if !t.Has(o.needs) {
			t.optionRefused(o.name, o.config)
			continue
		}
		tr, err := t.New(Config{Config: o.config})
		if t.True(err == nil, "%s: %v", o.name, err) {
			o.check(tr)
		}
	}
	t.Requests(requests, requests)
}
