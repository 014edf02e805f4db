// SPDX-License-Identifier: MIT

// Package dropin runs the test suites of HTTP client libraries that other people wrote, once
// with the transport that they come with and once with one of ours in its place, and
// compares what passes.
//
// The libraries come from the module proxy at pinned versions, verified by the go command.
// Their sources are copied to the user's cache folder, where small patches put package seam
// at the places where they make or use a transport (library.go has them, each with its
// reason), and a test file brings in package ours. Both runs use the same test
// binaries; a variable of the environment decides.
//
// Two counters say whether a run has tested anything. One is in net/http itself, by an
// overlay for the compiler: it counts each call of (*http.Transport).RoundTrip, whoever made
// that transport. The other counts what a transport of ours hands to it. The second must
// be at least 90 % of the first, and nothing when the library's own transport is used.
package dropin
