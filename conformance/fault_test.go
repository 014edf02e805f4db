// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport/driver"
)

// send is one of the two faces of a transport.
type send func(*http.Request) (*http.Response, error)

// trip performs an exchange by next, with a fault.
type trip func(next send, req *http.Request) (*http.Response, error)

// fault is a defect of a transport, which the suite has to find.
type fault struct {
	name   string
	caught []string // the cases that must fail
	also   []string // those that may fail beside them, five at most; no other one may
	chance string   // one more that may, which meets the fault only when times fall so, as on a busy machine
	lacks  []driver.Capability
	hangs  bool        // makes many cases wait for their time limits
	start  func() trip // called for every transport
}

// always makes the start of a fault that remembers nothing.
func always(f trip) func() trip { return func() trip { return f } }

// faulty is a transport with a fault, outside of all that package transport repairs.
type faulty struct {
	conformance.Transport
	caps driver.Capabilities
	trip trip
}

func (f faulty) RoundTrip(req *http.Request) (*http.Response, error) {
	return f.trip(f.Transport.RoundTrip, req)
}

func (f faulty) Do(req *http.Request) (*http.Response, error) { return f.trip(f.Transport.Do, req) }

func (f faulty) Capabilities() driver.Capabilities { return f.caps }

// backend makes the suite's entry of a fault.
func (f fault) backend(t *testing.T) conformance.Backend {
	b := profile(t)
	b.New = func(tb conformance.TB, c conformance.Config) (conformance.Transport, error) {
		if slices.Contains(f.lacks, driver.LimitHeader) {
			c.MaxResponseHeaderBytes = 0 // in silence: this is the fault
		}
		tr, err := newTransport(tb, c)
		if err != nil {
			return nil, err
		}
		return faulty{tr, tr.Capabilities().Without(f.lacks...), f.start()}, nil
	}
	return b
}

// run returns the cases that fail, and why.
func (f fault) run(t *testing.T, ids ...string) (map[string]string, error) {
	report, err := conformance.Check(t.Context(), f.backend(t), conformance.Only(ids...),
		conformance.TimeScale(2)) // many of them run at once
	if report == nil || len(report.Results) != len(ids) {
		return nil, fmt.Errorf("the suite did not run: %w", err)
	}
	failed := make(map[string]string)
	for _, res := range report.Failed() {
		failed[res.ID] = res.Reason
	}
	return failed, nil
}

// plan returns the cases that are run for a fault: all of them up to tier 2, but for those that
// measure time or memory, which cannot stand others beside them. Each of the bootstrap is run
// by itself, or its failure would end the run.
func (f fault) plan() (bootstrap, rest []string) {
	for _, c := range conformance.Cases() {
		switch {
		case !c.Written() || c.Tier > 2:
		case c.Alone:
		case c.Tier == 0:
			bootstrap = append(bootstrap, c.ID)
		default:
			rest = append(rest, c.ID)
		}
	}
	return bootstrap, rest
}

// A part is some of the cases for one fault, run one after the other.
type part struct {
	fault int // index
	ids   []string
}

// parts is into how many pieces the cases after the bootstrap are cut. A transport that hangs
// makes a case wait for its time limit, and there are faults that make dozens of them wait.
const parts = 6

// split returns the parts of all faults, those that wait the longest first, or they would go on
// by themselves when the others are through.
func split(list []fault) []part {
	var all []part
	for i, f := range list {
		bootstrap, rest := f.plan()
		cut := make([][]string, parts)
		for j, id := range rest { // neighbours hang together, so they are dealt out
			cut[j%parts] = append(cut[j%parts], id)
		}
		for _, id := range bootstrap {
			cut = append(cut, []string{id})
		}
		for _, ids := range cut {
			all = append(all, part{i, ids})
		}
	}
	var first, then []part
	for _, p := range all {
		if list[p.fault].hangs {
			first = append(first, p)
		} else {
			then = append(then, p)
		}
	}
	return append(first, then...)
}

func faults() []fault { return slices.Concat(requestFaults(), responseFaults(), controlFaults()) }

// atOnce is how many parts are run side by side. Most of the time they wait.
const atOnce = 12

// Every fault is found by the case that is there for it, and by few others: a suite that fails
// wherever one looks says nothing about what is broken.
func TestFaultsAreCaught(t *testing.T) {
	list := faults()
	work := split(list)
	failed, errs := make([]map[string]string, len(work)), make([]error, len(work))
	places := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, p := range work {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			failed[i], errs[i] = list[p.fault].run(t, p.ids...)
		})
	}
	wg.Wait()
	for i, f := range list {
		t.Run(f.name, func(t *testing.T) {
			all := make(map[string]string)
			for j, p := range work {
				if p.fault != i {
					continue
				}
				if errs[j] != nil {
					t.Fatal(errs[j])
				}
				maps.Copy(all, failed[j])
			}
			t.Logf("caught by %v", slices.Sorted(maps.Keys(all)))
			f.compare(t, all)
		})
	}
}

// compare wants the cases to fail that are to, and no others but those that may.
func (f fault) compare(t *testing.T, failed map[string]string) {
	t.Helper()
	if len(f.caught) == 0 || len(f.also) > 5 {
		t.Errorf("caught by %v, and by %d others: want at least one, and at most five", f.caught, len(f.also))
	}
	for _, id := range f.caught {
		if _, ok := failed[id]; !ok {
			t.Errorf("%s does not catch it", id)
		}
		delete(failed, id)
	}
	for _, id := range f.also {
		delete(failed, id)
	}
	delete(failed, f.chance)
	for _, id := range slices.Sorted(maps.Keys(failed)) {
		t.Errorf("%s fails, too, which is not expected:\n%s", id, failed[id])
	}
}

// The control: without a fault, the same wrapping passes what catches the faults.
func TestNoFault(t *testing.T) {
	none := fault{start: always(func(next send, req *http.Request) (*http.Response, error) { return next(req) })}
	var ids []string
	for _, f := range faults() {
		ids = append(ids, f.caught...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	failed, err := none.run(t, ids...)
	if err != nil {
		t.Fatal(err)
	}
	for id, reason := range failed {
		t.Errorf("without a fault %s fails:\n%s", id, reason)
	}
}

// The table of faults has what the suite is said to be tested with.
func TestFaultTable(t *testing.T) {
	names := make(map[string]bool)
	for _, f := range faults() {
		name, _, _ := strings.Cut(f.name, ":")
		names[name] = true
	}
	// Those that need a platform are in fault_js_test.go and fault_wasip1_test.go.
	if len(names) != 26 {
		t.Errorf("there are %d faults, want 26: %v", len(names), slices.Sorted(maps.Keys(names)))
	}
}
