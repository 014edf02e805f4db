// SPDX-License-Identifier: MIT

package conformance

import (
	"fmt"
	"strings"
)

// The failure of a case is told in one form, whether the guest has found it or the host.

// heading says which case it is, and what it is about.
func heading(c Case, profile string, state State) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(c.ID + " " + c.Title))
	if c.Sources != "" {
		b.WriteString(" (" + c.Sources + ")")
	}
	b.WriteString("\nprofile: " + profile)
	if c.Gated {
		fmt.Fprintf(&b, ", form: %s of %s", state, c.Gate)
	}
	if c.Contract != "" {
		b.WriteString("\ncontract: " + c.Contract)
	}
	return b.String() + "\n"
}

// How many events of a case are shown: its beginning, and more of its end, where it went wrong.
const (
	firstEvents = 6
	lastEvents  = 12
)

// eventList is what the origin saw of a case.
func eventList(events []Event) string {
	if len(events) == 0 {
		return "the origin's events: none"
	}
	var b strings.Builder
	b.WriteString("the origin's events:")
	for i, e := range events {
		if left := len(events) - firstEvents - lastEvents; left > 0 && i >= firstEvents && i < firstEvents+left {
			if i == firstEvents {
				fmt.Fprintf(&b, "\n  ... %d more ...", left)
			}
			continue
		}
		text := string(e.Data)
		if len(text) > 300 {
			text = text[:300] + " ..."
		}
		fmt.Fprintf(&b, "\n  %d %s %.3fs %s", e.Seq, e.Kind, float64(e.Micros)/1e6, text)
	}
	return b.String()
}
