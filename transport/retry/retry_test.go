// SPDX-License-Identifier: MIT

package retry_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
	"github.com/isohttp/isohttp/transport/retry"
)

func TestStatus(t *testing.T) {
	for code, tries := range map[int]int{
		200: 1, 204: 1, 301: 1, 304: 1, 400: 1, 401: 1, 403: 1, 404: 1, 409: 1, 412: 1, 425: 1, 501: 1, 505: 1, 599: 1, 999: 1, 0: 1,
		408: 4, 429: 4, 500: 4, 502: 4, 503: 4, 504: 4,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := answers(code)
			resp, err := client(t, p, nil).Do(request(t, t.Context(), "GET", nil))
			if err != nil {
				t.Fatalf("%d: %v", code, err)
			}
			resp.Body.Close()
			if resp.StatusCode != code {
				t.Errorf("got status %d, want the last response's %d", resp.StatusCode, code)
			}
			wantTries(t, p, tries)
		})
	}
}

// final is an error that says itself that it is final.
type final struct{ error }

func (final) NonRetriable() {}

func TestErrors(t *testing.T) {
	kind := func(k driver.Kind) error { return &driver.Error{Op: driver.OpSend, Kind: k, Backend: "fake"} }
	for _, c := range []struct {
		err   error
		tries int
	}{
		{kind(driver.KindNetwork), 4}, {kind(driver.KindProtocol), 4}, {kind(driver.KindOther), 4}, {kind(driver.KindTimeout), 4},
		{kind(driver.KindInvalid), 1}, {kind(driver.KindUnsupported), 1}, {kind(driver.KindCanceled), 1},
		{kind(driver.KindTLS), 1}, {kind(driver.KindDenied), 1}, {kind(driver.KindLimit), 1},
		{errors.New("plain"), 4}, {io.ErrUnexpectedEOF, 4}, {final{io.EOF}, 1}, {context.Canceled, 1},
		{&driver.Error{Kind: driver.KindNetwork, Err: final{io.EOF}}, 1},
		// Texts that go-retryablehttp would go by decide nothing.
		{errors.New("unsupported protocol scheme"), 4}, {errors.New("certificate is not trusted"), 4},
	} {
		for _, bare := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p := fails(c.err)
				rt := http.RoundTripper(over(t, p))
				if bare { // any other RoundTripper
					rt = p
				}
				resp, err := retry.NewClient(rt, nil).Do(request(t, t.Context(), "GET", nil))
				if resp != nil || !errors.Is(err, c.err) {
					t.Errorf("got response %v and error %v, want the last try's error %v", resp, err, c.err)
				}
				if got := len(p.seen()); got != c.tries {
					t.Errorf("%v (bare: %t): got %d tries, want %d", c.err, bare, got, c.tries)
				}
			})
		}
	}
}

func TestErrorsBeforeThePlatform(t *testing.T) {
	p := answers(200)
	for _, spoil := range []func(*http.Request){
		func(r *http.Request) { r.URL.Scheme = "ftp" },
		func(r *http.Request) { r.Header["Bad Name"] = []string{"x"} },
		func(r *http.Request) { r.URL.Host = "" },
	} {
		req := request(t, t.Context(), "GET", nil)
		spoil(req)
		_, err := retry.NewRoundTripper(over(t, p), nil).RoundTrip(req)
		if !errors.Is(err, transport.KindInvalid) {
			t.Errorf("got %v, want KindInvalid", err)
		}
	}
	wantTries(t, p, 0)
}

func TestMethods(t *testing.T) {
	for _, c := range []struct {
		method string
		header string
		opts   *retry.Options
		tries  int
	}{
		{"", "", nil, 4}, {"GET", "", nil, 4}, {"HEAD", "", nil, 4}, {"OPTIONS", "", nil, 4}, {"PUT", "", nil, 4}, {"DELETE", "", nil, 4},
		{"POST", "", nil, 1}, {"PATCH", "", nil, 1}, {"MERGE", "", nil, 1}, {"get", "", nil, 1},
		{"POST", "Idempotency-Key", nil, 4}, {"PATCH", "idempotency-key", nil, 4}, {"POST", "X-Idempotency-Key", nil, 4},
		{"POST", "", &retry.Options{RetryNonIdempotent: true}, 4},
		{"PATCH", "", &retry.Options{RetryNonIdempotent: true, MaxRetries: 1}, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := answers(503)
			req := request(t, t.Context(), c.method, nil)
			req.Method = c.method
			if c.header != "" {
				req.Header[c.header] = []string{"1"}
			}
			resp, err := client(t, p, c.opts).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := len(p.seen()); got != c.tries {
				t.Errorf("%s %s: got %d tries, want %d", c.method, c.header, got, c.tries)
			}
		})
	}
}

func TestAzureSDKPassesOnce(t *testing.T) {
	for _, c := range []struct {
		agent []string
		opts  *retry.Options
		tries int
	}{
		{[]string{"azsdk-go-azblob/v1.8.3 (go1.26; js)"}, nil, 1},
		{[]string{"my/app azsdk-go-azblob/v1.8.3 (go1.26; js)"}, nil, 1},
		{[]string{"other", "app azsdk-go-x"}, nil, 1},
		{[]string{"azsdk-go-azblob/v1.8.3"}, &retry.Options{RetryAzureSDK: true}, 4},
		{[]string{"notazsdk-go-azblob/v1"}, nil, 4},
		{[]string{"azsdk-js-storage/1"}, nil, 4},
		{nil, nil, 4},
	} {
		for _, name := range []string{"User-Agent", "user-agent"} {
			synctest.Test(t, func(t *testing.T) {
				p := answers(503)
				req := request(t, t.Context(), "GET", nil)
				if c.agent != nil {
					req.Header[name] = c.agent
				}
				resp, err := retry.NewRoundTripper(p, c.opts).RoundTrip(req)
				wantStatus(t, resp, err, 503)
				wantTries(t, p, c.tries)
			})
		}
	}
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := answers(500)
		resp, err := client(t, p, &retry.Options{MaxRetries: 6, RetryDelay: time.Second, MaxRetryDelay: 5 * time.Second}).Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 500)
		wantTries(t, p, 7)
		waits := p.waits()
		for i, most := range []time.Duration{1, 2, 4, 5, 5, 5} {
			if most *= time.Second; waits[i] > most || waits[i] < most/2 {
				t.Errorf("wait %d was %v, want between half of %v and that", i+1, waits[i], most)
			}
		}
		if round := func(d time.Duration) bool { return d%time.Second == 0 }; !slices.ContainsFunc(waits, func(d time.Duration) bool { return !round(d) }) {
			t.Errorf("the waits %v have no random part", waits)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		name   string
		header func() []string
		wait   time.Duration // -1 for the ordinary one, -2 for no retry
	}{
		{"seconds", func() []string { return []string{"Retry-After", "7"} }, 7 * time.Second},
		{"blanks", func() []string { return []string{"Retry-After", " 7 "} }, 7 * time.Second},
		{"date", func() []string { return []string{"Retry-After", date(9 * time.Second)} }, 9 * time.Second},
		{"date of a server whose clock is wrong", func() []string {
			return []string{"Retry-After", date(3*time.Hour + 9*time.Second), "Date", date(3 * time.Hour)}
		}, 9 * time.Second},
		{"date by RFC 850", func() []string { return []string{"Retry-After", "Saturday, 01-Jan-00 00:00:08 GMT"} }, 8 * time.Second},
		{"ms", func() []string { return []string{"Retry-After-Ms", "1500"} }, 1500 * time.Millisecond},
		{"x-ms", func() []string { return []string{"X-Ms-Retry-After-Ms", "1500"} }, 1500 * time.Millisecond},
		{"finest first", func() []string {
			return []string{"Retry-After", "30", "X-Ms-Retry-After-Ms", "2500", "Retry-After-Ms", "1500"}
		}, 1500 * time.Millisecond},
		{"garbage before a value", func() []string { return []string{"Retry-After-Ms", "soon", "Retry-After", "5"} }, 5 * time.Second},
		{"at the cap", func() []string { return []string{"Retry-After", "60"} }, time.Minute},
		{"over the cap", func() []string { return []string{"Retry-After", "61"} }, -2},
		{"a year", func() []string { return []string{"Retry-After", "31536000"} }, -2},
		{"a year, as a date", func() []string { return []string{"Retry-After", date(365 * 24 * time.Hour)} }, -2},
		{"more seconds than a Duration has", func() []string { return []string{"Retry-After", "9223372036854775807"} }, -2},
		{"more than an integer has", func() []string { return []string{"Retry-After", "99999999999999999999999"} }, -2},
		{"negative", func() []string { return []string{"Retry-After", "-5"} }, -1},
		{"very negative", func() []string { return []string{"Retry-After", "-99999999999999999999999"} }, -1},
		{"zero", func() []string { return []string{"Retry-After", "0"} }, -1},
		{"past", func() []string { return []string{"Retry-After", date(-time.Hour)} }, -1},
		{"garbage", func() []string { return []string{"Retry-After", "tomorrow"} }, -1},
		{"a fraction", func() []string { return []string{"Retry-After", "1.5"} }, -1},
		{"two joined", func() []string { return []string{"Retry-After", "5, 7"} }, -1},
		{"empty", func() []string { return []string{"Retry-After", ""} }, -1},
	} {
		for _, code := range []int{429, 503, 500} {
			synctest.Test(t, func(t *testing.T) {
				p := &platform{answer: func(try int, _ *http.Request) (*http.Response, error) {
					if try == 2 {
						return status(200), nil
					}
					return status(code, c.header()...), nil
				}}
				resp, err := client(t, p, nil).Do(request(t, t.Context(), "GET", nil))
				if c.wait == -2 {
					wantStatus(t, resp, err, code)
					wantTries(t, p, 1)
					return
				}
				wantStatus(t, resp, err, 200)
				wantTries(t, p, 2)
				got := p.waits()[0]
				if c.wait == -1 {
					if got < 400*time.Millisecond || got > 800*time.Millisecond {
						t.Errorf("%s, %d: waited %v, want the ordinary backoff", c.name, code, got)
					}
				} else if got != c.wait {
					t.Errorf("%s, %d: waited %v, want %v", c.name, code, got, c.wait)
				}
			})
		}
	}
}

func TestContextEnds(t *testing.T) {
	reason := errors.New("the user left")
	for _, c := range []struct {
		name  string
		after time.Duration
		tries int
		err   error
	}{
		{"before", 0, 0, context.Canceled},
		{"in the first backoff", 5 * time.Second, 1, context.Canceled},
		{"in the second try", 15 * time.Second, 2, context.Canceled},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			p := &platform{answer: func(try int, req *http.Request) (*http.Response, error) {
				if try == 2 {
					<-req.Context().Done()
					return nil, req.Context().Err()
				}
				return status(503, "Retry-After", "10"), nil
			}}
			start := time.Now()
			if c.after == 0 {
				cancel(reason)
			} else {
				time.AfterFunc(c.after, func() { cancel(reason) })
			}
			body := &closing{Reader: strings.NewReader("body")}
			_, err := retry.NewRoundTripper(over(t, p), nil).RoundTrip(request(t, ctx, "PUT", body))
			if !errors.Is(err, c.err) || !errors.Is(err, reason) || !errors.Is(err, transport.KindCanceled) {
				t.Errorf("%s: got %v, want %v with its cause", c.name, err, c.err)
			}
			if took := time.Since(start); took != c.after {
				t.Errorf("%s: took %v, want %v", c.name, took, c.after)
			}
			wantTries(t, p, c.tries)
			if body.closed != 1 {
				t.Errorf("%s: the body was closed %d times, want once", c.name, body.closed)
			}
		})
	}
}

// Request.Cancel, which is deprecated, ends the wait for the next try as well.
func TestRequestCancelEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := answers(503)
		req := request(t, t.Context(), "GET", nil)
		channel := make(chan struct{})
		//lint:ignore SA1019 It is what the test is about.
		req.Cancel = channel
		time.AfterFunc(time.Millisecond, func() { close(channel) })
		start := time.Now()
		_, err := retry.NewRoundTripper(over(t, p), nil).RoundTrip(req)
		if !errors.Is(err, transport.KindCanceled) || time.Since(start) != time.Millisecond {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		wantTries(t, p, 1)
	})
}

// The context ends, but the response is in: it is the caller's.
func TestContextEndsWithTheResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &platform{answer: func(int, *http.Request) (*http.Response, error) {
			cancel()
			return status(503), nil
		}}
		resp, err := retry.NewRoundTripper(p, nil).RoundTrip(request(t, ctx, "GET", nil))
		wantStatus(t, resp, err, 503)
		wantTries(t, p, 1)
	})
}

// A limit of one phase is no end of the request's context.
func TestHeaderTimeoutIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{answer: func(try int, req *http.Request) (*http.Response, error) {
			if try == 1 {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return status(200), nil
		}}
		tr, err := transport.NewWith(p, &transport.Options{ResponseHeaderTimeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := retry.NewClient(tr, nil).Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 200)
		wantTries(t, p, 2)
	})
}

func TestClientTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := answers(503)
		c := client(t, p, &retry.Options{MaxRetries: 1000, RetryDelay: time.Second})
		c.Timeout = time.Minute
		start := time.Now()
		_, err := c.Do(request(t, t.Context(), "GET", nil))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v, want the deadline after a minute", err, time.Since(start))
		}
	})
}

// Redirects are followed by the http.Client that the caller has, and by no other.
func TestRedirects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{answer: func(try int, req *http.Request) (*http.Response, error) {
			switch {
			case try == 1 || try == 3:
				return status(503), nil
			case req.URL.Path == "/path":
				return status(302, "Location", "/next?sig=other"), nil
			}
			return status(200), nil
		}}
		c := client(t, p, nil)
		var asked []string
		c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
			asked = append(asked, req.URL.Path)
			return nil
		}
		resp, err := c.Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 200)
		wantTries(t, p, 4)
		if !slices.Equal(asked, []string{"/next"}) || resp.Request.URL.Path != "/next" {
			t.Errorf("CheckRedirect saw %v, and the response is of %s", asked, resp.Request.URL.Path)
		}
		p = &platform{answer: func(int, *http.Request) (*http.Response, error) { return status(302, "Location", "http://[bad"), nil }}
		if _, err := client(t, p, nil).Do(request(t, t.Context(), "GET", nil)); err == nil {
			t.Error("a Location that is no URL gave no error")
		}
		wantTries(t, p, 1)
		p = &platform{answer: func(int, *http.Request) (*http.Response, error) { return status(307, "Location", "/path"), nil }}
		if _, err := client(t, p, nil).Do(request(t, t.Context(), "GET", nil)); err == nil || !strings.Contains(err.Error(), "stopped after 10 redirects") {
			t.Errorf("got %v, want the limit of redirects", err)
		}
		wantTries(t, p, 10)
	})
}

// What goes to the RoundTripper is the caller's request and nothing else.
func TestRequestIsPassedAsItIs(t *testing.T) {
	var got *http.Request
	p := &platform{answer: func(_ int, req *http.Request) (*http.Response, error) { got = req; return status(200), nil }}
	req := request(t, t.Context(), "PUT", strings.NewReader("body"))
	req.URL.User = url.UserPassword("user", "pw") // which http.Client would make a header of
	name := "x-lower"                             // as generated clients write it
	req.Header[name] = []string{"1"}
	before := *req
	resp, err := retry.NewRoundTripper(p, nil).RoundTrip(req)
	wantStatus(t, resp, err, 200)
	if got.URL != req.URL || got.ContentLength != 4 || len(got.Header) != 1 || got.Header[name] == nil {
		t.Errorf("the RoundTripper got %+v", got)
	}
	if resp.Request != req {
		t.Error("Response.Request is not the caller's request")
	}
	if req.URL != before.URL || req.Body != before.Body || req.ContentLength != 4 {
		t.Error("the request was modified")
	}
}

func TestCloseIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := fails(&driver.Error{Kind: driver.KindDenied, Err: fs.ErrPermission})
		c := client(t, p, nil)
		c.Do(request(t, t.Context(), "GET", nil))
		if p.idle != 0 {
			t.Error("a failed request closed the connections of others")
		}
		if c.CloseIdleConnections(); p.idle != 1 {
			t.Errorf("CloseIdleConnections was passed on %d times", p.idle)
		}
	})
}

// A response that is not wanted and does not end delays the retry by a second and no more.
func TestUnwantedBodyDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{answer: func(try int, _ *http.Request) (*http.Response, error) {
			if try == 2 {
				return status(200), nil
			}
			r, _ := io.Pipe()
			return &http.Response{StatusCode: 503, Header: http.Header{}, ContentLength: -1, Body: r}, nil
		}}
		resp, err := client(t, p, &retry.Options{RetryDelay: -1}).Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 200)
		wantTries(t, p, 2)
		if got := p.waits()[0]; got != time.Second {
			t.Errorf("the retry came after %v", got)
		}
	})
}
