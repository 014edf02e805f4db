// SPDX-License-Identifier: MIT

//go:build !js

package conformance_test

// brokenFetch has no use where there is no fetch.
func brokenFetch(string) any { return nil }

// withoutFetch has none to take away.
func withoutFetch(string) (restore func()) { return func() {} }
