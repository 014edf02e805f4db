// SPDX-License-Identifier: MIT

package wazerohost

import (
	"slices"
	"strings"

	"github.com/tetratelabs/wazero/api"
)

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
	r, body := s.request(m)
	future, c = s.handle(r, m)
	return future, c, body
}

// request makes the outgoing-request of a message, and its outgoing-body if it has one.
func (s *script) request(m message) (r, body uint64) {
	s.Helper()
	r = s.call("[constructor]outgoing-request", s.fields(m.header...))
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
	return r, body
}

// handle hands a request to the host. It returns the future, or 0 and the error-code's case.
func (s *script) handle(r uint64, m message) (future uint64, c code) {
	s.Helper()
	o := s.call("[constructor]request-options")
	for name, ns := range map[string]uint64{
		"connect-timeout": m.connect, "first-byte-timeout": m.firstByte, "between-bytes-timeout": m.between,
	} {
		s.call("[method]request-options.set-"+name, o, flag(ns > 0), ns)
	}
	s.ret("handle", r, 1, o)
	if s.u8(0) != 0 {
		return 0, code(s.u8(8))
	}
	return uint64(s.u32(8)), 0
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
