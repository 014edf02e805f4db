// SPDX-License-Identifier: MIT

// Package wasmfile reads what the structure tests look at in a core WebAssembly module:
// its imports and, from the name section of an unstripped one, the names of its
// functions.
package wasmfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Module is what was read.
type Module struct {
	// Imports are the imported functions, memories and so on, in order.
	Imports []Import
	// Functions are the names of the functions that the module has itself or imports.
	// The Go linker writes them with every character but letters, digits, "." and
	// "_" replaced by "_". Empty in a stripped module.
	Functions []string
}

// Import is the name of one import.
type Import struct{ Module, Name string }

// ErrFormat is matched by the error for a file that is no core module, or a damaged one.
var ErrFormat = errors.New("not a well-formed core WebAssembly module")

const (
	sectionCustom = 0
	sectionImport = 2
)

// Parse reads a module.
func Parse(file []byte) (*Module, error) {
	if !bytes.HasPrefix(file, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, ErrFormat
	}
	m := new(Module)
	for r := (reader{b: file[8:]}); !r.done(); {
		id := r.byte()
		body := reader{b: r.bytes()}
		switch {
		case r.err != nil:
		case id == sectionImport:
			m.readImports(&body)
		case id == sectionCustom && string(body.bytes()) == "name":
			m.readNames(&body)
		}
		if err := errors.Join(r.err, body.err); err != nil {
			return nil, fmt.Errorf("%w: in a section of type %d", ErrFormat, id)
		}
	}
	return m, nil
}

func (m *Module) readImports(r *reader) {
	for n := r.uint(); n > 0 && r.err == nil; n-- {
		m.Imports = append(m.Imports, Import{string(r.bytes()), string(r.bytes())})
		switch r.byte() {
		case 0: // function: type
			r.uint()
		case 1: // table: element type, limits
			r.byte()
			r.limits()
		case 2: // memory: limits
			r.limits()
		case 3: // global: type, mutability
			r.byte()
			r.byte()
		default:
			r.fail()
		}
	}
}

func (m *Module) readNames(r *reader) {
	const functions = 1 // the subsection of function names
	for !r.done() {
		id := r.byte()
		sub := reader{b: r.bytes()}
		if id != functions {
			continue
		}
		for n := sub.uint(); n > 0 && sub.err == nil; n-- {
			sub.uint() // the function's index
			m.Functions = append(m.Functions, string(sub.bytes()))
		}
		if sub.err != nil {
			r.fail()
		}
	}
}

// reader reads the binary format. After the first error everything is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() { r.b, r.err = nil, ErrFormat }

func (r *reader) done() bool { return len(r.b) == 0 || r.err != nil }

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uint() uint32 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > 1<<32-1 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return uint32(n)
}

// bytes reads a length and that many bytes.
func (r *reader) bytes() []byte {
	n := r.uint()
	if uint64(n) > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) limits() {
	flags := r.byte()
	r.uint()
	if flags&1 != 0 {
		r.uint()
	}
}
