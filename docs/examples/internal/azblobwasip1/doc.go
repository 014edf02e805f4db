// SPDX-License-Identifier: MIT

// Package azblobwasip1 lets azblob be built for GOOS=wasip1. The released module lacks one
// small file for that target: its upload buffers come from mmap on Unix and Windows and
// from the heap under js, and wasip1 is not on either list. Nothing else is in the way,
// and no line of the module is changed.
//
// Prepare copies the module, as the module cache has it, to the user's cache folder, adds
// that one file, and writes a copy of go.mod whose replace directive leads there. The go
// command takes it by -modfile. It can go once azblob has the file itself.
package azblobwasip1
