// SPDX-License-Identifier: MIT

package wazerohost

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func newServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that go away are the point
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

func TestClosedByDefault(t *testing.T) {
	var requests atomic.Int32
	srv := newServer(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	for name, config := range map[string]*Config{
		"nil":    nil,
		"zero":   {},
		"others": {Grants: mustGrants(t, "https://127.0.0.1:*", "http://127.0.0.1:1", "http://127.0.0.2:*", "http://localhost:*", "POST http://127.0.0.1:*")},
		"own": {RoundTripper: roundTripFunc(func(*http.Request) (*http.Response, error) {
			requests.Add(1)
			return nil, errors.New("should not have been asked")
		})},
	} {
		rt := newRuntime(t)
		s := runScript(t, rt, newHost(t, rt, config), reallocBump)
		future, c, body := s.send(message{body: true}.to(srv.URL))
		if future != 0 || c != codeRequestDenied {
			t.Errorf("%s: future %d, error-code %d", name, future, c)
		}
		s.call("[resource-drop]outgoing-body", body)
		s.wantNoHandles()
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestRequest checks what reaches the server, and what comes back.
func TestRequest(t *testing.T) {
	seen := make(chan *http.Request, 1)
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
		w.Header().Set("Keep-Alive", "hidden")
		w.WriteHeader(299)
		io.WriteString(w, "hello")
	})
	s := newScript(t, nil)
	m := message{method: "GET", path: "//a/../b%2Fc?q=%20&r", header: []string{"x-lower", "1", "X-Two", "a", "X-Two", "b\xff"}}
	resp := s.response(m.to(srv.URL))
	if status := s.call("[method]incoming-response.status", resp); status != 299 {
		t.Errorf("status %d", status)
	}
	f := s.call("[method]incoming-response.headers", resp)
	s.trap("before its children", "[resource-drop]incoming-response", resp)
	if got := s.getField(f, "set-cookie"); !slices.Equal(got, []string{"a=1", "b=2"}) {
		t.Errorf("Set-Cookie %q", got)
	}
	if got := s.getField(f, "Keep-Alive"); got != nil {
		t.Errorf("Keep-Alive %q is visible", got)
	}
	if code := s.appendField(f, "x", "y"); code != fieldImmutable {
		t.Errorf("a response's fields can be changed: %d", code)
	}
	s.call("[resource-drop]fields", f)
	if data, c := s.readAll(resp); data != "hello" || c != 0 {
		t.Errorf("body %q, %d", data, c)
	}
	s.wantNoHandles()

	r := <-seen
	if r.RequestURI != m.path {
		t.Errorf("target %q", r.RequestURI)
	}
	if got := r.Header.Values("X-Two"); !slices.Equal(got, []string{"a", "b\xff"}) || r.Header.Get("X-Lower") != "1" {
		t.Errorf("header %q", r.Header)
	}
	for _, name := range []string{"User-Agent", "Accept-Encoding"} {
		if got, ok := r.Header[name]; ok {
			t.Errorf("%s %q that the guest did not send", name, got)
		}
	}
}

func (s *script) getField(f uint64, name string) (values []string) {
	s.Helper()
	p, n := s.str(name)
	s.ret("[method]fields.get", f, p, n)
	ptr, count := s.u32(0), s.u32(4)
	for i := range count {
		at, _ := s.mod.Memory().ReadUint32Le(ptr + 8*i)
		l, _ := s.mod.Memory().ReadUint32Le(ptr + 8*i + 4)
		values = append(values, s.text(at, l))
	}
	return values
}

// TestRedirect checks that the host does not follow: a hop is the guest's, and is checked.
func TestRedirect(t *testing.T) {
	var reached atomic.Bool
	target := newServer(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	srv := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, http.StatusFound) })
	s := newScript(t, &Config{Grants: mustGrants(t, srv.URL)})
	resp := s.response(message{}.to(srv.URL))
	if status := s.call("[method]incoming-response.status", resp); status != 302 {
		t.Errorf("status %d", status)
	}
	s.readAll(resp)
	if _, c, _ := s.send(message{}.to(target.URL)); c != codeRequestDenied {
		t.Errorf("the hop: error-code %d", c)
	}
	if reached.Load() {
		t.Error("the target was reached")
	}
	s.wantNoHandles()
}

// TestResolvedAddress checks that the records of a granted name do not widen the grant.
func TestResolvedAddress(t *testing.T) {
	var reached atomic.Bool
	srv := newServer(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	useNameServer(t, map[string][4]byte{"rebound.example.": {127, 0, 0, 1}})
	s := newScript(t, &Config{Grants: mustGrants(t, "http://rebound.example:*", "http://absent.example")})
	for host, want := range map[string]code{"rebound.example:" + port: codeIPProhibited, "absent.example": codeDNSError} {
		f, c, _ := s.send(message{}.to("http://" + host))
		if f != 0 {
			_, c = s.answer(f)
		}
		if c != want {
			t.Errorf("%s: error-code %d, want %d", host, c, want)
		}
	}
	if reached.Load() {
		t.Error("the server was reached")
	}
	s.wantNoHandles()
}

// useNameServer makes the process ask a DNS server that knows the given names.
func useNameServer(t *testing.T, names map[string][4]byte) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	old := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = old; conn.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			conn.WriteTo(answerDNS(buf[:n], names), from)
		}
	}()
}

// answerDNS answers a query with one question: RFC 1035 section 4.
func answerDNS(query []byte, names map[string][4]byte) []byte {
	name, i := "", 12
	for i < len(query) && query[i] != 0 {
		name += string(query[i+1:i+1+int(query[i])]) + "."
		i += 1 + int(query[i])
	}
	question := query[12 : i+5]
	isA := question[len(question)-3] == 1
	addr, known := names[name]
	reply := slices.Concat(query[:2], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question)
	switch {
	case !known:
		reply[3] |= 3 // NXDOMAIN
	case isA:
		reply[7] = 1
		reply = slices.Concat(reply, []byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4}, addr[:])
	}
	return reply
}

// rawServer answers each connection with bytes of its own.
func rawServer(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					io.WriteString(conn, answer)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func TestErrorCodes(t *testing.T) {
	srv := newServer(t, func(http.ResponseWriter, *http.Request) {})
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	dead := rawServer(t, "")
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name, url string
		want      code
	}{
		{"refused", "http://127.0.0.1:1", codeConnectionRefused},
		{"no answer", dead, codeConnectionTerminated},
		{"garbage", rawServer(t, "what?\r\n\r\n"), codeProtocol},
		{"bad field", rawServer(t, ok+"no colon\r\n\r\n"), codeProtocol},
		{"upgrade", rawServer(t, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), codeUpgradeFailed},
		{"large header", rawServer(t, ok+"X: "+strings.Repeat("x", 2<<20)+"\r\n\r\n"), codeResponseHeaderSize},
		{"plain port", "https://" + strings.TrimPrefix(srv.URL, "http://"), codeTLSProtocol},
		{"certificate", secure.URL, codeTLSCertificate},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScript(t, nil)
			f, got, _ := s.send(message{}.to(c.url))
			if f != 0 {
				_, got = s.answer(f)
			}
			if got != c.want {
				t.Errorf("error-code %d, want %d", got, c.want)
			}
			s.wantNoHandles()
		})
	}
	for name, body := range map[string]string{
		"length": ok + "Content-Length: 1000\r\n\r\nabc",
		"chunks": ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
	} {
		t.Run("truncated "+name, func(t *testing.T) {
			s := newScript(t, nil)
			if data, c := s.readAll(s.response(message{}.to(rawServer(t, body)))); data != "abc" || c != codeResponseIncomplete {
				t.Errorf("%q, error-code %d", data, c)
			}
			s.wantNoHandles()
		})
	}
}

// TestClassify has what a test cannot provoke on a loopback connection.
func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err  error
		want code
	}{
		{&net.DNSError{IsTimeout: true}, codeDNSTimeout},
		{&net.DNSError{}, codeDNSError},
		{&net.OpError{Op: "dial", Err: context.DeadlineExceeded}, codeConnectionTimeout},
		{fmt.Errorf("remote error: %w", tls.AlertError(40)), codeTLSAlert},
		{errors.New("net/http: TLS handshake timeout"), codeConnectionTimeout},
		{errors.New("http2: something"), codeProtocol},
		{errors.New("else"), codeInternal},
		{io.ErrUnexpectedEOF, codeConnectionTerminated},
		{context.DeadlineExceeded, codeConnectionReadTimeout},
	} {
		if got := classify(c.err, nil); got.code != c.want {
			t.Errorf("%v: error-code %d, want %d", c.err, got.code, c.want)
		}
	}
}

// TestPhaseTimeouts runs on a clock of its own.
func TestPhaseTimeouts(t *testing.T) {
	for _, c := range []struct {
		name    string
		message message
		rt      roundTripFunc
		want    code
	}{
		{"connect", message{connect: 5e9}, func(req *http.Request) (*http.Response, error) {
			tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}
			defer tr.CloseIdleConnections() // also ends the dial
			return tr.RoundTrip(req)
		}, codeConnectionTimeout},
		{"first byte", message{connect: 5e9, firstByte: 7e9}, func(req *http.Request) (*http.Response, error) {
			here, there := net.Pipe()
			go io.Copy(io.Discard, there)
			tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return here, nil }}
			defer there.Close()
			return tr.RoundTrip(req)
		}, codeResponseTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, &Config{RoundTripper: c.rt})
				start := time.Now()
				f, _, _ := s.send(c.message.to("http://127.0.0.1"))
				if _, got := s.answer(f); got != c.want {
					t.Errorf("error-code %d, want %d", got, c.want)
				}
				if d := time.Since(start); d != time.Duration(max(c.message.firstByte, 5e9)) {
					t.Errorf("after %v", d)
				}
				s.wantNoHandles()
			})
		})
	}
	t.Run("between bytes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			s := newScript(t, &Config{RoundTripper: respond(&untilCanceled{r: r})})
			resp := s.response(message{between: 3e9}.to("http://127.0.0.1"))
			body, stream := s.open(resp)
			for range 5 { // slower than the limit in all, but never between two
				time.Sleep(2 * time.Second)
				w.Write([]byte("x"))
				if data, _, _ := s.read(stream, 10); data != "x" {
					t.Fatalf("read %q", data)
				}
			}
			start := time.Now()
			if _, _, c := s.read(stream, 10); c != codeConnectionReadTimeout || time.Since(start) != 3*time.Second {
				t.Errorf("error-code %d after %v", c, time.Since(start))
			}
			s.call("[resource-drop]input-stream", stream)
			s.call("[resource-drop]incoming-body", body)
			s.wantNoHandles()
		})
	})
}

// respond returns a RoundTripper that answers with a body, which learns of the context.
func respond(body io.ReadCloser) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		if b, ok := body.(*untilCanceled); ok {
			context.AfterFunc(req.Context(), func() { b.r.CloseWithError(req.Context().Err()) })
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, ContentLength: -1}, nil
	}
}

// untilCanceled is a body whose Read ends with the request's context, as net/http's do.
type untilCanceled struct{ r *io.PipeReader }

func (u *untilCanceled) Read(p []byte) (int, error) { return u.r.Read(p) }
func (u *untilCanceled) Close() error               { return u.r.Close() }

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

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, nil)
		start := time.Now()
		now := s.call("now")
		a, b := s.call("subscribe-duration", 5e9), s.call("subscribe-instant", now+2e9)
		never := s.call("subscribe-duration", 1<<64-1)
		for i, p := range []uint64{a, b, never} {
			s.mod.Memory().WriteUint32Le(textAt-64+4*uint32(i), uint32(p))
		}
		s.ret("poll", textAt-64, 3)
		if first, _ := s.mod.Memory().ReadUint32Le(s.u32(0)); s.u32(4) != 1 || first != 1 || time.Since(start) != 2*time.Second {
			t.Errorf("%d fired, first %d, after %v", s.u32(4), first, time.Since(start))
		}
		if s.call("[method]pollable.ready", a) != 0 || s.call("[method]pollable.ready", b) != 1 {
			t.Error("ready is wrong")
		}
		s.call("[method]pollable.block", a)
		if time.Since(start) != 5*time.Second {
			t.Errorf("block ended after %v", time.Since(start))
		}
		for _, p := range []uint64{a, b, never} {
			s.call("[resource-drop]pollable", p)
		}
		s.wantNoHandles()
	})
}
