// SPDX-License-Identifier: MIT

// Command bare knows nothing of components.
package main

func main() { println("bare") }
