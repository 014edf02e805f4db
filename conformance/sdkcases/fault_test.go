// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package sdkcases_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/conformance/sdkcases"
	"github.com/isohttp/isohttp/transport"
)

// faulty is a transport with one fault, outside of all that package transport repairs.
type faulty struct {
	conformance.Transport
	trip func(http.RoundTripper, *http.Request) (*http.Response, error)
}

func (f faulty) RoundTrip(req *http.Request) (*http.Response, error) { return f.trip(f.Transport, req) }

func (f faulty) Do(req *http.Request) (*http.Response, error) { return f.RoundTrip(req) }

// answer makes a fault out of a change of the response.
func answer(change func(*http.Response)) func(http.RoundTripper, *http.Request) (*http.Response, error) {
	return func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(req)
		if err == nil {
			change(resp)
		}
		return resp, err
	}
}

// without loses response headers.
func without(names ...string) func(http.RoundTripper, *http.Request) (*http.Response, error) {
	return answer(func(resp *http.Response) {
		for _, n := range names {
			resp.Header.Del(n)
		}
	})
}

// otherError replaces errors.
func otherError(other func(error) error) func(http.RoundTripper, *http.Request) (*http.Response, error) {
	return func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
		resp, err := rt.RoundTrip(req)
		if err != nil && req.Context().Err() == nil {
			err = other(err)
		}
		return resp, err
	}
}

type finalError struct{ error }

func (finalError) NonRetriable() {}

// body is a response body with another Read, another Close.
type body struct {
	io.ReadCloser
	read  func(io.Reader, []byte) (int, error)
	close func(io.Closer) error
}

func (b body) Read(p []byte) (int, error) {
	if b.read == nil {
		return b.ReadCloser.Read(p)
	}
	return b.read(b.ReadCloser, p)
}

func (b body) Close() error {
	if b.close == nil {
		return b.ReadCloser.Close()
	}
	return b.close(b.ReadCloser)
}

// truncationAsEnd takes a body that breaks off for one that ends.
func truncationAsEnd(resp *http.Response) {
	resp.Body = body{ReadCloser: resp.Body, read: func(r io.Reader, p []byte) (int, error) {
		n, err := r.Read(p)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return n, err
	}}
}

// buffered holds a body back until it is whole.
func buffered(resp *http.Response) {
	data, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(data))
}

// lateReader reads on in a request body when the response is there.
func lateReader(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return rt.RoundTrip(req)
	}
	src := req.Body
	out := req.Clone(req.Context())
	out.GetBody = nil
	resp, err := rt.RoundTrip(out)
	go func() {
		buf := make([]byte, 1<<10)
		for range 1000 {
			src.Read(buf)
		}
	}()
	return resp, err
}

// repeats sends again what a server could not take, by itself.
func repeats(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, err
		}
		req = req.Clone(req.Context())
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		req.Body, _ = req.GetBody()
	}
	resp, err := rt.RoundTrip(req)
	if err == nil && resp.StatusCode == 503 {
		resp.Body.Close()
		if req.GetBody != nil {
			req.Body, _ = req.GetBody()
		}
		return rt.RoundTrip(req)
	}
	return resp, err
}

// TestFaultsAreCaught wants every case to fail for a transport with a fault that it is
// there to find.
func TestFaultsAreCaught(t *testing.T) {
	var caught []string
	for _, f := range []struct {
		name, ids string
		trip      func(http.RoundTripper, *http.Request) (*http.Response, error)
	}{
		{"repeats by itself", "RT-01 AZ-01", repeats},
		{"loses Retry-After", "RT-02", without("Retry-After")},
		{"every error is final", "RT-03", otherError(func(err error) error { return finalError{err} })},
		{"no error is final", "RT-03 AZ-09", otherError(func(err error) error { return errors.New(err.Error()) })},
		{"deaf to the context", "RT-04 AZ-04", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			return rt.RoundTrip(req.WithContext(context.WithoutCancel(req.Context())))
		}},
		{"Close stops nothing", "RT-05", answer(func(resp *http.Response) {
			resp.Body = body{ReadCloser: resp.Body, close: func(io.Closer) error { return nil }}
		})},
		{"reads on when it has answered", "AZ-02", lateReader},
		{"truncation as the end", "AZ-03", answer(truncationAsEnd)},
		{"loses the challenge", "AZ-05", without("Www-Authenticate")},
		{"waits for the whole body", "AZ-06", answer(buffered)},
		{"loses the service's headers", "AZ-07 AZ-08", without("Operation-Location", "Azure-Asyncoperation", "X-Ms-Error-Code")},
	} {
		for _, id := range strings.Fields(f.ids) {
			t.Run(id+" "+f.name, func(t *testing.T) {
				caught = append(caught, id)
				if res := stateOf(t, id, f.trip); res.State != conformance.StateFail {
					t.Errorf("%s is %s for a transport that %s", id, res.State, f.name)
				}
			})
		}
	}
	for _, c := range sdkcases.Cases() {
		if !slices.Contains(caught, c.ID) {
			t.Errorf("no fault for %s", c.ID)
		}
	}
}

// stateOf runs one of the cases with a faulty transport.
func stateOf(t *testing.T, id string, trip func(http.RoundTripper, *http.Request) (*http.Response, error)) conformance.Result {
	t.Helper()
	tier := make(map[string]int)
	for _, c := range conformance.Cases() {
		tier[c.ID] = c.Tier
	}
	b := conformance.Backend{Name: "nethttp", Adds: []string{"User-Agent", "Accept-Encoding"}}
	b.New = func(tb conformance.TB, _ conformance.Config) (conformance.Transport, error) {
		tr, err := transport.New(nil)
		switch {
		case err != nil:
			return nil, err
		case tb.Name() == id:
			return faulty{tr, trip}, nil
		case tier[tb.Name()] == 0:
			return tr, nil // without the bootstrap nothing is run
		}
		return nil, errors.New("not asked for")
	}
	cases := slices.DeleteFunc(sdkcases.Cases(), func(c conformance.Case) bool { return c.ID != id })
	report, err := conformance.Check(t.Context(), b, conformance.Extra(cases...), conformance.TimeScale(0.2))
	if report == nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(report.Results, func(r conformance.Result) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("%s was not run", id)
	}
	if testing.Verbose() {
		t.Log(report.Results[i].Reason)
	}
	return report.Results[i]
}
