// SPDX-License-Identifier: MIT

package wazerohost

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// countingBody is a body without an end that counts what was read of it.
type countingBody struct {
	read   atomic.Int64
	closed atomic.Bool
}

func (b *countingBody) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, errors.New("closed")
	}
	b.read.Add(int64(len(p)))
	return len(p), nil
}

func (b *countingBody) Close() error { b.closed.Store(true); return nil }

// TestBackpressure checks that the host reads ahead of the guest by one buffer, and no more.
func TestBackpressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const buffer = 16 << 10
		src := new(countingBody)
		s := newScript(t, &Config{RoundTripper: respond(src), Limits: Limits{BufferBytes: buffer}})
		body, stream := s.open(s.response(message{}.to("http://127.0.0.1")))
		synctest.Wait()
		if n := src.read.Load(); n != buffer {
			t.Errorf("%d bytes were read ahead, want %d", n, buffer)
		}
		total := int64(0)
		for range 100 {
			data, _, _ := s.read(stream, 5000)
			total += int64(len(data))
			synctest.Wait()
			if n := src.read.Load(); n > total+buffer {
				t.Fatalf("%d bytes were read with %d taken", n, total)
			}
		}
		s.call("[resource-drop]input-stream", stream)
		s.call("[resource-drop]incoming-body", body)
		synctest.Wait()
		if !src.closed.Load() {
			t.Error("the body was not closed")
		}
		s.wantNoHandles()
	})
}

func TestUpload(t *testing.T) {
	type seen struct {
		length int64
		body   string
		err    error
	}
	result := make(chan seen, 1)
	first := make(chan struct{}, 1)
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		got := seen{length: r.ContentLength}
		buf := make([]byte, 1)
		n, err := r.Body.Read(buf)
		if n > 0 {
			first <- struct{}{}
		}
		var rest []byte
		if err == nil {
			rest, err = io.ReadAll(r.Body)
		}
		got.body, got.err = string(buf[:n])+string(rest), err
		result <- got
	})
	large := strings.Repeat("0123456789", 100_000)
	for _, c := range []struct {
		name, length, data string
		want               int64
	}{
		{"unknown length", "", large, -1},
		{"known length", "1000000", large, 1000000},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(t, nil)
			m := message{method: "PUT", body: true}
			if c.length != "" {
				m.header = []string{"content-length", c.length}
			}
			f, _, body := s.send(m.to(srv.URL))
			out := s.outStream(body)
			s.trap("before its children", "[resource-drop]outgoing-body", body)
			if ok, code := s.write(out, c.data[:100_000]); !ok {
				t.Fatalf("write: %d", code)
			}
			<-first // while the rest does not exist
			if ok, code := s.write(out, c.data[100_000:]); !ok {
				t.Fatalf("write: %d", code)
			}
			s.ret("[method]output-stream.flush", out)
			if ok, code := s.finish(body, out, 0); !ok {
				t.Errorf("finish: %d", code)
			}
			if got := <-result; got.length != c.want || got.body != c.data || got.err != nil {
				t.Errorf("length %d, %d bytes, %v", got.length, len(got.body), got.err)
			}
			resp, _ := s.answer(f)
			s.readAll(resp)
			s.wantNoHandles()
		})
	}
	for name, end := range map[string]func(s *script, body, out uint64){
		"finished early": func(s *script, body, out uint64) {
			if ok, c := s.finish(body, out, 0); ok || c != codeRequestBodySize || s.u64(24) != 100_000 {
				s.Errorf("finish: %v, %d, size %d", ok, c, s.u64(24))
			}
		},
		"too long": func(s *script, body, out uint64) {
			if ok, c := s.write(out, large[:100_001]); ok || c != codeRequestBodySize {
				s.Errorf("write: %v, %d", ok, c)
			}
			s.finish(body, out, 0)
		},
		"dropped": func(s *script, body, out uint64) {
			s.call("[resource-drop]output-stream", out)
			s.call("[resource-drop]outgoing-body", body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, nil)
			f, _, body := s.send(message{method: "PUT", body: true, header: []string{"Content-Length", "200000"}}.to(srv.URL))
			out := s.outStream(body)
			s.write(out, large[:100_000])
			<-first
			end(s, body, out)
			if resp, c := s.answer(f); resp != 0 {
				t.Errorf("there is a response")
			} else if name != "dropped" && c != codeRequestBodySize {
				t.Errorf("error-code %d", c)
			}
			s.wantNoHandles()
			if got := <-result; got.err == nil {
				t.Error("the server got a complete message")
			}
		})
	}
}

func TestTrailers(t *testing.T) {
	trailer := make(chan http.Header, 1)
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		trailer <- r.Trailer
		w.Header().Set("Trailer", "X-Sum, X-None")
		io.WriteString(w, strings.Repeat("z", 400_000))
		w.Header().Set("X-Sum", "42")
	})
	s := newScript(t, nil)
	f, _, body := s.send(message{method: "POST", body: true, header: []string{"trailer", "x-sent, x-other"}}.to(srv.URL))
	out := s.outStream(body)
	s.write(out, "data")
	if ok, c := s.finish(body, out, s.fields("x-sent", "7")); !ok {
		t.Errorf("finish: %d", c)
	}
	if got := <-trailer; got.Get("X-Sent") != "7" {
		t.Errorf("the server has the trailers %v", got)
	}
	resp, _ := s.answer(f)
	h := s.call("[method]incoming-response.headers", resp)
	if got := s.getField(h, "trailer"); !slices.Equal(got, []string{"X-None, X-Sum"}) {
		t.Errorf("announced: %q", got)
	}
	s.call("[resource-drop]fields", h)
	in, stream := s.open(resp)
	s.trap("before its children", "[static]incoming-body.finish", in)
	s.call("[resource-drop]input-stream", stream) // without having read all: the rest is passed over
	future := s.call("[static]incoming-body.finish", in)
	s.block("[method]future-trailers.subscribe", future)
	s.ret("[method]future-trailers.get", future)
	if s.u8(0) != 1 || s.u8(8) != 0 || s.u8(16) != 0 || s.u8(24) != 1 {
		t.Fatalf("no trailers: %d %d %d %d", s.u8(0), s.u8(8), s.u8(16), s.u8(24))
	}
	fs := uint64(s.u32(28))
	if got := s.getField(fs, "x-sum"); !slices.Equal(got, []string{"42"}) {
		t.Errorf("trailer %q", got)
	}
	s.call("[resource-drop]fields", fs)
	s.ret("[method]future-trailers.get", future)
	if s.u8(8) != 1 {
		t.Error("the trailers can be had twice")
	}
	s.call("[resource-drop]future-trailers", future)
	s.wantNoHandles()
}

// TestStreams has the functions of wasi:io that Go guests do not use.
func TestStreams(t *testing.T) {
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		w.Write(data)
	})
	s := newScript(t, nil)
	post := func() (f, body, out uint64) {
		f, _, body = s.send(message{method: "POST", body: true}.to(srv.URL))
		return f, body, s.outStream(body)
	}
	f, body, out := post()
	p, n := s.str("abcdef")
	s.ret("[method]output-stream.blocking-write-and-flush", out, p, n)
	s.ret("[method]output-stream.write-zeroes", out, 3)
	s.ret("[method]output-stream.blocking-write-zeroes-and-flush", out, 2)
	s.ret("[method]output-stream.blocking-flush", out)
	s.finish(body, out, 0)
	resp, _ := s.answer(f)
	in, stream := s.open(resp)
	s.ret("[method]input-stream.blocking-read", stream, 2)
	if got := s.text(s.u32(4), s.u32(8)); got != "ab" {
		t.Errorf("blocking-read: %q", got)
	}
	s.ret("[method]input-stream.blocking-skip", stream, 1)
	if s.u64(8) != 1 {
		t.Errorf("blocking-skip: %d", s.u64(8))
	}
	s.ret("[method]input-stream.read", stream, 0)
	if s.u8(0) != 0 || s.u32(8) != 0 {
		t.Error("a read of nothing is not empty")
	}

	// What is left goes into another request.
	f2, body2, out2 := post()
	s.ret("[method]output-stream.blocking-splice", out2, stream, 100)
	if s.u64(8) != 8 {
		t.Errorf("blocking-splice: %d", s.u64(8))
	}
	s.block("[method]input-stream.subscribe", stream)
	s.ret("[method]output-stream.splice", out2, stream, 100)
	if s.u8(0) != 1 || s.u8(8) != 1 {
		t.Error("splice at the end is not closed")
	}
	s.ret("[method]input-stream.skip", stream, 5)
	if s.u8(0) != 1 || s.u8(8) != 1 {
		t.Error("skip at the end is not closed")
	}
	s.call("[resource-drop]input-stream", stream)
	s.call("[resource-drop]incoming-body", in)
	s.finish(body2, out2, 0)
	resp, _ = s.answer(f2)
	if data, _ := s.readAll(resp); !bytes.Equal([]byte(data), []byte("def\x00\x00\x00\x00\x00")) {
		t.Errorf("%q", data)
	}
	s.wantNoHandles()
}
