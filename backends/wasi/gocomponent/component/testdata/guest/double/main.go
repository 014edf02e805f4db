// SPDX-License-Identifier: MIT

// Command double has the cabi_realloc of other bindings beside isohttp's.
package main

import _ "github.com/isohttp/isohttp/backends/wasi/command"

func main() { println("double") }
