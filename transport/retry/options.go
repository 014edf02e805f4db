// SPDX-License-Identifier: MIT

package retry

import (
	"log/slog"
	"math"
	"time"
)

// Options are the settings of NewClient and NewRoundTripper. The zero value and a nil
// pointer are usable. Names and defaults are those of azcore's policy.RetryOptions.
type Options struct {
	// MaxRetries is how often a request is sent again at most. Zero means 3. A negative
	// value means never.
	MaxRetries int

	// RetryDelay is the wait before the first retry; it doubles with each further
	// one. Zero means 800 ms. A negative value means no wait, but for what a server
	// asks for.
	RetryDelay time.Duration

	// MaxRetryDelay bounds every wait. A server that asks for a longer one gets no retry.
	// Zero means 60 s. A negative value means no bound.
	MaxRetryDelay time.Duration

	// RetryNonIdempotent also retries POST, PATCH and other methods that a server may
	// carry out twice when the first answer was lost.
	RetryNonIdempotent bool

	// RetryAzureSDK also retries requests of the Azure SDK. Give its clients
	// policy.RetryOptions{MaxRetries: -1} then.
	RetryAzureSDK bool

	// MaxBodyCopy bounds, in bytes, the copy of a request body that can be had again
	// in no other way. Zero means 1 MiB. A negative value means that none is made.
	MaxBodyCopy int64

	// Logger gets a line before each retry, at debug level, and one at warning level when
	// a failure is returned that would have been retried. A line has method, host, status
	// or error class, the number of the try and the wait, but neither path nor query,
	// headers or error texts. A handler that panics loses its line and nothing else.
	// Nil means no log.
	Logger *slog.Logger
}

// resolved returns a copy of o with every default filled in.
func (o *Options) resolved() Options {
	var r Options
	if o != nil {
		r = *o
	}
	if r.MaxRetries == 0 {
		r.MaxRetries = 3
	}
	if r.RetryDelay == 0 {
		r.RetryDelay = 800 * time.Millisecond
	}
	if r.MaxRetryDelay == 0 {
		r.MaxRetryDelay = time.Minute
	} else if r.MaxRetryDelay < 0 {
		r.MaxRetryDelay = math.MaxInt64
	}
	if r.MaxBodyCopy == 0 {
		r.MaxBodyCopy = 1 << 20
	}
	return r
}
