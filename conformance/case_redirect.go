// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

func rdCases() []Case {
	manual := Config{Redirect: "manual"}
	expose := func(id string, positive func(*T), checks ...OriginCheck) Case {
		return gated(id, driver.RedirectExpose, positive, redirectHidden, checks...).with(manual)
	}
	return []Case{
		expose("RD-01", redirectReturned),
		gated("RD-02", driver.RedirectFollow, platformFollows, redirectShown).with(Config{Redirect: "follow"}),
		expose("RD-03", clientRewrites),
		expose("RD-04", clientRepeats),
		expose("RD-05", clientCannotRepeat),
		expose("RD-06", useLastResponse),
		expose("RD-07", redirectLoop),
		gated("RD-08", driver.RedirectExpose, noLocation, noLocationHidden).with(manual),
		must("RD-09", locationElsewhere, Count(EventRequest, 4)),
		gated("RD-10", driver.HeaderSetCookie, cookiesOfHops, cookiesHidden).with(manual),
	}
}

func redirectCodes() []string { return []string{"301", "302", "303", "307", "308"} }

func (t *T) redirectURL(code, to string) string {
	return t.URL("redirect", "status", code, "to", to)
}

func redirectReturned(t *T) {
	to := t.URL("echo")
	for _, code := range redirectCodes() {
		resp := t.Send(t.Get(t.redirectURL(code, to)))
		t.Equal("code", strconv.Itoa(resp.StatusCode), code)
		t.Equal(code+": Location", resp.Header.Get("Location"), to)
		t.Read(resp)
	}
	t.Expect(Count(EventRequest, len(redirectCodes())))
}

// redirectHidden is what is left where the platform hides redirects from programs and was
// asked not to follow them: an error, which says so, after one request.
func redirectHidden(t *T) {
	for _, code := range redirectCodes() {
		err := t.Fail(t.Request(http.MethodPost, t.redirectURL(code, t.URL("echo")), strings.NewReader("body")))
		t.kind(code, err, driver.KindUnsupported)
		t.True(final(err), "%s: the error is not marked as final: %v", code, err)
	}
	t.Requests(len(redirectCodes()), len(redirectCodes()))
	t.Expect(Count(EventRequest, len(redirectCodes())))
}

// platformFollows asks the platform to follow, with the methods that the Fetch standard
// changes and those that it does not (4.4, HTTP-redirect fetch).
func platformFollows(t *T) {
	to := t.URL("echo", "final", "1")
	var methods []string
	follow := func(tr Transport, code, method, then string) {
		var body io.Reader
		if method != http.MethodGet {
			body = strings.NewReader("body")
		}
		req := t.Request(method, t.redirectURL(code, t.redirectURL(code, to)), body)
		resp, err := t.TryOn(tr, req)
		if err != nil {
			t.Fatalf("%s %s: %v", code, method, err)
		}
		t.Read(resp)
		t.Equal("code", resp.StatusCode, 200)
		t.Equal("Response.Request.URL", resp.Request.URL.String(), to)
		methods = append(methods, method, then, then)
	}
	follow(t.tr, "301", "GET", "GET")
	follow(t.tr, "302", "POST", "GET")
	follow(t.tr, "303", "PUT", "GET")
	follow(t.tr, "307", "POST", "POST")
	follow(t.tr, "308", "PUT", "PUT")
	if t.Page() {
		tr, err := t.New(Config{}) // where it is the default, too
		if err != nil {
			t.Fatalf("making a transport without options: %v", err)
		}
		follow(tr, "302", "GET", "GET")
	}
	t.Requests(len(methods), len(methods))
	t.Expect(Values(EventRequest, "method", methods...))
}

func redirectShown(t *T) {
	resp := t.Send(t.Get(t.redirectURL("302", t.URL("echo"))))
	t.Equal("code", resp.StatusCode, 302)
	t.Expect(Count(EventRequest, 1))
}

// do sends by http.Client and reads the body.
func (t *T) do(c *http.Client, req *http.Request) (*http.Response, []byte) {
	resp, err := c.Do(req)
	if err != nil {
		t.Fatalf("http.Client: %v", err)
	}
	return resp, t.Read(resp)
}

// both sends by http.Client over RoundTrip and by Do, wants no difference at either end, and
// returns what was seen of each.
func (t *T) both(what string, again func() *http.Request) observed {
	want := t.observe(t.Client().Do, again())
	t.Equal(what+": Do, compared with http.Client", t.observe(t.TryDo, again()), want)
	return want
}

func clientRewrites(t *T) {
	t.Allow("Referer")
	for _, code := range []string{"301", "302", "303"} {
		o := t.both(code, func() *http.Request {
			req := t.Request(http.MethodPost, t.redirectURL(code, t.URL("echo-body")), strings.NewReader("body"))
			req.Header.Set("Content-Type", "text/plain")
			return req
		})
		t.Equal(code+": status", o.Status, "200 OK")
		t.Equal(code+": method", o.Method, "GET")
	}
	t.Requests(12, 12)
	t.Expect(Values(EventRequest, "method", slices.Repeat([]string{"POST", "GET"}, 6)...),
		Values(EventRequest, "header.Content-Type", times("text/plain", 6)...),
		Values(EventBodyEnd, "bytes", slices.Repeat([]string{"4", "0"}, 6)...))
}

func clientRepeats(t *T) {
	t.Allow("Referer")
	data := []byte("the whole body")
	for _, code := range []string{"307", "308"} {
		o := t.both(code, func() *http.Request {
			return t.Request(http.MethodPut, t.redirectURL(code, t.URL("echo-body")), bytes.NewReader(data))
		})
		t.Equal(code+": status", o.Status, "200 OK")
	}
	t.Requests(8, 8)
	t.Expect(Values(EventRequest, "method", times("PUT", 8)...), Each(EventBodyEnd, "sha256", hashOf(data)), Count(EventBodyEnd, 8))
}

// clientCannotRepeat gets a redirect that has a body of its own.
func clientCannotRepeat(t *T) {
	o := t.both("307", func() *http.Request {
		return t.Request(http.MethodPut, t.URL("status", "code", "307", "location", t.URL("echo")), unsized([]byte("body")))
	})
	t.Equal("status", o.Status, "307 Temporary Redirect")
	t.Equal("Location", o.Header["Location"], []string{t.URL("echo")})
	t.Equal("hash of the body", o.Body, hashOf([]byte("status")))
	t.Requests(2, 2)
	t.Expect(Count(EventRequest, 2))
}

// useLastResponse is by http.Client only: Transport has nothing that would tell Do so.
func useLastResponse(t *T) {
	c := t.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Do(t.Get(t.URL("status", "code", "302", "location", t.URL("echo"))))
	if err != nil {
		t.Fatalf("http.Client: %v", err)
	}
	t.Equal("code", resp.StatusCode, 302)
	t.Equal("body", string(t.Read(resp)), "status")
	t.Expect(Count(EventRequest, 1))
}

func redirectLoop(t *T) {
	t.Allow("Referer")
	for what, send := range map[string]func(*http.Request) (*http.Response, error){"http.Client": t.Client().Do, "Do": t.TryDo} {
		resp, err := send(t.Get(t.URL("redirect", "loop", "1")))
		if resp != nil {
			resp.Body.Close()
		}
		// The phrase is net/http's; go-retryablehttp decides by it.
		t.True(err != nil && strings.Contains(err.Error(), "stopped after 10 redirects"), "%s: got %v", what, err)
	}
	t.Requests(20, 20)
	t.Expect(Count(EventRequest, 20))
}

func noLocation(t *T) {
	for _, code := range []int{300, 301, 302, 303, 304, 307, 308} {
		resp := t.Send(t.Get(t.URL("status", "code", strconv.Itoa(code))))
		t.Equal("code", resp.StatusCode, code)
		_, err := io.Copy(io.Discard, resp.Body)
		t.True(err == nil, "%d: the body: %v", code, err)
	}
	t.Expect(Count(EventRequest, 7))
}

func noLocationHidden(t *T) {
	for _, code := range []int{300, 304} {
		resp := t.Send(t.Get(t.URL("status", "code", strconv.Itoa(code))))
		t.Equal("code", resp.StatusCode, code)
	}
	for _, code := range redirectCodes() {
		t.refused(code+" without Location", t.Get(t.URL("status", "code", code)), driver.KindUnsupported)
	}
	t.Requests(7, 7)
	t.Expect(Count(EventRequest, 7))
}

func locationElsewhere(t *T) {
	for _, code := range []int{200, 201, 202, 400} {
		resp := t.Send(t.Get(t.URL("status", "code", strconv.Itoa(code), "location", t.URL("echo"))))
		t.Equal("code", resp.StatusCode, code)
		t.Equal("Location", resp.Header.Get("Location"), t.URL("echo"))
		t.Equal("body", string(t.Read(resp)), "status")
	}
}

// hops are two redirects that set a cookie each, and an answer.
func (t *T) hops() string {
	second := t.URL("redirect", "to", t.URL("echo", "final", "1"), "cookie", "b=2; Path=/")
	return t.URL("redirect", "to", second, "cookie", "a=1; Path=/")
}

func cookiesOfHops(t *T) {
	t.Allow("Referer", "Cookie")
	c := t.Client()
	var err error
	if c.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatalf("%v", err)
	}
	req := t.Get(t.hops())
	if !t.Has(driver.HeaderCookie) {
		_, err = c.Do(req)
		t.kind("sending a cookie back", err, driver.KindUnsupported)
	} else {
		resp, _ := t.do(c, req)
		t.Equal("code", resp.StatusCode, 200)
		t.Expect(Count(EventRequest, 3), Values(EventRequest, "header.Cookie", "a=1", "a=1; b=2"))
	}
	var names []string
	for _, cookie := range c.Jar.Cookies(req.URL) {
		names = append(names, cookie.Name)
	}
	t.True(slices.Contains(names, "a"), "the jar has %q, want the first hop's cookie among them", names)
	t.True(slices.Contains(names, "b") || !t.Has(driver.HeaderCookie), "the jar has %q, want the second hop's cookie among them", names)
}

// cookiesHidden is what is left where the platform hides Set-Cookie: an empty jar, if
// redirects are shown.
func cookiesHidden(t *T) {
	if !t.Has(driver.RedirectExpose) {
		redirectHidden(t)
		return
	}
	t.Allow("Referer")
	c := t.Client()
	c.Jar, _ = cookiejar.New(nil) // has no error without options
	req := t.Get(t.hops())
	t.do(c, req)
	t.Equal("cookies in the jar", len(c.Jar.Cookies(req.URL)), 0)
	t.Expect(Count(EventRequest, 3))
}
