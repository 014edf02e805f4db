// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// letter is byte i of every body.
func letter(i int) byte { return byte('a' + i%26) }

// timedSource is a platform's response body whose script says what comes and when. As a
// platform's does, its Read ends when the context does or when it is closed.
type timedSource struct {
	ctx    context.Context
	script []byte
	gone   chan struct{}

	mu     sync.Mutex
	given  int
	closed int
	whole  bool // the end was given as io.EOF
}

func (s *timedSource) Read(p []byte) (int, error) {
	if len(s.script) == 0 {
		s.mu.Lock()
		s.whole = true
		s.mu.Unlock()
		return 0, io.EOF
	}
	c := s.script[0]
	s.script = s.script[1:]
	select {
	case <-s.gone:
		if c&1 == 0 {
			return 0, io.EOF // some platforms report a body closed under a Read so
		}
		return 0, errors.New("closed")
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-time.After(time.Duration(c&7) * time.Second):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(int(c>>3)&7, len(p))
	for i := range n {
		p[i] = letter(s.given + i)
	}
	s.given += n
	switch c >> 6 {
	case 2:
		return n, &driver.Error{Op: driver.OpRead, Kind: driver.KindProtocol, Err: errCause}
	case 3:
		s.script = nil
		s.whole = true
		return n, io.EOF
	}
	return n, nil
}

func (s *timedSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed++; s.closed == 1 {
		close(s.gone)
	}
	return nil
}

// bodyEnd is what the reader of a body saw.
type bodyEnd struct {
	text string
	err  error
}

// readAll reads body with buffers of the given sizes, to an end that must repeat itself.
func readAll(t *testing.T, body io.Reader, sizes []byte) bodyEnd {
	var text strings.Builder
	for i := 0; ; i++ {
		size := 3
		if len(sizes) > 0 {
			size = int(sizes[i%len(sizes)] % 9)
		}
		if i > 1000 {
			size = 16 // sizes may be all zero
		}
		p := make([]byte, size)
		n, err := body.Read(p)
		text.Write(p[:n])
		if err != nil {
			if m, again := body.Read(make([]byte, 4)); m != 0 || (again != err && again != http.ErrBodyReadAfterClose) {
				t.Errorf("after %v another Read returned %d, %v", err, m, again)
			}
			return bodyEnd{text.String(), err}
		}
	}
}

// FuzzBody: in whatever order a body is read, closed and its context canceled, and whatever
// the platform does meanwhile, a clean end means the whole body, an error says which of these
// it was, the platform's body is closed once, and no goroutine is left.
func FuzzBody(f *testing.F) {
	f.Add([]byte{0x38, 0x38, 0x38}, int16(21), []byte{3, 8}, uint8(0), uint8(0))      // whole
	f.Add([]byte{0x38, 0x38, 0x38}, int16(22), []byte{3, 8}, uint8(0), uint8(0))      // cut
	f.Add([]byte{0x38, 0x38, 0x38}, int16(20), []byte{3, 8}, uint8(0), uint8(0))      // more than declared
	f.Add([]byte{0x3A, 0x3F, 0x38}, int16(-1), []byte{0, 8}, uint8(3), uint8(0))      // closed under a Read
	f.Add([]byte{0x3A, 0x3E, 0x38}, int16(-1), []byte{8}, uint8(0), uint8(4))         // canceled under a Read
	f.Add([]byte{0x3A, 0x3E, 0x38}, int16(21), []byte{8}, uint8(3), uint8(3))         // both at once
	f.Add([]byte{0x38, 0xB8}, int16(-1), []byte{8}, uint8(0), uint8(0))               // the platform fails
	f.Add([]byte{0x38, 0xF9, 0x38}, int16(14), []byte{8}, uint8(0), uint8(1))         // data and end at once
	f.Add([]byte{0, 0, 0, 0x07, 0x38}, int16(7), []byte{1, 0, 0}, uint8(0), uint8(0)) // nothing for a while
	f.Fuzz(func(t *testing.T, script []byte, declared int16, sizes []byte, closeAt, cancelAt uint8) {
		if len(script) > 200 {
			return
		}
		length := max(int64(declared), -1)
		synctest.Test(t, func(t *testing.T) {
			cause := errors.New("enough")
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			src := &timedSource{ctx: ctx, script: script, gone: make(chan struct{})}
			resp, err := over(t, func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, ContentLength: length, Body: src}, nil
			}).RoundTrip(get(t).WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			var others sync.WaitGroup
			at := func(second uint8, f func()) {
				if second > 0 {
					others.Go(func() {
						<-time.After(time.Duration(second%64) * time.Second)
						f()
					})
				}
			}
			at(closeAt, func() { resp.Body.Close() })
			at(cancelAt, func() { cancel(cause) })
			end := readAll(t, resp.Body, sizes)
			resp.Body.Close()
			if n, err := resp.Body.Read(make([]byte, 4)); n != 0 || err != http.ErrBodyReadAfterClose {
				t.Errorf("Read after Close returned %d, %v", n, err)
			}
			others.Wait()
			if err := src.check(end, length, cause, closeAt > 0, cancelAt > 0); err != nil {
				t.Error(err)
			}
		})
	})
}

// check returns what is wrong with an end.
func (s *timedSource) check(end bodyEnd, length int64, cause error, closes, cancels bool) error {
	got, err := int64(len(end.text)), end.err
	for i := range end.text {
		if end.text[i] != letter(i) {
			return fmt.Errorf("byte %d of %q is another", i, end.text)
		}
	}
	var kind *transport.Error
	switch {
	case s.closed != 1:
		return fmt.Errorf("the platform's body was closed %d times", s.closed)
	case got > int64(s.given) || length >= 0 && got > length:
		return fmt.Errorf("%d bytes delivered, %d given, %d declared", got, s.given, length)
	case err == io.EOF && length >= 0 && got != length:
		return fmt.Errorf("a clean end after %d of %d bytes", got, length)
	case err == io.EOF && length < 0 && !s.whole:
		return errors.New("a clean end that the platform did not give")
	case err == io.EOF || err == http.ErrBodyReadAfterClose && closes:
		return nil
	case !errors.As(err, &kind):
		return fmt.Errorf("%v is no *transport.Error", err)
	case errors.Is(err, transport.KindCanceled) && (!cancels || !errors.Is(err, cause) || !errors.Is(err, context.Canceled)):
		return fmt.Errorf("canceled %v, and the error is %v", cancels, err)
	case errors.Is(err, io.ErrUnexpectedEOF) && (length < 0 || got >= length):
		return fmt.Errorf("cut after %d bytes of %d: %v", got, length, err)
	case kind.Kind != transport.KindCanceled && kind.Kind != transport.KindNetwork && kind.Kind != transport.KindProtocol:
		return fmt.Errorf("kind %v", kind.Kind)
	}
	return nil
}
