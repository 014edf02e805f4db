// SPDX-License-Identifier: MIT

package dropin

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
)

// Options say what to run.
type Options struct {
	Root string         // the repository
	Only *regexp.Regexp // names of libraries; nil means all
	Out  io.Writer
}

// Run runs the suites and prints a table. It fails when a difference is not explained, and
// when the requests did not go where they should.
func Run(ctx context.Context, opts Options) error {
	var libs []library
	var packages []string
	for _, lib := range libraries() {
		if opts.Only == nil || opts.Only.MatchString(lib.name) {
			libs, packages = append(libs, lib), append(packages, lib.paths()...)
		}
	}
	if len(libs) == 0 {
		return fmt.Errorf("no such library")
	}
	temp, err := os.MkdirTemp("", "isohttp-dropin-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	b, err := newBench(ctx, opts.Root, temp)
	if err != nil {
		return err
	}
	std, err := b.run(ctx, standard, "", packages)
	if err != nil {
		return err
	}
	our, err := b.run(ctx, ours, "", packages)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(opts.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "library\tversion\ttests\tpassed standard\tpassed ours\trequests\tthrough ours")
	var faults []string
	for _, lib := range libs {
		r := summarize(lib, std, our)
		percent := 0.0
		if r.requests > 0 {
			percent = 100 * float64(r.ours) / float64(r.requests)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%.1f %%\n", r.library, r.version, r.tests, r.passedStandard, r.passedOurs, r.requests, percent)
		faults = append(faults, r.faults...)
	}
	w.Flush()
	for _, lib := range libs {
		found := compare(lib.name, lib.paths(), std, our)
		again, err := b.again(ctx, lib, unexplained(explanations(), found))
		if err != nil {
			return err
		}
		faults = append(faults, judge(opts.Out, explanations(), lib, found, again)...)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d faults:\n%s", len(faults), strings.Join(faults, "\n"))
	}
	return nil
}

// newBench prepares the folders.
func newBench(ctx context.Context, root, temp string) (bench, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	source, err := httpSource(ctx)
	if err != nil {
		return bench{}, err
	}
	// All libraries, whatever is run: the folder is the same then.
	work, err := prepare(ctx, filepath.Join(cache, "isohttp", "dropin"), root, source, libraries())
	if err != nil {
		return bench{}, err
	}
	data, err := overlay(work, source)
	if err != nil {
		return bench{}, err
	}
	b := bench{work: work, overlay: filepath.Join(temp, "overlay.json"), temp: temp}
	return b, os.WriteFile(b.overlay, data, 0o666)
}
