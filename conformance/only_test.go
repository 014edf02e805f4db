// SPDX-License-Identifier: MIT

package conformance

// Only runs a few cases, for the suite's own tests.
func Only(ids ...string) Option { return func(s *settings) { s.only = ids } }

// Parameters are what the scenarios take, for the test of what they refuse.
func Parameters() map[string]string {
	all := make(map[string]string)
	for name, s := range scenarios() {
		all[name] = s.params
	}
	return all
}
