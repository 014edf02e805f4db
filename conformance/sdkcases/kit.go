// SPDX-License-Identifier: MIT

package sdkcases

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport/driver"
)

// doer is the transport as azcore gets it. It counts.
type doer struct {
	do    func(*http.Request) (*http.Response, error)
	tries atomic.Int32
}

// Do implements policy.Transporter.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	d.tries.Add(1)
	return d.do(req)
}

// take returns the number of tries since it was last called.
func (d *doer) take() int { return int(d.tries.Swap(0)) }

// pipeline is what a client of the SDK makes of its options, over the transport under test.
// Its retries do not wait long.
func pipeline(t *conformance.T, opts policy.ClientOptions, perRetry ...policy.Policy) (azruntime.Pipeline, *doer) {
	return pipelineOver(t.TryDo, opts, perRetry...)
}

func pipelineOver(do func(*http.Request) (*http.Response, error), opts policy.ClientOptions, perRetry ...policy.Policy) (azruntime.Pipeline, *doer) {
	d := &doer{do: do}
	opts.Transport = d
	opts.Retry.RetryDelay, opts.Retry.MaxRetryDelay = time.Millisecond, 10*time.Second
	return azruntime.NewPipeline("azfake", "v1.2.3", azruntime.PipelineOptions{PerRetry: perRetry}, &opts), d
}

// newRequest makes a request of the SDK; body may be nil.
func newRequest(t *conformance.T, ctx context.Context, method, url string, body io.ReadSeekCloser) *policy.Request {
	req, err := azruntime.NewRequest(ctx, method, url)
	if err == nil && body != nil {
		err = req.SetBody(body, "application/octet-stream")
	}
	if err != nil {
		t.Fatalf("making a request: %v", err)
	}
	return req
}

// do sends a request that has to come to a response with that status.
func do(t *conformance.T, pl azruntime.Pipeline, req *policy.Request, status int) *http.Response {
	resp, err := pl.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", req.Raw().Method, err)
	}
	t.Equal(req.Raw().Method+": status", resp.StatusCode, status)
	return resp
}

// payload returns the body of a response, as the SDK's clients get it.
func payload(t *conformance.T, resp *http.Response) string {
	data, err := azruntime.Payload(resp)
	if err != nil {
		t.Fatalf("the response's body: %v", err)
	}
	return string(data)
}

// flaky is the URL of a service that does one step after the other.
func flaky(t *conformance.T, steps ...string) string {
	return t.URL("flaky", pairs("step", steps)...)
}

func pairs(name string, values []string) (all []string) {
	for _, v := range values {
		all = append(all, name, v)
	}
	return all
}

// target is what the request line of a request for a URL has.
func target(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.RequestURI()
}

// hashOf returns the SHA-256 of data as the origin logs it.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// times returns n values in a row.
func times(n int, value string) []string { return slices.Repeat([]string{value}, n) }

// shared is a body as the SDK shares it between tries: one reader that is sought back. It
// notes when it is used twice at the same time, or after it was closed.
type shared struct {
	r       *bytes.Reader
	busy    atomic.Bool
	overlap atomic.Bool
	late    atomic.Bool
	rewinds atomic.Int32
	closes  atomic.Int32
}

func newShared(data []byte) *shared { return &shared{r: bytes.NewReader(data)} }

// use notes what is wrong with a use that begins now, and returns its end.
func (s *shared) use() func() {
	if !s.busy.CompareAndSwap(false, true) {
		s.overlap.Store(true)
	}
	if s.closes.Load() > 0 {
		s.late.Store(true)
	}
	runtime.Gosched() // so that another use has a chance to come in between
	return func() { s.busy.Store(false) }
}

// Read implements io.Reader. It gives little at a time.
func (s *shared) Read(p []byte) (int, error) {
	defer s.use()()
	return s.r.Read(p[:min(len(p), 16<<10)])
}

// Seek implements io.Seeker.
func (s *shared) Seek(offset int64, whence int) (int64, error) {
	defer s.use()()
	if offset == 0 && whence == io.SeekStart {
		s.rewinds.Add(1)
	}
	return s.r.Seek(offset, whence)
}

// Close implements io.Closer.
func (s *shared) Close() error {
	s.closes.Add(1)
	return nil
}

// check says what was done to the body that must not be.
func (s *shared) check(t *conformance.T) {
	t.True(!s.overlap.Load(), "the request body was used twice at the same time")
	t.True(!s.late.Load(), "the request body was used after it was closed")
	// azcore itself does it twice behind a challenge.
	t.True(s.closes.Load() > 0, "the request body was not closed")
}

// kind asserts that an error is of one of the kinds.
func kind(t *conformance.T, what string, err error, kinds ...driver.Kind) bool {
	return t.True(slices.ContainsFunc(kinds, func(k driver.Kind) bool { return errors.Is(err, k) }),
		"%s: got the error %q, want one of kind %v", what, err, kinds)
}

// ended asserts that an error is that of an ended context.
func ended(t *conformance.T, what string, err error, ctx context.Context) bool {
	return t.True(err != nil && errors.Is(err, ctx.Err()), "%s: got the error %v, want one that matches %v", what, err, ctx.Err())
}

// tripper counts the tries that a RoundTripper is asked for, and the response bodies that
// are open.
type tripper struct {
	next  http.RoundTripper
	tries atomic.Int32

	mu   sync.Mutex
	open int
}

// RoundTrip implements http.RoundTripper.
func (r *tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	r.tries.Add(1)
	resp, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.open++
	r.mu.Unlock()
	resp.Body = &countedBody{ReadCloser: resp.Body, r: r}
	return resp, nil
}

func (r *tripper) take() int { return int(r.tries.Swap(0)) }

// bodies returns how many response bodies nobody has closed.
func (r *tripper) bodies() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

type countedBody struct {
	io.ReadCloser
	r    *tripper
	once sync.Once
}

// Close implements io.Closer.
func (b *countedBody) Close() error {
	b.once.Do(func() {
		b.r.mu.Lock()
		b.r.open--
		b.r.mu.Unlock()
	})
	return b.ReadCloser.Close()
}
