// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"slices"
	"strings"
)

// render returns the page with the table.
func render(s Samples) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\n")
	b.WriteString("What goes through a Transport, against the same without it: the bare `http.Transport` below it, to a server in the same process, " +
		"and azblob over azcore's default transport, to Azurite. Both sides in one run, by turns. " +
		"Computed by `go run ./cmd/bench -table` in `conformance/runner` from the samples in [benchmarks.json](benchmarks.json).\n\n")
	fmt.Fprintf(&b, "Measured with %s on %s with %d processors, in a virtual machine. The ratio is the median of the ratios of all pairs of samples that "+
		"were taken one after the other; below 1 the Transport takes less. The range has half of those ratios.\n\n", s.Go, s.System, s.CPUs)
	b.WriteString("| work | unit | against | its median | Transport, median | ratio | range | pairs |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	row := func(name string) {
		r, ok := s.Results[name]
		if !ok {
			return
		}
		var ratios []float64
		for i := range r.Bare {
			ratios = append(ratios, r.Transport[i]/r.Bare[i])
		}
		slices.Sort(ratios)
		n := len(ratios)
		fmt.Fprintf(&b, "| %s | %s | %s | %.4g | %.4g | %.3f | %.3f to %.3f | %d |\n", name, r.Unit, r.Peer, median(r.Bare), median(r.Transport),
			median(ratios), ratios[n/4], ratios[(n-1)-n/4], n)
	}
	for _, w := range works {
		row(w.name)
	}
	for _, name := range blobWorks {
		row(name)
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
