// SPDX-License-Identifier: MIT

package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"syscall/js"
	"testing"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// These tests run against a fetch function of their own, so that they reach what no server
// makes a platform do. They need nothing but the JavaScript runtime.

var global = js.Global()

// funcOf is js.FuncOf with the release left to the test.
func funcOf(t testing.TB, f func(args []js.Value) any) js.Func {
	fn := js.FuncOf(func(_ js.Value, args []js.Value) any { return f(args) })
	t.Cleanup(fn.Release)
	return fn
}

// newBackend returns a Backend over an injected fetch.
func newBackend(t testing.TB, fetch js.Value, opts ...func(*Options)) *Backend {
	t.Helper()
	o := &Options{Fetch: fetch}
	for _, f := range opts {
		f(o)
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer returns a fetch function that answers with what f returns.
func answer(t testing.TB, f func(url string, init js.Value) any) js.Value {
	return funcOf(t, func(args []js.Value) any {
		return global.Get("Promise").Call("resolve", f(args[0].String(), args[1]))
	}).Value
}

func request(t testing.TB, ctx context.Context, method string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "http://host.invalid/path?query", body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.ContentLength = -1
	}
	return req
}

// newResponse returns a Response of the platform.
func newResponse(body any, headers map[string]any) js.Value {
	if headers == nil {
		headers = map[string]any{}
	}
	return global.Get("Response").New(body, map[string]any{"headers": headers})
}

func bytesOf(data []byte) js.Value {
	array := global.Get("Uint8Array").New(len(data))
	js.CopyBytesToJS(array, data)
	return array
}

// source is a ReadableStream that delivers chunks, and then what end says.
type source struct {
	stream   js.Value
	canceled chan struct{} // closed when the stream is canceled
}

func newSource(t testing.TB, kind string, chunks []any, end func(ctrl js.Value)) *source {
	t.Helper()
	s := &source{canceled: make(chan struct{})}
	pull := funcOf(t, func(args []js.Value) any {
		if len(chunks) == 0 {
			end(args[0])
			return nil
		}
		chunk := chunks[0]
		chunks = chunks[1:]
		args[0].Call("enqueue", chunk)
		return nil
	})
	cancel := funcOf(t, func([]js.Value) any {
		close(s.canceled)
		return nil
	})
	under := map[string]any{"pull": pull, "cancel": cancel}
	if kind != "" {
		under["type"] = kind
	}
	s.stream = global.Get("ReadableStream").New(under, map[string]any{"highWaterMark": 0})
	return s
}

func closeStream(ctrl js.Value) {
	ctrl.Call("close")
	if request := ctrl.Get("byobRequest"); request.Truthy() {
		request.Call("respond", 0)
	}
}

func keepOpen(js.Value) {}

// thrower returns a native function that throws v: signals throw whatever reason they have.
func thrower(v any) js.Value {
	signal := global.Get("AbortSignal").Call("abort", v)
	return signal.Get("throwIfAborted").Call("bind", signal)
}

// strange are values that may be thrown, and that a careless program trips over.
func strange() map[string]js.Value {
	throws := thrower("a getter was read")
	getters := global.Get("Object").New()
	for _, name := range []string{"name", "message", "code", "cause", "toString", "toJSON", "status", "body", "headers"} {
		global.Get("Object").Call("defineProperty", getters, name, map[string]any{"get": throws})
	}
	proxy := global.Get("Proxy").New(global.Get("Object").New(), map[string]any{
		"get": throws, "has": throws, "getPrototypeOf": throws, "ownKeys": throws, "getOwnPropertyDescriptor": throws,
	})
	cycle := global.Get("Error").New("cycle")
	cycle.Set("cause", cycle)
	return map[string]js.Value{
		"undefined": js.Undefined(),
		"null":      js.Null(),
		"string":    js.ValueOf("http://host.invalid/path?query is down"),
		"number":    js.ValueOf(7),
		"NaN":       global.Get("NaN"),
		"false":     js.ValueOf(false),
		"symbol":    global.Call("Symbol", "s"),
		"bigint":    global.Call("BigInt", 10),
		"object":    global.Get("Object").New(),
		"array":     js.ValueOf([]any{1, "x", nil}),
		"function":  thrower("called"),
		"getters":   getters,
		"proxy":     proxy,
		"cycle":     cycle,
		"naked":     global.Get("Object").Call("create", nil),
	}
}

// settled waits until nothing of the backend's is left in JavaScript.
func settled(t testing.TB, b *Backend) {
	t.Helper()
	for range 10000 {
		if b.platform.rt.Stats().Waiting == 0 {
			return
		}
		tick()
	}
	t.Errorf("%+v is left", b.platform.rt.Stats())
}

// tick lets JavaScript's event loop turn once.
func tick() {
	done := make(chan struct{})
	f := js.FuncOf(func(js.Value, []js.Value) any {
		close(done)
		return nil
	})
	defer f.Release()
	global.Call("setTimeout", f, 0)
	<-done
}

// rejects waits for a promise, and reports whether it was rejected.
func rejects(promise js.Value) bool {
	settled := make(chan bool, 1)
	settle := func(rejected bool) js.Func {
		return js.FuncOf(func(js.Value, []js.Value) any {
			settled <- rejected
			return nil
		})
	}
	resolve, reject := settle(false), settle(true)
	defer resolve.Release()
	defer reject.Release()
	promise.Call("then", resolve, reject)
	return <-settled
}

// goroutines returns how many there are once those that are about to end have.
func goroutines() int {
	runtime.Gosched()
	tick()
	return runtime.NumGoroutine()
}

// checkError asserts the class of an error, that the platform's own is in its chain, and that
// nothing of the URL is in its text.
func checkError(t testing.TB, what string, err error, kind driver.Kind) {
	t.Helper()
	var e *Error
	var d *driver.Error
	if !errors.Is(err, kind) || !errors.As(err, &e) || !errors.As(err, &d) || d.Backend != name {
		t.Errorf("%s: got %v", what, err)
		return
	}
	if text := err.Error(); strings.Contains(text, "query") || strings.Contains(text, "://") {
		t.Errorf("%s: the URL is in %q", what, text)
	}
}

// stats is what a backend holds, for comparison.
func stats(b *Backend) jsfetch.Stats { return b.platform.rt.Stats() }
