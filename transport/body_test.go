// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

func respond(t *testing.T, ctx context.Context, length int64, body io.Reader) *http.Response {
	t.Helper()
	rc, ok := body.(io.ReadCloser)
	if !ok {
		rc = io.NopCloser(body)
	}
	resp, err := over(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, ContentLength: length, Body: rc}, nil
	}).RoundTrip(get(t).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// nilError is an error whose method panics.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// TestBodyUploadError: what went wrong with the request's body is not an early end of the response's.
func TestBodyUploadError(t *testing.T) {
	upload := &driver.Error{Op: driver.OpUpload, Kind: driver.KindNetwork, Err: errors.New("broken")}
	resp := respond(t, t.Context(), -1, funcReader(func([]byte) (int, error) { return 0, upload }))
	if _, err := io.ReadAll(resp.Body); err != upload || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

func TestBodyErrors(t *testing.T) {
	broken := errors.New("broken")
	of := func(kind driver.Kind) io.Reader {
		err := &driver.Error{Op: driver.OpRead, Kind: kind, Backend: "mine", Err: broken}
		return funcReader(func([]byte) (int, error) { return 0, err })
	}
	for _, c := range []struct {
		name   string
		length int64
		body   io.Reader
		n      int
		kind   transport.Kind
		is     error
	}{
		{"cut", 10, strings.NewReader("abc"), 3, transport.KindNetwork, io.ErrUnexpectedEOF},
		{"cut at once", 10, strings.NewReader(""), 0, transport.KindNetwork, io.ErrUnexpectedEOF},
		{"untyped", 10, io.MultiReader(strings.NewReader("abc"), funcReader(func([]byte) (int, error) { return 0, broken })), 3, transport.KindOther, broken},
		{"typed", -1, of(driver.KindProtocol), 0, transport.KindProtocol, broken},
		{"nil", -1, funcReader(func([]byte) (int, error) { return 0, (*nilError)(nil) }), 0, transport.KindOther, nil},
		{"typed, with nothing in it", -1, funcReader(func([]byte) (int, error) {
			return 0, &driver.Error{Op: driver.OpRead, Kind: driver.KindNetwork}
		}), 0, transport.KindNetwork, nil},
		{"lost", -1, of(driver.KindNetwork), 0, transport.KindNetwork, broken},
		{"lost with TLS", -1, of(driver.KindTLS), 0, transport.KindNetwork, broken},
		{"panics", -1, funcReader(func([]byte) (int, error) { panic(secret) }), 0, transport.KindOther, nil},
	} {
		for _, how := range []string{"Read", "WriteTo"} {
			if how == "WriteTo" && c.name != "cut" { // the reader is used up; strings.Reader has a WriterTo
				continue
			}
			t.Run(c.name+"/"+how, func(t *testing.T) {
				if s, ok := c.body.(*strings.Reader); ok {
					s.Seek(0, io.SeekStart)
				}
				resp := respond(t, t.Context(), c.length, c.body)
				var buf bytes.Buffer
				var err error
				if how == "Read" {
					_, err = io.Copy(&buf, struct{ io.Reader }{resp.Body})
				} else {
					_, err = io.Copy(&buf, resp.Body)
				}
				var e *transport.Error
				if buf.Len() != c.n || !errors.As(err, &e) || e.Op != driver.OpRead || e.Kind != c.kind || c.is != nil && !errors.Is(err, c.is) {
					t.Errorf("%d bytes, %v", buf.Len(), err)
				}
				if cut := errors.Is(err, io.ErrUnexpectedEOF); cut != (c.kind == transport.KindNetwork) {
					t.Errorf("the body has ended too early is %v in %v", cut, err)
				}
				if _, again := resp.Body.Read(make([]byte, 1)); again != err {
					t.Errorf("the next Read returned %v", again)
				}
				if err := resp.Body.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				if _, err := resp.Body.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
					t.Errorf("Read after Close: %v", err)
				}
			})
		}
	}
}

// classifying is a driver.NetHTTP.
type classifying struct {
	backend
	bodyError func(err error) *driver.Error
}

func (c *classifying) Bare(driver.Backend) http.RoundTripper { return &c.backend }

func (c *classifying) BodyError(req *http.Request, err error) *driver.Error { return c.bodyError(err) }

// TestBodyErrorOfBackend: the errors of a body have the class that its backend gives them, and
// a backend that fails at that takes nothing with it.
func TestBodyErrorOfBackend(t *testing.T) {
	broken := errors.New("broken")
	typed := &driver.Error{Op: driver.OpRead, Kind: driver.KindLimit, Err: broken}
	for name, c := range map[string]struct {
		err       error
		bodyError func(err error) *driver.Error
		kind      transport.Kind
	}{
		"gives a class": {broken, func(err error) *driver.Error {
			return &driver.Error{Op: driver.OpRead, Kind: driver.KindProtocol, Err: err}
		}, transport.KindProtocol},
		"has one already": {typed, func(error) *driver.Error { panic("asked again") }, transport.KindLimit},
		"gives none":      {broken, func(error) *driver.Error { return nil }, transport.KindOther},
		"panics":          {broken, func(error) *driver.Error { panic(secret) }, transport.KindOther},
	} {
		t.Run(name, func(t *testing.T) {
			b := &classifying{backend{caps: all(), roundTrip: func(*http.Request) (*http.Response, error) {
				body := io.MultiReader(strings.NewReader("abc"), funcReader(func([]byte) (int, error) { return 0, c.err }))
				return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(body)}, nil
			}}, c.bodyError}
			tr, err := transport.NewWith(b, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := tr.RoundTrip(get(t))
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(resp.Body)
			var e *transport.Error
			if string(data) != "abc" || !errors.As(err, &e) || e.Kind != c.kind || strings.Contains(err.Error(), secret) {
				t.Errorf("got %q, %v, want %v", data, err, c.kind)
			}
			if (name != "panics") != errors.Is(err, broken) {
				t.Errorf("the body's own error in the chain is %v", errors.Is(err, broken))
			}
			if err := resp.Body.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// TestBodyContext: reads end with the context, but not once all bytes are there.
func TestBodyContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	whole := respond(t, ctx, 3, io.MultiReader(strings.NewReader("abc")))
	part := respond(t, ctx, 6, io.MultiReader(strings.NewReader("abc"), strings.NewReader("def")))
	p := make([]byte, 3)
	for _, resp := range []*http.Response{whole, part} {
		if _, err := io.ReadFull(resp.Body, p); err != nil {
			t.Fatal(err)
		}
	}
	cancel(errCause)
	if n, err := whole.Body.Read(p); n != 0 || err != io.EOF {
		t.Errorf("after the last byte: %d, %v", n, err)
	}
	if n, err := part.Body.Read(p); n != 0 || !errors.Is(err, context.Canceled) || !errors.Is(err, errCause) {
		t.Errorf("in the middle: %d, %v", n, err)
	}
	if n, err := part.Body.Read(nil); n != 0 || err == nil {
		t.Errorf("after the error: %d, %v", n, err)
	}
}

// TestBodyEndUnderClose: a platform that reports a clean end because the body was closed
// does not make a cut stream look whole.
func TestBodyEndUnderClose(t *testing.T) {
	reading, closed := make(chan struct{}), make(chan struct{})
	resp := respond(t, t.Context(), -1, &closer{funcReader(func([]byte) (int, error) {
		close(reading)
		<-closed
		return 0, io.EOF
	}), func() { close(closed) }})
	result := make(chan error)
	go func() {
		_, err := resp.Body.Read(make([]byte, 1))
		result <- err
	}()
	<-reading
	resp.Body.Close()
	resp.Body.Close()
	if err := <-result; err != http.ErrBodyReadAfterClose {
		t.Errorf("got %v", err)
	}
}

type closer struct {
	io.Reader
	close func()
}

func (c *closer) Close() error { c.close(); return nil }

// TestBodyWriteTo: io.Copy gets the platform's own pieces, no more than were declared, and
// the writer's own error.
func TestBodyWriteTo(t *testing.T) {
	var buf bytes.Buffer
	resp := respond(t, t.Context(), 6, strings.NewReader("abcdefgh"))
	if n, err := io.Copy(&buf, resp.Body); n != 6 || err != nil || buf.String() != "abcdef" {
		t.Errorf("%d, %v, %q", n, err, buf.String())
	}
	full := errors.New("disk full")
	resp = respond(t, t.Context(), -1, strings.NewReader("abcdefgh"))
	if _, err := io.Copy(writer(func(p []byte) (int, error) { return 2, full }), resp.Body); err != full {
		t.Errorf("got %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
