// SPDX-License-Identifier: MIT

package wazerohost

// Limits bounds what one guest can make the host hold. A zero field means the default.
type Limits struct {
	// Handles is how many handles a guest may hold at a time. One more is a trap.
	// The default is 65536.
	Handles int

	// Exchanges is how many exchanges a guest may have going at a time. One more
	// fails with the error code connection-limit-reached. The default is 1024.
	Exchanges int

	// HeaderBytes bounds the fields of a request, of a response, and their
	// trailers, each counted as names and values together. The default is 1 MiB,
	// which is also the largest value.
	HeaderBytes int

	// BufferBytes is the size of the buffer of one streamed body, in each
	// direction. Buffers exist only while a body is being sent or received. The
	// default is 256 KiB, the least 4 KiB.
	BufferBytes int
}

const (
	defaultHandles     = 1 << 16
	defaultExchanges   = 1024
	maxHeaderBytes     = 1 << 20 // what the guest side of this project can take in one value
	defaultBufferBytes = 256 << 10
	minBufferBytes     = 4 << 10
)

func (l Limits) withDefaults() Limits {
	if l.Handles <= 0 {
		l.Handles = defaultHandles
	}
	if l.Exchanges <= 0 {
		l.Exchanges = defaultExchanges
	}
	if l.HeaderBytes <= 0 || l.HeaderBytes > maxHeaderBytes {
		l.HeaderBytes = maxHeaderBytes
	}
	switch {
	case l.BufferBytes <= 0:
		l.BufferBytes = defaultBufferBytes
	case l.BufferBytes < minBufferBytes:
		l.BufferBytes = minBufferBytes
	}
	return l
}
