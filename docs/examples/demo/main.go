// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

// seedText is what is asked about without $TEXT, and its language is known.
const (
	seedText     = "Bonjour mon ami."
	seedLanguage = "French"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// config is the command line.
type config struct {
	texts []string
	only  []string // platforms to run on; all for none
	size  int64    // of the blob
}

// run is main with its surroundings as arguments.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	c, err := parse(args, getenv, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	d := &demo{config: *c, install: true, log: local.NewLog("demo", stderr)}
	err = d.run(ctx, stdout)
	d.close()
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "demo: interrupted")
		return 1
	case err != nil:
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	return 0
}

func parse(args []string, getenv func(string) string, stderr io.Writer) (*config, error) {
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintf(stderr, "usage: demo [flags]\n\nRuns the portable example on every platform of this machine. $TEXT has the texts to\nask about, one a line.\n\n")
		fs.PrintDefaults()
	}
	only := fs.String("only", "", "run on these `platforms` only, separated by commas: "+strings.Join(platformNames(), ", "))
	mib := fs.Int64("mib", 32, "size of the blob, in MiB")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	wrong := func(format string, v ...any) (*config, error) {
		err := fmt.Errorf(format, v...)
		fmt.Fprintln(stderr, "demo:", err)
		fs.Usage()
		return nil, err
	}
	if fs.NArg() > 0 {
		return wrong("texts are given in $TEXT")
	}
	if *mib < 1 || *mib > 512 {
		return wrong("-mib has to be between 1 and 512")
	}
	c := &config{texts: []string{seedText}, size: *mib << 20}
	if text := strings.TrimSpace(getenv("TEXT")); text != "" {
		c.texts = nil
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				c.texts = append(c.texts, line)
			}
		}
	}
	if *only != "" {
		for name := range strings.SplitSeq(*only, ",") {
			if !slices.Contains(platformNames(), name) {
				return wrong("there is no platform %q", name)
			}
			c.only = append(c.only, name)
		}
	}
	return c, nil
}
