// SPDX-License-Identifier: MIT

package killable

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
)

// gate is an address that stays, in front of a server whose address changes. While the gate
// is shut nobody listens there.
type gate struct {
	address string

	mu       sync.Mutex
	listener net.Listener // nil while it is shut
	target   string
	conns    map[net.Conn]bool
	wg       sync.WaitGroup
}

// newGate returns a gate that is shut.
func newGate() (*gate, error) {
	// Below the ports that systems hand out by themselves, so that nobody gets this one
	// while the gate is shut.
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_240+rand.IntN(22_000))
		l, err := net.Listen("tcp", address)
		if err == nil {
			return &gate{address: address, conns: make(map[net.Conn]bool)}, l.Close()
		}
	}
	return nil, errors.New("no free port")
}

// open lets connections through to the server at an endpoint's host.
func (g *gate) open(endpoint string) error {
	l, err := net.Listen("tcp", g.address)
	if err != nil {
		return err
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(endpoint, "http://"), "/")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.listener, g.target = l, host
	g.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			g.wg.Go(func() { g.carry(c, host) })
		}
	})
	return nil
}

// endpoint is the endpoint as seen through the gate.
func (g *gate) endpoint(behind string) string {
	_, path, _ := strings.Cut(strings.TrimPrefix(behind, "http://"), "/")
	return "http://" + g.address + "/" + path
}

// carry copies both ways until one of them ends.
func (g *gate) carry(client net.Conn, target string) {
	server, err := net.Dial("tcp", target)
	if err != nil {
		reset(client)
		return
	}
	if !g.keep(client, server) {
		return
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			io.Copy(way[0], way[1])
			way[0].Close()
			way[1].Close()
		})
	}
	both.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, client)
	delete(g.conns, server)
}

// keep takes note of connections, and reports whether the gate is open.
func (g *gate) keep(conns ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range conns {
		if g.listener == nil {
			reset(c)
			continue
		}
		g.conns[c] = true
	}
	return g.listener != nil
}

// shut ends all connections as the death of a process does, and refuses new ones.
func (g *gate) shut() {
	g.mu.Lock()
	if g.listener != nil {
		g.listener.Close()
		g.listener = nil
	}
	for c := range g.conns {
		reset(c)
	}
	g.mu.Unlock()
	g.wg.Wait()
}

// reset closes a connection without a good-bye.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}
