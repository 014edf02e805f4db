// SPDX-License-Identifier: MIT

package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
)

// large is what UP-23 uploads, and heapGrowth how much of it may be in the heap at a time.
const (
	large      = 128 << 20
	heapGrowth = 32 << 20
)

// largeReader gives a pattern again and again, hashes what it has given, and looks at the heap
// now and then.
type largeReader struct {
	block      []byte
	left, look int
	sum        hash.Hash
	heap       *heapWatch
}

func newLargeReader() *largeReader {
	return &largeReader{block: Pattern(1<<20, 23), left: large, sum: sha256.New(), heap: newHeapWatch()}
}

func (r *largeReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if r.look <= 0 {
		r.heap.look()
		r.look = 16 << 20
	}
	at := (large - r.left) % len(r.block)
	n := copy(p[:min(len(p), r.left)], r.block[at:])
	r.sum.Write(p[:n])
	r.left -= n
	r.look -= n
	return n, nil
}

func uploadLarge(t *T) *largeReader {
	r := newLargeReader()
	resp := t.Send(t.Request(http.MethodPut, newestURL(t, "echo"), struct{ io.Reader }{r}))
	e := t.echoOf(resp)
	t.Equal("bytes", e.Bytes, int64(large))
	t.Equal("hash", e.SHA256, hex.EncodeToString(r.sum.Sum(nil)))
	t.Expect(Values(EventBodyEnd, "sha256", hex.EncodeToString(r.sum.Sum(nil))))
	return r
}

func largeUpload(t *T) { uploadLarge(t).heap.below(t, heapGrowth) }

func largeUploadGathered(t *T) { uploadLarge(t) }
