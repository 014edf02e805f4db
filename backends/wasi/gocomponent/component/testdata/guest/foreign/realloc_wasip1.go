// SPDX-License-Identifier: MIT

package main

import "unsafe"

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, newSize uint32) unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(make([]byte, newSize)))
}
