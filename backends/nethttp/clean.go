// SPDX-License-Identifier: MIT

package nethttp

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/isohttp/isohttp/transport/driver"
)

// clean returns err with a text that is fit to be shown: net/http quotes what a server sent,
// which may be the request itself, and proxy settings that it cannot read. An error whose text
// is fit already is returned as it is.
func clean(err error, hide []string) error {
	text := err.Error()
	if quotesURL(err) {
		text = withoutQuoted(text)
	}
	return driver.WithText(err, driver.CleanText(text, hide...))
}

// withoutURL returns err, whose cause is known, without a URL in its text. Such an error quotes
// nothing else of the request.
func withoutURL(err error) error {
	if !quotesURL(err) && !strings.Contains(err.Error(), "://") {
		return err
	}
	return clean(err, nil)
}

// quotesURL reports whether err's text has quoted what is, or was to be, a URL. Package url does
// so, and after it http.ProxyFromEnvironment. There need be no scheme in it, and what package url
// says of it may be a piece of the password.
func quotesURL(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok || strings.Contains(err.Error(), `parse "`)
}

// withoutQuoted returns s without what %q wrote into it.
func withoutQuoted(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		b.WriteString(`"..."`)
		q, err := strconv.QuotedPrefix(s[i:])
		if err != nil { // no telling where it ends
			return b.String()
		}
		s = s[i+len(q):]
	}
}

// minPiece is the length from which a part of a header, the path or the query is taken for a secret
// by itself. Shorter ones would take words out of the texts that help.
const minPiece = 8

// minSecret is the length from which a secret is one even if it is short, as a password may be.
const minSecret = 3

// secrets returns what of a request must not be in an error text, longest first: as it was sent,
// as a server may have decoded it, and the parts that a server takes it to.
func secrets(req *http.Request) []string {
	var list []string
	add := func(s string, atLeast int) {
		if len(s) < atLeast {
			return
		}
		list = append(list, s)
		if q := strconv.Quote(s); len(q) > len(s)+2 {
			list = append(list, q[1:len(q)-1])
		}
	}
	addQuery := func(s string, atLeast int) {
		add(s, atLeast)
		// With a plus for a space, and without: both are seen in servers.
		for _, decode := range [...]func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
			if decoded, err := decode(s); err == nil && decoded != s {
				add(decoded, atLeast)
			}
		}
	}
	path := req.URL.EscapedPath()
	add(path, minSecret)
	add(req.URL.Path, minSecret)
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
	slices.SortFunc(list, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return list
}

// separates reports whether r stands between the parts of a header's value.
func separates(r rune) bool { return strings.ContainsRune(" \t,;:=\"", r) }
