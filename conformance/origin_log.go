// SPDX-License-Identifier: MIT

package conformance

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The kinds of events.
const (
	EventRequest   = "request"      // a request head is in; Data is the Echo of it, without a body
	EventBodyPart  = "body-part"    // the first bytes of a request body are in; Data has "bytes"
	EventBodyEnd   = "body-end"     // a request body is complete; Data has "bytes", "sha256" and "trailer"
	EventBodyCut   = "body-cut"     // a request body ended without being complete; Data has "bytes"
	EventSent      = "sent"         // bytes of a response were handed to the socket
	EventGone      = "client-gone"  // the client went before the response was complete
	EventDone      = "done"         // the scenario is over
	EventGateWait  = "gate-waiting" // the scenario waits for its gate
	EventPreflight = "preflight"    // a browser asks whether it may; Data has "method"
	EventStalled   = "stalled"      // the client has taken nothing of a large response for a second; Data has "bytes"
	EventServed    = "served"       // a large response is out; Data has "bytes" and "sha256"
	EventProxy     = "proxy"        // a proxy is used; Data has "how", "user" and "refused"
	EventMark      = "mark"         // the test says something; Data has "text"
)

func eventKinds() []string {
	return []string{EventRequest, EventBodyPart, EventBodyEnd, EventBodyCut, EventSent, EventGone, EventDone, EventGateWait,
		EventPreflight, EventStalled, EventServed, EventProxy, EventMark}
}

// Event is one thing that the origin saw.
type Event struct {
	Seq    int             `json:"seq"`    // 1 for the first event of a token
	Kind   string          `json:"kind"`   // one of the Event constants
	Micros int64           `json:"micros"` // since the origin started, monotonic
	Active int             `json:"active"` // exchanges of the token under way, this one included
	Data   json.RawMessage `json:"data,omitempty"`
}

// eventLog keeps the events of every token, and the gates that scenarios wait at.
type eventLog struct {
	start time.Time

	mu     sync.Mutex
	tokens map[string]*tokenLog
	over   chan struct{}
}

type tokenLog struct {
	events  []Event
	changed chan struct{} // closed and replaced when an event is added
	gates   map[string]chan struct{}
	active  int
}

func newEventLog() *eventLog {
	return &eventLog{start: time.Now(), tokens: make(map[string]*tokenLog), over: make(chan struct{})}
}

func (l *eventLog) close() { close(l.over) }

// token returns the log of a token; l.mu is held.
func (l *eventLog) token(name string) *tokenLog {
	t := l.tokens[name]
	if t == nil {
		t = &tokenLog{changed: make(chan struct{}), gates: make(map[string]chan struct{})}
		l.tokens[name] = t
	}
	return t
}

// add logs an event; active is the change of the number of exchanges under way.
func (l *eventLog) add(token, kind string, active int, data any) {
	var raw json.RawMessage
	if data != nil {
		raw, _ = json.Marshal(data) // maps and structs of strings and numbers
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.token(token)
	t.active += max(active, 0)
	t.events = append(t.events, Event{
		Seq: len(t.events) + 1, Kind: kind, Micros: time.Since(l.start).Microseconds(), Active: t.active, Data: raw,
	})
	t.active += min(active, 0)
	close(t.changed)
	t.changed = make(chan struct{})
}

// gate returns the channel that is closed when the gate is released.
func (l *eventLog) gate(token, name string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.token(token)
	g := t.gates[name]
	if g == nil {
		g = make(chan struct{})
		t.gates[name] = g
	}
	return g
}

func (l *eventLog) release(token, name string) {
	g := l.gate(token, name)
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-g:
	default:
		close(g)
	}
}

// serve answers GET /events?token=T[&kind=K][&count=N][&timeout=MS]: all events of the
// token, once N events of kind K are there or the time is up.
func (l *eventLog) serve(w http.ResponseWriter, r *http.Request) {
	q, no := refused(w, r, "token=text! kind=|"+strings.Join(eventKinds(), "|")+" count=number timeout=number")
	if no {
		return
	}
	token, kind := q.Get("token"), q.Get("kind")
	count, _ := strconv.Atoi(q.Get("count")) // checked, or not there
	timeout, _ := strconv.Atoi(q.Get("timeout"))
	limit := time.NewTimer(time.Duration(timeout) * time.Millisecond)
	defer limit.Stop()
	for {
		events, changed := l.snapshot(token)
		if countKind(events, kind) >= count {
			writeJSON(w, events)
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			writeJSON(w, events)
			return
		case <-r.Context().Done():
			return
		case <-l.over:
			return
		}
	}
}

func (l *eventLog) snapshot(token string) ([]Event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.token(token)
	return t.events[:len(t.events):len(t.events)], t.changed
}

// serveRelease answers GET /release?token=T&gate=G.
func (l *eventLog) serveRelease(w http.ResponseWriter, r *http.Request) {
	q, no := refused(w, r, "token=text! gate=text!")
	if no {
		return
	}
	l.release(q.Get("token"), q.Get("gate"))
	writeJSON(w, true)
}

func countKind(events []Event, kind string) int {
	n := 0
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
