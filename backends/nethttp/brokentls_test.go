// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// spoiler is a connection whose incoming bytes are changed from the moment that spoil is set.
type spoiler struct {
	net.Conn
	spoil *atomic.Pointer[func([]byte)]
}

func (s spoiler) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if f := s.spoil.Load(); f != nil && n > 0 {
		(*f)(p[:n])
	}
	return n, err
}

// TestBrokenTLSInBody: a body that a failure of TLS ends has ended too early, as by any failure of
// the connection, and may be asked for again.
func TestBrokenTLSInBody(t *testing.T) {
	for name, c := range map[string]struct {
		spoil   func([]byte) // what comes from the server
		garbage string       // is sent to the server, which answers with an alert
		op      string       // of the net.OpError, if there is one
	}{
		"bad record": {spoil: func(p []byte) { p[len(p)-1] ^= 1 }, op: "local error"},
		"bad header": {spoil: func(p []byte) { p[1] = 9 }},
		"alert":      {garbage: "\x17\x03\x03\x00\x14aaaabbbbccccddddeeee", op: "remote error"},
	} {
		for _, h2 := range []bool{false, true} {
			t.Run(name+map[bool]string{false: ", HTTP/1.1", true: ", HTTP/2"}[h2], func(t *testing.T) {
				read := make(chan struct{})
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Length", "9")
					io.WriteString(w, "abc")
					w.(http.Flusher).Flush()
					<-read
					if c.garbage != "" {
						<-r.Context().Done()
						return
					}
					io.WriteString(w, "defghi")
				}))
				server.EnableHTTP2, server.Config.ErrorLog = h2, discardLog()
				server.StartTLS()
				defer server.Close()
				roots := x509.NewCertPool()
				roots.AddCert(server.Certificate())
				var spoil atomic.Pointer[func([]byte)]
				var raw net.Conn
				base := &http.Transport{ForceAttemptHTTP2: h2, TLSClientConfig: &tls.Config{RootCAs: roots},
					DialContext: func(ctx context.Context, network, address string) (_ net.Conn, err error) {
						raw, err = new(net.Dialer).DialContext(ctx, network, address)
						return spoiler{raw, &spoil}, err
					}}
				resp, err := withBase(t, base, nil).RoundTrip(get(t, t.Context(), server.URL))
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if _, err := io.ReadFull(resp.Body, make([]byte, 3)); err != nil || (resp.ProtoMajor == 2) != h2 {
					t.Fatalf("%s, %v", resp.Proto, err)
				}
				if c.spoil != nil {
					spoil.Store(&c.spoil)
				} else if _, err := io.WriteString(raw, c.garbage); err != nil {
					t.Fatal(err)
				}
				close(read)
				_, err = io.ReadAll(resp.Body)
				var e *driver.Error
				if !errors.As(err, &e) || e.Op != driver.OpRead || e.Kind != driver.KindNetwork || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("got %v", err)
				}
				var final interface{ NonRetriable() }
				if errors.As(err, &final) {
					t.Errorf("%v is final", err)
				}
				var op *net.OpError
				if errors.As(err, &op); c.op != "" && (op == nil || op.Op != c.op) {
					t.Errorf("%v is not by a %s", err, c.op)
				}
			})
		}
	}
}

// TestLateAlert: in TLS 1.3 the handshake is over for a client before the server has looked at its
// certificate. What the server says of that comes in place of the response.
func TestLateAlert(t *testing.T) {
	trusted := httptest.NewTLSServer(nil)
	defer trusted.Close()
	roots := x509.NewCertPool()
	roots.AddCert(trusted.Certificate())
	addr := serveConns(t, func(c *net.TCPConn) {
		tls.Server(c, &tls.Config{Certificates: trusted.TLS.Certificates, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}).Handshake()
		io.Copy(io.Discard, c) // until the client has gone: closing now could reset the connection
	})
	tr := newTransport(t, &transport.Options{TLSClientConfig: &tls.Config{RootCAs: roots}})
	_, err := tr.RoundTrip(get(t, t.Context(), "https://"+addr))
	var e *driver.Error
	var op *net.OpError
	if !errors.As(err, &e) || e.Op != driver.OpSend || e.Kind != driver.KindTLS || !errors.As(err, &op) || op.Op != "remote error" {
		t.Errorf("got %v", err)
	}
}
