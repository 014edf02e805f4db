// SPDX-License-Identifier: MIT

package retry_test

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
	"github.com/isohttp/isohttp/transport/retry"
)

// timer waits for that many seconds of the bubble's clock.
func timer(t *testing.T, seconds int) {
	t.Helper()
	<-time.After(time.Duration(seconds) * time.Second)
	synctest.Wait()
}

func contextWithSeconds(t *testing.T, seconds int) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), time.Duration(seconds)*time.Second)
}

func TestNilRoundTripper(t *testing.T) {
	for _, rt := range []http.RoundTripper{nil, (*transport.Transport)(nil), (*http.Transport)(nil)} {
		body := &closing{Reader: strings.NewReader("body")}
		_, err := retry.NewClient(rt, nil).Do(request(t, t.Context(), "POST", body))
		if !errors.Is(err, transport.KindInvalid) {
			t.Errorf("%T: got %v, want KindInvalid", rt, err)
		}
		if body.closed != 1 {
			t.Errorf("%T: the body was closed %d times", rt, body.closed)
		}
		retry.NewClient(rt, nil).CloseIdleConnections()
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	p := answers(200)
	rt := retry.NewRoundTripper(over(t, p), nil)
	for _, req := range []*http.Request{nil, {}, {Method: "GET"}, request(t, t.Context(), "GET", nil)} {
		if req != nil && req.URL != nil {
			req.Header = nil
		}
		if _, err := rt.RoundTrip(req); !errors.Is(err, transport.KindInvalid) {
			t.Errorf("got %v, want KindInvalid", err)
		}
	}
	wantTries(t, p, 0)
}

func TestRoundTripperBreaksItsContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := retry.NewRoundTripper(neither{}, nil).RoundTrip(request(t, t.Context(), "GET", nil)); err == nil {
			t.Error("neither response nor error: got no error")
		}
		p := answers(200)
		both := &platform{answer: p.answer}
		_, err := retry.NewRoundTripper(withError{both}, nil).RoundTrip(request(t, t.Context(), "GET", nil))
		if !errors.Is(err, errBoth) {
			t.Errorf("both response and error: got %v", err)
		}
		wantTries(t, both, 4)
		resp, err := retry.NewRoundTripper(noBody{}, nil).RoundTrip(request(t, t.Context(), "GET", nil))
		if err != nil || resp.Body == nil {
			t.Errorf("nil body: got %v, %v", resp, err)
		}
	})
}

type neither struct{}

func (neither) RoundTrip(*http.Request) (*http.Response, error) { return nil, nil }

type noBody struct{}

func (noBody) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 503, Header: http.Header{}}, nil
}

var errBoth = errors.New("both")

type withError struct{ http.RoundTripper }

func (w withError) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, _ := w.RoundTripper.RoundTrip(req)
	return resp, errBoth
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		name  string
		opts  retry.Options
		tries int
		most  time.Duration
	}{
		{"zero", retry.Options{}, 4, (800 + 1600 + 3200) * time.Millisecond},
		{"MaxRetries -1", retry.Options{MaxRetries: -1}, 1, 0},
		{"MaxRetries far below", retry.Options{MaxRetries: -1 << 62}, 1, 0},
		{"MaxRetries 1", retry.Options{MaxRetries: 1}, 2, 800 * time.Millisecond},
		{"no delay", retry.Options{RetryDelay: -1}, 4, 0},
		{"delay over its bound", retry.Options{RetryDelay: time.Hour, MaxRetryDelay: time.Second}, 4, 3 * time.Second},
		{"no bound", retry.Options{RetryDelay: 1 << 62, MaxRetryDelay: -1, MaxRetries: 1}, 2, 1 << 62},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := answers(503)
			start := time.Now()
			resp, err := client(t, p, &c.opts).Do(request(t, t.Context(), "GET", nil))
			wantStatus(t, resp, err, 503)
			wantTries(t, p, c.tries)
			if took := time.Since(start); took > c.most || took < c.most/2 {
				t.Errorf("%s: took %v, want between half of %v and that", c.name, took, c.most)
			}
		})
	}
}

// A deadline that is over before the call is told at once, and nothing is sent.
func TestDeadlineAlreadyOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := answers(200)
		ctx, cancel := contextWithSeconds(t, -1)
		defer cancel()
		body := &closing{Reader: strings.NewReader("body")}
		_, err := client(t, p, nil).Do(request(t, ctx, "PUT", body))
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, transport.KindTimeout) || body.closed != 1 {
			t.Errorf("got %v, the body closed %d times", err, body.closed)
		}
		wantTries(t, p, 0)
	})
}

// The Options are read once: to change them later changes nothing.
func TestOptionsAreCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := answers(503)
		opts := &retry.Options{MaxRetries: 1}
		c := client(t, p, opts)
		opts.MaxRetries = 5
		resp, err := c.Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 503)
		wantTries(t, p, 2)
	})
}

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "wait" {
				return slog.Attr{}
			}
			return a
		}}))
		p := &platform{answer: func(try int, _ *http.Request) (*http.Response, error) {
			if try == 1 {
				return status(503), nil
			}
			return nil, &driver.Error{Op: driver.OpSend, Kind: driver.KindNetwork, Err: errors.New("http://example.com/path?sig=secret failed")}
		}}
		req := request(t, t.Context(), "PUT", strings.NewReader("secret"))
		req.Header.Set("Authorization", "secret")
		client(t, p, &retry.Options{MaxRetries: 1, Logger: logger}).Do(req)
		const want = `level=DEBUG msg="http retry" method=PUT host=example.com try=1 status=503
level=WARN msg="http retry stopped" method=PUT host=example.com try=2 error="network failure" reason="retries used up"
`
		if got := text.String(); got != want {
			t.Errorf("logged\n%swant\n%s", got, want)
		}
		text.Reset()
		resp, err := client(t, answers(200), &retry.Options{Logger: logger}).Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 200)
		resp, err = client(t, answers(404), &retry.Options{Logger: logger}).Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 404)
		if text.Len() > 0 {
			t.Errorf("logged %q about requests that were not tried again", text.String())
		}
	})
}

func TestLoggerPanics(t *testing.T) {
	for _, h := range []slog.Handler{panicking{}, panicking{whenAsked: true}} {
		synctest.Test(t, func(t *testing.T) {
			p := answers(503)
			resp, err := client(t, p, &retry.Options{Logger: slog.New(h)}).Do(request(t, t.Context(), "PUT", strings.NewReader("body")))
			wantStatus(t, resp, err, 503)
			wantTries(t, p, 4)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p := answers(503)
		resp, err := client(t, p, &retry.Options{Logger: &slog.Logger{}}).Do(request(t, t.Context(), "GET", nil))
		wantStatus(t, resp, err, 503)
		wantTries(t, p, 4)
	})
}

// panicking is a handler that panics when it is given a line, or already when it is asked
// whether it wants one.
type panicking struct {
	slog.Handler
	whenAsked bool
}

func (h panicking) Enabled(context.Context, slog.Level) bool {
	if h.whenAsked {
		panic("no answer")
	}
	return true
}

func (panicking) Handle(context.Context, slog.Record) error { panic("no handler") }

// Nobody has asked for a log: there is none, and go-retryablehttp's own neither.
func TestNoLogByDefault(t *testing.T) {
	var text bytes.Buffer
	previous, output := slog.Default(), log.Writer()
	defer func() {
		slog.SetDefault(previous)
		log.SetOutput(output)
	}()
	slog.SetDefault(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(&text) // after SetDefault, which redirects it
	synctest.Test(t, func(t *testing.T) {
		for _, p := range []*platform{answers(503), fails(errors.New("gone"))} {
			if resp, err := client(t, p, nil).Do(request(t, t.Context(), "GET", nil)); err == nil {
				resp.Body.Close()
			}
			wantTries(t, p, 4)
		}
	})
	if text.Len() > 0 {
		t.Errorf("logged %q", text.String())
	}
}
