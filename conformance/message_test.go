// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// Of many events the first and the last ones are shown, and it is said how many there are between.
func TestEventList(t *testing.T) {
	for n, want := range map[int]string{
		0:  "the origin's events: none",
		18: "\n  6 \n  7 ",
		19: "\n  6 \n  ... 1 more ...\n  8 ",
		40: "\n  6 \n  ... 22 more ...\n  29 ",
	} {
		var events []Event
		for i := range n {
			events = append(events, Event{Seq: i + 1, Kind: EventMark})
		}
		got := strings.ReplaceAll(eventList(events), "mark 0.000s ", "")
		if !strings.Contains(got, want) || n > 0 && !strings.HasSuffix(got, fmt.Sprintf("\n  %d ", n)) {
			t.Errorf("of %d events: %q, want %q in it, and the last one", n, got, want)
		}
	}
}

// wants fails the test for every text that a message does not have.
func wants(t *testing.T, message string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(message, text) {
			t.Errorf("the message does not have %q:\n%s", text, message)
		}
	}
}

// A message tells a stranger all: what broke, what the origin saw, how to see it again.
func TestFailureMessage(t *testing.T) {
	c := must("XX-01", func(t *T) {
		t.Send(t.Get(t.URL("status", "code", "404")))
		t.Errorf("this is wrong")
	})
	c.Title, c.Contract, c.Sources = "a title", "a contract", "GO"
	_, err := Check(t.Context(), plainBackend(), Extra(c), Only(c.ID))
	if err == nil {
		t.Fatal("no error")
	}
	wants(t, err.Error(), "XX-01 a title (GO)\nprofile: nethttp\ncontract: a contract\n  - this is wrong\n", "the origin's events:\n  1 request ",
		`code=404`, "\n  2 done ",
		"again, with a test that calls Run: go test -run '/^XX$/^XX-01-a-title$' github.com/isohttp/isohttp/conformance")
	r, err := newRun(t.Context(), plainBackend(), []Option{Extra(c), Only(c.ID)})
	if err != nil {
		t.Fatal(err)
	}
	r.invocation = invocation("TestProfile")
	wants(t, r.message(r.result(c), c.Title), "contract: a contract",
		"again: go test -run '^TestProfile$/^XX$/^XX-01-a-title$' github.com/isohttp/isohttp/conformance")
}

// A case that hangs has its events, too.
func TestHungMessage(t *testing.T) {
	held := make(chan struct{})
	defer close(held)
	hang := func(t *T) {
		t.Read(t.Send(t.Get(t.URL("status", "code", "404"))))
		<-held
	}
	res := stateOf(t, plainBackend(), must("XX-01", hang).within(budget/10))
	wants(t, res.Reason, "the case hangs; it had 200ms. Its goroutines:", "the origin's events:\n  1 request ", "code=404", "\n  2 done ")

	c := must("XX-01", func(*T) { <-held })
	c.Title, c.Contract = "a title", "a contract"
	r, err := newRun(t.Context(), plainBackend(), []Option{Extra(c), Only(c.ID), TimeScale(0.05)})
	if err != nil {
		t.Fatal(err)
	}
	r.witness.control = r.witness.addrs.Silent
	wants(t, r.result(c).Reason, "the case hangs", noEvents, "the origin's events: unknown")
}
