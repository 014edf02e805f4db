// SPDX-License-Identifier: MIT

package leak_test

import (
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/isohttp/isohttp/conformance/leak"
)

// TestPlatform holds a response: it counts where there is something beside this machine.
func TestPlatform(t *testing.T) {
	l := newLoad(t)
	if err := l.burst(t.Context(), 5, newRandom(t)); err != nil { // what is made once is made
		t.Fatal(err)
	}
	settle(t.Context(), l.tr)
	before := leak.Platform()
	var want []string
	switch runtime.GOOS {
	case "js":
		want = []string{"references to JavaScript values"}
	case "wasip1":
		want = []string{"handles of the host"}
	}
	if got := slices.Sorted(maps.Keys(before)); !slices.Equal(got, want) {
		t.Fatalf("counts of %q, want of %q", got, want)
	}
	resp := l.open(t)
	now := leak.Platform()
	for kind, n := range before {
		if now[kind] <= n {
			t.Errorf("%d %s with an open response, %d before", now[kind], kind, n)
		}
	}
	resp.Body.Close()
}
