// SPDX-License-Identifier: MIT

package conformance

import (
	"errors"
	"strings"
)

// hpackField is a header field of HTTP/2.
type hpackField struct{ name, value string }

// hpackDecoder decodes the header blocks of one connection (RFC 7541). It knows the Huffman
// codes of printable ASCII, up to 15 bits: a request of the suite has nothing else.
type hpackDecoder struct {
	dynamic []hpackField // the newest first
	size    int          // of dynamic, as RFC 7541, 4.1 counts it
	limit   int
}

func newHpackDecoder() *hpackDecoder { return &hpackDecoder{limit: 4096} }

var errHpack = errors.New("conformance: the origin does not understand a header block")

// decode returns the fields of a block.
func (d *hpackDecoder) decode(block []byte) (fields []hpackField, err error) {
	r := &hpackReader{rest: block}
	for len(r.rest) > 0 && r.err == nil {
		switch b := r.rest[0]; {
		case b&0x80 != 0: // indexed
			fields = append(fields, d.at(r, r.integer(7)))
		case b&0xe0 == 0x20: // a new size of the table
			d.limit = min(r.integer(5), 4096)
			d.evict()
		case b&0xc0 == 0x40: // literal, to be remembered
			f := d.literal(r, 6)
			fields = append(fields, f)
			d.dynamic = append([]hpackField{f}, d.dynamic...)
			d.size += len(f.name) + len(f.value) + 32
			d.evict()
		default: // literal
			fields = append(fields, d.literal(r, 4))
		}
	}
	return fields, r.err
}

func (d *hpackDecoder) literal(r *hpackReader, bits int) (f hpackField) {
	if index := r.integer(bits); index > 0 {
		f.name = d.at(r, index).name
	} else {
		f.name = r.text()
	}
	f.value = r.text()
	return f
}

// at returns the entry of an index: first come the static table's, then the newest ones.
func (d *hpackDecoder) at(r *hpackReader, index int) hpackField {
	static := hpackStatic()
	switch {
	case index >= 1 && index <= len(static):
		return static[index-1]
	case index > len(static) && index-len(static) <= len(d.dynamic):
		return d.dynamic[index-len(static)-1]
	}
	r.err = errHpack
	return hpackField{}
}

func (d *hpackDecoder) evict() {
	for d.size > d.limit {
		last := d.dynamic[len(d.dynamic)-1]
		d.dynamic = d.dynamic[:len(d.dynamic)-1]
		d.size -= len(last.name) + len(last.value) + 32
	}
}

// hpackReader takes integers and texts off a block. After an error it gives zero values.
type hpackReader struct {
	rest []byte
	err  error
}

func (r *hpackReader) next() byte {
	if len(r.rest) == 0 {
		r.err = errHpack
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// integer reads an integer whose first bits are the low ones of the next byte (5.1).
func (r *hpackReader) integer(bits int) int {
	most := 1<<bits - 1
	n := int(r.next()) & most
	if n < most {
		return n
	}
	for shift := 0; r.err == nil && shift < 28; shift += 7 {
		b := r.next()
		n += int(b&0x7f) << shift
		if b&0x80 == 0 {
			return n
		}
	}
	r.err = errHpack
	return 0
}

func (r *hpackReader) text() string {
	if len(r.rest) == 0 {
		r.err = errHpack
		return ""
	}
	huffman := r.rest[0]&0x80 != 0
	n := r.integer(7)
	if r.err != nil || n > len(r.rest) {
		r.err = errHpack
		return ""
	}
	data := r.rest[:n]
	r.rest = r.rest[n:]
	if !huffman {
		return string(data)
	}
	text, ok := unhuffman(data)
	if !ok {
		r.err = errHpack
	}
	return text
}

// huffmanSymbols are the symbols by the length of their code. The code is canonical: the codes
// of one length are consecutive, in the order of the symbols, and so are the lengths.
func huffmanSymbols() [16]string {
	return [16]string{
		5: "012aceiost", 6: " %-./3456789=A_bdfghlmnpru", 7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz", 8: "&*,;XZ",
		10: "!\"()?", 11: "'+|", 12: "#>", 13: "\x00$@[]~", 14: "^}", 15: "<`{",
	}
}

func unhuffman(data []byte) (string, bool) {
	symbols := huffmanSymbols()
	var text strings.Builder
	code, length, first := 0, 0, 0 // first is the first code of this length
	for _, b := range data {
		for bit := 7; bit >= 0; bit-- {
			code, first = code<<1|int(b>>bit&1), first<<1
			if length++; length >= len(symbols) {
				return "", false
			}
			if n := code - first; n < len(symbols[length]) {
				text.WriteByte(symbols[length][n])
				code, length, first = 0, 0, 0
			} else {
				first += len(symbols[length])
			}
		}
	}
	// What is left are ones, fewer than a byte of them.
	return text.String(), length < 8 && code == 1<<length-1
}

// hpackStatic is the static table (appendix A).
func hpackStatic() []hpackField {
	fields := []hpackField{
		{":authority", ""}, {":method", "GET"}, {":method", "POST"}, {":path", "/"}, {":path", "/index.html"}, {":scheme", "http"},
		{":scheme", "https"}, {":status", "200"}, {":status", "204"}, {":status", "206"}, {":status", "304"}, {":status", "400"},
		{":status", "404"}, {":status", "500"}, {"accept-charset", ""}, {"accept-encoding", "gzip, deflate"},
	}
	for name := range strings.FieldsSeq("accept-language accept-ranges accept access-control-allow-origin age allow authorization " +
		"cache-control content-disposition content-encoding content-language content-length content-location content-range " +
		"content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range " +
		"if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range referer " +
		"refresh retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate") {
		fields = append(fields, hpackField{name: name})
	}
	return fields
}

// hpackEncode makes a block of literal fields.
func hpackEncode(fields ...hpackField) []byte {
	var block []byte
	for _, f := range fields {
		block = append(block, 0)
		for _, s := range []string{f.name, f.value} {
			if n := len(s); n < 127 {
				block = append(block, byte(n))
			} else { // up to 254, enough for the origin's own
				block = append(block, 127, byte(n-127))
			}
			block = append(block, s...)
		}
	}
	return block
}
