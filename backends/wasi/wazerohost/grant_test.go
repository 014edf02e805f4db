// SPDX-License-Identifier: MIT

package wazerohost

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseGrant(t *testing.T) {
	for text, want := range map[string]Grant{
		"http://127.0.0.1:*":                {Scheme: "http", Host: "127.0.0.1", Port: AnyPort},
		"https://*.blob.core.windows.net":   {Scheme: "https", Host: "*.blob.core.windows.net"},
		"GET,HEAD https://example.com:8443": {Scheme: "https", Host: "example.com", Port: 8443, Methods: []string{"GET", "HEAD"}},
		"*://[::1]:8080":                    {Scheme: "*", Host: "::1", Port: 8080},
		"*://[::1]":                         {Scheme: "*", Host: "::1"},
		"http://*:*":                        {Scheme: "http", Host: "*", Port: AnyPort},
		"https://xn--bcher-kva.example":     {Scheme: "https", Host: "xn--bcher-kva.example"},
	} {
		g, err := ParseGrant(text)
		if err != nil || g.Scheme != want.Scheme || g.Host != want.Host || g.Port != want.Port || !slices.Equal(g.Methods, want.Methods) {
			t.Errorf("%q: %+v, %v", text, g, err)
		}
		if err == nil && g.String() != text {
			t.Errorf("%q is written as %q", text, g)
		}
	}
	for _, text := range []string{
		"", "example.com", "ftp://example.com", "http://", "http://:80", "http://example.com/", "http://example.com/path",
		"http://example.com?q", "http://user@example.com", "http://example.com:0", "http://example.com:65536",
		"http://example.com:-1", "http://example.com:http", "http://exa mple.com", "http://*.", "http://a.*.example",
		"http://*example.com", "http://bücher.example", "http://[::1", "http://::1]", "http://[127.0.0.1]", "http://[::1]x:80",
		"GE T http://example.com", "G/T http://example.com", ", http://example.com", "http://a..b", "http://" + strings.Repeat("a", 64) + ".com",
		"http://[fe80::1%25eth0]:80", "http://*.1.2.3.4/",
	} {
		if g, err := ParseGrant(text); err == nil {
			t.Errorf("%q was taken as %+v", text, g)
		}
	}
	if _, err := ParseGrants("http://a.example", "nonsense"); err == nil {
		t.Error("ParseGrants took nonsense")
	}
	if _, err := Instantiate(context.Background(), newRuntime(t), &Config{Grants: []Grant{{Scheme: "http", Host: "exa mple"}}}); err == nil {
		t.Error("Instantiate took a grant that ParseGrant would not")
	}
}

func TestGrantAllow(t *testing.T) {
	for _, c := range []struct {
		grant, method, scheme, host string
		port                        int
		want                        bool
	}{
		{"http://example.com", "GET", "http", "example.com", 80, true},
		{"http://example.com", "GET", "http", "EXAMPLE.com.", 80, true},
		{"http://example.com", "GET", "http", "example.com", 8080, false},
		{"http://example.com", "GET", "https", "example.com", 443, false},
		{"http://example.com", "GET", "http", "www.example.com", 80, false},
		{"http://example.com", "GET", "http", "example.com.evil.test", 80, false},
		{"https://example.com", "GET", "https", "example.com", 443, true},
		{"*://example.com", "GET", "https", "example.com", 443, true},
		{"*://example.com", "GET", "http", "example.com", 443, false},
		{"http://*.example.com", "GET", "http", "a.b.example.com", 80, true},
		{"http://*.example.com", "GET", "http", "example.com", 80, false},
		{"http://*.example.com", "GET", "http", ".example.com", 80, false},
		{"http://*.example.com", "GET", "http", "evilexample.com", 80, false},
		{"http://*.1", "GET", "http", "10.0.0.1", 80, false},
		{"http://127.0.0.1:*", "GET", "http", "127.0.0.1", 4711, true},
		{"http://127.0.0.1:*", "GET", "http", "127.0.0.2", 4711, false},
		{"http://127.0.0.1:*", "GET", "http", "localhost", 4711, false},
		{"http://127.0.0.1:*", "GET", "http", "::ffff:127.0.0.1", 4711, true},
		{"http://[::1]:*", "GET", "http", "0:0:0:0:0:0:0:1", 4711, true},
		{"GET http://example.com", "GET", "http", "example.com", 80, true},
		{"GET http://example.com", "POST", "http", "example.com", 80, false},
		{"GET http://example.com", "get", "http", "example.com", 80, false},
		{"http://*:*", "DELETE", "http", "anything.example", 1, true},
	} {
		gs, err := newGrants(mustGrants(t, c.grant))
		if err != nil {
			t.Fatal(err)
		}
		if got := gs.allow(c.method, c.scheme, c.host, c.port); got != c.want {
			t.Errorf("%q: %s %s://%s:%d is %v", c.grant, c.method, c.scheme, c.host, c.port, got)
		}
	}
}

func TestGrantAllowAddr(t *testing.T) {
	for _, c := range []struct {
		grant, name, addr string
		want              bool
	}{
		{"http://example.com", "example.com", "93.184.216.34", true},
		{"http://example.com", "example.com", "10.1.2.3", true},
		{"http://example.com", "example.com", "fd00::1", true},
		{"http://example.com", "example.com", "127.0.0.1", false},
		{"http://example.com", "example.com", "::ffff:127.0.0.1", false},
		{"http://example.com", "example.com", "::1", false},
		{"http://example.com", "example.com", "169.254.169.254", false},
		{"http://example.com", "example.com", "fe80::1", false},
		{"http://example.com", "example.com", "0.0.0.0", false},
		{"http://example.com", "example.com", "0.1.2.3", false},
		{"http://example.com", "example.com", "224.0.0.1", false},
		{"http://example.com", "example.com", "255.255.255.255", false},
		{"http://*.example.com", "a.example.com", "93.184.216.34", true},
		{"http://*.example.com", "a.example.com", "10.1.2.3", false},
		{"http://*.example.com", "a.example.com", "100.64.0.1", false},
		{"http://*.example.com", "a.example.com", "64:ff9b::a00:1", false},
		{"http://*.example.com", "a.example.com", "127.0.0.1", false},
		{"http://localhost", "localhost", "127.0.0.1", true},
		{"http://localhost", "localhost", "::1", true},
		{"http://localhost", "localhost", "169.254.169.254", false},
		{"http://*", "a.example.com", "127.0.0.1", true},
		{"http://127.0.0.1", "127.0.0.1", "127.0.0.1", true},
		{"http://other.example", "a.example.com", "93.184.216.34", false},
	} {
		gs, err := newGrants(mustGrants(t, c.grant))
		if err != nil {
			t.Fatal(err)
		}
		if got := gs.allowAddr("http", c.name, 80, netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%q: %s at %s is %v", c.grant, c.name, c.addr, got)
		}
	}
}

// TestGrantAllowAddrOfOthers has more than one grant: what one says of an address helps
// a name that another one grants only where it would grant the same request.
func TestGrantAllowAddrOfOthers(t *testing.T) {
	for _, c := range []struct {
		grants             string // separated by "; "
		scheme, name, addr string
		port               int
		want               bool
	}{
		{"http://example.com:8080; http://127.0.0.1:8080", "http", "example.com", "127.0.0.1", 8080, true},
		{"http://example.com:*; http://127.0.0.1:8080", "http", "example.com", "127.0.0.1", 8080, true},
		{"http://example.com:*; http://127.0.0.1:8080", "http", "example.com", "127.0.0.1", 9090, false},
		{"http://example.com; http://127.0.0.1", "http", "example.com", "127.0.0.1", 80, true},
		{"https://example.com; *://127.0.0.1", "https", "example.com", "127.0.0.1", 443, true},
		{"http://example.com:*; *://127.0.0.1:*", "http", "example.com", "127.0.0.1", 4711, true},
		{"http://example.com:*; http://*:*", "http", "example.com", "127.0.0.1", 4711, true},

		// The default port of a scheme is not every port, and not another scheme's.
		{"http://vm:8080; https://127.0.0.1", "http", "vm", "127.0.0.1", 8080, false},
		{"http://vm:8080; http://127.0.0.1", "http", "vm", "127.0.0.1", 8080, false},
		{"http://vm:8080; *://127.0.0.1", "http", "vm", "127.0.0.1", 8080, false},
		{"http://vm:443; https://127.0.0.1", "http", "vm", "127.0.0.1", 443, false},
		{"http://vm:443; *://127.0.0.1", "http", "vm", "127.0.0.1", 443, false},
		{"https://vm:80; http://127.0.0.1", "https", "vm", "127.0.0.1", 80, false},
		{"http://vm:8080; https://*", "http", "vm", "127.0.0.1", 8080, false},
		{"http://*.com:8080; https://example.com", "http", "example.com", "10.1.2.3", 8080, false},
		{"http://*.com:8080; http://example.com", "http", "example.com", "10.1.2.3", 8080, false},
		{"http://*.com:8080; http://example.com:8080", "http", "example.com", "10.1.2.3", 8080, true},

		// A scheme is as good as a port.
		{"http://vm:8080; https://127.0.0.1:8080", "http", "vm", "127.0.0.1", 8080, false},
		{"http://vm:8080; https://127.0.0.1:*", "http", "vm", "127.0.0.1", 8080, false},
		{"https://vm:8080; http://*:*", "https", "vm", "127.0.0.1", 8080, false},

		// A connection that one method has made, another may use.
		{"http://vm; GET http://127.0.0.1", "http", "vm", "127.0.0.1", 80, false},
		{"GET,PUT http://vm; GET http://127.0.0.1", "http", "vm", "127.0.0.1", 80, false},
		{"GET http://vm; PUT http://vm; GET http://127.0.0.1", "http", "vm", "127.0.0.1", 80, false},
		{"GET http://vm; GET,HEAD http://127.0.0.1", "http", "vm", "127.0.0.1", 80, true},
		{"GET,PUT http://vm; GET http://127.0.0.1; PUT http://127.0.0.1", "http", "vm", "127.0.0.1", 80, true},
		{"GET http://vm; PUT http://vm:8080; GET http://127.0.0.1", "http", "vm", "127.0.0.1", 80, true},
		{"http://*.com; GET http://example.com", "http", "example.com", "10.1.2.3", 80, false},
		{"GET http://*.com; http://example.com", "http", "example.com", "10.1.2.3", 80, true},
		{"GET http://127.0.0.1", "http", "127.0.0.1", "127.0.0.1", 80, true},
	} {
		gs, err := newGrants(mustGrants(t, strings.Split(c.grants, "; ")...))
		if err != nil {
			t.Fatal(err)
		}
		if got := gs.allowAddr(c.scheme, c.name, c.port, netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%q: %s://%s:%d at %s is %v", c.grants, c.scheme, c.name, c.port, c.addr, got)
		}
	}
}

// TestGrantNotPublic has an address of each range that a wildcard name may not resolve to,
// and the neighbors that it may.
func TestGrantNotPublic(t *testing.T) {
	gs, err := newGrants(mustGrants(t, "http://*.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]bool{
		"100.64.0.1": false, "100.128.0.1": true, "192.0.0.1": false, "192.0.1.1": true,
		"198.19.255.255": false, "198.20.0.0": true,
		"240.0.0.1": false, "255.255.255.254": false, "223.255.255.255": true,
		"::ffff:240.0.0.1": false, "::ffff:93.184.216.34": true,
		"::10.1.2.3": false, "::93.184.216.34": false, "0:0:0:0:0:1:a01:203": true,
		"64:ff9b::a01:203": false, "64:ff9b:1::a01:203": false,
		"100::1": false, "100:0:0:1::1": true,
		"2001::1": false, "2001:0:a01:203::1": false, "2001:4860:4860::8888": true,
		"2002:a01:203::1": false, "2003::1": true,
		"fec0::1": false, "fec0::1%eth0": false, "feff:ffff::1": false,
	} {
		if got := gs.allowAddr("http", "a.example.com", 80, netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is %v", addr, got)
		}
	}
}

func FuzzParseGrant(f *testing.F) {
	f.Add("GET,HEAD https://*.example.com:8443")
	f.Add("*://[::1]:*")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ParseGrant(text)
		if err != nil {
			return
		}
		again, err := ParseGrant(g.String())
		if err != nil || again.String() != g.String() {
			t.Errorf("%q became %q, and then %q, %v", text, g, again, err)
		}
	})
}

func TestSplitAuthority(t *testing.T) {
	for _, bad := range []string{
		"", ":80", "a:", "a:0", "a:65536", "a:+80", "a:80:90", "user@a", "127.0.0.1:80@b", "a/b", "a?b", "a#b", "a b", "a\\b", "a%20b",
		"[::1", "::1", "[::1]80", "[127.0.0.1]", "[fe80::1%25en0]", "a\x00b", "bücher",
	} {
		if host, port, ok := splitAuthority(bad, "http"); ok {
			t.Errorf("%q was taken as %q, %d", bad, host, port)
		}
	}
	for text, want := range map[string]struct {
		host string
		port int
	}{"a": {"a", 443}, "a.b:80": {"a.b", 80}, "[::1]": {"::1", 443}, "[::1]:8080": {"::1", 8080}} {
		if host, port, ok := splitAuthority(text, "https"); !ok || host != want.host || port != want.port {
			t.Errorf("%q: %q, %d, %v", text, host, port, ok)
		}
	}
}
