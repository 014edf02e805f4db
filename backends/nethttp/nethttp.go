// SPDX-License-Identifier: MIT

package nethttp

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// name is Error.Backend of this package's errors.
const name = "nethttp"

// Options configures a Backend. The zero value and nil mean the defaults of the package
// text.
type Options struct {
	// Base is the transport to send with. It is used as it is and stays the
	// caller's: nothing of it is changed. It has to be complete, because New asks
	// net/http what it will do with it: what the Backend declares depends on that.
	Base *http.Transport
}

// Backend sends requests through a *http.Transport. It is safe for concurrent use. New makes
// it; a nil or zero one has no capabilities, and its calls fail with KindInvalid.
type Backend struct {
	base *http.Transport
	caps driver.Capabilities
}

// New returns a Backend. Under GOOS=js and GOOS=wasip1 it fails with an error that
// matches errors.ErrUnsupported: net/http has only a fake network there.
func New(opts *Options) (*Backend, error) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		return nil, &driver.Error{Op: driver.OpNew, Kind: driver.KindUnsupported, Backend: name,
			Err: &driver.Unsupported{Feature: "net/http", Reason: "there are no sockets under GOOS=" + runtime.GOOS}}
	}
	if opts != nil && opts.Base != nil {
		return newBackend(opts.Base), nil
	}
	return newOwned(newBase()), nil
}

func newBackend(base *http.Transport) *Backend { return &Backend{base, capabilities(base)} }

// newOwned is newBackend for a transport that nobody else has.
func newOwned(base *http.Transport) *Backend {
	markRefusals(base.TLSClientConfig)
	hideProxyWords(base)
	return newBackend(base)
}

// newBase returns a transport with the connection settings of azcore's default client, so
// that a move from it changes nothing on the wire.
func newBase() *http.Transport {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   10,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		TLSClientConfig: &tls.Config{
			MinVersion:    tls.VersionTLS12,
			Renegotiation: tls.RenegotiateFreelyAsClient,
		},
		HTTP2: &http.HTTP2Config{
			SendPingTimeout: 10 * time.Second,
			PingTimeout:     5 * time.Second,
		},
	}
}

// Configure implements driver.Configurable. MaxBufferedBody has no effect: every body is
// streamed. With no other field set the result is b itself; else it has a clone of the transport,
// and so connections of its own, and nothing that was registered with RegisterProtocol.
func (b *Backend) Configure(config driver.Config) (driver.Backend, error) {
	if !b.usable() {
		return nil, notMade(driver.OpNew)
	}
	if err := b.check(config); err != nil {
		return nil, err
	}
	if config.Proxy == nil && config.TLSClientConfig == nil && config.MaxResponseHeaderBytes <= 0 && !config.DisableCompression {
		return b, nil
	}
	base := b.base.Clone()
	// A clone of a transport that settled on HTTP/2 by itself has a TLSClientConfig, which
	// net/http takes for a custom one: it would offer HTTP/2 and not understand it.
	base.ForceAttemptHTTP2 = base.ForceAttemptHTTP2 || b.caps.Has(driver.HTTP2)
	if config.Proxy != nil {
		base.Proxy = config.Proxy
	}
	if config.TLSClientConfig != nil {
		base.TLSClientConfig = config.TLSClientConfig.Clone()
	}
	if config.MaxResponseHeaderBytes > 0 {
		base.MaxResponseHeaderBytes = config.MaxResponseHeaderBytes
	}
	if config.DisableCompression {
		base.DisableCompression = true
	}
	return newOwned(base), nil
}

// check finds options that net/http would take in silence, or fail with at every request.
func (b *Backend) check(config driver.Config) error {
	c := config.TLSClientConfig
	if c == nil {
		return nil
	}
	if dialer := tlsDialer(b.base); dialer != "" {
		return &driver.Error{Op: driver.OpNew, Kind: driver.KindUnsupported, Backend: name,
			Err: &driver.Unsupported{Feature: "TLSClientConfig", Reason: "Base has " + dialer + ", which net/http uses instead"}}
	}
	if c.MinVersion != 0 && c.MaxVersion != 0 && c.MinVersion > c.MaxVersion {
		return &driver.Error{Op: driver.OpNew, Kind: driver.KindInvalid, Backend: name,
			Err: errors.New("TLSClientConfig: MinVersion is above MaxVersion")}
	}
	return nil
}

// tlsDialer names the field of base that dials TLS in place of net/http. It is empty when
// there is none.
func tlsDialer(base *http.Transport) string {
	switch {
	case base.DialTLSContext != nil:
		return "DialTLSContext"
	//lint:ignore SA1019 A caller's transport may have it.
	case base.DialTLS != nil:
		return "DialTLS"
	}
	return ""
}

// Capabilities implements driver.Backend.
func (b *Backend) Capabilities() driver.Capabilities {
	if !b.usable() {
		return driver.Capabilities{}
	}
	return b.caps
}

// capabilities returns what net/http can do with base.
func capabilities(base *http.Transport) driver.Capabilities {
	caps := driver.NewCapabilities(driver.AllCapabilities()...).
		// Redirects are for the caller to follow, and there is no host above the
		// program that grants or denies.
		Without(driver.RedirectFollow, driver.Denied).
		// net/http writes these itself and leaves out the caller's.
		WithForbiddenHeaders("Transfer-Encoding", "Trailer")
	if base.DisableKeepAlives || base.MaxIdleConnsPerHost < 0 {
		caps = caps.Without(driver.Pool)
	}
	if tlsDialer(base) != "" {
		// What is offered to the server is the dialer's affair.
		return caps.Without(driver.HTTP2, driver.TLSConfig)
	}
	if !offersHTTP2(base) {
		caps = caps.Without(driver.HTTP2)
	}
	return caps
}

// offersHTTP2 reports whether base uses HTTP/2 where a server has it. That depends on
// ForceAttemptHTTP2, Protocols, TLSNextProto, custom dialers, GODEBUG and build tags;
// net/http's decision shows in what it has set up.
func offersHTTP2(base *http.Transport) bool {
	config := base.Clone().TLSClientConfig // Clone decides, unless a request has
	return base.TLSNextProto["h2"] != nil && config != nil && slices.Contains(config.NextProtos, "h2")
}

// CloseIdleConnections closes connections that are kept for later requests.
func (b *Backend) CloseIdleConnections() {
	if b.usable() {
		b.base.CloseIdleConnections()
	}
}

// usable reports whether b comes from New.
func (b *Backend) usable() bool { return b != nil && b.base != nil }

// notMade returns the error of a Backend that does not come from New.
func notMade(op string) error {
	return &driver.Error{Op: op, Kind: driver.KindInvalid, Backend: name, Err: errors.New("nil or zero Backend; use New")}
}

// RoundTrip implements driver.Backend.
func (b *Backend) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.roundTrip(req)
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		resp.Body = upgrade(resp.Body, req)
	case resp.Body == http.NoBody: // which many look for, and need not close
	default:
		resp.Body = &body{resp.Body, req}
	}
	return resp, nil
}

// bare is a Backend whose bodies return net/http's errors.
type bare Backend

func (b *bare) RoundTrip(req *http.Request) (*http.Response, error) {
	return (*Backend)(b).roundTrip(req)
}

// Bare implements driver.NetHTTP.
func (b *Backend) Bare(self driver.Backend) http.RoundTripper {
	if self, ok := self.(*Backend); !ok || self != b {
		return nil
	}
	return (*bare)(b)
}

// BodyError implements driver.NetHTTP.
func (b *Backend) BodyError(req *http.Request, err error) *driver.Error {
	return wrap(driver.OpRead, req, err)
}

func (b *Backend) roundTrip(req *http.Request) (*http.Response, error) {
	if !b.usable() {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, notMade(driver.OpSend)
	}
	if limits := driver.PhaseTimeoutsOf(req.Context()); limits != (driver.PhaseTimeouts{}) {
		return b.roundTripInPhases(req, limits)
	}
	resp, err := b.base.RoundTrip(req)
	if err != nil {
		return nil, wrap(driver.OpSend, req, err)
	}
	return resp, nil
}

// roundTripInPhases is roundTrip with limits of its phases.
func (b *Backend) roundTripInPhases(req *http.Request, limits driver.PhaseTimeouts) (*http.Response, error) {
	phases, out := startPhases(req, limits)
	resp, err := phases.roundTrip(b.base, out)
	if err != nil {
		err = phases.explain(driver.OpSend, err)
		phases.close()
		return nil, err
	}
	resp.Request = req
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		phases.close() // net/http itself has let go of the context
	case resp.Body == http.NoBody && req.Body == nil:
		phases.close()
	default: // also for http.NoBody, when the request may still be on its way
		resp.Body = &phasedBody{resp.Body, phases}
	}
	return resp, nil
}

// body classifies the errors of a response body.
type body struct {
	io.ReadCloser
	req *http.Request
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = wrap(driver.OpRead, b.req, err)
	}
	return n, err
}

// wrap returns err, of req, with its class. What package transport's own guard of the request
// body said is left as it is.
func wrap(op string, req *http.Request, err error) *driver.Error {
	var e *driver.Error
	if errors.As(err, &e) {
		return e
	}
	if op == driver.OpSend {
		// Once its context has ended, the request may be the caller's again, who may be
		// filling the header map for the next one: it is not looked at.
		if ce := driver.ContextError(req.Context(), op, name); ce != nil {
			return ce
		}
	}
	kind, err := classify(op, req, err)
	return &driver.Error{Op: op, Kind: kind, Backend: name, Err: err}
}
