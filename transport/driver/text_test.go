// SPDX-License-Identifier: MIT

package driver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanText(t *testing.T) {
	for in, want := range map[string]string{
		"":                "",
		"Failed to fetch": "Failed to fetch",
		"error sending request for url (http://127.0.0.1:1/x?sig=abc%3D): client error (Connect)": "error sending request for url (...): client error (Connect)",
		`request to "https://h/p?q" failed, wss://x`:                                              `request to "..." failed, ...`,
		"://":                            "...",
		"a\nb\x00c\x7f":                  "a b c",
		"see blob+x.y://h":               "see ...",
		"get /b?sig=secret:\n\nbad":      "get ... bad",
		"why? x=1":                       "why? x=1",
		"the key hunter2 is wrong":       "the key ... is wrong",
		"a \xff b":                       "a \uFFFD b",
		strings.Repeat("é", maxText)[1:]: "\uFFFD" + strings.Repeat("é", (maxText-3)/2) + " (cut)",
	} {
		if got := CleanText(in, "hunter2", ""); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// FuzzCleanText: whatever stands around a URL, a query or a known secret, nothing of it is
// left, and what comes out is one short line.
func FuzzCleanText(f *testing.F) {
	for _, around := range [][2]string{{"", ""}, {"request to ", " failed"}, {"(", ")"}, {"\"", "\""}, {"a://", "://b"}, {"x", "\n\r\x00"},
		{"?", "="}, {"\xff", "\xc3"}, {strings.Repeat("long ", 200), "end"}, {"http", "//"}} {
		f.Add(around[0], around[1])
	}
	const secret = "s3Cr3T-h2nT3r"
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, secret) {
			return
		}
		for _, quoted := range []string{
			"https://user:" + secret + "@host/" + secret + "?sig=" + secret + "#" + secret,
			" /path?sig=" + secret,
			secret,
		} {
			got := CleanText(before+quoted+after, secret)
			if quoted != secret {
				got = CleanText(before + quoted + after)
			}
			if strings.Contains(got, secret) {
				t.Errorf("%q is in %q", secret, got)
			}
			if len(got) > maxText+len(" (cut)") || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7F }) {
				t.Errorf("%q is not a short line of text", got)
			}
		}
	})
}

func TestWithText(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "SECRET", Err: io.ErrUnexpectedEOF}
	err := WithText(fmt.Errorf("SECRET: %w", &url.Error{Op: "Get", URL: "http://SECRET/", Err: cause}), "shown")
	if err.Error() != "shown" {
		t.Errorf("the text is %q", err)
	}
	if path, ok := errors.AsType[*fs.PathError](err); !ok || path != cause || !errors.Is(err, cause) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the cause is not found in %v", err)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		t.Error("a *url.Error is found")
	}
	// Whoever walks along the chain meets no other text.
	if next := errors.Unwrap(err); next != nil {
		t.Errorf("it is around %v", next)
	}
	if same := WithText(cause, cause.Error()); same != error(cause) {
		t.Errorf("an error with the right text became %#v", same)
	}
}
