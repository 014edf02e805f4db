// SPDX-License-Identifier: MIT

package conformance

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

func hrCases() []Case {
	return []Case{
		must("HR-01", canonicalKeys, Count(EventRequest, 1)),
		gated("HR-02", driver.HeaderLinesIn, repeatedSeparate, repeatedJoined),
		gated("HR-03", driver.HeaderSetCookie, setCookies, setCookiesAbsent, Count(EventRequest, 1)),
		must("HR-04", emptyField),
		must("HR-05", largeFields),
		must("HR-06", obsTextIn),
		must("HR-07", punctuation),
		must("HR-08", mapIsCallers, Count(EventRequest, 2)),
		gated("HR-09", driver.HeaderAll, allFields, safelistedFields),
		gated("HR-10", driver.HeaderHop, hopFields, hopFieldsAbsent),
	}
}

func canonicalKeys(t *T) {
	resp := t.Send(t.Get(t.URL("headers", "x-lower-name", "v", "X-UPPER", "w")))
	t.Equal("X-Lower-Name", resp.Header["X-Lower-Name"], []string{"v"})
	t.Equal("Get", resp.Header.Get("x-upper"), "w")
	for name := range resp.Header {
		t.True(name == canonical(name), "the key %q is not canonical", name)
	}
}

func repeatedSeparate(t *T) {
	resp := t.Send(t.Get(t.URL("headers", "X-Repeated", "a", "X-Repeated", "b, c")))
	t.Equal("X-Repeated", resp.Header["X-Repeated"], []string{"a", "b, c"})
}

func repeatedJoined(t *T) {
	resp := t.Send(t.Get(t.URL("headers", "X-Repeated", "a", "X-Repeated", "b, c")))
	t.Equal("X-Repeated", resp.Header["X-Repeated"], []string{"a, b, c"})
}

// cookieURL is cross-origin to a page, so that a browser does not keep the cookies.
func cookieURL(t *T) string {
	return t.OtherURL("headers", "Set-Cookie", "a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "Set-Cookie", "b=2", "Set-Cookie", "c=3")
}

func setCookies(t *T) {
	resp := t.Send(t.Get(cookieURL(t)))
	t.Equal("Set-Cookie", resp.Header["Set-Cookie"], []string{"a=1; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "b=2", "c=3"})
	var names []string
	for _, c := range resp.Cookies() {
		names = append(names, c.Name+"="+c.Value)
	}
	t.Equal("Cookies", names, []string{"a=1", "b=2", "c=3"})
}

func setCookiesAbsent(t *T) {
	resp := t.Send(t.Get(cookieURL(t)))
	t.Equal("Set-Cookie", resp.Header["Set-Cookie"], []string(nil))
}

func emptyField(t *T) {
	resp := t.Send(t.Get(t.URL("headers", "X-Test", "")))
	t.Equal("X-Test", resp.Header["X-Test"], []string{""})
}

func largeFields(t *T) {
	large := strings.Repeat("0123456789abcdef", 12<<10/16)
	resp := t.Send(t.Get(t.URL("headers", "X-Test", large)))
	t.Equal("the large value", resp.Header["X-Test"], []string{large})
	var pairs []string
	for i := range 64 {
		pairs = append(pairs, "X-Field-"+strconv.Itoa(i), "value "+strconv.Itoa(i))
	}
	resp = t.Send(t.Get(t.URL("headers", pairs...)))
	for i := range 64 {
		t.Equal("field", resp.Header["X-Field-"+strconv.Itoa(i)], []string{"value " + strconv.Itoa(i)})
	}
}

func obsTextIn(t *T) {
	value, _ := obs()
	resp := t.Send(t.Get(t.URL("headers", "X-Test", value)))
	t.Equal("X-Test", resp.Header["X-Test"], []string{value})
}

func punctuation(t *T) {
	fields := map[string]string{
		"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT",
		"Etag":          `W/"a,b"`,
		"Link":          `</a>; rel="next", </b>; rel="last"`,
		"Warning":       `110 anderson/1.3.37 "Response is stale, \"really\""`,
	}
	var pairs []string
	for name, value := range fields {
		pairs = append(pairs, name, value)
	}
	resp := t.Send(t.Get(t.URL("headers", pairs...)))
	for name, value := range fields {
		t.Equal(name, resp.Header[name], []string{value})
	}
}

func mapIsCallers(t *T) {
	get := func() []string {
		resp := t.Send(t.Get(t.URL("headers", "X-Test", "original")))
		values := resp.Header["X-Test"]
		seen := append([]string(nil), values...)
		for i := range values {
			values[i] = "changed"
		}
		resp.Header["X-Added"] = []string{"added"}
		clear(resp.Header)
		t.Read(resp)
		return seen
	}
	t.Equal("first", get(), []string{"original"})
	t.Equal("second", get(), []string{"original"})
}

func allFields(t *T) {
	resp := t.Send(t.Get(t.OtherURL("headers", "X-Hidden", "a", "X-Test", "b", "cors", "no-expose")))
	t.Equal("X-Hidden", resp.Header.Get("X-Hidden"), "a")
}

func safelistedFields(t *T) {
	resp := t.Send(t.Get(t.OtherURL("headers", "X-Hidden", "a", "Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT", "cors", "no-expose")))
	t.Equal("X-Hidden", resp.Header["X-Hidden"], []string(nil))
	t.Equal("Last-Modified", resp.Header.Get("Last-Modified"), "Wed, 21 Oct 2015 07:28:00 GMT")
	resp = t.Send(t.Get(t.OtherURL("headers", "X-Test", "b")))
	t.Equal("an exposed field", resp.Header.Get("X-Test"), "b")
}

// hopResponses asks for a response that ends its connection and for one that is chunked. It
// wants Close and TransferEncoding to say what the header says, if it may be seen, and
// else nothing. net/http takes the fields out of the map then, others may leave them there.
func hopResponses(t *T, visible bool) *http.Response {
	closing := t.Send(t.Get(t.URL("script", "name", "hop")))
	t.Equal("Close", closing.Close, visible)
	t.Equal("body", string(t.Read(closing)), "ok")
	chunked := t.Send(t.Get(t.URL("bytes", "size", "70000", "length", "0")))
	t.Equal("Close of another", chunked.Close, false)
	t.Equal("body in chunks", t.Read(chunked), Pattern(70000, 1))
	var coding []string
	if visible {
		coding = []string{"chunked"}
	}
	t.Equal("TransferEncoding", chunked.TransferEncoding, coding)
	for name, f := range map[string][2][]string{
		"Connection":        {closing.Header["Connection"], {"close"}},
		"Transfer-Encoding": {chunked.Header["Transfer-Encoding"], coding},
	} {
		t.True(f[0] == nil || visible && slices.Equal(f[0], f[1]), "%s is %q in the header map", name, f[0])
	}
	return closing
}

func hopFields(t *T) {
	t.Equal("Keep-Alive", hopResponses(t, true).Header["Keep-Alive"], []string{"timeout=5"})
}

func hopFieldsAbsent(t *T) {
	t.Equal("Keep-Alive", hopResponses(t, false).Header["Keep-Alive"], []string(nil))
}
