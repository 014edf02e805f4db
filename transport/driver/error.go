// SPDX-License-Identifier: MIT

package driver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
)

// Op is the step of a call that failed. The values are the texts themselves.
const (
	OpNew    = "new"    // making a Transport or a backend
	OpSend   = "send"   // from the check of the request until the response's header is in
	OpUpload = "upload" // reading the caller's request body, or sending it
	OpRead   = "read"   // reading the response body
)

// Error is the error of a Transport and of a Backend. Its text never has the URL in
// it, because a query may carry a signature.
//
// errors.Is matches its Kind (KindTimeout, say), what the Kind stands for
// (os.ErrDeadlineExceeded), and everything in Err. errors.As finds the
// platform's own error. The kinds that are not worth another try also hold an
// error with a NonRetriable method, by which azcore's retry policy knows.
type Error struct {
	// Op is one of OpNew, OpSend, OpUpload and OpRead.
	Op string
	// Kind is the class of the failure.
	Kind Kind
	// Backend names the platform ("nethttp", "fetch", "wasi"). It is empty when
	// no platform was involved.
	Backend string
	// Err is the cause: the platform's error, the context's, or a description.
	Err error
}

// Error returns backend, step, class and cause in one line.
func (e *Error) Error() string {
	s := "isohttp: "
	if e.Backend != "" {
		s += e.Backend + ": "
	}
	s += e.Op + ": " + e.Kind.Error()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the Kind, the cause, and for a final kind the marker that azcore
// looks for.
func (e *Error) Unwrap() []error {
	errs := make([]error, 0, 3)
	errs = append(errs, e.Kind)
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	if e.Kind.Final() {
		errs = append(errs, final{})
	}
	return errs
}

// Timeout reports whether the call ran into a time limit, for users of net.Error and
// os.IsTimeout.
func (e *Error) Timeout() bool { return e.Kind == KindTimeout }

// Temporary makes Error a net.Error. It reports whether another try may succeed.
func (e *Error) Temporary() bool { return !e.Kind.Final() && e.Kind != KindCanceled }

// final is in the chain of errors that are not worth another try. azcore's retry
// policy finds it by its method, through errors.As; no import is needed.
type final struct{}

func (final) Error() string { return "not retriable" }
func (final) NonRetriable() {}

// Kind is the class of an Error. It is an error itself, as syscall.Errno is, so that
// errors.Is(err, KindTimeout) works.
type Kind uint8

const (
	// KindOther is anything that is not known to belong to another class.
	KindOther Kind = iota
	// KindInvalid is a request or an option that failed validation, before a byte
	// was sent. Final.
	KindInvalid
	// KindUnsupported is something this platform cannot do; see [Unsupported]. It
	// matches errors.ErrUnsupported. Final.
	KindUnsupported
	// KindCanceled is a call whose context was canceled. It matches
	// context.Canceled; the context's cause is in the chain.
	KindCanceled
	// KindTimeout is a call whose context's deadline passed, or that ran into a
	// phase timeout. It matches context.DeadlineExceeded and
	// os.ErrDeadlineExceeded.
	KindTimeout
	// KindNetwork is an unknown host, a refused, reset or lost connection, a
	// truncated body, TLS that breaks in a body, or a browser's opaque "failed to
	// fetch".
	KindNetwork
	// KindTLS is a certificate that was refused, or a failed handshake, where the
	// platform tells. Final.
	KindTLS
	// KindProtocol is a malformed response.
	KindProtocol
	// KindDenied is a permission that the host or runtime refused. It matches
	// fs.ErrPermission. Final.
	KindDenied
	// KindLimit is a limit that was exceeded: response header, or gathered
	// request body. Final.
	KindLimit
)

var kindTexts = [...]string{
	KindOther:       "failed",
	KindInvalid:     "invalid request",
	KindUnsupported: "unsupported",
	KindCanceled:    "canceled",
	KindTimeout:     "timeout",
	KindNetwork:     "network failure",
	KindTLS:         "TLS failure",
	KindProtocol:    "malformed response",
	KindDenied:      "permission denied",
	KindLimit:       "limit exceeded",
}

// Error returns the class in words.
func (k Kind) Error() string {
	if int(k) < len(kindTexts) {
		return kindTexts[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Is makes a Kind match the errors of the standard library that it stands for.
func (k Kind) Is(target error) bool {
	switch k {
	case KindUnsupported:
		return target == errors.ErrUnsupported
	case KindCanceled:
		return target == context.Canceled
	case KindTimeout:
		return target == context.DeadlineExceeded || target == os.ErrDeadlineExceeded
	case KindDenied:
		return target == fs.ErrPermission
	}
	return false
}

// Final reports whether another try of the same request cannot succeed.
func (k Kind) Final() bool {
	switch k {
	case KindInvalid, KindUnsupported, KindTLS, KindDenied, KindLimit:
		return true
	}
	return false
}

// Unsupported is the cause of an Error of KindUnsupported. It says what the platform
// lacks.
type Unsupported struct {
	// Feature names it: a capability ("proxy"), an option ("TLSClientConfig"), or
	// a header's name.
	Feature string
	// Header reports that Feature is the name of a request header.
	Header bool
	// Reason says why, in words. It may be empty.
	Reason string
}

// Error returns what is lacking, and why.
func (u *Unsupported) Error() string {
	s := u.Feature + " is not available on this platform"
	if u.Header {
		s = "request header " + strconv.Quote(u.Feature) + " cannot be set on this platform"
	}
	if u.Reason != "" {
		s += ": " + u.Reason
	}
	return s
}

// ContextError returns the Error of a call whose context has ended. It matches both
// ctx.Err() and context.Cause(ctx). It returns nil while ctx has not ended.
func ContextError(ctx context.Context, op, backend string) *Error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	kind := KindCanceled
	if errors.Is(err, context.DeadlineExceeded) {
		kind = KindTimeout
	}
	return &Error{Op: op, Kind: kind, Backend: backend, Err: contextCause{err, context.Cause(ctx)}}
}

// contextCause is an ended context in an error chain. net/http's transports give
// either the context's error or its cause; callers look for both.
type contextCause struct{ err, cause error }

func (c contextCause) Error() string {
	if c.cause == nil || c.cause == c.err {
		return c.err.Error()
	}
	return c.err.Error() + ": " + c.cause.Error()
}

func (c contextCause) Unwrap() []error { return []error{c.err, c.cause} }
