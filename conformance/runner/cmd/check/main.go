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
	"fmt"
	"io"
	"os"

	"github.com/isohttp/isohttp/conformance/runner/internal/tool"
)

func main() { tool.Main("check", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := tool.NewFlags("check", "Runs the checks of the repository around the current folder.")
	ci := flags.Bool("ci", os.Getenv("CI") == "true", "fail for what is missing, and install it where that is possible")
	bench := flags.Bool("bench", false, "run the benchmarks of the library on every platform instead")
	golden := flags.Bool("golden", false, "run the conformance suite on every platform and write its matrices, and the page made of them, instead")
	soak := flags.Bool("soak", false, "run what takes long instead: many requests and operations, and the suite again and again, on every platform; "+
		"it prints what was measured")
	slow := flags.Bool("slow", false, "run the conformance suite with the cases that take long, on every platform, instead")
	list := flags.Bool("list", false, "print the names of the steps and run none")
	report := flags.String("report", os.Getenv("ISOHTTP_CHECK_REPORT"), "also write the outcome to `file`, for other programs to read")
	only := flags.Only("run the steps whose names match `regexp`, as in \"vet|chromium\"")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := tool.Repository(ctx)
	if err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "isohttp-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	c := &checker{root: root, temp: temp, ci: *ci, out: out}
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
		c.out = io.MultiWriter(out, &soaked)
	}
	steps, err := c.steps(ctx, mode)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if *only != nil && !(*only).MatchString(s.name()) {
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
		fmt.Fprintf(out, "\n%s", soaked.table())
	}
	return err
}
