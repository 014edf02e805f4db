// SPDX-License-Identifier: MIT

package observability_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/propagation"

	"github.com/isohttp/isohttp/docs/examples/observability"
	"github.com/isohttp/isohttp/transport"
)

// lines keeps what is logged. A Transport may log from any goroutine.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// only returns the fields of the one line that was logged, and the line.
func (l *lines) only(t *testing.T) (map[string]any, string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var fields map[string]any
	if err := json.Unmarshal(l.b.Bytes(), &fields); err != nil { // also of two lines
		t.Fatalf("%v: %q", err, l.b.String())
	}
	return fields, l.b.String()
}

func (l *lines) logger() *slog.Logger {
	return slog.New(observability.LogHandler{Handler: slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})})
}

// The fields are these on every platform, in a page too, and the line can be found by the ids
// of the request and of the span that was made of it.
func TestLog(t *testing.T) {
	o := connect(t)
	spans, finished := newSpans(t)
	var log lines
	tr := newTransport(t, transport.Options{Logger: log.logger(), Wrap: observability.Trace(spans, propagation.TraceContext{})})
	address := o.url("bytes", "size", "1234")
	if body, _, err := get(observability.WithRequestID(t.Context(), "id-1"), t, tr, address+"&"+secret); err != nil || len(body) != 1234 {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
	fields, line := log.only(t)
	want := []string{"duration", "header", "host", "level", "method", "msg", "received", "request_id", "sent", "span_id", "status", "time", "trace_id"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("fields %v, want %v", got, want)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	span := finished.GetSpans()[0].SpanContext
	for name, want := range map[string]any{
		"level": "DEBUG", "msg": "http exchange", "method": "GET", "host": u.Host, "status": 200.0, "sent": 0.0, "received": 1234.0,
		"request_id": "id-1", "trace_id": span.TraceID().String(), "span_id": span.SpanID().String(),
	} {
		if fields[name] != want {
			t.Errorf("%s is %v, want %v", name, fields[name], want)
		}
	}
	if strings.Contains(line, "SECRET") || strings.Contains(line, u.Path) {
		t.Errorf("the line has the path or the query: %s", line)
	}
}

// What failed is a warning with the class of the error, the same word everywhere.
func TestLogError(t *testing.T) {
	o := connect(t)
	var log lines
	tr := newTransport(t, transport.Options{Logger: log.logger()})
	if _, _, err := get(t.Context(), t, tr, o.Addresses().Dead+"/x?"+secret); err == nil {
		t.Fatal("no error")
	}
	fields, line := log.only(t)
	want := []string{"duration", "error", "host", "level", "method", "msg", "op", "received", "sent", "time"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("fields %v, want %v", got, want)
	}
	if fields["level"] != "WARN" || fields["op"] != "send" || fields["error"] != transport.KindNetwork.Error() {
		t.Errorf("line: %s", line)
	}
	if strings.Contains(line, "SECRET") {
		t.Errorf("the line has the query: %s", line)
	}
}

// The parts of a logger that are made of it have the ids, too.
func TestLogHandlerDerived(t *testing.T) {
	var log lines
	ctx := observability.WithRequestID(t.Context(), "id-2")
	log.logger().With("component", "sync").WithGroup("g").InfoContext(ctx, "hello")
	fields, line := log.only(t)
	group, _ := fields["g"].(map[string]any)
	if fields["component"] != "sync" || group["request_id"] != "id-2" {
		t.Errorf("line: %s", line)
	}
}
