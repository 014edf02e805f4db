// SPDX-License-Identifier: MIT

package jsfetch

import "syscall/js"

// Reader reads a response's body chunk by chunk. Next and CopyTo are for one goroutine at a
// time; Cancel may be called from any, at any time.
type Reader struct {
	r      *Runtime
	reader js.Value
	byob   bool
	buffer js.Value // the ArrayBuffer to read into; ours except while a read is under way

	chunk js.Value // the Uint8Array being copied from
	size  int      // its length
	off   int      // how much of it has been copied
}

// Reader locks the body and returns its reader; nil if the response has no body. With
// small the plain reader is used: for a few chunks a buffer does not pay.
func (resp *Response) Reader(small bool) (*Reader, *Exception) {
	r := resp.r
	body, exc := r.get(resp.value, r.keys.body)
	if exc != nil {
		return nil, exc
	}
	resp.value = js.Undefined()
	if typeOf(body) != js.TypeObject {
		return nil, nil
	}
	rd := &Reader{r: r}
	r.mu.Lock()
	noBYOB := r.noBYOB
	r.mu.Unlock()
	if !small && !noBYOB {
		if rd.reader, exc = r.call(body, "getReader", r.byobOption); exc == nil {
			rd.byob = true
			rd.buffer = r.takeArray()
			return rd, nil
		}
	}
	if rd.reader, exc = r.call(body, "getReader"); exc != nil {
		return nil, exc
	}
	if !small && !noBYOB {
		// WebKitGTK and Bun have no byte streams here, and will not have one for
		// the next response.
		r.mu.Lock()
		r.noBYOB = true
		r.mu.Unlock()
	}
	return rd, nil
}

// takeArray returns an ArrayBuffer of BufferSize; undefined if there is no memory for
// one.
func (r *Runtime) takeArray() js.Value {
	r.mu.Lock()
	if n := len(r.arrays); n > 0 {
		a := r.arrays[n-1]
		r.arrays = r.arrays[:n-1]
		r.mu.Unlock()
		return a
	}
	r.mu.Unlock()
	a, _ := r.construct(r.arrayBuffer, BufferSize)
	return a
}

func (r *Runtime) putArray(a js.Value) {
	n, exc := r.get(a, r.keys.byteLength)
	if exc != nil || length(n) != BufferSize {
		return // transferred away with a read that was cut short
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.arrays) < maxIdleBuffers {
		r.arrays = append(r.arrays, a)
	}
}

// Next waits for the next chunk that has data. It reports the end of the body by more
// being false, and a closed channel by ok being false.
func (rd *Reader) Next(stop, quit <-chan struct{}) (more bool, exc *Exception, ok bool) {
	for {
		rd.recycle()
		p, exc := rd.read()
		if exc != nil {
			return false, exc, true
		}
		result, exc, ok := rd.r.await(p, stop, quit, nil)
		if exc != nil || !ok {
			return false, exc, ok
		}
		value, exc := rd.r.get(result, rd.r.keys.value)
		if exc != nil {
			return false, exc, true
		}
		done, exc := rd.r.get(result, rd.r.keys.done)
		if exc != nil {
			return false, exc, true
		}
		bytes, exc := rd.r.invoke(rd.r.isView, value)
		if exc != nil {
			return false, exc, true
		}
		if truthy(bytes) {
			n, exc := rd.r.get(value, rd.r.keys.byteLength)
			if exc != nil {
				return false, exc, true
			}
			rd.chunk, rd.size, rd.off = value, length(n), 0
		}
		switch {
		case rd.size > 0:
			return true, nil, true
		case truthy(done):
			rd.recycle()
			return false, nil, true
		case !truthy(bytes):
			return false, &Exception{Name: "TypeError", Message: "the body's stream delivered something that is not bytes"}, true
		}
	}
}

func (rd *Reader) read() (js.Value, *Exception) {
	if !rd.byob {
		return rd.r.call(rd.reader, "read")
	}
	view, exc := rd.r.construct(rd.r.uint8Array, rd.buffer)
	if exc != nil {
		return view, exc
	}
	rd.buffer = js.Undefined() // the stream's, until the chunk brings it back
	return rd.r.call(rd.reader, "read", view)
}

// recycle lets go of the current chunk. A byte reader's memory is read into again.
func (rd *Reader) recycle() {
	if typeOf(rd.chunk) != js.TypeObject {
		return
	}
	if rd.byob {
		rd.buffer, _ = rd.r.get(rd.chunk, rd.r.keys.buffer)
	} else {
		rd.r.loosen(rd.size)
	}
	rd.chunk, rd.size, rd.off = js.Undefined(), 0, 0
}

// Buffered returns how many bytes of the current chunk have not been copied yet.
func (rd *Reader) Buffered() int { return rd.size - rd.off }

// CopyTo copies from the current chunk to p.
func (rd *Reader) CopyTo(p []byte) (int, *Exception) {
	n := min(len(p), rd.Buffered())
	if n == 0 {
		return 0, nil
	}
	// js.CopyBytesToGo of a view whose memory is gone ends the program, and an
	// injected stream may keep a hand on what it delivers.
	size, exc := rd.r.get(rd.chunk, rd.r.keys.byteLength)
	if exc == nil && length(size) != rd.size {
		exc = &Exception{Name: "TypeError", Message: "the body's stream took back a chunk that it had delivered"}
	}
	if exc != nil {
		return 0, exc
	}
	view := rd.chunk
	if rd.off > 0 {
		if view, exc = rd.r.call(rd.chunk, "subarray", rd.off); exc != nil {
			return 0, exc
		}
	}
	copied, exc := rd.r.copyToGo(p[:n], view)
	rd.off += copied
	return copied, exc
}

func (r *Runtime) copyToGo(p []byte, view js.Value) (n int, exc *Exception) {
	defer r.catch(&exc)
	return js.CopyBytesToGo(p, view), nil
}

// Cancel ends the transfer. A read that is under way settles.
func (rd *Reader) Cancel() {
	if p, exc := rd.r.call(rd.reader, "cancel"); exc == nil {
		rd.r.forget(p)
	}
}

// Finish lets the platform see the end of a body whose last byte has been read, so that
// the connection can be used again. It does not wait.
func (rd *Reader) Finish() {
	rd.recycle()
	if p, exc := rd.read(); exc == nil {
		rd.r.forget(p)
	}
}

// Release gives the buffer back. No read may be under way.
func (rd *Reader) Release() {
	rd.recycle()
	if rd.byob && typeOf(rd.buffer) == js.TypeObject {
		rd.r.putArray(rd.buffer)
	}
	rd.buffer = js.Undefined()
}
