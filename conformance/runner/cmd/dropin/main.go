// SPDX-License-Identifier: MIT

// Command dropin runs the test suites of HTTP client libraries with the transport that they
// come with and with ours, and prints what passes with each. "make dropin" calls it.
//
// It needs the go command and, the first time, the module proxy.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/isohttp/isohttp/conformance/runner/internal/dropin"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), launch.StopSignals()...)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "dropin: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	opts := dropin.Options{Out: os.Stdout}
	flags := flag.NewFlagSet("dropin", flag.ExitOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: dropin [flags]\n\nRuns the suites for the isohttp around the current folder.\n\n")
		flags.PrintDefaults()
	}
	flags.Func("only", "run the libraries whose names match `regexp`", func(s string) (err error) {
		opts.Only, err = regexp.Compile(s)
		return err
	})
	flags.Parse(args)
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return fmt.Errorf("this is not a git checkout, or there is no git: %w", err)
	}
	opts.Root = filepath.FromSlash(strings.TrimSpace(string(out)))
	return dropin.Run(ctx, opts)
}
