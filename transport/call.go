// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// call is what one exchange needs beyond the request itself: progress, a time limit, a log
// line. Most calls need none of it and have a nil *call, whose methods do nothing, but for
// inTime and headerIn, which are not called then.
type call struct {
	// The end of a call that has a limit of its own is the end of a context derived from
	// the caller's.
	cancel context.CancelCauseFunc
	limit  time.Duration
	after  func(time.Duration, func()) *time.Timer // time.AfterFunc

	log    func(exchangeRecord)
	ctx    context.Context
	start  time.Time
	method string
	host   string

	// reporting is held while report runs, which is never in two goroutines at once, and may
	// close the response body.
	reporting sync.Mutex
	report    func(Progress)

	mu       sync.Mutex
	progress Progress
	timer    *time.Timer // runs from the end of the upload until the header is in
	arrived  bool        // the header, in time
	expired  bool        // the timer
	header   time.Duration
	status   int
	over     bool
	fault    error // of report, which has panicked
}

// errHeaderTimeout is the cause of a context that the header's time limit has ended.
var errHeaderTimeout = errors.New("timeout awaiting the response header")

// begin returns the state of an exchange, and the request to send, which has another context if
// there is a limit. The state is nil if nothing asks for it. opts is nil without options of the request.
func (t *Transport) begin(opts *carried, out *http.Request) (*http.Request, *call, error) {
	var c *call
	var err error
	if opts != nil {
		c, out, err = opts.begin(t, opts, out)
	} else if t.newCall != nil {
		c, out, err = t.newCall(t, nil, out)
	}
	//lint:ignore SA1019 http.Client sets it for every transport that is not its own.
	if err == nil && out.Cancel != nil {
		c, out = withCancel(c, out)
	}
	return out, c, err
}

// newCall is begin for a call that may need a state. opts is nil without options of the request.
func newCall(t *Transport, opts *carried, out *http.Request) (*call, *http.Request, error) {
	limit := t.headerTimeout
	if opts != nil {
		if err := opts.check(t.caps); err != nil {
			return nil, nil, err
		}
		if phases := opts.phaseTimeouts(); phases != (driver.PhaseTimeouts{}) {
			out = out.WithContext(driver.WithPhaseTimeouts(out.Context(), phases))
		}
		if opts.ResponseHeaderTimeout > 0 {
			limit = opts.ResponseHeaderTimeout
		}
	}
	if limit == 0 && t.log == nil && (opts == nil || opts.Progress == nil) {
		return nil, out, nil
	}
	c := &call{
		limit: limit, log: t.log, ctx: out.Context(), start: time.Now(), method: out.Method, host: out.URL.Host,
		progress: Progress{SentTotal: out.ContentLength, ReceivedTotal: -1},
	}
	if opts != nil {
		c.report = opts.Progress
	}
	if limit > 0 {
		var ctx context.Context
		ctx, c.cancel = context.WithCancelCause(out.Context())
		out = out.WithContext(ctx)
		c.after = time.AfterFunc
		if out.Body == nil {
			c.startTimer()
		}
	}
	return c, out, nil
}

func (c *call) startTimer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit > 0 && c.timer == nil && !c.arrived && !c.over {
		c.timer = c.after(c.limit, c.expire)
	}
}

// expire ends the call, unless the header has come after all.
func (c *call) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.arrived && !c.over {
		c.expired = true
		c.cancel(errHeaderTimeout)
	}
}

// inTime ends the time limit when a response has come. It closes one that is too late, and returns
// errHeaderTimeout, which is the context's cause, too.
func (c *call) inTime(resp *http.Response) error {
	c.mu.Lock()
	c.arrived = !c.expired
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
	if c.arrived {
		return nil
	}
	if resp.Body != nil {
		resp.Body.Close()
	}
	return errHeaderTimeout
}

// again takes note that the platform sends the request body once more.
func (c *call) again() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil && c.timer.Stop() {
		c.timer = nil
	}
}

// sent takes note of how many bytes of the request body the platform has taken, and of its end.
// It returns an error if the program's own report of that has panicked.
func (c *call) sent(total int64, err error) error {
	if c == nil {
		return nil
	}
	if fault := c.add(total, 0); fault != nil {
		return fault
	}
	if err == io.EOF {
		c.startTimer()
	}
	return nil
}

// counts reports whether somebody wants to know how many bytes were sent.
func (c *call) counts() bool { return c != nil && (c.report != nil || c.log != nil) }

// headerIn takes note of the response.
func (c *call) headerIn(resp *http.Response) {
	length := resp.ContentLength
	if resp.Body == http.NoBody {
		length = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status, c.header = resp.StatusCode, time.Since(c.start)
	c.progress.ReceivedTotal = length
}

// received takes note of bytes of the response body that the caller has got. Its error is as
// that of sent.
func (c *call) received(n int) error {
	if c == nil {
		return nil
	}
	return c.add(0, n)
}

// add takes note of how far the request body is, and of more bytes of the response. What a platform
// sends once more counts as soon as it is further than before.
func (c *call) add(sent int64, received int) error {
	c.reporting.Lock()
	defer c.reporting.Unlock()
	c.mu.Lock()
	before := c.progress
	c.progress.Sent = max(c.progress.Sent, sent)
	c.progress.Received += int64(received)
	now, fault := c.progress, c.fault
	wanted := c.report != nil && !c.over && fault == nil && now != before
	c.mu.Unlock()
	if !wanted {
		return fault
	}
	if fault = c.show(now); fault != nil {
		c.mu.Lock()
		c.fault = fault
		c.mu.Unlock()
	}
	return fault
}

// show calls report. A panic in it would end the program where the platform reads the request
// body in a goroutine of its own.
func (c *call) show(p Progress) (fault error) {
	defer func() {
		if v := recover(); v != nil {
			fault = &Error{Op: driver.OpSend, Kind: KindInvalid, Err: errorText("Progress: " + panicError(v).Error())}
		}
	}()
	c.report(p)
	return nil
}

// timedOut reports whether the header's time limit has ended the call.
func (c *call) timedOut(ctx context.Context) bool {
	return c != nil && c.cancel != nil && context.Cause(ctx) == errHeaderTimeout
}

// finish ends the call: err is nil or io.EOF when it went well. Only the first call counts.
func (c *call) finish(err error) {
	if c == nil {
		return
	}
	c.mu.Lock()
	first := !c.over
	c.over = true
	if c.timer != nil {
		c.timer.Stop()
	}
	status, header, progress := c.status, c.header, c.progress
	c.mu.Unlock()
	if !first {
		return
	}
	if c.cancel != nil {
		c.cancel(nil)
	}
	if c.log != nil {
		c.log(exchangeRecord{c.ctx, c.method, c.host, status, header, time.Since(c.start), progress, err})
	}
}
