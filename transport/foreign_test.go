// SPDX-License-Identifier: MIT

package transport_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// These are about code that is not this package's: middleware, readers, reports, backends.

// answering is a backend that reads the request's body and answers; the first time with a
// redirect if it is asked for "/hop".
func answering(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	resp := &http.Response{StatusCode: 200, Header: make(http.Header), Body: io.NopCloser(strings.NewReader("answer")), ContentLength: 6}
	if r.URL.Path == "/hop" {
		resp.StatusCode = http.StatusTemporaryRedirect
		resp.Header.Set("Location", "/")
	}
	return resp, nil
}

// TestMiddlewareMisbehaves: whatever a middleware does, a call ends with exactly one of response
// and error, and the caller's body is closed once.
func TestMiddlewareMisbehaves(t *testing.T) {
	own := errors.New("no http://example.test/?sig=" + secret)
	for name, c := range map[string]struct {
		f    func(next http.RoundTripper, r *http.Request) (*http.Response, error)
		want error // nil is a response
	}{
		"neither": {func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, nil }, transport.KindInvalid},
		"both": {func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			resp, _ := next.RoundTrip(r)
			return resp, own
		}, own},
		"an error of its own": {func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, own }, own},
		"panics":              {func(http.RoundTripper, *http.Request) (*http.Response, error) { panic(secret) }, transport.KindInvalid},
		"a response of its own": {func(http.RoundTripper, *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200}, nil
		}, nil},
		"no response body": {func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil {
				resp.Body.Close()
				resp.Body, resp.Header = nil, nil
			}
			return resp, err
		}, nil},
		"drops the request body": {func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Body, r.ContentLength = nil, 0
			return next.RoundTrip(r)
		}, nil},
		"closes the request body twice": {func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			r.Body.Close()
			return resp, err
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tr, err := transport.NewWith(&backend{caps: all(), roundTrip: answering}, &transport.Options{Wrap: func(next http.RoundTripper) http.RoundTripper {
				return middleware(func(r *http.Request) (*http.Response, error) { return c.f(next, r) })
			}})
			if err != nil {
				t.Fatal(err)
			}
			for way, call := range map[string]func(*http.Request) (*http.Response, error){"RoundTrip": tr.RoundTrip, "Do": tr.Do} {
				body := &closeCounter{Reader: strings.NewReader("body")}
				req := post(t, body)
				req.ContentLength = 4
				resp, err := call(req)
				if (resp == nil) == (err == nil) {
					t.Fatalf("%s: response %v, error %v", way, resp != nil, err)
				}
				if err != nil {
					var e *transport.Error
					if c.want == nil || !errors.Is(err, c.want) || !errors.As(err, &e) || strings.Contains(err.Error(), secret) {
						t.Errorf("%s: got %v, want an *Error that matches %v", way, err, c.want)
					}
				} else {
					if c.want != nil || resp.Body == nil || resp.Header == nil || resp.Request == nil {
						t.Errorf("%s: a response with Body %v, Header %v, Request %p; want the error %v", way, resp.Body, resp.Header, resp.Request, c.want)
					}
					resp.Body.Close()
				}
				if n := body.closed.Load(); n != 1 {
					t.Errorf("%s: the request body was closed %d times", way, n)
				}
			}
		})
	}
}

// TestForeignPanics: a panic in code of the program's own is an error of the call.
func TestForeignPanics(t *testing.T) {
	over := func(opts transport.Options) *transport.Transport {
		t.Helper()
		tr, err := transport.NewWith(&backend{caps: all(), roundTrip: answering}, &opts)
		if err != nil {
			t.Fatal(err)
		}
		return tr
	}
	upload := func(path string) *http.Request {
		req := post(t, strings.NewReader("body"))
		req.URL.Path, req.ContentLength = path, 4
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("body")), nil }
		return req
	}
	for name, f := range map[string]func() error{
		"CheckRedirect": func() error {
			_, err := over(transport.Options{CheckRedirect: func(*http.Request, []*http.Request) error { panic(secret) }}).Do(upload("/hop"))
			return err
		},
		"GetBody": func() error {
			req := upload("/hop")
			req.GetBody = func() (io.ReadCloser, error) { panic(secret) }
			_, err := over(transport.Options{}).Do(req)
			return err
		},
		"Request.Body's Close, refused": func() error {
			req := upload("/")
			req.URL.Scheme = "ftp"
			req.Body = struct {
				io.Reader
				io.Closer
			}{req.Body, closeFunc(func() error { panic(secret) })}
			_, err := over(transport.Options{}).RoundTrip(req)
			return err
		},
		"Progress of an upload": func() error {
			req := upload("/")
			_, err := over(transport.Options{}).Do(req.WithContext(transport.WithRequestOptions(t.Context(), transport.RequestOptions{
				Progress: func(transport.Progress) { panic(secret) },
			})))
			return err
		},
		"Progress of a download": func() error {
			resp, err := over(transport.Options{}).RoundTrip(get(t).WithContext(transport.WithRequestOptions(t.Context(), transport.RequestOptions{
				Progress: func(transport.Progress) { panic(secret) },
			})))
			if err != nil {
				t.Error("before a byte was read:", err)
				return err
			}
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
			return err
		},
		"Wrap, in New": func() error {
			_, err := transport.NewWith(&backend{caps: all()}, &transport.Options{Wrap: func(http.RoundTripper) http.RoundTripper { panic(secret) }})
			return err
		},
		"Capabilities, in New": func() error {
			_, err := transport.NewWith(panickyBackend{}, nil)
			return err
		},
		"Configure, in New": func() error {
			_, err := transport.NewWith(panickyBackend{}, &transport.Options{DisableCompression: true})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := f()
			var e *transport.Error
			if !errors.As(err, &e) || e.Kind != transport.KindInvalid || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v, want an *Error of KindInvalid that does not quote the panic", err)
			}
		})
	}
}

type closeFunc func() error

func (c closeFunc) Close() error { return c() }

type panickyBackend struct{ driver.Backend }

func (panickyBackend) Capabilities() driver.Capabilities               { panic(secret) }
func (panickyBackend) Configure(driver.Config) (driver.Backend, error) { panic(secret) }

// TestNilError: an error that is a nil *Error is an error all the same.
func TestNilError(t *testing.T) {
	resp, err := over(t, func(*http.Request) (*http.Response, error) { return nil, (*transport.Error)(nil) }).RoundTrip(get(t))
	if e, ok := errors.AsType[*transport.Error](err); resp != nil || !ok || e == nil || e.Kind != transport.KindOther {
		t.Errorf("got %v, %v", resp, err)
	}
}

// TestForeignTexts: no URL of a foreign error's text comes through, and what it is still does.
func TestForeignTexts(t *testing.T) {
	foreign := &url.Error{Op: "Get", URL: "http://h/?sig=" + secret, Err: io.ErrClosedPipe}
	plain := errors.New("cannot get http://u:" + secret + "@example.test/path")
	other := &transport.Error{Op: driver.OpRead, Kind: transport.KindNetwork, Backend: "fetch", Err: io.ErrUnexpectedEOF}
	for _, c := range []struct {
		read, send, want error
		kind             transport.Kind
	}{
		{read: foreign, want: io.ErrClosedPipe, kind: transport.KindOther},
		{read: plain, want: plain, kind: transport.KindOther},
		{read: other, want: other, kind: transport.KindNetwork},
		{send: plain, want: plain, kind: transport.KindOther},
	} {
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			if c.send != nil {
				return nil, c.send
			}
			return answering(r)
		})
		_, err := tr.RoundTrip(post(t, funcReader(func([]byte) (int, error) { return 0, c.read })))
		var e *transport.Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Kind != c.kind || strings.Contains(err.Error(), secret) {
			t.Errorf("%v, %v: got %v", c.read, c.send, err)
		}
		if c.read != nil && e != nil && e.Op != driver.OpUpload {
			t.Errorf("%v: the step is %q", c.read, e.Op)
		}
	}
}

// TestRequestIsTheCallersAgain: once a canceled call has returned, its backend does not look at the
// request any more.
func TestRequestIsTheCallersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looking := make(chan struct{})
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			close(looking)
			<-r.Context().Done()
			<-time.After(50 * time.Millisecond) // of the bubble's clock
			return nil, errors.New("gave up on " + r.Header.Get("X-Mine"))
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-looking
			cancel()
		}()
		req := post(t, strings.NewReader("body")).WithContext(ctx)
		req.Header.Set("X-Mine", "mine")
		if _, err := tr.RoundTrip(req); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		req.Header.Set("X-Mine", "changed") // a race, were the backend still there
	})
}

// TestBodyWhoseCloseWaits: a body that locks around Read and Close keeps no call from ending.
func TestBodyWhoseCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		body := &lockedBody{lock: make(chan struct{}, 1), free: free}
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, r.Body)
			return nil, err
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := tr.RoundTrip(post(t, body).WithContext(ctx))
		if took := time.Since(start); !errors.Is(err, transport.KindTimeout) || took > time.Minute+time.Second {
			t.Errorf("%v after %v", err, took)
		}
		close(free)
		synctest.Wait()
		if !body.closed {
			t.Error("the body was never closed")
		}
	})
}

// lockedBody has a channel for a lock: a bubble's clock does not go on while a sync.Mutex is
// waited for.
type lockedBody struct {
	lock   chan struct{}
	free   chan struct{}
	closed bool
}

func (b *lockedBody) Read([]byte) (int, error) {
	b.lock <- struct{}{}
	defer func() { <-b.lock }()
	<-b.free
	return 0, io.EOF
}

func (b *lockedBody) Close() error {
	b.lock <- struct{}{}
	defer func() { <-b.lock }()
	b.closed = true
	return nil
}

// TestProgressOverRedirects: the counts of one Do never go down.
func TestProgressOverRedirects(t *testing.T) {
	var all []transport.Progress
	ctx := transport.WithRequestOptions(t.Context(), transport.RequestOptions{Progress: func(p transport.Progress) { all = append(all, p) }})
	req := post(t, strings.NewReader("body")).WithContext(ctx)
	req.URL.Path, req.ContentLength = "/hop", 4
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("body")), nil }
	resp, err := over(t, answering).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(resp.Body); string(data) != "answer" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	resp.Body.Close()
	var last transport.Progress
	for _, p := range all {
		if p.Sent < last.Sent || p.Received < last.Received {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}
	if want := (transport.Progress{Sent: 4, SentTotal: 4, Received: 6, ReceivedTotal: 6}); last != want {
		t.Errorf("the last one is %+v, want %+v", last, want)
	}
}

// TestRequestCancel: the deprecated Request.Cancel ends a call on every platform, before the
// response and in its body, and leaves no goroutine.
func TestRequestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, err := transport.NewWith(&backend{caps: all(), roundTrip: func(r *http.Request) (*http.Response, error) {
			//lint:ignore SA1019 This is about it.
			if r.Cancel != nil {
				t.Error("the backend got Cancel, too")
			}
			ctx := r.Context()
			if r.URL.Path == "/body" {
				return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(funcReader(func([]byte) (int, error) {
					<-ctx.Done()
					return 0, ctx.Err()
				}))}, nil
			}
			if r.URL.Path == "/done" {
				return answering(r)
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}, &transport.Options{ResponseHeaderTimeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		call := func(path string) error {
			req := get(t)
			channel := make(chan struct{})
			//lint:ignore SA1019 This is about it.
			req.URL.Path, req.Cancel = path, channel
			if path != "/done" {
				time.AfterFunc(time.Minute, func() { close(channel) })
			}
			resp, err := tr.RoundTrip(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			_, err = io.ReadAll(resp.Body)
			return err
		}
		for _, path := range []string{"/header", "/body"} {
			if err := call(path); !errors.Is(err, transport.KindCanceled) || !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if err := call("/done"); err != nil { // its goroutine has to end, or the bubble does not
			t.Error(err)
		}
	})
}

// TestOpaqueHost: an Opaque with another host than the URL's is refused, for platforms differ
// about which of the two they ask.
func TestOpaqueHost(t *testing.T) {
	for opaque, ok := range map[string]bool{
		"//example.test/a%2Fb": true, "//EXAMPLE.test": true, "/a%2Fb": true,
		"//other.test/a": false, "//example.test:8080/a": false, "//u@example.test/a": false, "//": false,
	} {
		req := get(t)
		req.URL.Opaque = opaque
		resp, err := over(t, answering).RoundTrip(req)
		if (err == nil) != ok || err != nil && !errors.Is(err, transport.KindInvalid) {
			t.Errorf("%s: %v", opaque, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
}
