// SPDX-License-Identifier: MIT

package wit

import "unsafe"

// FutureResponse is a response that is yet to come.
type FutureResponse uint32

// Drop releases f. If its response has not been taken, the exchange is stopped.
func (f FutureResponse) Drop() { futureDrop(f) }

// Subscribe returns a Pollable for when the response is there. The caller owns it.
func (f FutureResponse) Subscribe() Pollable { return futureSubscribe(f) }

// Progress is how far a future has come.
type Progress uint8

const (
	Pending Progress = iota
	Ready
	Refused // and an ErrorCode says why
)

// Get returns the response, which the caller owns. It gives one once.
func (f FutureResponse) Get() (r IncomingResponse, code ErrorCode, p Progress) {
	setArena(unsafe.Pointer(&scratch), len(scratch))
	futureGet(f, ret.ptr())
	r, p = IncomingResponse(ret.u32(24)), outcome()
	if p == Refused {
		return 0, errorCode(24), p
	}
	done()
	return r, ErrorCode{}, p
}

// outcome reads the outer parts of an option<result<result<T, error-code>>>.
func outcome() Progress {
	switch {
	case ret.u8(0) == 0:
		return Pending
	case ret.u8(8) != 0:
		// Asked twice; the callers do not. What follows is undefined, so take it
		// for an error without a payload.
		ret = result{3: 38}
		return Refused
	case ret.u8(16) != 0:
		return Refused
	}
	return Ready
}

// IncomingResponse is the head of a response.
type IncomingResponse uint32

// Drop releases r. If its body has not been taken, the exchange is stopped.
func (r IncomingResponse) Drop() { responseDrop(r) }

// Status returns the status code.
func (r IncomingResponse) Status() int { return int(responseStatus(r)) }

// Headers returns the fields, which the caller owns, and which r outlives.
func (r IncomingResponse) Headers() Fields { return responseHeaders(r) }

// Consume returns the body, which the caller owns. It is to be called once.
func (r IncomingResponse) Consume() (IncomingBody, bool) {
	responseConsume(r, ret.ptr())
	return IncomingBody(ret.u32(4)), ret.u8(0) == 0
}

// IncomingBody is the body of a response.
type IncomingBody uint32

// Drop releases b, and stops the exchange.
func (b IncomingBody) Drop() { incomingBodyDrop(b) }

// Stream returns the stream of b, which the caller owns. It is to be called once.
func (b IncomingBody) Stream() (InputStream, bool) {
	incomingBodyStream(b, ret.ptr())
	return InputStream(ret.u32(4)), ret.u8(0) == 0
}

// Finish takes b, whose stream has been dropped, and returns its trailers, which the
// caller owns.
func (b IncomingBody) Finish() FutureTrailers { return incomingBodyFinish(b) }

// FutureTrailers is the trailers of a response that are yet to come.
type FutureTrailers uint32

// Drop releases t.
func (t FutureTrailers) Drop() { trailersDrop(t) }

// Subscribe returns a Pollable for when the trailers are there. The caller owns it.
func (t FutureTrailers) Subscribe() Pollable { return trailersSubscribe(t) }

// Get returns the trailers, which the caller owns; they are 0 when there are none.
func (t FutureTrailers) Get() (f Fields, code ErrorCode, p Progress) {
	setArena(unsafe.Pointer(&scratch), len(scratch))
	trailersGet(t, ret.ptr())
	p = outcome()
	if p == Refused {
		return 0, errorCode(24), p
	}
	if p == Ready && ret.u8(24) != 0 {
		f = Fields(ret.u32(28))
	}
	done()
	return f, ErrorCode{}, p
}
