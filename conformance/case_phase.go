// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// The limit of a phase that is to exceed it, and that of one that is not. A phase that is
// slow beside it takes more than twice the short one.
const (
	phaseShort = 800 * time.Millisecond
	phaseLong  = time.Hour
)

// phaseLimits returns a case's options with a limit for each phase: the short one for the
// phase named, the long one for the others.
func phaseLimits(short string) Config {
	limit := func(phase string) time.Duration {
		if phase == short {
			return phaseShort
		}
		return phaseLong
	}
	return Config{ConnectTimeout: limit("connect"), FirstByteTimeout: limit("first byte"), BetweenBytesTimeout: limit("between bytes")}
}

// phaseRun sends a request with a limit that is short for one phase, and reads the response.
func (t *T) phaseRun(short, url string) *reading {
	o := &reading{done: make(chan struct{})}
	tr, err := t.New(phaseLimits(short))
	if err != nil {
		t.Fatalf("a short limit for %s: %v", short, err)
	}
	req := t.Get(url)
	go func() {
		defer close(o.done)
		resp, err := t.TryOn(tr, req)
		if o.err = err; err != nil {
			return
		}
		var n int64
		n, o.err = io.Copy(io.Discard, resp.Body)
		o.n = int(n)
	}()
	return o
}

// phasesLimited lets each phase exceed its own limit, while the others have time enough, and
// lets the others exceed it, which is none of its business. All run at once.
func phasesLimited(t *T) {
	start := time.Now()
	slowHeader, slowBody := t.URL("delay", "ms", "2000"), t.URL("script", "name", "slow-body")
	exceeding := map[string]*reading{
		"connect":       t.phaseRun("connect", t.unconnectable()+"/"),
		"first byte":    t.phaseRun("first byte", t.URL("hang")),
		"between bytes": t.phaseRun("between bytes", t.URL("gate")),
	}
	within := map[string]*reading{
		"a slow header, and a short limit to connect":       t.phaseRun("connect", slowHeader),
		"a slow body, and a short limit to connect":         t.phaseRun("connect", slowBody),
		"a slow body, and a short limit for the first byte": t.phaseRun("first byte", slowBody),
		"a slow header, and a short limit between bytes":    t.phaseRun("between bytes", slowHeader),
	}
	for phase, o := range exceeding {
		if !t.Within(phase+": the end", o.done) {
			continue
		}
		t.kind(phase, o.err, driver.KindTimeout)
		t.timedOut(phase, o.err)
		t.True(time.Since(start) >= phaseShort, "%s: it ends before the limit", phase)
		if phase == "between bytes" {
			t.Equal("bytes of the body before it stalls", o.n, 1000)
		}
	}
	for what, o := range within {
		if t.Within(what+": the end", o.done) {
			t.True(o.err == nil && o.n > 0, "%s: got %d bytes, %v", what, o.n, o.err)
		}
	}
	t.Wait(EventGone, 2)
	t.Requests(5, 6) // the one to "hang" may not get there in time
	t.Expect(Count(EventGone, 2))
}

// phasesRefused wants each limit to be refused, when the transport is made or when it is used.
func phasesRefused(t *T) {
	for name, config := range map[string]Config{
		"ConnectTimeout":      {ConnectTimeout: phaseLong},
		"FirstByteTimeout":    {FirstByteTimeout: phaseLong},
		"BetweenBytesTimeout": {BetweenBytesTimeout: phaseLong},
	} {
		tr, err := t.New(config)
		if err == nil {
			_, err = t.TryOn(tr, t.Get(t.URL("status")))
		}
		t.True(errors.Is(err, errors.ErrUnsupported) && strings.Contains(err.Error(), name),
			"%s: got %v, want an error that matches errors.ErrUnsupported and names it", name, err)
	}
	t.Expect(Nothing())
}
