// SPDX-License-Identifier: MIT

// Command check runs everything that the repository checks, in every module and on every
// platform, and prints a table at the end. "make test" calls it.
//
// With CI=true a platform that is not there is a failure, and as root on Debian what is
// missing is installed first. Elsewhere it runs what is there, and says for each
// thing that it did not run how to get it.
package main

import (
	"context"
	"errors"
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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), launch.StopSignals()...)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "check: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("check", flag.ExitOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: check [flags]\n\nRuns the checks of the repository around the current folder.\n\n")
		flags.PrintDefaults()
	}
	ci := flags.Bool("ci", os.Getenv("CI") == "true", "fail for what is missing, and install it where that is possible")
	bench := flags.Bool("bench", false, "run the benchmarks of the library on every platform instead")
	golden := flags.Bool("golden", false, "run the conformance suite on every platform and write its matrices, and the page made of them, instead")
	soak := flags.Bool("soak", false, "run what takes long instead: many requests and operations, and the suite again and again, on every platform; "+
		"it prints what was measured")
	slow := flags.Bool("slow", false, "run the conformance suite with the cases that take long, on every platform, instead")
	list := flags.Bool("list", false, "print the names of the steps and run none")
	report := flags.String("report", os.Getenv("ISOHTTP_CHECK_REPORT"), "also write the outcome to `file`, for other programs to read")
	var only *regexp.Regexp
	flags.Func("only", "run the steps whose names match `regexp`, as in \"vet|chromium\"", func(s string) (err error) {
		only, err = regexp.Compile(s)
		return err
	})
	flags.Parse(args)
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	root, err := repository(ctx)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "isohttp-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	c := &checker{root: root, temp: temp, ci: *ci, out: os.Stdout}
	if *ci && !*list {
		if err := install(ctx, c.out); err != nil {
			// What is still missing fails by itself, each thing with its own row.
			fmt.Fprintf(c.out, "installing what is missing: %v\n", err)
		}
	}
	var soaked soakLog
	mode := everything
	switch {
	case *bench && *soak, *bench && *golden, *soak && *golden, *slow && (*bench || *soak || *golden):
		return errors.New("-bench, -soak, -golden and -slow are runs of their own")
	case *bench:
		mode = benchmarks
	case *slow:
		mode = slowCases
	case *golden:
		mode = goldens
	case *soak:
		mode = soaking
		c.out = io.MultiWriter(os.Stdout, &soaked)
	}
	steps, err := c.steps(ctx, mode)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if only != nil && !only.MatchString(s.name()) {
			continue
		}
		if *list {
			fmt.Fprintln(c.out, s.name())
			continue
		}
		soaked.begin(s.platform)
		c.do(ctx, s)
		if ctx.Err() != nil {
			break
		}
	}
	if *list {
		return nil
	}
	err = c.finish(ctx, *report)
	if *soak {
		fmt.Fprintf(os.Stdout, "\n%s", soaked.table())
	}
	return err
}

// repository returns the top folder of the repository around the current folder.
func repository(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", fmt.Errorf("this is not a git checkout, or there is no git: %w", err)
	}
	return filepath.FromSlash(strings.TrimSpace(string(out))), nil
}
