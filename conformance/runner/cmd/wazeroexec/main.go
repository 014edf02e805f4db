// SPDX-License-Identifier: MIT

// Command wazeroexec runs a Go program built for GOOS=wasip1 on wazero, for the -exec
// flag of go test and go run. It needs nothing but itself.
package main

import (
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
	"github.com/isohttp/isohttp/conformance/runner/internal/wasihost"
)

const about = `wazeroexec runs a program built with GOOS=wasip1 GOARCH=wasm on wazero, with
wasi:http from backends/wasi/wazerohost. The program can read every file, can write
in its current folder and the one for temporary files, and can reach servers on this
machine only, until -grant and -dir say otherwise. While it waits for standard
input, all of its goroutines do.
Compiled code is kept in the user's cache folder, by content.`

func main() {
	host := new(wasihost.Host)
	launch.Command{Name: "wazeroexec", About: about, Engine: "wazero " + wasihost.Version(), Flags: host.AddFlags, Run: host.Run}.Main()
}
