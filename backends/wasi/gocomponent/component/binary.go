// SPDX-License-Identifier: MIT

package component

import (
	"errors"
	"math"
	"unicode/utf8"
)

// Section numbers of the two binary formats.
const (
	coreImport = 2
	coreGlobal = 6
	coreExport = 7

	componentImport = 10
	componentExport = 11
)

var (
	coreHeader      = []byte("\x00asm\x01\x00\x00\x00")
	componentHeader = []byte("\x00asm\x0d\x00\x01\x00")
)

var errDamaged = errors.New("damaged or cut short")

// section is one section of a module or component; body is a part of the file.
type section struct {
	id         byte
	start, end int // of the whole section in the file
	body       []byte
}

// sections splits a file behind its header.
func sections(file []byte) ([]section, error) {
	var list []section
	r := reader{data: file, off: len(coreHeader)}
	for r.off < len(file) {
		start := r.off
		id := r.byte()
		body := r.bytes(int(r.u32()))
		if r.bad {
			return nil, errDamaged
		}
		list = append(list, section{id: id, start: start, end: r.off, body: body})
	}
	return list, nil
}

// reader reads the elements of the binary format. After a mistake bad is set and all
// further results are zero.
type reader struct {
	data []byte
	off  int
	bad  bool
}

func (r *reader) fail() { r.bad, r.off = true, len(r.data) }

func (r *reader) byte() byte {
	if r.off >= len(r.data) {
		r.fail()
		return 0
	}
	b := r.data[r.off]
	r.off++
	return b
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.data)-r.off {
		r.fail()
		return nil
	}
	b := r.data[r.off : r.off+n]
	r.off += n
	return b
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if v > math.MaxUint32 {
				break
			}
			return uint32(v)
		}
	}
	r.fail()
	return 0
}

// skipLEB skips a number of any width.
func (r *reader) skipLEB() {
	for range 10 {
		if r.byte() < 0x80 {
			return
		}
	}
	r.fail()
}

func (r *reader) name() string {
	b := r.bytes(int(r.u32()))
	if !utf8.Valid(b) {
		r.fail()
		return ""
	}
	return string(b)
}

// limits skips the limits of a table or memory.
func (r *reader) limits() {
	if flags := r.byte(); flags&1 != 0 {
		r.skipLEB()
	}
	r.skipLEB()
}

// appendU32 appends an unsigned LEB128 number.
func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// appendS32 appends a signed LEB128 number.
func appendS32(b []byte, v int32) []byte {
	for v < -64 || v > 63 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v)&0x7f)
}
