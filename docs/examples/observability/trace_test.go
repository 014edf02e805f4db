// SPDX-License-Identifier: MIT

package observability_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/isohttp/isohttp/docs/examples/observability"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

const secret = "sig=SECRET"

// The span has what happened and not the query, is a part of the caller's, and the origin is
// told which one it is.
func TestTrace(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	tr := newTransport(t, transport.Options{Wrap: observability.Trace(spans, propagation.TraceContext{})})
	ctx, outer := spans.Tracer("test").Start(t.Context(), "caller")
	url := o.url("echo")
	e := echo(ctx, t, tr, url+"?"+secret)
	outer.End()

	got := named(finished.GetSpans(), "HTTP GET")
	if len(got) != 1 {
		t.Fatalf("%d spans: %v", len(got), finished.GetSpans())
	}
	span := got[0]
	if span.SpanKind != trace.SpanKindClient || span.Parent.SpanID() != outer.SpanContext().SpanID() || span.Status.Code != codes.Unset {
		t.Errorf("kind %v, parent %v, status %v", span.SpanKind, span.Parent.SpanID(), span.Status)
	}
	for key, want := range map[string]string{"http.request.method": "GET", "http.response.status_code": "200", "url.full": url} {
		if got := value(span, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for _, kv := range span.Attributes {
		if strings.Contains(kv.Value.String(), "SECRET") {
			t.Errorf("%s has the query: %s", kv.Key, kv.Value.String())
		}
	}
	want := "00-" + span.SpanContext.TraceID().String() + "-" + span.SpanContext.SpanID().String() + "-01"
	if got := first(e, "Traceparent"); got != want {
		t.Errorf("the origin saw traceparent %q, want %q", got, want)
	}
	if !strings.HasSuffix(e.Target, "?"+secret) {
		t.Errorf("the origin saw %s: the query is to be sent all the same", e.Target)
	}
}

// A status is recorded as otelhttp does for clients: from 400 on the span has failed.
func TestTraceStatus(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	tr := newTransport(t, transport.Options{Wrap: observability.Trace(spans, propagation.NewCompositeTextMapPropagator())})
	if _, resp, err := get(t.Context(), t, tr, o.url("status", "code", "503")); err != nil || resp.StatusCode != 503 {
		t.Fatalf("%v, %v", resp, err)
	}
	got := finished.GetSpans()
	if len(got) != 1 || got[0].Status.Code != codes.Error || value(got[0], "http.response.status_code") != "503" {
		t.Errorf("spans: %v", got)
	}
}

// The class of an error is the same word on every platform, and its text is without address.
func TestTraceError(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	tr := newTransport(t, transport.Options{Wrap: observability.Trace(spans, propagation.TraceContext{})})
	_, _, err := get(t.Context(), t, tr, o.Addresses().Dead+"/x?"+secret)
	if !errors.Is(err, transport.KindNetwork) {
		t.Fatalf("error %v", err)
	}
	if e, ok := err.(*transport.Error); !ok {
		t.Errorf("the caller gets a %T: %v", err, e)
	}
	got := finished.GetSpans()
	if len(got) != 1 || got[0].Status.Code != codes.Error || value(got[0], "error.type") != transport.KindNetwork.Error() {
		t.Fatalf("spans: %v", got)
	}
	if text := got[0].Status.Description; text == "" || strings.Contains(text, "SECRET") {
		t.Errorf("description %q", text)
	}
}

// To close a body ends its span, and so does the end of the context during a read.
func TestTraceEndsWithTheBody(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	tr := newTransport(t, transport.Options{Wrap: observability.Trace(spans, propagation.TraceContext{})})
	for _, how := range []string{"close", "cancel"} {
		finished.Reset()
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url("endless"), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := tr.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if n := len(finished.GetSpans()); n != 0 {
			t.Errorf("%s: %d spans have ended before the body", how, n)
		}
		if how == "cancel" {
			cancel()
			if _, err := io.Copy(io.Discard, resp.Body); !errors.Is(err, context.Canceled) {
				t.Errorf("read after cancel: %v", err)
			}
		}
		resp.Body.Close()
		if n := len(finished.GetSpans()); n != 1 {
			t.Errorf("%s: %d spans", how, n)
		}
		cancel()
	}
}

// A redirect that Do follows is an exchange of its own; one that the platform follows is not
// seen.
func TestTraceRedirect(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	tr := newTransport(t, transport.Options{Wrap: observability.Trace(spans, propagation.TraceContext{})})
	echo(t.Context(), t, tr, o.url("redirect", "to", o.url("echo")))
	want := 2
	if !tr.Capabilities().Has(driver.RedirectExpose) {
		want = 1
	}
	if got := finished.GetSpans(); len(got) != want {
		t.Errorf("%d spans, want %d: %v", len(got), want, got)
	}
}
