// SPDX-License-Identifier: MIT

package transport

import (
	"net/url"
	"strconv"
	"strings"
)

// isToken reports whether s is a token of RFC 9110 section 5.6.2: a method or a field
// name.
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c != 0 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// validValue reports whether s can be a field value as net/http accepts it: no control
// character but the tab.
func validValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

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
// request without changing its meaning. Names beyond ASCII are the platform's business.
func validHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`"#/<>?@\^{|}`+"`", c) >= 0 {
			return false
		}
	}
	rest := s
	if strings.HasPrefix(s, "[") { // an IPv6 literal, whose colons are not a port's
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return false
		}
		rest = s[end+1:]
		if rest != "" && rest[0] != ':' {
			return false
		}
	}
	_, port, found := strings.Cut(rest, ":")
	if !found || port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && port[0] != '+' && n <= 65535
}

// validTarget reports whether path and query of u can stand in a request line. The query
// is sent as it is.
func validTarget(u *url.URL) bool {
	for _, s := range [...]string{u.RawQuery, u.Opaque} {
		for i := range len(s) {
			if c := s[i]; c <= ' ' || c == 0x7f {
				return false
			}
		}
	}
	return true
}
