// SPDX-License-Identifier: MIT

package fetch

import (
	"io"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// gather reads the whole body before anything is sent, outside Go's memory. It ends with the
// context also while the caller's Read is stuck.
func (x *exchange) gather(length, limit int64) (*jsfetch.RequestBody, error) {
	if length > limit {
		return nil, tooLarge("the request body")
	}
	type result struct {
		body *jsfetch.RequestBody
		err  error
	}
	done := make(chan result, 1)
	go func() {
		body, err := x.gatherFrom(x.reqBody, length, limit)
		done <- result{body, err}
	}()
	select {
	case r := <-done:
		x.reqBody.Close()
		return r.body, r.err
	case <-x.ctx.Done():
		return nil, driver.ContextError(x.ctx, driver.OpUpload, name)
	}
}

func (x *exchange) gatherFrom(src io.Reader, length, limit int64) (*jsfetch.RequestBody, error) {
	g, exc := x.rt.NewGather(length)
	if exc != nil {
		return nil, x.gatherError(exc)
	}
	if x.facts.host == hostNode && x.init.Redirect == "follow" {
		// Node 20 cannot send an array a second time after 307 and 308: "Cannot perform
		// ArrayBuffer.prototype.slice on a detached ArrayBuffer".
		g.AsBlob()
	}
	buf := x.rt.TakeBuffer()
	defer x.rt.PutBuffer(buf)
	for {
		if err := driver.ContextError(x.ctx, driver.OpUpload, name); err != nil {
			return nil, err
		}
		n, err := readSome(src, buf)
		total := int64(g.Len()) + int64(n)
		if total > limit {
			return nil, tooLarge("the request body")
		}
		if length >= 0 && total > length {
			return nil, &driver.Error{Op: driver.OpUpload, Kind: driver.KindInvalid, Backend: name, Err: errorText("the request body is longer than declared")}
		}
		if exc := g.Write(buf[:n]); exc != nil {
			return nil, x.gatherError(exc)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, uploadError(err)
		}
	}
	if length >= 0 && int64(g.Len()) < length {
		return nil, uploadError(&described{"the request body is shorter than declared", io.ErrUnexpectedEOF})
	}
	body, exc := g.Body()
	if exc != nil {
		return nil, x.gatherError(exc)
	}
	return body, nil
}

// gatherError returns the error for memory that the platform did not give, or a Blob that it
// could not make.
func (x *exchange) gatherError(exc *jsfetch.Exception) error {
	kind := driver.KindOther
	if exc.Name == "RangeError" {
		kind = driver.KindLimit
	}
	return &driver.Error{Op: driver.OpUpload, Kind: kind, Backend: name,
		Err: &described{"the request body could not be gathered", newError(exc, x.secrets())}}
}

// eofReader is an empty body.
type eofReader struct{}

func (eofReader) Read([]byte) (int, error) { return 0, io.EOF }

// sliceReader reads from a slice once.
type sliceReader struct{ data []byte }

func (r *sliceReader) Read(p []byte) (int, error) {
	n := copy(p, r.data)
	if r.data = r.data[n:]; len(r.data) == 0 {
		return n, io.EOF
	}
	return n, nil
}
