// SPDX-License-Identifier: MIT

// Command wasmtimeexec runs a Go program built for GOOS=wasip1 as a component on
// wasmtime, for the -exec flag of go test and go run.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
	"github.com/isohttp/isohttp/conformance/runner/internal/wasmtime"
)

const about = `wasmtimeexec makes a component of a program built with GOOS=wasip1 GOARCH=wasm, as
gocomponent does, and runs it on wasmtime with wasmtime's own wasi:http; a file that is
a component already is run as it is. The program must import backends/wasi, as each
that imports transport does. It can read every file, can write in its current folder
and the one for temporary files, and can reach every server that this machine can.
Component hosts know only success and failure: exit statuses other than 0 become 1,
and a program that wasmtime aborts ends with 134.
Python and, for the components, Node are needed; ISOHTTP_PYTHON names the Python to use
instead of the one in PATH. Components and compiled code are kept in the user's cache.`

func main() {
	if len(os.Args) == 2 && (os.Args[1] == "-version" || os.Args[1] == "--version") {
		// The version is that of the wasmtime that would run the program, so
		// there is one only when all that it takes is here.
		if err := wasmtime.Ready(context.Background()); err != nil {
			fmt.Fprintf(os.Stderr, "wasmtimeexec: %v\n", err)
			os.Exit(launch.ExitRunner)
		}
		fmt.Println(wasmtime.Version)
		return
	}
	if len(os.Args) == 2 && (os.Args[1] == "-install" || os.Args[1] == "--install") {
		if err := wasmtime.Install(context.Background()); err != nil {
			fmt.Fprintf(os.Stderr, "wasmtimeexec: %v\n", err)
			os.Exit(launch.ExitRunner)
		}
		return
	}
	host := new(wasmtime.Host)
	launch.Command{Name: "wasmtimeexec", About: about, Engine: "wasmtime " + wasmtime.Version, Flags: host.AddFlags, Run: host.Run}.Main()
}
