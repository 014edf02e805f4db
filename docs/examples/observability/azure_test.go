// SPDX-License-Identifier: MIT

package observability_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/docs/examples/observability"
	"github.com/isohttp/isohttp/transport"
)

// operate is a method of a client of the Azure SDK, as they are generated.
func operate(ctx context.Context, t *testing.T, opts policy.ClientOptions, url string) (err error) {
	t.Helper()
	client, err := azcore.NewClient("service.Client", "v1.0.0", runtime.PipelineOptions{}, &opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := runtime.StartSpan(ctx, "Client.Operate", client.Tracer(), nil)
	defer func() { end(err) }()
	req, err := runtime.NewRequest(ctx, http.MethodGet, url)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Pipeline().Do(req)
	if err != nil {
		return err
	}
	if !runtime.HasStatusCode(resp, http.StatusOK) {
		return runtime.NewResponseError(resp)
	}
	return nil
}

// Operation, try and exchange are spans one inside the other, and the origin is told of the
// innermost one and of the operation's id.
func TestClientOptions(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	tr := newTransport(t, transport.Options{Wrap: observability.Trace(spans, propagation.TraceContext{})})
	if err := operate(t.Context(), t, observability.ClientOptions(tr, spans), o.url("echo")+"?"+secret); err != nil {
		t.Fatal(err)
	}
	got := finished.GetSpans()
	operation, https := named(got, "Client.Operate"), named(got, "HTTP GET")
	if len(operation) != 1 || len(https) != 2 {
		t.Fatalf("spans: %v", got)
	}
	exchange, try := https[0], https[1] // in the order they ended
	if operation[0].SpanKind != trace.SpanKindInternal || try.Parent.SpanID() != operation[0].SpanContext.SpanID() ||
		exchange.Parent.SpanID() != try.SpanContext.SpanID() {
		t.Errorf("not one inside the other: %v", got)
	}
	if value(try, "http.status_code") != "200" || strings.Contains(value(try, "http.url"), "SECRET") {
		t.Errorf("the span of the try: %v", try.Attributes)
	}

	events, err := o.Events(t.Context(), o.token, conformance.EventRequest, 1, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	seen := requestOf(t, events)
	if got, want := seen.Get("Traceparent"), exchange.SpanContext.SpanID().String(); !strings.Contains(got, want) {
		t.Errorf("the origin saw traceparent %q, want that of %s", got, want)
	}
	if id := value(try, "az.client_request_id"); id == "" || id != seen.Get("X-Ms-Client-Request-Id") {
		t.Errorf("request id %q in the span, %q at the origin", id, seen.Get("X-Ms-Client-Request-Id"))
	}
}

// Each try has a span; what failed says so; the id is that of the operation.
func TestClientOptionsRetry(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	opts := observability.ClientOptions(newTransport(t, transport.Options{}), spans)
	opts.Retry = policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond, MaxRetryDelay: time.Millisecond}
	if err := operate(t.Context(), t, opts, o.url("status", "code", "503")); err == nil {
		t.Fatal("no error")
	}
	tries := named(finished.GetSpans(), "HTTP GET")
	if len(tries) != 3 {
		t.Fatalf("%d tries: %v", len(tries), finished.GetSpans())
	}
	for _, try := range tries {
		if try.Status.Code != codes.Error || value(try, "az.client_request_id") != value(tries[0], "az.client_request_id") {
			t.Errorf("status %v, attributes %v", try.Status, try.Attributes)
		}
	}
	if op := named(finished.GetSpans(), "Client.Operate"); len(op) != 1 || op[0].Status.Code != codes.Error {
		t.Errorf("the operation: %v", op)
	}
}
