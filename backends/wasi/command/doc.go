// SPDX-License-Identifier: MIT

// Package command makes an ordinary package main a command component. It is imported
// for its effect:
//
//	import _ "github.com/isohttp/isohttp/backends/wasi/command"
//
// Built for GOOS=wasip1 with -buildmode=c-shared, which is what gocomponent build
// does, the program then exports wasi:cli/run, and a host that calls it starts the
// program's own main function. On other platforms, and in plain wasip1 builds, the
// import changes nothing: the same source is one program everywhere.
//
// # What a program notices
//
// All package initialization happens before run is called, as usual. Arguments,
// variables, standard streams and opened folders are those that the host gives.
// When main returns, run reports success and goroutines that are left end with
// the instance. A component has only two exit statuses: os.Exit(0) is success, and
// every other status is failure. After an unrecovered panic, Go prints its text and
// ends the program by a trap, which hosts report in their own way.
//
// A program that exports wasi:cli/run itself must not import this package.
package command
