// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/isohttp/isohttp/transport/driver"
)

// T is what a case works with. It is narrow on purpose: there is no way to skip, and a case
// that asserts nothing fails.
type T struct {
	run     *run
	c       Case
	token   string
	tr      Transport
	ctx     context.Context
	profile string

	mu       sync.Mutex
	problems []string
	logs     []string
	asserts  int
	cleanups []func()
	checks   []OriginCheck
	bodies   []*Body
	opened   []io.Closer // response bodies, closed at the end
	calls    int         // exchanges that may have reached the origin
	answers  int         // responses
	span     *[2]int     // the number of requests that the origin is to see, if the case says so
	sent     map[string]bool
	allowed  map[string]bool
	made     []Transport // others than tr
	remarks  []string    // what the matrix is to say of a case that passes
	neg      bool        // the negative form is under way
	over     bool
}

// Name returns the id of the case.
func (t *T) Name() string { return t.c.ID }

// Helper does nothing: a failure is told by what was wanted, not by a line.
func (t *T) Helper() {}

// Context ends when the case has run out of time.
func (t *T) Context() context.Context { return t.ctx }

// Cleanup calls f after the case, last one first.
func (t *T) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// Logf adds to what is printed when the case fails.
func (t *T) Logf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logs = append(t.logs, fmt.Sprintf(format, args...))
}

// remark adds to what the matrix says of the case when it passes. It is for what a platform
// may do in one way or the other, and does in the same way each time.
func (t *T) remark(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remarks = append(t.remarks, fmt.Sprintf(format, args...))
}

// Errorf notes a failure. It counts as an assertion.
func (t *T) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asserts++
	if !t.over {
		t.problems = append(t.problems, fmt.Sprintf(format, args...))
	}
}

// Fatalf notes a failure and ends the case. It is for the case's own goroutine.
func (t *T) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// True asserts a condition; the rest says what did not hold.
func (t *T) True(ok bool, format string, args ...any) bool {
	if !ok {
		t.Errorf(format, args...)
		return false
	}
	t.mu.Lock()
	t.asserts++
	t.mu.Unlock()
	return true
}

// Equal asserts that two values are equal.
func (t *T) Equal(what string, got, want any) bool {
	if d := cmp.Diff(want, got); d != "" {
		text := fmt.Sprintf("%s: got %v, want %v", what, got, want)
		if len(text) > 400 {
			text = what + ": (-want +got)\n" + d
			if len(text) > 4000 {
				text = text[:4000] + " ..."
			}
		}
		t.Errorf("%s", text)
		return false
	}
	return t.True(true, "")
}

// Expect adds checks of what the origin saw. They are evaluated after the case, here and once
// more by who holds the origin's log.
func (t *T) Expect(checks ...OriginCheck) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.checks = append(t.checks, checks...)
	t.asserts += len(checks)
}

// Requests says how many requests the origin is to see under the case's token: low to high.
// Without it they are between the number of responses and the number of calls.
func (t *T) Requests(low, high int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.span = &[2]int{low, high}
}

// Allow names request headers that the origin may see beside those of the requests that the
// case has made: what a client above the transport adds.
func (t *T) Allow(names ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range names {
		t.allowed[http.CanonicalHeaderKey(n)] = true
	}
}

// Has reports whether the transport declares a capability.
func (t *T) Has(c driver.Capability) bool { return t.tr.Capabilities().Has(c) }

// Environment reports whether the surroundings have a feature of Backend.Environment.
func (t *T) Environment(feature string) bool {
	return slices.Contains(t.run.backend.Environment, feature)
}

// Page reports whether the profile is a page's.
func (t *T) Page() bool { return t.run.column == columnPage }

// Transport returns the transport under test.
func (t *T) Transport() Transport { return t.tr }

// New makes another transport of the backend.
func (t *T) New(config Config) (Transport, error) {
	tr, err := t.run.make(t, config)
	if err == nil {
		t.mu.Lock()
		t.made = append(t.made, tr)
		t.mu.Unlock()
	}
	return tr, err
}

// Token returns the case's token.
func (t *T) Token() string { return t.token }

// Addresses returns the origin's listeners.
func (t *T) Addresses() Addresses { return t.run.witness.Addresses() }

// URL returns the address of a scenario on the main listener.
func (t *T) URL(scenario string, pairs ...string) string {
	return ScenarioURL(t.Addresses().Main, t.token, scenario, pairs...)
}

// OtherURL is URL on the listener that is cross-origin to a page.
func (t *T) OtherURL(scenario string, pairs ...string) string {
	return ScenarioURL(t.Addresses().Other, t.token, scenario, pairs...)
}

// Limit scales a duration as the run is told to. It bounds waits; nothing is to be
// concluded from how long they took.
func (t *T) Limit(d time.Duration) time.Duration { return time.Duration(float64(d) * t.run.scale) }

// pause scales a time that something is to take on purpose.
func (t *T) pause(d time.Duration) time.Duration { return time.Duration(float64(d) * t.run.pace) }

// Wait waits until the origin has logged n events of a kind and returns all events of that
// kind. The case ends if they do not come. Who holds the log looks for them once more.
func (t *T) Wait(kind string, n int) []Event {
	all, err := t.run.witness.Events(t.ctx, t.token, kind, n, t.Limit(8*time.Second))
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Expect(AtLeast(kind, n))
	var of []Event
	for _, e := range all {
		if e.Kind == kind {
			of = append(of, e)
		}
	}
	return of
}

// Release lets the origin go on at a gate.
func (t *T) Release(gate string) {
	if err := t.run.witness.Release(t.ctx, t.token, gate); err != nil {
		t.Fatalf("releasing the gate: %v", err)
	}
}

// Within fails the case if the channel gives nothing within three seconds, or longer where
// machines are slow. Where the contract says a second, that is three times as long: a machine
// with other things to do must not fail a transport that keeps its promise.
func (t *T) Within(what string, done <-chan struct{}) bool {
	timer := time.NewTimer(t.Limit(3 * time.Second))
	defer timer.Stop()
	select {
	case <-done:
		return t.True(true, "")
	case <-timer.C:
		t.Errorf("%s: not within %v", what, t.Limit(3*time.Second))
	case <-t.ctx.Done():
		t.Errorf("%s: not before the case's time was up", what)
	}
	return false
}

func (t *T) failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.problems) > 0
}

// note records the header names of a request for the audit of what the platform adds.
func (t *T) note(h http.Header) {
	for name := range h {
		t.sent[http.CanonicalHeaderKey(name)] = true
	}
	for _, v := range h["Trailer"] {
		t.sent[http.CanonicalHeaderKey(strings.TrimSpace(v))] = true
	}
}
