// SPDX-License-Identifier: MIT

package dropin

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// explanation is a difference that is meant to be.
type explanation struct {
	library, test string
	// reason is one sentence. docs/migration.md has it too, in the row that names the test.
	reason string
}

// explanations is the list of them. One that is no longer true is a fault.
func explanations() []explanation {
	return []explanation{
		{"go-retryablehttp", "TestRoundTripper_TransportFailureErrorHandling",
			"it compares the error inside the *url.Error with a *net.OpError, which here is further down in the chain"},
	}
}

// explainedBy returns the index of the explanation of d, or -1.
func (d difference) explainedBy(explained []explanation) int {
	return slices.IndexFunc(explained, func(e explanation) bool { return e.library == d.library && e.test == d.test })
}

// unexplained returns the others among found.
func unexplained(explained []explanation, found []difference) []difference {
	return slices.DeleteFunc(slices.Clone(found), func(d difference) bool { return d.explainedBy(explained) >= 0 })
}

// again runs the tests that differ once more, alone and with each transport, and returns
// what is different then. Some of these suites measure time, and the machine may have had
// other things to do.
func (b bench) again(ctx context.Context, lib library, found []difference) ([]difference, error) {
	tests := make(map[string]bool)
	packages := make(map[string]bool)
	for _, d := range found {
		if d.test == "" {
			return found, nil // a package that ended early: there is no test to look at
		}
		top, _, _ := strings.Cut(d.test, "/")
		tests[regexp.QuoteMeta(top)] = true
		packages[d.path] = true
	}
	if len(found) == 0 {
		return nil, nil
	}
	pattern := "^(" + strings.Join(slices.Sorted(maps.Keys(tests)), "|") + ")$"
	paths := slices.Sorted(maps.Keys(packages))
	std, err := b.run(ctx, standard, pattern, paths)
	if err != nil {
		return nil, err
	}
	our, err := b.run(ctx, ours, pattern, paths)
	if err != nil {
		return nil, err
	}
	return compare(lib.name, paths, std, our), nil
}

// judge returns the faults among the differences of lib, and prints the others. A difference
// that is not there again is none of the transport's.
func judge(w io.Writer, explained []explanation, lib library, found, again []difference) (faults []string) {
	used := make(map[explanation]bool)
	for _, d := range found {
		same := func(e difference) bool { return e.path == d.path && e.test == d.test }
		i := d.explainedBy(explained)
		switch {
		case i >= 0:
			used[explained[i]] = true
			fmt.Fprintf(w, "explained: %s: %s\n", d, explained[i].reason)
		case !slices.ContainsFunc(again, same):
			fmt.Fprintf(w, "not again: %s\n%s", d, d.output)
		default:
			faults = append(faults, d.String()+"\n"+d.output)
		}
	}
	for _, e := range explained {
		if e.library == lib.name && !used[e] {
			faults = append(faults, fmt.Sprintf("%s: %s is explained and is no difference", e.library, e.test))
		}
	}
	return faults
}
