// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing/iotest"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

func upCases() []Case {
	return []Case{
		must("UP-01", noBodyGet, Count(EventRequest, 2), Absent(EventRequest, "header.Content-Length"), Absent(EventRequest, "transferEncoding")),
		must("UP-02", noBodyPost, Count(EventRequest, 6), Each(EventRequest, "header.Content-Length", "0"), Absent(EventRequest, "transferEncoding")),
		must("UP-03", zeroBytes, Values(EventBodyEnd, "bytes", "0")),
		must("UP-04", knownLength, Absent(EventRequest, "transferEncoding")).within(20 * time.Second),
		must("UP-05", unknownLength),
		gated("UP-06", driver.UploadStream, streamsOverHTTP2, gathersOverHTTP2).with(Config{StreamBody: true}),
		gated("UP-07", driver.UploadStreamHTTP1, streamsUpload, gathersUpload),
		must("UP-08", notStringified),
		must("UP-09", bufferLimit),
		must("UP-10", shortReader, Count(EventBodyEnd, 0)),
		must("UP-11", longReader, Count(EventBodyEnd, 0), FieldAtMost(EventBodyCut, "bytes", declared)),
		must("UP-12", failingReader, Count(EventBodyEnd, 0)),
		must("UP-13", lengthWithoutBody, Nothing()),
		must("UP-14", closedOnRefusal),
		must("UP-15", noLateRead),
		must("UP-16", oddReaders),
		must("UP-17", slowBody),
		must("UP-18", stuckReader, Count(EventBodyEnd, 0)),
		gated("UP-19", driver.UploadDuplex, duplex, halfDuplex, Count(EventRequest, 1)),
		gated("UP-20", driver.UploadEarly, earlyRefusal, earlyRefusalLost),
		gated("UP-21", driver.Expect, expectHonoured, expectDropped).within(20 * time.Second),
		gated("UP-22", driver.GetBody, getWithBody, getWithBodyRefused),
		gated("UP-23", driver.UploadStream, largeUpload, largeUploadGathered).with(Config{StreamBody: true}).within(2 * time.Minute),
		must("UP-24", getBodyUnused),
	}
}

// declared is the length of the bodies that break it. It is more than what a platform
// gathers before it looks.
const declared = 100000

func noBodyGet(t *T) {
	t.Echo(t.Get(t.URL("echo")))
	t.Echo(t.Request(http.MethodGet, t.URL("echo"), http.NoBody))
}

func noBodyPost(t *T) {
	for _, m := range []string{"POST", "PUT", "PATCH"} {
		t.Equal(m+": bytes", t.Echo(t.Request(m, t.URL("echo"), nil)).Bytes, int64(0))
		t.Equal(m+": bytes", t.Echo(t.Request(m, t.URL("echo"), http.NoBody)).Bytes, int64(0))
	}
}

func zeroBytes(t *T) { t.Echo(t.Request(http.MethodPost, t.URL("echo"), unsized(nil))) }

func knownLength(t *T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	bodies := [][]byte{{0}, all}
	for _, n := range []int{65535, 65536, 65537, 1 << 20} {
		bodies = append(bodies, Pattern(n, 7))
	}
	for _, data := range bodies {
		e := t.Echo(t.Request(http.MethodPut, t.URL("echo"), bytes.NewReader(data)))
		t.Equal("declared length", e.ContentLength, int64(len(data)))
		t.Equal("hash of "+strconv.Itoa(len(data))+" bytes", e.SHA256, hashOf(data))
	}
}

func unknownLength(t *T) {
	for _, n := range []int{1, 4095, 300000} {
		data := Pattern(n, 7)
		e := t.Echo(t.Request(http.MethodPost, t.URL("echo"), unsized(data)))
		t.Equal("hash of "+strconv.Itoa(n)+" bytes", e.SHA256, hashOf(data))
		if t.Has(driver.UploadStreamHTTP1) {
			t.Equal("transfer encoding", e.TransferEncoding, []string{"chunked"})
		} else {
			t.Equal("length", e.ContentLength, int64(n))
		}
	}
}

// upload starts a POST whose body is what the case writes.
func upload(t *T) (*io.PipeWriter, *outcome) { return uploadTo(t, t.URL("echo")) }

func uploadTo(t *T, url string) (*io.PipeWriter, *outcome) {
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	return w, t.start(t.Request(http.MethodPost, url, r))
}

func streamsUpload(t *T) { streams(t, t.URL("echo")) }

func streams(t *T, url string) {
	w, o := uploadTo(t, url)
	w.Write(make([]byte, declared))
	t.Wait(EventBodyPart, 1) // before the second part exists
	w.Write(make([]byte, declared))
	w.Close()
	t.Within("the response", o.done)
	t.Expect(Values(EventBodyEnd, "bytes", strconv.Itoa(2*declared)))
}

func gathersUpload(t *T) { gathers(t, t.URL("echo")) }

func gathers(t *T, url string) {
	w, o := uploadTo(t, url)
	for range 2 {
		_, err := w.Write(make([]byte, declared))
		t.True(err == nil, "the body was not read: %v", err)
	}
	events, err := t.run.witness.Events(t.ctx, t.token, "", 0, 0)
	t.True(err == nil && len(events) == 0, "the origin saw %s before the body was complete, %v", kinds(events), err)
	w.Close()
	t.Within("the response", o.done)
	t.Expect(Values(EventBodyEnd, "bytes", strconv.Itoa(2*declared)), Each(EventRequest, "contentLength", strconv.Itoa(2*declared)))
}

func notStringified(t *T) {
	text := "these bytes and no others"
	resp := t.Send(t.Request(http.MethodPost, t.URL("echo-body"), unsized([]byte(text))))
	t.Equal("what came back", string(t.Read(resp)), text)
	t.Expect(Values(EventBodyEnd, "sha256", hashOf([]byte(text))))
}

// sized makes a PUT with a declared length that the reader need not keep.
func sized(t *T, r io.Reader) *http.Request {
	req := t.Request(http.MethodPut, t.URL("echo"), struct{ io.Reader }{r})
	req.ContentLength = declared
	return req
}

func shortReader(t *T) {
	for _, n := range []int{0, 1, declared - 1} {
		_, err := t.Try(sized(t, bytes.NewReader(make([]byte, n))))
		t.True(err != nil, "%d bytes of %d: no error", n, declared)
	}
}

func longReader(t *T) {
	for _, n := range []int{declared + 1, 2 * declared} {
		_, err := t.Try(sized(t, bytes.NewReader(make([]byte, n))))
		t.True(err != nil, "%d bytes of %d: no error", n, declared)
	}
}

func failingReader(t *T) {
	broken := errors.New("disk on fire")
	for _, n := range []int{0, declared / 2, declared} {
		err := t.Fail(sized(t, io.MultiReader(bytes.NewReader(make([]byte, n)), iotest.ErrReader(broken))))
		t.True(errors.Is(err, broken), "after %d bytes: got %v, want the reader's error", n, err)
	}
	err := t.Fail(t.Request(http.MethodPost, t.URL("echo"),
		io.MultiReader(bytes.NewReader(make([]byte, declared)), iotest.ErrReader(broken))))
	t.True(errors.Is(err, broken), "length unknown: got %v, want the reader's error", err)
}

func lengthWithoutBody(t *T) {
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		req := t.Request(http.MethodPost, t.URL("echo"), nil)
		req.Body, req.ContentLength = body, 5
		t.refused("ContentLength 5 without a body", req, driver.KindInvalid)
	}
}

// refusedHeader returns the name of a request header that the platform refuses, which the
// advisory ones are not; empty if there is none.
func (t *T) refusedHeader() string {
	for _, name := range t.tr.Capabilities().ForbiddenHeaders() {
		switch name {
		case "User-Agent", "Content-Length", "Host", "Expect":
			continue
		}
		if strings.HasSuffix(name, "-") {
			name += "Test"
		}
		return name
	}
	return ""
}

func closedOnRefusal(t *T) {
	forbidden := t.refusedHeader()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		what  string
		spoil func(*http.Request) *http.Request
	}{
		{"method", func(r *http.Request) *http.Request { r.Method = "BAD METHOD"; return r }},
		{"header", func(r *http.Request) *http.Request { r.Header.Set("X-Test", "a\nb"); return r }},
		{"scheme", func(r *http.Request) *http.Request { r.URL.Scheme = "ftp"; return r }},
		{"port", func(r *http.Request) *http.Request {
			r.URL.Host = "127.0.0.1:99999"
			r.Host = r.URL.Host
			return r
		}},
		{"forbidden header", func(r *http.Request) *http.Request {
			r.Header.Set(forbidden, "x-test")
			return r
		}},
		{"canceled context", func(r *http.Request) *http.Request { return r.WithContext(canceled) }},
	} {
		if c.what == "forbidden header" && forbidden == "" {
			continue // the platform lets a program set all of them
		}
		req := t.Request(http.MethodPost, t.URL("echo"), strings.NewReader("body"))
		body := req.Body.(*Body)
		err := t.Fail(c.spoil(req))
		t.Within(c.what+": closing the body", body.Closed())
		if c.what == "forbidden header" {
			t.kind(forbidden, err, driver.KindUnsupported) // and was not refused for something else
		}
	}
	req := t.Request(http.MethodPost, t.Addresses().Dead+"/", strings.NewReader("body"))
	body := req.Body.(*Body)
	t.Fail(req)
	t.Within("refused connection: closing the body", body.Closed())
	t.Requests(0, 0)
}

// noLateRead closes the response to an upload that is still under way. The suite checks
// after every case that no body was read after its Close or after an error; here no Read
// may start after the caller has closed the response either.
func noLateRead(t *T) {
	req := t.Request(http.MethodPost, t.URL("early"), &endlessReader{left: 8 << 20})
	req.ContentLength = 8 << 20
	closeEarly(t, req, 1)
	if !t.Has(driver.UploadDuplex) {
		return
	}
	// The first upload may be over before its response is closed. This one is not, for it
	// waits in a Read.
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	closeEarly(t, t.Request(http.MethodPost, t.URL("duplex"), r), 2)
}

// closeEarly sends req, the nth request of its case, and closes the response at once.
func closeEarly(t *T, req *http.Request, nth int) {
	body := req.Body.(*Body)
	resp, err := t.Try(req)
	if err == nil {
		resp.Body.Close()
	}
	reads := body.Reads()
	t.Within("closing the request body", body.Closed())
	t.Wait(EventDone, nth)
	t.Equal("reads after the response was closed", body.Reads()-reads, 0)
}

// endlessReader gives zeros, in small pieces.
type endlessReader struct{ left int }

func (r *endlessReader) Read(p []byte) (int, error) {
	n := min(len(p), r.left, 1024)
	r.left -= n
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	return n, nil
}

func oddReaders(t *T) {
	text := strings.Repeat("twelve bytes", 50)
	for what, r := range map[string]io.Reader{
		"one byte at a time": iotest.OneByteReader(strings.NewReader(text)),
		"data with EOF":      iotest.DataErrReader(strings.NewReader(text)),
		"half":               iotest.HalfReader(strings.NewReader(text)),
	} {
		req := t.Request(http.MethodPut, t.URL("echo"), struct{ io.Reader }{r})
		req.ContentLength = int64(len(text))
		t.Equal(what, t.Echo(req).SHA256, hashOf([]byte(text)))
	}
	t.Equal("unknown length", t.Echo(t.Request(http.MethodPut, t.URL("echo"),
		struct{ io.Reader }{iotest.DataErrReader(strings.NewReader(text))})).SHA256, hashOf([]byte(text)))
}

func slowBody(t *T) {
	w, o := upload(t)
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for range 10 {
		<-ticker.C
		if _, err := w.Write(make([]byte, 1000)); err != nil {
			t.Fatalf("the body is not read any more: %v", err)
		}
	}
	w.Close()
	t.Within("the response", o.done)
	t.Expect(Values(EventBodyEnd, "bytes", "10000"))
}

// stuck gives some bytes and then blocks, whatever is closed, until it is freed.
type stuck struct {
	given   atomic.Bool
	first   int
	blocked chan struct{}
	free    chan struct{}
}

func newStuck(t *T, first int) *stuck {
	s := &stuck{first: first, blocked: make(chan struct{}), free: make(chan struct{})}
	t.Cleanup(func() { close(s.free) })
	return s
}

func (s *stuck) Read(p []byte) (int, error) {
	if s.first > 0 {
		n := min(len(p), s.first)
		s.first -= n
		return n, nil
	}
	if s.given.CompareAndSwap(false, true) {
		close(s.blocked)
	}
	<-s.free
	return 0, io.EOF
}

func stuckReader(t *T) {
	for _, first := range []int{0, declared / 2} {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := newStuck(t, first)
		req := t.RequestContext(ctx, http.MethodPost, t.URL("echo"), s)
		req.ContentLength = declared
		body := req.Body.(*Body)
		o := t.start(req)
		t.Within("the blocked Read", s.blocked)
		cancel(errors.New("enough"))
		t.Within("the call's return", o.done)
		t.ended("the call", o.err, ctx)
		t.Within("closing the body", body.Closed())
	}
}

func getBodyUnused(t *T) {
	data := []byte("the whole body")
	var calls atomic.Int32
	request := func(url string) *http.Request {
		req := t.Request(http.MethodPost, url, bytes.NewReader(data))
		again := req.GetBody
		req.GetBody = func() (io.ReadCloser, error) {
			calls.Add(1)
			return again()
		}
		return req
	}
	t.Echo(request(t.URL("echo")))
	t.Equal("calls of GetBody without a replay", int(calls.Load()), 0)
	if t.Has(driver.RedirectExpose) {
		t.Allow("Referer")
		resp, err := t.TryDo(request(t.URL("redirect", "status", "307", "to", t.URL("echo"))))
		if err != nil {
			t.Fatalf("Do: %v", err)
		}
		t.Read(resp)
		t.Equal("calls of GetBody for one redirect", int(calls.Load()), 1)
		t.Requests(3, 3)
	}
	t.Expect(Each(EventBodyEnd, "sha256", hashOf(data)))
}
