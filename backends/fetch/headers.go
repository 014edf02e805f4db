// SPDX-License-Identifier: MIT

package fetch

import (
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
)

// appendHeaders appends h as the JSON form of a Headers initializer: a list of pairs, so
// that several values of a field are all sent. Bytes are kept as they are.
func appendHeaders(dst []byte, h http.Header) []byte {
	dst = append(dst, '[')
	first := true
	for name, values := range h {
		for _, value := range values {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(dst, '[')
			dst = jsfetch.AppendBytes(dst, name)
			dst = append(dst, ',')
			dst = jsfetch.AppendBytes(dst, value)
			dst = append(dst, ']')
		}
	}
	return append(dst, ']')
}

// parseHeaders reads lines of name, comma, value. A name cannot have a comma in it and a
// value no line feed. Several lines of one name are several values, in their order.
func parseHeaders(lines string) http.Header {
	h := make(http.Header, strings.Count(lines, "\n")+1)
	for line := range strings.SplitSeq(lines, "\n") {
		name, value, ok := strings.Cut(line, ",")
		if !ok || name == "" {
			continue
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		h[name] = append(h[name], jsfetch.Bytes(value))
	}
	return h
}

// setHop sets what the fields of the connection say, where the platform shows them, as
// net/http does.
func setHop(resp *http.Response) {
	for _, value := range resp.Header["Connection"] {
		for part := range strings.SplitSeq(value, ",") {
			resp.Close = resp.Close || strings.EqualFold(strings.Trim(part, " \t"), "close")
		}
	}
	for _, value := range resp.Header["Transfer-Encoding"] {
		for part := range strings.SplitSeq(value, ",") {
			resp.TransferEncoding = append(resp.TransferEncoding, strings.ToLower(strings.Trim(part, " \t")))
		}
	}
}

// contentLength returns what the Content-Length field says, -1 if nothing.
func contentLength(h http.Header) int64 {
	length := int64(-1)
	for _, value := range h["Content-Length"] {
		// Repeated fields arrive as one value.
		for part := range strings.SplitSeq(value, ",") {
			n, err := strconv.ParseUint(strings.Trim(part, " \t"), 10, 63)
			if err != nil || (length >= 0 && length != int64(n)) {
				return -1
			}
			length = int64(n)
		}
	}
	return length
}

// codings returns the content codings of h, outermost last, and whether fetch knows all of
// them. A platform decodes all or none. If there is an element beside them that is no coding, odd is
// true: some engines take that for a coding which they do not know.
func codings(h http.Header) (list []string, known, odd bool) {
	known = true
	for _, value := range h["Content-Encoding"] {
		for part := range strings.SplitSeq(value, ",") {
			coding := strings.ToLower(strings.Trim(part, " \t"))
			switch coding {
			case "", "identity":
				odd = true
				continue
			case "gzip", "x-gzip", "deflate", "br", "zstd":
			default:
				known = false
			}
			list = append(list, coding)
		}
	}
	return list, known && len(list) > 0, odd
}

// zstdMagic is how every Zstandard frame begins, the gzip one its counterpart.
const (
	zstdMagic = "\x28\xb5\x2f\xfd"
	gzipMagic = "\x1f\x8b"
)

// stillEncoded reports whether a body that begins with start has the outermost of its
// codings still on it.
func stillEncoded(list []string, start []byte) bool {
	magic := magicOf(list[len(list)-1])
	return magic != "" && strings.HasPrefix(string(start), magic)
}

// magicOf returns how everything begins that has a coding on it, or "" if there is no such thing.
func magicOf(coding string) string {
	switch coding {
	case "zstd":
		return zstdMagic
	case "gzip", "x-gzip":
		return gzipMagic
	}
	return ""
}

// pathSyntax is what begins a fragment, and what the parser takes for a slash.
const pathSyntax = `#\`

// target returns the URL that fetch is given: without userinfo, which it refuses, and
// without a fragment. What the URL parser of the platform would take for syntax is
// escaped, so that the path and the query arrive as Go means them.
func target(u *url.URL) string {
	var b strings.Builder
	b.WriteString(u.Scheme)
	b.WriteString("://")
	b.WriteString(u.Host)
	path := u.EscapedPath()
	if u.Opaque != "" {
		path = withoutAuthority(u.Opaque)
	}
	if path != "" && path[0] != '/' {
		b.WriteByte('/')
	}
	b.WriteString(escapeTarget(path, pathSyntax))
	if u.ForceQuery || u.RawQuery != "" {
		b.WriteByte('?')
		b.WriteString(escapeTarget(u.RawQuery, "#"))
	}
	return b.String()
}

// withoutAuthority returns an opaque URL from its path on. What it may have before that, after
// two slashes, only says in a request line where the request goes: it goes to URL.Host, and so do
// its credentials.
func withoutAuthority(opaque string) string {
	rest, ok := strings.CutPrefix(opaque, "//")
	if !ok {
		return opaque
	}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		return rest[i:]
	}
	return ""
}

// escapeTarget escapes the bytes of s that the platform's URL parser would drop (controls),
// trim (space), or take for syntax (those in special).
func escapeTarget(s, special string) string {
	escape := func(c byte) bool { return c <= ' ' || c == 0x7F || strings.IndexByte(special, c) >= 0 }
	for i := range len(s) {
		if !escape(s[i]) {
			continue
		}
		b := append(make([]byte, 0, len(s)+8), s[:i]...)
		for j := i; j < len(s); j++ {
			if c := s[j]; escape(c) {
				b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
			} else {
				b = append(b, c)
			}
		}
		return string(b)
	}
	return s
}
