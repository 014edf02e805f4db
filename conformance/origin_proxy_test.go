// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package conformance

import (
	"bufio"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// dialProxy connects to a proxy and sends it a text.
func dialProxy(t *testing.T, address, text string) *bufio.Reader {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(c)
}

func TestProxyRefuses(t *testing.T) {
	o, err := StartOrigin()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	port := o.addrs.Main[strings.LastIndex(o.addrs.Main, ":"):]
	credentials := "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(proxyUser+":"+proxyPassword)) + "\r\n"
	for what, c := range map[string]struct {
		to, head string
		want     int
	}{
		"another host":           {o.addrs.Proxy, "CONNECT 127.0.0.1" + port + " HTTP/1.1\r\nHost: a\r\n", 502},
		"a port that is closed":  {o.addrs.Proxy, "CONNECT a" + proxyZone + strings.TrimPrefix(o.addrs.Dead, "http://127.0.0.1") + " HTTP/1.1\r\nHost: a\r\n", 502},
		"no port":                {o.addrs.Proxy, "CONNECT a" + proxyZone + " HTTP/1.1\r\nHost: a\r\n", 502},
		"forward, another host":  {o.addrs.Proxy, "GET http://127.0.0.1" + port + "/ HTTP/1.1\r\nHost: a\r\n", 502},
		"not for a proxy":        {o.addrs.Proxy, "GET / HTTP/1.1\r\nHost: 127.0.0.1" + port + "\r\n", 502},
		"no credentials":         {o.addrs.ProxyAuth, "CONNECT a" + proxyZone + port + " HTTP/1.1\r\nHost: a\r\n", 407},
		"another scheme of them": {o.addrs.ProxyAuth, "CONNECT a" + proxyZone + port + " HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Bearer a\r\n", 407},
		"credentials":            {o.addrs.ProxyAuth, "CONNECT a" + proxyZone + port + " HTTP/1.1\r\nHost: a\r\n" + credentials, 200},
	} {
		resp, err := http.ReadResponse(dialProxy(t, c.to, c.head+"\r\n"), &http.Request{Method: http.MethodConnect})
		if err != nil || resp.StatusCode != c.want {
			t.Errorf("%s: got %+v, %v, want %d", what, resp, err, c.want)
		}
	}
	for what, c := range map[string]struct{ to, text, want string }{
		"by address":      {o.addrs.Proxy, "\x05\x01\x00" + "\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x00" + "\x05\x08\x00\x01\x00\x00\x00\x00\x00\x00"},
		"to bind":         {o.addrs.Proxy, "\x05\x01\x00" + "\x05\x02\x00\x03\x01a\x00\x50", "\x05\x00" + "\x05\x08\x00\x01\x00\x00\x00\x00\x00\x00"},
		"another host":    {o.addrs.Proxy, "\x05\x01\x00" + "\x05\x01\x00\x03\x01a\x00\x50", "\x05\x00" + "\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"},
		"no credentials":  {o.addrs.ProxyAuth, "\x05\x01\x00", "\x05\xff"},
		"other ones":      {o.addrs.ProxyAuth, "\x05\x01\x02" + "\x01\x01a\x01b", "\x05\x02" + "\x01\x01"},
		"half a greeting": {o.addrs.Proxy, "\x05\x00", "\x05\x00"},
	} {
		got := make([]byte, len(c.want))
		if _, err := io.ReadFull(dialProxy(t, c.to, c.text), got); err != nil || string(got) != c.want {
			t.Errorf("SOCKS5 %s: got %q, %v, want %q", what, got, err, c.want)
		}
	}
}

// An origin that is closed leaves nothing behind: not even a tunnel that both sides still hold.
func TestProxyCloses(t *testing.T) {
	o, err := StartOrigin()
	if err != nil {
		t.Fatal(err)
	}
	r := dialProxy(t, o.addrs.Proxy, "CONNECT a"+proxyZone+strings.TrimPrefix(o.addrs.Silent, "http://127.0.0.1")+" HTTP/1.1\r\nHost: a\r\n\r\n")
	if resp, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect}); err != nil || resp.StatusCode != 200 {
		t.Fatalf("got %+v, %v", resp, err)
	}
	o.Close() // waits for all that it has started
	if n, err := r.Read(make([]byte, 1)); err == nil {
		t.Errorf("after Close the tunnel gives %d bytes", n)
	}
}
