// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// script is a guest that does what a test says: a module that imports every function of
// the host, and exports each again under its name. So a test makes the calls that a guest
// would make, also those that no compiler would.
type script struct {
	*testing.T
	ctx  context.Context
	host *Host
	mod  api.Module
	next uint32 // where str writes
}

// Places in the script's memory of eight pages. Its cabi_realloc gives away the last four.
const (
	retAt   = 1 << 10
	textAt  = 4 << 10
	heapAt  = 4 << 16
	memSize = 8 << 16
)

// What the script's cabi_realloc does.
const (
	reallocBump   = iota // gives memory
	reallocNone          // is not exported
	reallocNull          // gives no memory
	reallocFar           // gives memory that is not there
	reallocOdd           // gives memory that is not aligned
	reallocReturn        // calls back into the host
	noMemory             // and the guest has no memory at all
)

func newRuntime(t *testing.T) wazero.Runtime {
	t.Helper()
	rt := wazero.NewRuntimeWithConfig(context.Background(), wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { rt.Close(context.Background()) })
	return rt
}

func newHost(t *testing.T, rt wazero.Runtime, config *Config) *Host {
	t.Helper()
	h, err := Instantiate(context.Background(), rt, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if h.running != 0 {
			t.Errorf("%d goroutines are left", h.running)
		}
	})
	return h
}

// newScript makes a host that grants loopback, and a script.
func newScript(t *testing.T, config *Config) *script {
	t.Helper()
	if config == nil {
		config = &Config{}
	}
	if config.Grants == nil {
		config.Grants = mustGrants(t, "*://127.0.0.1:*")
	}
	rt := newRuntime(t)
	return runScript(t, rt, newHost(t, rt, config), reallocBump)
}

func mustGrants(t *testing.T, texts ...string) []Grant {
	t.Helper()
	gs, err := ParseGrants(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return gs
}

func runScript(t *testing.T, rt wazero.Runtime, h *Host, realloc int) *script {
	t.Helper()
	ctx := context.Background()
	mod, err := rt.InstantiateWithConfig(h.Context(ctx), scriptModule(realloc), wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	return &script{T: t, ctx: ctx, host: h, mod: mod, next: textAt}
}

// try calls a function of the host and returns its result, if it has one.
func (s *script) try(name string, args ...uint64) (uint64, error) {
	s.Helper()
	f := s.mod.ExportedFunction(name)
	if f == nil {
		s.Fatalf("no function %s", name)
	}
	results, err := f.Call(s.ctx, args...)
	if err != nil || len(results) == 0 {
		return 0, err
	}
	return results[0], nil
}

func (s *script) call(name string, args ...uint64) uint64 {
	s.Helper()
	v, err := s.try(name, args...)
	if err != nil {
		s.Fatalf("%s: %v", name, err)
	}
	return v
}

// trap checks that a call stops the guest, with a text.
func (s *script) trap(text, name string, args ...uint64) {
	s.Helper()
	_, err := s.try(name, args...)
	if err == nil || !strings.Contains(err.Error(), text) {
		s.Errorf("%s%v: %v, want a trap with %q", name, args, err, text)
	}
	if err != nil && strings.Contains(err.Error(), "Go runtime stack trace") {
		s.Errorf("%s%v: a mistake of the host: %v", name, args, err)
	}
}

// ret calls a function whose last parameter is the place for the result.
func (s *script) ret(name string, args ...uint64) {
	s.Helper()
	s.call(name, append(args, retAt)...)
}

func (s *script) u8(off uint32) uint8 {
	v, _ := s.mod.Memory().ReadByte(retAt + off)
	return v
}

func (s *script) u32(off uint32) uint32 {
	v, _ := s.mod.Memory().ReadUint32Le(retAt + off)
	return v
}

func (s *script) u64(off uint32) uint64 {
	v, _ := s.mod.Memory().ReadUint64Le(retAt + off)
	return v
}

func (s *script) text(ptr, n uint32) string {
	b, ok := s.mod.Memory().Read(ptr, n)
	if !ok {
		s.Fatal("a pointer outside of memory")
	}
	return string(b)
}

// str puts a text into the script's memory and returns its pointer and length.
func (s *script) str(text string) (uint64, uint64) {
	if s.next+uint32(len(text)) > heapAt {
		s.next = textAt
	}
	at := s.next
	if !s.mod.Memory().WriteString(at, text) {
		s.Fatal("no room for a text")
	}
	s.next += uint32(len(text))
	return uint64(at), uint64(len(text))
}

func scriptModule(realloc int) []byte {
	var types, imports, funcs, exports, code [][]byte
	leb := func(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }
	vec := func(items [][]byte) []byte { return append(leb(len(items)), slices.Concat(items...)...) }
	name := func(s string) []byte { return append(leb(len(s)), s...) }
	section := func(id byte, body []byte) []byte { return slices.Concat([]byte{id}, leb(len(body)), body) }
	body := func(instr []byte) []byte {
		b := slices.Concat([]byte{0}, instr, []byte{0x0b})
		return append(leb(len(b)), b...)
	}

	var all []function
	constructor := 0
	for _, m := range interfaces() {
		for _, f := range m.funcs {
			imports = append(imports, slices.Concat(name(m.name), name(f.name), []byte{0}, leb(len(all))))
			if f.name == "[constructor]fields" {
				constructor = len(all)
			}
			all = append(all, f)
		}
	}
	for i, f := range all {
		types = append(types, slices.Concat([]byte{0x60}, leb(len(f.params)), f.params, leb(len(f.results)), f.results))
		funcs = append(funcs, leb(i))
		exports = append(exports, slices.Concat(name(f.name), []byte{0}, leb(len(all)+i)))
		var instr []byte
		for p := range f.params {
			instr = append(instr, 0x20, byte(p)) // local.get
		}
		code = append(code, body(slices.Concat(instr, []byte{0x10}, leb(i)))) // call
	}
	// cabi_realloc: returns the global and adds the size to it, rounded up to 8.
	const i32 = api.ValueTypeI32
	types = append(types, []byte{0x60, 4, i32, i32, i32, i32, 1, i32})
	funcs = append(funcs, leb(len(all)))
	bump := []byte{0x23, 0, 0x23, 0, 0x20, 3, 0x41, 7, 0x6a, 0x41, 0x78, 0x71, 0x6a, 0x24, 0}
	switch realloc {
	case reallocNull:
		bump = []byte{0x41, 0}
	case reallocFar:
		bump = []byte{0x41, 0x7c} // -4
	case reallocOdd:
		bump = []byte{0x41, 0x81, 0x08}
	case reallocReturn:
		bump = slices.Concat([]byte{0x10}, leb(constructor), []byte{0x1a}, bump) // call, drop
	}
	code = append(code, body(bump))
	if realloc != reallocNone {
		exports = append(exports, slices.Concat(name("cabi_realloc"), []byte{0}, leb(2*len(all))))
	}
	module := slices.Concat([]byte("\x00asm\x01\x00\x00\x00"),
		section(1, vec(types)), section(2, vec(imports)), section(3, vec(funcs)))
	if realloc != noMemory {
		exports = append(exports, slices.Concat(name("memory"), []byte{2, 0}))
		module = slices.Concat(module, section(5, []byte{1, 0, memSize >> 16}))
	}
	exports = append(exports, slices.Concat(name("heap"), []byte{3, 0}))
	// One mutable i32 with the value heapAt.
	global := slices.Concat([]byte{1, i32, 1, 0x41}, signedLEB(heapAt), []byte{0x0b})
	return slices.Concat(module, section(6, global), section(7, vec(exports)), section(10, vec(code)))
}

func signedLEB(n int) []byte {
	var b []byte
	for {
		c := byte(n & 0x7f)
		n >>= 7
		if n == 0 && c&0x40 == 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
