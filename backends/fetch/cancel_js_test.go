// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// deferred is a promise that the test settles.
type deferred struct{ promise, resolve, reject js.Value }

func newDeferred() *deferred {
	d := new(deferred)
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
		d.resolve, d.reject = args[0], args[1]
		return nil
	})
	defer executor.Release()
	d.promise = global.Get("Promise").New(executor)
	return d
}

func TestEndedContextSendsNothing(t *testing.T) {
	b := newBackend(t, answer(t, func(string, js.Value) any {
		t.Error("fetch was called")
		return nil
	}))
	cause := errors.New("the cause")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	closed := false
	_, err := b.RoundTrip(request(t, ctx, "POST", closer{strings.NewReader("x"), &closed}))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || !closed {
		t.Errorf("got %v, closed %v", err, closed)
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	late := map[string]func(d *deferred, s *source){
		"a response":  func(d *deferred, s *source) { d.resolve.Invoke(newResponse(s.stream, nil)) },
		"a rejection": func(d *deferred, s *source) { d.reject.Invoke("late") },
		"rubbish":     func(d *deferred, s *source) { d.resolve.Invoke(strange()["proxy"]) },
	}
	for what, settle := range late {
		d := newDeferred()
		src := newSource(t, "bytes", nil, keepOpen)
		var signal js.Value
		b := newBackend(t, funcOf(t, func(args []js.Value) any {
			signal = args[1].Get("signal")
			return d.promise
		}).Value)
		cause := errors.New("the cause")
		ctx, cancel := context.WithCancelCause(context.Background())
		before := goroutines()
		failed := make(chan error)
		go func() {
			_, err := b.RoundTrip(request(t, ctx, "GET", nil))
			failed <- err
		}()
		tick()
		cancel(cause)
		err := <-failed
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || !errors.Is(err, driver.KindCanceled) {
			t.Errorf("got %v", err)
		}
		if !signal.Get("aborted").Bool() {
			t.Error("the fetch was not aborted")
		}
		if got := stats(b); got.Waiting != 1 {
			t.Errorf("the promise holds its callbacks, but %+v", got)
		}
		settle(d, src)
		settled(t, b)
		if got := stats(b); got.Slots != 1 {
			t.Errorf("%s: the callbacks are not back in the pool: %+v", what, got)
		}
		if what == "a response" {
			<-src.canceled
		}
		if now := goroutines(); now > before {
			t.Errorf("%d goroutines, %d before", now, before)
		}
	}
}

func TestDeadline(t *testing.T) {
	d := newDeferred()
	b := newBackend(t, funcOf(t, func([]js.Value) any { return d.promise }).Value)
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := b.RoundTrip(request(t, ctx, "GET", nil))
	var timeout interface{ Timeout() bool }
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v", err)
	}
	d.resolve.Invoke()
	settled(t, b)
}

func TestThenablesSettleOnce(t *testing.T) {
	// What is no promise of the platform may call back as often as it likes.
	thenable := funcOf(t, func(args []js.Value) any {
		for range 3 {
			args[0].Invoke(newResponse("once", nil))
			args[1].Invoke("and rejected")
		}
		return nil
	})
	b := newBackend(t, funcOf(t, func([]js.Value) any { return map[string]any{"then": thenable} }).Value)
	for range 3 {
		resp := get(t, t.Context(), b)
		if data, err := io.ReadAll(resp.Body); string(data) != "once" || err != nil {
			t.Errorf("got %q, %v", data, err)
		}
		resp.Body.Close()
	}
	settled(t, b)
}

func TestManyCallsLeaveNothing(t *testing.T) {
	n := 0
	b := newBackend(t, answer(t, func(string, js.Value) any {
		if n++; n%3 == 0 {
			return 7 // no response
		}
		return newResponse("some text", nil)
	}))
	warm := func() {
		done := make(chan struct{})
		for i := range 40 {
			go func() {
				defer func() { done <- struct{}{} }()
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				resp, err := b.RoundTrip(request(t, ctx, "GET", nil))
				if err != nil {
					return
				}
				if i%2 == 0 {
					io.ReadAll(resp.Body)
				}
				resp.Body.Close()
			}()
		}
		for range 40 {
			<-done
		}
		settled(t, b)
	}
	warm()
	held, before := stats(b), goroutines()
	for range 5 {
		warm()
	}
	if got := stats(b); got != held {
		t.Errorf("%+v is held, %+v before", got, held)
	}
	if now := goroutines(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

// A platform that cannot stop anything is an error, and no panic.
func TestDiagnoseWithoutAbortController(t *testing.T) {
	saved := global.Get("AbortController")
	global.Set("AbortController", js.Undefined())
	defer global.Set("AbortController", saved)
	if _, err := Diagnose(t.Context(), "http://host.invalid/"); err == nil {
		t.Error("no error")
	}
}
