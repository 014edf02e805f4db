// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// newestURL is URL on the listener with HTTP/2, where the engine trusts it. On those that
// speak HTTP/2 the origin has to have seen it.
func newestURL(t *T, scenario string, pairs ...string) string {
	if !t.Offers(featureCA) {
		return t.URL(scenario, pairs...)
	}
	if t.Has(driver.HTTP2) {
		t.Expect(Each(EventRequest, "proto", "HTTP/2.0"))
	}
	return ScenarioURL(t.Addresses().TLS2, t.token, scenario, pairs...)
}

func streamsOverHTTP2(t *T) { streams(t, newestURL(t, "echo")) }

func gathersOverHTTP2(t *T) { gathers(t, newestURL(t, "echo")) }

func bufferLimit(t *T) {
	const limit = 64 << 10
	tr, err := t.New(Config{Config: driver.Config{MaxBufferedBody: limit}})
	if err != nil {
		t.Fatalf("making a transport with MaxBufferedBody: %v", err)
	}
	for what, body := range map[string]io.Reader{
		"length known": bytes.NewReader(make([]byte, limit+1)), "length unknown": unsized(make([]byte, limit+1)),
	} {
		_, err := t.TryOn(tr, t.Request(http.MethodPut, t.URL("echo"), body))
		if t.True(err != nil, "%s: a body over the limit was accepted", what) {
			t.kind(what, err, driver.KindLimit)
			t.True(final(err), "%s: %v is not marked as final", what, err)
		}
	}
	resp, err := t.TryOn(tr, t.Request(http.MethodPut, t.URL("echo"), bytes.NewReader(make([]byte, limit))))
	if t.True(err == nil, "a body of just the limit: %v", err) {
		t.Equal("bytes of just the limit", t.echoOf(resp).Bytes, int64(limit))
	}
	t.Requests(1, 1)
}

// duplex reads a response whose beginning comes before a byte of the request body exists, and
// whose end comes after all of them.
func duplex(t *T) {
	w, o := uploadTo(t, t.URL("duplex"))
	if !t.Within("the response before the body", o.done) || o.err != nil {
		t.Fatalf("the response before the body: %v", o.err)
	}
	t.Equal("status", o.resp.StatusCode, 200)
	t.Equal("the beginning", string(t.readFull(o.resp, len("begun "))), "begun ")
	for range 2 {
		_, err := w.Write(make([]byte, declared))
		t.True(err == nil, "the body is not read any more: %v", err)
	}
	w.Close()
	t.Equal("the end", string(t.Read(o.resp)), strconv.Itoa(2*declared))
	t.Expect(Before(EventSent, EventBodyPart), Values(EventBodyEnd, "bytes", strconv.Itoa(2*declared)))
}

// halfDuplex wants the response once the body is sent.
func halfDuplex(t *T) {
	w, o := uploadTo(t, t.URL("duplex"))
	t.notYet("the response before the body, although that is not declared", o.done)
	for range 2 {
		_, err := w.Write(make([]byte, declared))
		t.True(err == nil, "the body is not read any more: %v", err)
	}
	w.Close()
	if !t.Within("the response after the body", o.done) || o.err != nil {
		t.Fatalf("the response after the body: %v", o.err)
	}
	t.Equal("the response", string(t.Read(o.resp)), "begun "+strconv.Itoa(2*declared))
	t.Expect(Values(EventBodyEnd, "bytes", strconv.Itoa(2*declared)))
}

// tooLarge starts an upload that the origin answers at once, reads nothing of, and ends its
// side of the connection.
func tooLarge(t *T) *outcome {
	return t.start(t.Request(http.MethodPost, t.freshURL("early-close"), bytes.NewReader(make([]byte, 8<<20))))
}

func earlyRefusal(t *T) {
	o := tooLarge(t)
	if !t.Within("the early response", o.done) || o.err != nil {
		t.Fatalf("the early response: %v", o.err)
	}
	t.Equal("status", o.resp.StatusCode, http.StatusRequestEntityTooLarge)
	t.Equal("body", string(t.Read(o.resp)), "too large")
	t.Release("go")
	t.Wait(EventDone, 1)
	t.Expect(Count(EventRequest, 1))
}

func earlyRefusalLost(t *T) {
	o := tooLarge(t)
	t.Wait(EventGateWait, 1)
	t.Release("go") // the platform may not look before it has sent everything
	if !t.Within("the call's return", o.done) {
		return
	}
	if o.err == nil {
		t.Equal("status", o.resp.StatusCode, http.StatusRequestEntityTooLarge)
	} else {
		t.kind("an upload that was cut short", o.err, driver.KindNetwork, driver.KindProtocol)
		t.True(!final(o.err), "%v is marked as final", o.err)
	}
	t.Requests(1, 1)
}

// expecting makes a POST that waits for 100-continue. Its body notes whether the interim
// response was in when it was first read.
func expecting(t *T, url string) (*http.Request, *expectBody) {
	b := &expectBody{src: strings.NewReader("the body")}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { b.told.Store(true) }})
	req := t.RequestContext(ctx, http.MethodPost, url, b)
	req.ContentLength = int64(len("the body"))
	req.Header.Set("Expect", "100-continue")
	b.start = time.Now()
	return req, b
}

type expectBody struct {
	src   io.Reader
	start time.Time
	told  atomic.Bool
	early atomic.Bool // read before the interim response
	after atomic.Int64
}

func (b *expectBody) Read(p []byte) (int, error) {
	if b.after.CompareAndSwap(0, int64(time.Since(b.start))) && !b.told.Load() {
		b.early.Store(true)
	}
	return b.src.Read(p)
}

// waitedOut reports whether the body was read after so long that the platform may have stopped
// waiting: on a machine that stands still an exchange proves nothing.
func (b *expectBody) waitedOut() bool { return time.Duration(b.after.Load()) > 500*time.Millisecond }

// conclusive repeats an exchange, up to some times, until it was quick enough to prove
// something. It returns how many there were.
func conclusive(t *T, url string, judge func(*http.Response, *expectBody)) int {
	const tries = 5
	for i := range tries {
		req, body := expecting(t, url)
		resp := t.Send(req)
		t.Read(resp)
		if !body.waitedOut() || i == tries-1 {
			judge(resp, body)
			return i + 1
		}
	}
	return tries
}

func expectHonoured(t *T) {
	n := conclusive(t, t.URL("echo"), func(resp *http.Response, body *expectBody) {
		t.Equal("status", resp.StatusCode, 200)
		if t.Has(driver.Trace) { // which tells when it is in
			t.True(body.told.Load() && !body.early.Load(), "the body was read before the interim response was in, which came: %v", body.told.Load())
		}
	})
	m := conclusive(t, t.URL("refuse"), func(resp *http.Response, body *expectBody) {
		t.Equal("status", resp.StatusCode, http.StatusExpectationFailed)
		t.Equal("reads of a body that was refused", int(body.after.Load()), 0)
	})
	if m == 1 {
		t.Wait(EventBodyCut, 1)
		t.Expect(Each(EventBodyCut, "bytes", "0"))
	}
	// Nothing interim comes, so that the body is sent after a while.
	req, body := expecting(t, t.URL("script", "name", "no-interim"))
	resp := t.Send(req)
	t.Equal("without an interim response", string(t.Read(resp)), "ok")
	t.True(!body.told.Load(), "there was an interim response")
	t.Requests(n+m+1, n+m+1)
	t.Expect(Each(EventRequest, "header.Expect", "100-continue"), Values(EventMark, "text", "the body"))
}

func expectDropped(t *T) {
	req, _ := expecting(t, t.URL("script", "name", "no-interim"))
	resp := t.Send(req)
	t.Equal("the response", string(t.Read(resp)), "ok")
	t.Expect(Count(EventRequest, 1), Absent(EventRequest, "header.Expect"), Values(EventMark, "text", "the body"))
}

func getWithBody(t *T) {
	e := t.Echo(t.Request(http.MethodGet, t.URL("echo"), strings.NewReader("a body")))
	t.Equal("method", e.Method, http.MethodGet)
	t.Equal("hash of the body", e.SHA256, hashOf([]byte("a body")))
	t.Expect(Values(EventBodyEnd, "bytes", "6"))
}

func getWithBodyRefused(t *T) {
	req := t.Request(http.MethodGet, t.URL("echo"), strings.NewReader("a body"))
	body := req.Body.(*Body)
	err := t.Fail(req)
	t.kind("GET with a body", err, driver.KindUnsupported)
	t.True(final(err), "%v is not marked as final", err)
	t.Within("closing the body", body.Closed())
	t.Expect(Nothing())
}
