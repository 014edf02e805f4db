// SPDX-License-Identifier: MIT

// Package retry sends requests again when that may help, over any http.RoundTripper and by
// the same rules on every platform. The loop is go-retryablehttp's; what it decides, how
// long it waits and how a body is sent again is decided here.
//
//	client := retry.NewClient(transport.Default(), nil)
//
// # What is tried again
//
// A request whose method is idempotent (GET, HEAD, OPTIONS, TRACE, PUT, DELETE), or that has
// an Idempotency-Key or X-Idempotency-Key header, after
//
//   - status 408, 429, 500, 502, 503 or 504;
//   - an error whose Kind is KindNetwork, KindProtocol or KindOther, or KindTimeout while the
//     request's own context lives (a limit of one phase). An error that is no
//     *transport.Error counts as KindOther.
//
// What is not tried again: the other kinds; any error with a NonRetriable method in its
// chain; every other status, 0 included; a request whose context has ended; a response
// whose body breaks off while it is read, because the caller has it by then.
// Error texts decide nothing.
//
// Requests of the Azure SDK pass through once, because azcore has a retry policy of its own:
// two loops around each other multiply. They are known by a word of their User-Agent that
// begins with "azsdk-go-". A client with telemetry disabled does not send one; give such
// a client a plain Transport.
//
// # What is returned
//
// The last try's response or error. When retries are used up that is a response with status
// 503, say, and no error: a caller looks at the status as it does without retries. The same
// response is returned, open and unread, when the server asks for too long a wait and when
// there is no body for another try. It is given up only when the next try is certain, but for
// the end of the request's context.
//
// # How long it waits
//
// As long as the response's Retry-After-Ms, X-Ms-Retry-After-Ms or Retry-After header
// says, the first of them that makes sense: a value that is zero, negative, past or not
// understood counts as none. If it is more than MaxRetryDelay, the response is returned at
// once, because to come back earlier is not what the server asked for. Without a header the
// wait doubles from try to try up to MaxRetryDelay, and a random part of up to half of it is
// taken off. In a page the server has to expose these headers (CORS), else they are not seen.
//
// The end of the request's context ends everything at once, with an error that matches
// ctx.Err and context.Cause. If it has ended before the call, nothing is sent.
//
// # Bodies
//
// A body is sent again from the start by its Seek method, by Request.GetBody, or from a copy
// that is made while it is sent the first time, whichever is there in this order. The copy
// is bounded by MaxBodyCopy; a longer body is sent once, and what comes back is returned.
// So it is when Seek or GetBody fails: they are called before the response is given up and
// before the wait, and only the log says that they failed. A Read that is under
// way then is waited for. The original is closed exactly once, after the last try that reads
// from it, and so is each body of GetBody, also one that no try has come to use.
//
// # Secrets
//
// The errors of this package and its log lines have no URL in them. http.Client puts a
// *url.Error around every error, which prints the URL with its query. Where that may hold
// a signature use NewRoundTripper as transport.Options.Wrap and call the Transport's Do,
// whose errors are bare, or unwrap the *url.Error before it is printed.
package retry
