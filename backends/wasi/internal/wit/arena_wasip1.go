// SPDX-License-Identifier: MIT

package wit

import "unsafe"

// The variables of this file are static because exports are called at times when
// nothing else can be reached: during an import, and before the runtime's start.
var (
	arenaBase unsafe.Pointer // what setArena was given; keeps it alive
	arenaLen  uintptr
	arenaOff  uintptr // used up to here
	arenaNeed uintptr // what all pieces together need, with those that did not fit

	overflow [1<<20 + 16]byte // for pieces that do not fit; never read

	adapterPages [2*65536 + 64]byte // the adapter's stack and its state
	adapterOff   uintptr

	ret result
)

// setArena hands memory to the next import that returns a list or a string. There may be
// no other call in between, and done follows the import.
//
//go:nosplit
func setArena(p unsafe.Pointer, n int) {
	arenaBase, arenaLen, arenaOff, arenaNeed = p, uintptr(n), 0, 0
}

// done ends the use of the arena, and reports how many bytes it would have needed.
//
//go:nosplit
func done() (need int) {
	arenaBase, arenaLen = nil, 0
	return int(arenaNeed)
}

// cabiRealloc cuts a piece off the arena. Without an arena there is no call for which a
// host needs memory; it gets none then, and stops the program.
//
//lint:ignore U1000 The host uses it.
//go:wasmexport cabi_realloc
//go:nosplit
func cabiRealloc(old unsafe.Pointer, oldSize, align, newSize uint32) unsafe.Pointer {
	if arenaBase == nil {
		return nil
	}
	base, a := uintptr(arenaBase), uintptr(max(align, 1))
	if at := uintptr(old) - base; oldSize != 0 && at < arenaLen && at+uintptr(oldSize) == arenaOff &&
		at+uintptr(newSize) <= arenaLen {
		// The last piece grows where it is.
		arenaNeed += uintptr(newSize) - uintptr(oldSize)
		arenaOff = at + uintptr(newSize)
		return old
	}
	arenaNeed += uintptr(newSize) + a - 1
	off := (base+arenaOff+a-1)&^(a-1) - base
	if off+uintptr(newSize) > arenaLen {
		if uintptr(newSize)+16 > uintptr(len(overflow)) {
			return nil
		}
		pad := -uintptr(unsafe.Pointer(&overflow)) & 15
		return unsafe.Add(unsafe.Pointer(&overflow), pad)
	}
	p := unsafe.Add(arenaBase, off)
	for i := range uintptr(min(oldSize, newSize)) {
		*(*byte)(unsafe.Add(p, i)) = *(*byte)(unsafe.Add(old, i))
	}
	arenaOff = off + uintptr(newSize)
	return p
}

// cabiReallocAdapter gives the adapter its two pages, and nothing more.
//
//lint:ignore U1000 The adapter uses it.
//go:wasmexport cabi_realloc_adapter
//go:nosplit
func cabiReallocAdapter(_ unsafe.Pointer, _, align, newSize uint32) unsafe.Pointer {
	a := uintptr(max(align, 1))
	base := uintptr(unsafe.Pointer(&adapterPages))
	off := (base+adapterOff+a-1)&^(a-1) - base
	if off+uintptr(newSize) > uintptr(len(adapterPages)) {
		return nil
	}
	adapterOff = off + uintptr(newSize)
	return unsafe.Add(unsafe.Pointer(&adapterPages), off)
}

// result is memory for the result of an import, with the alignment of the canonical ABI.
type result [8]uint64

func (r *result) ptr() unsafe.Pointer { return unsafe.Pointer(r) }

func (r *result) u8(off uintptr) uint8   { return *(*uint8)(unsafe.Add(unsafe.Pointer(r), off)) }
func (r *result) u16(off uintptr) uint16 { return *(*uint16)(unsafe.Add(unsafe.Pointer(r), off)) }
func (r *result) u32(off uintptr) uint32 { return *(*uint32)(unsafe.Add(unsafe.Pointer(r), off)) }
func (r *result) u64(off uintptr) uint64 { return *(*uint64)(unsafe.Add(unsafe.Pointer(r), off)) }
