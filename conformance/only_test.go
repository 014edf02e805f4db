// SPDX-License-Identifier: MIT

package conformance

// Only runs a few cases, for the suite's own tests.
func Only(ids ...string) Option { return func(s *settings) { s.only = ids } }
