// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
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

// TestResolvedAddressOfOthers checks that a grant for an address does not help a name to it
// at a port, or by a scheme, that the grant is not for.
func TestResolvedAddressOfOthers(t *testing.T) {
	var reached atomic.Int32
	srv := newServer(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	useNameServer(t, map[string][4]byte{"vm.example.": {127, 0, 0, 1}})
	for other, want := range map[string]code{
		"https://127.0.0.1":                codeIPProhibited,
		"http://127.0.0.1":                 codeIPProhibited,
		"https://127.0.0.1:" + port:        codeIPProhibited,
		"PUT http://127.0.0.1:" + port:     codeIPProhibited,
		"http://127.0.0.1:" + port:         0,
		"*://127.0.0.1:*":                  0,
		"GET,PUT http://127.0.0.1:" + port: 0,
	} {
		t.Run(other, func(t *testing.T) {
			before := reached.Load()
			s := newScript(t, &Config{Grants: mustGrants(t, "GET http://vm.example:"+port, other)})
			f, c, _ := s.send(message{}.to("http://vm.example:" + port))
			if f == 0 {
				t.Fatalf("refused with %d", c)
			}
			resp, c := s.answer(f)
			if c != want {
				t.Errorf("error-code %d, want %d", c, want)
			}
			if got := reached.Load() != before; got != (want == 0) {
				t.Errorf("the server was reached: %v", got)
			}
			if resp != 0 {
				s.readAll(resp)
			}
			s.wantNoHandles()
		})
	}
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
