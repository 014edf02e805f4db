// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"slices"
	"strings"
)

// render returns the page with the table. The ratio is the median over the rounds of one
// round's two samples, which were taken one after the other.
func render(s Samples) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\n")
	b.WriteString("A Transport over net/http against the bare `http.Transport` below it: the same server in the same process, by turns. " +
		"Computed by `go run ./cmd/bench -table` in `conformance/runner` from the samples in [benchmarks.json](benchmarks.json).\n\n")
	fmt.Fprintf(&b, "Measured with %s on %s with %d processors, in a virtual machine.\n\n", s.Go, s.System, s.CPUs)
	b.WriteString("| work | unit | bare, median | Transport, median | ratio, median of rounds | rounds |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, w := range works {
		r, ok := s.Results[w.name]
		if !ok {
			continue
		}
		var ratios []float64
		for i := range r.Bare {
			ratios = append(ratios, r.Transport[i]/r.Bare[i])
		}
		fmt.Fprintf(&b, "| %s | %s | %.4g | %.4g | %.3f | %d |\n", w.name, r.Unit, median(r.Bare), median(r.Transport), median(ratios), len(ratios))
	}
	return b.String()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
