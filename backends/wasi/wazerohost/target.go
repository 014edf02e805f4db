// SPDX-License-Identifier: MIT

package wazerohost

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// parsePath takes a path with a query as it is to be on the wire.
func parsePath(path string) (*url.URL, bool) {
	if path == "*" {
		return &url.URL{Path: "*"}, true
	}
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "# ") {
		return nil, false
	}
	for _, c := range []byte(path) {
		if c <= ' ' || c == 0x7f {
			return nil, false
		}
	}
	u, err := url.ParseRequestURI(path)
	if err != nil || u.Scheme != "" || u.Host != "" {
		return nil, false
	}
	return u, true
}

// splitAuthority takes host or host:port, and nothing that two parsers could understand
// in two ways: what is checked against the grants is what will be dialed.
func splitAuthority(authority, scheme string) (host string, port int, ok bool) {
	host, port = authority, defaultPort(scheme)
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		n, err := strconv.ParseUint(authority[i+1:], 10, 16)
		if err != nil || n == 0 {
			return "", 0, false
		}
		host, port = authority[:i], int(n)
	}
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return inner, port, found && err == nil && addr.Is6() && addr.Zone() == ""
	}
	for _, c := range []byte(host) {
		if !(c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
			return "", 0, false
		}
	}
	return host, port, host != ""
}
