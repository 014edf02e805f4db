// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"syscall/js"
	"time"

	"github.com/isohttp/isohttp/docs/examples/page/internal/trouble"
	"github.com/isohttp/isohttp/docs/examples/portable/app"
)

// The sizes of the pieces of an upload. Progress moves by pieces, so small files have
// small ones: the least that azblob makes, up to 32 MiB.
const (
	minBlock = 1 << 20
	maxBlock = 4 << 20
	blocks   = 32
)

// upload takes {container, name, file, replace, progress} and returns {size, hash}.
func (p *program) upload(ctx context.Context, in js.Value) (any, error) {
	store, err := p.store(in)
	if err != nil {
		return nil, err
	}
	file := newFileReader(ctx, in.Get("file"))
	progress := newProgress(in, file.size)
	h := sha256.New()
	err = store.Upload(ctx, text(in, "container"), text(in, "name"), io.TeeReader(file, h), &app.UploadOptions{
		BlockSize: min(max(file.size/blocks, minBlock), maxBlock),
		Overwrite: flag(in, "replace"),
		Progress:  progress.tell,
	})
	if err != nil {
		return nil, err
	}
	progress.end()
	return map[string]any{"size": float64(file.size), "hash": hex.EncodeToString(h.Sum(nil))}, nil
}

// download takes {container, name, limit, progress} and returns {file, size, hash}.
func (p *program) download(ctx context.Context, in js.Value) (any, error) {
	store, err := p.store(in)
	if err != nil {
		return nil, err
	}
	container, name := text(in, "container"), text(in, "name")
	// The response to the download may hide its length from a page.
	blob, err := store.Properties(ctx, container, name)
	if err != nil {
		return nil, err
	}
	if limit := number(in, "limit"); limit > 0 && blob.Size > limit {
		return nil, &trouble.Trouble{Kind: trouble.Input, Text: "“" + name + "” has grown: it is larger than this page can hold."}
	}
	progress := newProgress(in, blob.Size)
	h, parts := sha256.New(), newPartWriter()
	// A large buffer, because each part is a call out to JavaScript.
	w := bufio.NewWriterSize(io.MultiWriter(parts, h), partSize)
	n, err := store.Download(ctx, container, name, 0, 0, w, progress.tell)
	if err == nil {
		err = w.Flush()
	}
	if err == nil && n != blob.Size {
		err = &trouble.Trouble{Kind: trouble.Broken, Text: fmt.Sprintf("%d of %d bytes arrived. Try again.", n, blob.Size)}
	}
	if err != nil {
		return nil, err
	}
	progress.end()
	return map[string]any{"file": parts.file(), "size": float64(n), "hash": hex.EncodeToString(h.Sum(nil))}, nil
}

// progressStep is the least time between two reports: more often than a person can see
// is a waste of the thread that also moves the data.
const progressStep = 40 * time.Millisecond

// progress reports the bytes of a transfer to the page.
type progress struct {
	report js.Value // function (done, total)
	total  int64
	last   time.Time
}

func newProgress(in js.Value, total int64) *progress {
	p := &progress{report: in.Get("progress"), total: total}
	p.call(0)
	return p
}

func (p *progress) tell(done int64) {
	if now := time.Now(); now.Sub(p.last) >= progressStep {
		p.last = now
		p.call(done)
	}
}

// end reports that all is done.
func (p *progress) end() { p.call(p.total) }

func (p *progress) call(done int64) {
	if p.report.Type() != js.TypeFunction {
		return
	}
	defer func() { recover() }() // what the page's script throws must not end the program
	p.report.Invoke(float64(done), float64(p.total))
}
