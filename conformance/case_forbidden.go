// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// fetchForbidden are the Fetch standard's forbidden request-header names (section 2.2.2), less
// the advisory ones (Content-Length, Expect, Host), with a value that a server can do nothing
// with. The last two stand for all names with their prefix.
func fetchForbidden() [][2]string {
	return [][2]string{
		{"Accept-Charset", "utf-8"}, {"Accept-Encoding", "identity"}, {"Access-Control-Request-Headers", "x-test"},
		{"Access-Control-Request-Method", "PUT"}, {"Access-Control-Request-Private-Network", "true"}, {"Connection", "x-test"},
		{"Cookie", "a=1"}, {"Cookie2", "$Version=1"}, {"Date", "Tue, 15 Nov 1994 08:12:31 GMT"}, {"DNT", "1"},
		{"Keep-Alive", "timeout=5"}, {"Origin", "http://elsewhere.test"}, {"Referer", "http://elsewhere.test/"}, {"Set-Cookie", "a=1"},
		{"TE", "trailers"}, {"Trailer", "X-Sum"}, {"Transfer-Encoding", "chunked"}, {"Upgrade", "test/1"}, {"Via", "1.1 suite"},
		{"Proxy-Test", "1"}, {"Sec-Test", "1"},
	}
}

// hopByHop are the names that hosts of wasi:http keep to themselves, less the advisory ones
// (Expect, Host).
func hopByHop() [][2]string {
	return [][2]string{
		{"Connection", "x-test"}, {"HTTP2-Settings", "AAMAAABkAAQAAP__"}, {"Keep-Alive", "timeout=5"}, {"Proxy-Authenticate", "Basic"},
		{"Proxy-Authorization", "Basic YTpi"}, {"Proxy-Connection", "x-test"}, {"Transfer-Encoding", "chunked"}, {"Upgrade", "test/1"},
	}
}

// forbiddenNames sends one request for each field. Either the platform takes it, and then the
// origin sees the value, or it is on the backend's list, and then the call fails and names
// it. It returns the names that were refused.
func forbiddenNames(t *T, fields [][2]string) []string {
	var refused []string
	caps := t.tr.Capabilities()
	for _, f := range fields {
		name, value := f[0], f[1]
		req := t.Get(t.URL("echo"))
		req.Header.Set(name, value)
		if !caps.ForbidsHeader(name) {
			resp, err := t.Try(req)
			if t.True(err == nil, "%s is not on the list of forbidden names, and is refused: %v", name, err) {
				t.Equal(name+" as the origin saw it", t.echoOf(resp).Header[canonical(name)], []string{value})
			}
			continue
		}
		refused = append(refused, name)
		resp, err := t.Try(req)
		if err == nil {
			t.Errorf("%s is on the list of forbidden names, and was taken; the origin saw %q", name, t.echoOf(resp).Header[canonical(name)])
			continue
		}
		t.kind(name, err, driver.KindUnsupported)
		var u *driver.Unsupported
		t.True(errors.As(err, &u) && u.Header && strings.EqualFold(u.Feature, name), "%s: the error does not name the header: %v", name, err)
		t.True(final(err), "%s: %v is not marked as final", name, err)
	}
	n := len(fields) - len(refused)
	t.Requests(n, n)
	return refused
}

func fetchForbiddenNames(t *T) {
	refused := forbiddenNames(t, fetchForbidden())
	if t.Page() {
		t.Equal("refused names", len(refused), len(fetchForbidden()))
	}
}

func hopByHopNames(t *T) {
	refused := forbiddenNames(t, hopByHop())
	for _, f := range hopByHop() {
		name := f[0]
		// Pages may send HTTP2-Settings, which means nothing there.
		if t.run.column == columnWASI || t.Page() && name != "HTTP2-Settings" {
			t.True(slices.Contains(refused, name), "%s is not on the list of forbidden names", name)
		}
	}
}
