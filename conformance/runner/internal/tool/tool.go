// SPDX-License-Identifier: MIT

// Package tool is what the programs have in common that people call, and CI: check, dropin
// and mutate. What the runners have in common is in package launch.
package tool

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

// Main runs a program until it is done or told to stop, and exits with 1 and a line for an
// error.
func Main(name string, run func(ctx context.Context, args []string, out io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), launch.StopSignals()...)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// Flags are the flags of a program that takes nothing else.
type Flags struct{ *flag.FlagSet }

// NewFlags returns flags whose usage begins with a sentence about the program.
func NewFlags(name, what string) Flags {
	f := Flags{flag.NewFlagSet(name, flag.ExitOnError)}
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "usage: %s [flags]\n\n%s\n\n", name, what)
		f.PrintDefaults()
	}
	return f
}

// Only adds the flag -only, which takes a regular expression; nil without it.
func (f Flags) Only(usage string) **regexp.Regexp {
	only := new(*regexp.Regexp)
	f.Func("only", usage, func(s string) (err error) {
		*only, err = regexp.Compile(s)
		return err
	})
	return only
}

// Parse reads a command line. It exits with 0 after -help and with 2 after a wrong flag.
func (f Flags) Parse(args []string) error {
	if err := f.FlagSet.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	return nil
}

// Repository returns the root of the git checkout around the current folder.
func Repository(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", fmt.Errorf("this is not a git checkout, or there is no git: %w", err)
	}
	return filepath.FromSlash(strings.TrimSpace(string(out))), nil
}
