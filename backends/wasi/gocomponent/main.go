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
	"syscall"
)

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errUsage is a mistake on the command line that was reported already.
var errUsage = errors.New("usage")

type subcommand struct {
	name, args, about string
	run               func(ctx context.Context, c *call) error
}

func subcommands() []subcommand {
	return []subcommand{
		{"build", "[flags] [package]", "build a package main (or a package's tests) as a component", build},
		{"wrap", "[flags] core.wasm", "make a component of a module that the go command built for wasip1", wrap},
		{"show", "file.wasm", "print what a module or component imports and exports", show},
		{"tools", "[-install]", "say which component tools are here, or get them", tools},
		{"wit", "", "print what a component may ask of its host, in the WIT language", printWIT},
	}
}

// call is one run of a subcommand.
type call struct {
	subcommand
	args           []string
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	switch name {
	case "", "help", "-h", "-help", "--help":
		usage(stderr)
		if name == "" {
			return exitUsage
		}
		return 0
	}
	for _, sub := range subcommands() {
		if sub.name != name {
			continue
		}
		err := sub.run(ctx, &call{subcommand: sub, args: args[1:], stdout: stdout, stderr: stderr})
		switch {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			return exitUsage
		case ctx.Err() != nil:
			fmt.Fprintln(stderr, "gocomponent: interrupted")
		default:
			fmt.Fprintf(stderr, "gocomponent: %v\n", err)
		}
		return exitFailed
	}
	fmt.Fprintf(stderr, "gocomponent: there is no command %q\n", name)
	usage(stderr)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "Gocomponent builds Go programs as WebAssembly components (WASI 0.2).")
	fmt.Fprintln(w, "\nUsage:")
	for _, sub := range subcommands() {
		fmt.Fprintf(w, "  gocomponent %-6s%-20s %s\n", sub.name, sub.args, sub.about)
	}
	fmt.Fprintln(w, "\nEach command explains its flags with -h.")
}

// flags returns a flag set that reports to c.
func (c *call) flags() *flag.FlagSet {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(c.stderr)
	flags.Usage = func() {
		fmt.Fprintf(c.stderr, "usage: gocomponent %s %s\n", c.name, c.subcommand.args)
		flags.PrintDefaults()
	}
	return flags
}

// parse parses the command line and checks the number of arguments behind the flags.
func (c *call) parse(flags *flag.FlagSet, least, most int) error {
	if err := flags.Parse(c.args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return errUsage
	}
	if n := flags.NArg(); n < least || n > most {
		fmt.Fprintf(c.stderr, "gocomponent: %s takes %s\n", c.name, c.subcommand.args)
		flags.Usage()
		return errUsage
	}
	return nil
}
