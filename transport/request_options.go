// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// RequestOptions are options of a single call, carried by its context. They work on every
// platform. Options in a platform's own words are in its package (fetch.WithRequestInit,
// wasi.WithRequestOptions).
type RequestOptions struct {
	// Progress is called with the bytes that have moved so far, in both directions.
	// It is never called from two goroutines at once for the same call, and must not
	// block. It keeps the system from copying an *os.File that is sent by itself.
	Progress func(Progress)

	// ResponseHeaderTimeout takes the place of Options.ResponseHeaderTimeout for this
	// call, and counts from the same moment. Zero leaves that one in force.
	ResponseHeaderTimeout time.Duration

	// ConnectTimeout limits the time until there is a connection, TLS included.
	// FirstByteTimeout limits the time from there until the response begins, and
	// BetweenBytesTimeout how long a read of the response body may wait. Zero is no limit
	// of the program's. An exceeded limit is KindTimeout, as the platform counts it.
	//
	// A response has begun when its header is in. Until then FirstByteTimeout is one limit: the
	// upload of the request body counts, also while its Read is stuck, and an interim response
	// (1xx) neither ends the limit nor starts it anew. Under WASI the host keeps it, and wasmtime
	// and wazerohost count in the same way. What comes behind a 101 is no response body, and has
	// no limit.
	//
	// They need driver.PhaseTimeout, which net/http and wasi:http have and fetch does not:
	// there a call with one of them fails with KindUnsupported before a byte is sent.
	// ResponseHeaderTimeout and the context's deadline work everywhere.
	//
	// Under WASI, a field that is set in wasi.WithRequestOptions comes before the one here,
	// and one that is set here before the one in wasi.Options.Timeouts.
	ConnectTimeout      time.Duration
	FirstByteTimeout    time.Duration
	BetweenBytesTimeout time.Duration
}

// phaseTimeouts returns the limits that a backend has to keep.
func (o *RequestOptions) phaseTimeouts() driver.PhaseTimeouts {
	return driver.PhaseTimeouts{Connect: o.ConnectTimeout, FirstByte: o.FirstByteTimeout, BetweenBytes: o.BetweenBytesTimeout}
}

// check refuses what no platform can do and what this one cannot.
func (o *RequestOptions) check(caps driver.Capabilities) error {
	for _, limit := range [...]struct {
		name  string
		d     time.Duration
		phase bool
	}{
		{"ResponseHeaderTimeout", o.ResponseHeaderTimeout, false},
		{"ConnectTimeout", o.ConnectTimeout, true},
		{"FirstByteTimeout", o.FirstByteTimeout, true},
		{"BetweenBytesTimeout", o.BetweenBytesTimeout, true},
	} {
		switch {
		case limit.d < 0:
			return invalid("negative " + limit.name)
		case limit.d > 0 && limit.phase && !caps.Has(driver.PhaseTimeout):
			return unsupported(driver.OpSend, limit.name, "the platform has no time limits of its own")
		}
	}
	return nil
}

// Progress is how far one call has come. Its counts never go down, and the last one of a
// transfer that succeeds is the total. A Do is one call, and what it sends once more for a redirect
// is counted once; a retry of another package is another call, and begins at zero.
//
// Sent counts the bytes that the platform has taken from the request body. Where it streams
// them that is close to what is on the wire; where it has to gather them first (see package
// fetch) it is not. Received counts the bytes of the response body that the program has read.
type Progress struct {
	Sent      int64
	SentTotal int64 // -1 when the length is not known; 0 without a body
	Received  int64
	// ReceivedTotal is -1 while the length is not known: before the header is in, and for
	// a body without one.
	ReceivedTotal int64
}

type requestOptionsKey struct{}

// carried is what a context has of RequestOptions. It has the function that carries them out as
// well, so that a program that sets none does not link it.
type carried struct {
	RequestOptions
	begin func(*Transport, *carried, *http.Request) (*call, *http.Request, error)
}

// WithRequestOptions returns a context that carries opts to every call made with it. It
// replaces options that ctx has already.
func WithRequestOptions(ctx context.Context, opts RequestOptions) context.Context {
	return withCarried(ctx, &carried{opts, newCall})
}

func withCarried(ctx context.Context, opts *carried) context.Context {
	return context.WithValue(ctx, requestOptionsKey{}, opts)
}
