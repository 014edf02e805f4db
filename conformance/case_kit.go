// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// hashOf returns the SHA-256 of data as the origin logs it.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// notYet wants something not to have happened half a second from now. For what never comes
// there is no event.
func (t *T) notYet(what string, done <-chan struct{}) {
	timer := time.NewTimer(t.pause(500 * time.Millisecond))
	defer timer.Stop()
	select {
	case <-done:
		t.Errorf("%s", what)
	case <-timer.C:
		t.True(true, "")
	}
}

// kind asserts that an error is of one of the kinds.
func (t *T) kind(what string, err error, kinds ...driver.Kind) bool {
	return t.True(slices.ContainsFunc(kinds, func(k driver.Kind) bool { return errors.Is(err, k) }),
		"%s: got the error %q, want one of kind %v", what, err, kinds)
}

// ended asserts that an error is that of an ended context: its Err, and its Cause.
func (t *T) ended(what string, err error, ctx context.Context) bool {
	return t.True(errors.Is(err, ctx.Err()) && errors.Is(err, context.Cause(ctx)),
		"%s: got the error %v, want one that matches %v and %v", what, err, ctx.Err(), context.Cause(ctx))
}

// final reports whether an error tells azcore that another try is of no use.
func final(err error) bool {
	var marker interface {
		error
		NonRetriable()
	}
	return errors.As(err, &marker)
}

// outcome is what an exchange in a goroutine of its own gave.
type outcome struct {
	done chan struct{}
	resp *http.Response
	err  error
}

// start performs an exchange beside the case.
func (t *T) start(req *http.Request) *outcome {
	o := &outcome{done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.resp, o.err = t.Try(req)
	}()
	return o
}

// reading is a read of a body in a goroutine of its own.
type reading struct {
	done chan struct{}
	n    int
	err  error
}

// startRead reads once beside the case.
func startRead(r io.Reader) *reading {
	o := &reading{done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.n, o.err = r.Read(make([]byte, 4096))
	}()
	return o
}

// readFull reads n bytes of a body; the case ends if that fails.
func (t *T) readFull(resp *http.Response, n int) []byte {
	data := make([]byte, n)
	if m, err := io.ReadFull(resp.Body, data); err != nil {
		t.Fatalf("reading %d bytes of the body: got %d, %v", n, m, err)
	}
	return data
}

// refused sends a request that has to fail with a kind.
func (t *T) refused(what string, req *http.Request, kinds ...driver.Kind) {
	resp, err := t.Try(req)
	if t.True(err != nil, "%s: got a response, want an error of kind %v", what, kinds) {
		t.kind(what, err, kinds...)
		return
	}
	t.Logf("%s: the response is %s", what, resp.Status)
}

// canonical returns a header name in its canonical form.
func canonical(name string) string { return http.CanonicalHeaderKey(name) }
