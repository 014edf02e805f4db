// SPDX-License-Identifier: MIT

package main

import (
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	s := Samples{Go: "go1", System: "os/arch", CPUs: 2, Results: map[string]Result{
		works[0].name: {Peer: "peer", Unit: "ns", Bare: []float64{10, 20, 100}, Transport: []float64{11, 20, 400}},
	}}
	got := render(s)
	if want := "| " + works[0].name + " | ns | peer | 20 | 20 | 1.100 | 1.000 to 4.000 | 3 | 1.03 | no |"; !strings.Contains(got, want) {
		t.Errorf("no line %q in\n%s", want, got)
	}
	more := limit{more: 3}
	if r := (Result{Bare: []float64{10}, Transport: []float64{13}}); !more.kept(r, 1.3) || more.String() != "+3" {
		t.Errorf("three more are within %s", more)
	}
	if r := (Result{Bare: []float64{10}, Transport: []float64{14}}); more.kept(r, 1.4) {
		t.Errorf("four more are within %s", more)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Errorf("median %v", m)
	}
}

// TestMeasure takes one small sample of each kind of work: the works do what they say.
func TestMeasure(t *testing.T) {
	for _, w := range works {
		w.size = min(w.size, 100)
		if w.bytes > 0 {
			w.bytes = 1 << 20
		}
		w.parts = 0
		r, err := measure(w, 1)
		if err != nil || len(r.Bare) != 1 || len(r.Transport) != 1 || r.Bare[0] <= 0 || r.Transport[0] <= 0 {
			t.Errorf("%s: %+v, %v", w.name, r, err)
		}
	}
}
