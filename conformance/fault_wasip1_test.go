// SPDX-License-Identifier: MIT

package conformance_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
)

// blocking waits for a call in pieces during which nothing else of the program runs, as a
// guest with one thread does that polls its host in the wrong way. The first moments are
// free, so that calls that take no time are as they were.
type blocking struct{ conformance.Transport }

func (b blocking) RoundTrip(req *http.Request) (*http.Response, error) {
	done := make(chan struct{})
	var resp *http.Response
	var err error
	go func() {
		defer close(done)
		resp, err = b.Transport.RoundTrip(req)
	}()
	timer := time.NewTimer(300 * time.Millisecond)
	defer timer.Stop()
	for {
		select {
		case <-done:
			return resp, err
		case <-timer.C:
		}
		// There is no preemption on wasm: this is the only goroutine until it ends.
		for start := time.Now(); time.Since(start) < 200*time.Millisecond; {
		}
		timer.Reset(time.Millisecond)
	}
}

func (b blocking) Do(req *http.Request) (*http.Response, error) { return b.RoundTrip(req) }

// The fault "blocks the scheduler" needs a program with one thread. All cases in which a call
// waits are run, and some in which none does.
func TestBlockingFault(t *testing.T) {
	b := profile(t)
	b.Deviations = nil
	b.New = func(tb conformance.TB, c conformance.Config) (conformance.Transport, error) {
		tr, err := newTransport(tb, c)
		if err != nil {
			return nil, err
		}
		return blocking{tr}, nil
	}
	ids := []string{"CT-01", "RL-01", "UP-04", "DN-02", "DN-10", "CX-04", "CX-05", "CX-06", "CX-07", "CX-11", "CC-03", "CC-04", "CC-05",
		"UP-17", "UP-18"}
	report, _ := conformance.Check(t.Context(), b, conformance.Only(ids...))
	if report == nil || len(report.Results) != len(ids) {
		t.Fatal("the suite did not run")
	}
	for _, res := range report.Results {
		if failed := res.State == conformance.StateFail; failed != (res.ID == "CC-04") {
			t.Errorf("%s is %s\n%s", res.ID, res.State, res.Reason)
		}
	}
}
