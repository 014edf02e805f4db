// SPDX-License-Identifier: MIT

package nethttp

import (
	"errors"
	"net/url"
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
