// SPDX-License-Identifier: MIT

// Package lib is not a program, and has no tests.
package lib
