// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/isohttp/isohttp/docs/examples/internal/local"
	"github.com/isohttp/isohttp/docs/examples/page/server"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// defaultLimit is the size of the files that the page takes. It is what browsers' Blobs, in
// which a download is gathered, can be relied on to hold.
const defaultLimit = 256 // MiB

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// config is the command line.
type config struct {
	addr  string
	limit int64 // bytes
}

// run is main with its surroundings as arguments. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	if err := demo(ctx, c, stdout, stderr); err != nil && ctx.Err() == nil {
		fmt.Fprintln(stderr, "page:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*config, error) {
	fs := flag.NewFlagSet("page", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, "usage: page [flags]\n\nServes the demo page, with the services that it uses, until it is interrupted.\n\n")
		fs.PrintDefaults()
	}
	port := fs.Uint("port", 0, "`port` of 127.0.0.1 to listen on; 0 is a free one")
	limit := fs.Int64("limit", defaultLimit, "largest file that the page takes, in `MiB`")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	wrong := func(text string) (*config, error) {
		fmt.Fprintln(stderr, "page:", text)
		fs.Usage()
		return nil, errors.New(text)
	}
	switch {
	case fs.NArg() > 0:
		return wrong("there are no arguments")
	case *port > 65535:
		return wrong("-port has to be at most 65535")
	case *limit < 1 || *limit > 4096:
		return wrong("-limit has to be between 1 and 4096")
	}
	return &config{fmt.Sprintf("127.0.0.1:%d", *port), *limit << 20}, nil
}

// demo starts everything and serves until ctx ends.
func demo(ctx context.Context, c *config, stdout, stderr io.Writer) (err error) {
	// Listening first makes a wrong port fail before the long part.
	listener, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	address := "http://" + listener.Addr().String()
	log := local.NewLog("page", stderr)
	host, err := local.New(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	language, account, lacks, err := services(ctx, host, address)
	if err != nil {
		return err
	}
	settings := server.Settings{LanguageEndpoint: language.Endpoint, MaxFileBytes: c.limit}
	if account != nil {
		settings.StorageEndpoint, settings.StorageAccount = account.Endpoint, account.Name
	}
	files, err := programs(ctx, host)
	if err != nil {
		return err
	}
	handler, err := site(files, settings)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\npage:          %s/\none tag:       %s/onetag.html\nlanguage key:  %s\n", address, address, language.Key)
	if account != nil {
		fmt.Fprintf(stdout, "storage key:   %s\n", account.Key)
	} else {
		fmt.Fprintf(stdout, "no blob store: %v\n", lacks)
	}
	fmt.Fprintf(stdout, "\nThe keys are of this run only. Ctrl+C ends it.\n")
	return serve(ctx, listener, handler)
}

// services starts the language service and the blob store. Without what the latter needs,
// account is nil and lacks says how to get it.
func services(ctx context.Context, host *local.Host, origin string) (language *local.Language, account *app.Account, lacks *local.Missing, err error) {
	if language, err = host.StartLanguage(ctx); err != nil {
		return nil, nil, nil, err
	}
	accounts, err := host.StartStorage(ctx, "pagedemo")
	if errors.As(err, &lacks) {
		return language, nil, lacks, nil
	}
	if err != nil {
		return nil, nil, nil, err
	}
	return language, accounts[0], nil, local.AllowPages(ctx, accounts[0], origin)
}

// serve serves until ctx ends.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return s.Close()
	}
}
