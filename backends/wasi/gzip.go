// SPDX-License-Identifier: MIT

package wasi

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/isohttp/isohttp/transport/driver"
)

// decodeGzip replaces the body of a response that is encoded with gzip by one that
// decodes it, and says so in the response, as net/http does. Where there is no body, the
// fields describe one that was not sent, and stay.
func decodeGzip(resp *http.Response) {
	if resp.ContentLength == 0 || !strings.EqualFold(strings.TrimSpace(resp.Header.Get("Content-Encoding")), "gzip") {
		return
	}
	resp.Body = &gzipBody{src: resp.Body}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	resp.Uncompressed = true
}

// gzipBody decodes src while it is read. Nothing is read before the first Read, so that
// the response is there before its body begins.
type gzipBody struct {
	src io.ReadCloser // owned: closed by Close

	reading sync.Mutex
	zr      *gzip.Reader
	err     error
}

func (b *gzipBody) Read(p []byte) (int, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.err != nil {
		return 0, b.err
	}
	if b.zr == nil {
		zr, err := gzip.NewReader(bufio.NewReaderSize(b.src, 32<<10))
		if err != nil {
			b.err = gzipError(err)
			return 0, b.err
		}
		b.zr = zr
	}
	n, err := b.zr.Read(p)
	if err != nil {
		b.err = gzipError(err)
	}
	return n, b.err
}

// Close closes src, which also ends a Read.
func (b *gzipBody) Close() error { return b.src.Close() }

// gzipError gives an error of the decoder a class. One of src has one.
func gzipError(err error) error {
	var de *driver.Error
	switch {
	case err == io.EOF, errors.As(err, &de):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &driver.Error{Op: driver.OpRead, Kind: driver.KindNetwork, Backend: name, Err: err}
	}
	return &driver.Error{Op: driver.OpRead, Kind: driver.KindProtocol, Backend: name, Err: err}
}
