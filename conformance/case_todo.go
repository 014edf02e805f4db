// SPDX-License-Identifier: MIT

package conformance

func trCases() []Case { return nil }
