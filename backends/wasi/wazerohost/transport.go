// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	dialTimeout = 30 * time.Second
	tlsTimeout  = 15 * time.Second
)

// newTransport makes the Host's own RoundTripper. It looks at every address that it is
// about to connect to, after the name has been resolved and before a packet is sent.
func newTransport(gs grants, headerBytes int64, config *tls.Config) *http.Transport {
	if config == nil {
		config = &tls.Config{}
	}
	d := dialer{gs, config.Clone()}
	return &http.Transport{
		DialContext:            d.dial,
		DialTLSContext:         d.dialTLS,
		DisableCompression:     true, // guests see what the server sent
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: headerBytes,
		ReadBufferSize:         16 << 10,
	}
}

type dialer struct {
	grants grants
	tls    *tls.Config // not written to
}

// whileWanted returns a context that ends with the exchange that asked for a connection.
// net/http goes on dialing for a request that was canceled; a guest that asks and cancels
// again and again would keep any number of connections in the making.
func whileWanted(ctx context.Context, limit time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(x.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// net/http calls dial for http and dialTLS for https, as there is no proxy.
func (d dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.dialScheme(ctx, "http", network, addr)
}

func (d dialer) dialScheme(ctx context.Context, scheme, network, addr string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := net.LookupPort(network, portText)
	if err != nil {
		return nil, err
	}
	ctx, done := whileWanted(ctx, dialTimeout)
	defer done()
	nd := net.Dialer{KeepAlive: 30 * time.Second}
	nd.Control = func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !d.grants.allowAddr(scheme, host, port, ap.Addr()) {
			return &codeError{code: codeIPProhibited}
		}
		return nil
	}
	return nd.DialContext(ctx, network, addr)
}

func (d dialer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.dialScheme(ctx, "https", network, addr)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(addr)
	ctx, done := whileWanted(ctx, tlsTimeout)
	defer done()
	config := d.tls.Clone()
	config.ServerName, config.NextProtos = host, []string{"h2", "http/1.1"}
	tc := tls.Client(conn, config)
	if err := tc.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return tc, nil
}
