// SPDX-License-Identifier: MIT

package wit

import (
	"testing"
	"unsafe"
)

// TestArena plays the host that asks for memory in the middle of an import. Nothing in it
// may call an import itself, printing included, while the arena is set.
func TestArena(t *testing.T) {
	buf := make([]uint64, 8) // 64 bytes
	base := unsafe.Pointer(unsafe.SliceData(buf))
	off := func(p unsafe.Pointer) int { return int(uintptr(p) - uintptr(base)) }

	setArena(base, 64)
	a := cabiRealloc(nil, 0, 1, 3)
	b := cabiRealloc(nil, 0, 8, 16)
	grown := cabiRealloc(b, 16, 8, 24)   // the last piece, where it is
	moved := cabiRealloc(a, 3, 1, 5)     // not the last one
	empty := cabiRealloc(nil, 0, 1, 0)   // takes nothing
	full := cabiRealloc(nil, 0, 4, 100)  // does not fit
	small := cabiRealloc(nil, 0, 1, 20)  // still does
	giant := cabiRealloc(nil, 0, 1, 1e8) // fits nowhere
	need := done()
	idle := cabiRealloc(nil, 0, 1, 1)

	for _, c := range []struct {
		name      string
		got, want int
	}{
		{"the first piece", off(a), 0},
		{"the second, aligned", off(b), 8},
		{"the second, grown", off(grown), 8},
		{"the first, moved", off(moved), 32},
		{"an empty piece", off(empty), 37},
		{"a piece after one that did not fit", off(small), 37},
	} {
		if c.got != c.want {
			t.Errorf("%s is at %d, want %d", c.name, c.got, c.want)
		}
	}
	if p := uintptr(full) - uintptr(unsafe.Pointer(&overflow)); p >= uintptr(len(overflow)) || uintptr(full)%16 != 0 {
		t.Error("a piece that does not fit is not in the overflow")
	}
	if giant != nil || idle != nil {
		t.Error("memory was given where there is none")
	}
	if least := 3 + 24 + 5 + 100 + 20; need < least {
		t.Errorf("a need of %d was counted, of at least %d", need, least)
	}
}

// TestArenaMoves checks that a piece that moves keeps its bytes.
func TestArenaMoves(t *testing.T) {
	buf := make([]byte, 64)
	setArena(unsafe.Pointer(unsafe.SliceData(buf)), len(buf))
	a := cabiRealloc(nil, 0, 1, 4)
	copy(unsafe.Slice((*byte)(a), 4), "abcd")
	cabiRealloc(nil, 0, 1, 1)
	moved := cabiRealloc(a, 4, 1, 8)
	done()
	if got := string(unsafe.Slice((*byte)(moved), 4)); moved == a || got != "abcd" {
		t.Errorf("%q after the move", got)
	}
}

// TestErrorCode lays out each form of payload as the canonical ABI does, and reads it.
func TestErrorCode(t *testing.T) {
	const text = "some text"
	copy(scratch[:], text)
	at := uint32(uintptr(unsafe.Pointer(&scratch)))
	for _, c := range []struct {
		name  string
		cases []uint8
		put   func(put8 func(off int, v uint8), put32 func(off int, v uint32))
		text  bool
		small uint16
		size  uint64
	}{
		{"nothing", []uint8{0, 2, 7, 13, 15, 33, 37}, func(func(int, uint8), func(int, uint32)) {}, false, 0, 0},
		{"DNS-error-payload", []uint8{1}, func(put8 func(int, uint8), put32 func(int, uint32)) {
			put8(8, 1)
			put32(12, at)
			put32(16, uint32(len(text)))
			put8(20, 1)
			put8(22, 0x34)
			put8(23, 0x12)
		}, true, 0x1234, 0},
		{"TLS-alert-received-payload", []uint8{14}, func(put8 func(int, uint8), put32 func(int, uint32)) {
			put8(8, 1)
			put8(9, 40)
			put8(12, 1)
			put32(16, at)
			put32(20, uint32(len(text)))
		}, true, 40, 0},
		{"option<u64>", []uint8{17, 28}, func(put8 func(int, uint8), put32 func(int, uint32)) {
			put8(8, 1)
			put32(16, 5)
			put32(20, 1)
		}, false, 0, 1<<32 + 5},
		{"option<u32>", []uint8{21, 23, 26, 29}, func(put8 func(int, uint8), put32 func(int, uint32)) {
			put8(8, 1)
			put32(12, 7)
		}, false, 0, 7},
		{"option<field-size-payload>", []uint8{22}, func(put8 func(int, uint8), put32 func(int, uint32)) {
			put8(8, 1)
			put8(12, 1)
			put32(16, at)
			put32(20, uint32(len(text)))
			put8(24, 1)
			put32(28, 9)
		}, true, 0, 9},
		{"field-size-payload", []uint8{24, 27, 30}, func(put8 func(int, uint8), put32 func(int, uint32)) {
			put8(8, 1)
			put32(12, at)
			put32(16, uint32(len(text)))
			put8(20, 1)
			put32(24, 11)
		}, true, 0, 11},
		{"option<string>", []uint8{31, 32, 38}, func(put8 func(int, uint8), put32 func(int, uint32)) {
			put8(8, 1)
			put32(12, at)
			put32(16, uint32(len(text)))
		}, true, 0, 0},
	} {
		for _, which := range c.cases {
			for _, off := range []int{8, 24} { // where results have it
				for _, filled := range []bool{true, false} {
					var r result
					mem := unsafe.Slice((*byte)(r.ptr()), unsafe.Sizeof(r))
					mem[off] = which
					if filled {
						c.put(func(i int, v uint8) { mem[off+i] = v },
							func(i int, v uint32) { *(*uint32)(unsafe.Pointer(&mem[off+i])) = v })
					}
					ret = r // no import between here and the reading
					got := errorCode(uintptr(off))
					if got.Case != which {
						t.Fatalf("%s: case %d, want %d", c.name, got.Case, which)
					}
					if (got.Text != nil) != (c.text && filled) || got.Text != nil && *got.Text != text {
						t.Errorf("%s, case %d: text %v", c.name, which, got.Text)
					}
					if (got.Small != nil) != (c.small != 0 && filled) || got.Small != nil && *got.Small != c.small {
						t.Errorf("%s, case %d: number %v", c.name, which, got.Small)
					}
					if (got.Size != nil) != (c.size != 0 && filled) || got.Size != nil && *got.Size != c.size {
						t.Errorf("%s, case %d: size %v", c.name, which, got.Size)
					}
				}
			}
		}
	}
	// A text that did not fit into scratch is somewhere else; it is not followed.
	ret = result{}
	mem := unsafe.Slice((*byte)(ret.ptr()), unsafe.Sizeof(ret))
	mem[8], mem[16] = 38, 1
	*(*uint32)(unsafe.Pointer(&mem[20])) = uint32(uintptr(unsafe.Pointer(&overflow)))
	*(*uint32)(unsafe.Pointer(&mem[24])) = 1 << 20
	if got := errorCode(8); got.Text == nil || *got.Text != "" {
		t.Errorf("a text that is elsewhere: %v", got.Text)
	}
}
