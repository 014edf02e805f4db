// SPDX-License-Identifier: MIT

package observability

import (
	"errors"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/isohttp/isohttp/transport"
)

// Trace returns middleware for transport.Options.Wrap that makes a span of each exchange. The
// span ends when the response body has been read or closed.
//
// The propagator writes the trace into the request's header. A service that pages reach on
// another origin has to allow these fields in its CORS rules; a propagator without fields
// (propagation.NewCompositeTextMapPropagator()) writes none.
func Trace(spans trace.TracerProvider, propagator propagation.TextMapPropagator) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		traced := otelhttp.NewTransport(discreet{next}, otelhttp.WithTracerProvider(spans), otelhttp.WithPropagators(propagator))
		return roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			resp, err := traced.RoundTrip(req)
			if c, ok := err.(classified); ok {
				err = c.of
			}
			return resp, err
		})
	}
}

// discreet corrects what otelhttp says about an exchange.
type discreet struct{ next http.RoundTripper }

// RoundTrip takes the query out of the span, where otelhttp has put the whole URL: the query
// of a SAS address is a key. And it gives an error its class, by the method that otelhttp
// asks for one; otherwise all errors are of the type driver.Error.
func (d discreet) RoundTrip(req *http.Request) (*http.Response, error) {
	u := *req.URL
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	trace.SpanFromContext(req.Context()).SetAttributes(attribute.String("url.full", u.String()))
	resp, err := d.next.RoundTrip(req)
	if e, ok := errors.AsType[*transport.Error](err); ok {
		err = classified{of: e}
	}
	return resp, err
}

// classified is an error with its class as its type.
type classified struct{ of *transport.Error }

func (c classified) Error() string     { return c.of.Error() }
func (c classified) ErrorType() string { return c.of.Kind.Error() }
func (c classified) Unwrap() error     { return c.of }
