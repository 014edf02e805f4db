// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"crypto/rand"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// budget is the time for a case that does not say otherwise.
const budget = 10 * time.Second

// attempts is how often a case is run whose platform holds more after it than before. What the
// first use of the platform has made once and for all is not made again, and what Go cannot let go
// of at once is let go of; what the case leaks it leaks each time.
const attempts = 3

// exec runs a case and checks afterwards what holds for all of them.
func (r *run) exec(c Case) (res Result, token string, checks []OriginCheck) {
	more := true
	for i := 1; more && i <= attempts; i++ {
		res, token, checks, more = r.attempt(c, i == attempts)
	}
	return res, token, checks
}

// attempt runs a case once. It reports whether the platform holds more than before, which is a
// failure in the last attempt.
func (r *run) attempt(c Case, last bool) (Result, string, []OriginCheck, bool) {
	limit := r.limit(c)
	ctx, cancel := context.WithTimeout(r.ctx, limit)
	defer cancel()
	t := &T{run: r, c: c, token: rand.Text(), ctx: ctx, profile: r.backend.Name, checks: slices.Clone(c.Checks),
		sent: make(map[string]bool), allowed: make(map[string]bool), asserts: len(c.Checks)}
	before := r.holding()
	done := make(chan struct{})
	go labeled(t.token, func() {
		defer close(done)
		defer t.end()
		defer func() {
			if v := recover(); v != nil {
				t.Errorf("the case panicked: %v\n%s", v, debug.Stack())
			}
		}()
		var err error
		if t.tr, err = r.make(t, c.Config); err != nil {
			t.Fatalf("making the transport: %v", err)
		}
		t.form()(t)
	})
	timer := time.NewTimer(limit + time.Duration(float64(5*time.Second)*r.scale))
	defer timer.Stop()
	select {
	case <-done:
		if ctx.Err() != nil && r.ctx.Err() == nil {
			t.Errorf("the case took longer than its %v", limit)
		}
	case <-timer.C:
		_, stacks := leaked(t.token)
		t.Errorf("the case hangs; it had %v. Its goroutines:\n%s", limit, stacks)
		events := r.seen(t)
		t.mu.Lock()
		t.over = true // what still comes is too late
		t.mu.Unlock()
		return Result{c.ID, StateFail, r.tell(t, t.state(), events)}, t.token, nil, false
	}
	events := r.invariants(t)
	state := t.state()
	more := !t.failed() && r.holdsMore(t, before, last)
	if t.failed() {
		return Result{c.ID, StateFail, r.tell(t, state, events)}, t.token, t.checks, false
	}
	reason := strings.Join(t.remarks, "; ")
	if state == StateNeg {
		reason = "without " + c.Gate.String() + ": " + c.Gate.Absence()
	}
	return Result{c.ID, state, reason}, t.token, t.checks, more
}

// form returns the form of the case that the transport's capabilities ask for.
func (t *T) form() func(*T) {
	if !t.c.Gated || t.Has(t.c.Gate) {
		return t.c.Positive
	}
	t.mu.Lock()
	t.neg = true
	t.mu.Unlock()
	if row, ok := t.run.rows[t.c.ID]; ok && !row.mayBeNeg(t.run.column) {
		t.Errorf("%v is not declared, and the catalogue wants it of every transport here: %s", t.c.Gate, t.c.Gate.Absence())
	}
	return t.c.Negative
}

// state is what the case has shown if nothing is wrong.
func (t *T) state() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.neg {
		return StateNeg
	}
	return StatePass
}

// end closes what a case has left open.
func (t *T) end() {
	t.mu.Lock()
	opened, cleanups := t.opened, t.cleanups
	t.mu.Unlock()
	for _, body := range opened {
		body.Close()
	}
	for _, f := range slices.Backward(cleanups) {
		f()
	}
}

// invariants checks what holds after every case and returns the origin's events.
func (r *run) invariants(t *T) []Event {
	// A budget of its own: the case may have used up the other.
	ctx, cancel := context.WithTimeout(r.ctx, time.Duration(float64(30*time.Second)*r.scale))
	defer cancel()
	if t.tr == nil {
		return nil // there was no transport, which is all that there is to say
	}
	if !t.failed() {
		r.stillServes(ctx, t)
	}
	idle := func() {
		for _, tr := range append(t.made, t.tr) {
			if tr != nil {
				tr.CloseIdleConnections()
			}
		}
	}
	idle()
	t.checkBodies(time.Duration(float64(2*time.Second) * r.scale))
	events := r.settled(ctx, t)
	t.checks = append(t.checks, t.requests(), t.additions())
	for _, p := range Judge(events, t.checks) {
		t.Errorf("%s", p)
	}
	if len(events) == 0 && slices.ContainsFunc(t.checks, OriginCheck.demands) {
		t.Errorf("ghost: the origin has seen nothing of this case")
	}
	if t.asserts == 0 {
		t.Errorf("hollow: the case has asserted nothing")
	}
	if !t.failed() {
		if n, stacks := awaitNoLeak(t.token, idle, time.Duration(float64(5*time.Second)*r.scale)); n > 0 {
			t.Errorf("%d goroutines of the case are left:\n%s", n, stacks)
		}
	}
	return events
}

// afterToken is the token of the GET that ends the case of a token.
func afterToken(token string) string { return token + "-after" }

// stillServes asks for one more response.
func (r *run) stillServes(ctx context.Context, t *T) {
	if t.c.Config.Broken != "" {
		return
	}
	labeled(t.token, func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet,
			ScenarioURL(r.witness.addrs.Main, afterToken(t.token), "status", "code", "200"), nil)
		if err != nil {
			t.Errorf("making a request: %v", err)
			return
		}
		defer func() {
			if v := recover(); v != nil {
				t.Errorf("afterwards the transport panics: %v", v)
			}
		}()
		resp, err := t.tr.RoundTrip(req)
		if err != nil {
			t.Errorf("afterwards the transport does not serve a plain GET any more: %v", err)
			return
		}
		defer resp.Body.Close()
		if data, err := io.ReadAll(resp.Body); string(data) != "status" || err != nil {
			t.Errorf("afterwards a plain GET gives %q, %v", data, err)
		}
	})
}

// closesOfClient is how often a body is closed at most that an http.Client has: by the transport, by
// the client that redirects, and once more by the client that then cannot.
const closesOfClient = 3

// checkBodies wants every request body closed exactly once and not read after.
func (t *T) checkBodies(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for _, b := range t.bodies {
		select {
		case <-b.gone:
		case <-timer.C:
			timer.Reset(0)
		}
		b.mu.Lock()
		if b.closes != 1 && !(b.client && b.closes > 1 && b.closes <= closesOfClient) {
			t.Errorf("a request body was closed %d times, want once", b.closes)
		}
		if b.late > 0 {
			t.Errorf("a request body was read %d times after it was closed", b.late)
		}
		if b.after > 0 {
			t.Errorf("a request body was read %d times after the call had failed", b.after)
		}
		b.mu.Unlock()
	}
}

// settled returns the events of the case's token once every exchange is over that can be.
func (r *run) settled(ctx context.Context, t *T) (events []Event) {
	unlabeled(func() {
		var err error
		if events, err = r.witness.Events(ctx, t.token, "", 0, 0); err != nil {
			t.Errorf(noEvents+"%v", err)
			return
		}
		if n := countKind(events, EventRequest); n > countKind(events, EventDone) {
			// Aborts are on their way; those who check for them have waited already.
			if later, err := r.witness.Events(ctx, t.token, EventDone, n, time.Second); err == nil {
				events = later
			}
		}
	})
	return events
}

// requests wants the expected number of requests, and no others.
func (t *T) requests() OriginCheck {
	low, high := t.answers, t.calls
	if t.span != nil {
		low, high = t.span[0], t.span[1]
	}
	return OriginCheck{Rule: RuleCount, Kind: EventRequest, Min: low, Max: high}
}

// additions wants no request header that neither the caller nor the backend's list has.
func (t *T) additions() OriginCheck {
	t.mu.Lock()
	defer t.mu.Unlock()
	names := slices.Concat(framing(), t.run.backend.Adds)
	for _, set := range []map[string]bool{t.sent, t.allowed} {
		names = slices.AppendSeq(names, maps.Keys(set))
	}
	slices.Sort(names)
	return OriginCheck{Rule: RuleFields, Kind: EventRequest, Values: slices.Compact(names)}
}

// framing are the fields that belong to the message, not to the caller.
func framing() []string {
	return []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer"}
}

func listed(list []string, name string) bool {
	return slices.ContainsFunc(list, func(l string) bool {
		if prefix, ok := strings.CutSuffix(l, "-"); ok {
			return len(name) > len(l) && strings.EqualFold(name[:len(prefix)], prefix)
		}
		return strings.EqualFold(l, name)
	})
}

// noEvents begins the problem that the origin could not be asked.
const noEvents = "asking the origin for its events: "

// seen returns the origin's events of a case that hangs. What hangs may be the way to the origin,
// too, which then does not heed a context either.
func (r *run) seen(t *T) []Event {
	ctx, cancel := context.WithTimeout(r.ctx, r.limit(Case{}))
	defer cancel()
	type answer struct {
		events []Event
		err    error
	}
	got := make(chan answer, 1)
	go unlabeled(func() {
		events, err := r.witness.Events(ctx, t.token, "", 0, 0)
		got <- answer{events, err}
	})
	var a answer
	select {
	case a = <-got:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	if a.err != nil {
		t.Errorf(noEvents+"%v", a.err)
	}
	return a.events
}

// tell describes a failure so that a stranger can see what broke.
func (r *run) tell(t *T, state State, events []Event) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	b.WriteString(heading(t.c, r.backend.Name, state))
	for _, p := range t.problems {
		b.WriteString("  - " + strings.ReplaceAll(p, "\n", "\n    ") + "\n")
	}
	for _, l := range t.logs {
		b.WriteString("  log: " + l + "\n")
	}
	if slices.ContainsFunc(t.problems, func(p string) bool { return strings.HasPrefix(p, noEvents) }) {
		return b.String() + "the origin's events: unknown"
	}
	return b.String() + eventList(events)
}
