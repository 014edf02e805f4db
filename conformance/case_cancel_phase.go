// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// cancelRounds is how many calls are canceled at each phase.
const cancelRounds = 100

// cancelPhase is a phase of a call at which it is canceled.
type cancelPhase struct {
	what string
	// run is the call. It tells when it is at the phase, as far as the client knows, and
	// returns what the call ends with.
	run func(t *T, c *canceled) error
	// event is what the origin logs of each call that is at the phase, and after what it
	// logs when it has ended; empty where it cannot see it.
	event, after string
	// limit ends the call where nobody can tell when it is at the phase; zero is none.
	limit time.Duration
}

// canceled is a call that is to be canceled.
type canceled struct {
	ctx    context.Context
	cancel func()
	at     chan struct{} // closed at the phase
	done   chan struct{} // closed at the end
	err    error
}

// cancelPhases are the phases that the contract has.
func cancelPhases(t *T) []cancelPhase {
	uploading := cancelPhase{what: "sending the body", run: canceledInUpload}
	if t.Has(driver.UploadStreamHTTP1) {
		uploading.event, uploading.after = EventBodyPart, EventBodyCut
	}
	return []cancelPhase{
		{what: "before the call", run: canceledAtOnce},
		{what: "connecting", run: canceledInConnect, limit: 200 * time.Millisecond},
		uploading,
		{what: "waiting for the header", run: canceledInWait, event: EventGateWait},
		{what: "reading the body", run: canceledInRead, event: EventGateWait},
		{what: "between reads", run: canceledAfterRead, event: EventGateWait},
	}
}

// cancelsLeakNothing cancels calls at every phase, some of them at a time. That nothing is left
// is checked after every case; the runner of wazero counts the host's handles at the end.
func cancelsLeakNothing(t *T) {
	logged := make(map[string]int)
	requests := 0
	for _, phase := range cancelPhases(t) {
		size := t.cancelBatch()
		for range cancelRounds / size {
			logged[phase.event] += size
			logged[phase.after] += size
			t.cancelAll(phase, size, logged)
		}
		if phase.event != "" {
			requests += cancelRounds
		}
	}
	t.Requests(requests, requests)
}

// cancelBatch is how many calls are under way at a time. A page has six connections to a host,
// unless it is HTTP/2 and they share one.
func (t *T) cancelBatch() int {
	if t.Page() && !t.Offers(featureCA) {
		return 5
	}
	return 25
}

// cancelURL is where canceled calls go: over HTTP/2 in pages, see cancelBatch.
func (t *T) cancelURL(scenario string) string {
	if t.Page() && t.Offers(featureCA) {
		return t.bothURL(scenario)
	}
	return t.URL(scenario)
}

// cancelAll starts some calls, waits until all of them are at the phase, cancels them, and wants
// each of them to end with that. It ends the case if one does not.
func (t *T) cancelAll(phase cancelPhase, size int, logged map[string]int) {
	calls := make([]*canceled, size)
	for i := range calls {
		c := t.canceled(phase.limit)
		calls[i] = c
		go func() {
			defer close(c.done)
			c.err = phase.run(t, c)
		}()
	}
	defer func() {
		for _, c := range calls {
			c.cancel()
		}
	}()
	for _, c := range calls {
		if !t.Within(phase.what+": being there", c.at) {
			t.Fatalf("%s: a call does not get there", phase.what)
		}
	}
	if phase.event != "" {
		t.Wait(phase.event, logged[phase.event])
	}
	if phase.limit == 0 {
		for _, c := range calls {
			c.cancel()
		}
	}
	for _, c := range calls {
		if !t.Within(phase.what+": the call's end", c.done) {
			t.Fatalf("%s: a call does not end", phase.what)
		}
		t.ended(phase.what, c.err, c.ctx)
	}
	if phase.after != "" {
		t.Wait(phase.after, logged[phase.after])
	}
}

// canceled makes a call, which ends by itself if there is a limit.
func (t *T) canceled(limit time.Duration) *canceled {
	c := &canceled{at: make(chan struct{}), done: make(chan struct{})}
	c.ctx, c.cancel = t.cancelable()
	if limit > 0 {
		c.ctx, c.cancel = context.WithTimeoutCause(c.ctx, limit, errors.New("the suite does not wait longer"))
	}
	return c
}

func canceledAtOnce(t *T, c *canceled) error {
	c.cancel()
	close(c.at)
	return t.failing(c, http.MethodGet, t.URL("echo"), nil)
}

func canceledInConnect(t *T, c *canceled) error {
	close(c.at)
	return t.failing(c, http.MethodGet, t.unconnectable()+"/", nil)
}

func canceledInWait(t *T, c *canceled) error {
	close(c.at)
	return t.failing(c, http.MethodGet, t.cancelURL("hang"), nil)
}

// canceledInUpload has a body that begins, and whose Read then blocks until it is closed.
func canceledInUpload(t *T, c *canceled) error {
	r, w := io.Pipe()
	go func() {
		defer close(c.at)
		w.Write(make([]byte, declared))
	}()
	return t.failing(c, http.MethodPost, t.cancelURL("echo"), r)
}

func canceledInRead(t *T, c *canceled) error {
	resp, err := t.begun(c, 1000)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	close(c.at)
	_, err = resp.Body.Read(make([]byte, 1000))
	return err
}

func canceledAfterRead(t *T, c *canceled) error {
	resp, err := t.begun(c, 10)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	close(c.at)
	<-c.ctx.Done()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// failing performs an exchange that is canceled before there is a response.
func (t *T) failing(c *canceled, method, url string, body io.Reader) error {
	resp, err := t.Try(t.RequestContext(c.ctx, method, url, body))
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// begun gets a response whose body stalls, and reads some of what there is.
func (t *T) begun(c *canceled, n int) (*http.Response, error) {
	resp, err := t.Try(t.RequestContext(c.ctx, http.MethodGet, t.cancelURL("gate"), nil))
	if err != nil {
		return nil, err
	}
	if _, err = io.ReadFull(resp.Body, make([]byte, n)); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// unconnectable is where no connection comes about, or at least no handshake of TLS.
func (t *T) unconnectable() string {
	a := t.Addresses()
	if a.Full == a.Silent {
		return strings.Replace(a.Full, "http:", "https:", 1)
	}
	return a.Full
}
