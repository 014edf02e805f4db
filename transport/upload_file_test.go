// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package transport_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
)

// tempFile returns an open file with the content, at its beginning.
func tempFile(t *testing.T, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// copied is a connection that counts what the system was given to copy.
type copied struct {
	net.Conn
	n *atomic.Int64
}

func (c copied) ReadFrom(r io.Reader) (int64, error) {
	limited, ok := r.(*io.LimitedReader)
	if ok {
		_, ok = limited.R.(syscall.Conn)
	}
	n, err := c.Conn.(io.ReaderFrom).ReadFrom(r)
	if ok {
		c.n.Add(n)
	}
	return n, err
}

// wrapping returns a Transport whose connections are wrapped.
func wrapping(t *testing.T, opts *transport.Options, wrap func(net.Conn) net.Conn) *transport.Transport {
	t.Helper()
	base := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return wrap(c), nil
	}}
	t.Cleanup(base.CloseIdleConnections)
	backend, err := nethttp.New(&nethttp.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.NewWith(backend, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// countCopied returns a Transport, and the number of bytes that its connections were given to
// copy.
func countCopied(t *testing.T, opts *transport.Options) (*transport.Transport, *atomic.Int64) {
	t.Helper()
	n := new(atomic.Int64)
	return wrapping(t, opts, func(c net.Conn) net.Conn { return copied{c, n} }), n
}

// put sends body with a declared length, in a context.
func put(ctx context.Context, rt http.RoundTripper, url string, body io.Reader, length int64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, body)
	if err != nil {
		return err
	}
	req.ContentLength = length
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// TestUploadFile sends files of sizes around those of net/http's buffers, from their beginning
// and from within.
func TestUploadFile(t *testing.T) {
	var sum [sha256.Size]byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		sum = sha256.Sum256(data)
	}))
	t.Cleanup(server.Close)
	tr, n := countCopied(t, nil)
	content := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{1}).Read(content)
	for _, size := range []int64{1, 2, 100, 3900, 4095, 4096, 4097, 8191, 8192, 64<<10 + 1, 1 << 20, 3 << 20} {
		for _, offset := range []int64{0, min(7, size-1), size - 1} {
			f := tempFile(t, content[:size])
			if _, err := f.Seek(offset, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			n.Store(0)
			sum = [sha256.Size]byte{}
			if err := put(t.Context(), tr, server.URL, f, size-offset); err != nil {
				t.Errorf("%d bytes from %d on: %v", size, offset, err)
				continue
			}
			if want := sha256.Sum256(content[offset:size]); sum != want {
				t.Errorf("%d bytes from %d on: the server got other bytes", size, offset)
			}
			if size-offset > 8192 && n.Load() < size-offset-8192 {
				t.Errorf("%d bytes from %d on: the system was given %d to copy", size, offset, n.Load())
			}
			if _, err := f.Stat(); !errors.Is(err, os.ErrClosed) {
				t.Errorf("%d bytes from %d on: the file was not closed: %v", size, offset, err)
			}
		}
	}
}

// TestUploadFileGuarded names the files that go through the guard's Read as any other body.
func TestUploadFileGuarded(t *testing.T) {
	const size = 1 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	t.Cleanup(server.Close)
	var log bytes.Buffer
	progress := transport.WithRequestOptions(t.Context(), transport.RequestOptions{Progress: func(transport.Progress) {}})
	tests := []struct {
		name   string
		ctx    context.Context
		opts   *transport.Options
		length int64
		body   func(*os.File) io.Reader
		err    string
	}{
		{"progress", progress, nil, size, nil, ""},
		{"log", t.Context(), &transport.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, size, nil, ""},
		{"another reader", t.Context(), nil, size, func(f *os.File) io.Reader { return struct{ io.Reader }{f} }, ""},
		{"longer than declared", t.Context(), nil, size - 1, nil, "longer than Request.ContentLength"},
		{"shorter than declared", t.Context(), nil, size + 1, nil, "ended after 1048576 of 1048577 bytes"},
		{"unknown length", t.Context(), nil, -1, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tr, n := countCopied(t, test.opts)
			f := tempFile(t, make([]byte, size))
			body := io.Reader(f)
			if test.body != nil {
				body = test.body(f)
			}
			err := put(test.ctx, tr, server.URL, body, test.length)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err) || !errors.Is(err, transport.KindInvalid)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if n.Load() != 0 {
				t.Errorf("the system was given %d bytes to copy", n.Load())
			}
		})
	}
}

// TestUploadFileCut cuts a file while the system copies it.
func TestUploadFileCut(t *testing.T) {
	const size = 256 << 20 // more than the buffers of a connection hold
	began, cut, got := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body.Read(make([]byte, 1))
		close(began)
		<-cut
		_, err := io.Copy(io.Discard, r.Body)
		got <- err
	}))
	t.Cleanup(server.Close)
	f := tempFile(t, nil)
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	other, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	go func() {
		defer close(cut)
		<-began
		if err := other.Truncate(size - 1); err != nil {
			t.Error(err)
		}
	}()
	tr, n := countCopied(t, nil)
	if err := put(t.Context(), tr, server.URL, f, size); !errors.Is(err, transport.KindInvalid) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	if err := <-got; err == nil {
		t.Error("the server saw a complete message")
	}
	if n.Load() == 0 {
		t.Error("the system was given nothing to copy")
	}
}

// regrown is a connection that cuts the file before the system copies it, and gives it back what
// it has lost before net/http looks for more.
type regrown struct {
	net.Conn
	file *os.File
	size int64
}

func (c regrown) ReadFrom(r io.Reader) (int64, error) {
	if err := c.file.Truncate(c.size - 1000); err != nil {
		return 0, err
	}
	n, err := c.Conn.(io.ReaderFrom).ReadFrom(r)
	return n, errors.Join(err, c.file.Truncate(c.size))
}

// TestUploadFileRegrown cuts a file and lets it grow again while it is sent: what the system has not
// copied is missing, and not waited for.
func TestUploadFileRegrown(t *testing.T) {
	const size = 1 << 20
	got := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		got <- err
	}))
	t.Cleanup(server.Close)
	f := tempFile(t, make([]byte, size))
	other, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tr := wrapping(t, nil, func(c net.Conn) net.Conn { return regrown{c, other, size} })
	if err := put(t.Context(), tr, server.URL, f, size); !errors.Is(err, transport.KindInvalid) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	if err := <-got; err == nil {
		t.Error("the server saw a complete message")
	}
}

// TestUploadFileAppended appends to a file while the system copies it: what it had when the call
// began is sent, and that is no error.
func TestUploadFileAppended(t *testing.T) {
	const size = 64 << 20
	began, appended := make(chan struct{}), make(chan struct{})
	got := make(chan int64, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body.Read(make([]byte, 1))
		close(began)
		<-appended
		n, _ := io.Copy(io.Discard, r.Body)
		got <- n + 1
	}))
	t.Cleanup(server.Close)
	f := tempFile(t, nil)
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	name := f.Name()
	go func() {
		defer close(appended)
		<-began
		if err := os.Truncate(name, size+100); err != nil {
			t.Error(err)
		}
	}()
	tr, n := countCopied(t, nil)
	if err := put(t.Context(), tr, server.URL, f, size); err != nil {
		t.Errorf("error %v", err)
	}
	if n := <-got; n != size {
		t.Errorf("the server got %d bytes, want %d", n, size)
	}
	if n.Load() == 0 {
		t.Error("the system was given nothing to copy")
	}
}

// TestUploadFileUnreadable sends a file that was opened for writing: it is the reader that fails.
func TestUploadFileUnreadable(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }))
	t.Cleanup(server.Close)
	f := tempFile(t, make([]byte, 100_000))
	w, err := os.OpenFile(f.Name(), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	tr, _ := countCopied(t, nil)
	var e *transport.Error
	if err := put(t.Context(), tr, server.URL, w, 100_000); !errors.As(err, &e) || e.Op != "upload" || e.Kind == transport.KindNetwork {
		t.Errorf("error %v", err)
	}
}

// TestUploadFileHeaderTimeout waits for a response no longer than it may, counted from the end of
// a file that the system has copied.
func TestUploadFileHeaderTimeout(t *testing.T) {
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-over
	}))
	t.Cleanup(server.Close)
	defer close(over)
	tr, n := countCopied(t, &transport.Options{ResponseHeaderTimeout: 50 * time.Millisecond})
	if err := put(t.Context(), tr, server.URL, tempFile(t, make([]byte, 1<<20)), 1<<20); !errors.Is(err, transport.KindTimeout) {
		t.Errorf("error %v", err)
	}
	if n.Load() == 0 {
		t.Error("the system was given nothing to copy")
	}
}

// TestUploadFileCanceled cancels while the system copies a file that the server does not read.
func TestUploadFileCanceled(t *testing.T) {
	const size = 256 << 20
	began, over := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body.Read(make([]byte, 1))
		close(began)
		<-over // r.Context() ends only for those who have read the body
	}))
	t.Cleanup(server.Close)
	defer close(over)
	f := tempFile(t, nil)
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	go func() {
		<-began
		cancel(cause)
	}()
	tr, _ := countCopied(t, nil)
	if err := put(ctx, tr, server.URL, f, size); !errors.Is(err, cause) || !errors.Is(err, transport.KindCanceled) {
		t.Errorf("error %v", err)
	}
	if _, err := f.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file was not closed: %v", err)
	}
}
