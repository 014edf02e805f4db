// SPDX-License-Identifier: MIT

package retry_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/retry"
)

// early answers the first try before it has read the body. It goes on reading once the
// response is closed, as a transport may, and lets go of the body when it is told to.
type early struct {
	code    int
	read    int           // bytes before the answer
	closeIt chan struct{} // closed when the first try may close its body
	bodies  []string
}

func (e *early) RoundTrip(req *http.Request) (*http.Response, error) {
	if e.bodies = append(e.bodies, ""); len(e.bodies) > 1 {
		all, err := io.ReadAll(req.Body)
		req.Body.Close()
		e.bodies[1] = string(all)
		return status(200), err
	}
	part := make([]byte, e.read)
	n, _ := io.ReadFull(req.Body, part)
	e.bodies[0] = string(part[:n])
	resp := status(e.code)
	dropped := make(chan struct{})
	resp.Body = &onClose{resp.Body, func() { close(dropped) }}
	go func() {
		<-dropped
		io.Copy(io.Discard, req.Body)
		<-e.closeIt
		req.Body.Close()
	}()
	return resp, nil
}

type onClose struct {
	io.ReadCloser
	f func()
}

func (o *onClose) Close() error { o.f(); return o.ReadCloser.Close() }

const longText = "a body of some length that is read in pieces"

// The server answers while the body is still on its way. The next try has all of it, and
// begins only when the first one has let go. That the copy has a limit does not matter when
// what was read before the answer is below it.
func TestEarlyAnswer(t *testing.T) {
	for _, read := range []int{0, 1, 10, len(longText)} {
		for _, seek := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				e := &early{code: 503, read: read, closeIt: make(chan struct{})}
				copied := &closing{Reader: strings.NewReader(longText)}
				sought := &seeking{ReadSeeker: strings.NewReader(longText)}
				req := request(t, t.Context(), "PUT", copied)
				opts := &retry.Options{MaxBodyCopy: int64(max(read, 1))}
				if seek {
					req.Body, opts.MaxBodyCopy = sought, -1
				}
				req.ContentLength = -1
				result := make(chan error, 1)
				go func() {
					resp, err := retry.NewRoundTripper(e, opts).RoundTrip(req)
					if err == nil {
						resp.Body.Close()
						if resp.StatusCode != 200 {
							err = errors.New(resp.Status)
						}
					}
					result <- err
				}()
				timer(t, 60) // every wait is over
				if len(e.bodies) != 1 {
					t.Error("the second try began while the first one had the body")
				}
				close(e.closeIt)
				if err := <-result; err != nil {
					t.Fatalf("read %d, seek %t: %v", read, seek, err)
				}
				if e.bodies[1] != longText {
					t.Errorf("read %d, seek %t: the second try had %q", read, seek, e.bodies[1])
				}
				if n := copied.closed + sought.closed; n != 1 {
					t.Errorf("the body was closed %d times", n)
				}
			})
		}
	}
}

// The response that is returned may be in before its body is sent: the body stays open
// until the transport is through with it.
func TestEarlyLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &early{code: 413, closeIt: make(chan struct{})}
		body := &seeking{ReadSeeker: strings.NewReader(longText)}
		resp, err := retry.NewRoundTripper(e, nil).RoundTrip(request(t, t.Context(), "PUT", body))
		wantStatus(t, resp, err, 413)
		if synctest.Wait(); body.closed != 0 {
			t.Error("the body was closed while the transport had it")
		}
		close(e.closeIt)
		if synctest.Wait(); body.closed != 1 {
			t.Errorf("the body was closed %d times", body.closed)
		}
	})
}

// The context ends while the second try waits for a body that the first does not let go of.
func TestContextEndsWaitingForBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &early{code: 503, closeIt: make(chan struct{})}
		ctx, cancel := contextWithSeconds(t, 30)
		defer cancel()
		body := &closing{Reader: strings.NewReader(longText)}
		_, err := retry.NewRoundTripper(e, nil).RoundTrip(request(t, ctx, "PUT", body))
		if !errors.Is(err, transport.KindTimeout) || len(e.bodies) != 1 {
			t.Errorf("got %v after %d tries, want the deadline after one", err, len(e.bodies))
		}
		close(e.closeIt)
		if synctest.Wait(); body.closed != 1 {
			t.Errorf("the body was closed %d times", body.closed)
		}
	})
}

// stuck is a body whose second Read waits.
type stuck struct {
	pieces []string
	reads  int
	inside chan struct{} // closed when the second Read waits
	resume chan struct{} // closed when it may go on
	closed int
}

func (s *stuck) Read(p []byte) (int, error) {
	if s.reads++; s.reads == 2 {
		close(s.inside)
		<-s.resume
	}
	if s.reads > len(s.pieces) {
		return 0, io.EOF
	}
	return copy(p, s.pieces[s.reads-1]), nil
}

func (s *stuck) Close() error { s.closed++; return nil }

// A Read is under way when the server answers and the transport closes the body. What it
// brings is not lost, though it is more than the copy may have.
func TestAnswerDuringRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := &stuck{pieces: []string{"one, ", "two and more, ", "three"}, inside: make(chan struct{}), resume: make(chan struct{})}
		tries, got := 0, ""
		rt := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			if tries++; tries > 1 {
				all, err := io.ReadAll(req.Body)
				req.Body.Close()
				got = string(all)
				return status(200), err
			}
			go io.Copy(io.Discard, req.Body)
			<-body.inside
			req.Body.Close()
			return status(503), nil
		})
		req := request(t, t.Context(), "PUT", body)
		req.ContentLength = -1
		result := make(chan error, 1)
		go func() {
			resp, err := retry.NewRoundTripper(rt, &retry.Options{MaxBodyCopy: 8}).RoundTrip(req)
			if err == nil {
				resp.Body.Close()
			}
			result <- err
		}()
		if timer(t, 60); tries != 1 {
			t.Error("the second try began during the first one's Read")
		}
		close(body.resume)
		if err := <-result; err != nil || got != strings.Join(body.pieces, "") || body.closed != 1 {
			t.Errorf("the second try had %q, error %v; the body was closed %d times", got, err, body.closed)
		}
	})
}

// A body with both, as azcore has: GetBody gives the same stream again, with a Close that
// really closes it, so that neither this package nor a transport may use it.
func TestSeekBeforeGetBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platform{answer: func(try int, req *http.Request) (*http.Response, error) {
			if req.GetBody != nil {
				t.Error("the transport was given GetBody")
			}
			return status(503), nil
		}}
		body := &seeking{ReadSeeker: strings.NewReader("body")}
		req := request(t, t.Context(), "PUT", body)
		req.GetBody = func() (io.ReadCloser, error) {
			t.Error("GetBody was called")
			return body, nil
		}
		resp, err := retry.NewRoundTripper(p, nil).RoundTrip(req)
		wantStatus(t, resp, err, 503)
		if wantTries(t, p, 4); body.closed != 1 {
			t.Errorf("the body was closed %d times", body.closed)
		}
	})
}

// Where no copy is to be made, an early answer does not wait for a Read that it is of no use to.
func TestEarlyAnswerWithoutCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body, w := io.Pipe()
		defer w.Close()
		next := roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			go func() {
				io.Copy(io.Discard, req.Body)
				req.Body.Close()
			}()
			synctest.Wait() // for the Read
			return status(503), nil
		})
		req := request(t, t.Context(), "PUT", body)
		req.ContentLength = -1
		start := time.Now()
		time.AfterFunc(time.Minute, func() { w.Close() })
		resp, err := retry.NewRoundTripper(next, &retry.Options{MaxBodyCopy: -1}).RoundTrip(req)
		wantStatus(t, resp, err, 503)
		if took := time.Since(start); took != 0 {
			t.Errorf("it came after %v", took)
		}
	})
}
