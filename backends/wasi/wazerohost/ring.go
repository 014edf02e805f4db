// SPDX-License-Identifier: MIT

package wazerohost

import "sync"

// ring is a bounded buffer between two ends. Its owner has a lock around every method;
// the memory that free returns may be written to without the lock by the one end
// that adds, because the other never looks at it before commit.
type ring struct {
	buf  []byte
	r, w int // bytes taken and bytes added since open
	pool *sync.Pool
}

// open gives the ring a buffer from a pool of the Host's. What another body left in it
// is never seen: only bytes that were committed are read.
func (b *ring) open(pool *sync.Pool) {
	b.pool = pool
	b.buf = *pool.Get().(*[]byte)
}

// recycle gives the buffer away. No end may use it any more.
func (b *ring) recycle() {
	if b.buf != nil {
		buf := b.buf
		b.pool.Put(&buf)
	}
	*b = ring{}
}

func (b *ring) len() int   { return b.w - b.r }
func (b *ring) space() int { return len(b.buf) - b.len() }

// free returns the longest piece of free memory in one part.
func (b *ring) free() []byte {
	if len(b.buf) == 0 || b.space() == 0 {
		return nil
	}
	i := b.w % len(b.buf)
	return b.buf[i:min(len(b.buf), i+b.space())]
}

// commit adds the first n bytes of what free returned.
func (b *ring) commit(n int) { b.w += n }

// write adds p, which must fit.
func (b *ring) write(p []byte) {
	for len(p) > 0 {
		n := copy(b.free(), p)
		b.commit(n)
		p = p[n:]
	}
}

// read takes up to len(p) bytes.
func (b *ring) read(p []byte) (n int) {
	for n < len(p) && b.len() > 0 {
		i := b.r % len(b.buf)
		m := copy(p[n:], b.buf[i:min(len(b.buf), i+b.len())])
		b.r += m
		n += m
	}
	return n
}
