// SPDX-License-Identifier: MIT

// Command dropin runs the test suites of HTTP client libraries with the transport that they
// come with and with ours, and prints what passes with each. "make dropin" calls it.
//
// It needs the go command and, the first time, the module proxy.
package main

import (
	"context"
	"io"

	"github.com/isohttp/isohttp/conformance/runner/internal/dropin"
	"github.com/isohttp/isohttp/conformance/runner/internal/tool"
)

func main() { tool.Main("dropin", run) }

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := tool.NewFlags("dropin", "Runs the suites for the isohttp around the current folder.")
	only := flags.Only("run the libraries whose names match `regexp`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	opts := dropin.Options{Out: out, Only: *only}
	if opts.Root, err = tool.Repository(ctx); err != nil {
		return err
	}
	return dropin.Run(ctx, opts)
}
