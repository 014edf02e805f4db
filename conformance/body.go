// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"sync"
)

// Body is a request body that remembers what was done to it. The suite checks every one
// after its case: closed exactly once, and no Read that starts after that or after the
// call has failed.
type Body struct {
	src io.Reader

	mu     sync.Mutex
	closes int
	late   int  // reads that started after Close
	over   bool // the call has returned an error
	after  int  // reads that started then
	reads  int
	client bool          // http.Client has it, which closes it, too, when it redirects
	gone   chan struct{} // closed by the first Close
}

func newBody(src io.Reader) *Body { return &Body{src: src, gone: make(chan struct{})} }

// Read reads from the source.
func (b *Body) Read(p []byte) (int, error) {
	b.mu.Lock()
	b.reads++
	if b.closes > 0 {
		b.late++
	} else if b.over {
		b.after++
	}
	b.mu.Unlock()
	return b.src.Read(p)
}

// Close counts, and closes the source if it can be closed.
func (b *Body) Close() error {
	b.mu.Lock()
	b.closes++
	first := b.closes == 1
	b.mu.Unlock()
	if !first {
		return nil
	}
	close(b.gone)
	if c, ok := b.src.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Closed is closed when the body is.
func (b *Body) Closed() <-chan struct{} { return b.gone }

// Closes returns how often the body was closed so far.
func (b *Body) Closes() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closes
}

// Reads returns how many reads have started so far.
func (b *Body) Reads() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reads
}

func (b *Body) failed() {
	b.mu.Lock()
	b.over = true
	b.mu.Unlock()
}
