// SPDX-License-Identifier: MIT

package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/isohttp/isohttp/transport"
)

// The exit codes of the program. A WebAssembly component host knows only success and
// failure, and turns the last two into one.
const (
	exitOK      = 0
	exitFailure = 1 // a call failed, or a document has an error
	exitUsage   = 2 // wrong command line or settings; nothing was sent
)

// Env is what a run of the program has around it.
type Env struct {
	Args   []string // without the program's name
	Getenv func(string) string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer

	// Transport carries the requests. Nil is transport.Default.
	Transport policy.Transporter
}

const usage = `usage:
  portable [detect] [flags] [text ...]     name the language of texts
  portable storage [flags] [step ...]      move data to and from a blob store

portable detect -h and portable storage -h list the flags. The exit code is 0 when all
went well, 1 when a call failed or a document has an error, 2 for a wrong command
line, in which case nothing was sent.
`

// Run runs the program and returns its exit code. The first argument names the job;
// without a name the job is detect.
func Run(ctx context.Context, env *Env) int {
	e := *env
	if e.Transport == nil {
		e.Transport = transport.Default()
	}
	job := (*Env).detect
	if len(e.Args) > 0 {
		switch e.Args[0] {
		case "detect":
			e.Args = e.Args[1:]
		case "storage":
			job, e.Args = (*Env).storage, e.Args[1:]
		case "help":
			fmt.Fprint(e.Stdout, usage)
			return exitOK
		}
	}
	err := job(&e, ctx)
	var wrong *usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &wrong):
		if wrong.text != "" {
			fmt.Fprintf(e.Stderr, "portable: %s\n", wrong.text)
		}
		wrong.flags.Usage()
		return exitUsage
	case err != errReported:
		fmt.Fprintf(e.Stderr, "portable: %s\n", Explain(err))
	}
	return exitFailure
}

// errReported is a failure that the output tells about already.
var errReported = errors.New("reported")

// usageError is a mistake in the command line or the settings. Its text never has a key
// in it.
type usageError struct {
	text  string
	flags *flag.FlagSet
}

func (e *usageError) Error() string { return e.text }

// newFlags returns the flags of a job.
func (e *Env) newFlags(name, synopsis, about string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(e.Stderr)
	fs.Usage = func() {
		fmt.Fprintf(e.Stderr, "usage: portable %s\n\n%s\n", synopsis, about)
		fs.PrintDefaults()
	}
	return fs
}

// parse reads the job's flags. An error of package flag becomes a usageError, so that the
// usage is shown once, below the reason.
func (e *Env) parse(fs *flag.FlagSet) error {
	usage := fs.Usage
	fs.Usage = func() {}
	err := fs.Parse(e.Args)
	fs.Usage = usage
	if errors.Is(err, flag.ErrHelp) {
		usage()
		return err
	}
	if err != nil {
		return &usageError{flags: fs} // package flag has printed the reason
	}
	return nil
}

// withTimeout is context.WithTimeout, and no limit for zero.
func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}
