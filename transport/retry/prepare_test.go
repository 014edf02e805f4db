// SPDX-License-Identifier: MIT

package retry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
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

// errGone is why a body cannot be had again. Its text is not for a log.
var errGone = errors.New("open /files?sig=secret: gone")

// stubborn is a body that goes back a few times and then fails to.
type stubborn struct {
	seeking
	good  int  // so often it goes back
	moves bool // though it fails
	asked int
}

func (s *stubborn) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent {
		return s.ReadSeeker.Seek(offset, whence)
	}
	s.asked++
	if s.asked > s.good && !s.moves {
		return 0, errGone
	}
	at, err := s.ReadSeeker.Seek(offset, whence)
	if s.asked > s.good {
		err = errGone
	}
	return at, err
}

// getting gives its request a body that GetBody gives again a few times and then not.
type getting struct {
	good   int
	err    error // of the GetBody that fails; nil for neither body nor error
	asked  int
	bodies []*closing
}

func (g *getting) next() *closing {
	g.bodies = append(g.bodies, &closing{Reader: strings.NewReader(longText)})
	return g.bodies[len(g.bodies)-1]
}

func (g *getting) set(req *http.Request) {
	req.Body = g.next()
	req.GetBody = func() (io.ReadCloser, error) {
		if g.asked++; g.asked > g.good {
			return nil, g.err
		}
		return g.next(), nil
	}
}

// wantClosedOnce checks the body and all that GetBody gave.
func (g *getting) wantClosedOnce(t *testing.T) {
	t.Helper()
	for i, b := range g.bodies {
		if b.closed != 1 {
			t.Errorf("body %d of %d was closed %d times", i+1, len(g.bodies), b.closed)
		}
	}
}

// lines returns a logger and where it writes the reasons and nothing else of each line.
func lines() (*slog.Logger, *bytes.Buffer) {
	text := &bytes.Buffer{}
	return slog.New(slog.NewTextHandler(text, nil)), text
}

// wantUnread checks that a response is still as the platform gave it: open, with no byte
// read.
func wantUnread(t *testing.T, p *platform, resp *http.Response, err error) {
	t.Helper()
	if err == nil && p.open != 1 {
		t.Errorf("%d responses are open, want the one that is returned", p.open)
	}
	wantStatus(t, resp, err, http.StatusServiceUnavailable)
}

// The body cannot be had again when the next try has been decided upon. What the last try
// came to is returned, not the reason, which the log has in two words.
func TestBodyIsGone(t *testing.T) {
	broken := &driver.Error{Op: driver.OpSend, Kind: driver.KindNetwork, Err: errors.New("connection reset")}
	for _, good := range []int{0, 1, 2} {
		for _, fail := range []error{nil, broken} {
			for _, way := range []string{"GetBody", "GetBody without a body", "Seek"} {
				synctest.Test(t, func(t *testing.T) {
					p := answers(503)
					if fail != nil {
						p = fails(fail)
					}
					req := request(t, t.Context(), "PUT", nil)
					req.ContentLength = int64(len(longText))
					g := &getting{good: good, err: errGone}
					s := &stubborn{seeking: seeking{ReadSeeker: strings.NewReader(longText)}, good: good}
					switch way {
					case "Seek":
						req.Body = s
					case "GetBody without a body":
						g.err = nil
						fallthrough
					default:
						g.set(req)
					}
					logger, text := lines()
					resp, err := client(t, p, &retry.Options{Logger: logger}).Do(req)
					if fail == nil {
						wantUnread(t, p, resp, err)
					} else if !errors.Is(err, fail) || errors.Is(err, errGone) {
						t.Errorf("%s: got %v, want the try's error", way, err)
					}
					wantTries(t, p, good+1)
					if g.wantClosedOnce(t); way == "Seek" && s.closed != 1 {
						t.Errorf("the body was closed %d times", s.closed)
					}
					if n := g.asked + s.asked; n != good+1 {
						t.Errorf("%s: asked %d times", way, n)
					}
					got, want := text.String(), strings.Fields(way)[0]+` failed"`
					if strings.Count(got, "\n") != 1 || !strings.Contains(got, want) || strings.Contains(got, "secret") {
						t.Errorf("logged %q, want one line with %s", got, want)
					}
				})
			}
		}
	}
}

// upload starts a request whose first try reads one piece of the body and then answers, with
// the rest still to be sent. The function that it returns goes on with that.
func upload(t *testing.T, ctx context.Context, body io.ReadCloser) (resp *http.Response, rest func() (string, error), err error) {
	t.Helper()
	var sent io.ReadCloser
	piece := make([]byte, 10)
	rt := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		if sent != nil {
			t.Error("there was a second try")
		}
		sent = req.Body
		_, err := io.ReadFull(sent, piece)
		return status(503), err
	})
	req := request(t, ctx, "PUT", body)
	req.ContentLength = -1
	resp, err = retry.NewRoundTripper(rt, nil).RoundTrip(req)
	return resp, func() (string, error) {
		all, err := io.ReadAll(sent)
		sent.Close()
		return string(piece) + string(all), err
	}, err
}

// The response is in while the body is on its way, and Seek fails. The upload goes on, since
// what breaks it off may break the response off too, but never with bytes of another place.
func TestSeekFailsDuringUpload(t *testing.T) {
	for _, moves := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			body := &stubborn{seeking: seeking{ReadSeeker: strings.NewReader(longText)}, moves: moves}
			resp, rest, err := upload(t, t.Context(), body)
			wantStatus(t, resp, err, 503)
			if body.closed != 0 {
				t.Error("the body was closed while the transport had it")
			}
			got, err := rest()
			if moves && (!errors.Is(err, errGone) || got != longText[:10]) || !moves && (err != nil || got != longText) {
				t.Errorf("moved: %t: the transport read %q, error %v", moves, got, err)
			}
			if body.closed != 1 {
				t.Errorf("the body was closed %d times", body.closed)
			}
		})
	}
}

// slow is a body of unknown length whose second Read waits, and then fails.
type slow struct {
	stuck
	err error
}

func (s *slow) Read(p []byte) (int, error) {
	n, err := s.stuck.Read(p)
	if s.reads == 2 {
		return 0, s.err
	}
	return n, err
}

// during returns a RoundTripper that answers with 503 during the body's second Read. It
// closes its body when the response is closed.
func during(p *platform, body *stuck) http.RoundTripper {
	p.answer = func(_ int, req *http.Request) (*http.Response, error) { return status(503), nil }
	return roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		upload := req.Body
		go func() {
			io.Copy(io.Discard, upload)
			upload.Close()
		}()
		<-body.inside
		out := *req
		out.Body = nil
		return p.RoundTrip(&out)
	})
}

// The caller's reader fails in a Read that was under way when the server answered.
func TestReadFailsAfterAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := &slow{stuck{pieces: []string{"one"}, inside: make(chan struct{}), resume: make(chan struct{})}, errGone}
		p := &platform{}
		req := request(t, t.Context(), "PUT", body)
		req.ContentLength = -1
		time.AfterFunc(time.Minute, func() { close(body.resume) })
		resp, err := retry.NewRoundTripper(during(p, &body.stuck), nil).RoundTrip(req)
		wantUnread(t, p, resp, err)
		wantTries(t, p, 1)
		if synctest.Wait(); body.closed != 1 {
			t.Errorf("the body was closed %d times", body.closed)
		}
	})
}

// The context ends while a Read that was under way when the server answered goes on. The
// response is in, and nobody has given it up.
func TestContextEndsDuringRead(t *testing.T) {
	for _, seek := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			body := &stuck{pieces: []string{"one", "two", "three"}, inside: make(chan struct{}), resume: make(chan struct{})}
			p := &platform{}
			ctx, cancel := contextWithSeconds(t, 5)
			defer cancel()
			req := request(t, ctx, "PUT", body)
			if seek {
				req.Body = struct {
					io.ReadCloser
					io.Seeker
				}{body, strings.NewReader("")}
			}
			req.ContentLength = -1
			logger, text := lines()
			start := time.Now()
			resp, err := retry.NewRoundTripper(during(p, body), &retry.Options{Logger: logger}).RoundTrip(req)
			if took := time.Since(start); took != 5*time.Second {
				t.Errorf("took %v", took)
			}
			wantUnread(t, p, resp, err)
			wantTries(t, p, 1)
			if body.closed != 0 {
				t.Error("the body was closed during a Read")
			}
			close(body.resume)
			if synctest.Wait(); body.closed != 1 || text.Len() > 0 {
				t.Errorf("the body was closed %d times; logged %q", body.closed, text)
			}
		})
	}
}

// The context ends during the wait for the next try, whose body is there already, or as soon
// as it is.
func TestContextEndsWithBodyAtHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := answers(503)
		ctx, cancel := contextWithSeconds(t, 5)
		defer cancel()
		req := request(t, ctx, "PUT", nil)
		g := &getting{good: 1}
		g.set(req)
		_, err := client(t, p, &retry.Options{RetryDelay: time.Minute}).Do(req)
		if !errors.Is(err, transport.KindTimeout) || g.asked != 1 {
			t.Errorf("got %v after %d calls of GetBody, want the deadline after one", err, g.asked)
		}
		wantTries(t, p, 1)
		g.wantClosedOnce(t)
	})
	synctest.Test(t, func(t *testing.T) {
		p := answers(503)
		ctx, cancel := context.WithCancel(t.Context())
		req := request(t, ctx, "PUT", nil)
		g := &getting{good: 1}
		g.set(req)
		get := req.GetBody
		req.GetBody = func() (io.ReadCloser, error) {
			cancel()
			return get()
		}
		resp, err := retry.NewRoundTripper(p, nil).RoundTrip(req)
		wantUnread(t, p, resp, err)
		wantTries(t, p, 1)
		g.wantClosedOnce(t)
	})
}

// A body is asked for only when nothing else speaks against another try.
func TestGetBodyIsNotCalledInVain(t *testing.T) {
	for _, c := range []struct {
		opts *retry.Options
		resp func() *http.Response
	}{
		{nil, func() *http.Response { return status(200) }},
		{nil, func() *http.Response { return status(404) }},
		{nil, func() *http.Response { return status(503, "Retry-After", "31536000") }},
		{&retry.Options{MaxRetries: -1}, func() *http.Response { return status(503) }},
	} {
		p := &platform{answer: func(int, *http.Request) (*http.Response, error) { return c.resp(), nil }}
		req := request(t, t.Context(), "PUT", nil)
		g := &getting{good: 1}
		g.set(req)
		resp, err := client(t, p, c.opts).Do(req)
		wantStatus(t, resp, err, c.resp().StatusCode)
		if wantTries(t, p, 1); g.asked != 0 {
			t.Errorf("%d: GetBody was called %d times", resp.StatusCode, g.asked)
		}
		g.wantClosedOnce(t)
	}
}
