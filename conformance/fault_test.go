// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/isohttp/isohttp/conformance"
	"github.com/isohttp/isohttp/transport"
)

// faulty is a transport with one fault, outside of all that package transport repairs.
type faulty struct {
	conformance.Transport
	trip func(http.RoundTripper, *http.Request) (*http.Response, error)
}

func (f faulty) RoundTrip(req *http.Request) (*http.Response, error) {
	return f.trip(f.Transport, req)
}

func (f faulty) Do(req *http.Request) (*http.Response, error) { return f.RoundTrip(req) }

// readFunc is a response body with another Read.
type readFunc struct {
	io.ReadCloser
	read   func(io.Reader, []byte) (int, error)
	closed bool
}

func (r *readFunc) Read(p []byte) (int, error) { return r.read(r.ReadCloser, p) }

func (r *readFunc) Close() error {
	r.closed = true
	return r.ReadCloser.Close()
}

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

func TestFaultsAreCaught(t *testing.T) {
	var lock sync.Mutex
	headers := make(map[string]http.Header)
	var all []string
	for _, f := range []struct {
		name, caught string
		trip         func(http.RoundTripper, *http.Request) (*http.Response, error)
	}{
		{"edits the request", "CT-05", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			req.Header.Set("X-Added", "1")
			return rt.RoundTrip(req)
		}},
		{"error for 500", "ST-01", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(req)
			if err == nil && resp.StatusCode == 500 {
				resp.Body.Close()
				return nil, errors.New("server error")
			}
			return resp, err
		}},
		{"context's error as text", "CX-11", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(req)
			if err != nil && req.Context().Err() != nil {
				err = errors.New(err.Error())
			}
			return resp, err
		}},
		{"invents a protocol", "CT-09", answer(func(r *http.Response) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0 })},
		{"stale Content-Encoding", "DN-19", answer(func(r *http.Response) {
			if r.Uncompressed {
				r.Header.Set("Content-Encoding", "gzip")
			}
		})},
		{"joins Set-Cookie", "HR-03", answer(func(r *http.Response) {
			if c := r.Header["Set-Cookie"]; len(c) > 1 {
				r.Header["Set-Cookie"] = []string{strings.Join(c, ", ")}
			}
		})},
		{"truncation as EOF", "DN-11", answer(func(r *http.Response) {
			r.Body = &readFunc{ReadCloser: r.Body, read: func(body io.Reader, p []byte) (int, error) {
				n, err := body.Read(p)
				if errors.Is(err, io.ErrUnexpectedEOF) {
					err = io.EOF
				}
				return n, err
			}}
		})},
		{"buffers the response", "DN-02", answer(func(r *http.Response) {
			data, _ := io.ReadAll(r.Body)
			r.Body.Close()
			r.Body = io.NopCloser(bytes.NewReader(data))
		})},
		{"reads after Close", "DN-09", answer(func(r *http.Response) {
			b := &readFunc{ReadCloser: r.Body}
			b.read = func(body io.Reader, p []byte) (int, error) {
				if b.closed {
					return 0, io.EOF
				}
				return body.Read(p)
			}
			r.Body = b
		})},
		{"shares the header", "HR-08", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			resp, err := rt.RoundTrip(req)
			if err == nil {
				lock.Lock()
				defer lock.Unlock()
				if h := headers[req.URL.String()]; h != nil {
					resp.Header = h
				}
				headers[req.URL.String()] = resp.Header
			}
			return resp, err
		}},
		{"serializes", "CC-03", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			lock.Lock()
			defer lock.Unlock()
			return rt.RoundTrip(req)
		}},
		{"ignores Request.Host", "HQ-12", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			out := *req
			out.Host = ""
			return rt.RoundTrip(&out)
		}},
		{"stream as text", "UP-08", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			out := *req
			if req.Body != nil && req.ContentLength <= 0 {
				req.Body.Close()
				out.Body = io.NopCloser(strings.NewReader("[object ReadableStream]"))
			}
			return rt.RoundTrip(&out)
		}},
		{"body left open on error", "UP-14", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) {
			out := *req
			if req.Body != nil {
				out.Body = io.NopCloser(req.Body)
			}
			return rt.RoundTrip(&out)
		}},
		// The control: without a fault, all of these pass.
		{"none", "", func(rt http.RoundTripper, req *http.Request) (*http.Response, error) { return rt.RoundTrip(req) }},
	} {
		t.Run(f.name, func(t *testing.T) {
			b := conformance.Backend{Name: "nethttp", Adds: []string{"User-Agent", "Accept-Encoding"},
				New: func(conformance.TB, conformance.Config) (conformance.Transport, error) {
					tr, err := transport.New(nil)
					return faulty{tr, f.trip}, err
				}}
			if f.caught == "" {
				report, err := conformance.Check(t.Context(), b, conformance.Only(all...))
				if err != nil || len(report.Results) != len(all) {
					t.Errorf("without a fault: %v", err)
				}
				return
			}
			all = append(all, f.caught)
			report, _ := conformance.Check(t.Context(), b, conformance.Only(f.caught), conformance.TimeScale(0.4))
			if report == nil || len(report.Failed()) == 0 || report.Failed()[0].ID != f.caught {
				t.Errorf("%s does not catch it", f.caught)
			}
		})
	}
}
