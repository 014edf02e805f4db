// SPDX-License-Identifier: MIT

package dropin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// share is the part of the requests that has to go through our transport.
const share = 0.9

// difference is a test that did not end with our transport as with the standard one.
type difference struct {
	library, path, test string
	standard, ours      string // "pass", "fail", "skip", or "absent"
	output              string // with the one that it failed with
}

func (d difference) String() string {
	name := d.test
	if name == "" {
		name = "the package as a whole"
	}
	return fmt.Sprintf("%s: %s: standard %s, ours %s", d.path, name, d.standard, d.ours)
}

// compare returns the differences between two outcomes of the same packages. Where a subtest
// differs, neither the tests around it nor the package are named for the same.
func compare(library string, packages []string, std, our outcome) (found []difference) {
	for _, path := range packages {
		s, o := std.of(path), our.of(path)
		names := slices.Collect(maps.Keys(s.tests))
		for name := range o.tests {
			if _, both := s.tests[name]; !both {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		slices.Reverse(names) // a subtest before what it is a part of
		var inner []string
		for _, name := range names {
			d := difference{library: library, path: path, test: name, standard: state(s, name), ours: state(o, name)}
			if d.standard == d.ours || slices.ContainsFunc(inner, func(sub string) bool { return name == "" || strings.HasPrefix(sub, name+"/") }) {
				continue
			}
			inner = append(inner, name)
			if d.output = o.output[name]; d.ours != "fail" {
				d.output = s.output[name]
			}
			found = append(found, d)
		}
	}
	return found
}

func state(p *packageOutcome, test string) string {
	if s := p.tests[test]; s != "" {
		return s
	}
	return "absent"
}

// row is a line of the table.
type row struct {
	library, version           string
	tests                      int
	passedStandard, passedOurs int
	requests                   int // with our transport
	ours                       int
	faults                     []string
}

// summarize returns the row of lib, with what is wrong with it apart from differences.
func summarize(lib library, std, our outcome) row {
	r := row{library: lib.name, version: lib.copies[0].version}
	stdAll, stdOurs := 0, 0
	for _, path := range lib.paths() {
		s, o := std.of(path), our.of(path)
		stdAll, stdOurs = stdAll+s.all, stdOurs+s.ours
		r.requests, r.ours = r.requests+o.all, r.ours+o.ours
		r.tests += len(s.tests) - 1 // without the package itself
		r.passedStandard += passed(s)
		r.passedOurs += passed(o)
	}
	fault := func(format string, args ...any) {
		r.faults = append(r.faults, fmt.Sprintf(lib.name+": "+format, args...))
	}
	if r.tests < lib.tests {
		fault("only %d tests, not %d or more", r.tests, lib.tests)
	}
	if stdOurs != 0 {
		fault("%d requests went through our transport in the run with the standard one", stdOurs)
	}
	if stdAll == 0 || r.requests == 0 {
		fault("%d requests with the standard transport, %d with ours: nothing was tested", stdAll, r.requests)
	} else if float64(r.ours) < share*float64(r.requests) {
		fault("%d of %d requests went through our transport, less than %.0f %%", r.ours, r.requests, 100*share)
	}
	return r
}

func passed(p *packageOutcome) (n int) {
	for name, s := range p.tests {
		if name != "" && s == "pass" {
			n++
		}
	}
	return n
}

// paths returns the import paths of lib's packages.
func (lib library) paths() (paths []string) {
	for _, p := range lib.packages {
		paths = append(paths, strings.TrimSuffix(lib.module+"/"+p, "/"))
	}
	return paths
}
