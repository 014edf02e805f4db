// SPDX-License-Identifier: MIT

//go:build !js && !wasip1

package nethttp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/isohttp/isohttp/backends/nethttp"
	"github.com/isohttp/isohttp/transport"
	"github.com/isohttp/isohttp/transport/driver"
)

// TestCallerRefusesCertificate: what a callback of the caller refuses is a certificate that is not
// trusted, whatever its error is like.
func TestCallerRefusesCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	for name, own := range map[string]error{
		"text":     errors.New("pin mismatch"),
		"typed":    &chosenError{"pin mismatch"},
		"deadline": context.DeadlineExceeded,
		"canceled": context.Canceled,
	} {
		connection := func(tls.ConnectionState) error { return own }
		peer := func([][]byte, [][]*x509.Certificate) error { return own }
		fromBase := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, VerifyConnection: connection}}
		for by, tr := range map[string]*transport.Transport{
			"VerifyConnection":      newTransport(t, &transport.Options{TLSClientConfig: &tls.Config{RootCAs: roots, VerifyConnection: connection}}),
			"VerifyPeerCertificate": newTransport(t, &transport.Options{TLSClientConfig: &tls.Config{RootCAs: roots, VerifyPeerCertificate: peer}}),
			"Base":                  withBase(t, fromBase, &transport.Options{DisableCompression: true}),
		} {
			resp, err := tr.RoundTrip(get(t, t.Context(), server.URL))
			if err == nil {
				resp.Body.Close()
				t.Errorf("%s, %s: got a response", by, name)
				continue
			}
			var e *driver.Error
			if !errors.As(err, &e) || e.Kind != driver.KindTLS || !e.Kind.Final() || !errors.Is(err, own) ||
				!strings.Contains(err.Error(), "certificate is not trusted: "+own.Error()) {
				t.Errorf("%s, %s: got %v", by, name, err)
			}
		}
		if got := fromBase.TLSClientConfig.VerifyConnection(tls.ConnectionState{}); got != own {
			t.Errorf("the caller's own Base now says %#v", got)
		}
	}
}

// TestCallbacksTextIsCleaned: a callback's error may quote where it looked.
func TestCallbacksTextIsCleaned(t *testing.T) {
	server, opts := startTLS(t, func(http.ResponseWriter, *http.Request) {})
	server.Config.ErrorLog = discardLog()
	own := &chosenError{"revoked, says http://user:SECRET@ocsp/"}
	opts.TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error { return own }
	err := exchange(t, t.Context(), newTransport(t, opts), server.URL)
	noSecret(t, err)
	if !errors.Is(err, own) || !errors.Is(err, driver.KindTLS) || !strings.Contains(err.Error(), "certificate is not trusted: revoked, says") {
		t.Errorf("got %v", err)
	}
}

// TestCallbacksThatAccept: they are called, once each for a connection, and their nil is kept.
func TestCallbacksThatAccept(t *testing.T) {
	server, opts := startTLS(t, func(http.ResponseWriter, *http.Request) {})
	var calls []string
	opts.TLSClientConfig.VerifyConnection = func(state tls.ConnectionState) error {
		calls = append(calls, "connection "+state.NegotiatedProtocol)
		return nil
	}
	opts.TLSClientConfig.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
		if len(raw) == 1 && len(chains) == 1 {
			calls = append(calls, "peer")
		}
		return nil
	}
	resp, err := newTransport(t, opts).RoundTrip(get(t, t.Context(), server.URL))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := strings.Join(calls, ", "); got != "peer, connection h2" {
		t.Errorf("called: %s", got)
	}
}

// TestContradictoryVersions: a configuration that no connection can have is found out in New, or
// at the latest when it is used.
func TestContradictoryVersions(t *testing.T) {
	never := &tls.Config{MinVersion: tls.VersionTLS13, MaxVersion: tls.VersionTLS12}
	b, err := nethttp.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transport.NewWith(b, &transport.Options{TLSClientConfig: never}); !errors.Is(err, transport.KindInvalid) || !strings.Contains(err.Error(), "MinVersion") {
		t.Errorf("New: %v", err)
	}
	one := &tls.Config{MinVersion: tls.VersionTLS13, MaxVersion: tls.VersionTLS13}
	if _, err := transport.NewWith(b, &transport.Options{TLSClientConfig: one}); err != nil {
		t.Errorf("one version: %v", err)
	}
	server, _ := startTLS(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := withBase(t, &http.Transport{TLSClientConfig: never}, nil).RoundTrip(get(t, t.Context(), server.URL)); !errors.Is(err, transport.KindTLS) {
		t.Errorf("in Base: %v", err)
	}
}

// TestOwnTLSDialer: net/http does not use the TLS configuration beside a TLS dialer.
func TestOwnTLSDialer(t *testing.T) {
	server, opts := startTLS(t, func(http.ResponseWriter, *http.Request) {})
	dialer := &tls.Dialer{Config: opts.TLSClientConfig}
	for field, base := range map[string]*http.Transport{
		"DialTLSContext": {DialTLSContext: dialer.DialContext},
		"DialTLS":        {DialTLS: dialer.Dial},
	} {
		b, err := nethttp.New(&nethttp.Options{Base: base})
		if err != nil {
			t.Fatal(err)
		}
		_, err = transport.NewWith(b, opts)
		var unsupported *transport.Unsupported
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &unsupported) || unsupported.Feature != "TLSClientConfig" || !strings.Contains(err.Error(), field+",") {
			t.Errorf("%s: got %v", field, err)
		}
		tr := withBase(t, base, &transport.Options{DisableCompression: true})
		if tr.Capabilities().Has(driver.TLSConfig) {
			t.Errorf("%s: tls.config is declared", field)
		}
		resp, err := tr.RoundTrip(get(t, t.Context(), server.URL))
		if err != nil {
			t.Errorf("%s: %v", field, err)
			continue
		}
		resp.Body.Close()
	}
}

// TestCapabilitiesOfBase: HTTP/2 and the pool are declared as net/http has them, before and after
// options are applied.
func TestCapabilitiesOfBase(t *testing.T) {
	server, opts := startTLS(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	dial := new(net.Dialer).DialContext
	protocols := func(h1, h2 bool) *http.Protocols {
		p := new(http.Protocols)
		p.SetHTTP1(h1)
		p.SetHTTP2(h2)
		return p
	}
	none := map[string]func(string, *tls.Conn) http.RoundTripper{}
	own := map[string]func(string, *tls.Conn) http.RoundTripper{"h2": func(string, *tls.Conn) http.RoundTripper { return nil }}
	for name, c := range map[string]struct {
		edit     func(*http.Transport)
		h2, pool bool
	}{
		"zero":                 {func(b *http.Transport) {}, true, true},
		"TLS config":           {func(b *http.Transport) { b.TLSClientConfig = new(tls.Config) }, false, true},
		"TLS config, forced":   {func(b *http.Transport) { b.TLSClientConfig, b.ForceAttemptHTTP2 = new(tls.Config), true }, true, true},
		"dialer":               {func(b *http.Transport) { b.DialContext = dial }, false, true},
		"dialer, forced":       {func(b *http.Transport) { b.DialContext, b.ForceAttemptHTTP2 = dial, true }, true, true},
		"protocols":            {func(b *http.Transport) { b.TLSClientConfig, b.Protocols = new(tls.Config), protocols(true, true) }, true, true},
		"HTTP/1 alone":         {func(b *http.Transport) { b.Protocols, b.ForceAttemptHTTP2 = protocols(true, false), true }, false, true},
		"HTTP/2 alone":         {func(b *http.Transport) { b.Protocols = protocols(false, true) }, true, true},
		"TLSNextProto":         {func(b *http.Transport) { b.TLSNextProto = none }, false, true},
		"TLSNextProto, forced": {func(b *http.Transport) { b.TLSNextProto, b.ForceAttemptHTTP2 = none, true }, false, true},
		"h2 is not offered":    {func(b *http.Transport) { b.TLSNextProto = own }, false, true},
		"no keep-alive":        {func(b *http.Transport) { b.DisableKeepAlives = true }, true, false},
		"none idle, HTTP/1":    {func(b *http.Transport) { b.MaxIdleConnsPerHost, b.TLSNextProto = -1, none }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, set := range []*transport.Options{nil, {DisableCompression: true}, {TLSClientConfig: opts.TLSClientConfig}} {
				base := new(http.Transport)
				c.edit(base)
				b, err := nethttp.New(&nethttp.Options{Base: base})
				if err != nil {
					t.Fatal(err)
				}
				// Only now, when net/http has decided: a configuration is a reason.
				if base.TLSClientConfig == nil {
					base.TLSClientConfig = new(tls.Config)
				}
				base.TLSClientConfig.RootCAs = opts.TLSClientConfig.RootCAs
				tr, err := transport.NewWith(b, set)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(tr.CloseIdleConnections)
				for when, caps := range map[string]transport.Capabilities{"made": b.Capabilities(), "configured": tr.Capabilities()} {
					if h2, pool := caps.Has(driver.HTTP2), caps.Has(driver.Pool); h2 != c.h2 || pool != c.pool {
						t.Errorf("%s, %+v: declares HTTP/2 %v and a pool %v, want %v and %v", when, set, h2, pool, c.h2, c.pool)
					}
				}
				if proto := protoOf(t, tr, server.URL); (proto == "HTTP/2.0") != c.h2 {
					t.Errorf("%+v: got %s", set, proto)
				}
				if reused := reuses(t, tr, server.URL); reused != c.pool {
					t.Errorf("%+v: the connection was used again: %v", set, reused)
				}
			}
		})
	}
}

func protoOf(t *testing.T, tr *transport.Transport, address string) string {
	t.Helper()
	resp, err := tr.RoundTrip(get(t, t.Context(), address))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != resp.Proto {
		t.Errorf("the server saw %s, %v", body, err)
	}
	return resp.Proto
}

// reuses reports whether a request, which is not the first, has a connection of the pool.
func reuses(t *testing.T, tr *transport.Transport, address string) (reused bool) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused }})
	resp, err := tr.RoundTrip(get(t, ctx, address))
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return reused
}

// TestConfigureWithoutNeed: a Base is cloned only for an option that has to be set in it, for a
// clone has a pool of its own and none of the protocols that were registered.
func TestConfigureWithoutNeed(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	base := new(http.Transport)
	base.RegisterProtocol("http", roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 299, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}))
	for name, c := range map[string]struct {
		opts   *transport.Options
		status int
	}{
		"none":            {nil, 299},
		"MaxBufferedBody": {&transport.Options{MaxBufferedBody: 1 << 20}, 299},
		"compression":     {&transport.Options{DisableCompression: true}, 404}, // as the migration guide says
	} {
		resp, err := withBase(t, base, c.opts).RoundTrip(get(t, t.Context(), server.URL))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s: got %s, want %d", name, resp.Status, c.status)
		}
	}
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNotFromNew: a nil and a zero Backend fail, and do not end the program.
func TestNotFromNew(t *testing.T) {
	for name, b := range map[string]*nethttp.Backend{"nil": nil, "zero": {}} {
		b.CloseIdleConnections()
		if got := b.Capabilities().List(); len(got) != 0 {
			t.Errorf("%s: declares %v", name, got)
		}
		if _, err := transport.NewWith(b, &transport.Options{DisableCompression: true}); !errors.Is(err, transport.KindInvalid) {
			t.Errorf("%s: New: %v", name, err)
		}
		tr, err := transport.NewWith(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		tr.CloseIdleConnections()
		closed := make(chan struct{})
		req, err := http.NewRequestWithContext(t.Context(), "PUT", "http://example.com", closer{strings.NewReader("x"), closed})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.RoundTrip(req); !errors.Is(err, transport.KindInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		<-closed
		if _, err := tr.RoundTrip(get(t, t.Context(), "http://example.com")); !errors.Is(err, transport.KindInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// closer is a body that tells when it is closed.
type closer struct {
	io.Reader
	closed chan struct{}
}

func (c closer) Close() error {
	close(c.closed)
	return nil
}
