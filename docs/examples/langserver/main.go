// SPDX-License-Identifier: MIT

// Langserver is a stand-in for the language detection of Azure AI Language, to run on
// one's own machine: package service behind a listener.
//
// It prints one line on standard output, its address, once it is ready to serve.
// Everything else goes to standard error, and no text or key ever does.
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
	"strings"
	"syscall"
	"time"

	"github.com/isohttp/isohttp/docs/examples/langserver/service"
)

// keyVariable is the environment variable that the key is taken from without a flag.
const keyVariable = "LANGSERVER_KEY"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type config struct {
	addr      string
	key       string
	stopOnEOF bool
}

// run is main with its surroundings as arguments. It returns the exit code: 2 for a wrong
// command line, 1 for a failure, 0 after it was told to stop.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	c, code := parse(args, getenv, stderr)
	if c == nil {
		return code
	}
	if err := serve(ctx, c, stdin, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "langserver:", err)
		return 1
	}
	return 0
}

// parse reads the command line. A nil config comes with the exit code.
func parse(args []string, getenv func(string) string, stderr io.Writer) (*config, int) {
	var c config
	var keyFile string
	fs := flag.NewFlagSet("langserver", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprintf(stderr, "usage: langserver [flags]\n\nServes language detection in the manner of Azure AI Language. The key comes from\n-key-file, -key or $%s.\n\n", keyVariable)
		fs.PrintDefaults()
	}
	fs.StringVar(&c.addr, "addr", "127.0.0.1:0", "`host:port` to listen on; port 0 is a free one")
	fs.StringVar(&c.key, "key", "", "the `key` that calls must carry; other users of the machine can see it")
	fs.StringVar(&keyFile, "key-file", "", "`file` whose first line is the key")
	fs.BoolVar(&c.stopOnEOF, "stop-on-eof", false, "stop when standard input ends, for a parent process that may die")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, 0
		}
		return nil, 2
	}
	wrong := func(text string) (*config, int) {
		fmt.Fprintln(stderr, "langserver:", text)
		fs.Usage()
		return nil, 2
	}
	if fs.NArg() > 0 {
		return wrong("unexpected argument")
	}
	switch {
	case keyFile != "" && c.key != "":
		return wrong("-key and -key-file exclude each other")
	case keyFile != "":
		text, err := os.ReadFile(keyFile)
		if err != nil {
			return wrong(err.Error())
		}
		line, _, _ := strings.Cut(string(text), "\n")
		c.key = strings.TrimSpace(line)
	case c.key == "":
		c.key = getenv(keyVariable)
	}
	if c.key == "" {
		return wrong("no key")
	}
	return &c, 0
}

// serve listens and serves until ctx ends, or standard input when c says so.
func serve(ctx context.Context, c *config, stdin io.Reader, stdout, stderr io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if c.stopOnEOF {
		go func() {
			io.Copy(io.Discard, stdin)
			stop()
		}()
	}
	// Listening first makes a wrong address fail before the long part.
	listener, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	detector, err := load(ctx, stderr)
	if err != nil {
		return nil // told to stop before it was ready
	}
	server := &http.Server{
		Handler:           service.Handler(detector, c.key),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "http://%s\n", listener.Addr())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, done := context.WithTimeout(context.Background(), 2*time.Second)
	defer done()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	return nil
}

// load loads the models and says how far it is. It gives up when ctx ends.
func load(ctx context.Context, stderr io.Writer) (service.Detector, error) {
	start := time.Now()
	type step struct {
		language    string
		done, total int
	}
	steps, loaded := make(chan step), make(chan service.Detector, 1)
	go func() {
		loaded <- service.Load(func(language string, done, total int) {
			select {
			case steps <- step{language, done, total}:
			case <-ctx.Done():
			}
		})
	}()
	for {
		select {
		case s := <-steps:
			fmt.Fprintf(stderr, "langserver: language models %d/%d: %s\n", s.done, s.total, s.language)
		case d := <-loaded:
			fmt.Fprintf(stderr, "langserver: ready after %.1f s\n", time.Since(start).Seconds())
			return d, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
