// SPDX-License-Identifier: MIT

package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// funcReader is a body whose Read is a function.
type funcReader func(p []byte) (int, error)

func (f funcReader) Read(p []byte) (int, error) { return f(p) }

// TestUploadGuard checks what a backend can read of bodies that are right and wrong: the
// last declared byte comes only after the reader has said that there are no more.
func TestUploadGuard(t *testing.T) {
	data := strings.Repeat("x", 1000)
	broken := errors.New("broken")
	for _, c := range []struct {
		name     string
		body     io.Reader
		length   int64
		most     int // bytes the backend may see
		complete bool
		kind     transport.Kind
		is       error
	}{
		{"right", strings.NewReader(data), 1000, 1000, true, 0, nil},
		{"one byte", strings.NewReader("x"), 1, 1, true, 0, nil},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(data)), 1000, 1000, true, 0, nil},
		{"data with EOF", iotest.DataErrReader(strings.NewReader(data)), 1000, 1000, true, 0, nil},
		{"unknown length", strings.NewReader(data), -1, 1000, true, 0, nil},
		{"unknown length, empty", strings.NewReader(""), -1, 0, true, 0, nil},
		{"short", strings.NewReader(data), 1001, 1000, false, transport.KindInvalid, io.ErrUnexpectedEOF},
		{"empty", strings.NewReader(""), 1, 0, false, transport.KindInvalid, io.ErrUnexpectedEOF},
		{"long", strings.NewReader(data), 999, 998, false, transport.KindInvalid, nil},
		{"long by much", strings.NewReader(data), 5, 4, false, transport.KindInvalid, nil},
		{"long, byte by byte", iotest.OneByteReader(strings.NewReader(data)), 999, 998, false, transport.KindInvalid, nil},
		{"fails", io.MultiReader(strings.NewReader(data), iotest.ErrReader(broken)), 2000, 1000, false, transport.KindOther, broken},
		{"fails where the end should be", io.MultiReader(strings.NewReader(data), iotest.ErrReader(broken)), 1000, 999, false, transport.KindOther, broken},
		{"data with an error", funcReader(func(p []byte) (int, error) { return copy(p, "abc"), broken }), 10, 3, false, transport.KindOther, broken},
		{"panics", funcReader(func(p []byte) (int, error) { panic(secret) }), 10, 0, false, transport.KindInvalid, nil},
		{"count too large", funcReader(func(p []byte) (int, error) { return len(p) + 1, nil }), 10, 0, false, transport.KindInvalid, nil},
		{"negative count", funcReader(func(p []byte) (int, error) { return -1, nil }), 10, 0, false, transport.KindInvalid, nil},
		{"nothing for ever", funcReader(func(p []byte) (int, error) { return 0, nil }), 10, 0, false, transport.KindOther, io.ErrNoProgress},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := &closeCounter{Reader: c.body}
			req := post(t, body)
			req.ContentLength = c.length
			var seen int
			var end error
			resp, err := over(t, func(r *http.Request) (*http.Response, error) {
				p := make([]byte, 300)
				for end == nil {
					var n int
					n, end = r.Body.Read(p)
					seen += n
				}
				if end != io.EOF {
					return nil, errors.New("what the platform makes of it")
				}
				r.Body.Close()
				return &http.Response{StatusCode: 200}, nil
			}).RoundTrip(req)
			if seen > c.most || (end == io.EOF) != c.complete {
				t.Errorf("the backend read %d bytes and %v", seen, end)
			}
			if c.complete {
				if err != nil || seen != c.most {
					t.Fatalf("read %d, %v", seen, err)
				}
				resp.Body.Close()
			} else {
				var e *transport.Error
				if !errors.As(err, &e) || e.Op != driver.OpUpload || e.Kind != c.kind || c.is != nil && !errors.Is(err, c.is) {
					t.Errorf("got %v, want an upload error of kind %v", err, c.kind)
				}
			}
			if body.closed.Load() != 1 || body.late.Load() {
				t.Errorf("closed %d times, read after: %v", body.closed.Load(), body.late.Load())
			}
		})
	}
}

// TestUploadAtHand: a body that can be sought in is delivered with its end, and not but for one byte;
// what is wrong at its end is still found before the last byte is delivered.
func TestUploadAtHand(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		body io.ReadSeekCloser
		want string // of the first Read
		kind error  // nil when all is well
	}{
		"right":    {seeking{strings.NewReader("0123456789"), io.EOF}, "0123456789", nil},
		"too long": {seeking{strings.NewReader("0123456789x"), io.EOF}, "", transport.KindInvalid},
		"fails":    {seeking{strings.NewReader("0123456789"), broken}, "", transport.KindOther},
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			req := post(t, c.body)
			req.ContentLength = 10
			resp, err := over(t, func(r *http.Request) (*http.Response, error) {
				p := make([]byte, 10)
				n, err := r.Body.Read(p)
				got = string(p[:n])
				if (err == io.EOF) != (c.kind == nil) {
					t.Errorf("Read returned %d, %v", n, err)
				}
				if err == io.EOF {
					err = nil
				}
				r.Body.Close()
				return &http.Response{StatusCode: 200}, err
			}).RoundTrip(req)
			if err == nil {
				resp.Body.Close()
			}
			if got != c.want || (err == nil) != (c.kind == nil) || err != nil && !errors.Is(err, c.kind) {
				t.Errorf("the backend read %q; got %v, want %q", got, err, c.kind)
			}
		})
	}
}

// seeking is a reader with another end.
type seeking struct {
	*strings.Reader
	end error
}

func (s seeking) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err == io.EOF {
		err = s.end
	}
	return n, err
}

func (s seeking) Close() error { return nil }

// TestStuckReader: the end of the context does not wait for the caller's Read, and no Read
// starts after the call has returned.
func TestStuckReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			_, err := io.Copy(io.Discard, r.Body)
			return nil, err
		})
		free := make(chan struct{})
		reads := 0
		body := &closeCounter{Reader: funcReader(func(p []byte) (int, error) {
			reads++
			<-free
			return len(p), nil
		})}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := tr.RoundTrip(post(t, body).WithContext(ctx))
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > time.Minute+time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if body.closed.Load() != 1 {
			t.Errorf("the body was closed %d times", body.closed.Load())
		}
		close(free)
		synctest.Wait() // the backend's goroutine goes on, and finds the body over
		if reads != 1 {
			t.Errorf("%d reads", reads)
		}
	})
}

// TestReadUnderWay: a failed call waits for a Read that is about to end, so that azcore can
// seek the same reader.
func TestReadUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reading := make(chan struct{})
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			go io.Copy(io.Discard, r.Body)
			<-reading
			return nil, errors.New("connection reset")
		})
		over := false
		_, err := tr.RoundTrip(post(t, funcReader(func(p []byte) (int, error) {
			close(reading)
			<-time.After(50 * time.Millisecond) // of the bubble's clock
			over = true
			return 0, io.EOF
		})))
		if err == nil || !over {
			t.Errorf("%v; the Read was over: %v", err, over)
		}
	})
}

// TestLateResponse: a response that comes after the context has ended is closed.
func TestLateResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := &closeCounter{Reader: strings.NewReader("late")}
		release := make(chan struct{})
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			<-release
			return &http.Response{StatusCode: 200, Body: late}, nil
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			<-time.After(time.Second)
			cancel(errCause)
		}()
		_, err := tr.RoundTrip(post(t, strings.NewReader("x")).WithContext(ctx))
		if !errors.Is(err, errCause) {
			t.Errorf("got %v", err)
		}
		close(release)
		synctest.Wait()
		if late.closed.Load() != 1 {
			t.Errorf("the late response's body was closed %d times", late.closed.Load())
		}
	})
}

// TestGetBodyIsGuarded: what a backend gets from GetBody stops with the call, too.
func TestGetBodyIsGuarded(t *testing.T) {
	second := &closeCounter{Reader: strings.NewReader("again")}
	var replay io.ReadCloser
	tr := over(t, func(r *http.Request) (*http.Response, error) {
		replay, _ = r.GetBody()
		return nil, errors.New("connection reset")
	})
	req := post(t, strings.NewReader("once"))
	req.GetBody = func() (io.ReadCloser, error) { return second, nil }
	if _, err := tr.RoundTrip(req); err == nil {
		t.Fatal("no error")
	}
	if n, err := replay.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("the replay could be read after the call: %d, %v", n, err)
	}
	if second.closed.Load() != 1 || second.late.Load() {
		t.Errorf("closed %d times, read late %v", second.closed.Load(), second.late.Load())
	}
}

// A platform that sends a body once more, over another connection, is measured as one that did not
// have to.
func TestReplayIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var silent bool
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			r.Body.Read(make([]byte, 3))
			r.Body.Close()
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			defer body.Close()
			io.Copy(io.Discard, body)
			if silent {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: 200}, nil
		})
		var seen []transport.Progress
		send := func() error {
			req := post(t, strings.NewReader("0123456789"))
			req.ContentLength = 10
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("0123456789")), nil }
			resp, err := tr.RoundTrip(req.WithContext(transport.WithRequestOptions(req.Context(), transport.RequestOptions{
				ResponseHeaderTimeout: time.Minute,
				Progress:              func(p transport.Progress) { seen = append(seen, p) },
			})))
			if err == nil {
				resp.Body.Close()
			}
			return err
		}
		if err := send(); err != nil {
			t.Fatal(err)
		}
		for i, p := range seen {
			if i > 0 && p.Sent <= seen[i-1].Sent {
				t.Errorf("it went back or stood still: %v", seen)
			}
		}
		if len(seen) == 0 || seen[len(seen)-1].Sent != 10 {
			t.Errorf("the last report is not the total: %v", seen)
		}
		silent = true
		start := time.Now()
		if err := send(); !errors.Is(err, transport.KindTimeout) || time.Since(start) != time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// The header's time limit does not reach a response that has been returned.
func TestResponseAtTheTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := over(t, func(r *http.Request) (*http.Response, error) {
			timer := time.NewTimer(time.Second)
			defer timer.Stop()
			<-timer.C // together with the limit
			return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(strings.NewReader("in time"))}, nil
		})
		var inTime, late int
		for range 500 {
			ctx := transport.WithRequestOptions(t.Context(), transport.RequestOptions{ResponseHeaderTimeout: time.Second})
			resp, err := tr.RoundTrip(get(t).WithContext(ctx))
			if err != nil {
				late++
				if !errors.Is(err, transport.KindTimeout) || errors.Is(err, context.Canceled) {
					t.Fatalf("a late response: %v", err)
				}
				continue
			}
			inTime++
			synctest.Wait()
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "in time" {
				t.Fatalf("the response came and its body did not: %q, %v", body, err)
			}
			resp.Body.Close()
		}
		t.Logf("%d in time, %d late", inTime, late)
	})
}

// TestUploadAllocates: the guard costs nothing per Read.
func TestUploadAllocates(t *testing.T) {
	var allocs float64
	tr := over(t, func(r *http.Request) (*http.Response, error) {
		p := make([]byte, 1000)
		allocs = testing.AllocsPerRun(100, func() { r.Body.Read(p) })
		return &http.Response{StatusCode: 200}, nil
	})
	req := post(t, bytes.NewReader(make([]byte, 1<<20)))
	req.ContentLength = 1 << 20
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if allocs != 0 {
		t.Errorf("%v allocations per Read", allocs)
	}
}
