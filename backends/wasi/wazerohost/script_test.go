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

// The steps of a client, on top of the calls.

// message is a request of a script.
type message struct {
	method, scheme, authority, path string
	header                          []string // names and values by turns
	body                            bool
	connect, firstByte, between     uint64 // nanoseconds
}

// to fills in scheme and authority from a server's address.
func (m message) to(url string) message {
	m.scheme, m.authority, _ = strings.Cut(url, "://")
	if m.method == "" {
		m.method = "GET"
	}
	if m.path == "" {
		m.path = "/"
	}
	return m
}

func (s *script) fields(pairs ...string) uint64 {
	s.Helper()
	f := s.call("[constructor]fields")
	for i := 0; i < len(pairs); i += 2 {
		if code := s.appendField(f, pairs[i], pairs[i+1]); code != fieldOK {
			s.Fatalf("append %q: header-error %d", pairs[i], code)
		}
	}
	return f
}

func (s *script) appendField(f uint64, name, value string) int {
	s.Helper()
	np, nl := s.str(name)
	vp, vl := s.str(value)
	s.ret("[method]fields.append", f, np, nl, vp, vl)
	if s.u8(0) == 0 {
		return fieldOK
	}
	return int(s.u8(1))
}

// send hands a message to the host. It returns the future, or 0 and the error-code's case,
// and the outgoing-body.
func (s *script) send(m message) (future uint64, c code, body uint64) {
	s.Helper()
	r := s.call("[constructor]outgoing-request", s.fields(m.header...))
	methods := append(slices.Clone(methods), m.method)
	p, n := s.str(m.method)
	if s.call("[method]outgoing-request.set-method", r, uint64(slices.Index(methods, m.method)), p, n) != 0 {
		s.Fatalf("method %q refused", m.method)
	}
	if s.call("[method]outgoing-request.set-scheme", r, 1, flag(m.scheme == "https"), 0, 0) != 0 {
		s.Fatal("scheme refused")
	}
	p, n = s.str(m.authority)
	if s.call("[method]outgoing-request.set-authority", r, 1, p, n) != 0 {
		s.Fatalf("authority %q refused", m.authority)
	}
	p, n = s.str(m.path)
	if s.call("[method]outgoing-request.set-path-with-query", r, 1, p, n) != 0 {
		s.Fatalf("path %q refused", m.path)
	}
	if m.body {
		s.ret("[method]outgoing-request.body", r)
		body = uint64(s.u32(4))
	}
	o := s.call("[constructor]request-options")
	for name, ns := range map[string]uint64{
		"connect-timeout": m.connect, "first-byte-timeout": m.firstByte, "between-bytes-timeout": m.between,
	} {
		s.call("[method]request-options.set-"+name, o, flag(ns > 0), ns)
	}
	s.ret("handle", r, 1, o)
	if s.u8(0) != 0 {
		return 0, code(s.u8(8)), body
	}
	return uint64(s.u32(8)), 0, body
}

// block waits with poll for a resource.
func (s *script) block(subscribe string, h uint64) {
	s.Helper()
	p := s.call(subscribe, h)
	s.mod.Memory().WriteUint32Le(textAt-8, uint32(p))
	s.ret("poll", textAt-8, 1)
	if s.u32(4) != 1 {
		s.Fatalf("poll returned %d indexes", s.u32(4))
	}
	s.call("[resource-drop]pollable", p)
}

// answer waits for the response and drops the future. It returns the response, or 0 and
// the error-code's case.
func (s *script) answer(future uint64) (uint64, code) {
	s.Helper()
	s.block("[method]future-incoming-response.subscribe", future)
	s.ret("[method]future-incoming-response.get", future)
	if s.u8(0) != 1 || s.u8(8) != 0 {
		s.Fatalf("the future is not ready: %d, %d", s.u8(0), s.u8(8))
	}
	failed, c, resp := s.u8(16) != 0, code(s.u8(24)), uint64(s.u32(24))
	s.call("[resource-drop]future-incoming-response", future)
	if failed {
		return 0, c
	}
	return resp, 0
}

// response sends a message without a body and returns the response.
func (s *script) response(m message) uint64 {
	s.Helper()
	f, c, _ := s.send(m)
	if f == 0 {
		s.Fatalf("refused with %d", c)
	}
	resp, c := s.answer(f)
	if resp == 0 {
		s.Fatalf("failed with %d", c)
	}
	return resp
}

// open takes body and stream of a response and drops the response.
func (s *script) open(resp uint64) (body, stream uint64) {
	s.Helper()
	s.ret("[method]incoming-response.consume", resp)
	body = uint64(s.u32(4))
	s.ret("[method]incoming-body.stream", body)
	stream = uint64(s.u32(4))
	s.call("[resource-drop]incoming-response", resp)
	return body, stream
}

// read waits for something to read. At the end ok is false, and c says why: 0 for a
// regular end.
func (s *script) read(stream, n uint64) (data string, ok bool, c code) {
	s.Helper()
	s.block("[method]input-stream.subscribe", stream)
	s.resetHeap()
	s.ret("[method]input-stream.read", stream, n)
	if s.u8(0) == 0 {
		return s.text(s.u32(4), s.u32(8)), true, 0
	}
	return "", false, s.streamError(4)
}

// streamError returns the error-code behind a stream-error of the result, or 0 if it is
// the case "closed".
func (s *script) streamError(off uint32) code {
	s.Helper()
	if s.u8(off) == 1 {
		return 0
	}
	e := uint64(s.u32(off + 4))
	s.ret("http-error-code", e)
	c := code(s.u8(8))
	s.call("[resource-drop]error", e)
	return c
}

// readAll reads a body to its end, and drops both.
func (s *script) readAll(resp uint64) (data string, c code) {
	s.Helper()
	body, stream := s.open(resp)
	for {
		part, ok, c := s.read(stream, 1<<16)
		if !ok {
			s.call("[resource-drop]input-stream", stream)
			s.call("[resource-drop]incoming-body", body)
			return data, c
		}
		data += part
	}
}

// resetHeap takes back all that cabi_realloc has given.
func (s *script) resetHeap() {
	if g, ok := s.mod.ExportedGlobal("heap").(api.MutableGlobal); ok {
		g.Set(heapAt)
	}
}

// write writes as the host allows, until all is written. It returns false, and the
// error-code's case, when the host takes no more.
func (s *script) write(stream uint64, data string) (bool, code) {
	s.Helper()
	for data != "" {
		s.block("[method]output-stream.subscribe", stream)
		s.ret("[method]output-stream.check-write", stream)
		if s.u8(0) != 0 {
			return false, s.streamError(8)
		}
		n := min(int(s.u64(8)), len(data), 64<<10)
		p, l := s.str(data[:n])
		s.ret("[method]output-stream.write", stream, p, l)
		if s.u8(0) != 0 {
			return false, s.streamError(4)
		}
		data = data[n:]
	}
	return true, 0
}

// finish drops the stream and finishes the body; trailers may be 0.
func (s *script) finish(body, stream, trailers uint64) (ok bool, c code) {
	s.Helper()
	s.call("[resource-drop]output-stream", stream)
	s.ret("[static]outgoing-body.finish", body, flag(trailers != 0), trailers)
	return s.u8(0) == 0, code(s.u8(8))
}

func (s *script) outStream(body uint64) uint64 {
	s.Helper()
	s.ret("[method]outgoing-body.write", body)
	return uint64(s.u32(4))
}

// wantNoHandles checks that everything was given back.
func (s *script) wantNoHandles() {
	s.Helper()
	if n := s.host.Handles(); n != 0 {
		s.Errorf("%d handles are left", n)
	}
}
