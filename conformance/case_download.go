// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing/iotest"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

func dnCases() []Case {
	return slices.Concat([]Case{
		must("DN-01", lengths),
		must("DN-02", incremental, Count(EventRequest, 2)),
		must("DN-03", manyChunks).within(20 * time.Second),
		must("DN-04", readerLaw),
		must("DN-05", zeroRead),
		gated("DN-06", driver.AbortWire, closeUnread, closeQuietly),
		gated("DN-07", driver.AbortWire, closePartlyRead, closeQuietly),
		must("DN-08", closeTwice),
		must("DN-09", readAfterClose),
		must("DN-10", closeDuringRead),
		must("DN-11", shortBody),
		must("DN-12", brokenChunks),
		must("DN-13", resetBody),
		must("DN-14", longBody),
		must("DN-16", headBodies),
		must("DN-17", bodiless),
		must("DN-24", ranges, Values(EventRequest, "header.Range", "bytes=10-19"), Nowhere(EventRequest, "gzip")),
		must("DN-29", alternately, Count(EventRequest, 2)),
		must("DN-30", droppedUnread).within(60 * time.Second),
	}, codingCases(), streamCases())
}

func lengths(t *T) {
	resp := t.Send(t.Get(t.URL("bytes", "size", "1234")))
	t.Equal("known length", resp.ContentLength, int64(1234))
	t.Equal("body", t.Read(resp), Pattern(1234, 1))
	resp = t.Send(t.Get(t.URL("bytes", "size", "12340", "length", "0")))
	t.Equal("chunked", resp.ContentLength, int64(-1))
	t.Equal("body", t.Read(resp), Pattern(12340, 1))
	resp = t.Send(t.Get(t.URL("script", "name", "until-close")))
	t.Equal("until close", resp.ContentLength, int64(-1))
	t.Equal("body", string(t.Read(resp)), strings.Repeat("c", 1000))
}

func incremental(t *T) {
	var both []*http.Response
	for _, length := range []string{"0", "1"} { // in chunks, and of a declared length
		resp := t.Send(t.Get(t.URL("gate", "length", length)))
		t.Equal("the first part", string(t.readFull(resp, 1000)), strings.Repeat("a", 1000))
		both = append(both, resp)
	}
	t.Release("go")
	for _, resp := range both {
		t.Equal("the second part", string(t.Read(resp)), strings.Repeat("b", 1000))
	}
}

func manyChunks(t *T) {
	resp := t.Send(t.Get(t.URL("trickle", "chunks", "500", "size", "1")))
	t.Equal("one byte at a time", t.Read(resp), Pattern(500, 1))
	resp = t.Send(t.Get(t.URL("trickle", "chunks", "37", "size", "997")))
	t.Equal("odd sizes", t.Read(resp), Pattern(37*997, 1))
}

func readerLaw(t *T) {
	const size = 150000
	want := Pattern(size, 1)
	resp := t.Send(t.Get(t.URL("bytes", "size", "150000")))
	err := iotest.TestReader(struct{ io.Reader }{resp.Body}, want)
	t.True(err == nil, "%v", err)
	for _, n := range []int{1, 7, 4096, 1 << 20} {
		length := size
		if n == 1 {
			length = 3000
		}
		resp := t.Send(t.Get(t.URL("bytes", "size", "150000")))
		var got []byte
		p := make([]byte, n)
		for len(got) < length {
			m, err := resp.Body.Read(p)
			got = append(got, p[:m]...)
			if m < 0 || m > n || err != nil && err != io.EOF || err == io.EOF && len(got) < length {
				t.Fatalf("buffer of %d: Read gives %d, %v after %d bytes", n, m, err, len(got))
			}
		}
		t.True(bytes.Equal(got, want[:len(got)]), "buffer of %d: other bytes", n)
		if length < size {
			continue
		}
		for range 3 {
			m, err := resp.Body.Read(p)
			t.True(m == 0 && err == io.EOF, "buffer of %d: after the end Read gives %d, %v", n, m, err)
		}
	}
}

func zeroRead(t *T) {
	resp := t.Send(t.Get(t.URL("gate")))
	zero := func(when string) {
		n, err := resp.Body.Read(nil)
		t.True(n == 0 && err == nil, "%s: Read(nil) gives %d, %v", when, n, err)
	}
	zero("first")
	got := t.readFull(resp, 500)
	zero("data is there")
	got = append(got, t.readFull(resp, 500)...)
	zero("no data is there")
	t.Release("go")
	got = append(got, t.Read(resp)...)
	t.Equal("body", string(got), strings.Repeat("a", 1000)+strings.Repeat("b", 1000))
}

func closeUnread(t *T) {
	resp := t.Send(t.Get(t.URL("endless")))
	t.True(resp.Body.Close() == nil, "Close fails")
	t.Wait(EventGone, 1)
}

func closePartlyRead(t *T) {
	resp := t.Send(t.Get(t.URL("endless")))
	t.readFull(resp, 64<<10)
	t.True(resp.Body.Close() == nil, "Close fails")
	t.Wait(EventGone, 1)
}

// closeQuietly is what is left of an abort where the server may see it late.
func closeQuietly(t *T) {
	resp := t.Send(t.Get(t.URL("endless")))
	t.readFull(resp, 1000)
	closed := make(chan struct{})
	go func() {
		resp.Body.Close()
		close(closed)
	}()
	t.Within("Close", closed)
	t.Expect(Count(EventRequest, 1))
}

func closeTwice(t *T) {
	for _, read := range []bool{false, true} {
		resp := t.Send(t.Get(t.URL("bytes", "size", "1000")))
		if read {
			t.Read(resp)
		}
		for i := range 2 {
			err := resp.Body.Close()
			t.True(err == nil, "body read %v: Close number %d gives %v", read, i+1, err)
		}
	}
}

func readAfterClose(t *T) {
	for how, read := range map[string]func(*http.Response){
		"unread":      func(*http.Response) {},
		"partly read": func(resp *http.Response) { t.readFull(resp, 1000) },
		"read":        func(resp *http.Response) { t.Read(resp) },
	} {
		resp := t.Send(t.Get(t.URL("bytes", "size", "100000")))
		read(resp)
		resp.Body.Close()
		n, err := resp.Body.Read(make([]byte, 10))
		t.True(n == 0 && errors.Is(err, http.ErrBodyReadAfterClose), "%s: Read after Close gives %d, %v, want http.ErrBodyReadAfterClose", how, n, err)
	}
}

func closeDuringRead(t *T) {
	resp := t.Send(t.Get(t.URL("gate")))
	t.readFull(resp, 1000)
	r := startRead(resp.Body)
	t.Wait(EventGateWait, 1)
	t.True(resp.Body.Close() == nil, "Close fails")
	if t.Within("the blocked Read", r.done) {
		t.True(r.n == 0 && r.err != nil && !errors.Is(r.err, io.EOF), "the Read gives %d, %v", r.n, r.err)
	}
}

// truncated reads a body that is too short and wants no more than there is, and then no EOF. It
// returns how many bytes came.
func truncated(t *T, what, url string, most int) int {
	resp := t.Send(t.Get(url))
	data, err := io.ReadAll(resp.Body)
	t.True(errors.Is(err, io.ErrUnexpectedEOF), "%s: after %d bytes got %v, want io.ErrUnexpectedEOF", what, len(data), err)
	t.True(len(data) <= most && string(data) == strings.Repeat("c", len(data)), "%s: got %d other bytes", what, len(data))
	return len(data)
}

// shortBody wants all that there is of a body whose sender ends its side in order: at once, and
// when the client has read it. Chromium does not keep the former, in plain JavaScript either: an
// error of a stream discards what is still in it (Streams standard, ReadableStreamDefaultControllerError).
func shortBody(t *T) {
	for what, c := range map[string]struct {
		url  string
		sent int
	}{
		"100 of 1000 bytes":  {t.URL("script", "name", "short"), 100},
		"none of 1000 bytes": {t.URL("cut", "declared", "1000", "sent", "0"), 0},
		"all but one":        {t.URL("cut", "declared", "50000", "sent", "49999"), 49999},
	} {
		if n := truncated(t, what, c.url, c.sent); !t.Page() {
			t.Equal(what+": bytes before the error", n, c.sent)
		}
	}
	resp := t.Send(t.Get(t.URL("script", "name", "short-later")))
	t.True(string(t.readFull(resp, 50000)) == strings.Repeat("c", 50000), "half of the body: other bytes")
	t.Release("go")
	n, err := io.Copy(io.Discard, resp.Body)
	t.True(n == 0 && errors.Is(err, io.ErrUnexpectedEOF), "after half of the body: got %d bytes, %v, want io.ErrUnexpectedEOF", n, err)
}

func brokenChunks(t *T) {
	truncated(t, "no last chunk", t.URL("script", "name", "no-last-chunk"), 3)
	truncated(t, "chunk cut short", t.URL("script", "name", "cut-chunk"), 3)
}

func resetBody(t *T) {
	resp := t.Send(t.Get(t.URL("script", "name", "reset-body")))
	t.readFull(resp, 1000)
	t.Release("go")
	n, err := io.Copy(io.Discard, resp.Body)
	t.True(n == 0 && err != nil, "after the reset the body gives %d bytes, %v", n, err)
}

func longBody(t *T) {
	resp := t.Send(t.Get(t.URL("script", "name", "long")))
	t.Equal("body", string(t.Read(resp)), "right")
}

func headBodies(t *T) {
	resp := t.Send(t.Request(http.MethodHead, t.URL("bytes", "size", "1234"), nil))
	t.Equal("Content-Length", resp.Header.Get("Content-Length"), "1234")
	t.Equal("ContentLength", resp.ContentLength, int64(1234))
	t.Equal("body", len(t.Read(resp)), 0)
	for _, name := range []string{"head-chunked", "head-none"} {
		resp := t.Send(t.Request(http.MethodHead, t.URL("script", "name", name), nil))
		t.Equal(name+": body", len(t.Read(resp)), 0)
	}
}

func bodiless(t *T) {
	answers := map[string]int{"204-body": 204, "304-body": 304, "205-empty": 205}
	if t.run.column == columnNative {
		answers["205-body"] = 205 // which net/http delivers; engines differ about 205
	}
	for name, code := range answers {
		resp := t.Send(t.Get(t.URL("script", "name", name)))
		t.Equal(name+": status", resp.StatusCode, code)
		t.Equal(name+": body", string(t.Read(resp)), "")
		t.Equal(name+": the next exchange", t.Echo(t.Get(t.URL("echo"))).Method, "GET")
	}
}

func ranges(t *T) {
	req := t.Get(t.URL("range", "size", "1000"))
	req.Header.Set("Range", "bytes=10-19")
	resp := t.Send(req)
	t.Equal("status", resp.StatusCode, 206)
	t.Equal("Content-Range", resp.Header.Get("Content-Range"), "bytes 10-19/1000")
	t.Equal("ContentLength", resp.ContentLength, int64(10))
	t.Equal("body", t.Read(resp), Pattern(1000, 1)[10:20])
}

func alternately(t *T) {
	a := t.Send(t.Get(t.URL("bytes", "size", "300000", "seed", "1")))
	b := t.Send(t.Get(t.URL("bytes", "size", "300000", "seed", "2")))
	var one, two []byte
	for range 30 {
		one = append(one, t.readFull(a, 10000)...)
		two = append(two, t.readFull(b, 10000)...)
	}
	t.True(bytes.Equal(one, Pattern(300000, 1)), "the first body has other bytes")
	t.True(bytes.Equal(two, Pattern(300000, 2)), "the second body has other bytes")
}

func droppedUnread(t *T) {
	for range 1000 {
		resp := t.Send(t.Get(t.URL("bytes", "size", "100")))
		resp.Body.Close()
	}
	t.Equal("the next exchange", t.Echo(t.Get(t.URL("echo"))).Method, "GET")
}
