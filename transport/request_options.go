// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"net/http"
	"time"
)

// RequestOptions are options of a single call, carried by its context. They work on every
// platform. Options in a platform's own words are in its package (fetch.WithRequestInit,
// wasi.WithRequestOptions).
type RequestOptions struct {
	// Progress is called with the bytes that have moved so far, in both directions.
	// It is never called from two goroutines at once for the same call, and must not
	// block.
	Progress func(Progress)

	// ResponseHeaderTimeout takes the place of Options.ResponseHeaderTimeout for this
	// call. Zero leaves that one in force.
	ResponseHeaderTimeout time.Duration
}

// Progress is how far one call has come. Its counts never go down, and the last one of a
// transfer that succeeds is the total.
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
	return context.WithValue(ctx, requestOptionsKey{}, &carried{opts, newCall})
}
