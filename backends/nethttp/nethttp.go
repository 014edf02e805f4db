// SPDX-License-Identifier: MIT

package nethttp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/isohttp/isohttp/transport/driver"
)

// name is Error.Backend of this package's errors.
const name = "nethttp"

// Options configures a Backend. The zero value and nil mean the defaults of the package
// text.
type Options struct {
	// Base is the transport to send with. It is used as it is and stays the
	// caller's: nothing of it is changed.
	Base *http.Transport
}

// Backend sends requests through a *http.Transport. It is safe for concurrent use.
type Backend struct {
	base *http.Transport
}

// New returns a Backend. Under GOOS=js and GOOS=wasip1 it fails with an error that
// matches errors.ErrUnsupported: net/http has only a fake network there.
func New(opts *Options) (*Backend, error) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		return nil, &driver.Error{Op: driver.OpNew, Kind: driver.KindUnsupported, Backend: name,
			Err: &driver.Unsupported{Feature: "net/http", Reason: "there are no sockets under GOOS=" + runtime.GOOS}}
	}
	if opts != nil && opts.Base != nil {
		return &Backend{base: opts.Base}, nil
	}
	return newOwned(newBase()), nil
}

// newOwned returns a Backend over a transport that nobody else has.
func newOwned(base *http.Transport) *Backend {
	markRefusals(base.TLSClientConfig)
	hideProxyWords(base)
	return &Backend{base}
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
// streamed.
func (b *Backend) Configure(config driver.Config) (driver.Backend, error) {
	base := b.base.Clone()
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

// Capabilities implements driver.Backend.
func (b *Backend) Capabilities() driver.Capabilities {
	return driver.NewCapabilities(driver.AllCapabilities()...).
		// Redirects are for the caller to follow, and there is no host above the
		// program that grants or denies.
		Without(driver.RedirectFollow, driver.Denied).
		// net/http writes these itself and leaves out the caller's.
		WithForbiddenHeaders("Transfer-Encoding", "Trailer")
}

// CloseIdleConnections closes connections that are kept for later requests.
func (b *Backend) CloseIdleConnections() { b.base.CloseIdleConnections() }

// RoundTrip implements driver.Backend.
func (b *Backend) RoundTrip(req *http.Request) (*http.Response, error) {
	if limits := driver.PhaseTimeoutsOf(req.Context()); limits != (driver.PhaseTimeouts{}) {
		return b.roundTripInPhases(req, limits)
	}
	resp, err := b.base.RoundTrip(req)
	if err != nil {
		return nil, wrap(driver.OpSend, req, err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose body can be written to
		resp.Body = &body{resp.Body, req}
	}
	return resp, nil
}

// roundTripInPhases is RoundTrip with limits of its phases.
func (b *Backend) roundTripInPhases(req *http.Request, limits driver.PhaseTimeouts) (*http.Response, error) {
	phases, out := startPhases(req, limits)
	resp, err := b.base.RoundTrip(out)
	if err != nil {
		err = phases.explain(driver.OpSend, err)
		phases.close()
		return nil, err
	}
	phases.end()
	resp.Request = req
	if resp.StatusCode != http.StatusSwitchingProtocols { // whose context has to last
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
func wrap(op string, req *http.Request, err error) error {
	var e *driver.Error
	if errors.As(err, &e) {
		return e
	}
	kind, err := classify(req, err)
	if op == driver.OpRead && kind == driver.KindNetwork && !errors.Is(err, io.ErrUnexpectedEOF) {
		// Whatever became of the connection, the body has ended too early.
		err = fmt.Errorf("%w: %w", err, io.ErrUnexpectedEOF)
	}
	return &driver.Error{Op: op, Kind: kind, Backend: name, Err: err}
}
