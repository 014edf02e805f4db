// SPDX-License-Identifier: MIT

package wazerohost

import (
	"net/http"
	"slices"
	"strings"
)

// fields is the fields resource: names and values in their order, byte for byte.
type fields struct {
	list      []field
	bytes     int
	limit     int
	over      bool // more was added than the limit allows; it was not kept
	immutable bool
}

type field struct{ name, value string }

// The cases of header-error.
const (
	fieldOK = iota - 1
	fieldInvalid
	fieldForbidden
	fieldImmutable
)

// forbidden has the fields that belong to the connection. Hosts of components refuse the
// same ones in requests, and hide them in responses.
var forbidden = []string{
	"Connection", "Host", "Http2-Settings", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Proxy-Connection", "Transfer-Encoding", "Upgrade",
}

func isForbidden(name string) bool {
	return slices.ContainsFunc(forbidden, func(f string) bool { return strings.EqualFold(f, name) })
}

func fieldsFuncs() []function {
	return []function{
		fn("[constructor]fields", ">i", func(g *guest, s []uint64) {
			s[0] = uint64(g.table.push(g.newFields(), 0))
		}),
		fn("[static]fields.from-list", "iii", fieldsFromList),
		fn("[method]fields.get", "iiii", fieldsGet),
		fn("[method]fields.has", "iii>i", func(g *guest, s []uint64) {
			f, name := get[*fields](g, s[0]), g.str(s[1], s[2])
			s[0] = flag(slices.ContainsFunc(f.list, named(name)))
		}),
		fn("[method]fields.set", "iiiiii", fieldsSet),
		fn("[method]fields.delete", "iiii", func(g *guest, s []uint64) {
			f, name := get[*fields](g, s[0]), g.str(s[1], s[2])
			code := f.check(name, "")
			if code == fieldOK {
				f.remove(name)
			}
			g.putFieldResult(s[3], code)
		}),
		fn("[method]fields.append", "iiiiii", func(g *guest, s []uint64) {
			f, name, value := get[*fields](g, s[0]), g.view(s[1], s[2]), g.view(s[3], s[4])
			code := fieldOK
			if !f.fits(len(name) + len(value)) {
				code = f.checkMutable()
			} else if code = f.check(string(name), string(value)); code == fieldOK {
				f.add(string(name), string(value))
			}
			g.putFieldResult(s[5], code)
		}),
		fn("[method]fields.entries", "ii", func(g *guest, s []uint64) {
			list, ret := get[*fields](g, s[0]).list, s[1]
			ptr := g.alloc(uint32(len(list))*16, 4)
			g.put32(ret, uint32(ptr))
			g.put32(ret+4, uint32(len(list)))
			for i, f := range list {
				g.putBytes(ptr+uint64(i)*16, f.name)
				g.putBytes(ptr+uint64(i)*16+8, f.value)
			}
		}),
		fn("[method]fields.clone", "i>i", func(g *guest, s []uint64) {
			f := *get[*fields](g, s[0])
			f.list, f.immutable = slices.Clone(f.list), false
			s[0] = uint64(g.table.push(&f, 0))
		}),
		fn("[resource-drop]fields", "i", drop[*fields]),
	}
}

func (g *guest) newFields() *fields { return &fields{limit: g.host.limits.HeaderBytes} }

func named(name string) func(field) bool {
	return func(f field) bool { return strings.EqualFold(f.name, name) }
}

// fieldOverhead is counted for each field beside its bytes, so that a guest cannot keep
// millions of empty ones.
const fieldOverhead = 32

// fits counts n more bytes, and marks f when they are too many.
func (f *fields) fits(n int) bool {
	if f.bytes+n+fieldOverhead > f.limit {
		f.over = true
		return false
	}
	return true
}

func (f *fields) add(name, value string) {
	f.bytes += len(name) + len(value) + fieldOverhead
	f.list = append(f.list, field{name, value})
}

func (f *fields) remove(name string) {
	f.list = slices.DeleteFunc(f.list, named(name))
	f.bytes = 0
	for _, x := range f.list {
		f.bytes += len(x.name) + len(x.value) + fieldOverhead
	}
}

func (f *fields) checkMutable() int {
	if f.immutable {
		return fieldImmutable
	}
	return fieldOK
}

func (f *fields) check(name, value string) int {
	switch {
	case f.immutable:
		return fieldImmutable
	case !isToken(name) || !isFieldValue(value):
		return fieldInvalid
	case isForbidden(name):
		return fieldForbidden
	}
	return fieldOK
}

// putFieldResult writes a result<_, header-error>.
func (g *guest) putFieldResult(ret uint64, code int) {
	g.put8(ret, uint8(flag(code != fieldOK)))
	if code != fieldOK {
		g.put8(ret+1, uint8(code))
	}
}

func fieldsFromList(g *guest, s []uint64) {
	ptr, n, ret := s[0], uint64(uint32(s[1])), s[2]
	f := g.newFields()
	g.view(ptr, min(n*16, 1<<32-1))
	for i := range n {
		name, value := g.pair(ptr + i*16)
		if !f.fits(len(name) + len(value)) {
			break
		}
		if code := f.check(name, value); code != fieldOK {
			g.put8(ret, 1)
			g.put8(ret+4, uint8(code))
			return
		}
		f.add(name, value)
	}
	g.put8(ret, 0)
	g.put32(ret+4, g.table.push(f, 0))
}

// pair reads a tuple of two byte lists.
func (g *guest) pair(ptr uint64) (string, string) {
	a, an := g.list(ptr)
	b, bn := g.list(ptr + 8)
	return g.str(a, an), g.str(b, bn)
}

// list reads the pointer and the length of a list.
func (g *guest) list(ptr uint64) (uint64, uint64) {
	v := g.view(ptr, 8)
	return uint64(le32(v)), uint64(le32(v[4:]))
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

func fieldsGet(g *guest, s []uint64) {
	f, name, ret := get[*fields](g, s[0]), g.str(s[1], s[2]), s[3]
	var values []string
	for _, x := range f.list {
		if strings.EqualFold(x.name, name) {
			values = append(values, x.value)
		}
	}
	ptr := g.alloc(uint32(len(values))*8, 4)
	g.put32(ret, uint32(ptr))
	g.put32(ret+4, uint32(len(values)))
	for i, v := range values {
		g.putBytes(ptr+uint64(i)*8, v)
	}
}

func fieldsSet(g *guest, s []uint64) {
	f, name, list, n, ret := get[*fields](g, s[0]), g.str(s[1], s[2]), s[3], uint64(uint32(s[4])), s[5]
	code := f.check(name, "")
	next := *f
	next.list = slices.Clone(f.list)
	next.remove(name)
	g.view(list, min(n*8, 1<<32-1))
	for i := uint64(0); i < n && code == fieldOK; i++ {
		value := g.str(g.list(list + i*8))
		if !next.fits(len(name) + len(value)) {
			break
		}
		if code = next.check(name, value); code == fieldOK {
			next.add(name, value)
		}
	}
	if code == fieldOK {
		*f = next
	}
	g.putFieldResult(ret, code)
}

// header returns the fields as net/http's map, with the names as they are.
func (f *fields) header() http.Header {
	h := make(http.Header, len(f.list))
	for _, x := range f.list {
		h[x.name] = append(h[x.name], x.value)
	}
	return h
}

// fromHeader makes the immutable fields of a response. Map order is random; names are
// sorted so that a guest sees the same order each time. ok is false when the
// header is larger than the limit.
func (g *guest) fromHeader(h http.Header) (f *fields, ok bool) {
	f = g.newFields()
	names := make([]string, 0, len(h))
	for name := range h {
		if !isForbidden(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range h[name] {
			if !f.fits(len(name) + len(value)) {
				return nil, false
			}
			f.add(name, value)
		}
	}
	f.immutable = true
	return f, true
}

// isToken reports whether s is a token of RFC 9110, as method and field names are.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// isFieldValue reports whether s can be a field's value: no control characters but tab.
func isFieldValue(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
