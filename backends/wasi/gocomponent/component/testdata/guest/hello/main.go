// SPDX-License-Identifier: MIT

// Command hello is a program in the command form.
package main

import (
	"fmt"
	"os"

	_ "github.com/isohttp/isohttp/backends/wasi/command"
)

func main() {
	fmt.Println("hello", os.Args[1:], os.Getenv("GREETING"))
	if len(os.Args) > 1 && os.Args[1] == "exit" {
		os.Exit(7)
	}
}
