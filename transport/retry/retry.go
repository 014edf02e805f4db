// SPDX-License-Identifier: MIT

package retry

import (
	"net/http"
	"reflect"

	"github.com/isohttp/isohttp/transport/driver"
)

// NewClient returns an http.Client that sends requests through rt, again where that may
// help. The Client follows redirects, keeps cookies and has a Timeout as any other; each
// request of a chain of redirects has its own retries.
//
// A nil rt, or a nil pointer, is not taken for any default: every call fails with KindInvalid.
func NewClient(rt http.RoundTripper, opts *Options) *http.Client {
	return &http.Client{Transport: NewRoundTripper(rt, opts)}
}

// NewRoundTripper is what NewClient puts into its Client. It suits transport.Options.Wrap
// and other chains of middleware.
func NewRoundTripper(rt http.RoundTripper, opts *Options) http.RoundTripper {
	if v := reflect.ValueOf(rt); v.Kind() == reflect.Pointer && v.IsNil() {
		rt = nil
	}
	return &roundTripper{rt, opts.resolved()}
}

type roundTripper struct {
	next http.RoundTripper // nil when the caller had none
	opts Options
}

// RoundTrip implements http.RoundTripper.
func (r *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.next == nil {
		closeBody(req)
		return nil, &driver.Error{Op: driver.OpSend, Kind: driver.KindInvalid, Err: errorText("retry: nil RoundTripper")}
	}
	if req == nil || req.URL == nil || !r.opts.mayRetry(req) {
		return r.next.RoundTrip(req)
	}
	if err := driver.ContextError(req.Context(), driver.OpSend, ""); err != nil {
		closeBody(req)
		return nil, err
	}
	c := &call{next: r.next, opts: &r.opts, req: req, body: newReplay(req, r.opts.MaxBodyCopy)}
	return c.do()
}

// CloseIdleConnections passes on what http.Client.CloseIdleConnections asks for.
func (r *roundTripper) CloseIdleConnections() {
	if c, ok := r.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func closeBody(req *http.Request) {
	if req != nil && req.Body != nil {
		req.Body.Close()
	}
}

// errorText is an error that is only a sentence.
type errorText string

func (e errorText) Error() string { return string(e) }
