// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

func scCases() []Case {
	return []Case{
		must("SC-01", injection, Absent(EventRequest, "header."+injected), Nowhere(EventBodyEnd, injected)),
		must("SC-02", credentialsAcrossOrigins),
		must("SC-03", secretsInErrors).within(secretsBudget),
		gated("SC-04", driver.LimitHeader, headerLimit, headerLimitRefused).alone(),
		must("SC-05", decompressionBomb, Count(EventRequest, 1)).alone(),
		must("SC-06", noAmbientState, Absent(EventRequest, "header.Cookie")),
		must("SC-07", noCache, Count(EventRequest, 2), Absent(EventRequest, "header.If-None-Match"), Absent(EventRequest, "header.If-Modified-Since")),
		must("SC-08", foldedLines),
		must("SC-09", noMagicNames, Nowhere(EventRequest, "fetch:")),
		must("SC-10", bothFramingsAsked, Nowhere(EventRequest, bothFramings)),
		must("SC-11", absurdLength, Count(EventRequest, 1)).alone(),
	}
}

// alone returns the case as one that measures.
func (c Case) alone() Case {
	c.Alone = true
	return c
}

// injected is the header field that must not come into being.
const injected = "X-Injected"

// injections are what is put into every part of a request: one more line, in each of the ways
// that some server takes for the end of one, and one more request.
func injections(t *T) []string {
	return []string{
		"\r\n" + injected + ": 1", "\n" + injected + ": 1", "\r" + injected + ": 1", "\x00\r\n" + injected + ": 1",
		" HTTP/1.1\r\n" + injected + ": 1\r\n\r\nGET /t/" + t.Token() + "/echo HTTP/1.1\r\n" + injected + ": 1\r\nHost: a\r\n\r\n",
	}
}

func injection(t *T) {
	answered := 0
	for _, evil := range injections(t) {
		for what, spoil := range map[string]func(*http.Request){
			"method":            func(r *http.Request) { r.Method += evil },
			"scheme":            func(r *http.Request) { r.URL.Scheme += evil },
			"URL.Host":          func(r *http.Request) { r.URL.Host += evil },
			"userinfo":          func(r *http.Request) { r.URL.User = url.UserPassword("a"+evil, "b"+evil) },
			"path":              func(r *http.Request) { r.URL.Path += "/a" + evil },
			"raw path":          func(r *http.Request) { r.URL.Path += "/a" + evil; r.URL.RawPath = r.URL.Path },
			"opaque":            func(r *http.Request) { r.URL.Opaque = "//" + r.URL.Host + r.URL.Path + evil },
			"query":             func(r *http.Request) { r.URL.RawQuery = "a=b" + evil },
			"fragment":          func(r *http.Request) { r.URL.Fragment = "a" + evil },
			"Host":              func(r *http.Request) { r.Host = r.URL.Host + evil },
			"header name":       func(r *http.Request) { r.Header["X-Test"+evil] = []string{"1"} },
			"header value":      func(r *http.Request) { r.Header["X-Test"] = []string{"1" + evil} },
			"User-Agent":        func(r *http.Request) { r.Header["User-Agent"] = []string{"a" + evil} },
			"transfer encoding": func(r *http.Request) { r.TransferEncoding = []string{"chunked" + evil} },
			"trailer name":      func(r *http.Request) { r.Trailer = http.Header{"X-Test" + evil: {"1"}} },
			"trailer value":     func(r *http.Request) { r.Trailer = http.Header{"X-Test": {"1" + evil}} },
			"announced trailer": func(r *http.Request) { r.Header["Trailer"] = []string{"X-Test" + evil} },
		} {
			req := t.Request(http.MethodPost, t.URL("echo"), unsized([]byte("body")))
			spoil(req)
			resp, err := t.Try(req)
			what = fmt.Sprintf("%q in the %s", evil, what)
			if err != nil {
				// Where a part cannot be set at all it is refused for that.
				t.kind(what, err, driver.KindInvalid, driver.KindUnsupported)
				continue
			}
			answered++
			t.Equal(what+": status", resp.StatusCode, 200)
			t.Read(resp)
		}
	}
	// Of these, two parts can be escaped and two are not sent.
	t.True(answered > 0, "nothing was sent, not even escaped")
	t.Requests(answered, answered)
}

// credentialsAcrossOrigins is redirected to another host: http.Client, by the rules of which
// Do goes, counts another port of the same host as the same.
func credentialsAcrossOrigins(t *T) {
	t.Allow("Referer")
	there := strings.Replace(t.OtherURL("echo"), "127.0.0.1", "localhost", 1)
	secrets := map[string]string{"Authorization": "Bearer s3cret"}
	if t.Has(driver.HeaderCookie) {
		secrets["Cookie"] = "session=s3cret"
	}
	secret := func() *http.Request {
		req := t.Get(t.redirectURL("302", there))
		req.Header.Set("X-Kept", "kept")
		for name, value := range secrets {
			req.Header.Set(name, value)
		}
		return req
	}
	ways := []func(*http.Request) (*http.Response, error){t.Client().Do, t.TryDo}
	if t.Has(driver.RedirectFollow) {
		tr, err := t.New(Config{Redirect: "follow"})
		if err != nil {
			t.Fatalf("a transport that follows: %v", err)
		}
		ways = append(ways, func(req *http.Request) (*http.Response, error) { return t.TryOn(tr, req) })
	}
	for i, send := range ways {
		resp, err := send(secret())
		if err != nil {
			t.Fatalf("way %d: %v", i, err)
		}
		t.Read(resp)
		t.Equal("status", resp.StatusCode, 200)
	}
	n := len(ways)
	for name, value := range secrets {
		t.Expect(Values(EventRequest, "header."+name, times(value, n)...))
	}
	t.Expect(Count(EventRequest, 2*n), Values(EventRequest, "header.X-Kept", times("kept", 2*n)...))
	t.Requests(2*n, 2*n)
}

// times returns n times the same text.
func times(text string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = text
	}
	return list
}

// measured is more than any case that only passes data on needs, and less than what it is told
// it could get.
const measured = 32 << 20

// allocating fails the case if f allocates too much, whatever becomes of it.
func (t *T) allocating(what string, f func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	n := after.TotalAlloc - before.TotalAlloc
	t.True(n < measured, "%s: %d bytes were allocated, want less than %d", what, n, measured)
}

// flooded sends a request whose answer is a header without an end.
func (t *T) flooded(what string, tr Transport) error {
	var err error
	t.allocating(what, func() {
		_, err = t.TryOn(tr, t.Get(t.URL("script", "name", "header-flood")))
	})
	t.True(err != nil, "%s: a header without an end was taken for a response", what)
	return err
}

func headerLimit(t *T) {
	tr, err := t.New(Config{Config: driver.Config{MaxResponseHeaderBytes: 64 << 10}})
	if err != nil {
		t.Fatalf("MaxResponseHeaderBytes: %v", err)
	}
	t.kind("at the limit", t.flooded("at the limit", tr), driver.KindLimit)
	t.kind("at the default limit", t.flooded("at the default limit", t.tr), driver.KindLimit)
	t.Wait(EventGone, 2)
	resp, err := t.TryOn(tr, t.Get(t.URL("headers", "X-Test", strings.Repeat("h", 32<<10))))
	if t.True(err == nil, "half of what the limit allows: %v", err) {
		t.Equal("half of what the limit allows", len(resp.Header.Get("X-Test")), 32<<10)
	}
	_, err = t.TryOn(tr, t.Get(t.URL("headers", "X-Test", strings.Repeat("h", 96<<10))))
	t.kind("more than the limit", err, driver.KindLimit)
	t.Expect(Count(EventGone, 2))
}

// headerLimitRefused leaves the flood to the platform's own limit.
func headerLimitRefused(t *T) {
	t.optionRefused("MaxResponseHeaderBytes", driver.Config{MaxResponseHeaderBytes: 64 << 10})
	t.flooded("the platform's limit", t.tr)
	t.Wait(EventGone, 1)
	t.Expect(AtLeast(EventGone, 1))
	t.Requests(1, 2)
}

// optionRefused wants New to refuse an option, by its name.
func (t *T) optionRefused(option string, config driver.Config) {
	_, err := t.New(Config{Config: config})
	t.True(errors.Is(err, errors.ErrUnsupported) && strings.Contains(err.Error(), option),
		"%s: got %v, want an error that matches errors.ErrUnsupported and names it", option, err)
}

func decompressionBomb(t *T) {
	t.allocating("reading 1 MiB of the bomb", func() {
		resp := t.Send(t.Get(t.URL("bomb")))
		zeros := t.readFull(resp, 1<<20)
		t.Equal("bytes other than zero", len(bytes.Trim(zeros, "\x00")), 0)
		t.Equal("Content-Encoding", resp.Header.Values("Content-Encoding"), []string(nil))
		resp.Body.Close()
	})
	t.Wait(EventGone, 1)
	t.Expect(Count(EventGone, 1))
}

// noAmbientState asks an origin that is not the page's own: the cookies of that belong to the
// page.
func noAmbientState(t *T) {
	bases := []string{t.Addresses().Other}
	if !t.Page() {
		bases = append(bases, t.Addresses().Main)
	}
	for _, base := range bases {
		resp := t.Send(t.Get(ScenarioURL(base, t.Token(), "cookie")))
		t.Read(resp)
		t.Equal("cookies are visible", len(resp.Cookies()) == 1, t.Has(driver.HeaderSetCookie))
		req := t.Get(ScenarioURL(base, t.Token(), "auth"))
		req.Header.Set("Authorization", "Basic c3VpdGU6czNjcmV0")
		for range 2 {
			resp = t.Send(req)
			t.Equal("status", resp.StatusCode, http.StatusUnauthorized)
			t.Read(resp)
			req = t.Get(ScenarioURL(base, t.Token(), "auth"))
		}
		e := t.Echo(t.Get(ScenarioURL(base, t.Token(), "echo")))
		t.Equal("Cookie", e.Header["Cookie"], []string(nil))
		t.Equal("Authorization", e.Header["Authorization"], []string(nil))
	}
	t.Expect(Count(EventRequest, 4*len(bases)),
		Values(EventRequest, "header.Authorization", times("Basic c3VpdGU6czNjcmV0", len(bases))...))
}

func noCache(t *T) {
	for _, want := range []string{"1", "2"} {
		resp := t.Send(t.Get(t.URL("cacheable")))
		t.Equal("status", resp.StatusCode, 200)
		t.Equal("the number of the request, by its answer", string(t.Read(resp)), want)
	}
}

// foldedLines accepts a line that is folded, since RFC 9112 lets a client read it as one, or
// an error.
func foldedLines(t *T) {
	for _, name := range []string{"folded", "lone-cr"} {
		resp, err := t.Try(t.Get(t.URL("script", "name", name)))
		if err != nil {
			t.kind(name, err, driver.KindProtocol, driver.KindNetwork, driver.KindOther)
			continue
		}
		t.Equal(name+": "+injected, resp.Header[injected], []string(nil))
		value := resp.Header.Get("X-Test")
		t.True(strings.HasPrefix(value, "one") && strings.HasSuffix(value, "two"), "%s: the value is %q, want all of it", name, value)
		t.True(!strings.ContainsAny(value, "\r\n"), "%s: the value %q has a line's end in it", name, value)
		t.Equal(name+": body", string(t.Read(resp)), "ok")
	}
	t.Requests(2, 4)
}

// noMagicNames tries what steers the standard library's transport for js.
func noMagicNames(t *T) {
	for name, value := range map[string]string{
		"js.fetch:mode": "no-cors", "js.fetch:credentials": "include", "js.fetch:redirect": "error",
		"Js.fetch:mode": "no-cors", "Js.fetch:credentials": "include", "Js.fetch:redirect": "error",
	} {
		req := t.Get(t.OtherURL("status", "code", "200"))
		req.Header[name] = []string{value}
		resp, err := t.Try(req)
		if err != nil {
			t.kind(name, err, driver.KindInvalid)
			continue
		}
		t.Equal(name+": status", resp.StatusCode, 200)
		t.Equal(name+": body", string(t.Read(resp)), "status")
	}
	resp := t.Send(t.Get(t.OtherURL("status", "code", "200")))
	t.Equal("afterwards: status", resp.StatusCode, 200)
	t.Equal("afterwards: X-Test", resp.Header.Get("X-Test"), "status")
}

func bothFramingsAsked(t *T) {
	const text = "body"
	for what, ask := range map[string]func() *http.Request{
		"TransferEncoding and ContentLength": func() *http.Request {
			req := t.Request(http.MethodPost, t.URL("echo"), strings.NewReader(text))
			req.TransferEncoding = []string{"chunked"}
			return req
		},
		"the header Transfer-Encoding and ContentLength": func() *http.Request {
			req := t.Request(http.MethodPost, t.URL("echo"), strings.NewReader(text))
			req.Header.Set("Transfer-Encoding", "chunked")
			return req
		},
		"the header Content-Length and an unknown length": func() *http.Request {
			req := t.Request(http.MethodPost, t.URL("echo"), unsized([]byte(text)))
			req.Header.Set("Content-Length", "4")
			return req
		},
		"the header Content-Length and TransferEncoding": func() *http.Request {
			req := t.Request(http.MethodPost, t.URL("echo"), unsized([]byte(text)))
			req.TransferEncoding = []string{"chunked"}
			req.Header.Set("Content-Length", "4")
			return req
		},
		"both headers": func() *http.Request {
			req := t.Request(http.MethodPost, t.URL("echo"), strings.NewReader(text))
			req.Header.Set("Transfer-Encoding", "chunked")
			req.Header.Set("Content-Length", "4")
			return req
		},
	} {
		resp, err := t.Try(ask())
		if err != nil {
			t.kind(what, err, driver.KindInvalid, driver.KindUnsupported)
			continue
		}
		t.Read(resp)
		t.Equal(what+": status", resp.StatusCode, 200)
	}
	e := t.Echo(t.Request(http.MethodPost, t.URL("echo"), strings.NewReader(text)))
	t.Equal("without a contradiction: framing", e.Framing, "length")
	t.Expect(AtLeast(EventRequest, 1), Each(EventBodyEnd, "sha256", hashOf([]byte(text))))
}

func absurdLength(t *T) {
	t.allocating("a body that is said to have 2^63-1 bytes", func() {
		resp, err := t.Try(t.Get(t.URL("script", "name", "absurd")))
		if err != nil {
			t.kind("the call", err, driver.KindNetwork, driver.KindProtocol)
			return
		}
		data, err := io.ReadAll(resp.Body)
		t.True(strings.HasPrefix("abc", string(data)), "the body is %q, want \"abc\" or its beginning", data)
		t.True(errors.Is(err, io.ErrUnexpectedEOF), "reading the body: got %v, want io.ErrUnexpectedEOF", err)
	})
}
