// SPDX-License-Identifier: MIT

package transport

import (
	"context"
	"errors"
	"net/http"
)

// errRequestCancel is the cause of a context that Request.Cancel has ended. The text is
// net/http's.
var errRequestCancel = errors.New("net/http: request canceled")

// withCancel makes the end of Request.Cancel the end of a context, which every platform knows.
// The field is deprecated, but http.Client sets it for its Timeout on every transport that is not
// its own. The goroutine ends with the call: with its error, or with its response body.
func withCancel(c *call, out *http.Request) (*call, *http.Request) {
	if c == nil {
		c = new(call)
	}
	ctx, cancel := context.WithCancelCause(out.Context())
	if c.cancel == nil { // else the context is below the one that it ends
		c.cancel = cancel
	}
	//lint:ignore SA1019 http.Client sets it for every transport that is not its own.
	channel := out.Cancel
	out = out.WithContext(ctx)
	//lint:ignore SA1019 As above.
	out.Cancel = nil
	select {
	case <-channel: // nothing is sent
		awaitDeadline(ctx)
		cancel(errRequestCancel)
		return c, out
	default:
	}
	go func() {
		select {
		case <-channel:
			// http.Client closes it at the deadline that it has given the context as well.
			awaitDeadline(ctx)
			cancel(errRequestCancel)
		case <-ctx.Done():
		}
	}()
	return c, out
}
