// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

func cxCases() []Case {
	return []Case{
		must("CX-01", canceledBefore, Nothing()),
		must("CX-02", deadlinePast, Nothing()),
		must("CX-03", canceledConnecting),
		gated("CX-04", driver.AbortWire, canceledWaiting, canceledWaitingQuietly),
		must("CX-05", deadlineWaiting),
		must("CX-06", canceledInHeader),
		gated("CX-07", driver.AbortWire, canceledReading, canceledReadingQuietly),
		must("CX-08", canceledBetweenReads),
		must("CX-09", canceledAtEnd),
		must("CX-10", canceledUploading, Count(EventBodyEnd, 0)),
		must("CX-11", errorIdentity),
		gated("CX-12", driver.AbortWire, clientTimeout, clientTimeoutQuietly),
		must("CX-13", oneOfTwo, Count(EventRequest, 2)),
		must("CX-14", cancelsLeakNothing).within(60 * time.Second),
	}
}

// cancelable returns a context that the case cancels, with a cause of its own.
func (t *T) cancelable() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(t.Context())
	return ctx, func() { cancel(errors.New("the suite has had enough")) }
}

func canceledBefore(t *T) {
	ctx, cancel := t.cancelable()
	cancel()
	_, err := t.Try(t.RequestContext(ctx, http.MethodGet, t.URL("echo"), nil))
	t.ended("GET", err, ctx)
	req := t.RequestContext(ctx, http.MethodPost, t.URL("echo"), strings.NewReader("body"))
	body := req.Body.(*Body)
	_, err = t.Try(req)
	t.ended("POST", err, ctx)
	t.Equal("times the body was closed", body.Closes(), 1)
}

// timedOut asserts that an error is one of a time limit.
func (t *T) timedOut(what string, err error) {
	var ne net.Error
	t.True(err != nil && errors.As(err, &ne) && ne.Timeout(), "%s: got %v, want a net.Error that is a timeout", what, err)
	t.True(errors.Is(err, context.DeadlineExceeded), "%s: got %v, want one that matches context.DeadlineExceeded", what, err)
}

func deadlinePast(t *T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := t.Try(t.RequestContext(ctx, http.MethodGet, t.URL("echo"), nil))
	t.timedOut("RoundTrip", err)
	_, err = t.Client().Do(t.RequestContext(ctx, http.MethodGet, t.URL("echo"), nil))
	var ue *url.Error
	t.True(errors.As(err, &ue) && ue.Timeout(), "http.Client: got %v, want a url.Error that is a timeout", err)
}

// canceledConnecting has no event to wait for, since the listener does not speak: the time
// limit of the context is what ends the call.
func canceledConnecting(t *T) {
	silent := t.Addresses().Silent
	for _, base := range []string{silent, strings.Replace(silent, "http:", "https:", 1)} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		o := t.start(t.RequestContext(ctx, http.MethodGet, base+"/", nil))
		if t.Within("the call's return", o.done) {
			t.timedOut("the call", o.err)
		}
		cancel()
	}
	t.Requests(0, 0)
}

// cancelWaiting cancels a request to a scenario that is at its gate.
func cancelWaiting(t *T, scenario string) {
	ctx, cancel := t.cancelable()
	o := t.start(t.RequestContext(ctx, http.MethodGet, scenario, nil))
	t.Wait(EventGateWait, 1)
	cancel()
	if t.Within("the call's return", o.done) {
		t.ended("the call", o.err, ctx)
	}
}

func canceledWaiting(t *T) {
	cancelWaiting(t, t.URL("hang"))
	t.Wait(EventGone, 1)
}

func canceledWaitingQuietly(t *T) {
	cancelWaiting(t, t.URL("hang"))
	t.Release("go")
}

func deadlineWaiting(t *T) {
	limit := t.Limit(time.Second) // in which the request has to get there
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o := t.start(t.RequestContext(ctx, http.MethodGet, t.URL("hang"), nil))
	if t.Within("the call's return", o.done) {
		t.timedOut("the call", o.err)
		t.True(os.IsTimeout(o.err), "os.IsTimeout is false for %v", o.err)
		t.True(time.Since(start) >= limit, "it came before the deadline")
	}
	t.Requests(1, 1)
}

func canceledInHeader(t *T) {
	cancelWaiting(t, t.URL("script", "name", "half-header"))
}

// cancelReading cancels while a Read of the body is blocked.
func cancelReading(t *T) {
	ctx, cancel := t.cancelable()
	resp := t.Send(t.RequestContext(ctx, http.MethodGet, t.URL("gate"), nil))
	t.readFull(resp, 1000)
	r := startRead(resp.Body)
	t.Wait(EventGateWait, 1)
	cancel()
	if t.Within("the Read's return", r.done) {
		t.ended("the Read", r.err, ctx)
	}
}

func canceledReading(t *T) {
	cancelReading(t)
	t.Wait(EventGone, 1)
}

func canceledReadingQuietly(t *T) {
	cancelReading(t)
	t.Release("go")
}

func canceledBetweenReads(t *T) {
	for _, length := range []string{"0", "1"} {
		ctx, cancel := t.cancelable()
		resp := t.Send(t.RequestContext(ctx, http.MethodGet, t.URL("gate", "length", length), nil))
		t.readFull(resp, 10)
		cancel()
		n, err := io.Copy(io.Discard, resp.Body)
		t.True(err != nil, "after the cancel %d more bytes came, and a clean EOF", n)
		t.ended("a later Read", err, ctx)
	}
}

func canceledAtEnd(t *T) {
	ctx, cancel := t.cancelable()
	resp := t.Send(t.RequestContext(ctx, http.MethodGet, t.URL("bytes", "size", "100000"), nil))
	data := t.Read(resp)
	cancel()
	t.Equal("body", hashOf(data), hashOf(Pattern(100000, 1)))
	t.True(resp.Body.Close() == nil, "Close fails")
}

func canceledUploading(t *T) {
	ctx, cancel := t.cancelable()
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	req := t.RequestContext(ctx, http.MethodPost, t.URL("echo"), r)
	body := req.Body.(*Body)
	o := t.start(req)
	if _, err := w.Write(make([]byte, declared)); err != nil {
		t.Fatalf("the body is not read: %v", err)
	}
	streams := t.Has(driver.UploadStreamHTTP1)
	if streams {
		t.Wait(EventBodyPart, 1)
	}
	cancel()
	if t.Within("the call's return", o.done) {
		t.ended("the call", o.err, ctx)
	}
	t.Within("closing the body", body.Closed())
	if streams {
		t.Wait(EventBodyCut, 1)
	}
}

func errorIdentity(t *T) {
	ctx, cancel := t.cancelable()
	cancel()
	_, err := t.Try(t.RequestContext(ctx, http.MethodGet, t.URL("echo"), nil))
	t.ended("before the call", err, ctx)
	cancelWaiting(t, t.URL("hang"))

	cause := errors.New("too slow for the suite")
	limited, stop := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, cause)
	defer stop()
	_, err = t.Try(t.RequestContext(limited, http.MethodGet, t.URL("hang"), nil))
	t.True(errors.Is(err, context.DeadlineExceeded) && errors.Is(err, cause), "deadline: got %v, want its error and its cause", err)

	ctx, cancel = t.cancelable()
	resp := t.Send(t.RequestContext(ctx, http.MethodGet, t.URL("gate"), nil))
	t.readFull(resp, 1000)
	cancel()
	_, err = io.Copy(io.Discard, resp.Body)
	t.ended("reading the body", err, ctx)
}

// timeoutInBody lets http.Client's own limit pass while a body is read.
func timeoutInBody(t *T) {
	c := t.Client()
	c.Timeout = t.Limit(2 * time.Second) // in which the header has to come
	resp, err := c.Do(t.Get(t.URL("gate")))
	if err != nil {
		t.Fatalf("http.Client: %v", err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	t.True(os.IsTimeout(err), "reading the body: got %v, want a timeout", err)
	resp.Body.Close()
}

func clientTimeout(t *T) {
	timeoutInBody(t)
	t.Wait(EventGone, 1)
}

func clientTimeoutQuietly(t *T) {
	timeoutInBody(t)
	t.Release("go")
	t.Expect(Count(EventRequest, 1))
}

// oneOfTwo cancels one of two exchanges, over one connection where the platform speaks HTTP/2
// and the surroundings allow it.
func oneOfTwo(t *T) {
	if t.Offers(featureCA) && t.Has(driver.HTTP2) {
		t.Expect(Distinct(EventRequest, "conn", 1, 1))
	}
	ctx, cancel := t.cancelable()
	one := t.Send(t.RequestContext(ctx, http.MethodGet, newestURL(t, "gate"), nil))
	two := t.Send(t.Get(newestURL(t, "gate")))
	t.readFull(one, 1000)
	t.readFull(two, 1000)
	cancel()
	_, err := io.Copy(io.Discard, one.Body)
	t.ended("the canceled one", err, ctx)
	t.Release("go")
	t.Equal("the other", string(t.Read(two)), strings.Repeat("b", 1000))
}
