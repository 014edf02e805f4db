// SPDX-License-Identifier: MIT

package driver

import (
	"net/http"
	"slices"
	"strings"
)

// Capability names one thing that only some platforms can do. The set is closed:
// conformance verifies each one both ways.
type Capability uint8

// The capabilities. The comment says what a declared one promises; the table
// [Capability.Absence] gives what its absence looks like.
const (
	// MethodConnectTrace: requests with the methods CONNECT and TRACE are sent.
	MethodConnectTrace Capability = iota
	// RawTarget: dot segments in the URL's path go out as they are.
	RawTarget
	// GetBody: a GET or HEAD request may carry a body.
	GetBody
	// Expect: the field Expect: 100-continue is honoured.
	Expect
	// HeaderHost: Request.Host may differ from the URL's host.
	HeaderHost
	// HeaderUserAgent: the User-Agent of the request is what is sent.
	HeaderUserAgent
	// HeaderCookie: a Cookie field set by the caller is sent.
	HeaderCookie
	// HeaderLinesOut: several values of one field go out as separate lines.
	HeaderLinesOut
	// HeaderObsText: bytes 0x80 to 0xFF in values go out as they are.
	HeaderObsText

	// UploadStream: a body of unknown length is sent while it is being read.
	UploadStream
	// UploadStreamHTTP1: the same over HTTP/1.1.
	UploadStreamHTTP1
	// UploadDuplex: a response can be read while the request body is still being
	// sent.
	UploadDuplex
	// UploadEarly: an early final response is delivered, not the failure of the
	// upload that it cut short.
	UploadEarly

	// HeaderLinesIn: repeated response fields arrive as separate values.
	HeaderLinesIn
	// HeaderSetCookie: Set-Cookie of a response is visible.
	HeaderSetCookie
	// HeaderAll: every response field is visible, whatever CORS says.
	HeaderAll
	// HeaderHop: hop-by-hop response fields are visible.
	HeaderHop
	// RawEncoding: a content coding that the caller asked for is left in place.
	RawEncoding
	// Uncompressed: Response.Uncompressed is true whenever the platform decoded.
	Uncompressed
	// StreamDecode: flushed parts of a compressed body are delivered at once.
	StreamDecode
	// Backpressure: a body that is not read stops the sender.
	Backpressure
	// Reason: Response.Status has the wire's reason phrase.
	Reason
	// StatusWide: status codes of 600 and above are delivered.
	StatusWide
	// Proto: Response.Proto is the protocol of the exchange; it is empty without.
	Proto
	// Upgrade: a 101 response has a body that can be written to, and has a CloseWrite method
	// where the platform can close one direction. The exchange is over by then: its context and
	// its time limits have no more say over that body, which lasts until it ends or is closed.
	Upgrade
	// TrailersIn: Response.Trailer is filled in.
	TrailersIn
	// TrailersOut: Request.Trailer is sent.
	TrailersOut
	// HTTP2: HTTP/2 is used where the server offers it over TLS.
	HTTP2

	// RedirectExpose: 3xx responses are returned. Without, the platform follows
	// redirects by itself.
	RedirectExpose
	// RedirectFollow: the platform can follow redirects by itself.
	RedirectFollow

	// AbortWire: a canceled or closed exchange is stopped on the wire at once.
	AbortWire
	// Pool: connections are reused.
	Pool
	// PoolControl: CloseIdleConnections and Request.Close have an effect.
	PoolControl
	// Proxy: the Proxy option is honoured.
	Proxy
	// TLSConfig: the TLSClientConfig option is honoured and Response.TLS is set.
	TLSConfig
	// PhaseTimeout: time limits of single phases are honoured by the platform.
	PhaseTimeout
	// LimitHeader: MaxResponseHeaderBytes is honoured.
	LimitHeader
	// Trace: net/http/httptrace hooks are called.
	Trace

	// CauseDNS: an unresolvable name has a *net.DNSError in its chain.
	CauseDNS
	// CauseRefused: a refused connection matches syscall.ECONNREFUSED.
	CauseRefused
	// CauseTLS: a refused certificate is of KindTLS.
	CauseTLS
	// Denied: a destination that the host refuses is of KindDenied.
	Denied

	numCapabilities
)

// capabilityTable has one row per capability, in their order: its name, and what a
// caller sees where it is absent.
var capabilityTable = [numCapabilities]struct{ name, absence string }{
	MethodConnectTrace: {"method.connect_trace", "KindUnsupported before anything is sent"},
	RawTarget:          {"raw_target", "the platform resolves dot segments; Response.Request.URL is unchanged"},
	GetBody:            {"get_body", "KindUnsupported before anything is sent"},
	Expect:             {"expect", "the field is dropped and the body sent at once"},
	HeaderHost:         {"hdr.host", "KindUnsupported for a Request.Host that differs from URL.Host"},
	HeaderUserAgent:    {"hdr.user_agent", "the platform's own value is sent"},
	HeaderCookie:       {"hdr.cookie", "KindUnsupported, naming the header"},
	HeaderLinesOut:     {"hdr.lines_out", "values are joined with a comma and a space"},
	HeaderObsText:      {"hdr.obs_text", "KindInvalid for a value with such bytes"},
	UploadStream:       {"up.stream", "the body is gathered outside the Go heap, up to MaxBufferedBody"},
	UploadStreamHTTP1:  {"up.stream_h1", "the body is gathered outside the Go heap, up to MaxBufferedBody"},
	UploadDuplex:       {"up.duplex", "the response is returned after the body has been sent"},
	UploadEarly:        {"up.early", "the early response, or an error of KindNetwork or KindProtocol"},
	HeaderLinesIn:      {"hdr.lines_in", "one value, joined with a comma and a space"},
	HeaderSetCookie:    {"hdr.set_cookie", "Set-Cookie is absent from Response.Header"},
	HeaderAll:          {"hdr.all", "cross-origin, only safelisted and exposed fields are in Response.Header"},
	HeaderHop:          {"hdr.hop", "hop-by-hop fields are absent from Response.Header"},
	RawEncoding:        {"raw_encoding", "KindUnsupported for an Accept-Encoding header; bodies are always decoded"},
	Uncompressed:       {"uncompressed", "Response.Uncompressed may be false for a body the platform decoded"},
	StreamDecode:       {"stream_decode", "parts may be held back until more data is in"},
	Backpressure:       {"backpressure", "the platform may read ahead of the caller"},
	Reason:             {"reason", "Response.Status has the standard text for the code"},
	StatusWide:         {"status.wide", "an error for codes of 600 and above"},
	Proto:              {"proto", "Proto, ProtoMajor and ProtoMinor are zero"},
	Upgrade:            {"upgrade", "an error for a 101 response"},
	TrailersIn:         {"tr.in", "Response.Trailer is nil"},
	TrailersOut:        {"tr.out", "KindUnsupported for a request with a Trailer"},
	HTTP2:              {"h2", "HTTP/1.1, or whatever the host chooses"},
	RedirectExpose:     {"redirect.expose", "the platform follows; asked not to, an error of KindUnsupported"},
	RedirectFollow:     {"redirect.follow", "Do follows by itself"},
	AbortWire:          {"abort.wire", "the server may see the end of an exchange late"},
	Pool:               {"pool", "one connection per request, or whatever the host keeps"},
	PoolControl:        {"pool.ctl", "CloseIdleConnections and Request.Close do nothing"},
	Proxy:              {"proxy", "New fails with KindUnsupported"},
	TLSConfig:          {"tls.config", "New fails with KindUnsupported; Response.TLS is nil"},
	PhaseTimeout:       {"phase_timeout", "KindUnsupported for such an option"},
	LimitHeader:        {"limit.header", "New fails with KindUnsupported"},
	Trace:              {"trace", "the hooks are never called"},
	CauseDNS:           {"cause.dns", "KindNetwork without a cause"},
	CauseRefused:       {"cause.refused", "KindNetwork without a cause"},
	CauseTLS:           {"cause.tls", "KindNetwork without a cause"},
	Denied:             {"denied", "the host has no permissions to refuse"},
}

// String returns the capability's name, such as "up.stream".
func (c Capability) String() string {
	if c < numCapabilities {
		return capabilityTable[c].name
	}
	return "unknown"
}

// Absence says what a caller sees on a platform that lacks the capability.
func (c Capability) Absence() string {
	if c < numCapabilities {
		return capabilityTable[c].absence
	}
	return ""
}

// AllCapabilities returns every capability there is, in a fixed order.
func AllCapabilities() []Capability {
	all := make([]Capability, numCapabilities)
	for i := range all {
		all[i] = Capability(i)
	}
	return all
}

// ParseCapability returns the capability of a name.
func ParseCapability(name string) (Capability, bool) {
	for i, row := range capabilityTable {
		if row.name == name {
			return Capability(i), true
		}
	}
	return 0, false
}

// Capabilities is what a backend can do: a set of named capabilities, and the names of
// the request headers that its platform does not let a program set. The zero value
// has neither. Values are immutable; With and the others return a new one.
type Capabilities struct {
	set       uint64
	forbidden []string // canonical, sorted, never written to once set
}

// NewCapabilities returns the set of the given capabilities.
func NewCapabilities(cs ...Capability) Capabilities { return Capabilities{}.With(cs...) }

// Has reports whether c is in the set.
func (s Capabilities) Has(c Capability) bool { return c < numCapabilities && s.set&(1<<c) != 0 }

// With returns s and cs together.
func (s Capabilities) With(cs ...Capability) Capabilities {
	for _, c := range cs {
		if c < numCapabilities {
			s.set |= 1 << c
		}
	}
	return s
}

// Without returns s less cs.
func (s Capabilities) Without(cs ...Capability) Capabilities {
	for _, c := range cs {
		if c < numCapabilities {
			s.set &^= 1 << c
		}
	}
	return s
}

// WithForbiddenHeaders returns s with names as the forbidden request headers. A name
// that ends in "-" stands for all headers that begin with it ("Sec-").
func (s Capabilities) WithForbiddenHeaders(names ...string) Capabilities {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = http.CanonicalHeaderKey(name)
	}
	slices.Sort(list)
	s.forbidden = slices.Compact(list)
	return s
}

// ForbiddenHeaders returns the canonical names of the request headers that a program
// cannot set on this platform, sorted. A name that ends in "-" stands for all
// headers that begin with it.
//
// The advisory headers User-Agent, Content-Length, Host and Expect may be among
// them; a request that has one is sent without it (see package transport). Every
// other forbidden header makes a request fail with KindUnsupported.
func (s Capabilities) ForbiddenHeaders() []string { return slices.Clone(s.forbidden) }

// ForbidsHeader reports whether a program cannot set the named request header, in
// whatever spelling.
func (s Capabilities) ForbidsHeader(name string) bool {
	for _, f := range s.forbidden {
		if strings.HasSuffix(f, "-") {
			if len(name) > len(f) && strings.EqualFold(name[:len(f)], f) {
				return true
			}
		} else if len(name) == len(f) && strings.EqualFold(name, f) {
			return true
		}
	}
	return false
}

// List returns the capabilities in the set, in their fixed order.
func (s Capabilities) List() []Capability {
	var list []Capability
	for c := range numCapabilities {
		if s.Has(c) {
			list = append(list, c)
		}
	}
	return list
}

// String returns the names of the set, separated by spaces.
func (s Capabilities) String() string {
	var b strings.Builder
	for i, c := range s.List() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.String())
	}
	return b.String()
}
