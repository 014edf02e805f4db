// SPDX-License-Identifier: MIT

package wazerohost

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestTextLimit checks that a request keeps no text that is longer than HeaderBytes.
func TestTextLimit(t *testing.T) {
	const limit = 1000
	s := newScript(t, &Config{Limits: Limits{HeaderBytes: limit}})
	r := s.call("[constructor]outgoing-request", s.fields())
	for _, c := range []struct {
		name  string
		disc  uint64
		first string
		kept  func(*request) string
	}{
		{"set-method", uint64(len(methods)), "M", func(r *request) string { return r.method }},
		{"set-path-with-query", 1, "/", func(r *request) string { return r.path }},
		{"set-authority", 1, "a", func(r *request) string { return r.authority }},
	} {
		set := func(text string) bool {
			p, n := s.str(text)
			return s.call("[method]outgoing-request."+c.name, r, c.disc, p, n) == 0
		}
		longest := c.first + strings.Repeat("x", limit-1)
		if !set(longest) {
			t.Errorf("%s refused %d bytes", c.name, limit)
		}
		if set(longest+"x") || set(strings.Repeat(longest, 100)) {
			t.Errorf("%s took more than %d bytes", c.name, limit)
		}
		if kept := c.kept(get[*request](s.host.guests[s.mod], r)); kept != longest {
			t.Errorf("%s: %d bytes are kept", c.name, len(kept))
		}
	}
	s.call("[resource-drop]outgoing-request", r)
	s.wantNoHandles()
}

// TestWriteBeforeHandle checks that a body can be begun before its request is handed over, and
// that it takes no buffer of an exchange until then.
func TestWriteBeforeHandle(t *testing.T) {
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		w.Write(data)
	})
	large := strings.Repeat("0123456789", 20_000)
	for _, parts := range [][]int{{}, {1}, {999, 1, 1000}, {earlyBytes}, {1, earlyBytes - 1}} {
		s := newScript(t, nil)
		m := message{method: "POST", body: true}.to(srv.URL)
		r, body := s.request(m)
		out := s.outStream(body)
		up := get[*outputStream](s.host.guests[s.mod], out).upload
		room := func() int {
			s.ret("[method]output-stream.check-write", out)
			return int(s.u64(8))
		}
		sent := 0
		for _, n := range parts {
			if got := room(); got != earlyBytes-sent {
				t.Errorf("%v: check-write grants %d after %d", parts, got, sent)
			}
			s.write(out, large[sent:sent+n])
			sent += n
		}
		if up.buf.buf != nil || cap(up.early) > earlyBytes {
			t.Errorf("%v: a buffer of %d or %d bytes is there", parts, len(up.buf.buf), cap(up.early))
		}
		if got := room(); got != earlyBytes-sent {
			t.Errorf("%v: check-write grants %d after %d", parts, got, sent)
		}
		p, n := s.str(large[:earlyBytes-sent+1])
		s.trap("beyond what check-write granted", "[method]output-stream.write", out, p, n, retAt)
		s.trap("beyond what check-write granted", "[method]output-stream.write-zeroes", out, n, retAt)
		pollable := s.call("[method]output-stream.subscribe", out)
		if ready := s.call("[method]pollable.ready", pollable) == 1; ready != (sent < earlyBytes) {
			t.Errorf("%v: the stream is ready: %v", parts, ready)
		}
		s.call("[resource-drop]pollable", pollable)

		f, c := s.handle(r, m)
		if f == 0 {
			t.Fatalf("refused with %d", c)
		}
		if got := room(); got < defaultBufferBytes-sent {
			t.Errorf("%v: after handle check-write grants %d", parts, got)
		}
		if ok, c := s.write(out, large[sent:]); !ok {
			t.Errorf("%v: write: %d", parts, c)
		}
		if ok, c := s.finish(body, out, 0); !ok {
			t.Errorf("%v: finish: %d", parts, c)
		}
		resp, _ := s.answer(f)
		if data, c := s.readAll(resp); data != large {
			t.Errorf("%v: %d bytes came back, error-code %d", parts, len(data), c)
		}
		s.wantNoHandles()
	}
}

// TestFinishBeforeHandle has bodies that are complete, or given up, before their request is
// handed over.
func TestFinishBeforeHandle(t *testing.T) {
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		io.WriteString(w, string(data)+r.Trailer.Get("X-Sum"))
	})
	s := newScript(t, nil)
	m := message{method: "POST", body: true, header: []string{"trailer", "x-sum"}}.to(srv.URL)
	r, body := s.request(m)
	out := s.outStream(body)
	s.write(out, "complete")
	if ok, c := s.finish(body, out, s.fields("x-sum", ", with a trailer")); !ok {
		t.Errorf("finish: %d", c)
	}
	f, _ := s.handle(r, m)
	resp, _ := s.answer(f)
	if data, c := s.readAll(resp); data != "complete, with a trailer" {
		t.Errorf("%q came back, error-code %d", data, c)
	}
	s.wantNoHandles()

	r, body = s.request(m)
	up := get[*outgoingBody](s.host.guests[s.mod], body).up
	out = s.outStream(body)
	s.write(out, "part")
	s.call("[resource-drop]output-stream", out)
	s.call("[resource-drop]outgoing-body", body)
	if up.early != nil || up.buf.buf != nil {
		t.Error("a body that was dropped keeps what was written")
	}
	if f, _ = s.handle(r, m); f != 0 {
		if resp, _ := s.answer(f); resp != 0 {
			t.Error("a body that was dropped was sent")
		}
	}
	s.wantNoHandles()

	// A request that is refused keeps nothing either.
	refused := m
	refused.authority = "example.com"
	r, body = s.request(refused)
	up = get[*outgoingBody](s.host.guests[s.mod], body).up
	out = s.outStream(body)
	s.write(out, "part")
	if f, c := s.handle(r, refused); f != 0 || c != codeRequestDenied {
		t.Errorf("future %d, error-code %d", f, c)
	}
	if up.early != nil || up.buf.buf != nil {
		t.Error("the body of a refused request keeps what was written")
	}
	s.call("[resource-drop]output-stream", out)
	s.call("[resource-drop]outgoing-body", body)
	s.wantNoHandles()
}

// TestLengthBeforeHandle has bodies that are begun, or complete, with another length than the
// request's fields say. Nothing of them is sent.
func TestLengthBeforeHandle(t *testing.T) {
	srv := newServer(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	s := newScript(t, nil)
	for _, c := range []struct {
		length, data string
		finished     bool
	}{
		{"0", "a", false}, {"0", "a", true}, {"3", "abcd", false}, {"3", "abcd", true}, {"5", "abcd", true}, {"1", "", true},
	} {
		m := message{method: "POST", body: true, header: []string{"content-length", c.length}}.to(srv.URL)
		r, body := s.request(m)
		out := s.outStream(body)
		s.write(out, c.data)
		if c.finished {
			s.finish(body, out, 0)
		}
		f, got := s.handle(r, m)
		if f != 0 || got != codeRequestBodySize || s.u64(24) != uint64(len(c.data)) {
			t.Errorf("%+v: future %d, error-code %d, size %d", c, f, got, s.u64(24))
		}
		if f != 0 {
			s.call("[resource-drop]future-incoming-response", f)
		}
		if !c.finished {
			s.call("[resource-drop]output-stream", out)
			s.call("[resource-drop]outgoing-body", body)
		}
		s.wantNoHandles()
	}
}

// TestBufferOfEnded checks that no handle keeps the buffer of an exchange that has failed, also
// when nobody has read what was in it.
func TestBufferOfEnded(t *testing.T) {
	s := newScript(t, &Config{Fault: func(*http.Request) *ErrorCode { return &ErrorCode{Case: "connection-refused"} }})
	for name, header := range map[string][]string{"complete": nil, "too short": {"content-length", "9"}, "too long": {"content-length", "3"}} {
		m := message{method: "POST", body: true, header: header}.to("http://127.0.0.1")
		r, body := s.request(m)
		f, _ := s.handle(r, m)
		out := s.outStream(body)
		up := get[*outputStream](s.host.guests[s.mod], out).upload
		s.write(out, "dat")
		s.write(out, "a")
		s.finish(body, out, 0)
		s.answer(f)
		if up.buf.buf != nil {
			t.Errorf("%s: a buffer of %d bytes is left", name, len(up.buf.buf))
		}
		s.wantNoHandles()
	}
}

// TestEndedExchange checks that a response that is kept after its body was dropped, and a future
// that is kept after its answer was taken, have nothing of the exchange any more.
func TestEndedExchange(t *testing.T) {
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		w.Write(data)
	})
	s := newScript(t, nil)
	f, _, body := s.send(message{method: "POST", body: true}.to(srv.URL))
	out := s.outStream(body)
	s.write(out, "data")
	s.finish(body, out, 0)
	s.block("[method]future-incoming-response.subscribe", f)
	s.ret("[method]future-incoming-response.get", f)
	resp := uint64(s.u32(24))
	s.ret("[method]incoming-response.consume", resp)
	in := uint64(s.u32(4))
	x := get[*response](s.host.guests[s.mod], resp).x
	if x.resp == nil || x.up == nil {
		t.Error("the exchange has nothing while it is going")
	}
	s.call("[resource-drop]incoming-body", in)
	if x.resp != nil || x.down != nil || x.up != nil {
		t.Errorf("the exchange has kept %v, %v, %v", x.resp, x.down, x.up)
	}
	h := s.call("[method]incoming-response.headers", resp)
	if got := s.getField(h, "content-length"); len(got) != 1 || got[0] != "4" {
		t.Errorf("the fields of the response are gone: %q", got)
	}
	s.call("[resource-drop]fields", h)
	s.call("[resource-drop]incoming-response", resp)
	s.call("[resource-drop]future-incoming-response", f)
	s.wantNoHandles()
}
