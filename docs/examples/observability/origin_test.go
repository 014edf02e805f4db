// SPDX-License-Identifier: MIT

package observability_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

// origin is the test origin, which the runner of a guest has started.
type origin struct {
	*conformance.Witness
	token string
}

func connect(t *testing.T) origin {
	t.Helper()
	w, err := conformance.Connect(transport.Default())
	if err != nil {
		t.Fatal(err)
	}
	return origin{w, w.Token()}
}

func (o origin) url(scenario string, pairs ...string) string {
	return o.URL(o.token, scenario, pairs...)
}

// newTransport returns a Transport on the platform of the build.
func newTransport(t *testing.T, opts transport.Options) *transport.Transport {
	t.Helper()
	tr, err := transport.New(&opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// get reads what a URL has.
func get(ctx context.Context, t *testing.T, tr *transport.Transport, url string) ([]byte, *http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return body, resp, err
}

// echo returns a request as the origin saw it.
func echo(ctx context.Context, t *testing.T, tr *transport.Transport, url string) (e conformance.Echo) {
	t.Helper()
	body, _, err := get(ctx, t, tr, url)
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func first(e conformance.Echo, name string) string { return http.Header(e.Header).Get(name) }

// newSpans returns a provider and what its finished spans go to.
func newSpans(t *testing.T) (*sdktrace.TracerProvider, *tracetest.InMemoryExporter) {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	t.Cleanup(func() {
		if err := provider.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return provider, exporter
}

// named returns the spans of a name, in the order they ended.
func named(spans tracetest.SpanStubs, name string) (found tracetest.SpanStubs) {
	for _, s := range spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// value returns an attribute of a span as text, or "" without it.
func value(s tracetest.SpanStub, key string) string {
	for _, kv := range s.Attributes {
		if kv.Key == attribute.Key(key) {
			return kv.Value.String()
		}
	}
	return ""
}

// requestOf returns the header of the request that events begin with.
func requestOf(t *testing.T, events []conformance.Event) http.Header {
	t.Helper()
	for _, e := range events {
		if e.Kind == conformance.EventRequest {
			var seen conformance.Echo
			if err := json.Unmarshal(e.Data, &seen); err != nil {
				t.Fatal(err)
			}
			return seen.Header
		}
	}
	t.Fatalf("no request among %d events", len(events))
	return nil
}
