// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"compress/flate"
)

// bombBlock is how many zeros one block of the bomb stands for.
const bombBlock = 1 << 20

// bomb answers with a GiB of zeros in gzip, about 1 MiB on the wire, all but its end: it waits
// at the gate "go" until the client is gone. The blocks are all the same: each ends at a byte's
// boundary, and what one refers back to are zeros again.
func (x *exchange) bomb() {
	var block bytes.Buffer
	z, err := flate.NewWriter(&block, flate.BestCompression)
	if err != nil {
		return
	}
	z.Write(make([]byte, bombBlock))
	z.Flush()
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Header().Set("Content-Encoding", "gzip")
	x.w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255}) // RFC 1952: deflate, no name, no time
	for range 1 << 30 / bombBlock {
		if _, err := x.w.Write(block.Bytes()); err != nil {
			x.log(EventGone, 0, nil)
			return
		}
	}
	x.flush()
	x.wait("go")
}
