// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"io"
	"syscall/js"

	"github.com/isohttp/isohttp/docs/examples/page/internal/trouble"
)

// fileReader reads a file that the person chose, piece by piece, so that it is never in
// memory as a whole.
type fileReader struct {
	ctx    context.Context
	file   js.Value // a File or Blob
	size   int64
	offset int64
}

func newFileReader(ctx context.Context, file js.Value) *fileReader {
	return &fileReader{ctx: ctx, file: file, size: int64(file.Get("size").Float())}
}

func (r *fileReader) Read(p []byte) (int, error) {
	n := min(int64(len(p)), r.size-r.offset)
	switch {
	case len(p) == 0:
		return 0, nil
	case n <= 0:
		return 0, io.EOF
	}
	piece := r.file.Call("slice", float64(r.offset), float64(r.offset+n))
	buffer, err := await(r.ctx, piece.Call("arrayBuffer"))
	if err == errRejected {
		err = &trouble.Trouble{Kind: trouble.Input, Text: "The file cannot be read any more: it was changed, moved or deleted since it was chosen. Choose it again."}
	}
	if err != nil {
		return 0, err
	}
	copied := js.CopyBytesToGo(p[:n], js.Global().Get("Uint8Array").New(buffer))
	r.offset += int64(copied)
	return copied, nil
}

// partSize is how much of a download is gathered in Go before it goes to the browser.
const partSize = 1 << 20

// partWriter gathers a download in the browser, outside of Go's memory.
type partWriter struct {
	parts   js.Value // an Array of Blobs
	scratch js.Value // a Uint8Array, copied from by each Blob
	size    int
}

func newPartWriter() *partWriter {
	return &partWriter{parts: js.Global().Get("Array").New(), scratch: js.Undefined()}
}

func (w *partWriter) Write(p []byte) (int, error) {
	if len(p) > w.size {
		w.size = max(len(p), partSize)
		w.scratch = js.Global().Get("Uint8Array").New(w.size)
	}
	js.CopyBytesToJS(w.scratch, p)
	w.parts.Call("push", js.Global().Get("Blob").New([]any{w.scratch.Call("subarray", 0, len(p))}))
	return len(p), nil
}

// file returns what was written as one Blob. Its type keeps a browser from showing it as
// a document of the page's own origin.
func (w *partWriter) file() js.Value {
	return js.Global().Get("Blob").New(w.parts, map[string]any{"type": "application/octet-stream"})
}
