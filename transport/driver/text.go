// SPDX-License-Identifier: MIT

package driver

import (
	"errors"
	"net/url"
	"strings"
)

const (
	elided  = "..." // stands for what was taken out
	maxText = 500   // bytes
)

// CleanText makes a platform's own words fit for an error text: in one line and not longer than
// 500 bytes, without URLs, without what looks like a query, and without the strings in hide,
// longest first. Platforms quote what they fail on: Deno and Bun the whole URL, whose query
// may be a signature, Node the value of a header.
func CleanText(text string, hide ...string) string {
	for _, h := range hide {
		if h != "" {
			text = strings.ReplaceAll(text, h, elided)
		}
	}
	text = withoutURLs(text)
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r // U+FFFD for what is no UTF-8
	}, text)
	words := strings.Fields(text)
	for i, word := range words {
		if mark := strings.IndexByte(word, '?'); mark >= 0 && strings.IndexByte(word[mark:], '=') > 0 {
			words[i] = elided
		}
	}
	text = strings.Join(words, " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + " (cut)"
	}
	return text
}

// WithText returns err with another text, which is fit to be shown: CleanText of its own. What
// errors.Is and errors.As find in err they find in the result, but for a *url.Error, of which one
// would want nothing else than the URL. errors.Unwrap does not give err out, for a logger
// that prints each error of a chain would print its text. If the text is err's own, err itself
// is returned.
func WithText(err error, text string) error {
	if err.Error() == text {
		return err
	}
	return &reworded{text, err}
}

type reworded struct {
	text string
	err  error
}

func (r *reworded) Error() string        { return r.text }
func (r *reworded) Is(target error) bool { return errors.Is(r.err, target) }

func (r *reworded) As(target any) bool {
	if _, ok := target.(**url.Error); ok {
		return false
	}
	return errors.As(r.err, target)
}

func withoutURLs(s string) string {
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return s
		}
		i += from
		start, end := i, i+len("://")
		for start > 0 && isSchemeByte(s[start-1]) {
			start--
		}
		for end < len(s) && !endsURL(s[end]) {
			end++
		}
		s = s[:start] + elided + s[end:]
		from = start + len(elided)
	}
}

func isSchemeByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'
}

// endsURL reports whether c cannot be part of a quoted URL. A parenthesis can, but it
// is what Deno puts around one.
func endsURL(c byte) bool { return c <= ' ' || strings.IndexByte("\"'`<>()", c) >= 0 }
