// SPDX-License-Identifier: MIT

// Azurecors lets pages of some origins use a storage account, in Azure or of Azurite, by the
// CORS rules of package azure:
//
//	AZURE_STORAGE_CONNECTION_STRING=... go run ./cmd/azurecors -origin https://app.example
//	go run ./cmd/azurecors -origin https://app.example -print
//
// Rules for other origins stay. With -print it says what the rules are and asks no service,
// for those who set them in the portal. A page cannot do this itself: a service without a
// rule lets none in.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const variable = "AZURE_STORAGE_CONNECTION_STRING"

// limit is for all services together.
const limit = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with its surroundings as arguments.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	var origins []string
	flags := flag.NewFlagSet("azurecors", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Func("origin", "`origin` of the pages, as https://host or https://host:port; * for all; may be repeated", func(s string) error {
		origins = append(origins, s)
		return nil
	})
	names := flags.String("services", "blob,queue,table", "`services` to set the rule of, separated by commas")
	only := flags.Bool("print", false, "print the rules and change nothing")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	fail := func(code int, err error) int {
		fmt.Fprintln(stderr, "azurecors:", err)
		return code
	}
	if flags.NArg() > 0 {
		return fail(2, fmt.Errorf("unknown argument %q", flags.Arg(0)))
	}
	services, err := servicesOf(strings.Split(*names, ","))
	if err != nil {
		return fail(2, err)
	}
	for _, s := range services {
		if err := s.rule(origins...).Check(); err != nil {
			return fail(2, err)
		}
	}
	if *only {
		for _, s := range services {
			fmt.Fprintf(stdout, "%s: %s\n", s.name, s.rule(origins...))
		}
		return 0
	}
	connection := getenv(variable)
	if connection == "" {
		return fail(2, errors.New("set "+variable+" to the account's connection string, or use -print"))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, s := range services {
		changed, err := apply(ctx, s, connection, s.rule(origins...))
		if err != nil {
			return fail(1, fmt.Errorf("%s service: %w", s.name, withoutAddress(err)))
		}
		what := "is there already"
		if changed {
			what = "is set"
		}
		fmt.Fprintf(stdout, "%s: the rule %s\n", s.name, what)
	}
	return 0
}

// withoutAddress returns err, or the part of the SDK's error that does not print the
// address: a connection string may hold a signature, which is in the address then.
func withoutAddress(err error) error {
	var re *azcore.ResponseError
	if errors.As(err, &re) {
		return fmt.Errorf("the service answered %d %s", re.StatusCode, re.ErrorCode)
	}
	return err
}
