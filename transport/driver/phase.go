// SPDX-License-Identifier: MIT

package driver

import (
	"context"
	"time"
)

// PhaseTimeouts are time limits of single phases of one call, in the words of wasi:http's
// request-options. A zero field is no limit. A limit that is exceeded ends the call with
// KindTimeout.
type PhaseTimeouts struct {
	// Connect limits the time until there is a connection, TLS included.
	Connect time.Duration
	// FirstByte limits the time from there until the response begins: until its header is in,
	// whatever the request body does meanwhile. An interim response (1xx) is not the response.
	FirstByte time.Duration
	// BetweenBytes limits the time that a read of the response body waits.
	BetweenBytes time.Duration
}

type phaseTimeoutsKey struct{}

// WithPhaseTimeouts returns a context that carries p to a backend. Package transport calls it
// only for a backend that declares PhaseTimeout, with no field negative.
func WithPhaseTimeouts(ctx context.Context, p PhaseTimeouts) context.Context {
	return context.WithValue(ctx, phaseTimeoutsKey{}, p)
}

// PhaseTimeoutsOf returns what ctx carries, the zero value without.
func PhaseTimeoutsOf(ctx context.Context) PhaseTimeouts {
	p, _ := ctx.Value(phaseTimeoutsKey{}).(PhaseTimeouts)
	return p
}
