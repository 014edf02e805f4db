// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall/js"

	"github.com/isohttp/isohttp/docs/examples/page/internal/trouble"
)

// promise returns a promise of what f returns. f gets a goroutine of its own, because a
// function that JavaScript calls must not wait: the promise that it would be
// waiting for is settled by the very thread that it holds.
func promise(f func() (any, error)) js.Value {
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve, reject := args[0], args[1]
		go func() {
			out, err := safely(f)
			if err != nil {
				reject.Invoke(jsError(err))
				return
			}
			resolve.Invoke(out)
		}()
		return nil
	})
	defer executor.Release() // the constructor has called it
	return js.Global().Get("Promise").New(executor)
}

// safely calls f and turns a panic into an error: one bad call must not end the program.
func safely(f func() (any, error)) (out any, err error) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintln(os.Stderr, "panic in a call:", v)
			err = &trouble.Trouble{Kind: trouble.Other, Text: "The page's program failed. The browser's console says more."}
		}
	}()
	return f()
}

// jsError returns the Error that a promise is rejected with.
func jsError(err error) js.Value {
	e := js.Global().Get("Error").New(err.Error())
	t := &trouble.Trouble{Kind: trouble.Other}
	errors.As(err, &t)
	e.Set("kind", string(t.Kind))
	e.Set("detail", t.Detail)
	return e
}

// errRejected is a promise that was rejected, or a JavaScript exception.
var errRejected = errors.New("rejected")

// await waits until a promise is settled, or ctx ends.
func await(ctx context.Context, p js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	settled := make(chan result, 1) // the callback must not wait
	// Both are owned by the promise and released by whichever it calls.
	var fulfilled, rejected js.Func
	settle := func(err error) js.Func {
		return js.FuncOf(func(_ js.Value, args []js.Value) any {
			fulfilled.Release()
			rejected.Release()
			r := result{js.Undefined(), err}
			if err == nil && len(args) > 0 {
				r.value = args[0]
			}
			settled <- r
			return nil
		})
	}
	fulfilled, rejected = settle(nil), settle(errRejected)
	p.Call("then", fulfilled, rejected)
	select {
	case r := <-settled:
		return r.value, r.err
	case <-ctx.Done():
		return js.Undefined(), context.Cause(ctx)
	}
}

// signalContext returns a context that an AbortSignal ends, and what releases both.
func signalContext(signal js.Value) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	if signal.Type() != js.TypeObject {
		return ctx, cancel
	}
	if signal.Get("aborted").Bool() {
		cancel()
		return ctx, cancel
	}
	abort := js.FuncOf(func(js.Value, []js.Value) any {
		cancel()
		return nil
	})
	signal.Call("addEventListener", "abort", abort)
	return ctx, func() {
		signal.Call("removeEventListener", "abort", abort)
		abort.Release()
		cancel()
	}
}
