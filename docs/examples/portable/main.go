// SPDX-License-Identifier: MIT

// Portable is one program for every platform that isohttp knows: it asks Azure AI
// Language which language texts are in, and moves data to and from Azure Storage.
// Nothing in it, or in package app, depends on where it runs. Package command, imported
// for its effect, lets the program be made a WebAssembly component as well.
package main

import (
	"context"
	"os"
	"os/signal"

	_ "github.com/isohttp/isohttp/backends/wasi/command"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := app.Run(ctx, &app.Env{
		Args:   os.Args[1:],
		Getenv: os.Getenv,
		Stdin:  os.Stdin,
		Stdout: os.Stdout,
		Stderr: os.Stderr,
	})
	stop()
	os.Exit(code)
}
