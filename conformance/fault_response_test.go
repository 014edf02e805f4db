// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// responseFaults are those in what is made of an answer.
func responseFaults() []fault {
	return []fault{
		{name: "error for HTTP 500", caught: []string{"ST-01"}, also: []string{"CT-02", "ST-09"}, start: always(failsFor500)},
		{name: "invents a protocol", caught: []string{"CT-09"}, start: always(answer(func(r *http.Response) {
			r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
		}))},
		{name: "stale Content-Encoding", caught: []string{"DN-18", "DN-19"}, start: always(answer(func(r *http.Response) {
			if r.Uncompressed {
				r.Header.Set("Content-Encoding", "gzip")
			}
		}))},
		{name: "Set-Cookie joined", caught: []string{"HR-03"}, start: always(answer(func(r *http.Response) {
			if c := r.Header["Set-Cookie"]; len(c) > 1 {
				r.Header["Set-Cookie"] = []string{strings.Join(c, ", ")}
			}
		}))},
		{name: "shares the header map", caught: []string{"HR-08"}, start: sharesHeader},
		{name: "truncation as EOF", caught: []string{"DN-11", "DN-12"}, also: []string{"DN-22", "ER-13", "H2-05", "SC-03", "ST-08"}, start: always(answer(truncationAsEOF))},
		{name: "buffers whole response", hangs: true, caught: []string{"DN-02"}, also: []string{"CX-08", "DN-11", "DN-13", "H2-03", "SC-03"}, start: always(buffers)},
		// DN-10 closes as soon as the origin waits, and its Read may come after that.
		{name: "Read after Close succeeds", caught: []string{"DN-09"}, also: []string{"ST-08", "TR-03"}, chance: "DN-10", start: always(answer(readsOnAfterClose))},
		{name: "Close does not abort", hangs: true, caught: []string{"DN-07"}, also: []string{"DN-06", "DN-10", "H2-05", "TR-03", "UP-15"}, start: always(answer(drainsAtClose))},
		{name: "follows redirects", caught: []string{"RD-01"}, also: []string{"RD-03", "RD-06", "RD-07", "RD-10", "SC-02"}, start: followsRedirects},
		{name: "replays cookies", caught: []string{"SC-06"}, start: replaysCookies},
	}
}

// answer makes a fault out of a change of the response.
func answer(change func(*http.Response)) trip {
	return func(next send, req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if err == nil {
			change(resp)
		}
		return resp, err
	}
}

func failsFor500(next send, req *http.Request) (*http.Response, error) {
	resp, err := next(req)
	if err == nil && resp.StatusCode == http.StatusInternalServerError {
		resp.Body.Close()
		return nil, errors.New("server error")
	}
	return resp, err
}

// readFunc is a response body with another Read.
type readFunc struct {
	io.ReadCloser
	read   func(io.Reader, []byte) (int, error)
	closed atomic.Bool
}

func (r *readFunc) Read(p []byte) (int, error) { return r.read(r.ReadCloser, p) }

func (r *readFunc) Close() error {
	r.closed.Store(true)
	return r.ReadCloser.Close()
}

func truncationAsEOF(r *http.Response) {
	r.Body = &readFunc{ReadCloser: r.Body, read: func(body io.Reader, p []byte) (int, error) {
		n, err := body.Read(p)
		// A reset matches it too, and is another fault.
		if errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) && !strings.Contains(err.Error(), "stream error") {
			err = io.EOF
		}
		return n, err
	}}
}

func readsOnAfterClose(r *http.Response) {
	b := &readFunc{ReadCloser: r.Body}
	b.read = func(body io.Reader, p []byte) (int, error) {
		if b.closed.Load() {
			return 0, io.EOF
		}
		return body.Read(p)
	}
	r.Body = b
}

// buffers returns a response whose length is known only when it has all of it.
func buffers(next send, req *http.Request) (*http.Response, error) {
	resp, err := next(req)
	if err != nil || resp.ContentLength <= 0 || req.Method == http.MethodHead {
		return resp, err
	}
	data, end := io.ReadAll(resp.Body)
	resp.Body.Close()
	if end == nil {
		end = io.EOF
	}
	b := &readFunc{ReadCloser: io.NopCloser(bytes.NewReader(data))}
	b.read = func(body io.Reader, p []byte) (int, error) {
		if b.closed.Load() {
			return 0, http.ErrBodyReadAfterClose
		}
		n, err := body.Read(p)
		if err == io.EOF && len(p) > 0 {
			err = end
		}
		return n, err
	}
	resp.Body = b
	return resp, nil
}

// drainMost is where a Close that does not abort stops reading, so that an endless body does not
// cost this machine its time.
const drainMost = 1 << 20

// drained is a response body whose Close reads what is left instead of stopping it.
type drained struct {
	io.ReadCloser
	ctx    context.Context
	closed atomic.Bool
}

func (d *drained) Read(p []byte) (int, error) {
	if d.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	return d.ReadCloser.Read(p)
}

func (d *drained) Close() error {
	if !d.closed.Swap(true) {
		go func() { // it ends with the context of the case
			if _, err := io.CopyN(io.Discard, d.ReadCloser, drainMost); err == nil {
				<-d.ctx.Done()
			}
			d.ReadCloser.Close()
		}()
	}
	return nil
}

func drainsAtClose(r *http.Response) {
	if r.StatusCode != http.StatusSwitchingProtocols {
		r.Body = &drained{ReadCloser: r.Body, ctx: r.Request.Context()}
	}
}

// sharesHeader gives the same map for the same URL.
func sharesHeader() trip {
	var lock sync.Mutex
	headers := make(map[string]http.Header)
	return func(next send, req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		if err == nil && strings.HasSuffix(req.URL.Path, "/headers") {
			lock.Lock()
			defer lock.Unlock()
			if h := headers[req.URL.String()]; h != nil {
				resp.Header = h
			}
			headers[req.URL.String()] = resp.Header
		}
		return resp, err
	}
}

// followsRedirects makes RoundTrip what Do is.
func followsRedirects() trip {
	return func(next send, req *http.Request) (*http.Response, error) {
		resp, err := next(req)
		for hops := 0; err == nil && hops < 10; hops++ {
			to := resp.Header.Get("Location")
			if to == "" || resp.StatusCode/100 != 3 || req.Body != nil && resp.StatusCode > 303 {
				break
			}
			u, bad := req.URL.Parse(to)
			if bad != nil {
				break
			}
			resp.Body.Close()
			again := (&http.Request{Method: http.MethodGet, URL: u, Header: make(http.Header)}).WithContext(req.Context())
			resp, err = restored(next, req, again)
		}
		return resp, err
	}
}

// replaysCookies keeps a jar of its own.
func replaysCookies() trip {
	var lock sync.Mutex
	jar := make(map[string]string) // by host
	return func(next send, req *http.Request) (*http.Response, error) {
		if req.URL == nil || req.Header == nil {
			return next(req)
		}
		lock.Lock()
		cookie := jar[req.URL.Host]
		lock.Unlock()
		out := *req
		if cookie != "" && req.Header.Get("Cookie") == "" {
			out.Header = req.Header.Clone()
			out.Header.Set("Cookie", cookie)
		}
		resp, err := restored(next, req, &out)
		if err == nil {
			for _, c := range resp.Cookies() {
				lock.Lock()
				jar[req.URL.Host] = c.Name + "=" + c.Value
				lock.Unlock()
			}
		}
		return resp, err
	}
}
