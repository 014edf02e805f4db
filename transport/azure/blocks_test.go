// SPDX-License-Identifier: MIT

package azure_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestBlocks protects the code of the example: docs/migration.md leads people to it.
func TestBlocks(t *testing.T) {
	broken := errors.New("broken")
	for _, length := range []int{0, 1, 4, 5, 6, 10, 11} {
		for _, end := range []error{nil, broken, io.ErrUnexpectedEOF} {
			for name, in := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "data with error": iotest.DataErrReader,
			} {
				content := bytes.Repeat([]byte("x"), length)
				tail := io.Reader(bytes.NewReader(nil))
				if end != nil {
					tail = iotest.ErrReader(end)
				}
				var got []byte
				var err error
				for block, e := range blocks(in(io.MultiReader(bytes.NewReader(content), tail)), 5) {
					if err != nil {
						t.Fatal("more after an error")
					}
					if err = e; len(block) < 5 && len(got)+len(block) < length {
						t.Errorf("a block of %d in the middle", len(block))
					}
					got = append(got, block...)
				}
				if !bytes.Equal(got, content) || !errors.Is(err, end) || end == nil && err != nil {
					t.Errorf("%d, %v, %s: got %d bytes and %v", length, end, name, len(got), err)
				}
			}
		}
	}
}
