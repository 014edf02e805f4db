// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/isohttp/isohttp/transport/driver"
)

func trCases() []Case {
	return []Case{
		gated("TR-01", driver.TrailersIn, announcedTrailer, noTrailer, Count(EventRequest, 1)),
		gated("TR-02", driver.TrailersIn, unannouncedTrailer, noTrailerUnannounced, Count(EventRequest, 1)),
		must("TR-03", trailerUnread),
		gated("TR-04", driver.TrailersOut, trailerSent, trailerRefused),
		must("TR-05", forbiddenTrailers, Nothing()),
	}
}

// notInHeader asserts that the fields of the scenario's trailer are not among the header's.
func (t *T) notInHeader(resp *http.Response) {
	for _, name := range []string{"X-Sum", "X-Late"} {
		_, there := resp.Header[name]
		t.True(!there, "the trailer field %s is in Header: %q", name, resp.Header[name])
	}
}

func announcedTrailer(t *T) {
	resp := t.Send(t.Get(t.URL("trailers", "gate", "1")))
	t.Equal("the announced keys", slices.Sorted(maps.Keys(resp.Trailer)), []string{"X-Sum"})
	t.Equal("the value, before the end of the body", resp.Trailer["X-Sum"], []string(nil))
	t.notInHeader(resp)
	t.Release("go")
	t.Equal("body", string(t.Read(resp)), "with trailers")
	t.Equal("the value, after the end of the body", resp.Trailer["X-Sum"], []string{"1234"})
	t.notInHeader(resp)
}

func unannouncedTrailer(t *T) {
	resp := t.Send(t.Get(t.URL("trailers", "announced", "0", "gate", "1")))
	t.Equal("the number of announced keys", len(resp.Trailer), 0)
	t.Release("go")
	t.Equal("body", string(t.Read(resp)), "with trailers")
	t.Equal("the trailer", resp.Trailer, http.Header{"X-Sum": {"1234"}, "X-Late": {"5678"}})
	t.notInHeader(resp)
}

// withoutTrailer is what is left where the platform hides trailers: the body, and no trailer
// at any time.
func withoutTrailer(t *T, announced string) {
	resp := t.Send(t.Get(t.URL("trailers", "announced", announced, "gate", "1")))
	t.True(resp.Trailer == nil, "before the end of the body Trailer is %v, want nil", resp.Trailer)
	t.Release("go")
	t.Equal("body", string(t.Read(resp)), "with trailers")
	t.True(resp.Trailer == nil, "after the end of the body Trailer is %v, want nil", resp.Trailer)
	t.notInHeader(resp)
}

func noTrailer(t *T) { withoutTrailer(t, "1") }

func noTrailerUnannounced(t *T) { withoutTrailer(t, "0") }

// trailerUnread closes a body whose trailer has not come: by then none of it, or the first
// part, has been read.
func trailerUnread(t *T) {
	for _, announced := range []string{"1", "0"} {
		for _, n := range []int{0, 4} {
			resp := t.Send(t.Get(t.URL("trailers", "announced", announced, "gate", "1")))
			t.readFull(resp, n)
			closed := make(chan struct{})
			go func() {
				resp.Body.Close()
				close(closed)
			}()
			if !t.Within("Close", closed) {
				return
			}
			_, err := resp.Body.Read(make([]byte, 10))
			t.True(err != nil && err != io.EOF, "Read after Close gives %v", err)
			for name, values := range resp.Trailer {
				t.True(values == nil, "after an early Close the trailer has %s %q", name, values)
			}
		}
	}
	t.Expect(Count(EventRequest, 4))
}

// lateTrailer is a body that sets the trailer when it has been read, as a checksum is.
type lateTrailer struct {
	io.Reader
	at func()
}

func (b lateTrailer) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.at()
	}
	return n, err
}

// trailing makes a request with a trailer field that gets its value at the end of the body.
func (t *T) trailing() *http.Request {
	trailer := http.Header{"X-Sum": nil}
	body := lateTrailer{unsized([]byte("a body of unknown length")), func() { trailer.Set("X-Sum", "1234") }}
	req := t.Request(http.MethodPost, t.URL("echo"), body)
	req.Trailer = trailer
	return req
}

func trailerSent(t *T) {
	e := t.Echo(t.trailing())
	t.Equal("bytes of the body", e.Bytes, int64(24))
	t.Equal("X-Sum in the header", e.Header["X-Sum"], []string(nil))
	t.Expect(Values(EventBodyEnd, "trailer", `{"X-Sum":["1234"]}`), Absent(EventRequest, "header.X-Sum"))
}

func trailerRefused(t *T) {
	req := t.trailing()
	body := req.Body.(*Body)
	t.refused("a request with a trailer", req, driver.KindUnsupported)
	t.Equal("times the body was closed", body.Closes(), 1)
	t.Equal("reads of the body", body.Reads(), 0)
	t.Expect(Nothing())
}

func forbiddenTrailers(t *T) {
	kind := driver.KindInvalid
	if !t.Has(driver.TrailersOut) {
		kind = driver.KindUnsupported
	}
	for what, trailer := range map[string]http.Header{
		"Transfer-Encoding":   {"Transfer-Encoding": {"chunked"}},
		"Content-Length":      {"Content-Length": {"5"}},
		"Trailer":             {"Trailer": {"X-Sum"}},
		"lower case":          {"content-length": {"5"}},
		"a name with a space": {"X Sum": {"1"}},
		"an empty name":       {"": {"1"}},
		"a line break":        {"X-Sum": {"1\r\nX-Injected: 2"}},
	} {
		req := t.Request(http.MethodPost, t.URL("echo"), unsized([]byte("body")))
		req.Trailer = trailer
		t.refused(what, req, kind)
	}
}
