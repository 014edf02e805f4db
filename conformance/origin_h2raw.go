// SPDX-License-Identifier: MIT

package conformance

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// rawHTTP2 serves HTTP/2 over TLS by frames of its own. net/http's server neither sends a
// wrong one nor chooses when a stream ends. It stands here and not with the runner, because
// the native profile has no runner; it needs the standard library only.
type rawHTTP2 struct {
	origin *Origin
	net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool
	over  bool
}

func newRawHTTP2(o *Origin, l net.Listener, cert certificate) *rawHTTP2 {
	return &rawHTTP2{origin: o, Listener: tls.NewListener(l, serverTLS(cert, func(c *tls.Config) { c.NextProtos = []string{"h2"} })), conns: make(map[net.Conn]bool)}
}

// serve accepts connections until the listener is closed.
func (s *rawHTTP2) serve() {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		over := s.over
		s.conns[conn] = true
		s.mu.Unlock()
		if over {
			conn.Close()
		}
		wg.Go(func() {
			c := &rawConn{origin: s.origin, conn: conn, id: connIDs.Add(1), headers: newHpackDecoder(), streams: make(map[uint32]*rawStream)}
			c.serve()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

// Close ends all connections and stops listening.
func (s *rawHTTP2) Close() error {
	s.mu.Lock()
	s.over = true
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	return s.Listener.Close()
}

// rawConn is a connection. Its frames are read by one goroutine; each stream has one more.
type rawConn struct {
	origin  *Origin
	conn    net.Conn
	id      int64
	headers *hpackDecoder
	streams map[uint32]*rawStream // for the reading goroutine
	wg      sync.WaitGroup
	write   sync.Mutex
}

// rawStream is a request that is being answered.
type rawStream struct {
	conn  *rawConn
	id    uint32
	token string
	query url.Values
	cors  []hpackField
	gone  chan struct{} // closed when the client has reset the stream or the connection is over
}

// send writes frames in one piece.
func (c *rawConn) send(frames ...frame) error {
	var p []byte
	for _, f := range frames {
		p = f.append(p)
	}
	c.write.Lock()
	defer c.write.Unlock()
	_, err := c.conn.Write(p)
	return err
}

func (c *rawConn) serve() {
	defer c.wg.Wait()
	defer c.conn.Close()
	defer func() {
		for _, s := range c.streams {
			close(s.gone)
		}
	}()
	r := bufio.NewReader(c.conn)
	hello := make([]byte, len(preface))
	if _, err := io.ReadFull(r, hello); err != nil || string(hello) != preface {
		return
	}
	if c.send(frame{kind: frameSettings}) != nil {
		return
	}
	for {
		f, err := readFrame(r)
		if err != nil || c.handle(r, f) != nil {
			return
		}
	}
}

// handle does what a frame asks for.
func (c *rawConn) handle(r io.Reader, f frame) error {
	switch {
	case (f.kind == frameSettings || f.kind == framePing) && f.flags&flagAck == 0:
		answer := frame{kind: f.kind, flags: flagAck}
		if f.kind == framePing {
			answer.payload = f.payload
		}
		return c.send(answer)
	case f.kind == frameHeaders:
		block, err := f.fragment()
		for flags := f.flags; err == nil && flags&flagEndHeaders == 0; {
			var more frame
			if more, err = readFrame(r); err == nil && more.kind != frameContinuation {
				err = errFrame
			}
			block, flags = append(bytes.Clone(block), more.payload...), more.flags
		}
		if err != nil {
			return err
		}
		fields, err := c.headers.decode(block)
		if err != nil {
			return err
		}
		c.open(f.stream, fields)
	case f.kind == frameReset:
		if s := c.streams[f.stream]; s != nil {
			close(s.gone)
			delete(c.streams, f.stream)
		}
	}
	return nil
}

// open starts to answer a request.
func (c *rawConn) open(id uint32, fields []hpackField) {
	if c.streams[id] != nil {
		return // the trailer
	}
	s := &rawStream{conn: c, id: id, gone: make(chan struct{})}
	c.streams[id] = s
	seen := Echo{Proto: "HTTP/2.0", Header: make(map[string][]string), Conn: c.id}
	if state, ok := c.conn.(*tls.Conn); ok {
		seen.TLS = tls.VersionName(state.ConnectionState().Version)
	}
	for _, f := range fields {
		switch f.name {
		case ":method":
			seen.Method = f.value
		case ":path":
			seen.Target = f.value
		case ":authority":
			seen.Host = f.value
		case ":scheme":
		default:
			name := http.CanonicalHeaderKey(f.name)
			seen.Header[name] = append(seen.Header[name], f.value)
		}
	}
	if from := seen.Header["Origin"]; len(from) > 0 {
		s.cors = []hpackField{{"access-control-allow-origin", from[0]}, {"access-control-expose-headers", "*"}}
	}
	u, err := url.ParseRequestURI(seen.Target)
	if err != nil {
		c.send(resetFrame(id, 1))
		return
	}
	token, name, _ := strings.Cut(strings.TrimPrefix(u.Path, "/t/"), "/")
	s.token = token
	answer, ok := rawAnswers()[name]
	if !ok {
		err = errors.New("no such scenario")
	} else {
		s.query, err = parseQuery(u.RawQuery, answer.params)
	}
	if err != nil {
		c.send(s.head(http.StatusBadRequest, -1), dataFrame(id, err.Error(), true))
		return
	}
	c.origin.log.add(token, EventRequest, 1, seen)
	c.wg.Go(func() {
		defer c.origin.log.add(token, EventDone, -1, nil)
		answer.run(s)
	})
}

// rawScenario is scenario for this listener.
type rawScenario struct {
	run    func(*rawStream)
	params string
}

// rawAnswers is what /t/TOKEN/NAME does on this listener.
func rawAnswers() map[string]rawScenario {
	return map[string]rawScenario{
		"plain":  {(*rawStream).plain, ""},
		"gate":   {(*rawStream).gate, "gate=text!"},
		"reset":  {(*rawStream).reset, "code=number gate=text!"},
		"goaway": {(*rawStream).goAway, ""},
		"length": {(*rawStream).length, "declared=number sent=size"},
		"refuse": {(*rawStream).refuse, ""},
	}
}

// head is the response's header, with a length or, if it is negative, without.
func (s *rawStream) head(code, length int) frame {
	fields := append([]hpackField{{":status", strconv.Itoa(code)}, {"content-type", "application/octet-stream"}}, s.cors...)
	if length >= 0 {
		fields = append(fields, hpackField{"content-length", strconv.Itoa(length)})
	}
	return frame{kind: frameHeaders, flags: flagEndHeaders, stream: s.id, payload: hpackEncode(fields...)}
}

func (s *rawStream) number(name string, def int) int {
	if n, err := strconv.Atoi(s.query.Get(name)); err == nil && n >= 0 {
		return n
	}
	return def
}

// wait waits for the gate ?gate=NAME. It returns false when the client has gone first.
func (s *rawStream) wait() bool {
	log := s.conn.origin.log
	log.add(s.token, EventGateWait, 0, nil)
	select {
	case <-log.gate(s.token, s.query.Get("gate")):
		return true
	case <-s.gone:
		log.add(s.token, EventGone, 0, nil)
	case <-log.over:
	}
	return false
}

func (s *rawStream) plain() { s.conn.send(s.head(200, 5), dataFrame(s.id, "plain", true)) }

// gate sends 1000 bytes, and 1000 others after the gate.
func (s *rawStream) gate() {
	s.conn.send(s.head(200, 2000), dataFrame(s.id, strings.Repeat("a", 1000), false))
	if s.wait() {
		s.conn.send(dataFrame(s.id, strings.Repeat("b", 1000), true))
	}
}

// reset sends 1000 bytes and, after the gate, RST_STREAM with the code ?code=N.
func (s *rawStream) reset() {
	s.conn.send(s.head(200, -1), dataFrame(s.id, strings.Repeat("c", 1000), false))
	if s.wait() {
		s.conn.send(resetFrame(s.id, uint32(s.number("code", 2))))
	}
}

// goAway sends GOAWAY, and the end of its own answer after that, so that a client that has
// read the answer has seen both.
func (s *rawStream) goAway() {
	s.conn.send(s.head(200, 6), dataFrame(s.id, "goa", false), goAwayFrame(s.id), dataFrame(s.id, "way", true))
}

// length announces ?declared=N bytes and sends ?sent=N.
func (s *rawStream) length() {
	s.conn.send(s.head(200, s.number("declared", 1000)), dataFrame(s.id, strings.Repeat("c", s.number("sent", 100)), true))
}

// refuse answers the token's first request with RST_STREAM of the code REFUSED_STREAM, which
// says that nothing was done with it; the next ones are served.
func (s *rawStream) refuse() {
	if events, _ := s.conn.origin.log.snapshot(s.token); countKind(events, EventRequest) == 1 {
		s.conn.send(resetFrame(s.id, 7))
		return
	}
	s.plain()
}
