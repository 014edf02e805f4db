// SPDX-License-Identifier: MIT

package retry_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/isohttp/isohttp/transport/driver"
	"github.com/isohttp/isohttp/transport/retry"
)

// closing is a body that counts its Close calls. It cannot seek.
type closing struct {
	io.Reader
	closed int
}

func (c *closing) Close() error { c.closed++; return nil }

var errClosed = errors.New("read after close")

func (c *closing) Read(p []byte) (int, error) {
	if c.closed > 0 {
		return 0, errClosed
	}
	return c.Reader.Read(p)
}

// seeking is a body that can.
type seeking struct {
	io.ReadSeeker
	closed int
}

func (s *seeking) Close() error { s.closed++; return nil }

func (s *seeking) Read(p []byte) (int, error) {
	if s.closed > 0 {
		return 0, errClosed
	}
	return s.ReadSeeker.Read(p)
}

func TestReplay(t *testing.T) {
	const text = "the whole body"
	type body struct {
		set    func(*http.Request)
		closed func() int
	}
	kinds := map[string]func() body{
		"GetBody": func() body {
			first := &closing{Reader: strings.NewReader(text)}
			var others []*closing
			return body{func(r *http.Request) {
				r.Body, r.ContentLength = first, int64(len(text))
				r.GetBody = func() (io.ReadCloser, error) {
					others = append(others, &closing{Reader: strings.NewReader(text)})
					return others[len(others)-1], nil
				}
			}, func() int {
				for _, c := range others {
					if c.closed != 1 {
						return -1
					}
				}
				return first.closed
			}}
		},
		"Seek from the middle": func() body {
			r := strings.NewReader("skipped" + text)
			r.Seek(int64(len("skipped")), io.SeekStart)
			s := &seeking{ReadSeeker: r}
			return body{func(r *http.Request) { r.Body, r.ContentLength = s, int64(len(text)) }, func() int { return s.closed }}
		},
		"copy": func() body {
			c := &closing{Reader: strings.NewReader(text)}
			return body{func(r *http.Request) { r.Body, r.ContentLength = c, int64(len(text)) }, func() int { return c.closed }}
		},
		"copy of unknown length": func() body {
			c := &closing{Reader: struct{ io.Reader }{strings.NewReader(text)}}
			return body{func(r *http.Request) { r.Body, r.ContentLength = c, -1 }, func() int { return c.closed }}
		},
		"copy, for a Seek that fails": func() body {
			s := &seeking{ReadSeeker: struct {
				io.Reader
				io.Seeker
			}{strings.NewReader(text), noSeeker{}}}
			return body{func(r *http.Request) { r.Body, r.ContentLength = s, int64(len(text)) }, func() int { return s.closed }}
		},
	}
	for name, make := range kinds {
		for _, bare := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p := answers(503, 429, 200)
				rt := http.RoundTripper(p)
				if !bare {
					rt = over(t, p)
				}
				b := make()
				req := request(t, t.Context(), "PUT", nil)
				b.set(req)
				opts := &retry.Options{}
				if !strings.HasPrefix(name, "copy") {
					opts.MaxBodyCopy = -1
				}
				resp, err := retry.NewClient(rt, opts).Do(req)
				wantStatus(t, resp, err, 200)
				wantTries(t, p, 3)
				if got := p.bodies(); !slices.Equal(got, []string{text, text, text}) {
					t.Errorf("%s: the tries had the bodies %q", name, got)
				}
				if n := b.closed(); n != 1 {
					t.Errorf("%s: the original was closed %d times, want once", name, n)
				}
			})
		}
	}
}

type noSeeker struct{}

func (noSeeker) Seek(int64, int) (int64, error) { return 0, errors.New("no seek") }

// A body that cannot be sent again is sent once, and the caller gets what came of it.
func TestBodyCannotBeReplayed(t *testing.T) {
	broken := &driver.Error{Kind: driver.KindNetwork}
	for _, c := range []struct {
		name   string
		length int64
		size   int
		limit  int64
		tries  int
	}{
		{"no copy allowed", 10, 10, -1, 1},
		{"longer than the limit, declared", 11, 11, 10, 1},
		{"longer than the limit, not declared", -1, 11, 10, 1},
		{"at the limit", 10, 10, 10, 4},
		{"at the limit, not declared", -1, 10, 10, 4},
		{"at the usual limit", 1 << 20, 1 << 20, 0, 4},
		{"over the usual limit", 1<<20 + 1, 1<<20 + 1, 0, 1},
	} {
		for _, fail := range []error{nil, broken} {
			synctest.Test(t, func(t *testing.T) {
				p := answers(503)
				if fail != nil {
					p = fails(fail)
				}
				body := &closing{Reader: bytes.NewReader(make([]byte, c.size))}
				req := request(t, t.Context(), "PUT", body)
				req.ContentLength = c.length
				resp, err := client(t, p, &retry.Options{MaxBodyCopy: c.limit}).Do(req)
				if fail == nil {
					wantStatus(t, resp, err, 503)
				} else if !errors.Is(err, fail) {
					t.Errorf("%s: got %v, want the try's error", c.name, err)
				}
				wantTries(t, p, c.tries)
				for _, got := range p.bodies() {
					if len(got) != c.size {
						t.Errorf("%s: a try had %d bytes", c.name, len(got))
					}
				}
				if body.closed != 1 {
					t.Errorf("%s: the body was closed %d times", c.name, body.closed)
				}
			})
		}
	}
}

// The caller's reader fails: what was read of it cannot be read again.
func TestReaderFails(t *testing.T) {
	gone := errors.New("the disk is gone")
	synctest.Test(t, func(t *testing.T) {
		p := answers(200)
		body := &closing{Reader: io.MultiReader(strings.NewReader("part"), failing{gone})}
		req := request(t, t.Context(), "PUT", body)
		_, err := client(t, p, nil).Do(req)
		if !errors.Is(err, gone) {
			t.Errorf("got %v, want the reader's error", err)
		}
		if wantTries(t, p, 1); body.closed != 1 {
			t.Errorf("the body was closed %d times", body.closed)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
