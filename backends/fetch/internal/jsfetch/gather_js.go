// SPDX-License-Identifier: MIT

package jsfetch

import "syscall/js"

const (
	// arrayMax is up to which size a body of known length is gathered in one array,
	// in bytes. Above, the memory that fetch itself needs for a copy of it counts
	// more than the time that Blobs cost.
	arrayMax = 32 << 20

	// partSize is the size of the pieces that a Blob is made of.
	partSize = 1 << 20
)

// Gather collects a request body in JavaScript, so that it never stands in Go's memory,
// which does not shrink again.
type Gather struct {
	r     *Runtime
	array js.Value // the whole body if its length is known and moderate, else one piece
	size  int      // of array
	n     int      // bytes in array
	parts js.Value // the Blobs of earlier pieces; undefined as long as there are none
	whole bool     // array is to be the whole body
	total int
	blob  bool // the body is to be a Blob however small it is
}

// NewGather returns a Gather for a body of that many bytes, -1 when unknown.
func (r *Runtime) NewGather(length int64) (*Gather, *Exception) {
	g := &Gather{r: r, size: partSize}
	if length >= 0 && length <= arrayMax {
		g.size, g.whole = int(length), true
	}
	var exc *Exception
	g.array, exc = r.construct(r.uint8Array, g.size)
	return g, exc
}

// AsBlob makes the body a Blob however small it is.
func (g *Gather) AsBlob() { g.blob = true }

// Len returns how many bytes have been written.
func (g *Gather) Len() int { return g.total }

// Write appends p.
func (g *Gather) Write(p []byte) *Exception {
	for len(p) > 0 {
		if g.n == g.size {
			if g.whole {
				return &Exception{Name: "RangeError", Message: "the body is longer than declared"}
			}
			if exc := g.flush(); exc != nil {
				return exc
			}
		}
		n := min(len(p), g.size-g.n)
		if exc := g.r.copyToJS(g.array, g.n, p[:n]); exc != nil {
			return exc
		}
		g.n += n
		g.total += n
		p = p[n:]
	}
	return nil
}

// copyToJS copies p to offset off of array.
func (r *Runtime) copyToJS(array js.Value, off int, p []byte) (exc *Exception) {
	if off > 0 {
		if array, exc = r.call(array, "subarray", off); exc != nil {
			return exc
		}
	}
	defer r.catch(&exc)
	js.CopyBytesToJS(array, p)
	return nil
}

// flush makes a Blob of what is in the array, which is then used again: a new array for
// each piece would live until Go's next collection.
func (g *Gather) flush() *Exception {
	if g.n == 0 {
		return nil
	}
	piece, exc := g.filled("subarray")
	if exc != nil {
		return exc
	}
	blob, exc := g.r.construct(g.r.blob, []any{piece})
	if exc != nil {
		return exc
	}
	if typeOf(g.parts) != js.TypeObject {
		g.parts = js.ValueOf([]any{})
	}
	if _, exc = g.r.call(g.parts, "push", blob); exc != nil {
		return exc
	}
	g.n = 0
	return nil
}

// filled returns the part of the array that has been written to.
func (g *Gather) filled(method string) (js.Value, *Exception) {
	if g.n == g.size {
		return g.array, nil
	}
	return g.r.call(g.array, method, 0, g.n)
}

// Body returns what has been written as a body. Neither form makes fetch add a
// Content-Type.
func (g *Gather) Body() (*RequestBody, *Exception) {
	if typeOf(g.parts) != js.TypeObject && !g.blob {
		array, exc := g.filled("slice")
		return &RequestBody{array, g.size}, exc
	}
	if exc := g.flush(); exc != nil {
		return nil, exc
	}
	blob, exc := g.r.construct(g.r.blob, g.parts)
	// A Blob's data is not in this process's memory, but it is held on to all the
	// same.
	return &RequestBody{blob, g.total}, exc
}
