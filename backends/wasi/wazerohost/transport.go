// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// newTransport makes the Host's own RoundTripper. It looks at every address that it is
// about to connect to, after the name has been resolved and before a packet is sent.
func newTransport(gs grants, headerBytes int64) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, portText, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, err
			}
			port, err := net.LookupPort(network, portText)
			if err != nil {
				return nil, err
			}
			d := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
			d.Control = func(_, address string, _ syscall.RawConn) error {
				ap, err := netip.ParseAddrPort(address)
				if err != nil || !gs.allowAddr(host, ap.Addr(), port) {
					return &codeError{code: codeIPProhibited}
				}
				return nil
			}
			return d.DialContext(ctx, network, addr)
		},
		DisableCompression:     true, // guests see what the server sent
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		MaxResponseHeaderBytes: headerBytes,
		ReadBufferSize:         16 << 10,
	}
}
