// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// hidden shows what a Backend must have, and nothing else of it.
type hidden struct{ driver.Backend }

// marking has all methods of a Backend, but for one.
type marking struct{ *nethttp.Backend }

func (m marking) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := m.Backend.RoundTrip(req)
	if err == nil {
		resp.Header["x-marked"] = []string{"yes"}
	}
	return resp, err
}

// TestDecorated: a backend around a Backend is asked in its place, and errors of bodies have the same
// class with it and without.
func TestDecorated(t *testing.T) {
	origin := "http://" + serveConns(t, func(c *net.TCPConn) {
		io.ReadAtLeast(c, make([]byte, 1024), 16)
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nno size\r\n")
	})
	plain, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]driver.Backend{"plain": plain, "hidden": hidden{plain}, "embedded": marking{plain}} {
		tr, err := transport.NewWith(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, rt := range map[string]http.RoundTripper{"transport": tr, "backend": b} {
			resp, err := rt.RoundTrip(get(t, t.Context(), origin))
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if string(data) != "abc" || !errors.Is(err, driver.KindProtocol) {
				t.Errorf("%s by the %s: got %q, %v", name, what, data, err)
			}
			if got := resp.Header.Get("X-Marked") == "yes"; what == "transport" && got != (name == "embedded") {
				t.Errorf("%s: marked is %v", name, got)
			}
		}
	}
}
