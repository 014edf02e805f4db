// SPDX-License-Identifier: MIT

package driver

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// minPiece is the length from which a part of a header, the path or the query is taken for a secret
// by itself. Shorter ones would take words out of the texts that help.
const minPiece = 8

// minSecret is the length from which a secret is one even if it is short, as a password may be.
const minSecret = 3

// Secrets returns what of a request must not be in an error text, longest first, as CleanText wants
// it: path, query, user and header values as they were sent, as a server may have decoded them, and
// the parts that a server takes them to. A backend hides them in what a platform or a server
// has said. Parts of less than 8 bytes count only by themselves: they would take words out of the
// texts that help.
func Secrets(req *http.Request) []string {
	var list secretList
	add := list.add
	addQuery := func(s string, atLeast int) {
		add(s, atLeast)
		// With a plus for a space, and without: both are seen in servers.
		for _, decode := range [...]func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
			if decoded, err := decode(s); err == nil && decoded != s {
				add(decoded, atLeast)
			}
		}
	}
	add(req.URL.RequestURI(), minSecret)
	path := req.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(req.URL.Opaque, "//"); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	} else if req.URL.Opaque != "" {
		path = req.URL.Opaque
	}
	add(path, minSecret)
	if decoded, err := url.PathUnescape(path); err == nil && decoded != path {
		add(decoded, minSecret)
	}
	for segment := range strings.SplitSeq(path, "/") {
		add(segment, minPiece)
		if decoded, err := url.PathUnescape(segment); err == nil && decoded != segment {
			add(decoded, minPiece)
		}
	}
	addQuery(req.URL.RawQuery, minSecret)
	for pair := range strings.SplitSeq(req.URL.RawQuery, "&") {
		name, value, named := strings.Cut(pair, "=")
		if !named {
			value = name
		}
		addQuery(value, minPiece)
	}
	if user := req.URL.User; user != nil {
		password, _ := user.Password()
		add(user.Username(), minPiece)
		add(password, minSecret)
		escapedName, escapedPassword, _ := strings.Cut(user.String(), ":")
		add(escapedName, minPiece)
		add(escapedPassword, minSecret)
	}
	if name, password, ok := req.BasicAuth(); ok {
		add(name, minPiece)
		add(password, minSecret)
	}
	for _, values := range req.Header {
		for _, value := range values {
			add(value, minSecret)
			for word := range strings.FieldsSeq(value) {
				add(word, minPiece)
			}
			// A cookie's value, the signature of a shared key.
			for piece := range strings.FieldsFuncSeq(value, separates) {
				add(piece, minPiece)
			}
		}
	}
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}

// secretList is not a closure of Secrets, into which the compiler would copy it wherever it is
// called: 40 KB in a page.
type secretList []string

// add adds s, and how %q shows it, if it has so many bytes.
func (l *secretList) add(s string, atLeast int) {
	if len(s) < atLeast {
		return
	}
	*l = append(*l, s)
	if q := strconv.Quote(s); len(q) > len(s)+2 {
		*l = append(*l, q[1:len(q)-1])
	}
}

// separates reports whether r stands between the parts of a header's value.
func separates(r rune) bool { return strings.ContainsRune(" \t,;:=\"", r) }
