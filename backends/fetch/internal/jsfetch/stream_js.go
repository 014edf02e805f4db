// SPDX-License-Identifier: MIT

package jsfetch

import (
	"sync"
	"sync/atomic"
	"syscall/js"
)

// Stream is a request body that is sent while it is being written. Each time the platform
// wants bytes, something can be received from Wanted; then one of Write, Close and Fail
// is due. Release is called when the exchange no longer needs the stream, after Close
// or Fail.
type Stream struct {
	r      *Runtime
	stream js.Value
	ctrl   js.Value // the ReadableByteStreamController, set by start
	answer js.Value // resolves the promise of the pull under way

	// Owned by the Stream, released by Release.
	start, pull, cancel, executor js.Func

	wanted   chan struct{}
	canceled chan struct{}
	once     sync.Once // closes canceled
	release  sync.Once
	pulled   atomic.Bool
}

// NewStream returns a stream that nobody has read from. Nothing is wanted before the
// connection is there.
func (r *Runtime) NewStream() (*Stream, *Exception) {
	s := &Stream{r: r, wanted: make(chan struct{}, 1), canceled: make(chan struct{})}
	s.start = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) > 0 {
			s.ctrl = args[0]
		}
		return nil
	})
	s.executor = js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) > 0 {
			s.answer = args[0]
		}
		return nil
	})
	// pull must not wait for the caller's reader: JavaScript would stand still. It
	// returns a promise, and a goroutine of the upload's resolves it.
	s.pull = js.FuncOf(func(js.Value, []js.Value) any {
		s.pulled.Store(true)
		p, exc := r.construct(r.promise, s.executor)
		if exc != nil {
			return nil
		}
		select {
		case s.wanted <- struct{}{}:
		default: // the stream was released meanwhile
		}
		return p
	})
	s.cancel = js.FuncOf(func(js.Value, []js.Value) any {
		s.once.Do(func() { close(s.canceled) })
		return nil
	})
	var exc *Exception
	s.stream, exc = r.construct(r.readableStream,
		map[string]any{"type": "bytes", "start": s.start, "pull": s.pull, "cancel": s.cancel},
		map[string]any{"highWaterMark": 0})
	if exc != nil {
		s.Release()
		return nil, exc
	}
	return s, nil
}

// Body returns the stream as a body. With a length, where the platform has
// FixedLengthStream (workerd), it goes through one, so that Content-Length is sent.
func (s *Stream) Body(length int64) (*RequestBody, *Exception) {
	if length < 0 {
		return &RequestBody{value: s.stream}, nil
	}
	fixed := js.Global().Get("FixedLengthStream")
	if typeOf(fixed) != js.TypeFunction {
		return &RequestBody{value: s.stream}, nil
	}
	pair, exc := s.r.construct(fixed, length)
	if exc != nil {
		return nil, exc
	}
	writable, exc := s.r.get(pair, js.ValueOf("writable"))
	if exc != nil {
		return nil, exc
	}
	readable, exc := s.r.get(pair, js.ValueOf("readable"))
	if exc != nil {
		return nil, exc
	}
	piped, exc := s.r.call(s.stream, "pipeTo", writable)
	if exc != nil {
		return nil, exc
	}
	s.r.forget(piped)
	return &RequestBody{value: readable}, nil
}

// Wanted delivers each wish of the platform for bytes.
func (s *Stream) Wanted() <-chan struct{} { return s.wanted }

// Canceled is closed when the platform does not want any more bytes.
func (s *Stream) Canceled() <-chan struct{} { return s.canceled }

// Pulled reports whether the platform has asked for bytes at all.
func (s *Stream) Pulled() bool { return s.pulled.Load() }

// Write hands p over and ends the pull under way.
func (s *Stream) Write(p []byte) *Exception {
	// Its memory is transferred to the stream, so it cannot be used again, and does
	// not live on either.
	chunk, exc := s.r.construct(s.r.uint8Array, len(p))
	if exc != nil {
		return exc
	}
	if exc := s.r.copyToJS(chunk, 0, p); exc != nil {
		return exc
	}
	if _, exc := s.r.call(s.ctrl, "enqueue", chunk); exc != nil {
		return exc
	}
	s.resolve()
	return nil
}

func (s *Stream) resolve() {
	if typeOf(s.answer) == js.TypeFunction {
		answer := s.answer
		s.answer = js.Undefined()
		s.r.invoke(answer)
	}
}

// Close ends the body: it is complete.
func (s *Stream) Close() *Exception {
	_, exc := s.r.call(s.ctrl, "close")
	if exc == nil {
		// A reader that brought a buffer of its own gets it back only so.
		if request, exc := s.r.get(s.ctrl, js.ValueOf("byobRequest")); exc == nil && typeOf(request) == js.TypeObject {
			s.r.call(request, "respond", 0)
		}
	}
	s.resolve()
	return exc
}

// Fail breaks the body off, so that the request is never completed.
func (s *Stream) Fail(message string) {
	if reason, exc := s.r.construct(s.r.errorMaker, message); exc == nil {
		if typeOf(reason) == js.TypeObject {
			// If the exchange is aborted later, Node's fetch (undici, abortFetch)
			// cancels the stream once more, and of what that fails with it lets this
			// code pass only; anything else is an unhandled rejection, which ends
			// the process.
			reason.Set("code", "ERR_INVALID_STATE")
		}
		s.r.call(s.ctrl, "error", reason)
	}
	s.resolve()
}

// Release frees the callbacks. After Close or Fail the platform calls none of them any
// more.
func (s *Stream) Release() {
	s.release.Do(func() {
		s.start.Release()
		s.pull.Release()
		s.cancel.Release()
		s.executor.Release()
	})
}
