// SPDX-License-Identifier: MIT

package observability_test

import (
	"context"
	"net/http/httptrace"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/isohttp/isohttp/transport"
)

// traced returns a context whose request notes its events, in order.
func traced(ctx context.Context) (context.Context, func() []string) {
	var mu sync.Mutex
	var events []string
	note := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, name)
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			ConnectStart: func(string, string) { note("connect") },
			GotConn: func(info httptrace.GotConnInfo) {
				if info.Reused {
					note("reused")
				} else {
					note("connected")
				}
			},
			WroteRequest:         func(httptrace.WroteRequestInfo) { note("written") },
			GotFirstResponseByte: func() { note("answered") },
		}), func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(events)
		}
}

// The events of net/http come natively. A page, Node and WASI hosts have no connections to
// show, and the trace does no harm.
func TestHTTPTrace(t *testing.T) {
	o := connect(t)
	tr := newTransport(t, transport.Options{})
	want := [][]string{{"connect", "connected", "written", "answered"}, {"reused", "written", "answered"}}
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		want = [][]string{nil, nil}
	}
	for i, want := range want {
		ctx, events := traced(t.Context())
		if e := echo(ctx, t, tr, o.url("echo")); e.Method != "GET" {
			t.Errorf("the origin saw %v", e)
		}
		if got := events(); !slices.Equal(got, want) {
			t.Errorf("request %d: events %q, want %q", i, got, want)
		}
	}
}
