// SPDX-License-Identifier: MIT

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/isohttp/isohttp/transport/driver"
)

// observed is what an exchange, with all redirects that were followed, looks like from both
// ends. It has nothing that differs from one exchange to the next, so that two ways to send
// the same request can be compared.
type observed struct {
	Err      string // empty when there is a response and all of its body
	Status   string
	Length   int64
	Header   map[string][]string
	Trailer  map[string][]string
	Decoded  bool
	Body     string // its hash
	URL      string // that of Response.Request
	Method   string
	Requests []Echo   // as the origin saw them
	Uploads  []string // what the origin noted of the bodies that it read
}

// observe sends a request and reads what comes.
func (t *T) observe(send func(*http.Request) (*http.Response, error), req *http.Request) observed {
	before := len(t.events())
	var o observed
	resp, err := send(req)
	if err == nil {
		o.Status, o.Length, o.Decoded = resp.Status, resp.ContentLength, resp.Uncompressed
		o.URL, o.Method = resp.Request.URL.String(), resp.Request.Method
		o.Header = resp.Header.Clone()
		delete(o.Header, "Date")
		var data []byte
		data, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		o.Trailer = resp.Trailer
		if err == nil {
			o.Body = hashOf(data) // how much of a broken one arrives is a matter of chance
		}
	}
	o.Err = classOf(err)
	for _, e := range t.events()[before:] {
		switch e.Kind {
		case EventRequest:
			var seen Echo
			if err := json.Unmarshal(e.Data, &seen); err != nil {
				t.Fatalf("a request as the origin saw it: %v", err)
			}
			seen.Conn, seen.Lines = 0, nil
			o.Requests = append(o.Requests, seen)
		case EventBodyEnd:
			o.Uploads = append(o.Uploads, string(e.Data))
		}
	}
	return o
}

// events returns what the origin has seen of the case so far.
func (t *T) events() []Event {
	events, err := t.run.witness.Events(t.ctx, t.token, "", 0, 0)
	if err != nil {
		t.Fatalf("asking the origin for its events: %v", err)
	}
	return events
}

// classOf says what a program can tell of an error without its text.
func classOf(err error) string {
	if err == nil {
		return ""
	}
	class := "error"
	var e *driver.Error
	if errors.As(err, &e) {
		class = e.Op + " " + e.Kind.Error()
	}
	var timeout interface{ Timeout() bool }
	return fmt.Sprintf("%s, canceled %v, cut %v, timeout %v, final %v", class, errors.Is(err, context.Canceled),
		errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &timeout) && timeout.Timeout(), final(err))
}
