// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// h2Cases have, beside the form for platforms that promise HTTP/2, one for those that do not.
// That one uses a listener which offers both, and wants the same of whatever is chosen.
func h2Cases() []Case {
	return []Case{
		gated("H2-01", driver.HTTP2, http2Used, http1Used, Count(EventRequest, 1)),
		gated("H2-02", driver.HTTP2, multiplexed, fiftyAtOnce).within(30 * time.Second),
		gated("H2-03", driver.HTTP2, streamReset, responseAborted).within(20 * time.Second),
		gated("H2-04", driver.HTTP2, goneAway, saidClose, Count(EventRequest, 2), Distinct(EventRequest, "conn", 2, 2)),
		gated("H2-05", driver.HTTP2, dataMismatch, lengthMismatch),
		gated("H2-06", driver.HTTP2, stalledStream, stalledBody).within(90 * time.Second),
	}
}

// bothURL is a scenario of the listener that offers HTTP/1.1 and HTTP/2.
func (t *T) bothURL(scenario string, pairs ...string) string {
	return ScenarioURL(t.Addresses().TLS2, t.token, scenario, pairs...)
}

// rawURL is a scenario of the listener that speaks HTTP/2 by frames of its own.
func (t *T) rawURL(scenario string, pairs ...string) string {
	return ScenarioURL(t.Addresses().H2Raw, t.token, scenario, pairs...)
}

// overHTTP2 are the checks that every request of the case came over HTTP/2, and over one
// connection where connections are reused.
func (t *T) overHTTP2() []OriginCheck {
	checks := []OriginCheck{Each(EventRequest, "proto", "HTTP/2.0")}
	if t.Has(driver.Pool) {
		checks = append(checks, Distinct(EventRequest, "conn", 1, 1))
	}
	return checks
}

func http2Used(t *T) {
	resp := t.Send(t.Get(t.bothURL("echo")))
	t.Read(resp)
	t.Equal("code", resp.StatusCode, 200)
	if t.Has(driver.Proto) {
		t.Equal("Proto", resp.Proto, "HTTP/2.0")
		t.Equal("ProtoMajor", resp.ProtoMajor, 2)
	}
	t.Expect(t.overHTTP2()...)
}

func http1Used(t *T) {
	e := t.Echo(t.Get(t.bothURL("echo")))
	if t.run.column == columnWASI { // the host chooses, and a guest does not hear of it
		t.True(e.Proto == "HTTP/1.1" || e.Proto == "HTTP/2.0", "the origin saw the protocol %q", e.Proto)
		return
	}
	t.Expect(Each(EventRequest, "proto", "HTTP/1.1")) // though the server offers both
}

// fiftyAtOnce has fifty requests under way at the same time. One goes ahead, so that there is
// a connection to share.
func fiftyAtOnce(t *T) {
	const n = 50
	t.Read(t.Send(t.Get(t.bothURL("status"))))
	var all []*outcome
	for range n {
		all = append(all, t.start(t.Get(t.bothURL("hang"))))
	}
	t.Wait(EventGateWait, n)
	t.Release("go")
	for _, o := range all {
		<-o.done
		if t.True(o.err == nil, "one of %d requests: %v", n, o.err) {
			t.Equal("a body", string(t.Read(o.resp)), "late")
		}
	}
	t.Expect(Count(EventRequest, n+1))
}

func multiplexed(t *T) {
	fiftyAtOnce(t)
	t.Expect(t.overHTTP2()...)
}

// resetCodes are the error codes that a server ends a stream with: INTERNAL_ERROR,
// REFUSED_STREAM, CANCEL and NO_ERROR. Once there was a response, none of them is a clean end,
// nor a reason to send the request again. Chromium takes the last one for a clean end, in plain
// JavaScript too; RFC 9113 has it only behind a complete response (8.1).
func (t *T) resetCodes() []string {
	if t.Page() {
		return []string{"2", "7", "8"}
	}
	return []string{"2", "7", "8", "0"}
}

func streamReset(t *T) {
	sibling := t.Send(t.Get(t.rawURL("gate", "gate", "sibling")))
	t.readFull(sibling, 1000)
	for _, code := range t.resetCodes() {
		resp := t.Send(t.Get(t.rawURL("reset", "code", code, "gate", code)))
		t.readFull(resp, 1000)
		t.Release(code)
		n, err := io.Copy(io.Discard, resp.Body)
		t.True(n == 0 && err != nil, "after RST_STREAM with code %s the body gives %d bytes, %v", code, n, err)
	}
	t.Release("sibling")
	t.Equal("the sibling's body", string(t.Read(sibling)), strings.Repeat("b", 1000))
	t.Expect(Count(EventRequest, 1+len(t.resetCodes())))
	t.Expect(t.overHTTP2()...)
}

func responseAborted(t *T) {
	sibling := t.Send(t.Get(t.bothURL("gate")))
	t.readFull(sibling, 1000)
	resp := t.Send(t.Get(t.bothURL("abort", "gate", "abort")))
	t.readFull(resp, 1000)
	t.Release("abort")
	n, err := io.Copy(io.Discard, resp.Body)
	t.True(n == 0 && err != nil, "after the abort the body gives %d bytes, %v", n, err)
	t.Release("go")
	t.Equal("the sibling's body", string(t.Read(sibling)), strings.Repeat("b", 1000))
	t.Expect(Count(EventRequest, 2))
}

func goneAway(t *T) {
	t.Equal("the answer with GOAWAY", string(t.Read(t.Send(t.Get(t.rawURL("goaway"))))), "goaway")
	t.Equal("the next one", string(t.Read(t.Send(t.Get(t.rawURL("plain"))))), "plain")
}

// saidClose is an answer with Connection: close, which net/http's server turns into GOAWAY
// for HTTP/2.
func saidClose(t *T) {
	for range 2 {
		t.Equal("body", string(t.Read(t.Send(t.Get(t.bothURL("headers", "Connection", "close"))))), "headers")
	}
}

func (t *T) mismatched(what, url string, most int) {
	resp, err := t.Try(t.Get(url))
	n := int64(0)
	if err == nil {
		n, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	t.True(err != nil, "%s: got a clean end after %d bytes, want an error", what, n)
	t.True(n <= int64(most), "%s: got %d bytes, want no more than %d", what, n, most)
}

func dataMismatch(t *T) {
	t.mismatched("100 of 1000 bytes", t.rawURL("length", "declared", "1000", "sent", "100"), 100)
	t.mismatched("none of 1000 bytes", t.rawURL("length", "declared", "1000", "sent", "0"), 0)
	t.mismatched("1000 of 5 bytes", t.rawURL("length", "declared", "5", "sent", "1000"), 5)
	t.Requests(3, 3)
	t.Expect(Count(EventRequest, 3), Each(EventRequest, "proto", "HTTP/2.0"))
}

func lengthMismatch(t *T) {
	t.mismatched("100 of 1000 bytes", t.bothURL("mismatch", "declared", "1000", "sent", "100"), 100)
	t.mismatched("none of 1000 bytes", t.bothURL("mismatch", "declared", "1000", "sent", "0"), 0)
	t.Requests(2, 2)
	t.Expect(Count(EventRequest, 2))
}

// stalledBody does not read a response until its sender is stuck, has other exchanges
// meanwhile, and then reads it.
func stalledBody(t *T) {
	mib := 32
	if t.Page() {
		mib = 128 // browsers read far ahead
	}
	stalled := t.Send(t.Get(t.bothURL("large", "mib", strconv.Itoa(mib))))
	t.Wait(EventStalled, 1)
	const others = 20
	for i := range others {
		req := t.Request(http.MethodPost, t.bothURL("echo", "n", strconv.Itoa(i)), strings.NewReader(strings.Repeat("x", 10000)))
		t.Equal("bytes of another exchange", t.Echo(req).Bytes, int64(10000))
		body := t.Read(t.Send(t.Get(t.bothURL("bytes", "size", "100000"))))
		t.Equal("the hash of another body", hashOf(body), hashOf(Pattern(100000, 1)))
	}
	t.wholeLarge(stalled, mib, func() {})
	t.Expect(Count(EventRequest, 1+2*others), Count(EventServed, 1))
}

func stalledStream(t *T) {
	stalledBody(t)
	t.Expect(t.overHTTP2()...)
}
