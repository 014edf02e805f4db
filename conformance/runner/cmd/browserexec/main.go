// SPDX-License-Identifier: MIT

// Command browserexec runs a Go program built for GOOS=js in a page of a headless browser,
// for the -exec flag of go test and go run.
package main

import (
	"context"
	"flag"
	"os"

	"github.com/isohttp/isohttp/conformance/runner/internal/browser"
	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
)

const about = `browserexec runs a program built with GOOS=js GOARCH=wasm in a page of a headless
browser, under the Content-Security-Policy "script-src 'self' 'wasm-unsafe-eval'". The
page comes from the test origin. The program has this command's input and output, but none
of this machine's files: its own are in memory, empty at the start, and gone at the end, so
that t.TempDir works, and -coverprofile leaves nothing.
The browser has a fresh profile and is ended, with all of its processes, at the end.
ISOHTTP_BROWSER_PATH names the executable to use instead of one in PATH.`

func main() {
	var name string
	var log, secure bool
	launch.Command{
		Name:  "browserexec",
		About: about,
		Flags: func(flags *flag.FlagSet) {
			flags.StringVar(&name, "browser", "chromium", "the browser's `name`")
			flags.BoolVar(&secure, "secure", false, "let the page come by https")
			flags.BoolVar(&log, "browser-log", false, "show the browser's own messages")
		},
		Run: func(ctx context.Context, guest *launch.Guest) (int, error) {
			b, err := browser.ByName(name)
			if err != nil {
				return 0, err
			}
			runner := browser.Runner{Browser: b, Secure: secure}
			if log {
				runner.Log = os.Stderr
			}
			return runner.Run(ctx, guest)
		},
	}.Main()
}
