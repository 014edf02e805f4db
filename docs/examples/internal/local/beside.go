// SPDX-License-Identifier: MIT

package local

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// Beside is something that a command is run beside.
type Beside struct {
	Environ []string // where it is, for the command
	Close   func() error
}

// RunBeside is the main function of a program that starts something, runs the command of its
// arguments beside it, and exits with that command's status; with 1 when nothing could be started,
// and with 2 for a wrong command line.
func RunBeside(name, what string, start func(context.Context) (Beside, error)) {
	flag.Usage = func() {
		fmt.Fprintf(os.Stderr, "usage: %s -- command [arguments]\n\n%s\n", name, what)
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status, err := runBeside(ctx, flag.Args(), start)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	os.Exit(status)
}

func runBeside(ctx context.Context, args []string, start func(context.Context) (Beside, error)) (status int, err error) {
	beside, err := start(ctx)
	if err != nil {
		return 1, err
	}
	defer func() {
		if err2 := beside.Close(); err2 != nil {
			status, err = max(status, 1), errors.Join(err, err2)
		}
	}()
	cmd := Command(ctx, "", beside.Environ, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil // the command has said why itself
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
