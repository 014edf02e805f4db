// SPDX-License-Identifier: MIT

//go:build js || wasip1

package leak_test

// elsewhere has nothing to do: the runner has started an origin in its own process.
func elsewhere() (stop func(), err error) { return func() {}, nil }
