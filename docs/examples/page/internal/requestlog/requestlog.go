// SPDX-License-Identifier: MIT

// Package requestlog tells what a transport sends: each exchange when it begins and again
// when it is over. It is middleware for transport.Options.Wrap.
package requestlog

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isohttp/isohttp/transport"
)

// Entry is one exchange.
type Entry struct {
	ID     int64 // counts from 1; the same for begin and end
	Start  time.Time
	Method string

	// Target is host and path. The query is left out, for it may hold a signature.
	Target string

	Over     bool
	Status   int           // 0 without an answer
	Duration time.Duration // from the begin until the body was read
	Sent     int64         // bytes of the request body, of those that were answered
	Received int64         // bytes of the response body
	Failure  string        // the kind of error in words; empty if there was none
}

// Wrap returns middleware that calls tell for each exchange, once when it begins and
// once, with Over set, when its response body has ended or been closed. tell is called
// from many goroutines.
func Wrap(tell func(Entry)) func(http.RoundTripper) http.RoundTripper {
	var count atomic.Int64
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			x := &exchange{tell: tell, entry: Entry{ID: count.Add(1), Start: time.Now(), Method: method(req)}}
			if req.URL != nil {
				x.entry.Target = req.URL.Host + req.URL.EscapedPath()
			}
			tell(x.entry)
			resp, err := next.RoundTrip(req)
			if err != nil {
				x.end(err)
				return nil, err
			}
			x.entry.Status, x.entry.Sent = resp.StatusCode, max(req.ContentLength, 0)
			if resp.Body == http.NoBody {
				x.end(nil)
			} else {
				resp.Body = &body{resp.Body, x}
			}
			return resp, nil
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func method(req *http.Request) string {
	if req.Method == "" {
		return http.MethodGet
	}
	return req.Method
}

// exchange is an entry that is not over.
type exchange struct {
	tell     func(Entry)
	entry    Entry // but for Received, written before the body is handed out
	received atomic.Int64
	once     sync.Once
}

func (x *exchange) end(err error) {
	x.once.Do(func() {
		e := x.entry
		e.Over, e.Duration, e.Received = true, time.Since(e.Start), x.received.Load()
		if err != nil {
			e.Failure = "failed"
			var sent *transport.Error
			if errors.As(err, &sent) {
				e.Failure = sent.Kind.Error()
			}
		}
		x.tell(e)
	})
}

// body counts what is read.
type body struct {
	io.ReadCloser
	x *exchange
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.x.received.Add(int64(n))
	switch err {
	case nil:
	case io.EOF:
		b.x.end(nil)
	default:
		b.x.end(err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.x.end(nil)
	return err
}
