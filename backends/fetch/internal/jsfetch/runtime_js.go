// SPDX-License-Identifier: MIT

package jsfetch

import (
	"runtime"
	"sync"
	"syscall/js"
)

const (
	maxIdleSlots   = 64
	maxIdleBuffers = 8

	// gcEvery is how many bytes of JavaScript memory may be held by values that Go
	// has let go of before a collection is forced. Such a value stays alive in
	// JavaScript until Go's collector has run, and what is in it does not count as
	// Go's garbage: without this, a download of 1 GiB holds 1 GiB.
	gcEvery = 32 << 20
)

// Runtime is one JavaScript environment with one fetch function. It owns the pools below;
// Release empties them.
type Runtime struct {
	fetch js.Value // the function, or an object with a fetch method
	this  bool     // fetch is such an object

	reflectGet, reflectHas, reflectApply      js.Value
	promise, promiseThen                      js.Value
	jsonParse, jsonStringify, arrayFrom       js.Value
	uint8Array, arrayBuffer, isView           js.Value
	stringOf, noop                            js.Value
	request, readableStream, blob, abortMaker js.Value // undefined where there is none
	errorMaker                                js.Value
	responseKeys, errorKeys, byobOption       js.Value

	keys struct{ body, headers, getReader, value, done, buffer, byteLength, signal js.Value }

	mu      sync.Mutex
	slots   []*slot    // idle
	waiting int        // slots that a promise still holds
	arrays  []js.Value // idle ArrayBuffers of BufferSize
	buffers [][]byte   // idle Go buffers of BufferSize
	noBYOB  bool       // a body's stream had no byte reader to offer
	loose   int        // bytes held by values Go has let go of since the last collection
}

// New returns the Runtime over the global fetch function, or over an injected one: a
// js.Value that is a function or an object with a fetch method. It returns false
// where there is none.
func New(injected any) (*Runtime, bool) {
	global := js.Global()
	r := &Runtime{}
	reflect, promise, json := global.Get("Reflect"), global.Get("Promise"), global.Get("JSON")
	r.reflectGet, r.reflectHas, r.reflectApply = reflect.Get("get"), reflect.Get("has"), reflect.Get("apply")
	r.promise, r.promiseThen = promise, promise.Get("prototype").Get("then")
	r.jsonParse, r.jsonStringify = json.Get("parse"), json.Get("stringify")
	r.arrayFrom = global.Get("Array").Get("from")
	r.uint8Array, r.arrayBuffer = global.Get("Uint8Array"), global.Get("ArrayBuffer")
	r.isView = r.arrayBuffer.Get("isView")
	r.stringOf, r.noop = global.Get("String"), global.Get("Function").Get("prototype")
	r.request, r.readableStream = global.Get("Request"), global.Get("ReadableStream")
	r.blob, r.abortMaker, r.errorMaker = global.Get("Blob"), global.Get("AbortController"), global.Get("Error")
	r.responseKeys = js.ValueOf([]any{"status", "redirected", "type", "statusText", "url"})
	r.errorKeys = js.ValueOf([]any{"name", "message", "code", "cause"})
	r.byobOption = js.ValueOf(map[string]any{"mode": "byob"})
	k := &r.keys
	k.body, k.headers, k.getReader = js.ValueOf("body"), js.ValueOf("headers"), js.ValueOf("getReader")
	k.value, k.done, k.buffer = js.ValueOf("value"), js.ValueOf("done"), js.ValueOf("buffer")
	k.byteLength, k.signal = js.ValueOf("byteLength"), js.ValueOf("signal")

	r.fetch = global.Get("fetch")
	if injected != nil {
		v, ok := injected.(js.Value)
		if !ok {
			return nil, false
		}
		r.fetch = v
	}
	switch typeOf(r.fetch) {
	case js.TypeFunction:
	case js.TypeObject:
		f, exc := r.get(r.fetch, js.ValueOf("fetch"))
		if exc != nil || typeOf(f) != js.TypeFunction {
			return nil, false
		}
		r.this = true
	default:
		return nil, false
	}
	return r, true
}

// Release frees what is pooled. Pools fill again when the Runtime is used again.
func (r *Runtime) Release() {
	r.mu.Lock()
	slots := r.slots
	r.slots, r.arrays, r.buffers = nil, nil, nil
	r.mu.Unlock()
	for _, s := range slots {
		s.release()
	}
}

// Stats are the counters that tests hold against a baseline.
type Stats struct {
	Waiting int // callback pairs that an unsettled promise holds
	Slots   int // idle callback pairs
	Arrays  int // idle JavaScript buffers
	Buffers int // idle Go buffers
}

// Stats returns the counters.
func (r *Runtime) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Stats{r.waiting, len(r.slots), len(r.arrays), len(r.buffers)}
}

// TakeBuffer returns a Go buffer of BufferSize. PutBuffer takes it back.
func (r *Runtime) TakeBuffer() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.buffers); n > 0 {
		b := r.buffers[n-1]
		r.buffers = r.buffers[:n-1]
		return b
	}
	return make([]byte, BufferSize)
}

// PutBuffer gives a buffer back. The caller does not use it any more.
func (r *Runtime) PutBuffer(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cap(b) == BufferSize && len(r.buffers) < maxIdleBuffers {
		r.buffers = append(r.buffers, b[:BufferSize])
	}
}

// loosen counts n bytes of JavaScript memory whose last Go reference is gone, or about
// to go.
func (r *Runtime) loosen(n int) {
	r.mu.Lock()
	r.loose += n
	due := r.loose >= gcEvery
	if due {
		r.loose = 0
	}
	r.mu.Unlock()
	if due {
		runtime.GC()
	}
}

// get reads a property of any value. js.Value.Get would not do: where the value is no
// object or its getter throws, the exception passes through the Go program and ends it.
func (r *Runtime) get(v, key js.Value) (js.Value, *Exception) {
	return r.invoke(r.reflectGet, v, key)
}

func (r *Runtime) invoke(f js.Value, args ...any) (v js.Value, exc *Exception) {
	defer r.catch(&exc)
	return f.Invoke(args...), nil
}

func (r *Runtime) call(v js.Value, method string, args ...any) (_ js.Value, exc *Exception) {
	defer r.catch(&exc)
	return v.Call(method, args...), nil
}

func (r *Runtime) construct(class js.Value, args ...any) (v js.Value, exc *Exception) {
	defer r.catch(&exc)
	return class.New(args...), nil
}

// catch is deferred around each call. What JavaScript threw arrives as a js.Error, a call
// of something that is not callable as a *js.ValueError or a text of syscall/js.
func (r *Runtime) catch(exc **Exception) {
	switch p := recover().(type) {
	case nil:
	case js.Error:
		*exc = r.describe(p.Value)
	case *js.ValueError:
		*exc = &Exception{Name: "TypeError", Message: "unexpected " + p.Type.String()}
	case string:
		*exc = &Exception{Name: "TypeError", Message: p}
	default:
		panic(p)
	}
}

// describe reads a thrown value, whatever it is: an Error, a text, null, a Proxy that
// throws. One JSON.stringify with a list of names reads inherited and non-enumerable
// properties too, and those of the causes.
func (r *Runtime) describe(v js.Value) *Exception {
	if s, ok := plainText(r.jsonStringify, v, r.errorKeys); ok {
		if e, err := ParseException(s); err == nil && (e.Name != "" || e.Message != "" || e.Code != "") {
			return e
		}
	}
	if s, ok := plainText(r.stringOf, v); ok {
		return &Exception{Message: cut(s)}
	}
	return &Exception{Message: "something without a text was thrown"}
}

// plainText calls f, which is to return a string. Whatever is thrown is dropped: it
// came from reading what was thrown before.
func plainText(f js.Value, args ...any) (s string, ok bool) {
	defer func() {
		if recover() != nil {
			s, ok = "", false
		}
	}()
	v := f.Invoke(args...)
	return v.String(), v.Type() == js.TypeString
}

// typeOf is Value.Type, without its panic for values that syscall/js does not know
// (BigInt).
func typeOf(v js.Value) (t js.Type) {
	defer func() {
		if recover() != nil {
			t = js.TypeUndefined
		}
	}()
	return v.Type()
}

// truthy reports whether v is the boolean true.
func truthy(v js.Value) bool { return typeOf(v) == js.TypeBoolean && v.Bool() }

// length returns v as a count; 0 for what is none.
func length(v js.Value) int {
	if typeOf(v) != js.TypeNumber {
		return 0
	}
	f := v.Float()
	if !(f > 0 && f < 1<<53) {
		return 0
	}
	return int(f)
}
