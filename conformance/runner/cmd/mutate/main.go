// SPDX-License-Identifier: MIT

// Command mutate tests the conformance suite: it breaks the library in one place at a time,
// as the patches in conformance/runner/mutants say, and demands that the case that is named
// there fails on the profile that is named there. "make mutate" calls it.
//
// The library that is broken is a copy, in a folder for temporary files. Before anything is
// broken, the same cases have to pass.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/isohttp/isohttp/conformance/runner/internal/tool"
)

func main() { tool.Main("mutate", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := tool.NewFlags("mutate", "Breaks the library and demands that the conformance suite notices.")
	list := flags.Bool("list", false, "print the mutants and run none")
	only := flags.Only("take the mutants whose line in -list matches `regexp`, as in \"chromium|UP-11\"")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := tool.Repository(ctx)
	if err != nil {
		return err
	}
	all, err := readMutants(filepath.Join(root, filepath.FromSlash(mutantsDir)))
	if err != nil {
		return err
	}
	var chosen []mutant
	for _, m := range all {
		if *only == nil || (*only).MatchString(m.String()) {
			chosen = append(chosen, m)
		}
	}
	if *list {
		for _, m := range chosen {
			fmt.Fprintln(out, m)
		}
		return nil
	}
	outcomes, err := try(ctx, root, chosen, out)
	if err != nil {
		return err
	}
	return finish(out, outcomes)
}

// try judges mutants in a copy of the library.
func try(ctx context.Context, root string, chosen []mutant, log io.Writer) ([]outcome, error) {
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no mutant to try")
	}
	temp, err := os.MkdirTemp("", "isohttp-mutate-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	l := &laboratory{root: root, temp: temp, tree: filepath.Join(temp, "tree"), log: log}
	if err := copyTree(ctx, root, l.tree); err != nil {
		return nil, err
	}
	if err := l.control(ctx, chosen); err != nil {
		return nil, err
	}
	var outcomes []outcome
	for _, m := range chosen {
		start := time.Now()
		evidence, err := l.mutate(ctx, m)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("interrupted")
		}
		outcomes = append(outcomes, outcome{m, evidence, err, time.Since(start).Seconds()})
		if err != nil {
			fmt.Fprintf(log, "NOT CAUGHT %s\n%v\n", m, err)
		} else {
			fmt.Fprintf(log, "caught %s\n", m)
		}
	}
	return outcomes, nil
}

// outcome is what became of a mutant.
type outcome struct {
	mutant
	evidence string // what the suite said
	err      error  // nil if the mutant was caught
	seconds  float64
}

// finish prints the table. It fails if a mutant was not caught.
func finish(out io.Writer, outcomes []outcome) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nmutant\tcase\tprofile\tresult\tseconds\tbecause")
	missed := 0
	for _, o := range outcomes {
		word, because := "caught", o.evidence
		if o.err != nil {
			missed++
			word, because = "NOT CAUGHT", o.err.Error()
		}
		because, _, _ = strings.Cut(because, "\n")
		if len(because) > 90 {
			because = strings.ToValidUTF8(because[:90], "") + " ..."
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.1f\t%s\n", o.name, o.id, o.profile, word, o.seconds, because)
	}
	w.Flush()
	fmt.Fprintf(out, "\n%d mutants, %d caught\n", len(outcomes), len(outcomes)-missed)
	if missed > 0 {
		return fmt.Errorf("%d of %d mutants were not caught", missed, len(outcomes))
	}
	return nil
}
