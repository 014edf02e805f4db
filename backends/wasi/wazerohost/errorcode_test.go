// SPDX-License-Identifier: MIT

package wazerohost

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// rawServer answers each connection with bytes of its own.
func rawServer(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, answer)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestErrorCodes(t *testing.T) {
	srv := newServer(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	dead := rawServer(t, "")
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name, url string
		want      code
	}{
		{"refused", "http://127.0.0.1:1", codeConnectionRefused},
		{"no answer", dead, codeConnectionTerminated},
		{"garbage", rawServer(t, "what?\r\n\r\n"), codeProtocol},
		{"bad field", rawServer(t, ok+"no colon\r\n\r\n"), codeProtocol},
		{"upgrade", rawServer(t, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), codeUpgradeFailed},
		{"large header", rawServer(t, ok+"X: "+strings.Repeat("x", 2<<20)+"\r\n\r\n"), codeResponseHeaderSize},
		{"plain port", "https://" + strings.TrimPrefix(srv.URL, "http://"), codeTLSProtocol},
		{"certificate", secure.URL, codeTLSCertificate},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(t, nil)
			f, got, _ := s.send(message{}.to(c.url))
			if f != 0 {
				_, got = s.answer(f)
			}
			if got != c.want {
				t.Errorf("error-code %d, want %d", got, c.want)
			}
			s.wantNoHandles()
		})
	}
	for name, body := range map[string]string{
		"length": ok + "Content-Length: 1000\r\n\r\nabc",
		"chunks": ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	} {
		t.Run("truncated "+name, func(t *testing.T) {
			s := newScript(t, nil)
			if data, c := s.readAll(s.response(message{}.to(rawServer(t, body)))); data != "abc" || c != codeResponseIncomplete {
				t.Errorf("%q, error-code %d", data, c)
			}
			s.wantNoHandles()
		})
	}
}

// TestClassify has what a test cannot provoke on a loopback connection.
func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want code
	}{
		{&net.DNSError{IsTimeout: true}, codeDNSTimeout},
		{&net.DNSError{}, codeDNSError},
		{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, codeConnectionTimeout},
		{fmt.Errorf("remote error: %w", tls.AlertError(40)), codeTLSAlert},
		{errors.New("net/http: TLS handshake timeout"), codeConnectionTimeout},
		{errors.New("http2: something"), codeProtocol},
		{errors.New("else"), codeInternal},
		{io.ErrUnexpectedEOF, codeConnectionTerminated},
		{context.DeadlineExceeded, codeConnectionReadTimeout},
	} {
		if got := classify(c.err, nil); got.code != c.want {
			t.Errorf("%v: error-code %d, want %d", c.err, got.code, c.want)
		}
	}
}
