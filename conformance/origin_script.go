// SPDX-License-Identifier: MIT

package conformance

import (
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// step is one step of a script: what the origin does with the bare connection, once a
// request head is in.
type step struct {
	do   action
	text string // what is written, or the gate
	n    int    // how often; of endless, the milliseconds between two times
}

type action int

const (
	write   action = iota // write text, n times; {cors} is the CORS line that a page needs
	gate                  // wait for the gate, or the one that ?gate=NAME names
	reset                 // close the connection with a RST
	fin                   // end the origin's side of the connection
	endless               // write text until the client is gone
	body                  // read the request body, if there is one; only as the first step
	take                  // read the request body off the connection, whose length is declared, and note it
	hold                  // wait for the gate, and read nothing
	pause                 // wait n milliseconds
)

const plain = "HTTP/1.1 200 OK\r\n{cors}Content-Type: application/octet-stream\r\n"

// nextMessage is a message of its own, behind another one.
const nextMessage = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"

// scripts are the malformed, cut and hostile answers. Each one ends with the connection
// closed.
func scripts() map[string][]step {
	// The request body is read first: who closes a connection with bytes unread on it resets it,
	// and a client may meet that before the answer.
	w := func(text string) []step { return []step{{body, "", 0}, {write, text, 1}} }
	s := map[string][]step{
		"close":         {},
		"reset":         {{reset, "", 0}},
		"reset-header":  {{write, "HTTP/1.1 200 OK\r\nX-Test: a", 1}, {reset, "", 0}},
		"close-header":  {{write, "HTTP/1.1 200 OK\r\nX-Test: a", 1}},
		"half-header":   {{write, "HTTP/1.1 200 OK\r\nX-Test: a", 1}, {gate, "go", 0}},
		"reset-body":    {{write, plain + "Content-Length: 100000\r\n\r\n" + strings.Repeat("c", 1000), 1}, {gate, "go", 0}, {reset, "", 0}},
		"short":         w(plain + "Content-Length: 1000\r\n\r\n" + strings.Repeat("c", 100)),
		"short-later":   {{write, plain + "Content-Length: 100000\r\n\r\n" + strings.Repeat("c", 50000), 1}, {gate, "go", 0}},
		"no-last-chunk": w(plain + "Transfer-Encoding: chunked\r\n\r\n3\r\nccc\r\n"),
		"cut-chunk":     w(plain + "Transfer-Encoding: chunked\r\n\r\n64\r\nccc"),
		"until-close":   w(plain + "Connection: close\r\n\r\n" + strings.Repeat("c", 1000)),
		"long":          w(plain + "Content-Length: 5\r\nConnection: close\r\n\r\nrightWRONG"),
		"absurd":        w(plain + "Content-Length: 9223372036854775807\r\n\r\nabc"),

		"chunk-letters":  w(plain + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"),
		"chunk-negative": w(plain + "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"),
		"chunk-prefix":   w(plain + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"),
		"chunk-overflow": w(plain + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
		"chunk-empty":    w(plain + "Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n"),
		"chunk-no-crlf":  w(plain + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n"),
		"chunk-endless":  {{write, plain + "Transfer-Encoding: chunked\r\n\r\n3", 1}, {endless, strings.Repeat(";x", 1<<14), 0}},

		"length-conflict": w(plain + "Content-Length: 5\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhello" + nextMessage),
		"length-plus":     w(plain + "Content-Length: +5\r\nConnection: close\r\n\r\nhello" + nextMessage),
		"length-minus":    w(plain + "Content-Length: -5\r\nConnection: close\r\n\r\nhello" + nextMessage),

		"204-body":     w("HTTP/1.1 204 No Content\r\n{cors}Connection: close\r\n\r\nillegal"),
		"304-body":     w("HTTP/1.1 304 Not Modified\r\n{cors}Connection: close\r\n\r\nillegal"),
		"205-body":     w("HTTP/1.1 205 Reset Content\r\n{cors}Content-Length: 7\r\nConnection: close\r\n\r\nillegal"),
		"205-empty":    w("HTTP/1.1 205 Reset Content\r\n{cors}Content-Length: 0\r\nConnection: close\r\n\r\n"),
		"head-chunked": w(plain + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"),
		"head-none":    w(plain + "Connection: close\r\n\r\n"),
		// More than net/http's limit for a header at once, then slowly: at full speed
		// Chromium would be busy with them for minutes.
		"interim-flood": {{write, interimHint(), 3000}, {endless, interimHint(), 20}},
		"header-flood":  {{write, plain, 1}, {endless, "X-Flood: " + strings.Repeat("f", 1000) + "\r\n", 0}},
		"folded":        w(plain + "X-Test: one\r\n two\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"),
		"lone-cr":       w(plain + "X-Test: one\rX-Injected: two\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"),
		"hop":           w(plain + "Keep-Alive: timeout=5\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
		"reason":        w("HTTP/1.1 200 Splendid\r\n{cors}Content-Length: 2\r\nConnection: close\r\n\r\nok"),
		"no-reason":     w("HTTP/1.1 404 \r\n{cors}Content-Length: 2\r\nConnection: close\r\n\r\nno"),
		"idle-close":    {{write, plain + "Content-Length: 2\r\n\r\nok", 1}, {gate, "go", 0}, {fin, "", 0}, {pause, "", 200}},
		"idle-reset":    {{write, plain + "Content-Length: 2\r\n\r\nok", 1}, {gate, "go", 0}, {reset, "", 0}},
		"slow-body":     {{write, plain + "Content-Length: 4\r\nConnection: close\r\n\r\nok", 1}, {pause, "", 2000}, {write, "ok", 1}},
		"take":          {{body, "", 0}},
		"early-close":   {{write, "HTTP/1.1 413 Too Large\r\n{cors}Content-Length: 9\r\nConnection: close\r\n\r\ntoo large", 1}, {fin, "", 0}, {hold, "go", 0}},
		"no-interim":    {{take, "", 0}, {write, plain + "Content-Length: 2\r\nConnection: close\r\n\r\nok", 1}},
	}
	for i, line := range badStatusLines() {
		s["status-line-"+strconv.Itoa(i)] = w(line + "\r\n{cors}Content-Length: 2\r\nConnection: close\r\n\r\nok")
	}
	return s
}

func interimHint() string {
	return "HTTP/1.1 103 Early Hints\r\nLink: </" + strings.Repeat("a", 4000) + ">\r\n\r\n"
}

// scriptNames are the names of all scripts, as a kind of parameter.
func scriptNames() string { return strings.Join(slices.Sorted(maps.Keys(scripts())), "|") }

// badStatusLines are status lines that RFC 9112 does not have.
func badStatusLines() []string {
	return []string{
		"HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 abc OK", "HTTP/1.1 -20 OK",
		"HTTP/A.1 200 OK", "HTTX/1.1 200 OK", "200 OK HTTP/1.1", "HTTP/1.1\t200\tOK", "HTTP 200 OK", "HTTP/1.1 2 00 OK",
	}
}

// script plays the script ?name=NAME on the bare connection.
func (x *exchange) script() {
	steps := scripts()[x.q.Get("name")]
	if len(steps) > 0 && steps[0].do == body && x.r.ContentLength != 0 {
		if _, _, ok := x.readBody(nil); !ok {
			return
		}
	}
	cors := ""
	if origin := x.r.Header.Get("Origin"); origin != "" {
		cors = "Access-Control-Allow-Origin: " + origin + "\r\nAccess-Control-Expose-Headers: *\r\n"
	}
	conn, rw, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	for _, s := range steps {
		text := strings.ReplaceAll(s.text, "{cors}", cors)
		if !x.step(conn, rw, s, text) {
			return
		}
	}
}

// step does one step and reports whether the script goes on.
func (x *exchange) step(conn net.Conn, from io.Reader, s step, text string) bool {
	switch s.do {
	case write:
		for range s.n {
			if _, err := io.WriteString(conn, text); err != nil {
				x.log(EventGone, 0, nil)
				return false
			}
		}
		x.log(EventSent, 0, nil)
	case endless:
		for {
			if _, err := io.WriteString(conn, text); err != nil {
				x.log(EventGone, 0, nil)
				return false
			}
			pause := time.NewTimer(time.Duration(s.n) * time.Millisecond)
			select {
			case <-x.origin.log.over:
				pause.Stop()
				return false
			case <-pause.C:
			}
		}
	case gate:
		if name := x.q.Get("gate"); name != "" {
			text = name
		}
		return x.waitOn(conn, text)
	case hold:
		x.log(EventGateWait, 0, nil)
		select {
		case <-x.origin.log.gate(x.token, text):
		case <-x.origin.log.over:
			return false
		}
	case take:
		// As it is on the wire: net/http would send the interim response for it.
		data := make([]byte, min(max(x.r.ContentLength, 0), 1<<10))
		n, err := io.ReadFull(from, data)
		x.log(EventMark, 0, map[string]any{"text": string(data[:n])})
		return err == nil
	case reset:
		if c, ok := conn.(interface{ SetLinger(int) error }); ok {
			c.SetLinger(0)
		}
		return false
	case pause:
		timer := time.NewTimer(time.Duration(s.n) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-x.origin.log.over:
			return false
		}
	case fin:
		if c, ok := conn.(interface{ CloseWrite() error }); ok {
			c.CloseWrite()
		}
	}
	return true
}

// waitOn waits for a gate, or for the client to close its side of a hijacked connection, of
// which the request's context knows nothing.
func (x *exchange) waitOn(conn net.Conn, gate string) bool {
	x.log(EventGateWait, 0, nil)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		io.Copy(io.Discard, conn)
	}()
	defer func() {
		conn.SetReadDeadline(time.Now()) // ends the goroutine
		<-gone
	}()
	select {
	case <-x.origin.log.gate(x.token, gate):
		return true
	case <-gone:
		x.log(EventGone, 0, nil)
	case <-x.origin.log.over:
	}
	return false
}
