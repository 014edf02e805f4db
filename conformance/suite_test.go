// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

func plainBackend() Backend {
	return Backend{Name: "nethttp", Adds: []string{"User-Agent", "Accept-Encoding"},
		New: func(TB, Config) (Transport, error) { return Adapt(new(http.Transport)), nil }}
}

func TestCatalogueIsWhole(t *testing.T) {
	cases := Cases()
	if len(cases) != 211 {
		t.Errorf("the catalogue has %d cases, want 211", len(cases))
	}
	seen := make(map[string]bool)
	for _, c := range cases {
		if seen[c.ID] || c.Title == "" || c.Contract == "" || c.Tier < 0 || c.Tier > 3 {
			t.Errorf("%s: twice %v, title %q, contract %q, tier %d", c.ID, seen[c.ID], c.Title, c.Contract, c.Tier)
		}
		seen[c.ID] = true
	}
}

func TestRegistryRefuses(t *testing.T) {
	form := func(*T) {}
	for what, c := range map[string]Case{
		"no id":           {Title: "a", Contract: "b", Positive: form},
		"no form":         {ID: "XX-01", Title: "a", Contract: "b"},
		"no twin":         {ID: "XX-01", Title: "a", Contract: "b", Positive: form, Gated: true},
		"no gate":         {ID: "XX-01", Title: "a", Contract: "b", Positive: form, Negative: form},
		"unknown gate":    {ID: "XX-01", Title: "a", Contract: "b", Positive: form, Negative: form, Gated: true, Gate: 250},
		"no contract":     {ID: "XX-01", Title: "a", Positive: form},
		"an id that is":   {ID: "CT-01", Title: "a", Contract: "b", Positive: form},
		"a gate and none": {ID: "XX-01", Contract: "b", Positive: form, Gate: driver.Proto},
	} {
		if _, err := allCases([]Case{c}); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

// checked runs cases of the test's own, none of the bootstrap if there are several.
func checked(t *testing.T, scale float64, b Backend, cases ...Case) ([]Result, error) {
	t.Helper()
	var ids []string
	for i := range cases {
		cases[i].Title, cases[i].Contract, cases[i].Tier = "a title", "a contract", min(len(cases)-1, 1)
		ids = append(ids, cases[i].ID)
	}
	report, err := Check(t.Context(), b, Extra(cases...), Only(ids...), TimeScale(scale))
	if report == nil || len(report.Results) != len(cases) {
		t.Fatalf("no results: %v, %v", report, err)
	}
	return report.Results, err
}

// stateOf runs one case of the test's own.
func stateOf(t *testing.T, b Backend, c Case) Result {
	t.Helper()
	results, _ := checked(t, 0.2, b, c)
	return results[0]
}

func TestSuiteDetects(t *testing.T) {
	held := make(chan struct{})
	defer close(held)
	for what, c := range map[string]struct {
		form   func(*T)
		checks []OriginCheck
		want   string
	}{
		"hollow":     {form: func(*T) {}, want: "hollow"},
		"ghost":      {form: func(t *T) { t.True(true, "") }, checks: []OriginCheck{Count(EventRequest, 1)}, want: "ghost"},
		"panic":      {form: func(*T) { panic("oops") }, want: "panicked: oops"},
		"open body":  {form: func(t *T) { t.Watch(strings.NewReader("")); t.True(true, "") }, want: "closed 0 times"},
		"goroutine":  {form: func(t *T) { t.True(true, ""); go func() { <-held }() }, want: "goroutines of the case are left"},
		"time":       {form: func(t *T) { <-t.Context().Done(); t.True(true, "") }, want: "took longer"},
		"no request": {form: func(t *T) { t.True(true, ""); t.Requests(1, 1) }, want: "saw 0 requests"},
		"an addition": {form: func(t *T) {
			req := t.Get(t.URL("echo"))
			req.Header.Set("X-Test", "a")
			t.Send(req)
			delete(t.sent, "X-Test")
		}, want: "the headers X-Test"},
	} {
		t.Run(what, func(t *testing.T) {
			res := stateOf(t, plainBackend(), must("XX-01", c.form, c.checks...))
			if res.State != StateFail || !strings.Contains(res.Reason, c.want) {
				t.Errorf("%s %s, want a failure that says %q", res.State, res.Reason, c.want)
			}
		})
	}
}

func TestDeviations(t *testing.T) {
	pass := must("XX-01", func(t *T) { t.True(true, "") })
	fail := must("XX-01", func(t *T) { t.Errorf("no") })
	b := plainBackend()
	b.Deviations = []Deviation{{ID: "XX-01", Evidence: "seen"}}
	if res := stateOf(t, b, fail); res.State != StateXFail {
		t.Errorf("an expected failure is %s", res.State)
	}
	b.Deviations[0].WorkAround = "patience"
	if res := stateOf(t, b, fail); res.Reason != "seen; what helps: patience" {
		t.Errorf("what helps against it: %q", res.Reason)
	}
	if res := stateOf(t, b, pass); res.State != StateFail || !strings.Contains(res.Reason, "stale") {
		t.Errorf("an unexpected pass is %s %s", res.State, res.Reason)
	}
	b.Deviations[0].Until = 999
	if res := stateOf(t, b, fail); res.State != StateXFail {
		t.Errorf("an expected failure of a version that is covered is %s %s", res.State, res.Reason)
	}
	for _, c := range []struct {
		since, until int
		version      string
		want         bool
	}{
		{0, 0, "", true}, {156, 0, "156.0.1", true}, {157, 0, "156.0.1", false}, {0, 155, "156.0.1", false}, {0, 156, "156", true},
		{150, 160, "156", true}, {1, 0, "", false}, {0, 1, "x", false},
	} {
		if got := (Deviation{Since: c.since, Until: c.until}).covers(c.version); got != c.want {
			t.Errorf("a deviation of the versions %d to %d covers %q: %v", c.since, c.until, c.version, got)
		}
	}
	for _, bounds := range [][2]int{{999, 0}, {0, 0}, {999, 1000}} {
		b.Deviations[0].Since, b.Deviations[0].Until = bounds[0], bounds[1]
		res := stateOf(t, b, fail)
		if want := bounds[0] == 0; (res.State == StateXFail) != want || !want && !strings.Contains(res.Reason, "versions 999 ") {
			t.Errorf("a deviation of the versions %d: %s %s", bounds, res.State, res.Reason)
		}
	}
	b.Deviations[0].Since, b.Deviations[0].Until = 0, 0
	b.Deviations[0].Review = time.Now().Add(-time.Hour)
	if res := stateOf(t, b, fail); res.State != StateFail || !strings.Contains(res.Reason, "reviewed") {
		t.Errorf("an old entry is %s %s", res.State, res.Reason)
	}
}

// TestHeld keeps something in a case: whenever it runs, once, and for a moment.
func TestHeld(t *testing.T) {
	var n atomic.Int64
	n.Store(3)
	b := plainBackend()
	b.Held = func() map[string]int { return map[string]int{"things": int(n.Load())} }
	if res := stateOf(t, b, must("XX-01", plainGet)); res.State != StatePass {
		t.Errorf("%s %s", res.State, res.Reason)
	}
	res := stateOf(t, b, must("XX-01", func(t *T) { n.Add(1); plainGet(t) }))
	if res.State != StateFail || !strings.Contains(res.Reason, "6 things are held after the case, 5 were before; it was so each of the 3 times that it ran") {
		t.Errorf("a case that keeps a thing: %s %s", res.State, res.Reason)
	}
	first := true
	res = stateOf(t, b, must("XX-01", func(t *T) {
		if first {
			n.Add(1)
		}
		first = false
		plainGet(t)
	}))
	if res.State != StatePass {
		t.Errorf("a thing that is made once: %s %s", res.State, res.Reason)
	}
	res = stateOf(t, b, must("XX-01", func(t *T) {
		n.Add(1)
		t.Cleanup(func() { time.AfterFunc(10*time.Millisecond, func() { n.Add(-1) }) })
		plainGet(t)
	}))
	if res.State != StatePass {
		t.Errorf("a thing that is let go of a moment later: %s %s", res.State, res.Reason)
	}
}

// badTransport is what New returns for nothing, or by mistake.
type badTransport struct {
	Transport
	caps func() driver.Capabilities
}

func (b *badTransport) Capabilities() driver.Capabilities { return b.caps() }

// A backend that is bad for one case fails that one, with one problem that says what is bad. The
// next one is judged.
func TestBadBackends(t *testing.T) {
	held := make(chan struct{})
	defer close(held)
	with := func(caps func() driver.Capabilities) func(TB, Config) (Transport, error) {
		return func(TB, Config) (Transport, error) { return &badTransport{Adapt(new(http.Transport)), caps}, nil }
	}
	hang := func() driver.Capabilities { <-held; return driver.Capabilities{} }
	for what, c := range map[string]struct {
		make func(TB, Config) (Transport, error)
		want string
	}{
		"nil":       {func(TB, Config) (Transport, error) { return nil, nil }, "Backend.New returned nil and no error"},
		"typed nil": {func(TB, Config) (Transport, error) { return (*badTransport)(nil), nil }, "Backend.New returned a nil *conformance.badTransport and no error"},
		"error":     {func(TB, Config) (Transport, error) { return nil, errors.New("no platform") }, "no platform"},
		"panic":     {func(TB, Config) (Transport, error) { panic("oops") }, "Backend.New panicked: oops"},
		"hang": {func(TB, Config) (Transport, error) { <-held; return nil, nil },
			"Backend.New did not return within 200ms, half of the case's time"},
		"its capabilities panic": {with(func() driver.Capabilities { panic("oops") }), "Capabilities of what Backend.New returned panicked: oops"},
		"its capabilities hang":  {with(hang), "Capabilities of what Backend.New returned did not return within 200ms"},
	} {
		b := plainBackend()
		b.New = func(tb TB, config Config) (Transport, error) {
			if tb.Name() == "XX-01" {
				return c.make(tb, config)
			}
			return plainBackend().New(tb, config)
		}
		bad, good := must("XX-01", plainGet, Count(EventRequest, 1)).within(budget/5), must("XX-02", plainGet)
		results, _ := checked(t, 0.2, b, bad, good)
		if res := results[0]; res.State != StateFail || !strings.Contains(res.Reason, "  - making the transport: "+c.want) ||
			strings.Count(res.Reason, "\n  - ") != 1 {
			t.Errorf("%s: %s %s, want a failure that says %q and nothing else", what, res.State, res.Reason, c.want)
		}
		if res := results[1]; res.State != StatePass {
			t.Errorf("%s: the next case is %s %s", what, res.State, res.Reason)
		}
	}
	if _, err := Check(t.Context(), Backend{}); err == nil {
		t.Error("a Backend without a name is accepted")
	}
}

// A capability that does not exist cannot be declared: the set leaves it out, and the suite judges
// what is left.
func TestUnknownCapability(t *testing.T) {
	b := plainBackend()
	b.New = func(TB, Config) (Transport, error) {
		return &badTransport{Adapt(new(http.Transport)), func() driver.Capabilities {
			return driver.NewCapabilities(driver.Reason, driver.Capability(63), driver.Capability(250))
		}}, nil
	}
	c := Case{ID: "XX-01", Gate: driver.Reason, Gated: true, Negative: func(t *T) { t.Errorf("the gate is shut") }, Positive: func(t *T) {
		plainGet(t)
		t.Equal("the capabilities", t.Transport().Capabilities().String(), driver.Reason.String())
	}}
	if res := stateOf(t, b, c); res.State != StatePass {
		t.Errorf("%s %s", res.State, res.Reason)
	}
}

// passed starts an origin and passes it on as a runner does.
func passed(t *testing.T) *Origin {
	t.Helper()
	o, err := StartOrigin()
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range o.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	return o
}

// A run whose origin is gone, or is there and says nothing, fails, says so, and ends.
func TestOriginEnds(t *testing.T) {
	t.Run("gone", func(t *testing.T) {
		o := passed(t)
		results, err := checked(t, 1, plainBackend(), must("XX-01", func(t *T) { plainGet(t); o.Close() }), must("XX-02", plainGet))
		for i, want := range []string{noEvents, "XX-02 was not run: the origin does not answer any more: "} {
			if results[i].State != StateFail || !strings.Contains(results[i].Reason, want) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want a failure that says %q", results[i], want)
			}
		}
	})
	t.Run("gone in the whole suite", func(t *testing.T) {
		o := passed(t)
		b := plainBackend()
		b.New = func(tb TB, config Config) (Transport, error) {
			if tb.Name() == "CT-02" { // of the bootstrap
				o.Close()
			}
			return plainBackend().New(tb, config)
		}
		report, err := Check(t.Context(), b)
		if report == nil || err == nil || report.Totals()[StateFail] < 100 {
			t.Fatalf("%v, %v; want failures of most cases", report, err)
		}
		wants(t, err.Error(), "CT-02 Response xor error", noEvents, "SC-11 was not run: the origin does not answer any more: ", "leaving the states at the origin: ")
	})
	t.Run("silent", func(t *testing.T) {
		o := passed(t)
		defer o.Close()
		silence := must("XX-01", func(t *T) { plainGet(t); t.run.witness.control = t.Addresses().Silent })
		results, _ := checked(t, 0.05, plainBackend(), silence, must("XX-02", plainGet))
		for i, want := range []string{noEvents, "XX-02 was not run: the origin does not answer any more: no answer in time"} {
			if results[i].State != StateFail || !strings.Contains(results[i].Reason, want) {
				t.Errorf("%v, want a failure that says %q", results[i], want)
			}
		}
	})
}
