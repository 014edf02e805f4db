// SPDX-License-Identifier: MIT

package transport

import (
	"net/netip"
	"net/url"
	"strings"
)

// The classes that a byte can belong to.
const (
	inToken uint8 = 1 << iota // of a method or field name (RFC 9110 section 5.6.2)
	inValue                   // of a field value, as net/http accepts it: no control character but the tab
	inHost                    // of the name of a host; names beyond ASCII are the platform's business
	inQuery                   // of a query: what would end the request line or a field is not
	isSpace                   // which a query may have until it is sent
	inLower                   // a letter
	inUpper
	isColon // which ends the name, or is part of an IPv6 address
)

// classes has the classes of every byte. Every request is looked at byte by byte.
var classes = func() (table [256]uint8) {
	for i := range table {
		c := byte(i)
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c != 0 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0 {
			table[i] |= inToken
		}
		if c >= ' ' && c != 0x7f || c == '\t' {
			table[i] |= inValue
		}
		switch {
		case c == ' ':
			table[i] |= isSpace
		case c == ':':
			table[i] |= isColon
		case 'a' <= c && c <= 'z':
			table[i] |= inLower
		case 'A' <= c && c <= 'Z':
			table[i] |= inUpper
		}
		if c > ' ' && c != 0x7f {
			table[i] |= inQuery
			if strings.IndexByte(`"#/:<>?@[\]^{|}`+"`", c) < 0 {
				table[i] |= inHost
			}
		}
	}
	return table
}()

// allIn reports whether every byte of s is in a class, or in one of several.
func allIn(s string, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

func isToken(s string) bool { return s != "" && allIn(s, inToken) }

func validValue(s string) bool { return allIn(s, inValue) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// validHost reports whether s is a host with an optional port that can stand in a
// request without changing its meaning.
func validHost(s string) bool {
	if s != "" && s[0] == '[' { // an IPv6 address, whose colons are not a port's
		end := strings.IndexByte(s, ']')
		return end > 0 && isIPv6(s[1:end]) && (end == len(s)-1 || s[end+1] == ':' && validPort(s[end+2:]))
	}
	for i := range len(s) {
		if classes[s[i]]&inHost == 0 {
			return s[i] == ':' && validPort(s[i+1:])
		}
	}
	return true
}

func isIPv6(s string) bool {
	addr, err := netip.ParseAddr(s) // takes anything for a zone
	return err == nil && addr.Is6() && allIn(s, inHost|isColon)
}

// validPort reports whether s is the number of a port, or nothing, which is the default.
func validPort(s string) bool {
	n := 0
	for i := range len(s) {
		digit := s[i] - '0'
		if digit > 9 {
			return false
		}
		if n = n*10 + int(digit); n > 65535 {
			return false
		}
	}
	return true
}

// sameAuthority reports whether an Opaque that has an authority ("//host/path") has that of the
// URL. Platforms differ about which of two they ask, and the request has credentials.
func sameAuthority(u *url.URL) bool {
	rest, ok := strings.CutPrefix(u.Opaque, "//")
	if !ok {
		return true
	}
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return strings.EqualFold(rest, u.Host)
}

// validTarget reports whether path and query of u can stand in a request line. The query
// is sent as it is, but for its spaces.
func validTarget(u *url.URL) bool {
	return allIn(u.RawQuery, inQuery|isSpace) && allIn(u.Opaque, inQuery)
}
