// SPDX-License-Identifier: MIT

// Wasip1mod prints the flag by which the go command builds the examples for GOOS=wasip1:
//
//	GOFLAGS="$(go run ./cmd/wasip1mod)" GOOS=wasip1 GOARCH=wasm go build ./portable
//
// Package azblobwasip1 says why there is one. It is run in the folder of the examples'
// module, or with -C and that folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/isohttp/isohttp/docs/examples/internal/azblobwasip1"
)

func main() {
	dir := flag.String("C", ".", "`folder` of the module that is to be built")
	path := flag.Bool("path", false, "print the path of the file alone")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	modfile, err := azblobwasip1.Prepare(ctx, *dir)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasip1mod:", err)
		os.Exit(1)
	}
	if *path {
		fmt.Println(modfile)
		return
	}
	fmt.Println(quote("-modfile=" + modfile))
}

// quote makes one word of GOFLAGS, which are separated by spaces.
func quote(flag string) string {
	switch {
	case !strings.ContainsAny(flag, " \t'\""):
		return flag
	case !strings.Contains(flag, "'"):
		return "'" + flag + "'"
	}
	return `"` + flag + `"`
}
