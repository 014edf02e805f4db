// SPDX-License-Identifier: MIT

package conformance

func cnCases() []Case { return nil }
func scCases() []Case { return nil }
