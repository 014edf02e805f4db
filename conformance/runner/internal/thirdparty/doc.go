// SPDX-License-Identifier: MIT

// Package thirdparty uses the conformance suite as somebody else would: from a module outside of
// this repository, with a small backend of its own.
package thirdparty
