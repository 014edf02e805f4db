// SPDX-License-Identifier: MIT

package wasi

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Options configures a Backend. The zero value is ready to use.
type Options struct {
	// Timeouts are the time limits of requests. What a request's context has, from
	// WithRequestOptions or transport.WithRequestOptions, comes first, field by field.
	Timeouts RequestOptions

	// DisableCompression stops the backend from asking for gzip by itself.
	DisableCompression bool
}

// RequestOptions has the time limits of wasi:http for the phases of one request. The host
// keeps them. A zero field is no limit of the program's; the host may have its own.
// A limit that is exceeded is an error of driver.KindTimeout.
type RequestOptions struct {
	// ConnectTimeout limits the time until there is a connection.
	ConnectTimeout time.Duration
	// FirstByteTimeout limits the time from there until the response begins.
	FirstByteTimeout time.Duration
	// BetweenBytesTimeout limits the time between two pieces of the response body.
	BetweenBytesTimeout time.Duration
}

type requestOptionsKey struct{}

// WithRequestOptions returns a context whose requests have the given time limits. It
// replaces those that ctx has already from this function. Each field that is not zero comes
// before its namesake in transport.RequestOptions, which comes before the one in
// Options.Timeouts; a zero field leaves those in force, so that a limit can be made longer
// for a request, but not taken away. A negative limit makes such a request fail with
// driver.KindInvalid, and one that the host does not take with driver.KindUnsupported,
// naming it. On other platforms than wasip1 the context has no effect.
func WithRequestOptions(ctx context.Context, options RequestOptions) context.Context {
	return context.WithValue(ctx, requestOptionsKey{}, options)
}

// over returns o with the limits of base where o has none.
func (o RequestOptions) over(base RequestOptions) RequestOptions {
	return RequestOptions{
		ConnectTimeout:      cmp.Or(o.ConnectTimeout, base.ConnectTimeout),
		FirstByteTimeout:    cmp.Or(o.FirstByteTimeout, base.FirstByteTimeout),
		BetweenBytesTimeout: cmp.Or(o.BetweenBytesTimeout, base.BetweenBytesTimeout),
	}
}

func (o RequestOptions) check() error {
	switch {
	case o.ConnectTimeout < 0:
		return errors.New("negative ConnectTimeout")
	case o.FirstByteTimeout < 0:
		return errors.New("negative FirstByteTimeout")
	case o.BetweenBytesTimeout < 0:
		return errors.New("negative BetweenBytesTimeout")
	}
	return nil
}
