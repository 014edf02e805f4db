// SPDX-License-Identifier: MIT

package wazerohost

// Limits bounds what one guest can make the host hold. A zero field means the default.
//
// Exchanges bounds what is on its way: for each exchange two buffers of BufferBytes, the
// request, the head and the trailers of the response, and what net/http has for a
// connection. All of that goes with the exchange.
//
// Everything else is behind a handle, and bounded only by Handles times what one can
// have: fields HeaderBytes, also those of a response; a request five times as much, for
// its method, authority, path, fields and trailers. A request that is not handed over yet
// does not count as an exchange. Of its body a guest may write 4 KiB until then, which are
// behind the handle too.
//
// These are the bytes as HeaderBytes counts them; Go's memory for them is some times as
// large when names and values are short. With the defaults Handles times HeaderBytes
// is more than most machines have, as each may be wanted by some guest. For guests that are
// not trusted with the host's memory, set both to what they need.
type Limits struct {
	// Handles is how many handles a guest may hold at a time. One more is a trap.
	// The default is 65536.
	Handles int

	// Exchanges is how many exchanges a guest may have going at a time: from the handing
	// over of a request until its failure was told, or until the response, its body
	// or its trailers, whichever the guest has taken last, is dropped. One more
	// fails with the error code connection-limit-reached. The default is 1024.
	Exchanges int

	// HeaderBytes bounds the fields of a request, of a response, and their trailers,
	// each counted as names and values together and 32 more for each field. It also bounds
	// the method, the authority and the path of a request, each by itself: a longer one
	// is refused when it is set. The default is 1 MiB, which is also the
	// largest value.
	HeaderBytes int

	// BufferBytes is the size of the buffer of one streamed body, in each
	// direction. Buffers exist only while the exchange does and a body is being sent or
	// received. The default is 256 KiB, the least 4 KiB.
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
