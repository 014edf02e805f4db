// SPDX-License-Identifier: MIT

package retry_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
	"github.com/isohttp/isohttp/transport/retry"
)

// seen is what a platform got of one try.
type seen struct {
	at     time.Time
	method string
	url    string
	body   string
}

// platform is a driver.Backend that reads each request and answers by a function, which
// gets the number of the try, from 1.
type platform struct {
	answer func(try int, req *http.Request) (*http.Response, error)

	mu    sync.Mutex
	tries []seen
	open  int // response bodies that nobody has closed
	idle  int // calls of CloseIdleConnections
}

func (p *platform) RoundTrip(req *http.Request) (*http.Response, error) {
	s := seen{at: time.Now(), method: req.Method, url: req.URL.String()}
	var broken error
	if req.Body != nil {
		var body []byte
		body, broken = io.ReadAll(req.Body)
		req.Body.Close()
		s.body = string(body)
	}
	p.mu.Lock()
	p.tries = append(p.tries, s)
	n := len(p.tries)
	p.mu.Unlock()
	if broken != nil {
		return nil, broken
	}
	resp, err := p.answer(n, req)
	if resp != nil {
		p.mu.Lock()
		p.open++
		p.mu.Unlock()
		resp.Body = &counted{ReadCloser: resp.Body, p: p}
	}
	return resp, err
}

func (p *platform) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.RedirectExpose)
}

func (p *platform) CloseIdleConnections() { p.idle++ }

func (p *platform) seen() []seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tries
}

// bodies returns the request body of each try.
func (p *platform) bodies() (all []string) {
	for _, s := range p.seen() {
		all = append(all, s.body)
	}
	return all
}

// waits returns the time from each try to the next.
func (p *platform) waits() (all []time.Duration) {
	tries := p.seen()
	for i := range tries[1:] {
		all = append(all, tries[i+1].at.Sub(tries[i].at))
	}
	return all
}

// counted is a response body that is known to be open until it is closed.
type counted struct {
	io.ReadCloser
	p    *platform
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.p.mu.Lock()
		c.p.open--
		c.p.mu.Unlock()
	})
	return c.ReadCloser.Close()
}

// status is a response with header pairs.
func status(code int, pairs ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return &http.Response{StatusCode: code, Header: h, ContentLength: -1, Body: io.NopCloser(strings.NewReader(http.StatusText(code)))}
}

// answers returns a platform that answers with each status in turn, and goes on with the
// last one.
func answers(codes ...int) *platform {
	return &platform{answer: func(try int, _ *http.Request) (*http.Response, error) {
		return status(codes[min(try, len(codes))-1]), nil
	}}
}

// fails returns a platform that fails each try with that error.
func fails(err error) *platform {
	return &platform{answer: func(int, *http.Request) (*http.Response, error) { return nil, err }}
}

// over returns a Transport over p.
func over(t *testing.T, p *platform) *transport.Transport {
	t.Helper()
	tr, err := transport.NewWith(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func client(t *testing.T, p *platform, opts *retry.Options) *http.Client {
	t.Helper()
	return retry.NewClient(over(t, p), opts)
}

func request(t *testing.T, ctx context.Context, method string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "http://example.com/path?sig=secret", body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// wantStatus reads and closes a response and checks its status.
func wantStatus(t *testing.T, resp *http.Response, err error, code int) {
	t.Helper()
	if err != nil {
		t.Fatalf("got error %v, want status %d", err, code)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("reading the response: %v", err)
	}
	resp.Body.Close()
	if resp.StatusCode != code || string(body) != http.StatusText(code) {
		t.Errorf("got %d with %q, want %d with its text", resp.StatusCode, body, code)
	}
}

// wantTries checks how often the platform was asked, and that every response was closed.
func wantTries(t *testing.T, p *platform, n int) {
	t.Helper()
	if got := len(p.seen()); got != n {
		t.Errorf("got %d tries, want %d", got, n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != 0 {
		t.Errorf("%d response bodies were left open", p.open)
	}
}
