// SPDX-License-Identifier: MIT

package wazerohost

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Grant lets guests send requests to one destination, or to a family of them.
//
// A Host that is a name also limits the addresses it may stand for, so that whoever
// controls the name's DNS records does not control where the guest gets to. With
// the default RoundTripper:
//
//   - An IP address grants itself.
//   - An exact name may resolve to any address but loopback, link-local, multicast
//     and unspecified ones; "localhost" may resolve to loopback ones.
//   - A wildcard name may resolve to public addresses only: not to private ones
//     either.
//   - The Host "*" matches every name and every address, and limits nothing.
//
// An address that another Grant allows is allowed as well, if that one covers the scheme
// and the port of the request. Connections are shared by requests of all methods, so
// the address must be allowed for each method that the name is granted: "http://vm"
// and "GET http://127.0.0.1" do not let vm stand for 127.0.0.1. A request to an address
// that is not allowed fails with destination-IP-prohibited.
type Grant struct {
	// Scheme is "http", "https", or "*" for both.
	Scheme string

	// Host is a name ("example.com"), a wildcard ("*.example.com", which matches
	// a.example.com and a.b.example.com but not example.com), an IP address without
	// brackets, or "*".
	Host string

	// Port is a port number, 0 for the scheme's default port, or AnyPort.
	Port int

	// Methods has the request methods that are granted, in their exact spelling.
	// Empty means all of them.
	Methods []string
}

// AnyPort is the Port of a Grant for every port.
const AnyPort = -1

// ParseGrants parses each text as ParseGrant does.
func ParseGrants(texts ...string) ([]Grant, error) {
	grants := make([]Grant, 0, len(texts))
	for _, text := range texts {
		g, err := ParseGrant(text)
		if err != nil {
			return nil, err
		}
		grants = append(grants, g)
	}
	return grants, nil
}

// ParseGrant parses a Grant from its text: scheme://host or scheme://host:port,
// after an optional list of methods.
//
//	http://127.0.0.1:*
//	https://*.blob.core.windows.net
//	GET,HEAD https://example.com:8443
//	*://[::1]:8080
//
// A path, a query or user information is an error: a grant is for whole origins.
func ParseGrant(text string) (Grant, error) {
	fail := func(reason string) (Grant, error) {
		return Grant{}, fmt.Errorf("wazerohost: grant %q: %s", text, reason)
	}
	var g Grant
	rest := text
	if methods, origin, ok := strings.Cut(text, " "); ok {
		rest = strings.TrimSpace(origin)
		for m := range strings.SplitSeq(methods, ",") {
			if !isToken(m) {
				return fail("not a list of methods")
			}
			g.Methods = append(g.Methods, m)
		}
	}
	scheme, hostport, ok := strings.Cut(rest, "://")
	if !ok {
		return fail("no scheme; want scheme://host:port")
	}
	g.Scheme = scheme
	if strings.ContainsAny(hostport, "/?#@ ") {
		return fail("more than an origin; want scheme://host:port")
	}
	host, port := hostport, ""
	if i := strings.LastIndexByte(hostport, ':'); i >= 0 && !strings.HasSuffix(hostport, "]") {
		host, port = hostport[:i], hostport[i+1:]
		switch {
		case port == "*":
			g.Port = AnyPort
		default:
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return fail("invalid port")
			}
			g.Port = int(n)
		}
	}
	if strings.HasPrefix(host, "[") != strings.HasSuffix(host, "]") {
		return fail("invalid host")
	}
	if strings.HasPrefix(host, "[") {
		host = host[1 : len(host)-1]
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() || addr.Zone() != "" {
			return fail("invalid IPv6 address")
		}
	}
	g.Host = host
	if err := g.validate(); err != nil {
		return fail(err.Error())
	}
	return g, nil
}

// String returns the text that ParseGrant takes.
func (g Grant) String() string {
	var b strings.Builder
	if len(g.Methods) > 0 {
		b.WriteString(strings.Join(g.Methods, ","))
		b.WriteByte(' ')
	}
	b.WriteString(g.Scheme)
	b.WriteString("://")
	if strings.Contains(g.Host, ":") {
		b.WriteString("[" + g.Host + "]")
	} else {
		b.WriteString(g.Host)
	}
	switch {
	case g.Port == AnyPort:
		b.WriteString(":*")
	case g.Port != 0:
		b.WriteString(":" + strconv.Itoa(g.Port))
	}
	return b.String()
}

type grantError string

func (e grantError) Error() string { return string(e) }

func (g Grant) validate() error {
	switch g.Scheme {
	case "http", "https", "*":
	default:
		return grantError("the scheme is not http, https or *")
	}
	if g.Port < AnyPort || g.Port > 65535 {
		return grantError("invalid port")
	}
	if g.Host == "*" {
		return nil
	}
	if addr, err := netip.ParseAddr(g.Host); err == nil && addr.Zone() == "" {
		return nil
	}
	name := strings.TrimPrefix(g.Host, "*.")
	if name == "" || len(name) > 253 {
		return grantError("invalid host")
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 {
			return grantError("invalid host")
		}
		for _, c := range []byte(label) {
			if !(c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
				return grantError("invalid host; write non-ASCII names in punycode")
			}
		}
	}
	return nil
}

// grants is a checked list of grants with hosts in the form of cleanHost.
type grants []Grant

func newGrants(list []Grant) (grants, error) {
	out := make(grants, len(list))
	for i, g := range list {
		if err := g.validate(); err != nil {
			return nil, fmt.Errorf("wazerohost: grant %q: %w", g.String(), err)
		}
		g.Host = cleanHost(g.Host)
		g.Methods = slices.Clone(g.Methods)
		out[i] = g
	}
	return out, nil
}

// cleanHost returns host in lower case and without the final dot, and an IP address in
// its one canonical form, so that ::ffff:127.0.0.1 and 127.0.0.1 are the same.
func cleanHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// allow reports whether some grant covers a request.
func (gs grants) allow(method, scheme, host string, port int) bool {
	host = cleanHost(host)
	return slices.ContainsFunc(gs, func(g Grant) bool {
		return g.matchHost(host) && g.match(method, scheme, port)
	})
}

// match compares everything but the host.
func (g Grant) match(method, scheme string, port int) bool {
	return (g.Scheme == "*" || g.Scheme == scheme) && g.matchPort(scheme, port) &&
		(len(g.Methods) == 0 || slices.Contains(g.Methods, method))
}

func (g Grant) matchPort(scheme string, port int) bool {
	switch g.Port {
	case AnyPort:
		return true
	case 0:
		return port == defaultPort(scheme)
	}
	return port == g.Port
}

func (g Grant) matchHost(host string) bool {
	if g.Host == "*" || g.Host == host {
		return true
	}
	suffix, ok := strings.CutPrefix(g.Host, "*")
	if !ok || len(host) <= len(suffix) || !strings.HasSuffix(host, suffix) {
		return false
	}
	_, err := netip.ParseAddr(host)
	return err != nil // *.1 is no pattern for addresses
}

func defaultPort(scheme string) int {
	if scheme == "https" {
		return 443
	}
	return 80
}

// allowAddr reports whether a name may be reached at addr: it is the second look, after
// the name has been resolved. It is no wider than the first: a grant that would not
// cover the request says nothing of the address either.
//
// The method of the request is not known here, and the connection serves later requests
// with others. So addr must do for each method that the name is granted.
func (gs grants) allowAddr(scheme, name string, port int, addr netip.Addr) bool {
	name, addr = cleanHost(name), addr.Unmap().WithZone("")
	granted := false
	for _, g := range gs {
		if !g.matchHost(name) {
			continue
		}
		for _, method := range g.methods() {
			if !g.match(method, scheme, port) {
				continue
			}
			if !slices.ContainsFunc(gs, func(g Grant) bool {
				return g.match(method, scheme, port) && g.matchAddr(name, addr)
			}) {
				return false
			}
			granted = true
		}
	}
	return granted
}

// anyMethod stands for the methods that no grant has in its list.
const anyMethod = ""

func (g Grant) methods() []string {
	if len(g.Methods) == 0 {
		return []string{anyMethod}
	}
	return g.Methods
}

// matchAddr reports whether the grant's Host lets name stand for addr.
func (g Grant) matchAddr(name string, addr netip.Addr) bool {
	local := !addr.IsGlobalUnicast() || inAny(addr, thisNetwork)
	switch {
	case g.Host == "*", g.Host == addr.String():
		return true
	case g.Host == name:
		return !local || addr.IsLoopback() && isLocalhost(name)
	}
	return g.matchHost(name) && !local && !addr.IsPrivate() && !inAny(addr, notPublic)
}

// thisNetwork is 0.0.0.0/8, which some systems route to themselves.
var thisNetwork = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/8")}

// notPublic has the ranges that lead into private networks, or to no public host at all,
// and that netip.Addr.IsPrivate does not know.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), // shared address space
	netip.MustParsePrefix("192.0.0.0/24"),  // protocol assignments
	netip.MustParsePrefix("198.18.0.0/15"), // benchmarking
	netip.MustParsePrefix("240.0.0.0/4"),   // reserved; some networks use it inside
	netip.MustParsePrefix("100::/64"),      // discard-only
	netip.MustParsePrefix("fec0::/10"),     // site-local, which fc00::/7 has replaced

	// These carry an IPv4 address, which may be any.
	netip.MustParsePrefix("::/96"),          // IPv4-compatible
	netip.MustParsePrefix("64:ff9b::/96"),   // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"), // NAT64 of a local network
	netip.MustParsePrefix("2001::/32"),      // Teredo
	netip.MustParsePrefix("2002::/16"),      // 6to4
}

func inAny(addr netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func isLocalhost(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
