// SPDX-License-Identifier: MIT

package sdkcases

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport/driver"
	"github.com/isohttp/isohttp/transport/retry"
)

// retrying is an http.Client that sends again, over the transport under test. Unless a
// server asks for more it does not wait.
func retrying(t *conformance.T, opts retry.Options) (*http.Client, *tripper) {
	r := &tripper{next: t.Client().Transport}
	if opts.RetryDelay == 0 {
		opts.RetryDelay = -1
	}
	return retry.NewClient(r, &opts), r
}

// finish reads a response to its end.
func finish(t *conformance.T, resp *http.Response, err error) string {
	if err != nil {
		t.Fatalf("got the error %v, want a response", err)
	}
	defer resp.Body.Close()
	return string(t.Read(resp))
}

// seekable is a watched body that can go back by itself.
type seekable struct {
	*conformance.Body
	io.Seeker
}

func retriedBodies(t *conformance.T) {
	data := conformance.Pattern(100_000, 1)
	client, r := retrying(t, retry.Options{})
	for what, prepare := range map[string]func(*http.Request){
		"GetBody": func(*http.Request) {},
		"a copy":  func(req *http.Request) { req.GetBody = nil },
		"Seek": func(req *http.Request) {
			src := bytes.NewReader(data)
			req.Body, req.GetBody = seekable{t.Watch(src), src}, nil
		},
	} {
		req := t.Request(http.MethodPut, t.URL("flaky", "step", "503", "step", "503", "step", "200", "by", what), bytes.NewReader(data))
		if what == "Seek" {
			req.Body.Close() // another one takes its place
		}
		prepare(req)
		resp, err := client.Do(req)
		t.Equal(what+": body", finish(t, resp, err), "flaky")
		t.Equal(what+": status", resp.StatusCode, 200)
		t.Equal(what+": tries", r.take(), 3)
	}
	t.Equal("open bodies", r.bodies(), 0)
	t.Expect(conformance.Values(conformance.EventBodyEnd, "sha256", times(9, hashOf(data))...),
		conformance.Each(conformance.EventRequest, "method", http.MethodPut))
}

func retryAfter(t *conformance.T) {
	client, _ := retrying(t, retry.Options{})
	resp, err := client.Do(t.Get(t.URL("flaky", "step", "503", "step", "200", "header", "Retry-After:1")))
	t.Equal("body", finish(t, resp, err), "flaky")
	t.Equal("status", resp.StatusCode, 200)
}

func sameDecisions(t *conformance.T) {
	client, r := retrying(t, retry.Options{})
	fails := func(what string, req *http.Request, tries int) error {
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s: got the response %s, want an error", what, resp.Status)
		}
		t.Equal(what+": tries", r.take(), tries)
		return err
	}
	// On a host of its own: what is reset on a connection that has served, platforms repeat by
	// themselves, once for each connection that they have kept.
	lost := strings.Replace(t.URL("script", "name", "reset"), "//127.0.0.1:", "//localhost:", 1)
	kind(t, "reset", fails("reset", t.Get(lost), 4), driver.KindNetwork, driver.KindProtocol, driver.KindOther)
	kind(t, "refused", fails("refused", t.Get(t.Addresses().Dead+"/"), 4), driver.KindNetwork, driver.KindOther)
	kind(t, "bad scheme", fails("bad scheme", t.Get("ftp://127.0.0.1/"), 1), driver.KindInvalid)
	bad := t.Get(t.URL("echo"))
	bad.Header["X-Test"] = []string{"a\nb"}
	fails("bad header", bad, 1)

	// http.Client's limit is above the retries; a platform that hides redirects gives an
	// error of its own.
	loop := t.Get(t.URL("redirect", "loop", "1"))
	hops := 1
	if t.Has(driver.RedirectExpose) {
		hops = 10
		fails("redirect limit", loop, hops)
	} else {
		kind(t, "redirect hidden", fails("redirect hidden", loop, hops), driver.KindUnsupported)
	}
	t.Requests(4+hops, 8+hops)
}

var errEnough = errors.New("the case has seen enough")

// heard is a log that tells when a line is written.
type heard struct {
	slog.Handler
	lines chan string
}

// Enabled implements slog.Handler.
func (heard) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (h heard) Handle(_ context.Context, r slog.Record) error {
	h.lines <- r.Message
	return nil
}

func retryCanceled(t *conformance.T) {
	for _, c := range []struct{ what, step string }{{"back-off", "503"}, {"attempt", "hang"}} {
		log := heard{slog.DiscardHandler, make(chan string, 10)}
		client, r := retrying(t, retry.Options{RetryDelay: time.Hour, MaxRetryDelay: 2 * time.Hour, Logger: slog.New(log)})
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan struct{})
		var err error
		go func() {
			defer close(done)
			var resp *http.Response
			if resp, err = client.Do(t.RequestContext(ctx, http.MethodGet, flaky(t, c.step), nil)); err == nil {
				resp.Body.Close()
			}
		}()
		if c.step == "hang" {
			t.Wait(conformance.EventGateWait, 1)
		} else {
			select {
			case <-log.lines: // it is about to wait
			case <-t.Context().Done():
			}
		}
		cancel(errEnough)
		if t.Within(c.what+": the end of the call", done) {
			ended(t, c.what, err, ctx)
			t.True(errors.Is(err, errEnough), "%s: %v does not match the context's cause", c.what, err)
		}
		t.Equal(c.what+": tries", r.take(), 1)
	}
}

func retryLeavesNothing(t *conformance.T) {
	client, r := retrying(t, retry.Options{})
	resp, err := client.Do(t.Get(flaky(t, "503", "stall-503", "502", "200")))
	if err != nil {
		t.Fatalf("got the error %v, want a response", err)
	}
	t.Equal("open bodies beside the last one", r.bodies(), 1)
	finish(t, resp, err)
	t.Equal("status", resp.StatusCode, 200)
	t.Equal("open bodies", r.bodies(), 0)
	t.Equal("tries", r.take(), 4)
	// The one that did not end was stopped.
	if t.Has(driver.AbortWire) {
		t.Wait(conformance.EventGone, 1)
		t.Expect(conformance.Count(conformance.EventGone, 1))
	}
}
