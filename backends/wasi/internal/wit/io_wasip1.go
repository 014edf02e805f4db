// SPDX-License-Identifier: MIT

package wit

import (
	"runtime"
	"time"
	"unsafe"
)

// Pollable waits for the resource it was made from, which has to outlive it.
type Pollable uint32

// Drop releases p.
func (p Pollable) Drop() { pollableDrop(p) }

// After returns a Pollable that is ready after d. The caller owns it.
func After(d time.Duration) Pollable { return clockSubscribeDuration(uint64(max(d, 0))) }

// Poll blocks the whole program until one of list is ready, and returns the indexes of
// those that are, in memory of out. out has to be as long as list, which is not empty.
func Poll(list []Pollable, out []uint32) []uint32 {
	setArena(unsafe.Pointer(unsafe.SliceData(out)), 4*len(out))
	ioPoll(unsafe.Pointer(unsafe.SliceData(list)), uint32(len(list)), ret.ptr())
	n := ret.u32(4)
	done()
	runtime.KeepAlive(list)
	return out[:min(int(n), len(out))]
}

// Status is how an operation on a stream went.
type Status uint8

const (
	OK     Status = iota
	Closed        // the other end has ended the stream
	Failed        // and an Error says why
)

// streamStatus reads a stream-error of a result whose payload is at off.
func streamStatus(off uintptr) (Status, Error) {
	switch {
	case ret.u8(0) == 0:
		return OK, 0
	case ret.u8(off) == 0:
		return Failed, Error(ret.u32(off + 4))
	}
	return Closed, 0
}

// Error is why a stream failed. Whoever gets one owns it.
type Error uint32

// Drop releases e.
func (e Error) Drop() { errorDrop(e) }

// Text returns the host's description, of at most 4 KiB.
func (e Error) Text() string {
	buf := make([]byte, 4<<10)
	setArena(unsafe.Pointer(unsafe.SliceData(buf)), len(buf))
	errorDebugString(e, ret.ptr())
	n, need := ret.u32(4), done()
	if need > len(buf) || int(n) > len(buf) {
		return ""
	}
	return string(buf[:n])
}

// Code returns the error-code behind e, if it has to do with HTTP.
func (e Error) Code() (ErrorCode, bool) {
	setArena(unsafe.Pointer(&scratch), len(scratch))
	httpErrorCode(e, ret.ptr())
	if ret.u8(0) == 0 {
		done()
		return ErrorCode{}, false
	}
	return errorCode(8), true
}

// InputStream is the stream of an IncomingBody, which outlives it.
type InputStream uint32

// Drop releases s.
func (s InputStream) Drop() { inputDrop(s) }

// Subscribe returns a Pollable for when there is something to read. The caller owns it.
func (s InputStream) Subscribe() Pollable { return inputSubscribe(s) }

// Read reads into p what is there; the host writes straight into it. It does not block:
// n is 0 with OK when there is nothing yet.
func (s InputStream) Read(p []byte) (n int, status Status, err Error) {
	setArena(unsafe.Pointer(unsafe.SliceData(p)), len(p))
	inputRead(s, uint64(len(p)), ret.ptr())
	status, err = streamStatus(4)
	if status == OK {
		n = int(ret.u32(8))
	}
	done()
	return min(n, len(p)), status, err
}

// OutputStream is the stream of an OutgoingBody, which outlives it.
type OutputStream uint32

// Drop releases s.
func (s OutputStream) Drop() { outputDrop(s) }

// Subscribe returns a Pollable for when more can be written. The caller owns it.
func (s OutputStream) Subscribe() Pollable { return outputSubscribe(s) }

// CheckWrite returns how many bytes the next Write may have at most.
func (s OutputStream) CheckWrite() (n int, status Status, err Error) {
	outputCheckWrite(s, ret.ptr())
	status, err = streamStatus(8)
	if status == OK {
		n = int(min(ret.u64(8), 1<<30))
	}
	return n, status, err
}

// Write writes p, which may not be longer than CheckWrite has allowed.
func (s OutputStream) Write(p []byte) (Status, Error) {
	outputWrite(s, unsafe.Pointer(unsafe.SliceData(p)), uint32(len(p)), ret.ptr())
	status, err := streamStatus(4)
	runtime.KeepAlive(p)
	return status, err
}

// Flush asks for everything to be sent on. CheckWrite allows nothing until it has been.
func (s OutputStream) Flush() (Status, Error) {
	outputFlush(s, ret.ptr())
	return streamStatus(4)
}
