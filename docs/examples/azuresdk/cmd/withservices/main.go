// SPDX-License-Identifier: MIT

// Command withservices starts the services that the tests of package azuresdk need and
// runs a command with their addresses in its environment:
//
//	go run ./azuresdk/cmd/withservices -- go test ./azuresdk
//
// It is run in the folder docs/examples or below. When the command has ended, the services
// are stopped. It exits with the command's status, with 1 when there are no services, and
// with 2 for a wrong command line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/isohttp/isohttp/docs/examples/azuresdk/internal/services"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: withservices -- command [arguments]\n\nRuns a command with Azurite, an authority and a vault beside it.")
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status, err := run(ctx, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "withservices:", err)
	}
	os.Exit(status)
}

func run(ctx context.Context, args []string) (status int, err error) {
	s, err := services.Start(ctx, "withservices", os.Stderr)
	if err != nil {
		return 1, err
	}
	defer func() {
		if err2 := s.Close(); err2 != nil {
			status, err = max(status, 1), errors.Join(err, err2)
		}
	}()
	return runWith(ctx, s.Settings().Environ(), args)
}

// runWith runs a command with further variables and returns its exit status.
func runWith(ctx context.Context, env, args []string) (int, error) {
	cmd := local.Command(ctx, "", env, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil // the command has said why itself
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
