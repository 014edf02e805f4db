// SPDX-License-Identifier: MIT

// Command withkillable starts the storage account of the endurance test and runs a command
// with its address in the environment:
//
//	go run ./azuresdk/endurance/cmd/withkillable -- go test ./azuresdk/endurance
//
// It is run in the folder docs/examples or below. When the command has ended, the account
// is removed. It exits with the command's status, with 1 when there is no account, and with
// 2 for a wrong command line.
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

	"github.com/isohttp/isohttp/docs/examples/azuresdk/endurance/internal/killable"
	"github.com/isohttp/isohttp/docs/examples/internal/local"
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: withkillable -- command [arguments]\n\nRuns a command with a storage account beside it that can be killed.")
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
		fmt.Fprintln(os.Stderr, "withkillable:", err)
	}
	os.Exit(status)
}

func run(ctx context.Context, args []string) (status int, err error) {
	store, err := killable.Start(ctx, os.Stderr)
	if err != nil {
		return 1, err
	}
	defer func() {
		if err2 := store.Close(); err2 != nil {
			status, err = max(status, 1), errors.Join(err, err2)
		}
	}()
	cmd := local.Command(ctx, "", store.Account().Environ(), args[0], args[1:]...)
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
