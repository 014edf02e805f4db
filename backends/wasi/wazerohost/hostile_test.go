// SPDX-License-Identifier: MIT

package wazerohost

import (
	"net/http"
	"strings"
	"testing"
)

const (
	outside = memSize     // the first address that is not there
	edge    = memSize - 2 // a short text fits, a result does not
	huge    = 1<<32 - 1   // the largest i32
	bad     = "guest's memory"
	unknown = "unknown handle"
	other   = "another resource type"
)

// TestTraps makes the mistakes of a broken or hostile guest. Each stops the guest, and none
// stops the host.
func TestTraps(t *testing.T) {
	s := newScript(t, nil)
	f := s.fields("a", "b")
	r := s.call("[constructor]outgoing-request", s.fields())
	o := s.call("[constructor]request-options")
	clock := s.call("subscribe-duration", 0)
	p, n := s.str("x")
	for _, c := range []struct {
		text, name string
		args       []uint64
	}{
		{unknown, "[resource-drop]fields", []uint64{0}},
		{unknown, "[resource-drop]fields", []uint64{1000}},
		{unknown, "[resource-drop]fields", []uint64{huge}},
		{other, "[resource-drop]fields", []uint64{o}},
		{other, "[resource-drop]pollable", []uint64{f}},
		{other, "[constructor]outgoing-request", []uint64{o}},
		{other, "handle", []uint64{f, 0, 0, retAt}},
		{other, "http-error-code", []uint64{f, retAt}},
		{bad, "[method]fields.append", []uint64{f, outside, 1, p, n, retAt}},
		{bad, "[method]fields.append", []uint64{f, p, n, p, huge, retAt}},
		{bad, "[method]fields.append", []uint64{f, huge, huge, p, n, retAt}},
		{bad, "[method]fields.append", []uint64{f, p, n, p, n, outside}},
		{bad, "[method]fields.append", []uint64{f, p, n, p, n, huge}},
		{bad, "[method]fields.entries", []uint64{f, edge}},
		{bad, "[method]fields.get", []uint64{f, p, n, edge}},
		{bad, "[method]fields.get", []uint64{f, p, huge, retAt}},
		{bad, "[method]fields.set", []uint64{f, p, n, p, huge, retAt}},
		{bad, "[method]fields.set", []uint64{f, p, n, outside - 8, 2, retAt}},
		{bad, "[static]fields.from-list", []uint64{p, huge, retAt}},
		{bad, "[static]fields.from-list", []uint64{outside - 16, 2, retAt}},
		{bad, "[method]outgoing-request.set-authority", []uint64{r, 1, outside, 1}},
		{bad, "[method]outgoing-request.set-path-with-query", []uint64{r, 1, p, huge}},
		{bad, "[method]outgoing-request.set-method", []uint64{r, 9, p, huge}},
		{"invalid method", "[method]outgoing-request.set-method", []uint64{r, 10, p, n}},
		{bad, "[method]outgoing-request.body", []uint64{r, edge}},
		{bad, "poll", []uint64{outside, 1, retAt}},
		{"without pollables", "poll", []uint64{p, 0, retAt}},
		{"more pollables", "poll", []uint64{p, huge, retAt}},
	} {
		s.trap(c.text, c.name, c.args...)
	}
	// Trapped calls have taken nothing of what they were given, and the host goes on.
	for name, h := range map[string]uint64{
		"fields": f, "request-options": o, "pollable": clock,
	} {
		s.call("[resource-drop]"+name, h)
		s.trap(unknown, "[resource-drop]"+name, h)
	}
}

func TestRealloc(t *testing.T) {
	for kind, text := range map[int]string{
		reallocNone:   "exports no cabi_realloc",
		reallocNull:   "gave no memory",
		reallocFar:    bad,
		reallocOdd:    "gave no memory",
		reallocReturn: "during another one",
	} {
		rt := newRuntime(t)
		s := runScript(t, rt, newHost(t, rt, nil), kind)
		f := s.fields("a", "b")
		s.trap(text, "[method]fields.entries", f, retAt)
		// The next call is right again.
		s.call("[resource-drop]fields", f)
	}
	rt := newRuntime(t)
	s := runScript(t, rt, newHost(t, rt, nil), noMemory)
	s.trap("no memory", "[method]fields.append", s.call("[constructor]fields"), 0, 0, 0, 0, 0)
}

func TestLimits(t *testing.T) {
	const exchanges = 3
	gate := make(chan struct{})
	config := &Config{
		Limits: Limits{Handles: 40, Exchanges: exchanges, HeaderBytes: 1000, BufferBytes: 4 << 10},
		RoundTripper: roundTripFunc(func(req *http.Request) (*http.Response, error) {
			select {
			case <-gate:
			case <-req.Context().Done():
				return nil, req.Context().Err()
			}
			h := http.Header{"X": {strings.Repeat("x", 2000)}}
			return &http.Response{StatusCode: 200, Header: h, Body: http.NoBody}, nil
		}),
	}
	s := newScript(t, config)
	var futures []uint64
	for range exchanges {
		f, _, _ := s.send(message{}.to("http://127.0.0.1"))
		futures = append(futures, f)
	}
	if f, c, _ := s.send(message{}.to("http://127.0.0.1")); f != 0 || c != codeConnectionLimitReached {
		t.Errorf("one exchange too many: future %d, error-code %d", f, c)
	}
	s.call("[resource-drop]future-incoming-response", futures[0])
	futures[0], _, _ = s.send(message{}.to("http://127.0.0.1"))
	close(gate)
	for _, f := range futures {
		if _, c := s.answer(f); c != codeResponseHeaderSize {
			t.Errorf("a header over the limit: error-code %d", c)
		}
	}
	s.wantNoHandles()

	f := s.fields()
	for range 10 { // takes what is too much, but does not keep it
		s.appendField(f, "name", strings.Repeat("v", 900))
	}
	if list := get[*fields](s.host.guests[s.mod], f).list; len(list) != 1 {
		t.Errorf("%d fields were kept", len(list))
	}
	s.call("[resource-drop]fields", f)
	if _, c, _ := s.send(message{header: []string{"a", strings.Repeat("v", 900), "b", strings.Repeat("v", 900)}}.to("http://127.0.0.1")); c != codeRequestHeaderSize {
		t.Errorf("a request's header over the limit: error-code %d", c)
	}

	fut, _, body := s.send(message{method: "PUT", body: true}.to("http://127.0.0.1"))
	out := s.outStream(body)
	s.ret("[method]output-stream.check-write", out)
	if n := s.u64(8); n > 4<<10 {
		t.Errorf("check-write grants %d", n)
	}
	p, _ := s.str(strings.Repeat("x", 5<<10))
	s.trap("beyond what check-write granted", "[method]output-stream.write", out, p, 4<<10+1, retAt)
	s.trap("beyond what check-write granted", "[method]output-stream.write-zeroes", out, 1<<60, retAt)
	s.trap("more than 4096", "[method]output-stream.blocking-write-and-flush", out, p, 4097, retAt)
	s.trap("more than 4096", "[method]output-stream.blocking-write-zeroes-and-flush", out, 1<<60, retAt)
	s.call("[resource-drop]output-stream", out)
	s.call("[resource-drop]outgoing-body", body)
	s.call("[resource-drop]future-incoming-response", fut)
	s.wantNoHandles()

	for range 40 {
		s.call("[constructor]fields")
	}
	s.trap("too many handles", "[constructor]fields")
}

// TestHeadersRefused checks that the fields of the connection cannot be set.
func TestHeadersRefused(t *testing.T) {
	s := newScript(t, nil)
	f := s.fields()
	for _, name := range append([]string{"hOST", "connection"}, forbidden...) {
		if code := s.appendField(f, name, "x"); code != fieldForbidden {
			t.Errorf("%s: header-error %d", name, code)
		}
	}
	for name, value := range map[string]string{"": "x", "a b": "x", "a:": "x", "ä": "x", "a": "x\r\ny", "b": "x\x00", "c": "\x7f"} {
		if code := s.appendField(f, name, value); code != fieldInvalid {
			t.Errorf("%q: %q: header-error %d", name, value, code)
		}
	}
	if n := len(get[*fields](s.host.guests[s.mod], f).list); n != 0 {
		t.Errorf("%d fields were kept", n)
	}
	r := s.call("[constructor]outgoing-request", f)
	for _, text := range []string{"a b", "user@a", "a:b", "[::1", ""} {
		p, n := s.str(text)
		if s.call("[method]outgoing-request.set-authority", r, 1, p, n) != 1 {
			t.Errorf("authority %q was taken", text)
		}
	}
	for _, text := range []string{"x", "/a b", "/a\r\nHost: b", "/#f", "http://other/", "/%zz"} {
		p, n := s.str(text)
		if s.call("[method]outgoing-request.set-path-with-query", r, 1, p, n) != 1 {
			t.Errorf("path %q was taken", text)
		}
	}
	for _, text := range []string{"", "GE T", "G\n"} {
		p, n := s.str(text)
		if s.call("[method]outgoing-request.set-method", r, 9, p, n) != 1 {
			t.Errorf("method %q was taken", text)
		}
	}
	if s.call("[method]outgoing-request.set-scheme", r, 1, 2, 0, 0) != 1 {
		t.Error("a scheme other than http and https was taken")
	}
	for method, want := range map[string]code{"CONNECT": codeRequestMethodInvalid} {
		if _, c, _ := s.send(message{method: method}.to("http://127.0.0.1")); c != want {
			t.Errorf("%s: error-code %d", method, c)
		}
	}
	if _, c, _ := s.send(message{header: []string{"Content-Length", "5"}}.to("http://127.0.0.1")); c != codeRequestBodySize {
		t.Errorf("a length without a body: error-code %d", c)
	}
	if _, c, _ := s.send(message{header: []string{"Content-Length", "x"}}.to("http://127.0.0.1")); c != codeRequestBodySize {
		t.Errorf("a length that is none: error-code %d", c)
	}
}

func TestFields(t *testing.T) {
	s := newScript(t, nil)
	f := s.fields("Accept", "a", "accept", "b", "Other", "c")
	if got := strings.Join(s.getField(f, "ACCEPT"), ","); got != "a,b" {
		t.Errorf("get: %q", got)
	}
	clone := s.call("[method]fields.clone", f)
	p, n := s.str("accept")
	s.ret("[method]fields.delete", f, p, n)
	if s.call("[method]fields.has", f, p, n) != 0 || s.call("[method]fields.has", clone, p, n) != 1 {
		t.Error("delete or clone is wrong")
	}
	// set takes a list of values.
	v, l := s.str("new")
	s.mod.Memory().WriteUint32Le(textAt-64, uint32(v))
	s.mod.Memory().WriteUint32Le(textAt-60, uint32(l))
	s.ret("[method]fields.set", clone, p, n, textAt-64, 1)
	if got := strings.Join(s.getField(clone, "accept"), ","); s.u8(0) != 0 && got != "new" {
		t.Errorf("set: %q", got)
	}
	// from-list takes pairs.
	for i, x := range []uint64{p, n, v, l} {
		s.mod.Memory().WriteUint32Le(textAt-64+4*uint32(i), uint32(x))
	}
	s.ret("[static]fields.from-list", textAt-64, 1)
	made := uint64(s.u32(4))
	if got := strings.Join(s.getField(made, "accept"), ","); got != "new" {
		t.Errorf("from-list: %q", got)
	}
	for _, h := range []uint64{f, clone, made} {
		s.call("[resource-drop]fields", h)
	}
	s.wantNoHandles()
}
