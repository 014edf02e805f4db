// SPDX-License-Identifier: MIT

package conformance

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// What the proxy that asks for credentials takes.
const (
	proxyUser     = "proxyuser"
	proxyPassword = "proxypassword"
)

// proxyZone is the domain of the names that a proxy knows: TOKEN.proxy.test is the origin.
// Nobody else knows it, so a request that arrives has come through a proxy, and the token
// is where the proxy can log it, though it sees no more than the name.
const proxyZone = ".proxy.test"

// proxy is a listener that forwards requests of HTTP, and connects by CONNECT and SOCKS5, to
// ports of loopback.
type proxy struct {
	log         *eventLog
	credentials bool // it asks for them
	listener    net.Listener
	wg          sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool // open ones; nil once closed
}

func newProxy(l net.Listener, log *eventLog, credentials bool) *proxy {
	return &proxy{log: log, credentials: credentials, listener: l, conns: make(map[net.Conn]bool)}
}

// serve serves until close.
func (p *proxy) serve() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			break
		}
		if p.keep(c) {
			p.wg.Go(func() {
				defer p.drop(c)
				p.handle(c)
			})
		}
	}
	p.wg.Wait()
}

func (p *proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

// keep takes note of a connection, and closes it if the proxy is closed.
func (p *proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// proxyUse is the data of EventProxy.
type proxyUse struct {
	How     string `json:"how"`            // "forward", "connect" or "socks5"
	User    string `json:"user,omitempty"` // whose credentials it was given
	Refused bool   `json:"refused"`        // they were missing or wrong
}

// note logs that the proxy was asked for a target, and reports whether it may be used.
func (p *proxy) note(how, target, user, password string) bool {
	use := proxyUse{how, user, p.credentials && (user != proxyUser || password != proxyPassword)}
	host, _, _ := net.SplitHostPort(target)
	if token, ok := strings.CutSuffix(strings.ToLower(host), proxyZone); ok {
		p.log.add(strings.ToUpper(token), EventProxy, 0, use)
	}
	return !use.Refused
}

// dial connects to the port of a target in the proxy's zone.
func (p *proxy) dial(target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(strings.ToLower(host), proxyZone) {
		return nil, errors.New("not in the proxy's zone")
	}
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	if err == nil && !p.keep(c) {
		err = net.ErrClosed
	}
	return c, err
}

func (p *proxy) handle(c net.Conn) {
	r := bufio.NewReader(c)
	first, err := r.Peek(1)
	if err != nil {
		return
	}
	if first[0] == socksVersion {
		p.socks(c, r)
		return
	}
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	user, password, _ := basic(req.Header.Get("Proxy-Authorization"))
	how, target := "forward", req.URL.Host
	if req.Method == http.MethodConnect {
		how, target = "connect", req.Host
	}
	if !p.note(how, target, user, password) {
		io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"suite\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	to, err := p.dial(target)
	if err != nil {
		io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	defer p.drop(to)
	if how == "connect" {
		io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		tunnel(c, r, to)
		return
	}
	req.Header.Del("Proxy-Authorization")
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = []string{""} // else net/http writes its own
	}
	req.Close = true
	if req.Write(to) == nil {
		io.Copy(c, to)
	}
}

// basic takes credentials of the scheme Basic apart.
func basic(field string) (user, password string, ok bool) {
	text, ok := strings.CutPrefix(field, "Basic ")
	if !ok {
		return "", "", false
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(data), ":")
}

// tunnel passes on what comes from either side until both have ended.
func tunnel(c net.Conn, r io.Reader, to net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() {
		io.Copy(to, r)
		to.(*net.TCPConn).CloseWrite()
	})
	io.Copy(c, to)
	c.(*net.TCPConn).CloseWrite()
	wg.Wait()
}

const socksVersion = 5

// socks is the server's side of RFC 1928 and RFC 1929.
func (p *proxy) socks(c net.Conn, r io.Reader) {
	methods, err := counted(r, 1)
	if err != nil {
		return
	}
	user, password := "", ""
	const none, byPassword, noMethod = 0, 2, 0xff
	switch {
	case !p.credentials:
		c.Write([]byte{socksVersion, none})
	case !strings.ContainsRune(methods, byPassword):
		c.Write([]byte{socksVersion, noMethod})
		return
	default:
		c.Write([]byte{socksVersion, byPassword})
		if user, err = counted(r, 1); err != nil {
			return
		}
		if password, err = counted(r, 0); err != nil {
			return
		}
		if user != proxyUser || password != proxyPassword {
			// The name is not known yet, so the refusal goes without an event.
			c.Write([]byte{1, 1})
			return
		}
		c.Write([]byte{1, 0})
	}
	head := make([]byte, 3)
	if _, err := io.ReadFull(r, head); err != nil {
		return
	}
	const byName, connect = 3, 1
	kind := make([]byte, 1)
	if _, err := io.ReadFull(r, kind); err != nil || kind[0] != byName || head[1] != connect {
		c.Write([]byte{socksVersion, 8, 0, 1, 0, 0, 0, 0, 0, 0}) // the proxy knows names only
		return
	}
	name, err := counted(r, 0)
	if err != nil {
		return
	}
	port := make([]byte, 2)
	if _, err := io.ReadFull(r, port); err != nil {
		return
	}
	target := net.JoinHostPort(name, strconv.Itoa(int(port[0])<<8|int(port[1])))
	p.note("socks5", target, user, password)
	to, err := p.dial(target)
	if err != nil {
		c.Write([]byte{socksVersion, 4, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	defer p.drop(to)
	c.Write([]byte{socksVersion, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	tunnel(c, r, to)
}

// counted reads skip bytes, the length of a text, and the text.
func counted(r io.Reader, skip int) (string, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", err
	}
	text := make([]byte, head[skip])
	_, err := io.ReadFull(r, text)
	return string(text), err
}
