// SPDX-License-Identifier: MIT

package conformance

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// streamCases are those of group DN about long, slow and endless bodies.
func streamCases() []Case {
	return []Case{
		must("DN-15", badChunks).within(40 * time.Second).alone(), // it measures the heap
		must("DN-26", serverSentEvents, Count(EventRequest, 1)).within(100 * time.Second),
		gated("DN-27", driver.Backpressure, readerStopsSender, readLate).within(120 * time.Second),
		must("DN-28", largeDownload, Count(EventRequest, 1)).within(180 * time.Second),
	}
}

// bounded performs an exchange that has to fail by itself, within a time after which it is
// canceled.
func (t *T) bounded(what, url string) {
	ctx, cancel := context.WithTimeout(t.Context(), t.Limit(4*time.Second))
	defer cancel()
	n := int64(0)
	resp, err := t.Try(t.RequestContext(ctx, http.MethodGet, url, nil))
	if err == nil {
		n, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if ctx.Err() != nil {
		t.Errorf("%s: it goes on, with %d bytes of body so far; want an error", what, n)
		return
	}
	t.True(err != nil && !errors.Is(err, context.DeadlineExceeded), "%s: got a clean end after %d bytes, want an error", what, n)
}

func badChunks(t *T) {
	for _, name := range []string{"letters", "negative", "prefix", "overflow", "empty", "no-crlf"} {
		t.bounded(name, t.URL("script", "name", "chunk-"+name))
	}
	growth := newHeapWatch()
	t.bounded("a size line without an end", t.URL("script", "name", "chunk-endless"))
	growth.below(t, 8<<20)
}

// serverSentEvents reads events that come one at a time. No event is sent before the client
// has said that it has the one before, so nothing can be held back.
func serverSentEvents(t *T) {
	const events = 20
	gap := t.pause(60*time.Second) / (events - 1)
	req := t.Get(t.URL("sse", "events", strconv.Itoa(events), "gap", strconv.FormatInt(gap.Milliseconds(), 10)))
	req.Header.Set("Accept", "text/event-stream")
	resp := t.Send(req)
	t.Equal("Content-Type", resp.Header.Get("Content-Type"), "text/event-stream")
	// The two clocks have nothing in common but their pace: what is compared with the fastest
	// event is how much longer the others took.
	start := time.Now()
	fastest, slowest := time.Duration(1<<62), time.Duration(-1<<62)
	lines := bufio.NewScanner(resp.Body)
	for i := range events {
		var fields []string
		for lines.Scan() && lines.Text() != "" {
			fields = append(fields, lines.Text())
		}
		if len(fields) != 2 || fields[0] != "id: "+strconv.Itoa(i) {
			t.Fatalf("event %d is %q, %v", i, fields, lines.Err())
		}
		micros, err := strconv.ParseInt(strings.TrimPrefix(fields[1], "data: "), 10, 64)
		t.True(err == nil, "event %d: %v", i, err)
		took := time.Since(start) - time.Duration(micros)*time.Microsecond
		fastest, slowest = min(fastest, took), max(slowest, took)
		t.Release(strconv.Itoa(i))
	}
	t.True(slowest-fastest < t.Limit(3*time.Second), "one event took %v longer than another", slowest-fastest)
	t.Equal("after the last event", lines.Scan(), false)
	t.True(lines.Err() == nil, "the stream ends with %v", lines.Err())
}

// readerStopsSender does not read a download until the origin cannot write any more. Chromium
// reads up to 64 MiB ahead of a page, in plain JavaScript too.
func readerStopsSender(t *T) {
	mib, bound := 64, 24<<20
	if t.Page() {
		mib, bound = 128, 96<<20
	}
	resp := t.Send(t.Get(t.URL("large", "mib", strconv.Itoa(mib))))
	t.Wait(EventStalled, 1)
	t.Release("read")
	t.Expect(FieldAtMost(EventStalled, "bytes", bound), AtLeast(EventStalled, 1), Before(EventStalled, EventServed))
	t.wholeLarge(resp, mib, func() {})
}

// readLate reads what a platform may have read ahead of the caller.
func readLate(t *T) {
	const mib = 64
	resp := t.Send(t.Get(t.URL("large", "mib", strconv.Itoa(mib))))
	t.Echo(t.Get(t.URL("echo")))
	t.wholeLarge(resp, mib, func() {})
}

// wholeLarge reads a body of the scenario "large" and compares its hash with the origin's,
// which has been told of it as well. Every 32 MiB it calls look.
func (t *T) wholeLarge(resp *http.Response, mib int, look func()) {
	hash := sha256.New()
	size := int64(0)
	for {
		n, err := io.CopyN(hash, resp.Body, 32<<20)
		size += n
		look()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("reading the body failed after %d bytes: %v", size, err)
		}
	}
	t.Equal("bytes", size, int64(mib)<<20)
	t.Expect(Values(EventServed, "sha256", hex.EncodeToString(hash.Sum(nil))))
}

func largeDownload(t *T) {
	growth := newHeapWatch()
	t.wholeLarge(t.Send(t.Get(t.URL("large", "mib", "256"))), 256, growth.look)
	growth.below(t, 32<<20)
}
