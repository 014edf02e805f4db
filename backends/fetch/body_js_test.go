// SPDX-License-Identifier: MIT

package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"syscall/js"
	"testing"
	"testing/iotest"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// pattern returns n bytes that repeat late.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return p
}

// chunked cuts data into chunks of the sizes, the last of which repeats.
func chunked(data []byte, sizes ...int) []any {
	var chunks []any
	for i := 0; len(data) > 0; i++ {
		n := min(sizes[min(i, len(sizes)-1)], len(data))
		chunks = append(chunks, bytesOf(data[:n]))
		data = data[n:]
	}
	return chunks
}

// get sends a GET that is answered with the stream.
func get(t testing.TB, ctx context.Context, b *Backend) *http.Response {
	t.Helper()
	resp, err := b.RoundTrip(request(t, ctx, "GET", nil))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func streamBackend(t testing.TB, stream func() js.Value, headers map[string]any) *Backend {
	return newBackend(t, answer(t, func(string, js.Value) any { return newResponse(stream(), headers) }))
}

func TestReadEveryWay(t *testing.T) {
	const big = 3*jsfetch.BufferSize + 17
	for kind, sizes := range map[string][]int{
		"tiny": {1, 2, 3, 5000}, "middle": {64 << 10}, "odd": {100, 40000, 1}, "bigger than the buffer": {big},
	} {
		for _, streamType := range []string{"bytes", ""} {
			for _, length := range []bool{false, true} {
				size := big
				if kind == "odd" {
					size = 40400
				}
				data := pattern(size)
				headers := map[string]any{}
				if length {
					headers["content-length"] = strconv.Itoa(size)
				}
				var src *source
				b := streamBackend(t, func() js.Value {
					src = newSource(t, streamType, chunked(data, sizes...), closeStream)
					return src.stream
				}, headers)
				for way, read := range map[string]func(r io.Reader) ([]byte, error){
					"ReadAll":   io.ReadAll,
					"WriteTo":   func(r io.Reader) ([]byte, error) { var w bytes.Buffer; _, err := io.Copy(&w, r); return w.Bytes(), err },
					"1000":      func(r io.Reader) ([]byte, error) { return readWith(r, make([]byte, 1000)) },
					"1 MiB":     func(r io.Reader) ([]byte, error) { return readWith(r, make([]byte, 1<<20)) },
					"half":      func(r io.Reader) ([]byte, error) { return readWith(iotest.HalfReader(r), make([]byte, 70000)) },
					"both ways": mixed,
				} {
					resp := get(t, t.Context(), b)
					got, err := read(resp.Body)
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("%s, type %q, length %v, %s: %d bytes, %v", kind, streamType, length, way, len(got), err)
					}
					if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
						t.Errorf("after the end: %d, %v", n, err)
					}
					resp.Body.Close()
					if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err != http.ErrBodyReadAfterClose {
						t.Errorf("after Close: %d, %v", n, err)
					}
				}
				settled(t, b)
			}
		}
	}
}

func readWith(r io.Reader, p []byte) (all []byte, err error) {
	for {
		n, err := r.Read(p)
		all = append(all, p[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// mixed reads a few bytes, and lets WriteTo have the rest.
func mixed(r io.Reader) ([]byte, error) {
	var w bytes.Buffer
	if _, err := io.CopyN(&w, struct{ io.Reader }{r}, 7); err != nil {
		return nil, err
	}
	_, err := io.Copy(&w, r)
	return w.Bytes(), err
}

func TestReaderLaw(t *testing.T) {
	data := pattern(9000)
	b := streamBackend(t, func() js.Value { return newSource(t, "bytes", chunked(data, 700), closeStream).stream }, nil)
	resp := get(t, t.Context(), b)
	defer resp.Body.Close()
	if n, err := resp.Body.Read(nil); n != 0 || err != nil {
		t.Errorf("a Read of nothing: %d, %v", n, err)
	}
	if err := iotest.TestReader(resp.Body, data); err != nil {
		t.Error(err)
	}
}

func TestBrokenBodies(t *testing.T) {
	for what, v := range strange() {
		b := streamBackend(t, func() js.Value {
			return newSource(t, "bytes", []any{bytesOf([]byte("abc"))}, func(ctrl js.Value) { ctrl.Call("error", v) }).stream
		}, nil)
		resp := get(t, t.Context(), b)
		data, err := io.ReadAll(resp.Body)
		checkError(t, what, err, driver.KindNetwork)
		if string(data) != "abc" { // that the error is an early end is said in package transport
			t.Errorf("%s: got %q, %v", what, data, err)
		}
		if _, again := resp.Body.Read(make([]byte, 1)); again != err {
			t.Errorf("%s: then %v", what, again)
		}
		resp.Body.Close()
		settled(t, b)
	}
}

func TestBodiesThatAreNoBytes(t *testing.T) {
	for what, v := range strange() {
		b := newBackend(t, answer(t, func(string, js.Value) any {
			return map[string]any{"status": 200, "type": "basic", "headers": []any{}, "body": newSource(t, "", []any{v}, closeStream).stream}
		}))
		resp := get(t, t.Context(), b)
		if data, err := io.ReadAll(resp.Body); err == nil || len(data) > 0 {
			t.Errorf("%s: got %q, %v", what, data, err)
		}
		resp.Body.Close()
		settled(t, b)
	}
}

func TestChunkThatIsTakenBack(t *testing.T) {
	chunk := bytesOf(pattern(10000))
	b := newBackend(t, answer(t, func(string, js.Value) any {
		return map[string]any{"status": 200, "type": "basic", "headers": []any{}, "body": newSource(t, "", []any{chunk}, closeStream).stream}
	}))
	resp := get(t, t.Context(), b)
	defer resp.Body.Close()
	body := resp.Body.(*body)
	body.mu.Lock()
	err := body.chunk() // it is here
	body.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	global.Call("structuredClone", chunk, map[string]any{"transfer": []any{chunk.Get("buffer")}})
	if n, err := resp.Body.Read(make([]byte, 100)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestCloseEndsTheTransfer(t *testing.T) {
	for _, streamType := range []string{"bytes", ""} {
		for _, read := range []bool{false, true} {
			src := newSource(t, streamType, []any{bytesOf([]byte("abc"))}, keepOpen)
			b := streamBackend(t, func() js.Value { return src.stream }, nil)
			resp := get(t, context.Background(), b)
			if read {
				if n, err := resp.Body.Read(make([]byte, 9)); n != 3 || err != nil {
					t.Fatalf("got %d, %v", n, err)
				}
			}
			for range 2 {
				if err := resp.Body.Close(); err != nil {
					t.Error(err)
				}
			}
			<-src.canceled
			settled(t, b)
		}
	}
}

func TestCloseFreesABlockedRead(t *testing.T) {
	for _, streamType := range []string{"bytes", ""} {
		for _, writeTo := range []bool{false, true} {
			src := newSource(t, streamType, nil, keepOpen)
			b := streamBackend(t, func() js.Value { return src.stream }, nil)
			before := goroutines()
			resp := get(t, context.Background(), b)
			failed := make(chan error)
			go func() {
				var err error
				if writeTo {
					_, err = io.Copy(io.Discard, resp.Body)
				} else {
					_, err = resp.Body.Read(make([]byte, 1))
				}
				failed <- err
			}()
			tick() // it waits now
			resp.Body.Close()
			if err := <-failed; err != http.ErrBodyReadAfterClose {
				t.Errorf("got %v", err)
			}
			<-src.canceled
			settled(t, b)
			if now := goroutines(); now > before {
				t.Errorf("%d goroutines, %d before", now, before)
			}
		}
	}
}

func TestCloseOfABodyReadToItsLengthLeavesTheConnection(t *testing.T) {
	src := newSource(t, "bytes", []any{bytesOf([]byte("abc"))}, closeStream)
	b := streamBackend(t, func() js.Value { return src.stream }, map[string]any{"content-length": "3"})
	resp := get(t, t.Context(), b)
	if _, err := io.ReadFull(resp.Body, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	tick()
	select {
	case <-src.canceled:
		t.Error("the stream was canceled, which ends its connection")
	default:
	}
}

func TestWriterThatFails(t *testing.T) {
	data := pattern(1000)
	b := streamBackend(t, func() js.Value { return newSource(t, "bytes", chunked(data, 400), closeStream).stream }, nil)
	resp := get(t, t.Context(), b)
	defer resp.Body.Close()
	full := errors.New("full")
	n, err := resp.Body.(io.WriterTo).WriteTo(&limited{100, full})
	if n != 100 || err != full {
		t.Errorf("got %d, %v", n, err)
	}
	n, err = resp.Body.(io.WriterTo).WriteTo(&limited{100, nil})
	if n != 100 || err != io.ErrShortWrite {
		t.Errorf("got %d, %v", n, err)
	}
	if rest, err := io.ReadAll(resp.Body); !bytes.Equal(rest, data[200:]) || err != nil {
		t.Errorf("then %d bytes, %v", len(rest), err)
	}
}

// limited writes n bytes of what it is given, and reports err.
type limited struct {
	n   int
	err error
}

func (l *limited) Write(p []byte) (int, error) { return min(l.n, len(p)), l.err }

func TestCancelWhileReading(t *testing.T) {
	for _, streamType := range []string{"bytes", ""} {
		src := newSource(t, streamType, nil, keepOpen)
		b := streamBackend(t, func() js.Value { return src.stream }, nil)
		cause := errors.New("the cause")
		ctx, cancel := context.WithCancelCause(context.Background())
		resp := get(t, ctx, b)
		failed := make(chan error)
		go func() {
			_, err := resp.Body.Read(make([]byte, 1))
			failed <- err
		}()
		tick()
		cancel(cause)
		if err := <-failed; !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || !errors.Is(err, driver.KindCanceled) {
			t.Errorf("got %v", err)
		}
		<-src.canceled // also where the signal does not reach the stream
		resp.Body.Close()
		settled(t, b)
	}
}

func TestContextAbortsBetweenReads(t *testing.T) {
	aborted := make(chan struct{})
	onAbort := funcOf(t, func([]js.Value) any {
		close(aborted)
		return nil
	})
	b := newBackend(t, answer(t, func(_ string, init js.Value) any {
		init.Get("signal").Call("addEventListener", "abort", onAbort)
		return newResponse(newSource(t, "bytes", nil, keepOpen).stream, nil)
	}))
	ctx, cancel := context.WithCancel(context.Background())
	resp := get(t, ctx, b)
	cancel()
	<-aborted // nobody is reading
	if _, err := resp.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	resp.Body.Close()
}

func TestContextAfterTheLastByte(t *testing.T) {
	b := newBackend(t, answer(t, func(_ string, init js.Value) any {
		init.Get("signal").Call("addEventListener", "abort", thrower("aborted"))
		return newResponse("whole", nil)
	}))
	ctx, cancel := context.WithCancel(context.Background())
	resp := get(t, ctx, b)
	data, err := io.ReadAll(resp.Body)
	cancel()
	if string(data) != "whole" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err := resp.Body.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("then %v", err)
	}
	resp.Body.Close()
}

func TestByteReaderIsRemembered(t *testing.T) {
	large := map[string]any{"content-length": "1000000"}
	data := pattern(1000)
	kind := "bytes"
	b := streamBackend(t, func() js.Value { return newSource(t, kind, chunked(data, 400), closeStream).stream }, large)
	for _, kind = range []string{"bytes", "", "bytes"} {
		resp := get(t, t.Context(), b)
		if got, err := io.ReadAll(resp.Body); !bytes.Equal(got, data) || err != nil {
			t.Errorf("type %q: %d bytes, %v", kind, len(got), err)
		}
		resp.Body.Close()
	}
	if got := stats(b); got.Arrays != 1 || got.Buffers != 1 {
		t.Errorf("one buffer of each kind does for all, but there are %+v", got)
	}
	b.CloseIdleConnections()
	if got := stats(b); got != (jsfetch.Stats{}) {
		t.Errorf("after CloseIdleConnections: %+v", got)
	}
	resp := get(t, t.Context(), b)
	if got, err := io.ReadAll(resp.Body); !bytes.Equal(got, data) || err != nil {
		t.Errorf("after CloseIdleConnections: %d bytes, %v", len(got), err)
	}
	resp.Body.Close()
}
