// SPDX-License-Identifier: MIT

package leak_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance/leak"
)

// back waits until nothing is more than in before.
func (l *load) back(t *testing.T, before leak.Counts) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	after := leak.Await(ctx, l.tr.CloseIdleConnections, func(c leak.Counts) bool { return c.Over(before, slack) == "" })
	if over := after.Over(before, slack); over != "" {
		t.Errorf("afterwards: %s", over)
	}
}

// open returns a response whose body has not come to its end.
func (l *load) open(t *testing.T) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.witness.URL(l.token, "gate", "first", "10"), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := l.tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// TestCountsSeeGoroutinesAndHeap lets a goroutine wait and keeps memory.
func TestCountsSeeGoroutinesAndHeap(t *testing.T) {
	l := newLoad(t)
	before := settle(t.Context(), l.tr)
	release, kept := make(chan struct{}), make([]byte, 2*slack)
	go func() { <-release }()
	over := leak.Take().Over(before, slack)
	for _, word := range []string{"goroutines", "heap"} {
		if !strings.Contains(over, word) {
			t.Errorf("kept, and not seen in %q: %s", over, word)
		}
	}
	runtime.KeepAlive(kept)
	kept = nil
	close(release)
	l.back(t, before)
}

// TestCountsSeeOpenResponses holds responses that nobody has closed: each costs what the
// platform has for one.
func TestCountsSeeOpenResponses(t *testing.T) {
	const open = 5
	l := newLoad(t)
	if err := l.burst(t.Context(), open, newRandom(t)); err != nil { // what is made once is made
		t.Fatal(err)
	}
	before := settle(t.Context(), l.tr)
	var responses []*http.Response
	for range open {
		responses = append(responses, l.open(t))
	}
	now := leak.Take()
	seen := now.Goroutines - before.Goroutines
	switch runtime.GOOS {
	case "js":
		seen = now.References - before.References
	case "wasip1":
		seen = now.Handles - before.Handles
	}
	if seen < open {
		t.Errorf("%d open responses count as %d: %+v, before %+v", open, seen, now, before)
	}
	for _, resp := range responses {
		resp.Body.Close()
	}
	l.back(t, before)
}
