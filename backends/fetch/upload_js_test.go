// SPDX-License-Identifier: MIT

package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall/js"
	"testing"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// echo returns a fetch function that answers with the body it was given, read as the
// platform reads bodies. seen gets each body as it was given.
func echo(t testing.TB, seen func(body js.Value)) js.Value {
	return answer(t, func(_ string, init js.Value) any {
		if seen != nil {
			seen(init.Get("body"))
		}
		return newResponse(init.Get("body"), nil)
	})
}

// post sends a body of a declared length.
func post(t testing.TB, ctx context.Context, b *Backend, body io.Reader, length int64) ([]byte, error) {
	t.Helper()
	req := request(t, ctx, "POST", body)
	req.ContentLength = length
	resp, err := b.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func isStream(v js.Value) bool {
	return v.Type() == js.TypeObject && v.InstanceOf(global.Get("ReadableStream"))
}

func TestUploadsArriveWhole(t *testing.T) {
	var last js.Value
	for _, wish := range []bool{false, true} {
		b := newBackend(t, echo(t, func(v js.Value) { last = v }), func(o *Options) { o.Init.StreamBody = wish })
		f := b.platform.facts
		for _, size := range []int{0, 1, 1000, jsfetch.BufferSize - 1, jsfetch.BufferSize, jsfetch.BufferSize + 1, 1 << 20, 3<<20 + 5, 33 << 20} {
			data := pattern(size)
			for _, length := range []int64{-1, int64(size)} {
				if length == 0 {
					continue
				}
				got, err := post(t, t.Context(), b, io.MultiReader(bytes.NewReader(data)), length)
				if err != nil || sha256.Sum256(got) != sha256.Sum256(data) {
					t.Errorf("size %d, length %d: %d bytes, %v", size, length, len(got), err)
				}
				stream := length < 0 && f.streams && (!f.page() || wish) || length >= jsfetch.BufferSize && f.streamsLength()
				if isStream(last) != stream && size != jsfetch.BufferSize-1 { // which may do either
					t.Errorf("size %d, length %d: streamed %v", size, length, !stream)
				}
			}
		}
		settled(t, b)
	}
}

func TestGatheredBodiesAreAsLongAsDeclared(t *testing.T) {
	calls := 0
	b := newBackend(t, echo(t, func(js.Value) { calls++ }))
	for _, streams := range []bool{false, b.platform.facts.streams} {
		b.platform.facts.streams = streams
		for _, length := range []int64{3, 5} {
			_, err := post(t, t.Context(), b, strings.NewReader("four"), length)
			var e *driver.Error
			if !errors.As(err, &e) || e.Op != driver.OpUpload || calls != 0 {
				t.Errorf("length %d: got %v, %d calls", length, err, calls)
			}
		}
	}
}

func TestNoBody(t *testing.T) {
	var last js.Value
	b := newBackend(t, echo(t, func(v js.Value) { last = v }))
	for method, want := range map[string]bool{"GET": false, "POST": false, "PATCH": true} {
		resp, err := b.RoundTrip(request(t, t.Context(), method, nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := last.Type() == js.TypeObject; got != want || (want && last.Get("byteLength").Int() != 0) {
			t.Errorf("%s: a body of no bytes: %v", method, got)
		}
	}
}

func TestKnownLengthThatIsSlowStillStreams(t *testing.T) {
	var last js.Value
	b := newBackend(t, echo(t, func(v js.Value) { last = v }))
	r, w := io.Pipe()
	go func() {
		for _, part := range []string{"slow ", "and ", "steady"} {
			tick()
			io.WriteString(w, part)
		}
		w.Close()
	}()
	got, err := post(t, t.Context(), b, r, int64(len("slow and steady")))
	if string(got) != "slow and steady" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if isStream(last) != b.platform.facts.streamsLength() {
		t.Errorf("streamed: %v", isStream(last))
	}
}

func TestLimitOfGatheredBodies(t *testing.T) {
	calls := 0
	b := newBackend(t, echo(t, func(js.Value) { calls++ }), func(o *Options) { o.MaxBufferedBody = 1000 })
	b.platform.facts.streams = false
	for _, length := range []int64{-1, 1001} {
		closed := false
		_, err := post(t, t.Context(), b, closer{strings.NewReader(strings.Repeat("x", 1001)), &closed}, length)
		if !errors.Is(err, driver.KindLimit) || !closed || calls != 0 {
			t.Errorf("length %d: got %v, closed %v, calls %d", length, err, closed, calls)
		}
	}
	for _, length := range []int64{-1, 1000} {
		if got, err := post(t, t.Context(), b, strings.NewReader(strings.Repeat("x", 1000)), length); len(got) != 1000 || err != nil {
			t.Errorf("length %d: got %d bytes, %v", length, len(got), err)
		}
	}
}

// The limit is for what cannot stream, however fast the reader is.
func TestLimitIsNotForStreams(t *testing.T) {
	b := newBackend(t, echo(t, nil), func(o *Options) { o.MaxBufferedBody = 1000 })
	if !b.platform.facts.streamsLength() {
		b.platform.facts.host, b.platform.facts.streams = hostNode, true
	}
	for _, length := range []int64{1000, 1001, 5000} {
		if got, err := post(t, t.Context(), b, strings.NewReader(strings.Repeat("x", int(length))), length); int64(len(got)) != length || err != nil {
			t.Errorf("length %d: got %d bytes, %v", length, len(got), err)
		}
	}
}

// A request that is to be kept alive has no stream, which the Fetch standard refuses.
func TestKeepaliveIsGathered(t *testing.T) {
	var last js.Value
	b := newBackend(t, echo(t, func(v js.Value) { last = v }), func(o *Options) { o.Init.Keepalive = true })
	for _, length := range []int64{-1, 4} {
		got, err := post(t, t.Context(), b, io.MultiReader(strings.NewReader("bo"), strings.NewReader("dy")), length)
		if string(got) != "body" || err != nil || isStream(last) {
			t.Errorf("length %d: got %q, %v, streamed %v", length, got, err, isStream(last))
		}
	}
}

func TestKeepaliveLimit(t *testing.T) {
	b := newBackend(t, echo(t, nil), func(o *Options) { o.Init.Keepalive = true })
	_, err := post(t, t.Context(), b, bytes.NewReader(make([]byte, keepaliveMax+1)), keepaliveMax+1)
	if b.platform.facts.page() != errors.Is(err, driver.KindLimit) {
		t.Errorf("got %v", err)
	}
}

func TestReaderThatFails(t *testing.T) {
	boom := errors.New("boom")
	for _, streams := range []bool{false, true} {
		for _, length := range []int64{-1, 10, 1 << 20} {
			b := newBackend(t, echo(t, nil), func(o *Options) { o.Init.StreamBody = true })
			b.platform.facts.streams = b.platform.facts.streams && streams
			before := goroutines()
			closed := false
			body := closer{strings.NewReader("some"), &closed}
			_, err := post(t, t.Context(), b, struct {
				io.Reader
				io.Closer
			}{io.MultiReader(body, failing{boom}), body}, length)
			var e *driver.Error
			if !errors.Is(err, boom) || !errors.As(err, &e) || e.Op != driver.OpUpload || !closed {
				t.Errorf("streams %v, length %d: got %v, closed %v", streams, length, err, closed)
			}
			settled(t, b)
			if now := goroutines(); now > before {
				t.Errorf("%d goroutines, %d before", now, before)
			}
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// stuck is a body whose Read blocks until it is freed, whatever Close does.
type stuck struct {
	reading chan struct{} // closed by the first Read
	free    chan struct{}
	closed  bool
	reads   int
}

func newStuck() *stuck { return &stuck{reading: make(chan struct{}), free: make(chan struct{})} }

func (s *stuck) Read(p []byte) (int, error) {
	if s.reads++; s.reads == 1 {
		close(s.reading)
	}
	<-s.free
	return copy(p, "x"), nil
}

func (s *stuck) Close() error {
	s.closed = true
	return nil
}

func TestStuckReaderDoesNotHoldTheCall(t *testing.T) {
	for _, streams := range []bool{false, true} {
		for _, length := range []int64{-1, 10, 1 << 20} {
			// The body is read by the platform, and nothing is answered.
			b := newBackend(t, funcOf(t, func(args []js.Value) any {
				return global.Get("Response").New(args[1].Get("body")).Call("arrayBuffer")
			}).Value, func(o *Options) { o.Init.StreamBody = true })
			b.platform.facts.streams = b.platform.facts.streams && streams
			before := goroutines()
			cause := errors.New("the cause")
			ctx, cancel := context.WithCancelCause(context.Background())
			body := newStuck()
			go func() {
				<-body.reading
				cancel(cause)
			}()
			_, err := post(t, ctx, b, body, length)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || !body.closed {
				t.Errorf("streams %v, length %d: got %v, closed %v", streams, length, err, body.closed)
			}
			close(body.free)
			settled(t, b)
			if body.reads != 1 {
				t.Errorf("streams %v, length %d: %d reads", streams, length, body.reads)
			}
			if now := goroutines(); now > before {
				t.Errorf("streams %v, length %d: %d goroutines, %d before", streams, length, now, before)
			}
		}
	}
}

func TestCloseOfTheResponseEndsTheUpload(t *testing.T) {
	b := newBackend(t, answer(t, func(_ string, init js.Value) any {
		// Takes one chunk, and answers early.
		read := init.Get("body").Call("getReader").Call("read")
		read.Call("catch", global.Get("Function").Get("prototype"))
		return newResponse("early", nil)
	}), func(o *Options) { o.Init.StreamBody = true })
	if !b.platform.facts.streams {
		return // nothing can be answered early where bodies are gathered
	}
	before := goroutines()
	body := newStuck()
	req := request(t, context.Background(), "POST", body)
	resp, err := b.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(resp.Body); string(data) != "early" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	<-body.reading
	resp.Body.Close()
	if !body.closed {
		t.Error("the request body is not closed")
	}
	close(body.free)
	settled(t, b)
	if now := goroutines(); now > before || body.reads != 1 {
		t.Errorf("%d goroutines, %d before; %d reads", now, before, body.reads)
	}
}

func TestPlatformThatWantsNoMore(t *testing.T) {
	b := newBackend(t, answer(t, func(_ string, init js.Value) any {
		init.Get("body").Call("cancel", "enough")
		return newResponse("enough", nil)
	}), func(o *Options) { o.Init.StreamBody = true })
	if !b.platform.facts.streams {
		return // no stream, nothing to cancel
	}
	before := goroutines()
	body := newStuck()
	got, err := post(t, t.Context(), b, body, -1)
	if string(got) != "enough" || err != nil || !body.closed || body.reads != 0 {
		t.Errorf("got %q, %v, closed %v, %d reads", got, err, body.closed, body.reads)
	}
	if now := goroutines(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

func TestRefusedStreamIsGathered(t *testing.T) {
	// As Chromium over HTTP/1.1: a stream is refused before anything is read from it.
	streams, calls := 0, 0
	b := newBackend(t, funcOf(t, func(args []js.Value) any {
		calls++
		if body := args[1].Get("body"); isStream(body) {
			streams++
			return global.Get("Promise").Call("reject", global.Get("TypeError").New("Failed to fetch"))
		} else {
			return global.Get("Promise").Call("resolve", newResponse(body, nil))
		}
	}).Value, func(o *Options) { o.Init.StreamBody = true })
	f := &b.platform.facts
	if !f.streams {
		return // no stream, nothing to refuse
	}
	f.host = hostPage
	for range 2 {
		if got, err := post(t, t.Context(), b, io.MultiReader(strings.NewReader("the body")), -1); string(got) != "the body" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if streams != 1 || calls != 3 {
		t.Errorf("%d streams in %d calls: the origin was not remembered", streams, calls)
	}
	// On a server a refusal is a refusal: the connection may be what failed.
	f.host = hostServer
	closed := false
	_, err := post(t, t.Context(), b, closer{strings.NewReader("x"), &closed}, -1)
	checkError(t, "on a server", err, driver.KindNetwork)
	if calls != 4 || !closed {
		t.Errorf("%d calls, closed %v", calls, closed)
	}
	settled(t, b)
}

func TestLengthHeader(t *testing.T) {
	var headers js.Value
	b := newBackend(t, answer(t, func(_ string, init js.Value) any {
		headers = global.Get("Object").Call("fromEntries", init.Get("headers"))
		return newResponse(init.Get("body"), nil)
	}))
	f := &b.platform.facts
	if !f.streams {
		return // no stream, no need for the header
	}
	f.host = hostNode
	for _, header := range []http.Header{{}, {"X-A": {"b"}}} {
		req := request(t, t.Context(), "PUT", bytes.NewReader(pattern(1<<20)))
		req.ContentLength = 1 << 20
		req.Header = header
		resp, err := b.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); n != 1<<20 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		resp.Body.Close()
		if got := headers.Get("content-length"); got.Type() != js.TypeString || got.String() != "1048576" || req.Header.Get("Content-Length") != "" {
			t.Errorf("content-length is %v", got)
		}
	}
}

func TestReaderThatGivesNothing(t *testing.T) {
	for _, streams := range []bool{false, true} {
		for _, length := range []int64{-1, 10, 1 << 20} {
			b := newBackend(t, echo(t, nil), func(o *Options) { o.Init.StreamBody = true })
			b.platform.facts.streams = b.platform.facts.streams && streams
			if _, err := post(t, t.Context(), b, failing{nil}, length); !errors.Is(err, io.ErrNoProgress) {
				t.Errorf("streams %v, length %d: got %v", streams, length, err)
			}
		}
	}
}

func TestBrokenOffStreamFails(t *testing.T) {
	// Chromium sends the end of a streamed body when it is told to abort. The stream's own
	// error has to reach it, and in a page nothing else.
	for _, kind := range []host{hostPage, hostServer} {
		result := newDeferred()
		var signal js.Value
		b := newBackend(t, funcOf(t, func(args []js.Value) any {
			signal = args[1].Get("signal")
			global.Get("Response").New(args[1].Get("body")).Call("text").Call("then", result.resolve, result.reject)
			return newDeferred().promise
		}).Value, func(o *Options) { o.Init.StreamBody = true })
		if !b.platform.facts.streams {
			return // no stream to break off
		}
		b.platform.facts.host = kind
		ctx, cancel := context.WithCancel(context.Background())
		body := newStuck()
		go func() {
			<-body.reading
			cancel()
		}()
		if _, err := post(t, ctx, b, body, -1); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if rejected := rejects(result.promise); !rejected {
			t.Error("the platform took the body for a complete one")
		}
		if aborted := signal.Get("aborted").Bool(); aborted == (kind == hostPage) {
			t.Errorf("host %d: aborted %v", kind, aborted)
		}
		close(body.free)
	}
}
