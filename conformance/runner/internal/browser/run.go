// SPDX-License-Identifier: MIT

package browser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/isohttp/isohttp/conformance/runner/internal/launch"
	"github.com/isohttp/isohttp/conformance/runner/internal/page"
)

const (
	// loadLimit bounds the time from the browser's start to the page's first script. A
	// cold start on a loaded machine takes some ten seconds.
	loadLimit = 90 * time.Second
	// lastWords is how long a result may take that a page has sent before it went.
	lastWords = 2 * time.Second
)

// Runner runs guests in a browser.
type Runner struct {
	Browser Browser
	// Secure has the page come by https, from the origin's listener with a good
	// certificate, which is then the main one. Cases of mixed content need that.
	Secure bool
	// Log gets the browser's own messages. It may be nil.
	Log io.Writer
}

// Run runs guest in a page and returns its exit status.
func (r Runner) Run(ctx context.Context, guest *launch.Guest) (int, error) {
	ctx, stop := signal.NotifyContext(ctx, launch.StopSignals()...)
	defer stop()
	wasmExec, err := launch.WasmExec(ctx)
	if err != nil {
		return 0, err
	}
	if err := launch.CheckJSArea(guest.Args, guest.Env); err != nil {
		return 0, err
	}
	authority := ""
	if CanTrust() == nil {
		authority = guest.Origin.Addresses().CA
		guest.Offer("ca")
	}
	var mux page.Mux = guest.Origin
	if r.Secure {
		if mux, err = secure(guest); err != nil {
			return 0, err
		}
	}
	p, err := page.Mount(mux, page.Program{
		Path: guest.Path, WasmExec: wasmExec, Args: guest.Args, Env: guest.Env,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	if err != nil {
		return 0, err
	}
	defer p.Close()
	proc, err := r.Browser.Start(ctx, p.URL(), authority, r.Log)
	if err != nil {
		return 0, err
	}
	result := r.wait(ctx, p, proc)
	return result.Status, errors.Join(result.Err, proc.Stop())
}

// wait waits for the first of all the ways in which a run can end.
func (r Runner) wait(ctx context.Context, p *page.Page, proc *Process) page.Result {
	failed := func(what string) page.Result {
		if log := proc.Log(); log != "" {
			what += "; its last messages:\n" + log
		}
		return page.Result{Err: fmt.Errorf("%s %s", r.Browser.Name, what)}
	}
	load := time.NewTimer(loadLimit)
	defer load.Stop()
	select {
	case <-p.Loaded():
	case <-load.C:
		return failed(fmt.Sprintf("did not load the page within %v", loadLimit))
	case <-proc.Done():
		return failed("ended before it had loaded the page")
	case <-ctx.Done():
		return page.Result{Err: errors.New("interrupted")}
	}
	var end string
	select {
	case result := <-p.Result():
		return result
	case <-ctx.Done():
		return page.Result{Err: errors.New("interrupted")}
	case <-p.Gone():
		end = "lost the page before the program had ended"
	case <-proc.Done():
		end = "ended before the program had"
	}
	select {
	case result := <-p.Result():
		return result
	case <-time.After(lastWords):
		return failed(end)
	}
}
