// SPDX-License-Identifier: MIT

// Command foreign has the cabi_realloc of other bindings.
package main

func main() { println("foreign") }
