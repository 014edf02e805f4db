// SPDX-License-Identifier: MIT

package conformance

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// recordingListener gives connections that remember what came in on them, because net/http
// hands a request head on only after it has parsed, cleaned and reordered it.
type recordingListener struct{ net.Listener }

func (l recordingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &recordingConn{Conn: c}, nil
}

// maxRecorded bounds what a connection remembers. It is more than any request head of the
// suite; older bytes are those of bodies.
const maxRecorded = 256 << 10

type recordingConn struct {
	net.Conn

	mu     sync.Mutex
	recent []byte
}

func (c *recordingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.mu.Lock()
		c.recent = append(c.recent, p[:n]...)
		if len(c.recent) > 2*maxRecorded {
			c.recent = append(c.recent[:0], c.recent[len(c.recent)-maxRecorded:]...)
		}
		c.mu.Unlock()
	}
	return n, err
}

// CloseWrite sends a FIN and leaves the other direction open.
func (c *recordingConn) CloseWrite() error {
	return c.Conn.(*net.TCPConn).CloseWrite()
}

// SetLinger is the TCP connection's. Zero makes Close send a RST.
func (c *recordingConn) SetLinger(sec int) error {
	return c.Conn.(*net.TCPConn).SetLinger(sec)
}

// head returns the request head that starts with the given request line, and forgets all up
// to its end. Tokens are random, so a body does not look like one.
func (c *recordingConn) head(line string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	start := bytes.LastIndex(c.recent, []byte(line))
	if start < 0 {
		return nil
	}
	end := bytes.Index(c.recent[start:], []byte("\r\n\r\n"))
	if end < 0 {
		return nil
	}
	head := bytes.Clone(c.recent[start : start+end])
	c.recent = append(c.recent[:0], c.recent[start+end+4:]...)
	return head
}

type connKey struct{}

// connInfo is what an exchange knows of its connection.
type connInfo struct {
	id  int64
	raw *recordingConn // nil for TLS
}

// connIDs numbers the connections of all origins of the process.
var connIDs atomic.Int64

func withConn(ctx context.Context, c net.Conn) context.Context {
	raw, _ := c.(*recordingConn)
	return context.WithValue(ctx, connKey{}, connInfo{id: connIDs.Add(1), raw: raw})
}

// headLines returns the lines of the head of the exchange's request as they came in, each
// byte as one character; nil where they are not known.
func headLines(ctx context.Context, line string) []string {
	info, _ := ctx.Value(connKey{}).(connInfo)
	if info.raw == nil {
		return nil
	}
	var lines []string
	for l := range bytes.SplitSeq(info.raw.head(line), []byte("\r\n")) {
		text := make([]rune, len(l))
		for i, b := range l {
			text[i] = rune(b)
		}
		lines = append(lines, string(text))
	}
	return lines
}
