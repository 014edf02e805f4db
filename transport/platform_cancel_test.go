// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// closeCounter is a body that counts its Close calls and notices a Read after one.
type closeCounter struct {
	io.Reader
	closed atomic.Int32
	late   atomic.Bool
}

func (c *closeCounter) Read(p []byte) (int, error) {
	if c.closed.Load() > 0 {
		c.late.Store(true)
	}
	return c.Reader.Read(p)
}

func (c *closeCounter) Close() error {
	c.closed.Add(1)
	return nil
}

var errCause = errors.New("the user went away")

// wantCanceled checks contract rule D21.
func (p *platform) wantCanceled(err error) {
	p.Helper()
	var e *transport.Error
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errCause) || !errors.Is(err, transport.KindCanceled) || !errors.As(err, &e) {
		p.Errorf("got %v, want an *Error of KindCanceled matching context.Canceled and the cause", err)
	}
}

func TestPlatformCancelBeforeCall(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errCause)
	body := &closeCounter{Reader: bytes.NewReader([]byte("x"))}
	_, err := p.tr.RoundTrip(p.request(ctx, "POST", p.url("echo"), body))
	p.wantCanceled(err)
	if body.closed.Load() != 1 {
		t.Errorf("the body was closed %d times", body.closed.Load())
	}
	if all, _ := p.witness.Events(t.Context(), p.token, "", 0, 0); len(all) != 0 {
		t.Errorf("the origin saw %v", all)
	}
}

func TestPlatformCancelBeforeHeaders(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := make(chan error)
	go func() {
		_, err := p.tr.RoundTrip(p.request(ctx, "GET", p.url("hang"), nil))
		failed <- err
	}()
	p.events(conformance.EventGateWait, 1)
	cancel(errCause)
	p.wantCanceled(<-failed)
	p.events(conformance.EventGone, 1)
}

func TestPlatformDeadlineBeforeHeaders(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errCause)
	defer cancel()
	deadline, _ := ctx.Deadline()
	_, err := p.tr.RoundTrip(p.request(ctx, "GET", p.url("hang"), nil))
	var timeout interface{ Timeout() bool }
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errCause) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout matching context.DeadlineExceeded and the cause", err)
	}
	if early := time.Until(deadline); early > 0 {
		t.Errorf("%v before the deadline", early)
	}
	p.events(conformance.EventGone, 1)
}

func TestPlatformCancelMidBody(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	resp := p.send(p.request(ctx, "GET", p.url("gate"), nil))
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := resp.Body.Read(make([]byte, 10))
		failed <- err
	}()
	p.events(conformance.EventGateWait, 1)
	cancel(errCause)
	p.wantCanceled(<-failed)
	// The server sees it although nobody has closed the body yet.
	p.events(conformance.EventGone, 1)
	_, err := resp.Body.Read(make([]byte, 10))
	p.wantCanceled(err)
}

func TestPlatformCancelMidUpload(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	r, w := io.Pipe() // never closed: the platform's Read is stuck
	body := &closeCounter{Reader: r}
	req := p.request(ctx, "PUT", p.url("echo"), body)
	req.ContentLength = 1 << 20
	failed := make(chan error)
	go func() {
		_, err := p.tr.RoundTrip(req)
		failed <- err
	}()
	if _, err := w.Write(make([]byte, 200000)); err != nil {
		t.Fatal(err)
	}
	if p.tr.Capabilities().Has(driver.UploadStreamHTTP1) {
		p.events(conformance.EventBodyPart, 1)
	}
	cancel(errCause)
	p.wantCanceled(<-failed)
	if body.closed.Load() != 1 {
		t.Errorf("the body was closed %d times", body.closed.Load())
	}
	if p.tr.Capabilities().Has(driver.UploadStreamHTTP1) {
		p.events(conformance.EventBodyCut, 1)
	} else if all, _ := p.witness.Events(t.Context(), p.token, "", 0, 0); len(all) != 0 {
		t.Errorf("the body was not complete, but the origin saw %v", all)
	}
	r.Close()
	if body.late.Load() {
		t.Error("a Read started after the body was closed")
	}
}

func TestPlatformCancelLeavesOthersAlone(t *testing.T) {
	p := newPlatform(t)
	resp := p.send(p.request(t.Context(), "GET", p.url("gate"), nil))
	ctx, cancel := context.WithCancelCause(t.Context())
	failed := make(chan error)
	go func() {
		_, err := p.tr.RoundTrip(p.request(ctx, "GET", p.url("hang"), nil))
		failed <- err
	}()
	p.events(conformance.EventGateWait, 2)
	cancel(errCause)
	p.wantCanceled(<-failed)
	p.release("go")
	if n := len(p.read(resp)); n != 2000 {
		t.Errorf("the other response has %d bytes, want 2000", n)
	}
}

// TestPlatformOverlap checks that requests run side by side and that timers fire meanwhile.
func TestPlatformOverlap(t *testing.T) {
	p := newPlatform(t)
	const requests = 50
	peak := requests
	if !overlapsFreely {
		peak = 6 // a page's limit of connections to one host over HTTP/1.1
	}
	var wg sync.WaitGroup
	for range requests {
		wg.Go(func() {
			resp, err := p.tr.RoundTrip(p.request(t.Context(), "GET", p.url("hang"), nil))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); string(body) != "late" || err != nil {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
	ticks := 0
	ticker := time.NewTicker(10 * time.Millisecond)
	for range 5 {
		<-ticker.C
		ticks++
	}
	ticker.Stop()
	witness := p.witness
	if !overlapsFreely {
		// The page's connections to the main listener are all in use.
		var err error
		if witness, err = conformance.ConnectOther(transport.Default()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := witness.Events(t.Context(), p.token, conformance.EventGateWait, peak, limit)
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, e := range all {
		most = max(most, e.Active)
	}
	if most < peak {
		t.Errorf("%d requests at once on the server, want %d", most, peak)
	}
	if err := witness.Release(t.Context(), p.token, "go"); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
}
