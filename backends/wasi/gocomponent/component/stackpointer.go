// SPDX-License-Identifier: MIT

package component

import (
	"bytes"
	"encoding/binary"
)

// initialSP is where the stack pointer of an exe build starts. Go leaves the first
// 4096 bytes of memory unused, and a nosplit function needs a few hundred.
const initialSP = 4096

// setStackPointer returns the module with the initial value of its stack pointer set to
// initialSP.
//
// The command adapter calls cabi_realloc_adapter before _start. The Go linker's wrapper
// around an exported function works on Go's stack, whose pointer (global 0) is 0 until
// the runtime has started: the call would write below address 0. Go's own start
// code sets the pointer anew, so nothing else is changed by this.
func setStackPointer(file []byte) ([]byte, error) {
	list, err := sections(file)
	if err != nil {
		return nil, faultf(ErrNotWasm, "the WebAssembly file is %v", err)
	}
	for _, s := range list {
		if s.id != coreGlobal {
			continue
		}
		r := reader{data: s.body}
		count := r.u32()
		at := r.off
		// Mutable i32, i32.const 0, end.
		if r.bad || count == 0 || !bytes.HasPrefix(s.body[at:], []byte{0x7f, 1, 0x41, 0, 0x0b}) {
			break
		}
		body := append(bytes.Clone(s.body[:at]), 0x7f, 1, 0x41)
		body = append(appendS32(body, initialSP), s.body[at+4:]...)

		out := make([]byte, 0, len(file)+binary.MaxVarintLen32)
		out = append(out, file[:s.start]...)
		out = append(out, coreGlobal)
		out = appendU32(out, uint32(len(body)))
		out = append(out, body...)
		return append(out, file[s.end:]...), nil
	}
	return nil, faultf(ErrNotGuest,
		"the module's first global is not Go's stack pointer: it was not built by the go command, or was changed since (by wasm-opt, say); wrap it as built")
}
