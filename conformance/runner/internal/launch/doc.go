// SPDX-License-Identifier: MIT

// Package launch is what the runner programs have in common: their command line,
// the variables that a guest is given, the test origin that stands beside it, its
// exit status, and the child process that it may need.
//
// A runner is a program for the -exec flag of go test and go run. The go command
// calls it as "runner [flags] program [arguments]", in the package's folder for a
// test and in the current folder for go run.
package launch
