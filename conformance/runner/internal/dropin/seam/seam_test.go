// SPDX-License-Identifier: MIT

package seam

import (
	"net/http"
	"testing"
)

// double is a round tripper of a test.
type double struct{ http.RoundTripper }

func TestStandard(t *testing.T) {
	t.Setenv(Variable, "standard")
	c := &http.Client{Transport: new(http.Transport)}
	if Over(c.Transport) != c.Transport || Own(c.Transport) != c.Transport || ClientOver(c) != c || ClientOwn(c) != c {
		t.Error("something else than what was given")
	}
}

func TestOurs(t *testing.T) {
	t.Setenv(Variable, "ours")
	c := &http.Client{Transport: new(http.Transport)}
	if l, ok := ClientOver(c).Transport.(*later); !ok || l.base != c.Transport {
		t.Errorf("over: %T", ClientOver(c).Transport)
	}
	if l, ok := ClientOwn(c).Transport.(*later); !ok || l.base != nil {
		t.Errorf("own: %T", ClientOwn(c).Transport)
	}
	if rt := Over(double{}); rt != (double{}) {
		t.Errorf("a test's own: %T", rt)
	}
	// This package has no test file that calls Use.
	req, err := http.NewRequest(http.MethodGet, "http://service.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Over(c.Transport).RoundTrip(req); err == nil {
		t.Error("a request without a maker")
	}
	if _, err := Do(c, req); err == nil {
		t.Error("a request without a maker, by Do")
	}
}
