// SPDX-License-Identifier: MIT

package wazerohost

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Every case of the interface reaches the guest with its payload, from a Fault and from a
// RoundTripper, and nothing is sent.
func TestFault(t *testing.T) {
	srv := newServer(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	var fault ErrorCode
	byFault := newScript(t, &Config{Fault: func(*http.Request) *ErrorCode { return &fault }})
	byTransport := newScript(t, &Config{RoundTripper: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("wrapped: %w", &fault)
	})})
	const payload = 32 // where it begins in the result
	for i, name := range errorCases() {
		for _, s := range []*script{byFault, byTransport} {
			fault = ErrorCode{Case: name, Text: "x-text", Number: 40, Size: 70000}
			f, c, _ := s.send(message{}.to(srv.URL))
			if f != 0 {
				_, c = s.answer(f)
			}
			if int(c) != i {
				t.Errorf("%s: error-code %d, want %d", name, c, i)
			}
			text := func(at uint32) bool { return s.u8(at) == 1 && s.text(s.u32(at+4), s.u32(at+8)) == "x-text" }
			small := func(at uint32) bool { return s.u8(at) == 1 && s.u32(at+4) == 70000 }
			ok := true
			switch name {
			case "DNS-error":
				ok = text(payload) && s.u8(payload+12) == 1 && s.u8(payload+14) == 40
			case "TLS-alert-received":
				ok = s.u8(payload) == 1 && s.u8(payload+1) == 40 && text(payload+4)
			case "HTTP-request-body-size", "HTTP-response-body-size":
				ok = s.u8(payload) == 1 && s.u64(payload+8) == 70000
			case "HTTP-request-header-section-size", "HTTP-request-trailer-section-size",
				"HTTP-response-header-section-size", "HTTP-response-trailer-section-size":
				ok = small(payload)
			case "HTTP-request-header-size":
				ok = s.u8(payload) == 1 && text(payload+4) && small(payload+16)
			case "HTTP-request-trailer-size", "HTTP-response-header-size", "HTTP-response-trailer-size":
				ok = text(payload) && small(payload+12)
			case "HTTP-response-transfer-coding", "HTTP-response-content-coding", "internal-error":
				ok = text(payload)
			default:
				ok = s.u64(payload) == 0 && s.u64(payload+8) == 0 && s.u64(payload+16) == 0
			}
			if !ok {
				t.Errorf("%s: the payload is %x %x %x", name, s.u64(payload), s.u64(payload+8), s.u64(payload+16))
			}
			s.wantNoHandles()
		}
	}
	fault = ErrorCode{Case: "no such case"}
	f, _, _ := byFault.send(message{}.to(srv.URL))
	if _, c := byFault.answer(f); c != codeInternal {
		t.Errorf("an unknown case is error-code %d", c)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A Fault that has nothing to say changes nothing, and TLSClientConfig has a say in whom the
// host trusts. A grant for https is enough for the connection.
func TestTLSClientConfig(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	t.Cleanup(srv.Close)
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	s := newScript(t, &Config{Grants: mustGrants(t, "https://127.0.0.1:*"), TLSClientConfig: &tls.Config{RootCAs: roots}, Fault: func(*http.Request) *ErrorCode { return nil }})
	if data, _ := s.readAll(s.response(message{}.to(srv.URL))); data != "hello" {
		t.Errorf("the body is %q", data)
	}
	s.wantNoHandles()
}
