// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"slices"
	"testing"
)

func TestSoakLog(t *testing.T) {
	var l soakLog
	l.begin("here")
	fmt.Fprint(&l, "=== RUN\n    a_test.go:1: so")
	fmt.Fprint(&l, "ak: 10 requests | 1 s\nother\n")
	l.begin("elsewhere")
	fmt.Fprint(&l, "soak: 200 requests | 12 s\nsoak: not yet")
	if got, want := l.table(), "here       10 requests   1 s\nelsewhere  200 requests  12 s\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// Every platform has a step of everything that soaks.
func TestSoakSteps(t *testing.T) {
	ch := &checker{ci: true}
	var names []string
	for _, s := range ch.soakSteps(t.Context(), modules(), []platform{{name: "node", goos: "js"}}) {
		names = append(names, s.name())
	}
	if want := []string{"leak native", "leak node", "endurance native", "endurance node", "suite native", "suite node"}; !slices.Equal(names, want) {
		t.Errorf("steps are %q, want %q", names, want)
	}
}
