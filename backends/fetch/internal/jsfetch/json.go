// SPDX-License-Identifier: MIT

package jsfetch

import (
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding/json would add a third of a megabyte of reflection to every js program. What
// crosses here are short texts of a few scalars, written by this package or by
// JSON.stringify.

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. s is UTF-8.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		dst = appendASCII(dst, c)
	}
	return append(dst, '"')
}

// AppendBytes appends s as a JSON string with one code point for each byte, which is
// what the Fetch standard calls a ByteString: the bytes reach the wire unchanged.
func AppendBytes(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			continue
		}
		dst = appendASCII(dst, c)
	}
	return append(dst, '"')
}

func appendASCII(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c < 0x20:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	return append(dst, c)
}

// Bytes is the reverse of [AppendBytes]: it turns each code point of s back into a byte.
// A text that is no ByteString is returned as it is.
func Bytes(s string) string {
	for i := range len(s) {
		if s[i] < utf8.RuneSelf {
			continue
		}
		b := append(make([]byte, 0, len(s)), s[:i]...)
		for _, r := range s[i:] {
			if r > 0xFF {
				return s
			}
			b = append(b, byte(r))
		}
		return string(b)
	}
	return s
}

var errJSON = errors.New("malformed JSON text")

// maxDepth bounds the nesting of a JSON text.
const maxDepth = 32

// ParseJSON reads one JSON value: a string, float64, bool, nil, []any or
// map[string]any.
func ParseJSON(text string) (any, error) {
	p := parser{s: text}
	v, err := p.value(maxDepth)
	if err != nil {
		return nil, err
	}
	if p.space(); p.i != len(p.s) {
		return nil, errJSON
	}
	return v, nil
}

type parser struct {
	s string
	i int
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

// next skips white space and returns the byte that follows, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.i == len(p.s) {
		return 0
	}
	return p.s[p.i]
}

func (p *parser) word(w string, v any) (any, error) {
	if len(p.s)-p.i < len(w) || p.s[p.i:p.i+len(w)] != w {
		return nil, errJSON
	}
	p.i += len(w)
	return v, nil
}

func (p *parser) value(depth int) (any, error) {
	if depth == 0 {
		return nil, errJSON
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.str()
	case c == 't':
		return p.word("true", true)
	case c == 'f':
		return p.word("false", false)
	case c == 'n':
		return p.word("null", nil)
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	return nil, errJSON
}

func (p *parser) number() (any, error) {
	start := p.i
	for p.i < len(p.s) {
		c := p.s[p.i]
		if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			break
		}
		p.i++
	}
	f, err := strconv.ParseFloat(p.s[start:p.i], 64)
	if err != nil {
		return nil, errJSON
	}
	return f, nil
}

func (p *parser) array(depth int) (any, error) {
	p.i++
	list := []any{}
	if p.next() == ']' {
		p.i++
		return list, nil
	}
	for {
		v, err := p.value(depth - 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		switch p.next() {
		case ',':
			p.i++
		case ']':
			p.i++
			return list, nil
		default:
			return nil, errJSON
		}
	}
}

func (p *parser) object(depth int) (any, error) {
	p.i++
	m := map[string]any{}
	if p.next() == '}' {
		p.i++
		return m, nil
	}
	for {
		if p.next() != '"' {
			return nil, errJSON
		}
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		if p.next() != ':' {
			return nil, errJSON
		}
		p.i++
		v, err := p.value(depth - 1)
		if err != nil {
			return nil, err
		}
		m[key] = v
		switch p.next() {
		case ',':
			p.i++
		case '}':
			p.i++
			return m, nil
		default:
			return nil, errJSON
		}
	}
}

func (p *parser) str() (string, error) {
	p.i++ // the quotation mark
	start := p.i
	for p.i < len(p.s) && p.s[p.i] != '"' && p.s[p.i] != '\\' {
		p.i++
	}
	if p.i < len(p.s) && p.s[p.i] == '"' {
		p.i++
		return p.s[start : p.i-1], nil
	}
	b := []byte(p.s[start:p.i])
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch c {
		case '"':
			return string(b), nil
		case '\\':
			r, ok := p.escape()
			if !ok {
				return "", errJSON
			}
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, c)
		}
	}
	return "", errJSON
}

// escape reads what follows a backslash.
func (p *parser) escape() (rune, bool) {
	if p.i == len(p.s) {
		return 0, false
	}
	c := p.s[p.i]
	p.i++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		r, ok := p.hex4()
		if !ok || !utf16.IsSurrogate(r) {
			return r, ok
		}
		if len(p.s)-p.i >= 6 && p.s[p.i] == '\\' && p.s[p.i+1] == 'u' {
			mark := p.i
			p.i += 2
			if low, ok := p.hex4(); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return pair, true
				}
			}
			p.i = mark
		}
		return utf8.RuneError, true // a lone surrogate
	}
	return 0, false
}

func (p *parser) hex4() (rune, bool) {
	if len(p.s)-p.i < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.i += 4
	return rune(n), true
}
