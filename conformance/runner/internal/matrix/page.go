// SPDX-License-Identifier: MIT

package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isohttp/isohttp/conformance"
)

// File is the page's place in the repository, and Dir that of the matrices.
const (
	File = "docs/compatibility.md"
	Dir  = "conformance/testdata/matrix"
)

const intro = `# Compatibility

<!-- Written by "make matrix" from conformance/testdata/matrix and the suite's catalogue. Do not edit. -->

What the conformance suite finds on each platform. Every case is judged twice: by the program under test, and by whoever runs it, from
the log of the server that the requests went to. The matrices that this page is made of are compared with every run of the tests, so
that a change of any cell is a change of this page.

| word | meaning |
| --- | --- |
| yes | the behavior is there |
| absent | the platform cannot do it, the capability is not declared, and the absence looks as documented |
| deviates | a defect of the engine, not of this library: the note has the evidence |
| n/a | the case has no meaning on the platform |
| env | the surroundings of the tests lack what the case needs |
| slow | takes long, and is not in these matrices; CI runs it in Chromium and wasmtime, ` + "`make test-slow`" + ` on every platform |
| todo | not written yet |
| FAIL | fails |

A number points to the note below the table.
`

// word is what a cell says.
func word(state conformance.State) string {
	switch state {
	case conformance.StatePass:
		return "yes"
	case conformance.StateNeg:
		return "absent"
	case conformance.StateXFail:
		return "deviates"
	case conformance.StateNA:
		return "n/a"
	case conformance.StateFail:
		return "FAIL"
	}
	return string(state)
}

// titleOf is what a group is about.
func titleOf(group string) string {
	titles := map[string]string{
		"CT": "Contract", "RL": "Request line and URL", "HQ": "Request headers", "HR": "Response headers",
		"UP": "Request bodies", "DN": "Response bodies", "ST": "Status", "RD": "Redirects",
		"CX": "Cancellation and deadlines", "ER": "Errors", "CC": "Concurrency", "TR": "Trailers", "H2": "HTTP/2",
		"CN": "Connections, proxies, TLS configuration", "RT": "Retries with go-retryablehttp",
		"AZ": "Pipelines of azcore", "SC": "Security",
	}
	if title, ok := titles[group]; ok {
		return title
	}
	return group
}

// Page returns the text of the page.
func Page(cases []conformance.Case, goldens []Golden) string {
	var b strings.Builder
	b.WriteString(intro)
	b.WriteString("\n## Totals\n\n| profile |")
	order := []conformance.State{conformance.StatePass, conformance.StateNeg, conformance.StateXFail, conformance.StateNA,
		conformance.StateEnv, conformance.StateSlow, conformance.StateTodo, conformance.StateFail}
	for _, state := range order {
		b.WriteString(" " + word(state) + " |")
	}
	b.WriteString(" of |\n| --- |" + strings.Repeat(" ---: |", len(order)+1) + "\n")
	for _, g := range goldens {
		fmt.Fprintf(&b, "| %s |", g.Profile)
		for _, state := range order {
			fmt.Fprintf(&b, " %d |", g.Totals[state])
		}
		fmt.Fprintf(&b, " %d |\n", len(g.Cases))
	}
	for _, group := range groups(cases) {
		writeGroup(&b, group, cases, goldens)
	}
	return b.String()
}

func writeGroup(b *strings.Builder, group string, cases []conformance.Case, goldens []Golden) {
	fmt.Fprintf(b, "\n## %s: %s\n\n| case | behavior |", group, titleOf(group))
	for _, g := range goldens {
		b.WriteString(" " + g.Profile + " |")
	}
	b.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(goldens)) + "\n")
	var notes []string
	for _, c := range cases {
		if c.Group() != group {
			continue
		}
		fmt.Fprintf(b, "| %s | %s |", c.ID, escape(c.Title))
		for _, g := range goldens {
			b.WriteString(" " + word(g.Cases[c.ID]))
			if note := noteOf(c, g); note != "" {
				i := slices.Index(notes, note)
				if i < 0 {
					i = len(notes)
					notes = append(notes, note)
				}
				fmt.Fprintf(b, " (%d)", i+1)
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	if len(notes) > 0 {
		b.WriteString("\n")
	}
	for i, note := range notes {
		fmt.Fprintf(b, "%d. %s\n", i+1, note)
	}
}

// noteOf returns the reason for what a cell says, if it needs one.
func noteOf(c conformance.Case, g Golden) string {
	text := g.Notes[c.ID]
	switch g.Cases[c.ID] {
	case conformance.StateNeg:
		return "without `" + c.Gate.String() + "`: " + c.Gate.Absence()
	case conformance.StateNA:
		if text != "" {
			return reasonOf(text)
		}
	case conformance.StateXFail:
		if text != "" {
			return c.ID + " on " + g.Profile + ": " + text
		}
	default:
		return text
	}
	return ""
}

// escape keeps a text within a cell of a table.
func escape(text string) string { return strings.ReplaceAll(text, "|", "\\|") }
