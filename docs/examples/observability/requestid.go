// SPDX-License-Identifier: MIT

package observability

import (
	"context"
	"net/http"
)

// RequestIDHeader is the field that SendRequestID sets. Azure's services know another one,
// x-ms-client-request-id, which runtime.NewRequestIDPolicy of azcore sets.
const RequestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// WithRequestID returns a context with an id for the requests that are made with it.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of ctx, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// SendRequestID is middleware for transport.Options.Wrap that sends the id of a request's
// context, unless the request has one in its header.
func SendRequestID(next http.RoundTripper) http.RoundTripper {
	return roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		if id := RequestID(req.Context()); id != "" && req.Header.Get(RequestIDHeader) == "" {
			req = req.Clone(req.Context()) // the caller's is not to change
			req.Header.Set(RequestIDHeader, id)
		}
		return next.RoundTrip(req)
	})
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
