// SPDX-License-Identifier: MIT

package nethttp

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// phases keeps the time limits of one call. net/http has them only as settings of a whole
// pool, or not at all, so each is a timer that ends the call's context.
type phases struct {
	req    *http.Request
	limits driver.PhaseTimeouts
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	round int // of the timer that runs now; a late one of another round ends nothing
	timer *time.Timer
	over  bool // no phase begins any more
}

// phaseTimeout is the cause of a context that a limit has ended.
type phaseTimeout struct {
	phase string
	limit time.Duration
}

func (p *phaseTimeout) Error() string { return "timeout after " + p.limit.String() + " " + p.phase }

// Timeout makes it a timeout to those who ask by method.
func (p *phaseTimeout) Timeout() bool { return true }

// startPhases returns the state of a call with limits, and the request to send. The first
// phase begins now.
func startPhases(req *http.Request, limits driver.PhaseTimeouts) (*phases, *http.Request) {
	p := &phases{req: req, limits: limits}
	p.ctx, p.cancel = context.WithCancelCause(req.Context())
	// GetConn and GotConn come again when net/http repeats a request on another connection.
	// GotFirstResponseByte would tell of a 1xx, too; what ends the last phase is the response.
	ctx := httptrace.WithClientTrace(p.ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.begin("connecting", limits.Connect) },
		GotConn: func(httptrace.GotConnInfo) { p.begin("waiting for the response to begin", limits.FirstByte) },
	})
	return p, req.WithContext(ctx)
}

// begin ends the phase before and starts the timer of another, if it has a limit.
func (p *phases) begin(phase string, limit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
	if limit == 0 || p.over {
		return
	}
	round := p.round
	p.timer = time.AfterFunc(limit, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.round == round {
			p.cancel(&phaseTimeout{phase, limit})
		}
	})
}

// end ends the phase: its limit no longer counts.
func (p *phases) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
}

func (p *phases) stop() {
	p.round++
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}

// close frees what the call holds, once it is over.
func (p *phases) close() {
	p.mu.Lock()
	p.stop()
	p.over = true
	p.mu.Unlock()
	p.cancel(nil)
}

// exceeded returns the limit that ended the call, if one did.
func (p *phases) exceeded() *phaseTimeout {
	timeout, _ := context.Cause(p.ctx).(*phaseTimeout)
	return timeout
}

// explain returns the limit that ended the call in place of err, which says only that the
// call was canceled.
func (p *phases) explain(op string, err error) error {
	if timeout := p.exceeded(); timeout != nil {
		return &driver.Error{Op: op, Kind: driver.KindTimeout, Backend: name, Err: timeout}
	}
	return wrap(op, p.req, err)
}

// backendGrace is how long a call that has ended waits for net/http to return, which may still be
// reading the caller's header map. One that is inside the caller's Read is past the header.
const backendGrace = 200 * time.Millisecond

// answer is what net/http came to.
type answer struct {
	resp     *http.Response
	err      error
	panicked any
}

// roundTrip sends out. It returns when the call has ended, by a limit or by its caller, even where
// net/http waits for a Read of the body that is stuck. A response that is in when its limit has
// been exceeded is none.
func (p *phases) roundTrip(base *http.Transport, out *http.Request) (*http.Response, error) {
	var a answer
	if out.Body == nil || p.limits.Connect == 0 && p.limits.FirstByte == 0 {
		a = send(base, out)
	} else {
		a = p.await(base, out)
	}
	if a.panicked != nil {
		p.close()
		panic(a.panicked) // in the goroutine of the caller, who guards it
	}
	p.end()
	if timeout := p.exceeded(); timeout != nil && a.err == nil {
		a.resp.Body.Close()
		return nil, timeout
	}
	return a.resp, a.err
}

// await sends out from a goroutine, which ends with net/http: a late response is let go.
func (p *phases) await(base *http.Transport, out *http.Request) answer {
	answers := make(chan answer)
	gone := make(chan struct{})
	go func() {
		a := send(base, out)
		select {
		case answers <- a:
		case <-gone:
			if a.resp != nil {
				a.resp.Body.Close()
			}
		}
	}()
	select {
	case a := <-answers:
		return a
	case <-p.ctx.Done():
	}
	timer := time.NewTimer(backendGrace)
	defer timer.Stop()
	select {
	case a := <-answers:
		return a
	case <-timer.C:
		close(gone)
		return answer{err: driver.ContextError(p.ctx, driver.OpSend, name)}
	}
}

// send is base.RoundTrip without its panics, which a proxy function may have caused, say.
func send(base *http.Transport, out *http.Request) (a answer) {
	defer func() { a.panicked = recover() }()
	a.resp, a.err = base.RoundTrip(out)
	return a
}

// phasedBody is the body of a call with limits.
type phasedBody struct {
	src    io.ReadCloser
	phases *phases
}

func (b *phasedBody) Read(p []byte) (int, error) {
	b.phases.begin("waiting for more of the body", b.phases.limits.BetweenBytes)
	n, err := b.src.Read(p)
	b.phases.end()
	if err == nil {
		return n, nil
	}
	if err != io.EOF {
		err = b.phases.explain(driver.OpRead, err)
	}
	b.phases.close()
	return n, err
}

func (b *phasedBody) Close() error {
	err := b.src.Close()
	b.phases.close()
	return err
}
