// SPDX-License-Identifier: MIT

package launch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/isohttp/isohttp/conformance"
)

// ExitRunner is the exit status of a runner that could not run its guest, or could not
// learn how it ended. A guest's own statuses are passed on unchanged.
const ExitRunner = 125

// ExitOverruled is the exit status instead of 0 when the guest says that cases of the
// conformance suite have passed and the origin's log does not bear that out.
const ExitOverruled = 1

// Guest is the program to run and what it is given.
type Guest struct {
	// Path is the wasm file.
	Path string
	// Args are the arguments, Args[0] being the program's name.
	Args []string
	// Env are the variables, as "NAME=value", each name once.
	Env []string
	// Origin serves the tests; its addresses are in Env. Programs that are not
	// tests have no use for it, and it costs them nothing.
	Origin *conformance.Origin
}

// Command is one runner program.
type Command struct {
	// Name is the program's name, as in "nodeexec".
	Name string
	// About says in a few lines what the program runs guests on, and what a guest
	// can and cannot do there.
	About string
	// Engine is the name and the version of what runs the guest, where the guest cannot
	// find that out by itself. It may be empty.
	Engine string
	// Flags adds the program's own flags. It may be nil.
	Flags func(*flag.FlagSet)
	// Run runs the guest and returns its exit status. An error means that the
	// runner failed, not the guest.
	Run func(context.Context, *Guest) (int, error)
}

// Main runs the command with the arguments of the process and exits.
func (c Command) Main() {
	os.Exit(c.main(context.Background(), os.Args[1:], os.Stderr))
}

func (c Command) main(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	env := new(Environment)
	env.AddFlags(flags)
	if c.Flags != nil {
		c.Flags(flags)
	}
	flags.Usage = func() { c.usage(stderr, flags) }
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return ExitRunner
	}
	if flags.NArg() == 0 {
		fmt.Fprintf(stderr, "%s: no program given\n", c.Name)
		c.usage(stderr, flags)
		return ExitRunner
	}
	called := append([]string{os.Args[0]}, args[:len(args)-flags.NArg()]...)
	status, judgement, err := c.run(ctx, flags.Args(), env, called)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", c.Name, err)
		return ExitRunner
	}
	return c.judge(status, judgement, os.Stdout, stderr)
}

// judge has the last word about a guest that has run the conformance suite: what the guest
// says is compared with what its origin saw.
func (c Command) judge(status int, j *conformance.Judgement, stdout, stderr io.Writer) int {
	for _, report := range j.Reports {
		fmt.Fprintln(stdout, "conformance "+report.Line())
	}
	if err := j.Err(); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", c.Name, err)
		if status == 0 {
			return ExitOverruled
		}
	}
	return status
}

// run runs the guest. The runner was called as called says, up to the guest.
func (c Command) run(ctx context.Context, args []string, env *Environment, called []string) (int, *conformance.Judgement, error) {
	if _, err := os.Stat(args[0]); err != nil {
		return 0, nil, err
	}
	origin, err := conformance.StartOrigin()
	if err != nil {
		return 0, nil, fmt.Errorf("starting the test origin: %w", err)
	}
	defer origin.Close()
	status, err := c.Run(ctx, &Guest{
		Path:   args[0],
		Args:   args,
		Env:    env.Select(os.Environ(), append(origin.Environ(), c.identity(called)...)),
		Origin: origin,
	})
	return status, origin.Judgement(), err
}

// identity returns the variables that tell a guest what runs it.
func (c Command) identity(called []string) []string {
	env := []string{conformance.EnvRunner + "=" + c.Name, conformance.EnvExec + "=" + execFlag(called)}
	if c.Engine != "" {
		env = append(env, conformance.EnvEngine+"="+c.Engine)
	}
	return env
}

// execFlag makes the value of the go command's flag -exec of a command line. The flag is split at
// spaces, and quotes keep words together. The values of -env are left out: a guest prints the
// command when a test fails, and they may be secrets.
func execFlag(called []string) string {
	words := make([]string, len(called))
	for i, word := range called {
		dashes := strings.TrimLeft(word, "-")
		if name, pair, ok := strings.Cut(dashes, "="); ok && name == "env" {
			word = "-env=" + withoutValue(pair)
		}
		if i > 0 && strings.TrimLeft(called[i-1], "-") == "env" {
			word = withoutValue(word)
		}
		if strings.ContainsAny(word, " \t\n'\"") {
			quote := "'"
			if strings.Contains(word, quote) {
				quote = `"`
			}
			word = quote + word + quote
		}
		words[i] = word
	}
	return strings.Join(words, " ")
}

func withoutValue(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	return name + "=..."
}

func (c Command) usage(w io.Writer, flags *flag.FlagSet) {
	fmt.Fprintf(w, "usage: %s [flags] program.wasm [arguments]\n", c.Name)
	fmt.Fprintf(w, "       go test -exec '%s [flags]' ./...\n", c.Name)
	fmt.Fprintf(w, "       go run -exec '%s [flags]' . [arguments]\n\n", c.Name)
	fmt.Fprintf(w, "%s\n\nFlags:\n", c.About)
	flags.PrintDefaults()
	fmt.Fprintf(w, "\nThe exit status is the guest's, or %d when the runner itself failed. A guest that says\n"+
		"that conformance cases passed of which the origin saw nothing is overruled: then the status is %d instead of 0.\n",
		ExitRunner, ExitOverruled)
}
