// SPDX-License-Identifier: MIT

package fetch

import (
	"github.com/isohttp/isohttp/backends/fetch/internal/jsfetch"
	"github.com/isohttp/isohttp/transport/driver"
)

// host is the kind of JavaScript environment.
type host uint8

const (
	// hostPage is a page or a worker of a browser: the Fetch standard's rules for
	// scripts hold.
	hostPage host = iota
	// hostServer is a server-side runtime not listed below. Its fetch shows
	// redirects and lets a program set any header, as all of them do.
	hostServer
	hostNode
	hostDeno
	hostBun
	hostWorkerd
)

// facts is what was found out about the platform.
type facts struct {
	host    host
	streams bool // a ReadableStream can be a request body
	noStore bool // there may be a cache, and it can be told to keep out
}

// probe finds out what the platform is by what it does. Only the servers are told apart by
// names, for the differences between them do not show before something is sent.
func probe(rt *jsfetch.Runtime) facts {
	const object, function = "object", "function"
	var f facts
	switch {
	case rt.HasRequest() && rt.GuardsHeaders():
		f.host = hostPage
	case rt.Global("Deno") == object:
		f.host = hostDeno
	case rt.Global("Bun") == object:
		f.host = hostBun
	case rt.Global("FixedLengthStream") == function:
		f.host = hostWorkerd
	case rt.Global("process", "versions", "node") == "string":
		f.host = hostNode
	default:
		f.host = hostServer
	}
	f.streams = rt.StreamsRequests()
	// Node has no cache; told to keep it out, it sends Cache-Control and Pragma.
	f.noStore = f.host != hostNode && rt.HasRequest() && rt.RequestHas("cache")
	return f
}

// page reports whether the rules for scripts of browsers hold.
func (f facts) page() bool { return f.host == hostPage }

// streamsLength reports whether a streamed body can be sent with a Content-Length.
func (f facts) streamsLength() bool {
	return f.streams && (f.host == hostNode || f.host == hostBun || f.host == hostWorkerd)
}

// lengthHeader reports whether it is the Content-Length header of the request that says how
// long a stream is.
func (f facts) lengthHeader() bool { return f.host == hostNode || f.host == hostBun }

// forbiddenInPages are the Fetch standard's forbidden request-header names (section 2.2.2),
// and User-Agent, which Chromium drops and others send with a preflight.
func forbiddenInPages() []string {
	return []string{
		"Accept-Charset", "Accept-Encoding", "Access-Control-Request-Headers", "Access-Control-Request-Method",
		"Access-Control-Request-Private-Network", "Connection", "Content-Length", "Cookie", "Cookie2", "Date", "DNT", "Expect",
		"Host", "Keep-Alive", "Origin", "Referer", "Set-Cookie", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Via",
		"Proxy-", "Sec-", "User-Agent",
	}
}

// forbiddenOnServers are those that Node refuses, or sets by itself. Accept-Encoding is among
// them because bodies are decoded whatever it says.
func forbiddenOnServers() []string {
	return []string{
		"Accept-Encoding", "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Transfer-Encoding", "Upgrade",
	}
}

// capabilities says what holds on a platform with these facts.
func (f facts) capabilities(init RequestInit) driver.Capabilities {
	caps := driver.NewCapabilities(driver.HeaderObsText, driver.Uncompressed, driver.Backpressure, driver.RedirectFollow,
		driver.AbortWire, driver.Pool)
	if f.page() || f.host == hostNode {
		// Seen to hold in Chromium and Node.
		caps = caps.With(driver.HeaderHop, driver.StreamDecode, driver.Reason, driver.StatusWide)
	}
	if f.page() {
		caps = caps.With(driver.HTTP2)
		if f.streams && init.StreamBody && !init.Keepalive {
			caps = caps.With(driver.UploadStream)
		}
		return caps.WithForbiddenHeaders(forbiddenInPages()...)
	}
	caps = caps.With(driver.HeaderUserAgent, driver.HeaderCookie, driver.HeaderSetCookie, driver.HeaderAll)
	if init.Redirect != "follow" {
		caps = caps.With(driver.RedirectExpose)
	}
	if f.streams && !init.Keepalive { // with which the standard refuses a stream
		caps = caps.With(driver.UploadStream, driver.UploadStreamHTTP1)
	}
	switch f.host {
	case hostNode:
		// Not UploadDuplex: the header is sent together with the first bytes of the
		// body, so a body that waits for the response before it has any waits for ever.
		caps = caps.With(driver.UploadEarly, driver.CauseDNS, driver.CauseRefused, driver.CauseTLS)
	case hostDeno:
		caps = caps.With(driver.Denied)
	}
	return caps.WithForbiddenHeaders(forbiddenOnServers()...)
}
