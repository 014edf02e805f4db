// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/isohttp/isohttp/transport/driver"
)

// controlFaults are those in what ends a call, what it ends with, and what is left of it.
func controlFaults() []fault {
	return []fault{
		{name: "deaf to ctx after headers", hangs: true, caught: []string{"CX-07", "CX-14", "ER-13", "ER-14"},
			also: []string{"CX-08", "CX-11", "CX-13", "SC-03", "ST-08"}, start: always(deafAfterHeader)},
		// CC-07 cancels at random, mostly before or after the body.
		{name: "ctx error only as text", caught: []string{"CX-11", "CX-14", "ER-13"}, also: []string{"CX-07", "CX-08", "CX-12", "CX-13", "ST-08"}, chance: "CC-07",
			start: always(answer(contextAsText))},
		{name: "all errors NonRetriable, or none: all", caught: []string{"ER-05", "ER-06", "ER-09", "ER-14"}, also: []string{"ER-01", "ER-02", "ER-03"},
			start: always(failure(func(err error) error { return finalError{err} }))},
		{name: "all errors NonRetriable, or none: none", caught: []string{"ER-14"}, also: []string{"ER-07", "ER-08", "HQ-09", "HQ-10"},
			start: always(failure(func(err error) error { return softError{err} }))},
		{name: "all errors NonRetriable, or none: malformed responses", caught: []string{"ER-05", "ER-06", "ER-09", "ER-14"},
			start: always(failure(func(err error) error {
				if errors.Is(err, driver.KindProtocol) {
					err = finalError{err}
				}
				return err
			}))},
		{name: "serialises requests", hangs: true, caught: []string{"CC-03"}, also: []string{"CC-05", "CC-06", "CX-14", "H2-02"}, start: serialises},
		{name: "leaks a handle per call", hangs: true, caught: []string{"CX-14"}, also: []string{"CC-02", "CC-07", "DN-30"}, start: leaks},
	}
}

// deafAfterHeader takes the end of the context for a reason to give up only until the header
// is in.
func deafAfterHeader(next send, req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if ctx.Err() != nil {
		return next(req)
	}
	until, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	resp, err := restored(next, req, req.WithContext(until))
	stop()
	if err != nil {
		cancel(nil)
		if ended := driver.ContextError(ctx, driver.OpSend, "nethttp"); ended != nil {
			return nil, ended
		}
		return nil, err
	}
	resp.Body = &closeFunc{ReadCloser: resp.Body, after: func() { cancel(nil) }}
	return resp, nil
}

// contextAsText says of a body that its context has ended, in words only.
func contextAsText(r *http.Response) {
	ctx := r.Request.Context()
	r.Body = &readFunc{ReadCloser: r.Body, read: func(body io.Reader, p []byte) (int, error) {
		n, err := body.Read(p)
		if err != nil && err != io.EOF && ctx.Err() != nil {
			err = errors.New(err.Error())
		}
		return n, err
	}}
}

// failure makes a fault out of a change of the error.
func failure(change func(error) error) trip {
	return func(next send, req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if err != nil {
			err = change(err)
		}
		return resp, err
	}
}

// finalError tells azcore that another try is of no use, whatever has happened.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }
func (e finalError) Timeout() bool { return os.IsTimeout(e.error) }
func (e finalError) NonRetriable() {}

// softError never does.
type softError struct{ error }

func (e softError) Timeout() bool { return os.IsTimeout(e.error) }

func (e softError) Is(target error) bool { return errors.Is(e.error, target) }

func (e softError) As(target any) bool {
	if _, ok := target.(*interface {
		error
		NonRetriable()
	}); ok {
		return false
	}
	return errors.As(e.error, target)
}

func serialises() trip {
	var lock sync.Mutex
	return func(next send, req *http.Request) (*http.Response, error) {
		lock.Lock()
		defer lock.Unlock()
		return next(req)
	}
}

// leaks keeps a goroutine for each call, behind the first 150: one that did so from the start
// would be found by the check after every case.
func leaks() trip {
	var calls atomic.Int32
	return func(next send, req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if calls.Add(1) > 150 {
			go func() { select {} }()
		}
		return resp, err
	}
}
