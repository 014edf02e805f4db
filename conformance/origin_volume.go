// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// stallAfter is how long a write has to be blocked for the origin to say so.
const stallAfter = time.Second

// large answers with ?mib=N MiB, one and the same again and again, and logs their hash at the
// end. Whenever the client takes nothing for stallAfter, it logs how far it has come, up to the
// gate "read".
func (x *exchange) large() {
	size := x.number("mib", 1)
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Header().Set("Content-Length", strconv.Itoa(size<<20))
	var sent atomic.Int64
	done := make(chan struct{})
	defer close(done)
	go x.watchStalls(&sent, done)
	block := Pattern(1<<20, 1)
	hash := sha256.New()
	for range size {
		for rest := block; len(rest) > 0; rest = rest[64<<10:] {
			n, err := x.w.Write(rest[:64<<10])
			sent.Add(int64(n))
			if err != nil {
				x.log(EventGone, 0, nil)
				return
			}
		}
		hash.Write(block)
	}
	x.log(EventServed, 0, map[string]any{"bytes": sent.Load(), "sha256": hex.EncodeToString(hash.Sum(nil))})
}

// watchStalls logs where a transfer stands whenever it has not moved for stallAfter. It ends with
// the gate "read", for a client that says when it begins to read: on a busy machine it may stop for
// as long by itself.
func (x *exchange) watchStalls(sent *atomic.Int64, done <-chan struct{}) {
	ticker := time.NewTicker(stallAfter)
	defer ticker.Stop()
	said := int64(-1)
	for last := int64(-1); ; {
		select {
		case <-done:
			return
		case <-x.origin.log.gate(x.token, "read"):
			return
		case <-ticker.C:
		}
		if now := sent.Load(); now == last && now != said {
			said = now
			x.log(EventStalled, 0, map[string]any{"bytes": now})
		} else {
			last = now
		}
	}
}

// sse answers with ?events=N server-sent events. Each one has the time on the origin's clock,
// in microseconds, and is followed by a pause of ?gap=MS and by the gate of its number.
func (x *exchange) sse() {
	x.w.Header().Set("Content-Type", "text/event-stream")
	gap := time.Duration(x.number("gap", 0)) * time.Millisecond
	events := x.number("events", 1)
	for i := range events {
		fmt.Fprintf(x.w, "id: %d\ndata: %d\n\n", i, time.Since(x.origin.log.start).Microseconds())
		x.flush()
		if i == events-1 || !x.idle(gap) || !x.wait(strconv.Itoa(i)) {
			return
		}
	}
}

// idle does nothing for a while. It returns false when the client has gone meanwhile.
func (x *exchange) idle(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.r.Context().Done():
		x.log(EventGone, 0, nil)
	case <-x.origin.log.over:
	}
	return false
}

// mismatch announces ?declared=N bytes and sends ?sent=N, fewer, as a message that is
// complete otherwise: over HTTP/1.1 the connection is closed.
func (x *exchange) mismatch() {
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Header().Set("Content-Length", strconv.Itoa(x.number("declared", 1000)))
	x.w.Write(make([]byte, x.number("sent", 100)))
	http.NewResponseController(x.w).Flush()
}

// abort sends 1000 bytes and, after the gate ?gate=NAME, lets go of the exchange: the
// connection is closed, or over HTTP/2 the stream is reset.
func (x *exchange) abort() {
	x.w.Header().Set("Content-Type", "application/octet-stream")
	x.w.Write(bytes.Repeat([]byte("c"), 1000))
	x.flush()
	if x.wait(x.q.Get("gate")) {
		panic(http.ErrAbortHandler)
	}
}
