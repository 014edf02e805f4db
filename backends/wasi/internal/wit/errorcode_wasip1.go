// SPDX-License-Identifier: MIT

package wit

import "unsafe"

// ErrorCode is an error-code: its case, and what its payload has, whichever it is.
type ErrorCode struct {
	Case  uint8
	Text  *string // rcode, alert message, field name, coding or description
	Small *uint16 // info-code or alert id
	Size  *uint64 // a size in bytes
}

// scratch is the arena for results that have short texts, or none, in them.
var scratch [2048]byte

// errorCode reads the error-code at off in ret, and ends the use of the arena, which is
// scratch. Everything is copied to the stack before the first allocation.
func errorCode(off uintptr) ErrorCode {
	r, text := ret, scratch
	base := uintptr(unsafe.Pointer(&scratch))
	done()

	c := ErrorCode{Case: r.u8(off)}
	str := func(at uintptr) {
		if r.u8(at) == 0 {
			return
		}
		s := ""
		if from, n := uintptr(r.u32(at+4))-base, uintptr(r.u32(at+8)); from < uintptr(len(text)) && from+n <= uintptr(len(text)) {
			s = string(text[from : from+n])
		}
		c.Text = &s
	}
	small := func(at uintptr, wide bool) {
		if r.u8(at) == 0 {
			return
		}
		v := uint16(r.u8(at + 1))
		if wide {
			v = r.u16(at + 2)
		}
		c.Small = &v
	}
	size := func(at uintptr, wide bool) {
		if r.u8(at) == 0 {
			return
		}
		v := uint64(r.u32(at + 4))
		if wide {
			v = r.u64(at + 8)
		}
		c.Size = &v
	}
	payload := off + 8
	switch c.Case {
	case 1: // DNS-error-payload
		str(payload)
		small(payload+12, true)
	case 14: // TLS-alert-received-payload
		small(payload, false)
		str(payload + 4)
	case 17, 28: // option<u64>
		size(payload, true)
	case 21, 23, 26, 29: // option<u32>
		size(payload, false)
	case 22: // option<field-size-payload>
		if r.u8(payload) != 0 {
			str(payload + 4)
			size(payload+16, false)
		}
	case 24, 27, 30: // field-size-payload
		str(payload)
		size(payload+12, false)
	case 31, 32, 38: // option<string>
		str(payload)
	}
	return c
}
