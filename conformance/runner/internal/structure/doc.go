// SPDX-License-Identifier: MIT

// Package structure checks the rules about the repository's shape: what may import what,
// where exported names may stand, what a small program links, how files begin. Its tests
// apply the rules to the repository, and show with small bad inputs that each rule
// can fail.
package structure
