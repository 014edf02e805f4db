// SPDX-License-Identifier: MIT

// Command v2 is in a folder that is named for a major version.
package main

import _ "github.com/isohttp/isohttp/backends/wasi/command"

func main() { println("v2") }
