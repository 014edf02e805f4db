// SPDX-License-Identifier: MIT

package retry

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// mayRetry reports whether req is one to be sent again at all.
func (o *Options) mayRetry(req *http.Request) bool {
	if o.MaxRetries < 0 || !o.RetryAzureSDK && fromAzureSDK(req.Header) {
		return false
	}
	return o.RetryNonIdempotent || idempotent(req)
}

// idempotent reports whether a server may be sent req twice (RFC 9110 section 9.2.2, and
// the headers that net/http goes by).
func idempotent(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	for name := range req.Header {
		if strings.EqualFold(name, "Idempotency-Key") || strings.EqualFold(name, "X-Idempotency-Key") {
			return true
		}
	}
	return false
}

// fromAzureSDK reports whether azcore has made the request. Its User-Agent begins with the
// name of the SDK's package, or with an application's id and then that.
func fromAzureSDK(h http.Header) bool {
	for name, values := range h {
		if !strings.EqualFold(name, "User-Agent") {
			continue
		}
		for _, v := range values {
			for _, word := range strings.Fields(v) {
				if strings.HasPrefix(word, "azsdk-go-") {
					return true
				}
			}
		}
	}
	return false
}

// worthRetry reports whether what a try has come to may be otherwise the next time.
func worthRetry(ctx context.Context, resp *http.Response, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if err == nil {
		switch resp.StatusCode {
		case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var final interface {
		error
		NonRetriable()
	}
	if errors.As(err, &final) {
		return false
	}
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Kind != driver.KindCanceled && !e.Kind.Final()
	}
	return !errors.Is(err, context.Canceled)
}

// delay returns the wait after the given try, counted from 1, and false when the server asks
// for more than is allowed.
func (o *Options) delay(resp *http.Response, try int) (time.Duration, bool) {
	if resp != nil {
		if wait := retryAfter(resp.Header, time.Now()); wait > 0 {
			return wait, wait <= o.MaxRetryDelay
		}
	}
	wait := min(max(o.RetryDelay, 0), o.MaxRetryDelay)
	for range try - 1 {
		if wait > o.MaxRetryDelay/2 {
			wait = o.MaxRetryDelay
			break
		}
		wait *= 2
	}
	if wait == 0 {
		return 0, true
	}
	// Clients that failed together must not come back together.
	return wait - rand.N(wait/2+1), true
}
