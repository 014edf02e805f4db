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
	b.WriteString("The limit is what the project has set itself: of the ratio, or with a plus of what the Transport's median may have more. " +
		"With azblob it aims at a ratio of 0.91, which is 1.1 times the speed.\n\n")
	b.WriteString("| work | unit | against | its median | Transport, median | ratio | range | pairs | limit | kept |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	row := func(name string, limit limit) {
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
		kept := "no"
		if limit.kept(r, median(ratios)) {
			kept = "yes"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %.4g | %.4g | %.3f | %.3f to %.3f | %d | %s | %s |\n", name, r.Unit, r.Peer, median(r.Bare), median(r.Transport),
			median(ratios), ratios[n/4], ratios[(n-1)-n/4], n, limit, kept)
	}
	for _, w := range works {
		row(w.name, w.limit)
	}
	for _, name := range blobWorks {
		row(name, limit{ratio: 1})
	}
	return b.String()
}

// limit is what a Transport may take: of the ratio, or more than its peer by the medians.
type limit struct{ ratio, more float64 }

func (l limit) String() string {
	if l.ratio > 0 {
		return fmt.Sprintf("%.2f", l.ratio)
	}
	return fmt.Sprintf("+%g", l.more)
}

func (l limit) kept(r Result, ratio float64) bool {
	if l.ratio > 0 {
		return ratio <= l.ratio
	}
	return median(r.Transport) <= median(r.Bare)+l.more
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
