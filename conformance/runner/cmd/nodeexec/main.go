// SPDX-License-Identifier: MIT

// Command nodeexec runs a Go program built for GOOS=js in Node, for the -exec flag of
// go test and go run.
package main

import (
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
	"github.com/isohttp/isohttp/conformance/runner/internal/node"
)

const about = `nodeexec runs a program built with GOOS=js GOARCH=wasm in Node 20 or newer. The
program has Node's file system, its fetch, and this command's input and output.
ISOHTTP_NODE names the Node to use instead of the one in PATH.`

func main() {
	launch.Command{Name: "nodeexec", About: about, Run: node.Run}.Main()
}
