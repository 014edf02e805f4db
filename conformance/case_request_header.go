// SPDX-License-Identifier: MIT

package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

func hqCases() []Case {
	return []Case{
		must("HQ-01", anySpelling, Count(EventRequest, 1)),
		must("HQ-02", valuesInOrder, Values(EventRequest, "header.X-Several", "one, two, three")),
		gated("HQ-03", driver.HeaderLinesOut, separateLines, joinedLines),
		must("HQ-04", emptyValue, Values(EventRequest, "header.X-Empty", "")),
		must("HQ-05", outerSpace, Values(EventRequest, "header.X-Space", "in  ner"), Values(EventRequest, "header.X-Tab", "in\tner")),
		gated("HQ-06", driver.HeaderObsText, obsText, obsTextRefused),
		must("HQ-07", illegalHeaders, Nothing()),
		must("HQ-08", manyHeaders),
		must("HQ-09", fetchForbiddenNames),
		must("HQ-10", hopByHopNames),
		must("HQ-11", advisoryHeaders, Count(EventRequest, 3), Each(EventRequest, "contentLength", "5")),
		gated("HQ-12", driver.HeaderHost, hostOverride, hostOverrideRefused),
		must("HQ-13", hostEntry),
		gated("HQ-14", driver.HeaderUserAgent, userAgent, userAgentPlatform),
		gated("HQ-15", driver.HeaderCookie, cookieSent, cookieRefused),
		must("HQ-16", lengthEntry, Values(EventRequest, "contentLength", "5")),
		must("HQ-17", noContentType, Count(EventRequest, 4), Absent(EventRequest, "header.Content-Type")),
		must("HQ-18", additions, Count(EventRequest, 12)),
		must("HQ-19", conditionals, Values(EventRequest, "header.Range", "bytes=0-4"),
			Values(EventRequest, "header.If-None-Match", `"abc", W/"def"`), Values(EventRequest, "header.If-Match", `"xyz"`)),
	}
}

func anySpelling(t *T) {
	req := t.Get(t.URL("echo"))
	entries := map[string][]string(req.Header)
	for i, name := range []string{"X-Canonical", "x-lower-case", "X-UPPER-CASE", "x-MiXeD"} {
		entries[name] = []string{strconv.Itoa(i)}
		t.Expect(Values(EventRequest, "header."+http.CanonicalHeaderKey(name), strconv.Itoa(i)))
	}
	t.Echo(req)
}

func several(t *T) *http.Request {
	req := t.Get(t.URL("echo"))
	req.Header["X-Several"] = []string{"one", "two", "three"}
	return req
}

func valuesInOrder(t *T) { t.Echo(several(t)) }

func separateLines(t *T) {
	t.Equal("lines", t.Echo(several(t)).Line("X-Several"), []string{"one", "two", "three"})
}

func joinedLines(t *T) {
	t.Equal("lines", t.Echo(several(t)).Line("X-Several"), []string{"one, two, three"})
}

func emptyValue(t *T) {
	req := t.Get(t.URL("echo"))
	req.Header.Set("X-Empty", "")
	t.Echo(req)
}

func outerSpace(t *T) {
	req := t.Get(t.URL("echo"))
	req.Header.Set("X-Space", "  in  ner ")
	req.Header.Set("X-Tab", "\tin\tner\t")
	t.Echo(req)
}

// obs has all bytes that are not ASCII, and beside it the characters that the origin's
// log shows for them.
func obs() (value, seen string) {
	var raw []byte
	var runes []rune
	for b := 0x80; b <= 0xff; b++ {
		raw, runes = append(raw, byte(b)), append(runes, rune(b))
	}
	return "a" + string(raw) + "z", "a" + string(runes) + "z"
}

func obsText(t *T) {
	value, seen := obs()
	req := t.Get(t.URL("echo"))
	req.Header.Set("X-Bytes", value)
	t.Equal("the line", t.Echo(req).Line("X-Bytes"), []string{seen})
}

func obsTextRefused(t *T) {
	value, _ := obs()
	req := t.Get(t.URL("echo"))
	req.Header.Set("X-Bytes", value)
	t.refused("a value with bytes above 0x7f", req, driver.KindInvalid)
	t.Expect(Nothing())
}

func illegalHeaders(t *T) {
	for _, h := range [][2]string{
		{"X-Test", "a\r\nX-Injected: b"}, {"X-Test", "a\nb"}, {"X-Test", "a\rb"}, {"X-Test", "a\x00b"}, {"X-Test", "\x7f"},
		{"X Test", "a"}, {"X-Test:", "a"}, {"", "a"}, {"X-Test\r\nX-Injected", "a"}, {"X-T\xe9st", "a"}, {"X(Test)", "a"},
	} {
		req := t.Get(t.URL("echo"))
		map[string][]string(req.Header)[h[0]] = []string{h[1]}
		resp, err := t.Try(req)
		if !t.True(err != nil, "%q: %q was accepted: %v", h[0], h[1], resp != nil) {
			continue
		}
		t.kind(fmt.Sprintf("%q: %q", h[0], h[1]), err, driver.KindInvalid)
		t.True(strings.Contains(err.Error(), "invalid header field"), "%q: the text is %q", h[0], err)
	}
}

func manyHeaders(t *T) {
	req := t.Get(t.URL("echo"))
	for i := range 20 {
		value := strings.Repeat(string(rune('a'+i)), 1024)
		name := "X-Large-" + strconv.Itoa(i)
		req.Header.Set(name, value)
		t.Expect(Values(EventRequest, "header."+name, value))
	}
	t.Read(t.Send(req))
}

// advisoryHeaders records which of the fields have an effect.
func advisoryHeaders(t *T) {
	var dropped []string
	for _, h := range [][2]string{{"User-Agent", "azsdk-go-suite/1"}, {"Content-Length", "5"}, {"Host", "elsewhere.test"}} {
		req := t.Request(http.MethodPost, t.URL("echo"), strings.NewReader("hello"))
		req.Header.Set(h[0], h[1])
		resp, err := t.Try(req)
		if !t.True(err == nil, "%s: %v", h[0], err) {
			continue
		}
		t.Equal(h[0]+": status", resp.StatusCode, 200)
		if !slices.Contains(t.echoOf(resp).Line(h[0]), h[1]) {
			dropped = append(dropped, h[0])
		}
	}
	t.Equal("User-Agent is dropped", slices.Contains(dropped, "User-Agent"), !t.Has(driver.HeaderUserAgent))
	t.Equal("Content-Length is dropped", slices.Contains(dropped, "Content-Length"), false)
	t.Equal("Host is dropped", slices.Contains(dropped, "Host"), true) // as net/http does
	t.remark("dropped: %s", strings.Join(dropped, ", "))
}

func hostOverride(t *T) {
	req := t.Get(t.URL("echo"))
	req.Host = "elsewhere.test:1234"
	t.Equal("Host", t.Echo(req).Host, "elsewhere.test:1234")
}

func hostOverrideRefused(t *T) {
	req := t.Get(t.URL("echo"))
	req.Host = "elsewhere.test:1234"
	t.refused("another Host", req, driver.KindUnsupported)
	t.Expect(Nothing())
}

func hostEntry(t *T) {
	req := t.Get(t.URL("echo"))
	req.Header.Set("Host", "elsewhere.test")
	t.Equal("Host lines", t.Echo(req).Line("Host"), []string{strings.TrimPrefix(t.Addresses().Main, "http://")})
}

func userAgent(t *T) {
	req := t.Get(t.URL("echo"))
	req.Header.Set("User-Agent", "suite/1 (test)")
	t.Echo(req)
	t.Expect(Values(EventRequest, "header.User-Agent", "suite/1 (test)"))
}

func userAgentPlatform(t *T) {
	req := t.Get(t.URL("echo"))
	req.Header.Set("User-Agent", "suite/1 (test)")
	e := t.Echo(req)
	t.True(!slices.Contains(e.Header["User-Agent"], "suite/1 (test)"), "the User-Agent was sent, although that is not declared")
}

func withCookie(t *T) *http.Request {
	req := t.Get(t.URL("echo"))
	req.Header.Set("Cookie", "a=1; b=2")
	return req
}

func cookieSent(t *T) {
	t.Echo(withCookie(t))
	t.Expect(Values(EventRequest, "header.Cookie", "a=1; b=2"))
}

func cookieRefused(t *T) {
	err := t.Fail(withCookie(t))
	t.kind("Cookie", err, driver.KindUnsupported)
	t.True(strings.Contains(err.Error(), "Cookie"), "the error does not name the header: %v", err)
	t.Expect(Nothing())
}

func lengthEntry(t *T) {
	req := t.Request(http.MethodPost, t.URL("echo"), strings.NewReader("hello"))
	req.Header.Set("Content-Length", "5")
	t.Equal("length", t.Echo(req).ContentLength, int64(5))
	req = t.Request(http.MethodPost, t.URL("echo"), strings.NewReader("hello"))
	req.Header.Set("Content-Length", "4")
	t.refused("a conflicting Content-Length", req, driver.KindInvalid)
}

func noContentType(t *T) {
	t.Echo(t.Request(http.MethodPost, t.URL("echo"), strings.NewReader("hello")))
	t.Echo(t.Request(http.MethodPost, t.URL("echo"), unsized([]byte("hello"))))
	t.Echo(t.Request(http.MethodPost, t.URL("echo"), nil))
	t.Echo(t.Request(http.MethodPut, t.URL("echo"), http.NoBody))
}

// additions makes requests of all kinds. What is judged is judged after every case: that
// the origin saw nothing that is neither the caller's nor documented.
func additions(t *T) {
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		resp := t.Send(t.Request(m, t.URL("echo"), nil))
		t.Read(resp)
		t.Equal(m+": status", resp.StatusCode, 200)
	}
	for _, m := range []string{"POST", "PUT", "PATCH"} {
		t.Echo(t.Request(m, t.URL("echo"), strings.NewReader("hello")))
		t.Echo(t.Request(m, t.URL("echo"), unsized([]byte("hello"))))
	}
}

func conditionals(t *T) {
	req := t.Get(t.URL("echo"))
	req.Header.Set("Range", "bytes=0-4")
	t.Echo(req)
	for name, value := range map[string]string{"If-None-Match": `"abc", W/"def"`, "If-Match": `"xyz"`} {
		req := t.Get(t.URL("echo"))
		req.Header.Set(name, value)
		t.Echo(req)
	}
}
