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
	ctx := httptrace.WithClientTrace(p.ctx, &httptrace.ClientTrace{
		GetConn:              func(string) { p.begin("connecting", limits.Connect) },
		GotConn:              func(httptrace.GotConnInfo) { p.begin("waiting for the response to begin", limits.FirstByte) },
		GotFirstResponseByte: p.end,
	})
	return p, req.WithContext(ctx)
}

// begin ends the phase before and starts the timer of another, if it has a limit.
func (p *phases) begin(phase string, limit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
	if limit == 0 {
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
	p.end()
	p.cancel(nil)
}

// explain returns the limit that ended the call in place of err, which says only that the
// call was canceled.
func (p *phases) explain(op string, err error) error {
	if timeout, ok := context.Cause(p.ctx).(*phaseTimeout); ok {
		return &driver.Error{Op: op, Kind: driver.KindTimeout, Backend: name, Err: timeout}
	}
	return wrap(op, p.req, err)
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
